"""The summary of a run, documented in results/README.md and read by programs. Integers stay integers; there is no NaN."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np

from payload.analysis.power import (
    arm_energy,
    energy_of,
    late_notes,
    late_of,
    power_notes,
    power_of,
)
from payload.analysis.prices import FIGURES as COSTS
from payload.analysis.prices import Priced, costs_of, prices_part
from payload.analysis.requests import Wanted, requests_of
from payload.analysis.tally import Shot, Tallies, shots_of, tally_tiles
from payload.analysis.way_up import thumbnail_notes, thumbnails_of, upload_notes, uploads_of
from payload.ledger import Fate, FlightRecord
from payload.scenario.faults import FaultKind
from payload.scenario.prices import PricesModel
from payload.targets import is_clear_enough
from payload.types import CoverEstimate, Target

SCHEMA_VERSION = 2
ARM_NAMES = ("raw", "compressed", "discard", "prune", "mask", "oracle")
OWN_ARM = "prune"

Summary = dict[str, Any]


@dataclass(frozen=True)
class Flown:
    """All the inputs of a summary.

    Attributes:
        name: Of the scenario.
        digest: Of the scenario.
        seed: Of the scenario.
        duration_s: [s] Length of the flight.
        records: Flights by arm; the scenario's own is `prune`.
        estimates: The estimate of the scenario's masker for every tile taken in any flight, by tile id.
        targets: Number of targets requested.
        out_of_reach: Those of them that no satellite could image in daylight and in time.
        raw_bytes_per_px: [byte] Bands times bit depth.
        counted_bands: How many of those bands are counted but not painted.
        clear_limit: A target counts as delivered clear if at least the share 1 - clear_limit of the pixels of a single
            image of it came down clear.
        masker: Model, digest and number of parameters.
        surrogate: What replaced masker and codec, see `fidelity`; None if pixels were processed.
        says_watts: Whether the processor's profile states its power draw.
        assumptions: What is assumed about its speed, in sentences.
        wanted: Point targets and shots of areas; empty if not given.
        policy: Who learns of clouds, and when.
        prices: What contacts, data and energy cost; None if the scenario has no prices.
        km2_per_px: [km2] Area of a pixel at nadir.
    """

    name: str
    digest: str
    seed: int
    duration_s: float
    records: Mapping[str, FlightRecord]
    estimates: Mapping[str, CoverEstimate]
    targets: int
    raw_bytes_per_px: float
    clear_limit: float
    masker: Mapping[str, str | int | None]
    scores: Mapping[str, float | None]
    surrogate: Summary | None = None
    counted_bands: float = 0.0
    says_watts: bool = True
    assumptions: Sequence[str] = ()
    wanted: Sequence[Target] = ()
    out_of_reach: Collection[str] = ()
    policy: str = "none"
    prices: PricesModel | None = None
    km2_per_px: float = 0.0

    @cached_property
    def has_truth(self) -> bool:
        """Whether truth is known for every tile; if not, no pixel counts are given."""
        return all(estimate.clear_px is not None for estimate in self.estimates.values())


def summarise(flown: Flown) -> Summary:
    """The contents of `summary.json`, keys in their documented order."""
    own = flown.records[OWN_ARM]
    tallies, shots = tally_tiles(own, flown.estimates), shots_of(own, flown.estimates)
    fates = own.ledger.bytes_by_fate()
    arms = [_arm(name, flown, tallies if name == OWN_ARM else None) for name in ARM_NAMES]
    raw = arms[0]
    clear_px = tallies[Fate.DELIVERED].clear_px if flown.has_truth else None
    for arm in arms:
        arm["saved_fraction"] = _saved_fraction(arm, raw)
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": flown.name,
        "digest": flown.digest,
        "seed": flown.seed,
        "duration_s": flown.duration_s,
        "bytes": {
            "acquired": own.ledger.acquired_bytes(),
            **{
                str(fate): fates[fate]
                for fate in (Fate.PRUNED, Fate.SAVED, Fate.OVERFLOWED, Fate.LOST, Fate.ON_BOARD)
            },
            "delivered": fates[Fate.DELIVERED],
        },
        "tiles": {
            "acquired": len(own.ledger.acquired),
            **{
                str(fate): tallies[fate].tiles
                for fate in (Fate.PRUNED, Fate.DELIVERED, Fate.OVERFLOWED, Fate.LOST, Fate.ON_BOARD)
            },
        },
        "pixels": _pixels(flown, tallies),
        "link": _link(own),
        "masker": {**flown.masker, **flown.scores},
        "latency_s": _latency(own, shots),
        "targets": _targets(flown, shots),
        "energy_j": energy_of(own, clear_px, says_watts=flown.says_watts),
        "arms": arms,
        "notes": _notes(flown, own, tallies),
        "surrogate": flown.surrogate,
        "sampled": None,
        "fetched": _fetched(flown, own),
        "faults": faults_of(own),
        "power": power_of(own, clear_px),
        "late": late_of(own),
        "uploads": uploads_of(own),
        "requests": None
        if not flown.wanted
        else requests_of(
            own,
            Wanted(flown.wanted, flown.clear_limit, flown.estimates, flown.out_of_reach),
            flown.policy,
        ),
    } | _prices(flown, arms)


def _prices(flown: Flown, arms: Sequence[Summary]) -> Summary:
    if flown.prices is None:
        return {}
    own = next(arm for arm in arms if arm["name"] == OWN_ARM)
    return {"prices": prices_part(flown.prices, own)}


def _pixels(flown: Flown, tallies: Tallies) -> Summary:
    found = {
        "clear_acquired": tallies.clear_px,
        "cloud_acquired": tallies.cloudy_px,
        "clear_delivered": tallies[Fate.DELIVERED].clear_px,
        "cloud_delivered": tallies[Fate.DELIVERED].cloudy_px,
        "clear_discarded": tallies[Fate.PRUNED].clear_px,
    }
    return found if flown.has_truth else dict.fromkeys(found)


def _clear(flown: Flown, tile_ids: Iterable[str]) -> int | None:
    if not flown.has_truth:
        return None
    return sum(flown.estimates[item].clear_px or 0 for item in tile_ids)


def _clear_left_out(record: FlightRecord) -> dict[str, int]:
    """[px] Pixels of kept tiles that are clear by truth but were not coded, by tile id."""
    return {
        outcome.tile_id: outcome.not_coded.clear_px or 0
        for image in record.images
        for outcome in image.outcomes
        if outcome.not_coded is not None
    }


def _link(record: FlightRecord) -> Summary:
    return {
        "contacts": len(record.contacts),
        "contact_s": sum(log.window.duration_s for log in record.contacts),
        "capacity_bytes": sum(log.capacity_bytes for log in record.contacts),
        "used_bytes": sum(log.used_bytes for log in record.contacts),
        "saturated": is_saturated(record),
        "missed": sum(log.is_missed for log in record.contacts),
    }


def is_saturated(record: FlightRecord) -> bool:
    """Whether the link was the bottleneck: more than half of the contacts that could carry data ended with some still waiting."""
    served = [log for log in record.contacts if log.capacity_bytes]
    return sum(log.left_waiting for log in served) * 2 > len(served)


def _fetched(flown: Flown, record: FlightRecord) -> Summary:
    """Pruned tiles that the ground asked for: how much of them came down, and how many clear pixels that rescued."""
    delivered = [tile_id for tile_id in record.fetched if tile_id in record.delivered_s]
    wanted = set(delivered)
    return {
        "asked": len(record.fetched),
        "delivered": len(delivered),
        "bytes": sum(
            count_bytes
            for _, tile_id, fate, count_bytes in (record.ledger.entries.rows() if wanted else ())
            if fate is Fate.DELIVERED and tile_id in wanted
        ),
        "clear_pixels": _clear(flown, delivered),
        **thumbnails_of(record),
    }


def faults_of(record: FlightRecord) -> dict[str, int]:
    """How often each kind of fault occurred in a flight."""
    found = Counter(event.subject for event in record.events if event.kind == "fault")
    return {kind: found[kind] for kind in get_args(FaultKind)}


def _latency(record: FlightRecord, shots: Iterable[Shot]) -> Summary:
    taken_s = {shot.image: shot.time_s for shot in shots}
    waits = [
        delivered_s - taken_s[tile_id.rpartition("#")[0]]
        for tile_id, delivered_s in record.delivered_s.items()
    ]
    if not waits:
        return {"p50": None, "p90": None, "max": None}
    p50, p90 = np.quantile(np.array(waits), [0.5, 0.9])
    return {"p50": float(p50), "p90": float(p90), "max": max(waits)}


def _targets(flown: Flown, shots: Sequence[Shot]) -> Summary:
    clear = _clear_targets(flown, shots) if flown.has_truth or not shots else None
    return {
        "requested": flown.targets,
        "acquired": len({shot.target for shot in shots}),
        "reacquired": len({shot.target for shot in shots if shot.is_retake}),
        "clear_delivered": None if clear is None else len(clear),
        "out_of_reach": len(flown.out_of_reach),
    }


def _clear_targets(flown: Flown, shots: Iterable[Shot]) -> set[str]:
    limits = {target.name: target.max_cloud_cover for target in flown.wanted}
    clear: set[str] = set()
    for shot in shots:
        own = limits.get(shot.target)
        limit = flown.clear_limit if own is None else own
        have_px = shot.clear_down_px
        if have_px and is_clear_enough(limit, clear_px=have_px, pixels=shot.valid_px):
            clear.add(shot.target)
    return clear


def _arm(name: str, flown: Flown, tallies: Tallies | None = None) -> Summary:
    """The figures of an arm; its tiles are tallied here unless tallies are given."""
    arm: Summary = {
        "name": name,
        "downlinked_bytes": None,
        "waiting_bytes": None,
        "clear_pixels_delivered": None,
        "data_value_density": None,
        "saved_fraction": None,
        "acquired_bytes": None,
        "overflowed_bytes": None,
        "lost_bytes": None,
        "clear_pixels_discarded": None,
        "images": None,
        "used_bytes": None,
        "link_saturated": None,
        "compute_j": None,
        "compute_j_per_clear_mpx": None,
        "used_j": None,
        "used_j_per_clear_mpx": None,
        "refused": None,
        "late_tiles": None,
        "report_bytes": None,
    }
    if flown.prices is not None:
        arm |= dict.fromkeys(COSTS)
    record = flown.records.get(name)
    if record is None:
        return arm
    books = record.ledger
    report_bytes = books.report_bytes(Fate.DELIVERED)
    fates = books.bytes_by_fate()
    downlinked = fates[Fate.DELIVERED] + report_bytes
    clear_px: int | None = None
    discarded_px: int | None = None
    if flown.has_truth:
        tallies = tallies or tally_tiles(record, flown.estimates)
        left_out_px = _clear_left_out(record) if tallies.leaves_out else {}
        clear_px = tallies[Fate.DELIVERED].clear_px
        clear_px -= sum(left_out_px.get(tile_id, 0) for tile_id in record.delivered_s)
        discarded_px = tallies[Fate.PRUNED].clear_px + sum(left_out_px.values())
    dense = clear_px is not None and downlinked
    arm |= {
        "downlinked_bytes": downlinked,
        "waiting_bytes": fates[Fate.ON_BOARD],
        "clear_pixels_delivered": clear_px,
        "data_value_density": (clear_px or 0) * flown.raw_bytes_per_px / downlinked
        if dense
        else None,
        "acquired_bytes": books.acquired_bytes(),
        "overflowed_bytes": fates[Fate.OVERFLOWED],
        "lost_bytes": fates[Fate.LOST],
        "clear_pixels_discarded": discarded_px,
        "images": len(record.images),
        "used_bytes": sum(log.used_bytes for log in record.contacts),
        "link_saturated": is_saturated(record),
        "report_bytes": report_bytes,
        **arm_energy(record, clear_px, says_watts=flown.says_watts),
    }
    if flown.prices is not None:
        bytes_per_px = flown.raw_bytes_per_px
        priced = Priced(flown.prices, flown.km2_per_px, bytes_per_px, flown.says_watts)
        arm |= costs_of(record, clear_px, priced)
    return arm


def _saved_fraction(arm: Summary, raw: Summary) -> float | None:
    """1 - downlinked / downlinked by raw; None if either has data waiting: backlog does not count as saved."""
    if arm["downlinked_bytes"] is None or raw["downlinked_bytes"] is None:
        return None
    if arm["waiting_bytes"] or raw["waiting_bytes"] or not raw["downlinked_bytes"]:
        return None
    return float(1 - arm["downlinked_bytes"] / raw["downlinked_bytes"])


def _notes(flown: Flown, record: FlightRecord, tallies: Tallies) -> Sequence[str]:
    notes: list[str] = []
    if not flown.targets:
        notes.append("no target was requested")
    elif len(flown.out_of_reach) == flown.targets:
        notes.append("no target could be seen in daylight within the off-nadir limit")
    elif not record.images:
        notes.append("no image was taken, though not all targets were out of reach")
    if 0 < len(flown.out_of_reach) < flown.targets:
        notes.append(_out_of_reach_words(flown))
    if record.images and not any(item.valid_px for item in flown.estimates.values()):
        notes.append("no pixel of any image had data")
    if not record.contacts:
        notes.append("there was no contact with any station: nothing came down")
    elif not any(contact.capacity_bytes for contact in record.contacts):
        notes.append("the link could carry nothing in any contact: nothing came down")
    overflowed = tallies[Fate.OVERFLOWED].tiles
    if overflowed and overflowed == len(record.ledger.acquired):
        notes.append("the memory is smaller than one raw tile: everything overflowed")
    faults = {kind: count for kind, count in faults_of(record).items() if count}
    if faults:
        told = ", ".join(f"{kind} {count} x" for kind, count in faults.items())
        notes.append(f"faults occurred: {told}; see the events for times")
    if record.images and "oracle" not in flown.records:
        notes.append(
            "some pixels have no truth: the oracle was not flown, pixel counts are unknown"
        )
    if record.images and flown.counted_bands:
        notes.append(counted_words(flown.counted_bands))
    notes += flown.assumptions
    if not flown.says_watts:
        notes.append("the compute profile states no power: the energy of computing is unknown")
    notes += thumbnail_notes(record, is_drawn=flown.surrogate is not None)
    return notes + power_notes(record) + late_notes(record) + upload_notes(record)


def _out_of_reach_words(flown: Flown) -> str:
    """How many targets no satellite could image, in the words of a plan; mentions shots of areas if there are any."""
    count, of_areas = len(flown.out_of_reach), any(each.coverage for each in flown.wanted)
    what = "targets (including shots of areas)" if of_areas else "targets"
    return f"{count:,} of {flown.targets:,} {what} {'is' if count == 1 else 'are'} never within reach in daylight and in time"


def counted_words(bands: float) -> str:
    """What a report says about bands that are counted but not painted."""
    return (
        f"{bands:g} bands besides blue, green, red and near infrared are not rendered, but counted at the bits per "
        "sample of the rendered ones"
    )
