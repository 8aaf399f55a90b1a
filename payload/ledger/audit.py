"""The laws of conservation. A broken one is a bug of the program, never a warning."""

import math
from collections import defaultdict
from collections.abc import Sequence

from payload.errors import LawError
from payload.ledger.book import ENDS, Entry, Fate, Late, Ledger, ReportEntry, TileEntry

JOULE_TOLERANCE = 1e-9


def audit(ledger: Ledger) -> None:
    """Check the books against each other.

    Laws: every tile is acquired once and ends once; its raw bytes are wholly pruned, or split between
    saved and one end, and pruned as far as its holder tells of pixels that were not coded; what the end
    received is what was held; joules spent are joules metered. Where there
    is a battery: joules given are joules used, lost, spilled and stored, and each consumer has drawn from
    it what it spent. A tile misses its deadline once, and ends as what became of it says.
    A thumbnail belongs to one tile, stands in no account of that tile, ends once, and is then as long as it was
    made. So do reports.

    Raises:
        LawError: The first law that is broken, with the tile and the figures.
    """
    raw = _acquired(ledger)
    fates = _fates(ledger, raw)
    held = _held(ledger, raw)
    for tile_id, raw_bytes in raw.items():
        _audit_tile(tile_id, raw_bytes, fates.get(tile_id, {}), held.get(tile_id))
    _audit_joules(ledger)
    _audit_balances(ledger)
    _audit_late(ledger, raw, fates)
    _audit_thumbnails(ledger, raw)
    _audit_reports(ledger.reports_made, ledger.reports)
    _audit_reports(ledger.cover_reports_made, ledger.cover_reports)


def _acquired(ledger: Ledger) -> dict[str, int]:
    raw: dict[str, int] = {}
    for item in ledger.acquired:
        if item.tile_id in raw:
            raise LawError(f"tile {item.tile_id} was acquired twice")
        if type(item.raw_bytes) is not int or item.raw_bytes <= 0:
            raise LawError(
                f"tile {item.tile_id} has {item.raw_bytes!r} raw bytes; a positive int is wanted"
            )
        raw[item.tile_id] = item.raw_bytes
    return raw


def _fates(ledger: Ledger, raw: dict[str, int]) -> dict[str, dict[Fate, int]]:
    fates: defaultdict[str, dict[Fate, int]] = defaultdict(dict)
    for entry in ledger.entries:
        _audit_entry(entry, raw)
        if entry.fate in fates[entry.tile_id]:
            raise LawError(f"tile {entry.tile_id} is booked twice as {entry.fate}")
        fates[entry.tile_id][entry.fate] = entry.bytes
    return fates


def _audit_entry(entry: Entry, raw: dict[str, int]) -> None:
    if entry.tile_id not in raw:
        raise LawError(f"tile {entry.tile_id} is booked as {entry.fate} but was never acquired")
    if type(entry.bytes) is not int or entry.bytes <= 0:
        raise LawError(
            f"tile {entry.tile_id}: {entry.bytes!r} bytes {entry.fate}; a positive int is wanted"
        )


def _held(ledger: Ledger, raw: dict[str, int]) -> dict[str, TileEntry]:
    held: dict[str, TileEntry] = {}
    for tile in ledger.tiles:
        if tile.tile_id in held:
            raise LawError(f"tile {tile.tile_id} ended twice")
        if tile.tile_id not in raw:
            raise LawError(f"tile {tile.tile_id} ended as {tile.end} but was never acquired")
        held[tile.tile_id] = tile
    return held


def _audit_tile(
    tile_id: str, raw_bytes: int, fates: dict[Fate, int], held: TileEntry | None
) -> None:
    booked = sum(fates.values())
    if booked != raw_bytes:
        raise LawError(f"tile {tile_id}: {raw_bytes} bytes were acquired but {booked} are booked")
    if held is None:
        raise LawError(f"tile {tile_id} never ended")
    end, held_bytes = held.end, held.held_bytes
    ends = ENDS & fates.keys()
    if end is Fate.PRUNED:
        if fates.keys() != {Fate.PRUNED} or held_bytes or held.left_out_bytes:
            raise LawError(
                f"tile {tile_id} was pruned but is booked as {_say(fates)}, {held_bytes} bytes held"
            )
    elif ends != {end}:
        raise LawError(f"tile {tile_id} ended as {end} but is booked as {_say(fates)}")
    elif fates.get(Fate.PRUNED, 0) != held.left_out_bytes:
        raise LawError(
            f"tile {tile_id} ended as {end}, {held.left_out_bytes} bytes of its pixels not coded, but is "
            f"booked as {_say(fates)}"
        )
    elif fates[end] != held_bytes:
        raise LawError(
            f"tile {tile_id}: {held_bytes} bytes were held, {fates[end]} are booked as {end}"
        )


def _say(fates: dict[Fate, int]) -> str:
    return ", ".join(f"{fate} {count}" for fate, count in sorted(fates.items()))


