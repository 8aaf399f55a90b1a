"""The contacts of a flight for a ground network: `contact_plan.csv` and `contact_plan.json`, one row per pass.

`passes: {file: …}` in a scenario reads either of them back.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from payload.ledger import ContactLog
from payload.units import at, iso_utc

CSV, JSON = "contact_plan.csv", "contact_plan.json"


@dataclass(frozen=True, slots=True)
class PlannedContact:
    """A pass from rise to set, the time from which the radio was free for it, and what it could and did carry."""

    satellite: str
    station: str
    start_utc: str
    end_utc: str
    aos_s: float
    los_s: float
    max_elevation_deg: float
    radio_from_utc: str
    capacity_bytes: int
    used_bytes: int
    missed: bool


def write_contact_plan(folder: Path, contacts: Sequence[ContactLog], epoch_utc: datetime) -> None:
    """Write both files.

    Args:
        folder: The destination.
        contacts: Of the scenario's own arm.
        epoch_utc: The epoch of their times.
    """

    def utc(time_s: float) -> str:
        return iso_utc(at(epoch_utc, time_s))

    def told(log: ContactLog) -> dict[str, object]:
        row = PlannedContact(
            satellite=log.window.satellite,
            station=log.window.station,
            start_utc=utc(log.window.aos_s),
            end_utc=utc(log.window.los_s),
            aos_s=log.window.aos_s,
            los_s=log.window.los_s,
            max_elevation_deg=log.window.max_elevation_deg,
            radio_from_utc=utc(min(log.start_s, log.window.los_s)),
            capacity_bytes=log.capacity_bytes,
            used_bytes=log.used_bytes,
            missed=log.is_missed,
        )
        return {name: getattr(row, name) for name in PlannedContact.__dataclass_fields__}

    logs = sorted(contacts, key=lambda item: (item.window.aos_s, item.window.station))
    with (
        (folder / CSV).open("w", encoding="utf-8", newline="") as rows,
        (folder / JSON).open("w", encoding="utf-8") as objects,
    ):
        table = csv.DictWriter(rows, list(PlannedContact.__dataclass_fields__), lineterminator="\n")
        table.writeheader()
        objects.write("[")
        for number, row in enumerate(map(told, logs)):
            table.writerow(row)
            objects.write(f"{',' if number else ''}{_object(row)}")
        objects.write("\n]\n" if logs else "]\n")


def _object(row: dict[str, object]) -> str:
    """A row formatted as `json.dumps` formats an item of a list with an indent of one, in a third of its time."""
    fields = json.dumps(row, separators=(",\n  ", ": "), allow_nan=False, ensure_ascii=False)
    return f"\n {{\n  {fields[1:-1]}\n }}"
