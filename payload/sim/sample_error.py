"""How far a sampled flight may be off: by how much donors differ from those that are like them.

A total over tiles that took their figures from donors strays from the truth for two reasons: a donor, which
speaks for many, is not the mean of its likes, and each tile is itself not like its donor. Both are told by
the donors' own residuals: what a donor weighs less the mean of what it would have taken from its likes. With K the
number of tiles that a donor speaks for, each as many times as large as it, and r its residual, the variance
of the total is the sum of (K^2 + sum of squares of those sizes) r^2 / (1 + sum of p^2), where p are the likes' chances.

Of a stratum of which few are painted the squares of residuals are raised towards what is expected of such tiles: a rare
mistake of the masker may have no example among them.

Where the link is full, more bytes a tile are fewer tiles: clear ground that comes down strays as clear
ground a byte does. A link that is full at times lies between, so of both the wider is told.

Source: variance under nearest-neighbour imputation, Abadie and Imbens (2006), Econometrica 74(1), 235-267,
theorem 7; Chen and Shao (2000), Journal of Official Statistics 16(2), 113-131.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from payload.ledger import FlightRecord
from payload.pruning import decide
from payload.sim.allocation import Spread, half_width, steadied
from payload.sim.arms import Arm, ArmName, make_arm
from payload.sim.assemble import Assembly
from payload.sim.counted import counted_bytes, with_counted
from payload.sim.facts import TileFacts
from payload.sim.memo import Memo
from payload.sim.sampled import LIKES, Sampled, like
from payload.sim.strata import stratum


@dataclass(frozen=True, slots=True)
class SampleError:
    """Half of the 95 % intervals of what a flight brought down.

    Attributes:
        bytes: [byte] Of tile records.
        clear_px: [px] Of clear ground in them.
    """

    bytes: float
    clear_px: float


@dataclass(frozen=True)
class Donors:
    """Donors, and what each would have been taken for, had it not been painted.

    Attributes:
        facts: Of each, all bands counted.
        instead: Of each, its facts as it would take them from each of its likes.
        chances: Of each, how likely each of those would be drawn.
        pixels: [px] Of each, shape (N,).
    """

    facts: list[TileFacts]
    instead: list[list[TileFacts]]
    chances: list[NDArray[np.float64]]
    pixels: NDArray[np.float64]

    def figures(self, arm: Arm) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each brings down in an arm, [byte] and [px], and its residuals, as wide as single ones are.

        Both have the shape (2, N).
        """
        weighs = np.array([_told(arm, fact) for fact in self.facts], np.float64)
        likes = [
            np.average([_told(arm, fact) for fact in each], axis=0, weights=chances)
            for each, chances in zip(self.instead, self.chances, strict=True)
        ]
        inflated = np.array([1.0 + float((each * each).sum()) for each in self.chances])
        off = (weighs - np.array(likes)) / np.sqrt(inflated)[:, None]
        return weighs.T, off.T


def sample_errors(
    assembly: Assembly, darkroom: Sampled, memo: Memo, records: Mapping[str, FlightRecord]
) -> dict[str, SampleError]:
    """Half-widths of the intervals of each flight that used what was drawn, by arm.

    There are none of the bent pipe, which is exact, and of an arm that judges whole images: which images lie
    beyond its threshold is no sum over tiles.
    """
    if len(darkroom.donors) < 2:
        return {}
    donors = _donors(assembly, darkroom)
    arms = {
        name: make_arm(cast(ArmName, record.arm), assembly.scenario.pruning)
        for name, record in records.items()
    }
    judged = {
        name: arm for name, arm in arms.items() if arm.compresses and arm.policy.unit != "image"
    }
    weighed = _weighed(judged, memo)
    return {
        name: _error(records[name], donors.figures(arm)[1], donors.pixels, darkroom, weighed[name])
        for name, arm in judged.items()
    }


_BY_TILE: tuple[ArmName, ...] = ("compressed", "prune", "mask", "oracle")

_Weighed = dict[str, NDArray[np.int64]]
"""[px], [byte], [px] By image: size of each tile, what it brings down, its clear ground; shape (3, T), in grid order."""


def _weighed(arms: Mapping[str, Arm], memo: Memo) -> dict[str, _Weighed]:
    """All tiles that were worked on, by arm: each image's facts are fetched once."""
    found: dict[str, _Weighed] = {name: {} for name in arms}
    for image in memo.facts_of:
        facts = memo.facts_of[image]
        for name, arm in arms.items():
            rows = [(fact.pixels, *_told(arm, fact)) for fact in facts]
            found[name][image] = np.array(rows, np.int64).T
    return found


def expected_spread(assembly: Assembly, darkroom: Sampled) -> Spread:
    """What donors, at least two, show of what arms that judge tile by tile keep of all that was looked at.

    Of bytes or clear pixels, and of the arm, whichever is least sure; 0 where nothing is kept.
    """
    own = [stratum(donor.glance) for donor in darkroom.donors]
    sampled = Counter(own)
    all_tiles = Counter(stratum(item) for each in darkroom.glanced.values() for item in each)
    strata = tuple(sampled)
    place = {where: number for number, where in enumerate(strata)}
    member = np.array([place[where] for where in own])
    painted = np.array([sampled[where] for where in strata], np.float64)
    tiles = np.array([all_tiles[where] for where in strata], np.float64)
    found: list[Spread] = []
    donors = _donors(assembly, darkroom)
    arms = [make_arm(name, assembly.scenario.pruning) for name in _BY_TILE]
    for figure, off in (pair for arm in arms for pair in zip(*donors.figures(arm), strict=True)):
        total = float((tiles / painted * np.bincount(member, figure)).sum())
        squares = np.bincount(member, off * off) / painted / max(total, 1.0) ** 2
        found.append(Spread(strata, tiles, painted, squares, darkroom.membership.threshold))
    return max(found, key=lambda spread: spread.error)


