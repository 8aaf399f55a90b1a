"""One interface to everything that gives a cloud probability, so that all are evaluated alike.

>>> import numpy as np
>>> Blue().probability(np.full((4, 1, 2), 0.3, np.float32))
array([[1., 1.]], dtype=float32)
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from payload.masking.baselines import BlueThreshold
from payload.masking.onnx_masker import OnnxMasker
from payload.masking.preprocess import crop_back, pad_to_multiple
from payload.training.images import RADIOMETRY

if TYPE_CHECKING:
    from torch import nn

_DARKEST = np.float32(1e-6)  # below it a ratio of bands means nothing


@runtime_checkable
class Predictor(Protocol):
    """A masker as its evaluation sees it."""

    @property
    def name(self) -> str:
        """Name for tables."""
        ...

    @property
    def parameters(self) -> int:
        """Number of parameters chosen by training, or by its author."""
        ...

    @property
    def threshold(self) -> float:
        """A pixel is cloud at or above this probability."""
        ...

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud probability (H, W) of TOA reflectance (4, H, W) in blue, green, red, NIR; any H, W >= 1."""
        ...


@dataclass(frozen=True)
class OnnxPredictor:
    """A network as it flies: the masker `onnx` with its card, on DN as a sensor delivers them.

    Attributes:
        path: The ONNX file; its card lies beside it.
        label: Name for tables; the card's own if left out.
        probability_threshold: The card's own if left out.
    """

    path: Path
    label: str | None = None
    probability_threshold: float | None = None

    @cached_property
    def masker(self) -> OnnxMasker:
        """The masker behind it.

        Raises:
            MaskerError: The card is missing or invalid, or the model is not the file it describes.
        """
        return OnnxMasker(model=self.path, probability_threshold=self.probability_threshold)

    @property
    def name(self) -> str:
        """Name for tables."""
        return self.label or self.masker.identity.model

    @property
    def parameters(self) -> int:
        """Number of trained parameters, according to its card."""
        return self.masker.identity.parameters

    @property
    def threshold(self) -> float:
        """A pixel is cloud at or above this probability."""
        return self.masker.threshold

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud probability, shape (H, W), of reflectance (4, H, W) as a sensor would deliver it.

        Reflectance is first rounded to DN of 1e-4, as our sensors deliver neither negative nor
        fractional numbers; reflectance that came from such DN is not changed by this.

        Raises:
            MaskerError: The model does not fit its card, or cannot be run.
        """
        dn = np.rint(bands.astype(np.float64) / RADIOMETRY.scale)
        return self.masker.predict_image(
            np.clip(dn, 0, np.iinfo(np.uint16).max).astype(np.uint16), RADIOMETRY
        )


@dataclass(frozen=True, eq=False)
class TorchPredictor:
    """A network that is still in torch: reflectance (N, 4, H, W) in, logits (N, 1, H, W) out.

    Attributes:
        network: In evaluation mode.
        name: Name for tables.
        multiple_px: [px] Height and width of the network's input must be multiples of this.
        threshold: A pixel is cloud at or above this probability.
    """

    network: "nn.Module"
    name: str
    multiple_px: int
    threshold: float = 0.5

    @property
    def parameters(self) -> int:
        """Number of trained parameters."""
        return sum(tensor.numel() for tensor in self.network.parameters())

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud probability, shape (H, W), of an image (4, H, W) processed in one piece."""
        import torch  # noqa: PLC0415 - not needed to evaluate exported networks

        padded = np.ascontiguousarray(pad_to_multiple(bands, self.multiple_px))
        with torch.no_grad():
            logits = self.network(torch.from_numpy(padded)[None].float())
        plane: NDArray[np.float32] = torch.sigmoid(logits.float())[0, 0].cpu().numpy()
        return crop_back(plane, (bands.shape[1], bands.shape[2]))


