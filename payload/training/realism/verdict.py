"""Rendered against real images, measure by measure, and whether each is close enough."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from payload.masking.onnx_masker import OnnxMasker
from payload.training.journal import SILENT, Journal
from payload.training.opinions import UkisWinner
from payload.training.realism.coding import Spread, coded
from payload.training.realism.colours import Colour, colours, ground
from payload.training.realism.criteria import (
    MAX_AUC,
    Criterion,
    of_bits,
    of_contents,
    of_student,
    of_ukis,
)
from payload.training.realism.features import IS_PLAIN, NAMES, features
from payload.training.realism.masks import Contents, Marks, Mask, as_flown, by_ukis, contents, marks
from payload.training.realism.separation import (
    Linear,
    area_under_curve,
    balanced,
    held_out_scores,
)
from payload.training.realism.shots import CLEAR, CLOUDY, Shot
from payload.types import CLEAR as TRUTH_CLEAR

_COVER_STEPS = (0.5, 0.7, 0.9, 0.99)  # tiles are compared with others of similar cover
_BROKEN_STEP = 2  # broken cloud is up to the third of these limits

_PLACE_TILES = 8
_SEEN = 0.02  # share of clear ground above which a tile is classified as water or land


class _Stratum(NamedTuple):
    kind: str
    weather: str
    is_water: bool
    cover_step: int


_PARTS: Mapping[str, Callable[[_Stratum], bool]] = MappingProxyType(
    {
        CLEAR: lambda one: one.weather == CLEAR,
        CLOUDY: lambda one: one.weather == CLOUDY,
        "clear land": lambda one: one.weather == CLEAR and not one.is_water,
        "clear water": lambda one: one.weather == CLEAR and one.is_water,
        "broken cloud": lambda one: one.weather == CLOUDY and one.cover_step <= _BROKEN_STEP,
        "overcast": lambda one: one.weather == CLOUDY and one.cover_step > _BROKEN_STEP,
    }
)
LIKE = "rendered, of classes that people labelled"
"""Rendered shots that are compared with those that people labelled."""
JUDGED_PARTS = (CLEAR, CLOUDY)
"""Parts that must be alike; the others show where to look."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of tiles: mean and deviation in each set, and how well it alone tells the sets apart.

    Attributes:
        name: One of `payload.training.realism.features.NAMES`.
        real: Mean and deviation over real tiles.
        rendered: Mean and deviation over rendered tiles, weighted as for the classifier.
        auc: Probability that a rendered tile has more of it than a real one.
        weight: Its weight in the linear classifier fitted to all tiles; positive indicates rendered.
    """

    name: str
    real: tuple[float, float]
    rendered: tuple[float, float]
    auc: float
    weight: float

    @property
    def tells(self) -> float:
        """How well it tells the sets apart, 0.5 to 1, in either direction."""
        return max(self.auc, 1.0 - self.auc)


@dataclass(frozen=True, slots=True)
class Separation:
    """How well the statistics of tiles tell rendered from real.

    Attributes:
        real: Number of real tiles.
        rendered: Number of rendered tiles.
        auc: AUC of a linear classifier of histogram, power spectrum and correlations of bands, on places that
            it has not seen.
        auc_of_all: The same with all features, including finer ones.
        features: All features, the most telling first.
    """

    real: int
    rendered: int
    auc: float
    auc_of_all: float
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that was measured.

    Attributes:
        sample: Numbers of images, places and tiles compared.
        criteria: The criteria, each with its figure.
        ukis: Marks of ukis-csmask by set: real images that people labelled, rendered ones, by class.
        student: Marks of the packaged network on rendered shots, all and by class.
        contents: Contents of cloudy tiles, by set.
        bits: Bits per sample, by set, class and weather.
        separation: Separation of rendered from real tiles, by what they show; `JUDGED_PARTS` first.
        colours: Colours, by set and class.
    """

    sample: Mapping[str, int]
    criteria: tuple[Criterion, ...]
    ukis: Mapping[str, Marks | None]
    student: Mapping[str, Marks | None]
    contents: Mapping[str, Contents | None]
    bits: Mapping[str, Mapping[tuple[str, str], Spread]]
    separation: Mapping[str, Separation]
    colours: Mapping[str, Mapping[str, Colour]]

    def plain(self) -> dict[str, object]:
        """The verdict as plain values for JSON."""
        return {
            "sample": dict(self.sample),
            "criteria": [{**asdict(one), "is_met": one.is_met} for one in self.criteria],
            "ukis": {key: _plain(one) for key, one in self.ukis.items()},
            "student": {key: _plain(one) for key, one in self.student.items()},
            "contents": {key: _plain(one) for key, one in self.contents.items()},
            "bits_per_sample": {
                name: {" ".join(key): asdict(spread) for key, spread in found.items()}
                for name, found in self.bits.items()
            },
            "separation": {key: asdict(one) for key, one in self.separation.items()},
            "colours": {
                name: {key: asdict(one) for key, one in found.items()}
                for name, found in self.colours.items()
            },
        }


