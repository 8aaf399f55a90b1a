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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

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
from payload.sim.strata import Stratum, stratum

Told = Mapping[ArmName, NDArray[np.float64]]
"""[byte] and [px], by arm: what comes down of tiles, and clear ground in it."""


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
class Sample:
    """Painted tiles, at least two, and what each would have been taken for, had it not been painted.

    Attributes:
        assembly: The scenario, assembled.
        darkroom: Has the painted tiles as donors.
    """

    assembly: Assembly
    darkroom: Sampled

    @cached_property
    def strata(self) -> list[Stratum]:
        """Of each donor."""
        return [stratum(donor.glance) for donor in self.darkroom.donors]

    @cached_property
    def member(self) -> NDArray[np.intp]:
        """Of each donor, the number of its stratum in the order in which those are met, shape (N,)."""
        place = {where: number for number, where in enumerate(dict.fromkeys(self.strata))}
        return np.array([place[where] for where in self.strata], np.intp)

    @cached_property
    def pixels(self) -> NDArray[np.float64]:
        """[px] Of each donor, shape (N,)."""
        return np.array([donor.facts.pixels for donor in self.darkroom.donors], np.float64)

    @cached_property
    def likes(self) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Numbers of the donors that each resembles most but for itself, (N, m), and how many of those count, (N, m)."""
        donors = self.darkroom.donors
        count = min(LIKES, len(donors) - 1)
        likes = np.zeros((len(donors), count), np.intp)
        counts = np.zeros(likes.shape, np.bool_)
        for number, donor in enumerate(donors):
            found = self.darkroom.likes(donor.glance, count + 1)
            found = found[found != number][:count]
            likes[number, : found.size] = found
            counts[number, : found.size] = True
        return likes, counts

    @cached_property
    def _told(self) -> tuple[Told, Told]:
        """By arm, what each donor brings down, (N, 2), and what it would as it would be taken for each like, (N, m, 2)."""
        sensor, donors = self.assembly.sensor, self.darkroom.donors
        arms = [make_arm(name, self.assembly.scenario.pruning) for name in _BY_TILE]
        likes, counts = self.likes
        own = np.zeros((len(donors), len(arms), 2))
        taken = np.zeros((*likes.shape, len(arms), 2))
        for number, donor in enumerate(donors):
            pixels, raw_bytes = donor.facts.pixels, donor.facts.raw_bytes
            painted_bytes = raw_bytes - counted_bytes(sensor, pixels)
            fact = with_counted(sensor, donor.facts)
            own[number] = [_told(arm, fact) for arm in arms]
            for column in np.flatnonzero(counts[number]).tolist():
                other = donors[likes[number, column]]
                drawn = like(other, donor.glance, pixels, painted_bytes)
                fact = with_counted(sensor, replace(drawn, raw_bytes=raw_bytes))
                taken[number, column] = [_told(arm, fact) for arm in arms]
        return (
            {name: own[:, place] for place, name in enumerate(_BY_TILE)},
            {name: taken[:, :, place] for place, name in enumerate(_BY_TILE)},
        )

    def figures(self, arm: ArmName) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each brings down in an arm, [byte] and [px], and its residuals, as wide as single ones are.

        Both have the shape (2, N).
        """
        likes, counts = self.likes
        weights = self.darkroom.weights[likes] * counts
        total = weights.sum(axis=1, keepdims=True)
        weights = np.where(total > 0, weights, counts)
        chances = weights / weights.sum(axis=1, keepdims=True)
        own, taken = (told[arm] for told in self._told)
        off = own - (taken * chances[:, :, None]).sum(axis=1)
        off /= np.sqrt(1.0 + (chances * chances).sum(axis=1))[:, None]
        return own.T, off.T

    def half(
        self,
        off: NDArray[np.float64],
        speaks: NDArray[np.float64],
        squares: NDArray[np.float64],
    ) -> float:
        """Half-width of a total, from residuals of donors and the sizes, and their squares, they speak for; all (N,)."""
        threshold = self.darkroom.membership.threshold
        spread = steadied(off * off, self.strata, speaks, threshold)
        variances = np.bincount(self.member, (speaks * speaks + squares) * spread)
        painted = np.bincount(self.member).astype(np.float64)
        return half_width(np.maximum(variances, 0.0), painted)


_BY_TILE: tuple[ArmName, ...] = ("compressed", "prune", "mask", "oracle")
"""Arms that judge tile by tile, or not at all."""


def expected_spread(sample: Sample) -> Spread:
    """What donors show of what arms that judge tile by tile keep of all that was looked at.

    Of bytes or clear pixels, and of the arm, whichever is least sure; 0 where nothing is kept.
    """
    darkroom, member = sample.darkroom, sample.member
    strata = tuple(dict.fromkeys(sample.strata))
    all_tiles = Counter(stratum(item) for each in darkroom.glanced.values() for item in each)
    tiles = np.array([all_tiles[where] for where in strata], np.float64)
    painted = np.bincount(member).astype(np.float64)
    found: list[Spread] = []
    for name in _BY_TILE:
        for figure, off in zip(*sample.figures(name), strict=True):
            total = float((tiles / painted * np.bincount(member, figure)).sum())
            squares = np.bincount(member, off * off) / painted / max(total, 1.0) ** 2
            found.append(Spread(strata, tiles, painted, squares, darkroom.membership.threshold))
    return max(found, key=lambda spread: spread.error)