def foreseen(assembly: Assembly, darkroom: Sampled, window_px: NDArray[np.float64]) -> float:
    """The widest half-width, as a share of its total, that a flight will tell if all that was looked at comes down.

    Args:
        assembly: The scenario, assembled.
        darkroom: Balanced, of at least two donors.
        window_px: [px] Size of each tile of an image, in grid order, shape (T,).
    """
    donors = _donors(assembly, darkroom)
    speaks, squares = darkroom.spoken(donors.pixels, window_px)
    squares = 2.0 * squares  # drawing makes what donors speak for uneven by as much again
    widest = 0.0
    for name in _BY_TILE:
        figures = donors.figures(make_arm(name, assembly.scenario.pruning))
        for figure, off in zip(*figures, strict=True):
            total = float(((speaks + 1.0) * figure).sum())
            widest = max(widest, _half(darkroom, off, (speaks, squares)) / max(total, 1.0))
    return widest


def _donors(assembly: Assembly, darkroom: Sampled) -> Donors:
    sensor = assembly.sensor
    facts = [with_counted(sensor, donor.facts) for donor in darkroom.donors]
    count = min(LIKES, len(facts) - 1)
    instead, chances = [], []
    for number, donor in enumerate(darkroom.donors):
        likes = darkroom.likes(donor.glance, count + 1)
        likes = likes[likes != number][:count]
        chances.append(darkroom.chances(likes))
        pixels, raw_bytes = donor.facts.pixels, donor.facts.raw_bytes
        painted_bytes = raw_bytes - counted_bytes(sensor, pixels)
        taken = [
            replace(
                like(darkroom.donors[other], donor.glance, pixels, painted_bytes),
                raw_bytes=raw_bytes,
            )
            for other in likes
        ]
        instead.append([with_counted(sensor, fact) for fact in taken])
    return Donors(facts, instead, chances, np.array([fact.pixels for fact in facts], np.float64))


def _error(
    record: FlightRecord,
    off: NDArray[np.float64],
    donor_px: NDArray[np.float64],
    darkroom: Sampled,
    weighed: _Weighed,
) -> SampleError:
    """Half-widths of a flight.

    Args:
        record: Of the flight.
        off: [byte], [px] Residuals of donors in its arm, shape (2, N).
        donor_px: [px] Size of each donor, shape (N,).
        darkroom: Who the donors speak for.
        weighed: Tiles in its arm.
    """
    speaks, squares = np.zeros(donor_px.size), np.zeros(donor_px.size)
    total = np.zeros(2, np.int64)
    down, donor_of = record.delivered_s, darkroom.donor_of
    kept = [sum(item.is_kept for item in image.outcomes) for image in record.images]
    all_kept = sum(kept)
    share_of_all = len(down) / all_kept if all_kept else 0.0
    for image, many_kept in zip(record.images, kept, strict=True):
        tiles, names = weighed[image.acquisition.id], image.acquisition.tile_ids
        came = [number for number, name in enumerate(names) if name in down]
        total += tiles[1:, came].sum(axis=1)
        share = len(came) / many_kept if many_kept else share_of_all
        drawn = [number for number, name in enumerate(names) if name in donor_of]
        donors = np.array([donor_of[names[number]] for number in drawn], np.intp)
        sizes = share * tiles[0, drawn] / donor_px[donors]
        np.add.at(speaks, donors, sizes)
        np.add.at(squares, donors, sizes * sizes)
    off_bytes, off_px = off
    sent, clear_px = (max(float(value), 1.0) for value in total)
    off_rate = off_px / clear_px - off_bytes / sent
    bytes_, px, rate = (
        _half(darkroom, each, (speaks, squares)) for each in (off_bytes, off_px, off_rate)
    )
    is_all_down = all_kept == len(down)
    return SampleError(bytes_, px if is_all_down else max(px, clear_px * rate))


def _half(
    darkroom: Sampled,
    off: NDArray[np.float64],
    spoken: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> float:
    """Half-width of a total, from residuals of donors, (N,), and from the sizes, and their squares, they speak for."""
    own = [stratum(donor.glance) for donor in darkroom.donors]
    names = {where: number for number, where in enumerate(dict.fromkeys(own))}
    member = np.array([names[where] for where in own], np.intp)
    speaks, squares = spoken
    spread = steadied(off * off, own, speaks, darkroom.membership.threshold)
    variances = np.maximum(np.bincount(member, (speaks * speaks + squares) * spread), 0.0)
    return half_width(variances, np.bincount(member).astype(np.float64))


def _told(arm: Arm, fact: TileFacts) -> tuple[int, int]:
    """[byte], [px] What a tile brings down, and its clear ground; whole images are judged elsewhere."""
    cover = fact.perfect if arm.mask == "perfect" and fact.perfect is not None else fact.estimate
    if arm.policy.unit == "tile" and not decide([cover], arm.policy)[0].keep:
        return 0, 0
    clear_px = fact.estimate.clear_px or 0
    part = fact.clear_part if arm.leaves_cloud_out else None
    if part is None:
        return fact.encoded_bytes, clear_px
    return part.encoded_bytes, clear_px - (part.not_coded.clear_px or 0)
