"""The plan and the flight as two files: `plan.csv` lists what each plan version changed, `as_flown.csv` what came of it."""

import csv
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from payload.analysis.requests import Wanted
from payload.ledger import FlightRecord, PlanItem, PlanVersion
from payload.units import at, iso_utc

PLAN = (
    "version", "made_s", "made_utc", "made_at", "made_upon", "change", "satellite", "target",
    "opportunity", "start_s", "start_utc", "p_clear",
)  # fmt: skip
AS_FLOWN = (
    "time_s", "utc", "satellite", "target", "opportunity", "planned_in", "what", "why", "retake",
    "cover", "tiles_delivered", "tiles",
)  # fmt: skip

Row = Sequence[object]


def write_plans(folder: Path, record: FlightRecord, wanted: Wanted, *, epoch_utc: datetime) -> None:
    """Write both files of a flight into a folder.

    Args:
        folder: The destination.
        record: The flight.
        wanted: What was requested, and what counts as cloudy.
        epoch_utc: The epoch of its times.
    """

    def utc(time_s: float) -> str:
        return iso_utc(at(epoch_utc, time_s))

    _write(folder / "plan.csv", PLAN, plan_rows(record, utc))
    _write(folder / "as_flown.csv", AS_FLOWN, as_flown_rows(record, wanted, utc))


def _write(path: Path, names: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


def plan_rows(record: FlightRecord, utc: Callable[[float], str]) -> Iterable[Row]:
    """For every version, made or uplinked, what it adds to and drops from the previous one at the same place.

    A version that changes nothing still to come has one row without an image.
    """
    known: dict[str, PlanItem] = {}
    for version in record.loop.versions:
        head = (version.number, version.time_s, utc(version.time_s), version.place, version.why)
        known |= {item.opportunity: item for item in version.added}
        dropped = [replace(known[name], p_clear=None) for name in version.dropped]
        for change, items in (("planned", version.added), ("dropped", dropped)):
            for item in items:
                yield (
                    *head, change, item.satellite, item.target, item.opportunity, item.start_s,
                    utc(item.start_s), item.p_clear,
                )  # fmt: skip
        if not version.added and not version.dropped:
            yield (*head, *[None] * 7)


def as_flown_rows(
    record: FlightRecord, wanted: Wanted, utc: Callable[[float], str]
) -> Iterable[Row]:
    """Images taken, and images planned but not taken, in order of time, with the last plan that contained each."""
    version_of = _versions(record)
    named = {target.name: target for target in wanted.targets}
    rows: list[Row] = []
    for image in record.images:
        taken, cover = image.acquisition, wanted.cover(image)
        is_cloudy = wanted.is_cloudy(image, named[taken.opportunity.target])
        down = sum(item in record.delivered_s for item in taken.tile_ids)
        rows.append(
            (
                taken.time_s, utc(taken.time_s), taken.satellite, taken.opportunity.target, taken.id,
                version_of.get(taken.id), "cloudy" if is_cloudy else "taken", "", image.is_retake,
                cover, down, len(taken.tile_ids),
            )
        )  # fmt: skip
    rows += [
        (
            item.time_s, utc(item.time_s), item.satellite, item.target, item.opportunity,
            version_of.get(item.opportunity), "not taken", item.why, False, None, 0, 0,
        )
        for item in record.loop.not_taken
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row[0], str(row[4])))


def _versions(record: FlightRecord) -> Mapping[str, int]:
    """For each opportunity the last version before its time that contained it, on its own satellite if plans are uplinked."""
    goes_up = any(version.why == "uplink" for version in record.loop.versions)
    found: dict[str, int] = {}
    made: dict[str, list[PlanVersion]] = {}
    standing: dict[str, dict[str, float]] = {}
    for version in record.loop.versions:
        earlier = made.setdefault(version.place, [])
        stands = standing.setdefault(version.place, {})
        for name in version.dropped:
            if stands.pop(name, None) is not None:
                found[name] = earlier[-1].number
        for item in version.added:
            if not goes_up or version.place == item.satellite:
                stands[item.opportunity] = item.start_s
        earlier.append(version)
    for place, stands in standing.items():
        for name, start_s in stands.items():
            count = bisect_right(made[place], start_s, key=attrgetter("time_s"))
            if count:
                found[name] = made[place][count - 1].number
    return found
