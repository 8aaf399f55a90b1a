"""Anything that says how likely a pixel is cloud, with one face, so that all are judged alike.

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
    """A masker as its judges see it."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def parameters(self) -> int:
        """How many numbers its training chose, or its maker."""
        ...

    @property
    def threshold(self) -> float:
        """From this probability on a pixel is cloud."""
        ...

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud probability (H, W) of TOA reflectance (4, H, W) blue, green, red, NIR; any H, W >= 1."""
        ...


@dataclass(frozen=True)
class OnnxPredictor:
    """A network as it flies: the masker `onnx` with its card, on DN as a sensor delivers them.

    Attributes:
        path: The ONNX file; its card lies beside it.
        label: What tables call it; the card's own name if left out.
        probability_threshold: The card's own if left out.
    """

    path: Path
    label: str | None = None
    probability_threshold: float | None = None

    @cached_property
    def masker(self) -> OnnxMasker:
        """The masker behind it.

        Raises:
            MaskerError: The card is missing or none, or the model is not the file it means.
        """
        return OnnxMasker(model=self.path, probability_threshold=self.probability_threshold)

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.label or self.masker.identity.model

    @property
    def parameters(self) -> int:
        """How many numbers its training chose, by its card."""
        return self.masker.identity.parameters

    @property
    def threshold(self) -> float:
        """From this probability on a pixel is cloud."""
        return self.masker.threshold

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud probability, shape (H, W), of what a sensor makes of reflectance (4, H, W).

        Reflectance becomes DN of 1e-4 first, as no sensor of ours sends negative numbers or
        fractions of one; reflectance that came from such DN comes back unchanged.

        Raises:
            MaskerError: The model does not fit its card, or cannot be run.
        """
        dn = np.rint(bands.astype(np.float64) / RADIOMETRY.scale)
        return self.masker.predict_image(
            np.clip(dn, 0, np.iinfo(np.uint16).max).astype(np.uint16), RADIOMETRY
        )


@dataclass(frozen=True, eq=False)
class TorchPredictor:
    """A network while it is still torch's: reflectance (N, 4, H, W) in, logits (N, 1, H, W) out.

    Attributes:
        network: In evaluation mode.
        name: What tables call it.
        multiple_px: [px] Height and width must be multiples of this.
        threshold: From this probability on a pixel is cloud.
    """

    network: "nn.Module"
    name: str
    multiple_px: int
    threshold: float = 0.5

    @property
    def parameters(self) -> int:
        """How many numbers its training chose."""
        return sum(tensor.numel() for tensor in self.network.parameters())

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud probability, shape (H, W), of an image (4, H, W) in one piece."""
        import torch  # noqa: PLC0415 - who judges an exported network needs no torch

        padded = np.ascontiguousarray(pad_to_multiple(bands, self.multiple_px))
        with torch.no_grad():
            logits = self.network(torch.from_numpy(padded)[None].float())
        plane: NDArray[np.float32] = torch.sigmoid(logits.float())[0, 0].cpu().numpy()
        return crop_back(plane, (bands.shape[1], bands.shape[2]))


class _Certain(ABC):
    """Rules that say yes or no: probability 1 or 0."""

    threshold = 0.5

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """1 where the rule says cloud, else 0; shape (H, W)."""
        return self.cloud(bands).astype(np.float32)

    @abstractmethod
    def cloud(self, bands: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where the rule says cloud, shape (H, W), of reflectance (4, H, W)."""


@dataclass(frozen=True)
class Blue(_Certain):
    """Bright in blue is cloud: the rule of the masker `blue`."""

    blue_threshold: float = BlueThreshold().blue_threshold
    parameters: int = 1

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"blue > {self.blue_threshold:g}"

    def cloud(self, bands: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Where blue is above the threshold, shape (H, W)."""
        bright: NDArray[np.bool_] = bands[0] > np.float32(self.blue_threshold)
        return bright


@dataclass(frozen=True)
class FmaskTests(_Certain):
    """What Fmask asks of a potential cloud pixel, as far as four bands can answer.

    Its tests on short-wave infrared, temperature and snow index need bands that we have not. NDSI
    among them: hence snow passes for cloud here.

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
    """Bright in haze and alike in all visible bands: the two features that need no infrared.

    Source: the features are those of Li et al., Multi-feature combined cloud and cloud shadow
    detection in GaoFen-1 wide field of view imagery, Remote Sensing of Environment 191 (2017)
    342-358, made for these four bands; the threshold of HOT is Fmask's (see `FmaskTests`).
    Assumption: 0.7 as the least ratio of the darkest to the brightest visible band.
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
    """HOT: clear surfaces of any colour lie near one line of blue over red, haze and cloud above it.

    Source: slope 0.5 as in Zhu and Woodcock (2012), equation 3.
    """
    above: NDArray[np.float32] = blue - np.float32(0.5) * red
    return above


def spectral_tests() -> tuple[Predictor, ...]:
    """What needs no training: the floor under every network."""
    return Blue(), FmaskTests(), HazeAndRatio()
