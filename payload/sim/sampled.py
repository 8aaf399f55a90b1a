"""A sample of tiles is painted; every other tile is taken to be like one of them.

Which tiles are painted is drawn by the names of image and tile, so that it is the same in all arms, and the
tiles of a small fraction are among those of a larger one. A tile that is not painted looks, at a glance, like
some that were: from one of these *donors*, drawn by its name, it takes what the masker says and what the codec
needs, as shares of its size. Its true cover is what the glance says, off by as much as that of its donor was.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.compression.record import HEADER_BYTES
from payload.geometry.grid import TileGrid
from payload.ports import Glancing
from payload.rng import stream
from payload.sim.counted import counted_bytes
from payload.sim.facts import ClearPart, Thumbnail, TileDarkroom, TileFacts, perfect
from payload.sim.strata import Stratum, stratum, weight
from payload.surrogate import Likeness, likeness
from payload.types import Acquisition, CoverEstimate, Glance, NotCoded

FEWEST_TILES = 200
"""A smaller sample tells too little: then so many are painted, or all that there are. Assumption."""
LIKES, FEWEST_LIKES, COVER_STEP = 8, 3, 0.05
"""Of so many donors that resemble a tile most one is drawn; so many a stratum has at least, if they are all to be of it;
a difference in cover that is as unlike as 10 degrees of sun. Assumption."""
_ROUNDS = 50
"""Of proportional fitting. Assumption."""
FEWEST_IN_STRATUM = 3
"""So many are painted of each stratum, or all that there are. Assumption."""


@dataclass(frozen=True)
class Membership:
    """Who is painted: whose number, drawn by name, is below the share of its stratum.

    Attributes:
        seed: Of the scenario.
        share: Of all tiles, 0 to 1.
        shares: Of the strata that were met; of others it is `share`.
        threshold: Cover from which on tiles are dropped.
    """

    seed: int
    share: float
    shares: Mapping[Stratum, float]
    threshold: float = 0.7

    def numbers(self, acquisition_id: str, glances: Sequence[Glance]) -> list[int]:
        """The tiles of an image that are painted, in grid order."""
        drawn = lots(self.seed, acquisition_id, len(glances))
        return [
            number
            for number, glance in enumerate(glances)
            if drawn[number] < self.shares.get(stratum(glance), self.share)
        ]


def lots(seed: int, acquisition_id: str, count: int) -> NDArray[np.float64]:
    """A number from 0 to 1 for each tile of an image, shape (count,)."""
    return stream(seed, "sampled", acquisition_id).random(count)


def lots_by_stratum(
    seed: int, looked_at: Mapping[str, Sequence[Glance]]
) -> dict[Stratum, NDArray[np.float64]]:
    """The numbers of all tiles, sorted in each stratum."""
    found: dict[Stratum, list[float]] = {}
    for name, glances in looked_at.items():
        drawn = lots(seed, name, len(glances)).tolist()
        for glance, lot in zip(glances, drawn, strict=True):
            found.setdefault(stratum(glance), []).append(lot)
    return {where: np.sort(drawn) for where, drawn in found.items()}


def choose_members(
    seed: int,
    fraction: float,
    drawn_of: Mapping[Stratum, NDArray[np.float64]],
    threshold: float = 0.7,
) -> Membership:
    """Decide which share of each stratum is painted.

    Args:
        seed: Of the scenario.
        fraction: Of all tiles, at least; more of those whose figures spread most, fewer of the others.
        drawn_of: Numbers of the tiles that a flight is expected to take, sorted, by stratum.
        threshold: Cover from which on tiles are dropped.
    """
    count = sum(drawn.size for drawn in drawn_of.values())
    share = 1.0 if count <= FEWEST_TILES else max(fraction, FEWEST_TILES / count)
    weighed = sum(drawn.size * weight(where, threshold) for where, drawn in drawn_of.items())
    shares: dict[Stratum, float] = {}
    for where, drawn in drawn_of.items():
        least = 1.0
        if drawn.size > FEWEST_IN_STRATUM:  # below this number there are just so many
            least = float(drawn[FEWEST_IN_STRATUM])
        own = 1.0 if share >= 1.0 else share * weight(where, threshold) * count / weighed
        shares[where] = max(own, least)
    return Membership(seed, share, shares, threshold)


@dataclass(frozen=True, slots=True)
class Donor:
    """A tile that was painted."""

    glance: Glance
    facts: TileFacts


@dataclass
class Sampled:
    """What paints some tiles and draws the others: the darkroom of `fidelity: sampled`.

    Attributes:
        painter: Paints, masks and compresses.
        donors: Painted tiles, at least one.
        glanced: Glances of images that were looked at already, by acquisition id.
        donor_of: The donor of each tile that was drawn, by tile id.
        painted: Ids of tiles that were painted.
    """

    source: Glancing
    painter: TileDarkroom
    membership: Membership
    donors: Sequence[Donor]
    tile_px: int
    glanced: Mapping[str, Sequence[Glance]] = field(default_factory=dict[str, Sequence[Glance]])
    donor_of: dict[str, int] = field(default_factory=dict[str, int])
    painted: set[str] = field(default_factory=set[str])
    _near: dict[str, list[NDArray[np.intp] | None]] = field(
        init=False, default_factory=dict[str, list[NDArray[np.intp] | None]]
    )

    def __post_init__(self) -> None:
        self.weights = np.ones(len(self.donors))

    def likes(self, glance: Glance, count: int = LIKES) -> NDArray[np.intp]:
        """Numbers of the donors that a tile resembles most, of its own stratum if that has a few.

        In a stratum all were as likely to be painted; beside it others were, and would be too many.
        """
        numbers, among = self._by_stratum.get(stratum(glance), self._all)
        if numbers.size < FEWEST_LIKES:
            numbers, among = self._all
        return numbers[among.nearest(glance, count)]

    def balance(self) -> None:
        """Weigh donors so that all of a stratum speak for as many tiles: then sums are right in the mean.

        Without it those that stand alone, at the ends of what there is, would speak for more than others, and those are
        not like the others. Weights are found by proportional fitting over the tiles that were looked at.

        Source: Deming and Stephan (1940), Annals of Mathematical Statistics 11(4), 427-444.
        """
        own = [stratum(donor.glance) for donor in self.donors]
        rows: list[NDArray[np.intp]] = []
        drawn: Counter[Stratum] = Counter()
        for name, glances in self.glanced.items():
            members = set(self.membership.numbers(name, glances))
            near = [
                None if number in members else self.likes(glance)
                for number, glance in enumerate(glances)
            ]
            self._near[name] = near
            for found, glance in zip(near, glances, strict=True):
                if found is not None and own[found[0]] == (where := stratum(glance)):
                    rows.append(found)
                    drawn[where] += 1
        if not rows:
            return
        speakers = Counter(own)
        wanted = np.array([drawn[where] / speakers[where] for where in own])
        column = np.concatenate(rows)
        row = np.repeat(np.arange(len(rows)), [found.size for found in rows])
        for _ in range(_ROUNDS):
            weight = self.weights[column]
            share = weight / np.bincount(row, weight)[row]
            speaks = np.bincount(column, share, minlength=wanted.size)
            self.weights *= np.where(speaks > 0, wanted / np.maximum(speaks, 1e-12), 1.0)

    def spoken(
        self, donor_px: NDArray[np.float64], window_px: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """For how many tiles of its size each donor is expected to speak, and the sum of squares of sizes, (N,).

        Args:
            donor_px: [px] Of each donor, shape (N,).
            window_px: [px] Of each tile of an image, in grid order, shape (T,).
        """
        near, sizes = list[NDArray[np.intp]](), list[float]()
        for each in self._near.values():
            for found, pixels in zip(each, window_px.tolist(), strict=True):
                if found is not None:
                    near.append(found)
                    sizes.append(pixels)
        if not near:
            return np.zeros(donor_px.size), np.zeros(donor_px.size)
        column = np.concatenate(near)
        row = np.repeat(np.arange(len(near)), [found.size for found in near])
        weight = self.weights[column]
        chance = weight / np.maximum(np.bincount(row, weight)[row], 1e-300)
        size = np.array(sizes)[row] / donor_px[column]
        speaks = np.bincount(column, size * chance, minlength=donor_px.size)
        squares = np.bincount(column, size * size * chance, minlength=donor_px.size)
        return speaks.astype(np.float64), squares.astype(np.float64)

    def chances(self, near: NDArray[np.intp]) -> NDArray[np.float64]:
        """How likely each of these donors is to be drawn, shape (m,)."""
        weights = self.weights[near]
        total = weights.sum()
        return weights / total if total > 0 else np.full(near.size, 1 / near.size)

    @cached_property
    def _painted(self) -> dict[str, TileFacts]:
        return {donor.facts.tile_id: donor.facts for donor in self.donors}

    @cached_property
    def _all(self) -> tuple[NDArray[np.intp], Likeness]:
        return self._likeness(list(range(len(self.donors))))

    @cached_property
    def _by_stratum(self) -> dict[Stratum, tuple[NDArray[np.intp], Likeness]]:
        found: dict[Stratum, list[int]] = {}
        for number, donor in enumerate(self.donors):
            found.setdefault(stratum(donor.glance), []).append(number)
        return {where: self._likeness(numbers) for where, numbers in found.items()}

    def _likeness(self, numbers: list[int]) -> tuple[NDArray[np.intp], Likeness]:
        seen = [self.donors[number].glance for number in numbers]
        return np.array(numbers, np.intp), likeness(seen, step=COVER_STEP)

    def develop(
        self,
        acquisition: Acquisition,
        spool: Path | None,  # noqa: ARG002 - most tiles have no record, so none is kept
    ) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; there are no records."""
        sensor = acquisition.view.sensor
        windows = TileGrid(sensor.height_px, sensor.width_px, self.tile_px).windows
        glances = self.glanced.get(acquisition.id) or self.source.glance(acquisition.view, windows)
        members = self.membership.numbers(acquisition.id, glances)
        facts = {
            number: self._painted[tile_id]
            for number in members
            if (tile_id := acquisition.tile_ids[number]) in self._painted
        }
        missing = [number for number in members if number not in facts]
        facts.update(zip(missing, self.painter.develop_some(acquisition, missing), strict=True))
        self.painted.update(fact.tile_id for fact in facts.values())
        dice = stream(self.membership.seed, "sampled donor", acquisition.id).random(len(windows))
        known = self._near.get(acquisition.id)
        found: list[TileFacts] = []
        for number, (tile_id, window) in enumerate(zip(acquisition.tile_ids, windows, strict=True)):
            if number not in facts:
                near = known[number] if known else None
                near = self.likes(glances[number]) if near is None else near
                upto = np.cumsum(self.chances(near))
                chosen = int(near[min(int(np.searchsorted(upto, dice[number])), near.size - 1)])
                self.donor_of[tile_id] = chosen
                raw_bytes = acquisition.tile_raw_bytes[number]
                painted_bytes = raw_bytes - counted_bytes(sensor, window.pixels)
                drawn = like(self.donors[chosen], glances[number], window.pixels, painted_bytes)
                facts[number] = replace(drawn, tile_id=tile_id, raw_bytes=raw_bytes)
            found.append(facts[number])
        return tuple(found)