def foreseen(sample: Sample, window_px: NDArray[np.float64]) -> float:
    """The widest half-width, as a share of its total, that a flight will tell if all that was looked at comes down.

    Args:
        sample: Of a darkroom that is balanced.
        window_px: [px] Size of each tile of an image, in grid order, shape (T,).
    """
    speaks, squares = sample.darkroom.spoken(sample.pixels, window_px)
    squares = 2.0 * squares  # drawing makes what donors speak for uneven by as much again
    widest = 0.0
    for name in _BY_TILE:
        for figure, off in zip(*sample.figures(name), strict=True):
            total = float(((speaks + 1.0) * figure).sum())
            widest = max(widest, sample.half(off, speaks, squares) / max(total, 1.0))
    return widest


def sample_errors(
    assembly: Assembly, darkroom: Sampled, memo: Memo, records: Mapping[str, FlightRecord]
) -> dict[str, SampleError]:
    """Half-widths of the intervals of each flight that used what was drawn, by arm.

    There are none of the bent pipe, which is exact, and of an arm that judges whole images: which images lie
    beyond its threshold is no sum over tiles.
    """
    if len(darkroom.donors) < 2:
        return {}
    sample = Sample(assembly, darkroom)
    judged = [name for name in _BY_TILE if name in records]
    weighed = _weighed(sample, judged, memo)
    return {name: _error(sample, records[name], name, weighed) for name in judged}


@dataclass(frozen=True, slots=True, eq=False)
class _Weighed:
    """The tiles of an image, T in grid order, n of them drawn.

    Attributes:
        px: [px] Size of each, shape (T,).
        told: By arm, [byte] and [px], what each brings down and its clear ground, shape (2, T).
        drawn: Numbers of those that were drawn, shape (n,).
        donors: Who each of those was drawn from, shape (n,).
    """

    px: NDArray[np.float64]
    told: Mapping[ArmName, NDArray[np.int64]]
    drawn: NDArray[np.intp]
    donors: NDArray[np.intp]


def _weighed(sample: Sample, names: Sequence[ArmName], memo: Memo) -> dict[str, _Weighed]:
    """All tiles that were worked on, by image: facts are fetched once for all arms."""
    arms = [make_arm(name, sample.assembly.scenario.pruning) for name in names]
    donor_of, found = sample.darkroom.donor_of, dict[str, _Weighed]()
    for image in memo.facts_of:
        facts = memo.facts_of[image]
        told = np.array([[_told(arm, fact) for fact in facts] for arm in arms], np.int64)
        drawn = [number for number, fact in enumerate(facts) if fact.tile_id in donor_of]
        found[image] = _Weighed(
            np.array([fact.pixels for fact in facts], np.float64),
            {name: each.T for name, each in zip(names, told, strict=True)},
            np.array(drawn, np.intp),
            np.array([donor_of[facts[number].tile_id] for number in drawn], np.intp),
        )
    return found


def _error(
    sample: Sample, record: FlightRecord, arm: ArmName, weighed: Mapping[str, _Weighed]
) -> SampleError:
    """Half-widths of a flight.

    Args:
        sample: Of its darkroom.
        record: Of the flight.
        arm: Whose it is.
        weighed: Its tiles, by image.
    """
    down, total = record.delivered_s, np.zeros(2, np.int64)
    shots = [
        (weighed[image.acquisition.id], [name in down for name in image.acquisition.tile_ids],
         sum(item.is_kept for item in image.outcomes))
        for image in record.images
    ]  # fmt: skip
    all_kept = sum(kept for _, _, kept in shots)
    share_of_all = len(down) / all_kept if all_kept else 0.0
    donors, sizes = [np.zeros(0, np.intp)], [np.zeros(0)]
    for tiles, came, kept in shots:
        total += tiles.told[arm][:, came].sum(axis=1)
        share = sum(came) / kept if kept else share_of_all
        donors.append(tiles.donors)
        sizes.append(share * tiles.px[tiles.drawn] / sample.pixels[tiles.donors])
    drawn_from, size = np.concatenate(donors), np.concatenate(sizes)
    count = sample.pixels.size
    speaks = np.bincount(drawn_from, size, minlength=count).astype(np.float64)
    squares = np.bincount(drawn_from, size * size, minlength=count).astype(np.float64)
    off_bytes, off_px = sample.figures(arm)[1]
    sent, clear_px = (max(float(value), 1.0) for value in total)
    off_rate = off_px / clear_px - off_bytes / sent
    bytes_, px, rate = (
        sample.half(each, speaks, squares) for each in (off_bytes, off_px, off_rate)
    )
    is_all_down = all_kept == len(down)
    return SampleError(bytes_, px if is_all_down else max(px, clear_px * rate))


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
