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
        "fate": "What happened to the bytes: pruned, saved, delivered, overflowed, lost or on_board.",
        "bytes": "[byte] Number of bytes; the entries of a tile add up to its raw bytes.",
        "time_s": "[s] When the fate was decided, after the epoch.",
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
        "raw_bytes": "[byte] Length of its raw record, with samples packed at the bit depth.",
        "encoded_bytes": "[byte] Length of its record as sent; NULL if it was dropped or never judged.",
        "cover": "Share of its pixels with data that the scenario's masker calls cloud, 0 to 1; NULL if it has none.",
        "pixels": "[px] Pixels with data.",
        "clear_px": "[px] Pixels that are clear by truth; NULL without truth.",
        "cloud_px": "[px] Pixels that are cloud by truth; NULL without truth.",
        "clear_not_coded_px": "[px] Pixels that are clear by truth but left out of its record as cloud (arm mask); NULL without truth.",
        "reason": "Why it was kept or dropped.",
        "fate": "Where its bytes ended up: pruned, delivered, overflowed, lost or on_board.",
        "delivered_s": "[s] When its last byte reached the ground, after the epoch; NULL if it did not.",
    },
    "images": {
        "arm": _ARM,
        "image": _IMAGE,
        "target": _TARGET,
        "satellite": _SATELLITE,
        "lat_deg": _LAT + " Of its centre.",
        "lon_deg": _LON + " Of its centre.",
        "time_s": "[s] When it was taken, after the epoch.",
        "sun_elevation_deg": "[deg] Elevation of the Sun at the target.",
        "off_nadir_deg": "[deg] Angle between the line of sight and straight down.",
        "retake": "Whether the target had been imaged before.",
        "cover": "Share of its pixels with data that the scenario's masker calls cloud, 0 to 1; NULL if it has none.",
        "raw_bytes": "[byte] Total length of the raw records of its tiles.",
    },
    "contacts": {
        "arm": _ARM,
        "satellite": _SATELLITE,
        "station": "Name of the ground station.",
        "aos_s": "[s] Rise above the station's mask, after the epoch.",
        "los_s": "[s] Set below it, after the epoch.",
        "start_s": "[s] When the radio became free for it, after the epoch; los_s if it never did. Lock is acquired after that.",
        "max_elevation_deg": "[deg] Greatest elevation above the horizon.",
        "capacity_bytes": "[byte] What the channel could have carried from start_s on, once locked, frames included.",
        "used_bytes": "[byte] What was sent over it, frames and resends included.",
        "left_waiting": "Whether data were still waiting when it ended.",
    },
    "events": {
        "arm": _ARM,
        "time_s": "[s] When it happened, after the epoch.",
        "utc": "The same instant, ISO 8601.",
        "satellite": "Name of the satellite to which it happened; empty for events on the ground.",
        "kind": "What happened, such as planned, acquired, judged, overflowed, put_back, contact, uploaded, or the kind of a fault.",
        "subject": "What it concerns: an image, a tile, a station, a plan.",
        "bytes": "[byte] Number of bytes involved; 0 if none.",
        "detail": "Details in words.",
    },
    "targets": {
        "target": _TARGET,
        "lat_deg": _LAT,
        "lon_deg": _LON,
        "priority": "Priority; larger is more important.",
    },
    "track": {
        "satellite": _SATELLITE,
        "time_s": "[s] After the epoch, at every minute.",
        "lat_deg": _LAT + " Of the point below the satellite.",
        "lon_deg": _LON + " Of the point below the satellite.",
    },
    "surfaces": {
        "tile": "Name of the tile, the same in all arms.",
        "surface": "Most common class of its ground, according to the world itself; no row if the source cannot tell.",
    },
    "power": {
        "arm": _ARM,
        "satellite": _SATELLITE,
        "time_s": "[s] After the epoch; several hundred times over the flight.",
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
