"""Error of a sampled flight, estimated from how much donors differ from the tiles that are like them.

A total over tiles that took their figures from donors deviates from the truth for two reasons: a donor, which
stands for many tiles, is not the mean of its likes, and each tile differs from its donor. Both are estimated from
the donors' own residuals: a donor's figure less the mean of those it would have taken from its likes. With K the
number of tiles that a donor stands for, each counted by its size relative to the donor, and r the donor's residual, the variance
of the total is the sum of (K^2 + sum of squares of those sizes) r^2 / (1 + sum of p^2), where p are the likes' chances.
A donor has two residuals, one against donors of its own image and one against others: the first applies to the tiles of its image
that it stands for, the second to tiles of images in which nothing similar is rendered, and r^2 mixes the two in that proportion.
This treats tiles as if drawn one by one. They are drawn evenly from each image, so if few of each are rendered, totals deviate
less than estimated.

In a stratum with few rendered tiles the squares of residuals are raised towards what is expected of such tiles: a rare
mistake of the masker may have no example among them.

If the link is full, more bytes per tile mean fewer tiles: the clear ground delivered deviates as clear
ground per byte does. A link that is full at times lies in between, so the wider of the two intervals is reported.

Source: variance under nearest-neighbour imputation, Abadie and Imbens (2006), Econometrica 74(1), 235-267,
theorem 7; Chen and Shao (2000), Journal of Official Statistics 16(2), 113-131.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.darkroom.allocation import Spread, half_width, steadied
from payload.darkroom.counted import with_counted
from payload.darkroom.donors import Blank, like
from payload.darkroom.facts import TileFacts
from payload.darkroom.likes import NO_IMAGE
from payload.darkroom.sampled import Sampled, Spoken
from payload.imaging.sensor import counted_bytes
from payload.ledger import FlightRecord
from payload.pruning import decide
from payload.sim.arms import Arm, ArmName, make_arm
from payload.sim.assemble import Assembly

Brought = Mapping[ArmName, NDArray[np.float64]]
"""[byte] and [px], by arm: what tiles bring down, and the clear ground in it."""


@dataclass(frozen=True, slots=True)
class SampleError:
    """Half-widths of the 95 % intervals of what a flight brought down.

    Attributes:
        bytes: [byte] For tile records.
        clear_px: [px] For the clear ground in them.
    """

    bytes: float
    clear_px: float


@dataclass(frozen=True)
class Sample:
    """Rendered tiles, at least two, and the figures each would have been given had it not been rendered.

    Attributes:
        assembly: The scenario, assembled.
        darkroom: Has the rendered tiles as donors.
    """

    assembly: Assembly
    darkroom: Sampled

    @cached_property
    def likes(self) -> NDArray[np.intp]:
        """Numbers of the other donors that each donor resembles most, as a tile of its image and of another; (2, N, LIKES).

        If there are fewer, the rest are -1.
        """
        return np.stack(self.darkroom.likes.of_donors())

    @cached_property
    def _brought(self) -> tuple[Brought, Brought]:
        """By arm, what each donor brings down, (N, 2), and what it would with the figures of each like, (2, N, LIKES, 2)."""
        sensor, donors, known = self.assembly.sensor, self.darkroom.donors, self.darkroom.known
        arms = [make_arm(name, self.assembly.scenario.pruning) for name in BY_TILE]
        own = np.zeros((len(donors), len(arms), 2))
        taken = np.zeros((*self.likes.shape, len(arms), 2))
        for number, donor in enumerate(donors):
            was = donor.facts
            painted_bytes = was.raw_bytes - counted_bytes(sensor, was.pixels)
            blank = Blank(was.tile_id, donor.glance, was.pixels, was.raw_bytes, painted_bytes)
            as_it_is = was.tile_id, was.tile_id
            if as_it_is not in known:
                fact = with_counted(sensor, was)
                known[as_it_is] = [brings(arm, fact) for arm in arms]
            own[number] = known[as_it_is]
            for place in np.unique(self.likes[:, number]).tolist():
                if place < 0:
                    continue
                pair = was.tile_id, donors[place].facts.tile_id
                if pair not in known:
                    fact = with_counted(
                        sensor, like(donors[place], blank, self.darkroom.missed_thin)
                    )
                    known[pair] = [brings(arm, fact) for arm in arms]
                taken[:, number][self.likes[:, number] == place] = known[pair]
        return (
            {name: own[:, place] for place, name in enumerate(BY_TILE)},
            {name: taken[:, :, :, place] for place, name in enumerate(BY_TILE)},
        )

    @cached_property
    def _chances(self) -> NDArray[np.float64]:
        return np.stack([self.darkroom.chances(near) for near in self.likes])

    def figures(self, arm: ArmName) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each donor brings down in an arm, [byte] and [px], and its residuals, scaled to the spread of single tiles.

        Returns:
            Figures, shape (2, N), and for each figure residuals as a tile of its image and as one of another, (2, 2, N).
        """
        chances = self._chances
        own, taken = (brought[arm] for brought in self._brought)
        off = own - (taken * chances[..., None]).sum(axis=2)
        off /= np.sqrt(1.0 + (chances * chances).sum(axis=2))[..., None]
        return own.T, np.moveaxis(off, 2, 0)

    def half(self, off: NDArray[np.float64], spoken: Spoken) -> float:
        """Half-width of a total, from residuals of donors, shape (2, N), and the tiles they stand for."""
        threshold = self.darkroom.membership.threshold
        looks = self.darkroom.looks
        spread = steadied(squared(off, spoken), looks, spoken.times, threshold)
        weight = spoken.times * spoken.times + spoken.squares
        variances = np.bincount(looks.member, weight * spread)
        return half_width(np.maximum(variances, 0.0), looks.tiles.astype(np.float64))


