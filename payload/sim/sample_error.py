"""How far a sampled flight may be off: by how much donors differ from those that are like them.

A total over tiles that took their figures from donors strays from the truth for two reasons: a donor, which
speaks for many, is not the mean of its likes, and each tile is itself not like its donor. Both are told by
the donors' own residuals: what a donor weighs less the mean of its nearest donors without it. With K the
number of tiles that a donor speaks for, each as many times as large as it, and r its residual, the variance
of the total is the sum of (K^2 + sum of squares of those sizes) r^2 / (1 + 1/m), where m likes were averaged.

Where the link is full, more bytes a tile are fewer tiles: clear ground that comes down strays as clear
ground a byte does. A link is full at times, so of both the wider is told.

Source: variance under nearest-neighbour imputation, Abadie and Imbens (2006), Econometrica 74(1), 235-267,
theorem 7; Chen and Shao (2000), Journal of Official Statistics 16(2), 113-131.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from payload.ledger import FlightRecord
from payload.pruning import decide
from payload.sim.arms import Arm, ArmName, make_arm
from payload.sim.assemble import Assembly
from payload.sim.counted import with_counted
from payload.sim.facts import TileFacts
from payload.sim.memo import Memo
from payload.sim.sampled import LIKES, Sampled, stratum

Z_95 = 1.96
"""Standard deviations to either side that hold 95 % of a normal distribution."""


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
    """Donors, and what is alike among them: figures and neighbours.

    Attributes:
        facts: Of each, all bands counted.
        pixels: [px] Of each, shape (N,).
        near: Numbers of the nearest others, shape (N, m).
    """

    facts: list[TileFacts]
    pixels: NDArray[np.float64]
    near: NDArray[np.intp]

    def residuals(self, figure: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each has beyond its likes, in their size, as spread as a single one is; shape (N,)."""
        likes = (figure / self.pixels)[self.near].mean(axis=1) * self.pixels
        found: NDArray[np.float64] = (figure - likes) / (1 + 1 / self.near.shape[1]) ** 0.5
        return found


def sample_errors(
    assembly: Assembly, darkroom: Sampled, memo: Memo, records: Mapping[str, FlightRecord]
) -> dict[str, SampleError]:
    """Half-widths of the intervals of each flight that used what was drawn, by arm; none where all was painted."""
    if len(darkroom.donors) < 2:
        return {}
    donors = _donors(assembly, darkroom)
    found: dict[str, SampleError] = {}
    for name, record in records.items():
        arm = make_arm(cast(ArmName, record.arm), assembly.scenario.pruning)
        if arm.compresses:
            found[name] = _error(arm, record, donors, darkroom, memo)
    return found


def expected_error(assembly: Assembly, darkroom: Sampled) -> float:
    """Half of the 95 % interval of what the scenario's own arm keeps of all that was looked at, over that.

    The wider one of bytes and clear pixels; 0 where nothing is kept.
    """
    if len(darkroom.donors) < 2:
        return 0.0
    donors = _donors(assembly, darkroom)
    arm = make_arm("prune", assembly.scenario.pruning)
    own = [stratum(donor.glance) for donor in darkroom.donors]
    sampled = Counter(own)
    all_tiles = Counter(stratum(item) for each in darkroom.glanced.values() for item in each)
    speaks = np.array([all_tiles[where] / sampled[where] for where in own])
    many = np.maximum(speaks - 1.0, 0.0) * speaks  # those that are painted are known
    found = 0.0
    for figure in np.array([_told(arm, fact) for fact in donors.facts], np.float64).T:
        off = donors.residuals(figure)
        total = float((speaks * figure).sum())
        found = max(found, Z_95 * float((many * off * off).sum()) ** 0.5 / max(total, 1.0))
    return found


def _donors(assembly: Assembly, darkroom: Sampled) -> Donors:
    facts = [with_counted(assembly.sensor, donor.facts) for donor in darkroom.donors]
    count = min(LIKES, len(facts) - 1)
    near = []
    for number, donor in enumerate(darkroom.donors):
        likes = darkroom.likeness.nearest(donor.glance, count + 1)
        near.append(likes[likes != number][:count])
    return Donors(facts, np.array([fact.pixels for fact in facts], np.float64), np.array(near))


def _error(
    arm: Arm, record: FlightRecord, donors: Donors, darkroom: Sampled, memo: Memo
) -> SampleError:
    speaks, squares = np.zeros(len(donors.facts)), np.zeros(len(donors.facts))
    total = np.zeros(2)
    down = record.delivered_s
    kept = [[item.tile_id for item in image.outcomes if item.is_kept] for image in record.images]
    all_kept = sum(map(len, kept))
    share_of_all = len(down) / all_kept if all_kept else 0.0
    for image, names in zip(record.images, kept, strict=True):
        share = sum(name in down for name in names) / len(names) if names else share_of_all
        if not names and arm.policy.unit == "image":
            share = 0.0
        facts = {fact.tile_id: fact for fact in memo.facts_of[image.acquisition.id]}
        for name in (item.tile_id for item in image.outcomes):
            if name in down:
                total += _told(arm, facts[name])
            donor = darkroom.donor_of.get(name)
            if donor is not None:
                size = share * facts[name].pixels / donors.pixels[donor]
                speaks[donor] += size
                squares[donor] += size * size
    weighs = np.array([_told(arm, fact) for fact in donors.facts]).T
    off_bytes, off_px = (donors.residuals(figure) for figure in weighs)
    many = speaks * speaks + squares
    sent, clear_px = (max(float(value), 1.0) for value in total)
    off_rate = off_px / clear_px - off_bytes / sent
    bytes_, px, rate = (
        Z_95 * float((many * off * off).sum()) ** 0.5 for off in (off_bytes, off_px, off_rate)
    )
    return SampleError(bytes_, max(px, clear_px * rate))


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
