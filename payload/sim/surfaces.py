"""What lies below each tile, as far as the scene source can tell without painting; for judges."""

from collections.abc import Iterable

from payload.geometry.grid import TileGrid
from payload.ledger import FlightRecord
from payload.ports import Glancing
from payload.sim.assemble import Assembly
from payload.sim.memo import Memo
from payload.types import Acquisition


def surfaces_of(assembly: Assembly, memo: Memo, records: Iterable[FlightRecord]) -> dict[str, str]:
    """The commonest class of ground, one of `SURFACES`, by tile id; empty where the source cannot glance."""
    if not isinstance(assembly.source, Glancing):
        return {}
    taken = {
        image.acquisition.id: image.acquisition for record in records for image in record.images
    }
    found: dict[str, str] = {}
    for image in taken.values():
        known = {
            fact.tile_id: fact.surface
            for fact in memo.facts_of.get(image.id, ())
            if fact.surface is not None
        }
        found |= known or _looked_at(assembly, image)
    return found


def _looked_at(assembly: Assembly, image: Acquisition) -> dict[str, str]:
    assert isinstance(assembly.source, Glancing)
    sensor = image.view.sensor
    windows = TileGrid(sensor.height_px, sensor.width_px, assembly.tile_px).windows
    glances = assembly.source.glance(image.view, windows)
    named = zip(image.tile_ids, glances, strict=True)
    return {tile_id: glance.surface for tile_id, glance in named}
