"""Strata of tiles, by what a glance shows: ground, sky, sun and size; and how densely each is sampled.

The size of a kept tile depends on its ground; whether it is kept depends on the cover that a masker finds, which
lies between thick cover and total cover. So the sky is finely divided by the cover that is likely to be found.
"""

from bisect import bisect_right
from collections.abc import Mapping

from payload.surrogate.likeness import GROUPS, kind_of
from payload.types import Glance

Stratum = tuple[int, int, int, int]
Kind = tuple[int, int, int, int]
"""A stratum regardless of size, except that small tiles keep theirs."""
_SMALL = (64 * 128).bit_length()
"""Records of tiles smaller than this do not shrink in proportion, so they are distinguished by size too. Assumption: in two
worlds with 272 of them each, records of 1 x 32 px tiles taken to be like 32 x 32 ones were a third too short."""
_SUN_EDGES_DEG = (20.0, 40.0)
_GROUND_OF = {name: 1 + number for number, names in enumerate(GROUPS) for name in names} | {
    "glint": 0
}
_CLEAR, _COVERED, _BROKEN, _VEILED, _OVERCAST = 0, 1, 2, 9, 16
"""State of the sky: each of the last three starts a run of bins of the cover that a masker is expected to find."""
_EDGES = (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
_KEPT_BINS = 4
"""Number of those bins that are certainly kept."""
_THIN_FOUND = 0.7
"""Share of the cloud that does not hide the ground that is called cloud. Assumption: of 51,156 tiles, the default masker
found a cover of 0.7 in about half of those for which this predicts 0.7."""
_VEIL, _HIDDEN = 0.35, 0.85  # of thin cover, and of thick cover


def stratum(glance: Glance) -> Stratum:
    """Ground, sky, bin of sun elevation, bit length of the number of pixels.

    Tiles that are certainly kept are not distinguished by the sun, the others not by their ground. The size of a
    tile's record depends on its ground; whether a masker finds its cloud depends on the sun's elevation.
    """
    kind = kind_of(glance.cover)
    thick = glance.cover if glance.thick_cover is None else glance.thick_cover
    thin = glance.cover - thick
    size = (glance.pixels or 0).bit_length()
    found = thick + _THIN_FOUND * thin
    place = bisect_right(_EDGES, found)
    if kind == 0:
        sky = _CLEAR
    elif thick >= _HIDDEN or place == len(_EDGES):
        sky = _COVERED
    elif kind == 2:
        sky = _OVERCAST + place
    else:
        sky = (_VEILED if thin > _VEIL else _BROKEN) + place
    if sky == _CLEAR or (kind == 1 and sky != _COVERED and found < _EDGES[_KEPT_BINS - 1]):
        return _GROUND_OF[glance.surface], sky, 0, size
    return 0, sky, sum(glance.sun_elevation_deg > edge for edge in _SUN_EDGES_DEG), size


def kind_of_stratum(where: Stratum) -> Kind:
    """Ground, sky and sun, and the size only of small tiles."""
    ground, sky, sun, size = where
    return ground, sky, sun, min(size, _SMALL)


def largest_of_kinds(tiles: Mapping[Stratum, int]) -> set[Stratum]:
    """The stratum of each kind that has the most tiles; the first of equals."""
    found: dict[Kind, Stratum] = {}
    for where, count in tiles.items():
        best = found.setdefault(kind_of_stratum(where), where)
        if count > tiles[best]:
            found[kind_of_stratum(where)] = where
    return set(found.values())


def weight(where: Stratum, threshold: float = 0.7) -> float:
    """Expected spread of the figures of a stratum's tiles, relative to that of clear ones.

    Args:
        where: The stratum.
        threshold: Cover above which tiles are dropped.

    Assumption: rounded from 51,156 tiles of one world, and 29,000 small ones of twenty, with the default masker. Weights
    decide how many tiles are rendered, but not the result: the sample of a stratum is valid whatever its weight.
    """
    ground, sky, sun, size = where
    return 2.0 ** (size - _USUAL_SIZE) * _doubt(ground, sky, sun, threshold)


def _doubt(ground: int, sky: int, sun: int, threshold: float) -> float:
    """Expected spread of figures per pixel, relative to that of clear land."""
    if sky == _COVERED:
        return _COVERED_WEIGHT[sun]
    if sky >= _OVERCAST:
        return 4.0
    is_told_by_ground = sky == _CLEAR or (sky - _BROKEN) % (_VEILED - _BROKEN) < _KEPT_BINS
    told = _GROUND_WEIGHT.get(ground, 1.0) if is_told_by_ground else 1.0
    if sky == _CLEAR:
        return told
    veiled = sky >= _VEILED
    over = sky - (_VEILED if veiled else _BROKEN) - bisect_right(_EDGES, threshold)
    return told * (_VEILED_WEIGHT if veiled else _BROKEN_WEIGHT).get(over, 1.2)


_USUAL_SIZE = (256 * 256).bit_length()
_GROUND_WEIGHT = {0: 0.7, _GROUND_OF["water"]: 0.7, _GROUND_OF["snow"]: 2.5}
"""Open water looks alike everywhere and compresses well; snow is sometimes taken for cloud."""
_COVERED_WEIGHT = (3.0, 1.1, 0.8)
"""By bin of sun elevation."""
_BROKEN_WEIGHT = {-1: 1.5, 0: 5.0, 1: 2.0}
_VEILED_WEIGHT = {-1: 1.6, 0: 3.0, 1: 6.0}
"""By the number of cover bins between the stratum and that of the threshold, positive above it."""
