"""The same images through a worse sensor: how much a masker's quality depends on a good one.

A perturbation is a pure function of reflectance (4, H, W), truth (H, W) and a generator. It never
modifies its arguments, and returns both arrays with the same size.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.masking.preprocess import reflectance
from payload.rng import stream
from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.judge.judging import Answer, Judged, answer
from payload.training.predictors import Predictor
from payload.types import CLEAR, CLOUD, UNKNOWN

Bands = NDArray[np.float32]
Truth = NDArray[np.uint8]
BANDS = ("blue", "green", "red", "nir")
REFERENCE = 0.1  # reflectance at which a signal-to-noise ratio is stated, as in the synthetic world
_SHOT = 0.75  # share of the noise variance at that reflectance that grows with the signal
_STAND_IN = (1, 0, 1, 2)  # the band that replaces a dead one: its neighbour in wavelength


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One possible defect of a sensor."""

    name: str
    apply: Callable[[Bands, Truth, np.random.Generator], tuple[Bands, Truth]]


@dataclass(frozen=True, slots=True, eq=False)
class Robustness:
    """One masker judged on images as they are, and on the same images with each perturbation, by name."""

    name: str
    nominal: Judged
    perturbed: Mapping[str, Judged]

    @classmethod
    def of(cls, name: str, parts: Sequence["Robustness"]) -> Self:
        """Combine the networks of several folds, judged on different images, into one masker.

        Raises:
            MaskerError: There is no part, or the parts were perturbed differently.
        """
        if len({tuple(part.perturbed) for part in parts}) != 1:
            raise MaskerError(f"{name}: expected parts with the same perturbations")
        return cls(
            name,
            Judged.of(name, [part.nominal for part in parts]),
            {
                key: Judged.of(name, [part.perturbed[key] for part in parts])
                for key in parts[0].perturbed
            },
        )


def robustness(
    predictor: Predictor,
    images: Sequence[LabelledImage],
    perturbations: Sequence[Perturbation] | None = None,
    *,
    seed: int = 0,
) -> Robustness:
    """Judge a predictor on images as they are and under each perturbation.

    Args:
        predictor: Any masker.
        images: Images, each id once.
        perturbations: `PERTURBATIONS` if left out.
        seed: Seed of the noise, which differs for each image and perturbation.
    """
    chosen = PERTURBATIONS if perturbations is None else perturbations
    none = Perturbation("nominal", _unchanged)
    return Robustness(
        predictor.name,
        _judge(predictor, images, none, seed),
        {one.name: _judge(predictor, images, one, seed) for one in chosen},
    )


def _judge(
    predictor: Predictor, images: Iterable[LabelledImage], one: Perturbation, seed: int
) -> Judged:
    answers = tuple(_answer(predictor, image, one, seed) for image in images)
    return Judged(predictor.name, predictor.parameters, predictor.threshold, answers)


def _answer(predictor: Predictor, image: LabelledImage, one: Perturbation, seed: int) -> Answer:
    rng = stream(seed, "robustness", one.name, image.id)
    bands, truth = one.apply(reflectance(image.dn, RADIOMETRY), image.truth, rng)
    return answer(image, predictor.probability(bands), truth, threshold=predictor.threshold)


# --- sensor defects ---------------------------------------------------------------------------------


def gain(
    bands: Bands, truth: Truth, _rng: np.random.Generator, *, factor: float
) -> tuple[Bands, Truth]:
    """The calibration of all bands is off by a factor."""
    return bands * np.float32(factor), truth


def offset(
    bands: Bands, truth: Truth, _rng: np.random.Generator, *, shift: float
) -> tuple[Bands, Truth]:
    """The zero of all bands is off by a reflectance; values are clipped at zero."""
    return np.maximum(bands + np.float32(shift), np.float32(0.0)), truth


def noise(
    bands: Bands, truth: Truth, rng: np.random.Generator, *, snr: float
) -> tuple[Bands, Truth]:
    """Noise, independent per pixel: the ratio holds at a reflectance of 0.1, where 3/4 of the variance is shot noise.

    The model is that of the synthetic world's detector. Values are clipped at zero.
    """
    variance = (REFERENCE / snr) ** 2 * (
        (1 - _SHOT) + _SHOT * np.maximum(bands, np.float32(0.0)) / REFERENCE
    )
    noisy = bands + np.sqrt(variance) * rng.standard_normal(bands.shape, dtype=np.float32)
    return np.maximum(noisy, 0.0).astype(np.float32), truth


