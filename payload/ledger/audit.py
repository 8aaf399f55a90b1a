"""The conservation laws of the ledger. A violation is a bug in the program, never a warning."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from payload.errors import LawError
from payload.ledger.book import (
    PRUNED,
    SAVED,
    Late,
    LateEntry,
    Ledger,
    ThumbnailEntry,
    ThumbnailMade,
)
from payload.ledger.pages import Row

JOULE_TOLERANCE = 1e-9
PART_TILES = 200_000
"""Approximate number of tiles audited at a time."""
_NOTHING: Row = (0.0, "", None, 0)
"""Stands for a row that does not exist."""


@dataclass(frozen=True, slots=True)
class _Fates:
    """For each tile, at most one row each for pruned bytes, saved bytes and its end, as they stand in the book."""

    pruned: dict[str, Row]
    saved: dict[str, Row]
    ended: dict[str, Row]


def audit(ledger: Ledger) -> None:
    """Check the books against each other.

    Laws: every tile is acquired once and ends once; its raw bytes are either all pruned, or divided between saved, one
    end, and pruned for those pixels that its holder states were not coded; the bytes booked under its end are those that
    were held; joules spent equal joules metered. With a battery, joules harvested equal those used, lost, spilled and
    stored, and each consumer has drawn from it what it spent. A tile misses its deadline at most once, and its fate
    agrees with what became of it. A thumbnail belongs to one tile, is part of no account of that tile, ends once, and
    then has the length with which it was made. The same holds for reports, which belong to no tile.

    Raises:
        LawError: The first violated law, with the tile and the figures.
    """
    parts = 1 + len(ledger.acquired) // PART_TILES
    for part in range(parts):
        books = _Share(part, parts)
        raw = _acquired(books.of(ledger.acquired.rows(), 1))
        fates = _fates(books.of(ledger.entries.rows(), 1), raw)
        held = _held(books.of(ledger.tiles.rows(), 0), raw)
        for tile_id, raw_bytes in raw.items():
            _audit_tile(tile_id, raw_bytes, fates, held.get(tile_id))
        _audit_late(books.of(ledger.late.rows(), 1), raw, fates)
        _audit_thumbnails(
            books.of(ledger.thumbnails_made.rows(), 1), books.of(ledger.thumbnails.rows(), 1), raw
        )
    _audit_joules(ledger)
    _audit_balances(ledger)
    _audit_reports(ledger.reports_made.rows(), ledger.reports.rows())
    _audit_reports(ledger.cover_reports_made.rows(), ledger.cover_reports.rows())


@dataclass(frozen=True, slots=True)
class _Share:
    """One part of all tiles: they are audited part by part, so that memory does not grow with the flight."""

    part: int
    parts: int

    def of(self, rows: Iterable[Row], tile: int) -> Iterable[Row]:
        """The rows whose tile, given in column `tile`, belongs to this part."""
        if self.parts == 1:
            return rows
        return (row for row in rows if hash(row[tile]) % self.parts == self.part)


def _acquired(rows: Iterable[Row]) -> dict[str, int]:
    raw: dict[str, int] = {}
    for _, tile_id, raw_bytes in rows:
        if tile_id in raw:
            raise LawError(f"tile {tile_id} was acquired twice")
        if type(raw_bytes) is not int or raw_bytes <= 0:
            raise LawError(
                f"tile {tile_id} has {raw_bytes!r} raw bytes; expected a positive integer"
            )
        raw[tile_id] = raw_bytes
    return raw


def _fates(rows: Iterable[Row], raw: dict[str, int]) -> _Fates:
    pruned, saved, ended = dict[str, Row](), dict[str, Row](), dict[str, Row]()
    for row in rows:
        _, tile_id, fate, count_bytes = row
        if tile_id not in raw:
            raise LawError(f"tile {tile_id} is booked as {fate} but was never acquired")
        if type(count_bytes) is not int or count_bytes <= 0:
            raise LawError(
                f"tile {tile_id}: {count_bytes!r} bytes {fate}; expected a positive integer"
            )
        of = pruned if fate is PRUNED else saved if fate is SAVED else ended
        if tile_id in of:
            raise LawError(f"tile {tile_id} is booked twice as {_say(of[tile_id], row)}")
        of[tile_id] = row
    return _Fates(pruned, saved, ended)


def _held(rows: Iterable[Row], raw: dict[str, int]) -> dict[str, Row]:
    held: dict[str, Row] = {}
    for row in rows:
        tile_id, end, _, _ = row
        if tile_id in held:
            raise LawError(f"tile {tile_id} ended twice")
        if tile_id not in raw:
            raise LawError(f"tile {tile_id} ended as {end} but was never acquired")
        held[tile_id] = row
    return held


def _audit_tile(tile_id: str, raw_bytes: int, fates: _Fates, held: Row | None) -> None:
    """Audit all that was booked for a tile: the rows of its fates, and that of its end."""
    _, _, _, pruned_bytes = pruned = fates.pruned.get(tile_id, _NOTHING)
    _, _, _, saved_bytes = saved = fates.saved.get(tile_id, _NOTHING)
    _, _, its_end, end_bytes = ended = fates.ended.get(tile_id, _NOTHING)
    booked = pruned_bytes + saved_bytes + end_bytes
    if booked != raw_bytes:
        raise LawError(f"tile {tile_id}: {raw_bytes} bytes were acquired but {booked} are booked")
    if held is None:
        raise LawError(f"tile {tile_id} never ended")
    _, end, held_bytes, left_out_bytes = held
    if end is PRUNED:
        if pruned_bytes != raw_bytes or held_bytes or left_out_bytes:
            raise LawError(
                f"tile {tile_id} was pruned but is booked as {_say(pruned, saved, ended)}, "
                f"{held_bytes} bytes held"
            )
    elif its_end is not end:
        raise LawError(
            f"tile {tile_id} ended as {end} but is booked as {_say(pruned, saved, ended)}"
        )
    elif pruned_bytes != left_out_bytes:
        raise LawError(
            f"tile {tile_id} ended as {end}, {left_out_bytes} bytes of its pixels not coded, but is "
            f"booked as {_say(pruned, saved, ended)}"
        )
    elif end_bytes != held_bytes:
        raise LawError(
            f"tile {tile_id}: {held_bytes} bytes were held, {end_bytes} are booked as {end}"
        )


def _say(*rows: Row) -> str:
    return ", ".join(f"{fate} {count}" for _, _, fate, count in rows if count)


def _audit_joules(ledger: Ledger) -> None:
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for _, consumer, subject, joules in ledger.joules.rows():
        if not 0.0 <= joules < math.inf:
            raise LawError(
                f"{consumer} spent {joules!r} J on {subject}; expected a finite number, 0 or more"
            )
        spent[consumer].append(joules)
    for consumer in sorted(spent.keys() | ledger.metered_j.keys()):
        total, metered = math.fsum(spent[consumer]), ledger.metered_j.get(consumer, 0.0)
        if abs(total - metered) > JOULE_TOLERANCE * max(total, metered):
            raise LawError(f"{consumer} spent {total!r} J but its meter shows {metered!r} J")


def _audit_balances(ledger: Ledger) -> None:
    """Check that joules in equal joules used, plus the change in charge, plus losses."""
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
    for _, consumer, _, joules in ledger.joules.rows():
        spent[consumer].append(joules)
    for consumer in sorted(spent.keys() | drawn.keys()):
        booked, had = math.fsum(spent[consumer]), math.fsum(drawn[consumer])
        if abs(booked - had) > JOULE_TOLERANCE * fleet_j:
            raise LawError(f"{consumer} spent {booked!r} J but drew {had!r} J from the batteries")


def _audit_late(rows: Iterable[Row], raw: dict[str, int], fates: _Fates) -> None:
    seen: set[str] = set()
    for item in (LateEntry(*row) for row in rows):
        if item.tile_id in seen:
            raise LawError(f"tile {item.tile_id} missed its deadline twice")
        seen.add(item.tile_id)
        if raw.get(item.tile_id) != item.raw_bytes:
            raise LawError(
                f"tile {item.tile_id} was late with {item.raw_bytes} bytes, not those acquired"
            )
        pruned = item.tile_id in fates.pruned
        if (item.late is Late.DROPPED and not pruned) or (
            item.late is Late.SENT_UNMASKED and pruned
        ):
            raise LawError(f"tile {item.tile_id} was late and {item.late}, but is booked otherwise")


def _audit_thumbnails(starts: Iterable[Row], ends: Iterable[Row], raw: dict[str, int]) -> None:
    made: dict[str, int] = {}
    for item in (ThumbnailMade(*row) for row in starts):
        if item.tile_id not in raw or item.tile_id in made:
            raise LawError(
                f"the thumbnail of {item.tile_id} was made twice, or for a tile never acquired"
            )
        if type(item.bytes) is not int or item.bytes <= 0:
            raise LawError(
                f"the thumbnail of {item.tile_id} has {item.bytes!r} bytes; expected a positive"
                " integer"
            )
        made[item.tile_id] = item.bytes
    for entry in (ThumbnailEntry(*row) for row in ends):
        if entry.end is SAVED:
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


def _audit_reports(starts: Iterable[Row], ends: Iterable[Row]) -> None:
    made: dict[str, int] = {}
    for _, report_id, count_bytes, _ in starts:
        if report_id in made or type(count_bytes) is not int or count_bytes <= 0:
            raise LawError(f"the report {report_id} was made twice, or with {count_bytes!r} bytes")
        made[report_id] = count_bytes
    for _, report_id, count_bytes, _ in ends:
        if made.pop(report_id, None) != count_bytes:
            raise LawError(
                f"the report {report_id} of {count_bytes} bytes ended twice, or was never made"
                " with that size"
            )
    if made:
        raise LawError(f"the report {next(iter(made))} never ended")
