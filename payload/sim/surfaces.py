"""The surface below each tile, as far as the scene source knows it without rendering."""

from collections.abc import Iterable, Sequence

from payload.darkroom.glances import glances_at
from payload.darkroom.memo import Memo
from payload.geometry.grid import TileGrid
from payload.ledger import FlightRecord
from payload.ports import Glancing
from payload.sim.assemble import Assembly
from payload.types import Acquisition


def surfaces_of(assembly: Assembly, memo: Memo, records: Iterable[FlightRecord]) -> dict[str, str]:
    """The commonest class of ground, one of `SURFACES`, by tile id; empty if the source cannot glance."""
    if not isinstance(assembly.source, Glancing):
        return {}
    taken = {
        image.acquisition.id: image.acquisition for record in records for image in record.images
    }
    known = {
        fact.tile_id: fact.surface
        for image in taken
        for fact in memo.facts_of.get(image, ())
        if fact.surface is not None
    }
    unknown = [
        image for image in taken.values() if any(tile_id not in known for tile_id in image.tile_ids)
    ]
    known |= _looked_at(assembly.source, unknown, assembly.tile_px)
    return {tile_id: known[tile_id] for image in taken.values() for tile_id in image.tile_ids}


def _looked_at(source: Glancing, images: Sequence[Acquisition], tile_px: int) -> dict[str, str]:
    """The surface classes of the tiles of images taken by one camera."""
    if not images:
        return {}
    sensor = images[0].view.sensor
    windows = TileGrid(sensor.height_px, sensor.width_px, tile_px).windows
    glances = glances_at(source, [image.view for image in images], windows)
    return {
        tile_id: glance.surface
        for image, seen in zip(images, glances, strict=True)
        for tile_id, glance in zip(image.tile_ids, seen, strict=True)
    }