class _Certain(ABC):
    """Rules that answer yes or no: probability 1 or 0."""

    threshold = 0.5

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """1 where the rule says cloud, else 0; shape (H, W)."""
        return self.cloud(bands).astype(np.float32)

    @abstractmethod
    def cloud(self, bands: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where the rule says cloud, shape (H, W), of reflectance (4, H, W)."""


@dataclass(frozen=True)
class Blue(_Certain):
    """What is bright in blue is cloud: the rule of the masker `blue`."""

    blue_threshold: float = BlueThreshold().blue_threshold
    parameters: int = 1

    @property
    def name(self) -> str:
        """Name for tables."""
        return f"blue > {self.blue_threshold:g}"

    def cloud(self, bands: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where blue is above the threshold, shape (H, W)."""
        bright: NDArray[np.bool_] = bands[0] > np.float32(self.blue_threshold)
        return bright


@dataclass(frozen=True)
class FmaskTests(_Certain):
    """Fmask's tests for potential cloud pixels, as far as four bands allow.

    Its tests on short-wave infrared, temperature and the snow index NDSI need bands that we do not
    have; without NDSI, snow passes for cloud here.

    Source: Zhu and Woodcock, Object-based cloud and cloud shadow detection in Landsat imagery,
    Remote Sensing of Environment 118 (2012) 83-94: equation 1 (NDVI), 2 (whiteness), 3 (haze
    optimised transform, after Zhang, Guindon and Cihlar, Remote Sensing of Environment 82 (2002)
    173-187).
    """

    max_ndvi: float = 0.8
    max_whiteness: float = 0.7
    min_hot: float = 0.08
    parameters: int = 3
    name: str = "spectral: Fmask"

    def cloud(self, bands: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where all three tests are passed, shape (H, W)."""
        blue, _, red, nir = bands
        mean = np.maximum(bands[:3].mean(axis=0), _DARKEST)
        whiteness: NDArray[np.float32] = (np.abs(bands[:3] - mean) / mean).sum(axis=0)
        ndvi: NDArray[np.float32] = (nir - red) / np.maximum(nir + red, _DARKEST)
        passed: NDArray[np.bool_] = (
            (ndvi < self.max_ndvi)
            & (whiteness < self.max_whiteness)
            & (haze_optimised(blue, red) > self.min_hot)
        )
        return passed


@dataclass(frozen=True)
class HazeAndRatio(_Certain):
    """A high haze transform (HOT) and similar visible bands: the two features that need no infrared.

    Source: the features are those of Li et al., Multi-feature combined cloud and cloud shadow
    detection in GaoFen-1 wide field of view imagery, Remote Sensing of Environment 191 (2017)
    342-358, made for these four bands; the threshold of HOT is Fmask's (see `FmaskTests`).
    Assumption: 0.7 as the lowest ratio of the darkest to the brightest visible band.
    """

    min_ratio: float = 0.7
    min_hot: float = 0.08
    parameters: int = 2
    name: str = "spectral: HOT, ratio"

    def cloud(self, bands: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where both tests are passed, shape (H, W)."""
        visible = bands[:3]
        ratio = visible.min(axis=0) / np.maximum(visible.max(axis=0), _DARKEST)
        passed: NDArray[np.bool_] = (ratio > self.min_ratio) & (
            haze_optimised(bands[0], bands[2]) > self.min_hot
        )
        return passed


def haze_optimised(blue: NDArray[np.float32], red: NDArray[np.float32]) -> NDArray[np.float32]:
    """HOT: in blue against red, clear surfaces of any colour lie near one line, haze and cloud above it.

    Source: slope 0.5 as in Zhu and Woodcock (2012), equation 3.
    """
    above: NDArray[np.float32] = blue - np.float32(0.5) * red
    return above


def spectral_tests() -> tuple[Predictor, ...]:
    """The rules that need no training: the baseline for every network."""
    return Blue(), FmaskTests(), HazeAndRatio()