def like(donor: Donor, glance: Glance, pixels: int, raw_bytes: int) -> TileFacts:
    """The facts of a tile of so many pixels, and bytes of its painted bands, that is like a donor."""
    was = donor.facts
    size = pixels / was.pixels
    estimate = _said(donor, glance, size)
    encoded_bytes = _length(was.encoded_bytes, size, raw_bytes)
    small = was.thumbnail
    return replace(
        was,
        pixels=pixels,
        estimate=estimate,
        perfect=perfect(estimate),
        encoded_bytes=encoded_bytes,
        clear_part=_clear_part(was, estimate, size, (raw_bytes, encoded_bytes)),
        thumbnail=None
        if small is None
        else Thumbnail(
            max(1, round(small.pixels * size)), *[_length(small.bytes, size, small.bytes)] * 2
        ),
    )


def _length(was_bytes: int, size: float, most_bytes: int) -> int:
    """[byte] Of a record whose payload is so many times as long, but at most a length."""
    return min(HEADER_BYTES + round((was_bytes - HEADER_BYTES) * size), most_bytes)


def _said(donor: Donor, glance: Glance, size: float) -> CoverEstimate:
    """What the masker says of a tile that the donor is like, so many times as large.

    The same shares of cloud and of clear ground are called cloud, and probabilities stray as far from the mask.
    """
    was = donor.facts.estimate
    cloudy, clear = was.cloudy_px or 0, was.clear_px or 0
    known, valid_px = cloudy + clear, round(was.valid_px * size)
    known_px = round(known * size)
    off = cloudy / known - donor.glance.cover if known else 0.0
    cloudy_px = round(min(max(glance.cover + off, 0.0), 1.0) * known_px)
    clear_px = known_px - cloudy_px
    true_cloud_px = round((was.true_cloud_px or 0) / max(cloudy, 1) * cloudy_px)
    false_cloud_px = round((was.false_cloud_px or 0) / max(clear, 1) * clear_px)
    called_known = (was.true_cloud_px or 0) + (was.false_cloud_px or 0)
    unknown_cloud_px = round((was.cloud_px - called_known) * size)
    cloud_px = min(true_cloud_px + false_cloud_px + unknown_cloud_px, valid_px)
    expected = was.cloud_px if was.expected_cloud_px is None else was.expected_cloud_px
    return CoverEstimate(
        valid_px,
        cloud_px,
        true_cloud_px=true_cloud_px,
        missed_cloud_px=cloudy_px - true_cloud_px,
        false_cloud_px=false_cloud_px,
        true_clear_px=clear_px - false_cloud_px,
        expected_cloud_px=min(
            max(cloud_px + (expected - was.cloud_px) * size, 0.0), float(valid_px)
        ),
    )