def _audit_joules(ledger: Ledger) -> None:
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for entry in ledger.joules:
        if not (math.isfinite(entry.joules) and entry.joules >= 0):
            raise LawError(f"{entry.consumer} spent {entry.joules!r} J on {entry.subject}")
        spent[entry.consumer].append(entry.joules)
    for consumer in sorted(spent.keys() | ledger.metered_j.keys()):
        total, metered = math.fsum(spent[consumer]), ledger.metered_j.get(consumer, 0.0)
        if abs(total - metered) > JOULE_TOLERANCE * max(total, metered):
            raise LawError(f"{consumer} spent {total!r} J but its meter shows {metered!r} J")


def _audit_balances(ledger: Ledger) -> None:
    """Joules in are joules used, plus the change of charge, plus losses."""
    drawn: defaultdict[str, list[float]] = defaultdict(list)
    fleet_j = 0.0
    for item in ledger.balances:
        wanted = math.fsum(item.drawn_j.values())
        turnover = item.harvested_j + wanted + item.start_j
        fleet_j += turnover
        gone = (item.used_j, item.end_j - item.start_j, item.lost_j, item.spilled_j)
        if abs(item.harvested_j - math.fsum(gone)) > JOULE_TOLERANCE * turnover:
            raise LawError(
                f"{item.satellite}: the array gave {item.harvested_j!r} J, but {math.fsum(gone)!r} J "
                "were used, stored, lost or spilled"
            )
        if abs(wanted - item.used_j - item.unserved_j) > JOULE_TOLERANCE * turnover:
            raise LawError(
                f"{item.satellite}: {wanted!r} J were drawn, but {item.used_j!r} J used and "
                f"{item.unserved_j!r} J not served"
            )
        for consumer, joules in item.drawn_j.items():
            drawn[consumer].append(joules)
    if not ledger.balances:
        return
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for entry in ledger.joules:
        spent[entry.consumer].append(entry.joules)
    for consumer in sorted(spent.keys() | drawn.keys()):
        booked, had = math.fsum(spent[consumer]), math.fsum(drawn[consumer])
        if abs(booked - had) > JOULE_TOLERANCE * fleet_j:
            raise LawError(f"{consumer} spent {booked!r} J but drew {had!r} J from the batteries")


def _audit_late(ledger: Ledger, raw: dict[str, int], fates: dict[str, dict[Fate, int]]) -> None:
    seen: set[str] = set()
    for item in ledger.late:
        if item.tile_id in seen:
            raise LawError(f"tile {item.tile_id} missed its deadline twice")
        seen.add(item.tile_id)
        if raw.get(item.tile_id) != item.raw_bytes:
            raise LawError(f"tile {item.tile_id} was late with {item.raw_bytes} bytes it never had")
        pruned = Fate.PRUNED in fates.get(item.tile_id, {})
        if (item.late is Late.DROPPED and not pruned) or (
            item.late is Late.SENT_UNMASKED and pruned
        ):
            raise LawError(f"tile {item.tile_id} was late and {item.late}, but not booked so")


def _audit_thumbnails(ledger: Ledger, raw: dict[str, int]) -> None:
    made: dict[str, int] = {}
    for item in ledger.thumbnails_made:
        if item.tile_id not in raw or item.tile_id in made:
            raise LawError(f"the thumbnail of {item.tile_id} was made twice, or of no tile")
        if type(item.bytes) is not int or item.bytes <= 0:
            raise LawError(
                f"the thumbnail of {item.tile_id} has {item.bytes!r} bytes; a positive int is wanted"
            )
        made[item.tile_id] = item.bytes
    for entry in ledger.thumbnails:
        if entry.end is Fate.SAVED:
            raise LawError(f"the thumbnail of {entry.tile_id} ended as {entry.end}")
        made_bytes = made.pop(entry.tile_id, None)
        if made_bytes is None:
            raise LawError(f"the thumbnail of {entry.tile_id} ended twice, or was never made")
        if made_bytes != entry.held_bytes:
            raise LawError(
                f"the thumbnail of {entry.tile_id}: {made_bytes} bytes were made, {entry.held_bytes} "
                f"ended as {entry.end}"
            )
    if made:
        raise LawError(f"the thumbnail of {next(iter(made))} never ended")


def _audit_reports(starts: Sequence[ReportEntry], ends: Sequence[ReportEntry]) -> None:
    made: dict[str, int] = {}
    for item in starts:
        if item.report_id in made or type(item.bytes) is not int or item.bytes <= 0:
            raise LawError(
                f"the report {item.report_id} was made twice, or of {item.bytes!r} bytes"
            )
        made[item.report_id] = item.bytes
    for entry in ends:
        if made.pop(entry.report_id, None) != entry.bytes:
            raise LawError(
                f"the report {entry.report_id} of {entry.bytes} bytes ended twice, or was never made so"
            )
    if made:
        raise LawError(f"the report {next(iter(made))} never ended")
