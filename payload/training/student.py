"""The networks that fly, one family of designs, and the single convolution that they have to beat.

All take reflectance (N, 4, H, W) and return one logit (N, 1, H, W); a student needs H and W to be
multiples of its `multiple_px`. `forward` is `see` after `contrast`, a fixed linear map to brightness and
differences of neighbouring bands. Bands are so alike that the differences between snow and cloud, a few
hundredths, would be lost in the rounding of bfloat16 and of eight bits, and be slow to learn.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

BANDS = ("blue", "green", "red", "nir")
FULL_RESOLUTION_WIDTH = 16
_FINE_CHANNELS = 4
_CONTRASTS = (
    (0.5, 0.5, 0.5, 0.5),
    (8.0, -8.0, 0.0, 0.0),
    (0.0, 8.0, -8.0, 0.0),
    (0.0, 0.0, -4.0, 4.0),
)


@dataclass(frozen=True, slots=True)
class Design:
    """What distinguishes one student from another.

    Attributes:
        fold: Pixels along each side that become one cell before anything else happens.
        widths: Channels of each level, each at half the resolution of the one before.
    """

    fold: int
    widths: tuple[int, ...]

    @property
    def name(self) -> str:
        """Space-to-depth, first width, levels, channels at full resolution: `s2d2_w16_L3_p16`."""
        return f"s2d{self.fold}_w{self.widths[0]}_L{len(self.widths)}_p{FULL_RESOLUTION_WIDTH}"


DESIGNS = {
    "fast": Design(4, (16, 32, 64)),
    "default": Design(2, (16, 32, 64)),
    "large": Design(2, (16, 32, 64, 64)),
}


class Contrast(nn.Conv2d):  # type: ignore[misc, unused-ignore]
    """Mean of the bands, and scaled blue - green, green - red, near infrared - red; not trained."""

    def __init__(self) -> None:
        super().__init__(len(BANDS), len(_CONTRASTS), kernel_size=1, bias=False)
        weight = torch.tensor(_CONTRASTS)[:, :, None, None]
        del self.weight
        self.register_buffer("weight", weight)


class Student(nn.Module):  # type: ignore[misc, unused-ignore]
    """A U-Net at reduced resolution with a branch of raw bands at full resolution.

    Work at full resolution is what costs time on board, so only 1x1 convolutions are done there;
    skip connections are added, not concatenated, and each level has one convolution.
    """

    def __init__(self, design: Design) -> None:
        super().__init__()
        self.design = design
        self.multiple_px = design.fold * 2 ** (len(design.widths) - 1)
        widths = design.widths
        steps = list(pairwise(widths))
        self.contrast = Contrast()
        self.stem = _block(len(BANDS), widths[0], kernel=design.fold, stride=design.fold)
        self.encode = nn.ModuleList(
            _block(inputs, outputs, kernel=3)
            for inputs, outputs in [(widths[0], widths[0]), *steps]
        )
        self.narrow = nn.ModuleList(_block(below, above, kernel=1) for above, below in steps)
        self.decode = nn.ModuleList(_block(above, above, kernel=3) for above, _ in steps)
        self.fine = nn.Conv2d(widths[0], _FINE_CHANNELS * design.fold**2, kernel_size=1)
        self.head = _block(_FINE_CHANNELS + len(BANDS), FULL_RESOLUTION_WIDTH, kernel=1)
        self.logit = nn.Conv2d(FULL_RESOLUTION_WIDTH, 1, kernel_size=1)
        self.shrink = nn.MaxPool2d(2)
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.unfold = nn.PixelShuffle(design.fold)

    def forward(self, bands: Tensor) -> Tensor:
        """Logits of cloud, shape (N, 1, H, W), of reflectance, shape (N, 4, H, W)."""
        return self.see(self.contrast(bands))

    def see(self, contrasts: Tensor) -> Tensor:
        """Logits of cloud from the output of `contrast`."""
        levels = [self.encode[0](self.stem(contrasts))]
        for encode in self.encode[1:]:
            levels.append(encode(self.shrink(levels[-1])))
        seen = levels.pop()
        for narrow, decode in zip(reversed(self.narrow), reversed(self.decode), strict=True):
            seen = decode(self.enlarge(narrow(seen)) + levels.pop())
        logit: Tensor = self.logit(
            self.head(torch.cat((self.unfold(self.fine(seen)), contrasts), dim=1))
        )
        return logit


class SingleConvolution(nn.Module):  # type: ignore[misc, unused-ignore]
    """One 3x3 convolution and a decision on its 16 channels: how far colour alone gets.

    It has 625 parameters.
    """

    name = "conv3x3"
    multiple_px = 1

    def __init__(self) -> None:
        super().__init__()
        self.contrast = Contrast()
        self.look = _block(len(BANDS), FULL_RESOLUTION_WIDTH, kernel=3)
        self.logit = nn.Conv2d(FULL_RESOLUTION_WIDTH, 1, kernel_size=1)

    def forward(self, bands: Tensor) -> Tensor:
        """Logits of cloud, shape (N, 1, H, W), of reflectance, shape (N, 4, H, W)."""
        return self.see(self.contrast(bands))

    def see(self, contrasts: Tensor) -> Tensor:
        """Logits of cloud from the output of `contrast`."""
        logit: Tensor = self.logit(self.look(contrasts))
        return logit


Network = Student | SingleConvolution
# Where torch is not installed the type checker knows nothing of its classes: hence the exceptions.
NAMES = (*DESIGNS, SingleConvolution.name)


def fresh(name: str, seed: int) -> Network:
    """An untrained network of `NAMES`; the same name and seed give the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Student(DESIGNS[name]) if name in DESIGNS else SingleConvolution()


def parameters(network: nn.Module) -> int:
    """Number of trained parameters."""
    return sum(tensor.numel() for tensor in network.parameters())


def _block(inputs: int, outputs: int, *, kernel: int, stride: int = 1) -> nn.Sequential:
    padding = kernel // 2 if stride == 1 else 0
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
