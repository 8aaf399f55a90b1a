"""Ledger, tiles, images, contacts, events and ground track as Parquet tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from payload.geometry.grid import tile_place
from payload.ledger import Fate, FlightRecord, Image
from payload.tables import TableWriter
from payload.types import CoverEstimate, Target

Types = dict[str, str]
Row = tuple[object, ...]

LEDGER: Types = {
    "arm": "VARCHAR",
    "tile": "VARCHAR",
    "image": "VARCHAR",
    "fate": "VARCHAR",
    "bytes": "BIGINT",
    "time_s": "DOUBLE",
}
TILES: Types = {
    "arm": "VARCHAR",
    "tile": "VARCHAR",
    "image": "VARCHAR",
    "target": "VARCHAR",
    "satellite": "VARCHAR",
    "row": "BIGINT",
    "col": "BIGINT",
    "time_s": "DOUBLE",
    "raw_bytes": "BIGINT",
    "encoded_bytes": "BIGINT",
    "cover": "DOUBLE",
    "pixels": "BIGINT",
    "clear_px": "BIGINT",
    "cloud_px": "BIGINT",
    "clear_not_coded_px": "BIGINT",
    "reason": "VARCHAR",
    "fate": "VARCHAR",
    "delivered_s": "DOUBLE",
}
IMAGES: Types = {
    "arm": "VARCHAR",
    "image": "VARCHAR",
    "target": "VARCHAR",
    "satellite": "VARCHAR",
    "lat_deg": "DOUBLE",
    "lon_deg": "DOUBLE",
    "time_s": "DOUBLE",
    "sun_elevation_deg": "DOUBLE",
    "off_nadir_deg": "DOUBLE",
    "retake": "BOOLEAN",
    "cover": "DOUBLE",
    "raw_bytes": "BIGINT",
}
CONTACTS: Types = {
    "arm": "VARCHAR",
    "satellite": "VARCHAR",
    "station": "VARCHAR",
    "aos_s": "DOUBLE",
    "los_s": "DOUBLE",
    "start_s": "DOUBLE",
    "max_elevation_deg": "DOUBLE",
    "capacity_bytes": "BIGINT",
    "used_bytes": "BIGINT",
    "left_waiting": "BOOLEAN",
}
EVENTS: Types = {
    "arm": "VARCHAR",
    "time_s": "DOUBLE",
    "utc": "VARCHAR",
    "satellite": "VARCHAR",
    "kind": "VARCHAR",
    "subject": "VARCHAR",
    "bytes": "BIGINT",
    "detail": "VARCHAR",
}
TARGETS: Types = {
    "target": "VARCHAR",
    "lat_deg": "DOUBLE",
    "lon_deg": "DOUBLE",
    "priority": "DOUBLE",
}
TRACK: Types = {
    "satellite": "VARCHAR",
    "time_s": "DOUBLE",
    "lat_deg": "DOUBLE",
    "lon_deg": "DOUBLE",
}


def write_books(
    folder: Path,
    records: Mapping[str, FlightRecord],
    estimates: Mapping[str, CoverEstimate],
    *,
    utc: Callable[[float], str],
    track: Iterable[tuple[str, float, float, float]],
    targets: Sequence[Target],
) -> None:
    """Write the tables of all arms into a folder.

    Args:
        folder: The destination.
        records: Flights by arm.
        estimates: The estimate of the scenario's masker for every tile, by tile id.
        utc: Turns a time [s] since the epoch into a UTC timestamp as text.
        track: Rows of satellite, time_s, lat_deg, lon_deg.
        targets: The requested targets.
    """
    tables = {
        "ledger": LEDGER,
        "tiles": TILES,
        "images": IMAGES,
        "contacts": CONTACTS,
        "events": EVENTS,
    }
    with ExitStack() as stack:
        writers = {
            name: stack.enter_context(TableWriter(folder / f"{name}.parquet", types))
            for name, types in tables.items()
        }
        for record in records.values():
            writers["ledger"].write(_ledger_rows(record))
            ends = {tile_id: end for tile_id, end, _, _ in record.ledger.tiles.rows()}
            for image in record.images:
                found = [estimates[tile_id] for tile_id in image.acquisition.tile_ids]
                writers["tiles"].write(_tile_rows(record, image, found, ends))
                writers["images"].write([_image_row(record, image, found)])
            writers["contacts"].write(_contact_rows(record))
            writers["events"].write(_event_rows(record, utc))
    _write(folder / "track.parquet", TRACK, track)
    places = [(item.name, item.lat_deg, item.lon_deg, item.priority) for item in targets]
    _write(folder / "targets.parquet", TARGETS, places)


def _write(path: Path, types: Types, rows: Iterable[Row]) -> None:
    with TableWriter(path, types) as table:
        table.write(rows)


def _ledger_rows(record: FlightRecord) -> Iterable[Row]:
    for time_s, tile_id, fate, count_bytes in record.ledger.entries.rows():
        yield record.arm, tile_id, tile_id.rpartition("#")[0], str(fate), count_bytes, time_s


def _tile_rows(
    record: FlightRecord,
    image: Image,
    found: Sequence[CoverEstimate],
    ends: Mapping[str, Fate],
) -> Iterable[Row]:
    """Rows for the tiles of an image: what the masker says about each, and how it ended."""
    taken = image.acquisition
    outcomes = {outcome.tile_id: outcome for outcome in image.outcomes}
    tiles = zip(taken.tile_ids, taken.tile_raw_bytes, found, strict=True)
    for tile_id, raw_bytes, estimate in tiles:
        _, row, col = tile_place(tile_id)
        outcome, end = outcomes.get(tile_id), ends[tile_id]
        part = None if outcome is None else outcome.not_coded
        yield (
            record.arm,
            tile_id,
            taken.id,
            taken.opportunity.target,
            taken.satellite,
            row,
            col,
            taken.time_s,
            raw_bytes,
            None if outcome is None or end is Fate.PRUNED else outcome.encoded_bytes,
            estimate.cover,
            estimate.valid_px,
            estimate.clear_px,
            estimate.cloudy_px,
            0 if part is None else part.clear_px,
            "never judged" if outcome is None else outcome.decision.reason,
            str(end),
            record.delivered_s.get(tile_id),
        )


def _image_row(record: FlightRecord, image: Image, found: Sequence[CoverEstimate]) -> Row:
    taken = image.acquisition
    valid_px = sum(estimate.valid_px for estimate in found)
    return (
        record.arm,
        taken.id,
        taken.opportunity.target,
        taken.satellite,
        taken.view.lat_deg,
        taken.view.lon_deg,
        taken.time_s,
        taken.view.sun_elevation_deg,
        taken.opportunity.off_nadir_deg,
        image.is_retake,
        sum(estimate.cloud_px for estimate in found) / valid_px if valid_px else None,
        taken.raw_bytes,
    )


def _contact_rows(record: FlightRecord) -> Iterable[Row]:
    for log in record.contacts:
        yield (
            record.arm,
            log.window.satellite,
            log.window.station,
            log.window.aos_s,
            log.window.los_s,
            log.start_s,
            log.window.max_elevation_deg,
            log.capacity_bytes,
            log.used_bytes,
            log.left_waiting,
        )


def _event_rows(record: FlightRecord, utc: Callable[[float], str]) -> Iterable[Row]:
    for event in record.events:
        yield (
            record.arm,
            event.time_s,
            utc(event.time_s),
            event.satellite,
            event.kind,
            event.subject,
            event.bytes,
            event.detail,
        )
