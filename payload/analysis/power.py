"""Energy, refusals and missed deadlines of a flight, for its summary."""

import math
from collections import Counter
from typing import Any

from payload.ledger import Fate, FlightRecord, Late, PowerBalance
from payload.units import PX_PER_MPX

COMPUTER = "computer"
_DOINGS = {
    "imaging": ("image was not taken", "images were not taken"),
    "processing": ("pause in processing", "pauses in processing"),
    "transmitting": (
        "contact began late, paused or was not used",
        "contacts began late, paused or were not used",
    ),
}

Summary = dict[str, Any]


def energy_of(record: FlightRecord, clear_px: int | None, *, says_watts: bool) -> Summary:
    """[J] Energy by consumer: always that of computing, the others if there is a battery."""
    compute_j = _compute_j(record, says_watts=says_watts)
    drawn: Counter[str] = Counter()
    for balance in record.ledger.balances:
        drawn.update({name: joules for name, joules in balance.drawn_j.items() if name != COMPUTER})
    return {
        "compute": compute_j,
        "compute_per_clear_mpx": _per_clear_mpx(compute_j, clear_px),
        **dict(sorted(drawn.items())),
    }


def arm_energy(record: FlightRecord, clear_px: int | None, *, says_watts: bool) -> Summary:
    """The energy an arm used, in total and per clear megapixel delivered; None where unknown or undefined."""
    compute_j, used_j = _compute_j(record, says_watts=says_watts), _used_j(record)
    balances = record.ledger.balances
    return {
        "compute_j": compute_j,
        "compute_j_per_clear_mpx": _per_clear_mpx(compute_j, clear_px),
        "used_j": used_j,
        "used_j_per_clear_mpx": _per_clear_mpx(used_j, clear_px),
        "refused": sum(_refused(record).values()) if balances else None,
        "late_tiles": len(record.ledger.late),
    }


def _compute_j(record: FlightRecord, *, says_watts: bool) -> float | None:
    return record.ledger.spent_j(COMPUTER) if says_watts else None


def _used_j(record: FlightRecord) -> float | None:
    balances = record.ledger.balances
    return math.fsum(item.used_j for item in balances) if balances else None


def _per_clear_mpx(joules: float | None, clear_px: int | None) -> float | None:
    return None if joules is None or not clear_px else joules / (clear_px / PX_PER_MPX)


def _refused(record: FlightRecord) -> Counter[str]:
    refused: Counter[str] = Counter()
    for balance in record.ledger.balances:
        refused.update(balance.refused)
    return refused


def power_of(record: FlightRecord, clear_px: int | None) -> Summary | None:
    """The energy balance of the fleet; None if power was unlimited."""
    balances = record.ledger.balances
    if not balances:
        return None
    refused = _refused(record)
    hottest = [item.hottest_c for item in balances if item.hottest_c is not None]
    used_j = _used_j(record)
    return {
        "harvested_j": _sum(balances, "harvested_j"),
        "used_j": used_j,
        "used_j_per_clear_mpx": _per_clear_mpx(used_j, clear_px),
        "lost_j": _sum(balances, "lost_j"),
        "spilled_j": _sum(balances, "spilled_j"),
        "unserved_j": _sum(balances, "unserved_j"),
        "stored_j": _sum(balances, "end_j") - _sum(balances, "start_j"),
        "lowest_charge": min(item.lowest_j / item.capacity_j for item in balances),
        "refused": sum(refused.values()),
        "refused_imaging": refused["imaging"],
        "refused_processing": refused["processing"],
        "refused_transmitting": refused["transmitting"],
        "waited_s": math.fsum(wait for item in balances for wait in item.waited_s.values()),
        "throttled_s": _sum(balances, "throttled_s"),
        "hottest_c": max(hottest) if hottest else None,
    }


def _sum(balances: list[PowerBalance], name: str) -> float:
    return math.fsum(getattr(item, name) for item in balances)


def power_notes(record: FlightRecord) -> list[str]:
    """What was refused, and whether the battery was ever empty, in sentences."""
    if not record.ledger.balances:
        return []
    notes = []
    for activity, count in sorted(_refused(record).items()):
        one, many = _DOINGS[activity]
        notes.append(f"power: {count:,} {one if count == 1 else many} at low charge or high heat")
    unserved_j = _sum(record.ledger.balances, "unserved_j")
    if unserved_j:
        notes.append(
            f"power: the battery was empty; {unserved_j:,.0f} J were demanded but not supplied"
        )
    return notes


def late_of(record: FlightRecord) -> Summary:
    """Tiles that missed their deadline, by what happened to them."""
    late = record.ledger.late
    delivered = set(record.ledger.tiles_with(Fate.DELIVERED)) if late else set[str]()
    by = Counter(item.late for item in late)
    return {
        "tiles": len(late),
        **{str(kind): by[kind] for kind in Late},
        "delivered_unmasked": sum(
            item.late is Late.SENT_UNMASKED and item.tile_id in delivered for item in late
        ),
        "dropped_bytes": sum(item.raw_bytes for item in late if item.late is Late.DROPPED),
    }


def late_notes(record: FlightRecord) -> list[str]:
    """What happened to tiles that the processor had no time for, in a sentence."""
    late = late_of(record)
    if not late["tiles"]:
        return []
    sentence = (
        f"deadline: of {late['tiles']:,} tiles that the processor had no time for, "
        f"{late['sent_unmasked']:,} were sent unmasked, {late['dropped']:,} dropped and "
        f"{late['kept']:,} kept and masked late"
    )
    return [sentence]