def misregistration(
    bands: Bands, truth: Truth, _rng: np.random.Generator, *, band: int
) -> tuple[Bands, Truth]:
    """One band is shifted down by a row: along track, as bands are imaged one after another."""
    moved = bands.copy()
    moved[band, 1:] = bands[band, :-1]
    return moved, truth


def eight_bits(bands: Bands, truth: Truth, _rng: np.random.Generator) -> tuple[Bands, Truth]:
    """256 levels from reflectance 0 to 1; brighter pixels saturate."""
    levels = np.rint(np.clip(bands, 0.0, 1.0) * 255.0)
    return (levels / 255.0).astype(np.float32), truth


def finer(bands: Bands, truth: Truth, _rng: np.random.Generator) -> tuple[Bands, Truth]:
    """Half the ground sample distance, bilinear: the same scene, with everything twice as large."""
    doubled = _double(_double(bands, -2), -1)
    return doubled, truth.repeat(2, axis=0).repeat(2, axis=1)


def coarser(bands: Bands, truth: Truth, _rng: np.random.Generator) -> tuple[Bands, Truth]:
    """Twice the ground sample distance: means of 2 x 2 pixels, and the majority of the truth.

    A coarse pixel is unknown if more than half of it is; it is cloud if at least half of its known
    part is. A last odd row or column is repeated.
    """
    height, width = truth.shape
    odd = ((0, height % 2), (0, width % 2))
    quarters = np.pad(bands, ((0, 0), *odd), mode="edge")
    quarters = quarters.reshape(4, (height + 1) // 2, 2, (width + 1) // 2, 2)
    labels = np.pad(truth, odd, mode="edge")
    labels = labels.reshape((height + 1) // 2, 2, (width + 1) // 2, 2)
    known = (labels != UNKNOWN).sum(axis=(1, 3))
    cloudy = (labels == CLOUD).sum(axis=(1, 3))
    coarse = np.where(known < 2, UNKNOWN, np.where(2 * cloudy >= known, CLOUD, CLEAR))
    return quarters.mean(axis=(2, 4), dtype=np.float32), coarse.astype(np.uint8)


def dead(
    bands: Bands, truth: Truth, _rng: np.random.Generator, *, band: int
) -> tuple[Bands, Truth]:
    """One band is zero everywhere."""
    broken = bands.copy()
    broken[band] = 0.0
    return broken, truth


def replaced(
    bands: Bands, truth: Truth, _rng: np.random.Generator, *, band: int
) -> tuple[Bands, Truth]:
    """One band is dead, and its neighbour in wavelength is used instead."""
    mended = bands.copy()
    mended[band] = bands[_STAND_IN[band]]
    return mended, truth


def _unchanged(bands: Bands, truth: Truth, _rng: np.random.Generator) -> tuple[Bands, Truth]:
    return bands, truth


def _double(planes: Bands, axis: int) -> Bands:
    """Double the samples along an axis, each a quarter of an old pixel from an old centre."""
    length = planes.shape[axis]
    before = planes.take(np.maximum(np.arange(length) - 1, 0), axis=axis)
    after = planes.take(np.minimum(np.arange(length) + 1, length - 1), axis=axis)
    near, far = np.float32(0.75), np.float32(0.25)
    # Each old sample becomes two new ones on either side of it; their extra axis is folded in.
    pairs = np.stack([near * planes + far * before, near * planes + far * after], axis=axis % 3 + 1)
    shape = list(planes.shape)
    shape[axis] *= 2
    return pairs.reshape(shape)


PERTURBATIONS = (
    Perturbation("gain +10 %", partial(gain, factor=1.1)),
    Perturbation("gain -10 %", partial(gain, factor=0.9)),
    Perturbation("offset +0.02", partial(offset, shift=0.02)),
    Perturbation("offset -0.02", partial(offset, shift=-0.02)),
    *(Perturbation(f"SNR {snr}", partial(noise, snr=snr)) for snr in (200, 100, 50, 20)),
    *(
        Perturbation(f"{name} one pixel off", partial(misregistration, band=band))
        for band, name in enumerate(BANDS)
    ),
    Perturbation("8 bit", eight_bits),
    Perturbation("GSD x 0.5", finer),
    Perturbation("GSD x 2", coarser),
    *(Perturbation(f"{name} dead", partial(dead, band=band)) for band, name in enumerate(BANDS)),
    *(
        Perturbation(
            f"{name} dead, {BANDS[_STAND_IN[band]]} in its place", partial(replaced, band=band)
        )
        for band, name in enumerate(BANDS)
    ),
)