def _clear_part(
    was: TileFacts, estimate: CoverEstimate, size: float, lengths: tuple[int, int]
) -> ClearPart | None:
    """A tile without its cloudy pixels: of its clear and cloudy ones the donor's shares are left out.

    Args:
        was: The donor's facts.
        estimate: Of the tile.
        size: How many times as large it is.
        lengths: [byte] Of its raw record, and of its record.
    """
    part = was.clear_part
    if part is None:
        return None
    raw_bytes, encoded_bytes = lengths
    gone = part.not_coded
    clear_px = _share(gone.clear_px, was.estimate.clear_px, estimate.clear_px)
    cloudy_px = _share(gone.cloudy_px, was.estimate.cloudy_px, estimate.cloudy_px)
    was_gone = (gone.clear_px or 0) + (gone.cloudy_px or 0)
    was_coded, coded = was.pixels - was_gone, was.pixels * size - clear_px - cloudy_px
    left_out_bytes = round(gone.bytes * (clear_px + cloudy_px) / max(was_gone, 1))
    if left_out_bytes <= 0:
        return None
    shrinks = coded / was_coded if was_coded else size
    most_bytes = max(HEADER_BYTES, min(encoded_bytes - 1, raw_bytes - left_out_bytes))
    left_out_bytes = min(left_out_bytes, raw_bytes - HEADER_BYTES)
    return ClearPart(
        _length(part.encoded_bytes, shrinks, most_bytes),
        NotCoded(left_out_bytes, clear_px, cloudy_px),
        part.encodings,
    )


def _share(gone_px: int | None, was_px: int | None, now_px: int | None) -> int:
    return round((gone_px or 0) / max(was_px or 0, 1) * (now_px or 0))