def judge(
    real: Sequence[Shot], rendered: Sequence[Shot], *, asked: int, journal: Journal = SILENT
) -> Verdict:
    """Measure everything.

    Args:
        real: Real shots, including those not labelled by people.
        rendered: Rendered shots.
        asked: Number of rendered shots masked by ukis-csmask, which is slow: all of the classes that people have
            labelled, by which it is judged, and if there is room some of the others.
        journal: Told of progress.

    Raises:
        PluginError: ukis-csmask is not installed.
    """
    human = [shot for shot in real if shot.is_human]
    labelled = {shot.kind for shot in human}
    alike = [shot for shot in rendered if shot.kind in labelled]
    others = [shot for shot in rendered if shot.kind not in labelled]
    some = [*alike, *_evenly(others, max(asked - len(alike), 0))]
    ukis = UkisWinner()
    asked_of = by_ukis(ukis, some)
    journal.log("ukis-csmask run", real=len(human), rendered=len(some))
    masker = OnnxMasker()
    flown = as_flown(masker, rendered)
    journal.log("packaged network run")
    real_tiles = [tile for shot in real for tile in shot.tiles()]
    rendered_tiles = [tile for shot in rendered for tile in shot.tiles()]
    bits = {"real": coded(real_tiles), "rendered": coded(rendered_tiles)}
    journal.log("tiles compressed")
    separations = separate(real_tiles, rendered_tiles)
    journal.log("statistics compared")
    like = [
        (shot, mask) for shot, mask in zip(some, asked_of, strict=True) if shot.kind in labelled
    ]
    found_ukis = {
        "real": marks(human, by_ukis(ukis, human)),
        LIKE: marks([shot for shot, _ in like], [mask for _, mask in like]),
        **_by_kind(some, asked_of),
    }
    found_student = _by_kind(rendered, flown)
    held = {
        "real, labelled by people": contents([t for t in real_tiles if t.is_human]),
        "real, all": contents(real_tiles),
        "rendered": contents(rendered_tiles),
    }
    return Verdict(
        sample={
            "real_images": len(real),
            "real_places": len({shot.place for shot in real}),
            "rendered_images": len(rendered),
            "real_tiles": len(real_tiles),
            "rendered_tiles": len(rendered_tiles),
        },
        criteria=(
            *of_ukis(found_ukis["real"], found_ukis[LIKE]),
            *of_contents(held["rendered"], held["real, labelled by people"]),
            of_student(found_student["rendered"], masker),
            *of_bits(bits["real"], bits["rendered"]),
            *(
                Criterion(f"statistics, {part} tiles: AUC", separations[part].auc, None, MAX_AUC)
                for part in JUDGED_PARTS
            ),
        ),
        ukis=found_ukis,
        student=found_student,
        contents=held,
        bits=bits,
        separation=separations,
        colours={"real": colours(real), "rendered": colours(rendered)},
    )


