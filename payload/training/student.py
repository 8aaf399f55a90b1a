"""The networks that fly: `s2d2_w16_L3_p16`, and the single convolution it has to beat.

Both take reflectance (N, 4, H, W), and give one logit (N, 1, H, W); the student wants
H and W to be multiples of 8.
"""

import torch
from torch import Tensor, nn

BANDS = ("blue", "green", "red", "nir")
WIDTHS = (16, 32, 64)
FULL_RESOLUTION_WIDTH = 16


class Student(nn.Module):  # type: ignore[misc, unused-ignore]
    """A U-Net at half resolution with a branch of raw bands at full resolution: 40,577 parameters.

    The name says it: space-to-depth by 2, width 16, three levels, 16 channels at full resolution.
    Work at full resolution is what costs time on board, so there it has 1x1 convolutions alone.
    """

    name = "s2d2_w16_L3_p16"
    multiple_px = 8

    def __init__(self) -> None:
        super().__init__()
        first, second, third = WIDTHS
        bands = len(BANDS)
        self.stem = _block(bands, first, kernel=2, stride=2)
        self.encode_1 = _block(first, first, kernel=3)
        self.encode_2 = _block(first, second, kernel=3)
        self.encode_3 = _block(second, third, kernel=3)
        self.narrow_2 = _block(third, second, kernel=1)
        self.decode_2 = _block(second, second, kernel=3)
        self.narrow_1 = _block(second, first, kernel=1)
        self.decode_1 = _block(first, first, kernel=3)
        self.fine = nn.Conv2d(first, 16, kernel_size=1)
        self.head = _block(16 // 4 + bands, FULL_RESOLUTION_WIDTH, kernel=1)
        self.logit = nn.Conv2d(FULL_RESOLUTION_WIDTH, 1, kernel_size=1)
        self.shrink = nn.MaxPool2d(2)
        self.enlarge = nn.Upsample(scale_factor=2, mode="nearest")
        self.unfold = nn.PixelShuffle(2)

    def forward(self, bands: Tensor) -> Tensor:
        """Logits of cloud, shape (N, 1, H, W), of reflectance, shape (N, 4, H, W)."""
        half = self.encode_1(self.stem(bands))
        quarter = self.encode_2(self.shrink(half))
        eighth = self.encode_3(self.shrink(quarter))
        quarter = self.decode_2(self.enlarge(self.narrow_2(eighth)) + quarter)
        half = self.decode_1(self.enlarge(self.narrow_1(quarter)) + half)
        fine = self.unfold(self.fine(half))
        logit: Tensor = self.logit(self.head(torch.cat((fine, bands), dim=1)))
        return logit


class SingleConvolution(nn.Module):  # type: ignore[misc, unused-ignore]
    """One 3x3 convolution and a decision on its 16 channels: how far colour alone gets.

    It has 625 parameters.
    """

    name = "conv3x3"
    multiple_px = 1

    def __init__(self) -> None:
        super().__init__()
        self.look = _block(len(BANDS), 16, kernel=3)
        self.logit = nn.Conv2d(16, 1, kernel_size=1)

    def forward(self, bands: Tensor) -> Tensor:
        """Logits of cloud, shape (N, 1, H, W), of reflectance, shape (N, 4, H, W)."""
        logit: Tensor = self.logit(self.look(bands))
        return logit


Network = Student | SingleConvolution
# Where torch is not installed the type checker knows nothing of its classes: hence the exceptions.
NETWORKS: dict[str, type[Student] | type[SingleConvolution]] = {
    network.name: network for network in (Student, SingleConvolution)
}


def fresh(name: str, seed: int) -> Network:
    """A network before its first step; the same name and seed give the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[name]()


def parameters(network: nn.Module) -> int:
    """How many numbers training chooses."""
    return sum(tensor.numel() for tensor in network.parameters())


def _block(inputs: int, outputs: int, *, kernel: int, stride: int = 1) -> nn.Sequential:
    padding = kernel // 2 if stride == 1 else 0
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=padding, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