def squared(off: NDArray[np.float64], spoken: Spoken) -> NDArray[np.float64]:
    """Squares of residuals, shape (2, N), mixed by the shares of tiles of own and other images donors stand for; (N,)."""
    of_kin, of_strangers = off * off
    return np.asarray(spoken.kin * of_kin + (1.0 - spoken.kin) * of_strangers, np.float64)


BY_TILE: tuple[ArmName, ...] = ("compressed", "prune", "mask", "oracle")
"""Arms that judge tile by tile, or not at all."""


def expected_spread(sample: Sample) -> Spread:
    """Spread, as estimated from donors, of what the arms that judge tile by tile keep of everything looked at.

    It is for bytes or clear pixels, and for the arm, whichever is least certain; 0 if nothing is kept. Strata without a
    rendered tile are left out.
    """
    darkroom, looks, planned = sample.darkroom, sample.darkroom.looks, sample.darkroom.planned.looks
    all_tiles = dict(zip(planned.strata, planned.tiles.tolist(), strict=True))
    tiles = np.array([all_tiles[where] for where in looks.strata], np.float64)
    painted = looks.tiles.astype(np.float64)
    spoken = darkroom.spoken()
    found: list[Spread] = []
    for name in BY_TILE:
        for figure, off in zip(*sample.figures(name), strict=True):
            total = float((tiles / painted * np.bincount(looks.member, figure)).sum())
            mean = np.bincount(looks.member, squared(off, spoken)) / painted
            squares = mean / max(total, 1.0) ** 2
            threshold = darkroom.membership.threshold
            found.append(Spread(looks.strata, tiles, painted, squares, threshold))
    return max(found, key=lambda spread: spread.error)


def foreseen(sample: Sample) -> float:
    """The widest half-width, as a share of its total, that a flight will report if everything looked at comes down.

    Args:
        sample: Sample of a balanced darkroom, in which each tile's donor has been drawn.
    """
    spoken = sample.darkroom.spoken()
    widest = 0.0
    for name in BY_TILE:
        for figure, off in zip(*sample.figures(name), strict=True):
            total = float(((spoken.times + 1.0) * figure).sum())
            widest = max(widest, sample.half(off, spoken) / max(total, 1.0))
    return widest


def sample_errors(
    assembly: Assembly,
    darkroom: Sampled,
    records: Mapping[str, FlightRecord],
    totals: Mapping[str, tuple[float, float]],
) -> dict[str, SampleError]:
    """Half-widths of the intervals of each flight that used drawn figures, by arm.

    There are none for the bent pipe, which is exact, nor for an arm that judges whole images: which images exceed its
    threshold is not a sum over tiles.

    Args:
        assembly: The scenario, assembled.
        darkroom: The darkroom the flights used.
        records: Records of the flights, by arm.
        totals: [byte] of tile records that came down, and [px] of clear ground in them, by arm.
    """
    flown = [name for name in BY_TILE if name in records]
    if (
        len(darkroom.donors) < 2
    ):  # with so few tiles each is rendered, and what it brings down is known
        return dict.fromkeys(flown, SampleError(0.0, 0.0))
    sample = Sample(assembly, darkroom)
    return {name: _error(sample, records[name], name, totals[name]) for name in flown}


def _error(
    sample: Sample, record: FlightRecord, arm: ArmName, total: tuple[float, float]
) -> SampleError:
    """Half-widths of a flight.

    Args:
        sample: Sample of its darkroom.
        record: Record of the flight.
        arm: The arm flown.
        total: [byte] and [px] that came down.
    """
    down, darkroom = record.delivered_s, sample.darkroom
    shots = [
        (image.acquisition.id,
         sum(map(down.__contains__, image.acquisition.tile_ids)),
         sum([item.decision.keep for item in image.outcomes]))
        for image in record.images
    ]  # fmt: skip
    all_kept = sum(kept for _, _, kept in shots)
    share_of_all = len(down) / all_kept if all_kept else 0.0
    donors, images, sizes = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], [np.zeros(0)]
    shares = [np.zeros(0)]
    for name, came, kept in shots:
        drawn = darkroom.drawn[name]
        donors.append(drawn[drawn >= 0])
        images.append(np.full(donors[-1].size, darkroom.number_of.get(name, NO_IMAGE), np.intp))
        sizes.append(darkroom.window_px[drawn >= 0])
        shares.append(np.full(donors[-1].size, came / kept if kept else share_of_all))
    spoken = darkroom.summed(
        np.concatenate(donors),
        np.concatenate(images),
        np.concatenate(sizes),
        np.concatenate(shares),
    )
    off_bytes, off_px = sample.figures(arm)[1]
    sent, clear_px = (max(value, 1.0) for value in total)
    off_rate = off_px / clear_px - off_bytes / sent
    bytes_, px, rate = (sample.half(each, spoken) for each in (off_bytes, off_px, off_rate))
    is_all_down = all_kept == len(down)
    return SampleError(bytes_, px if is_all_down else max(px, clear_px * rate))


def brings(arm: Arm, fact: TileFacts) -> tuple[int, int]:
    """[byte], [px] What a tile brings down, and the clear ground in it; whole images are judged elsewhere."""
    cover = fact.perfect if arm.mask == "perfect" and fact.perfect is not None else fact.estimate
    if arm.policy.unit == "tile" and not decide([cover], arm.policy)[0].keep:
        return 0, 0
    clear_px = fact.estimate.clear_px or 0
    part = fact.clear_part if arm.leaves_cloud_out else None
    if part is None:
        return fact.encoded_bytes, clear_px
    return part.encoded_bytes, clear_px - (part.not_coded.clear_px or 0)
