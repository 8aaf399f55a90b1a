"""What a pixel flight produces besides its tables, and what that takes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from payload.compression import seal
from payload.compression.sealing import open_record
from payload.darkroom.facts import TileFacts
from payload.downlink import capacity_bytes
from payload.equipment import loss_of
from payload.estimate.trying import SAMPLE, glances_of, spread, timed
from payload.geometry.grid import TileGrid
from payload.imaging.tiling import cut_tile
from payload.ports import Glancing
from payload.products.downlink import SAMPLE as RESTORED
from payload.products.gallery import MOST as PICTURES
from payload.products.ground_segment import InstalledCodecs
from payload.sim import Assembly
from payload.types import Opportunity, Tile

COG_SHARE = 0.7
"""Size of a restored tile's file relative to that of its samples at 16 bits. Measured."""


@dataclass(frozen=True, slots=True)
class Products:
    """What a pixel flight produces besides its tables.

    Attributes:
        shown_s: [s] Time to paint and mask tiles again for pictures, and to decode others for files.
        bytes: [byte] Size of containers and restored tiles.
    """

    shown_s: float
    bytes: int


def products_of(
    assembly: Assembly,
    images: tuple[Opportunity, ...],
    facts: Sequence[TileFacts],
    tiles: int,
) -> Products:
    """Products of kept tiles, delivered as far as the contacts' capacity allows; none unless the flight is by pixels."""
    if not tiles or assembly.scenario.fidelity != "pixels":
        return Products(0.0, 0)
    tile_bytes = sum(fact.encoded_bytes for fact in facts) / len(facts)
    kept_bytes = tile_bytes * tiles * _kept_share(assembly, images, facts)
    carried_bytes = sum(
        capacity_bytes(
            assembly.link.profile(window, assembly.ephemerides[name]), window.aos_s, window.los_s
        )
        for name, windows in assembly.contacts.items()
        for window in windows
    )
    down_bytes = min(kept_bytes, carried_bytes)
    delivered = math.ceil(down_bytes / tile_bytes) if tile_bytes else 0
    restored = {"all": delivered, "sample": min(RESTORED, delivered), "none": 0}[
        assembly.scenario.products.tiles
    ]
    sample_bytes = 2 * len(assembly.sensor.bands) * sum(fact.pixels for fact in facts) / len(facts)
    record_bytes = sum(_record_bytes(fact) for fact in facts) / len(facts)
    picture_s, restored_s = _shown(assembly, images)
    return Products(
        min(PICTURES, tiles) * picture_s + restored * restored_s,
        round(delivered * record_bytes + restored * COG_SHARE * sample_bytes),
    )


def _record_bytes(fact: TileFacts) -> int:
    """[byte] Length of a tile's record; bands that are only counted are not in it."""
    return fact.encoded_bytes if fact.record_bytes is None else fact.record_bytes


def _shown(assembly: Assembly, images: tuple[Opportunity, ...]) -> tuple[float, float]:
    """[s] Time per tile for a picture, and time per tile for restoring it from its record.

    Neither includes encoding the tile again, which is most of the work with the strongest codecs.
    """
    chosen = spread(images, SAMPLE["pixels"])
    pictures_s, tiles = timed(lambda: [_looked_at(assembly, image) for image in chosen])
    kind, loss = assembly.scenario.codec.kind, loss_of(assembly.scenario)
    records = [seal(tile, assembly.codec, kind, loss=loss).record for tile in tiles]
    codecs = InstalledCodecs()
    open_record(records[0], codecs)  # warm up: compiles what is compiled once
    restored_s, _ = timed(lambda: [open_record(record, codecs) for record in records])
    return pictures_s / len(chosen), restored_s / len(chosen)


def _looked_at(assembly: Assembly, image: Opportunity) -> Tile:
    """A tile from the middle of an image, painted and masked."""
    scene = assembly.source.scene(assembly.camera.view(image))
    places = TileGrid(scene.height_px, scene.width_px, assembly.tile_px).places
    tile = cut_tile(
        scene,
        image.id,
        places[len(places) // 2],
        tile_px=assembly.tile_px,
        margin_px=assembly.masker.margin_px,
    )
    assembly.masker.predict(tile)
    return tile


def _kept_share(
    assembly: Assembly, images: tuple[Opportunity, ...], facts: Sequence[TileFacts]
) -> float:
    """The share of tiles that are not pruned: by glances if the scene has them, else by masks."""
    limit = assembly.scenario.pruning.max_cloud_cover
    covers: list[float | None]
    if isinstance(assembly.source, Glancing):
        covers = [glance.cover for seen in glances_of(assembly, images) for glance in seen]
    else:
        covers = [fact.estimate.cover for fact in facts]
    return sum(cover is None or cover <= limit for cover in covers) / len(covers)
