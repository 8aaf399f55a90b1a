"""Uploads, and the thumbnails of pruned tiles that came down: figures and sentences of the summary."""

from typing import Any

from payload.ledger import Fate, FlightRecord

Summary = dict[str, Any]


def thumbnails_of(record: FlightRecord) -> dict[str, int]:
    """Thumbnails that came down: how many, and how many bytes."""
    arrived = [item.held_bytes for item in record.ledger.thumbnails if item.end is Fate.DELIVERED]
    return {"thumbnails": len(arrived), "thumbnail_bytes": sum(arrived)}


def thumbnail_notes(record: FlightRecord, *, is_drawn: bool) -> list[str]:
    """What happened to the thumbnails, and how their sizes are known."""
    made = len(record.ledger.thumbnails_made)
    if not made:
        return []
    down = thumbnails_of(record)
    how = (
        "their records are assumed to take 1.3 times the bits per sample of their tiles"
        if is_drawn
        else "their records were made like those of tiles"
    )
    told = (
        f"thumbnails of pruned tiles: {made:,} were made, {down['thumbnails']:,} came down in "
        f"{down['thumbnail_bytes']:,} bytes, which are not in the tile accounts; {how}"
    )
    return [told]


def uploads_of(record: FlightRecord) -> list[Summary]:
    """What was to be uploaded, to which satellite, when its last byte arrived, and in how many passes."""
    return [
        {
            "name": item.name,
            "satellite": item.satellite,
            "complete_s": item.complete_s,
            "passes": item.passes,
        }
        for item in record.uploads
    ]


def upload_notes(record: FlightRecord) -> list[str]:
    """How many uploads are complete, and what is still missing."""
    if not record.uploads:
        return []
    late = [item for item in record.uploads if item.complete_s is None]
    told = f"uploads: {len(record.uploads) - len(late):,} of {len(record.uploads):,} are complete"
    if late:
        first = late[0]
        told += (
            f"; {first.sent_bytes:,} of {first.size_bytes:,} bytes of {first.name!r} have reached "
            f"{first.satellite!r}"
            + (f", {len(late) - 1:,} more are waiting" if len(late) > 1 else "")
        )
    return [told]
