"""The meaning of the columns of a results folder's tables; written beside them as `columns.json`."""

from pathlib import Path
from typing import Any

from payload.products.books import CONTACTS, EVENTS, IMAGES, LEDGER, TARGETS, TILES, TRACK
from payload.products.side_books import POWER, SURFACES
from payload.tables import query_folder

TABLES = {
    "ledger": LEDGER,
    "tiles": TILES,
    "images": IMAGES,
    "contacts": CONTACTS,
    "events": EVENTS,
    "targets": TARGETS,
    "track": TRACK,
    "surfaces": SURFACES,
    "power": POWER,
}
_ARM = "The flight: raw, compressed, discard, prune (the scenario as it is), mask or oracle."
_IMAGE = "Name of the image: <satellite>/<target>/<second of its start>."
_TARGET = "Name of the target."
_SATELLITE = "Name of the satellite."
_LAT = "[deg] Geodetic latitude, WGS 84."
_LON = "[deg] Longitude, WGS 84, east of Greenwich."

MEANINGS: dict[str, dict[str, str]] = {
    "ledger": {
        "arm": _ARM,
        "tile": "Name of the tile: <image>#<row>,<col>.",
        "image": _IMAGE,
        "fate": "What became of the bytes: pruned, saved, delivered, overflowed, lost or on_board.",
        "bytes": "[byte] How many; all entries of a tile add up to its raw bytes.",
        "time_s": "[s] When it was settled, after the epoch.",
    },
    "tiles": {
        "arm": _ARM,
        "tile": "Name of the tile: <image>#<row>,<col>.",
        "image": _IMAGE,
        "target": _TARGET,
        "satellite": _SATELLITE,
        "row": "Row in the grid of tiles, 0 at the top.",
        "col": "Column in the grid of tiles, 0 at the left.",
        "time_s": "[s] When it was taken, after the epoch.",
        "raw_bytes": "[byte] Length of its raw record, samples packed at the bit depth.",
        "encoded_bytes": "[byte] Length of its record as sent; NULL where it was dropped or never judged.",
        "cover": "Share of its pixels with data that the scenario's masker calls cloud, 0 to 1; NULL where it has no data.",
        "pixels": "[px] With data.",
        "clear_px": "[px] Clear by truth; NULL where there is no truth.",
        "cloud_px": "[px] Cloud by truth; NULL where there is no truth.",
        "clear_not_coded_px": "[px] Clear by truth and left out of its record as cloud (arm mask); NULL without truth.",
        "reason": "Why it was kept or dropped.",
        "fate": "Where its bytes ended: pruned, delivered, overflowed, lost or on_board.",
        "delivered_s": "[s] When its last byte was on the ground, after the epoch; NULL where it did not come down.",
    },
    "images": {
        "arm": _ARM,
        "image": _IMAGE,
        "target": _TARGET,
        "satellite": _SATELLITE,
        "lat_deg": _LAT + " Of its middle.",
        "lon_deg": _LON + " Of its middle.",
        "time_s": "[s] When it was taken, after the epoch.",
        "sun_elevation_deg": "[deg] Height of the Sun at the target.",
        "off_nadir_deg": "[deg] Between the line of sight and straight down.",
        "retake": "Whether the target had been taken before.",
        "cover": "Share of its pixels with data that the scenario's masker calls cloud, 0 to 1; NULL without data.",
        "raw_bytes": "[byte] Raw records of its tiles together.",
    },
    "contacts": {
        "arm": _ARM,
        "satellite": _SATELLITE,
        "station": "Name of the ground station.",
        "aos_s": "[s] Rise above the station's mask, after the epoch.",
        "los_s": "[s] Set below it, after the epoch.",
        "start_s": "[s] From when on the radio was free for it, after the epoch; los_s where it never was. Lock is found after that.",
        "max_elevation_deg": "[deg] Highest above the horizon.",
        "capacity_bytes": "[byte] What the channel could have carried from start_s on, once locked, frames included.",
        "used_bytes": "[byte] What went over it, frames and resends included.",
        "left_waiting": "Whether data still waited when it ended.",
    },
    "events": {
        "arm": _ARM,
        "time_s": "[s] When, after the epoch.",
        "utc": "The same instant, ISO 8601.",
        "satellite": "To whom it happened; empty where it was on the ground.",
        "kind": "What happened, as planned, acquired, judged, overflowed, put_back, contact, uploaded, or a fault by its kind.",
        "subject": "To what: an image, a tile, a station, a plan.",
        "bytes": "[byte] How many were at stake; 0 where none.",
        "detail": "More of it in words.",
    },
    "targets": {
        "target": _TARGET,
        "lat_deg": _LAT,
        "lon_deg": _LON,
        "priority": "How much it is wanted; more is more.",
    },
    "track": {
        "satellite": _SATELLITE,
        "time_s": "[s] After the epoch, each minute.",
        "lat_deg": _LAT + " Below the satellite.",
        "lon_deg": _LON + " Below the satellite.",
    },
    "surfaces": {
        "tile": "Name of the tile, in whichever arm.",
        "surface": "The commonest class of its ground, by the world itself; no row where the source cannot tell.",
    },
    "power": {
        "arm": _ARM,
        "satellite": _SATELLITE,
        "time_s": "[s] After the epoch; some hundreds over the flight.",
        "charge": "State of charge of the battery, 0 to 1; no row without a battery.",
    },
}


def documented() -> dict[str, dict[str, dict[str, str]]]:
    """SQL type and meaning of each column, by table and column."""
    return {
        table: {
            column: {"type": kind, "meaning": MEANINGS[table][column]}
            for column, kind in types.items()
        }
        for table, types in TABLES.items()
    }


ALL_COLUMNS = """
    select table_name as "table", column_name as "column", data_type as "type"
    from information_schema.columns order by table_name, ordinal_position"""


def meaning(table: str, column: str) -> str:
    """The meaning of a column; empty for a table that results folders do not have."""
    return MEANINGS.get(table, {}).get(column, "")


def columns(folder: str | Path) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns of a folder's tables, with type and meaning, in the form of a query result."""
    names, rows = query_folder(folder, ALL_COLUMNS)
    return [*names, "meaning"], [(*row, meaning(row[0], row[1])) for row in rows]