def separate(real: Sequence[Shot], rendered: Sequence[Shot]) -> dict[str, Separation]:
    """How well statistics tell rendered tiles from real ones, by what the tiles show.

    Rendered tiles are weighted to the classes, grounds and covers of the real ones; no place counts
    more than eight tiles.
    """
    tiles = [tile for tile in (*real, *rendered) if tile.weather is not None]
    rows = (
        np.stack([features(tile.bands) for tile in tiles]) if tiles else np.empty((0, len(NAMES)))
    )
    strata = [_stratum(tile) for tile in tiles]
    return {
        name: _separate(tiles, rows, strata, np.array([belongs(one) for one in strata], np.bool_))
        for name, belongs in _PARTS.items()
    }


def _separate(
    tiles: Sequence[Shot],
    rows: NDArray[np.float64],
    strata: Sequence[_Stratum],
    belongs: NDArray[np.bool_],
) -> Separation:
    is_rendered = np.array([tile.is_rendered for tile in tiles], np.bool_)
    places = Counter(tile.place for tile, one in zip(tiles, belongs, strict=True) if one)
    counts = np.array([min(1.0, _PLACE_TILES / places.get(tile.place, 1)) for tile in tiles])
    weight = balanced(strata, is_rendered, counts * belongs)
    chosen = weight > 0
    if not chosen.any():
        return Separation(0, 0, 0.5, 0.5, ())
    rows, is_rendered, weight = rows[chosen], is_rendered[chosen], weight[chosen]
    groups = [tile.place for tile, one in zip(tiles, chosen, strict=True) if one]
    plain, every = (
        area_under_curve(
            held_out_scores(rows[:, of], is_rendered, groups, weight), is_rendered, weight
        )
        for of in (IS_PLAIN, np.ones_like(IS_PLAIN))
    )
    fitted = Linear.fitted(rows, is_rendered, weight)
    found = [
        _feature(name, column, is_rendered, weight, float(one))
        for name, column, one in zip(NAMES, rows.T, fitted.weights, strict=True)
    ]
    return Separation(
        int((~is_rendered).sum()),
        int(is_rendered.sum()),
        plain,
        every,
        tuple(sorted(found, key=lambda one: -one.tells)),
    )


def _by_kind(shots: Sequence[Shot], said: Sequence[Mask]) -> dict[str, Marks | None]:
    """Marks of all rendered shots, then of each class."""
    found = {"rendered": marks(shots, said)}
    for kind in sorted({shot.kind for shot in shots}):
        mine = [(a, b) for a, b in zip(shots, said, strict=True) if a.kind == kind]
        found[f"rendered, {kind}"] = marks([a for a, _ in mine], [b for _, b in mine])
    return found


def _feature(
    name: str,
    column: NDArray[np.float64],
    is_rendered: NDArray[np.bool_],
    weight: NDArray[np.float64],
    one: float,
) -> Feature:
    sets = [_mean_and_deviation(column[side], weight[side]) for side in (~is_rendered, is_rendered)]
    auc = area_under_curve(column, is_rendered, weight)
    return Feature(name, sets[0], sets[1], auc, one)


def _mean_and_deviation(
    values: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float]:
    mean = float(np.average(values, weights=weight))
    return mean, float(np.sqrt(np.average(np.square(values - mean), weights=weight)))


def _stratum(tile: Shot) -> _Stratum:
    """The stratum within which a tile is compared: class, weather, ground if visible, and cover."""
    weather = tile.weather or ""
    open_ground = tile.truth == TRUTH_CLEAR
    seen = open_ground.mean() > _SEEN
    wet = bool(seen and ground(tile.bands)["water"][open_ground].mean() > 0.5)
    return _Stratum(tile.kind, weather, wet, int(np.searchsorted(_COVER_STEPS, tile.cover or 0.0)))


def _evenly(shots: Sequence[Shot], count: int) -> list[Shot]:
    places = np.unique(np.linspace(0, len(shots) - 1, min(count, len(shots))).round().astype(int))
    return [shots[place] for place in places]


def _plain(one: Marks | Contents | None) -> dict[str, object] | None:
    return None if one is None else asdict(one)
