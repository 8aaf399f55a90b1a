"""Delivered tiles as a STAC collection: an item beside each COG, and `collection.json` for all.

Source: STAC 1.1.0, item, collection and common metadata; extensions eo 1.1.0, raster 1.1.0, projection 2.0.0,
view 1.0.0. What no extension defines has the prefix `payload_sim:` and is documented in README.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from payload.products.downlink import RestoredTile
from payload.products.folder import dump_json
from payload.products.footprints import bbox, feature, georeferenced
from payload.products.imagery import crs_terms
from payload.scenario.models import Scenario
from payload.types import Acquisition
from payload.units import at, iso_utc

COLLECTION = "collection.json"
VERSION = "1.1.0"
_EXTENSIONS = "https://stac-extensions.github.io"
EO, RASTER = f"{_EXTENSIONS}/eo/v1.1.0/schema.json", f"{_EXTENSIONS}/raster/v1.1.0/schema.json"
PROJECTION = f"{_EXTENSIONS}/projection/v2.0.0/schema.json"
VIEW = f"{_EXTENSIONS}/view/v1.0.0/schema.json"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
COMMON_NAMES = {"blue": "blue", "green": "green", "red": "red", "nir": "nir"}
"""Names of bands that the extension eo defines."""


@dataclass(frozen=True, slots=True)
class Flown:
    """What a flight contributes to its tiles: their images by image id, and delivery times [s] by tile."""

    scenario: Scenario
    images: Mapping[str, Acquisition]
    delivered_s: Mapping[str, float]


def write_stac(folder: Path, tiles: Sequence[RestoredTile], flown: Flown) -> None:
    """Write an item beside each tile's file, and the collection.

    Args:
        folder: The folder that holds the tiles' files.
        tiles: Restored tiles, at least one.
        flown: What the flight says about them.
    """
    items = [_item(tile, flown) for tile in tiles]
    for tile, item in zip(tiles, items, strict=True):
        dump_json(tile.path.with_suffix(".json"), item)
    dump_json(folder / COLLECTION, _collection(items, flown.scenario))


def _item(tile: RestoredTile, flown: Flown) -> dict[str, Any]:
    image = flown.images[tile.header.acquisition_id]
    place, window = tile.georeference, tile.window
    shape = None if place is None else georeferenced(place, window.height_px, window.width_px)
    sensor = image.view.sensor
    properties: dict[str, object] = {
        "datetime": iso_utc(tile.header.utc),
        "platform": tile.header.satellite,
        "instruments": ["camera"],
        "gsd": sensor.gsd_m,
        "view:off_nadir": image.opportunity.off_nadir_deg,
        "view:sun_elevation": image.view.sun_elevation_deg,
        "payload_sim:target": tile.header.target,
        "payload_sim:image": tile.header.acquisition_id,
        "payload_sim:tile": tile.id,
        "payload_sim:decision": "keep",
        "payload_sim:reason": tile.reason,
        "payload_sim:delivered_utc": iso_utc(
            at(flown.scenario.epoch_utc, flown.delivered_s[tile.id])
        ),
        **_cover(tile),
    }
    extensions = [EO, RASTER, VIEW]
    if place is not None:
        x, x_col, x_row, y, y_col, y_row = place.transform
        properties |= crs_terms(place)
        properties["proj:shape"] = [window.height_px, window.width_px]
        properties["proj:transform"] = [x_col, x_row, x, y_col, y_row, y]
        extensions.append(PROJECTION)
    found = {
        **feature(shape, properties),
        "stac_version": VERSION,
        "stac_extensions": extensions,
        "id": tile.path.stem,
        "collection": flown.scenario.name,
        "links": [
            {"rel": "root", "href": f"./{COLLECTION}", "type": "application/json"},
            {"rel": "parent", "href": f"./{COLLECTION}", "type": "application/json"},
            {"rel": "collection", "href": f"./{COLLECTION}", "type": "application/json"},
        ],
        "assets": {"image": _asset(tile)},
    }
    return found if shape is None else {**found, "bbox": bbox(shape)}


def _cover(tile: RestoredTile) -> dict[str, object]:
    """Cloud cover by the masker [%], and by truth if all of it is known."""
    found = tile.estimate
    told: dict[str, object] = {}
    if found.cover is not None:
        told["eo:cloud_cover"] = round(100.0 * found.cover, 4)
    if found.clear_px is not None and found.cloudy_px is not None:
        known_px = found.clear_px + found.cloudy_px
        told |= {
            "payload_sim:true_clear_px": found.clear_px,
            "payload_sim:true_cloud_px": found.cloudy_px,
            "payload_sim:missed_cloud_px": found.missed_cloud_px,
            "payload_sim:false_cloud_px": found.false_cloud_px,
        }
        if known_px:
            told["payload_sim:true_cloud_cover"] = round(100.0 * found.cloudy_px / known_px, 4)
    return told


def _asset(tile: RestoredTile) -> dict[str, Any]:
    header = tile.header
    return {
        "href": f"./{tile.path.name}",
        "type": COG,
        "title": "What came down, in DN",
        "roles": ["data"],
        "eo:bands": [
            {"name": name} | ({"common_name": COMMON_NAMES[name]} if name in COMMON_NAMES else {})
            for name in header.bands
        ],
        "raster:bands": [
            {
                "data_type": "uint16",
                "bits_per_sample": header.bit_depth,
                "scale": header.radiometry.scale,
                "offset": header.radiometry.offset,
                "unit": "1",
                **({} if tile.nodata is None else {"nodata": tile.nodata}),
            }
            for _ in header.bands
        ],
    }


def _collection(items: Sequence[Mapping[str, Any]], scenario: Scenario) -> dict[str, Any]:
    boxes = [item["bbox"] for item in items if "bbox" in item]
    times = [item["properties"]["datetime"] for item in items]
    platforms = sorted({item["properties"]["platform"] for item in items})
    return {
        "type": "Collection",
        "stac_version": VERSION,
        "id": scenario.name,
        "title": f"Tiles that came down in {scenario.name}",
        "description": scenario.description or f"Delivered tiles of the flight {scenario.name}.",
        "license": "other",
        "extent": {
            "spatial": {"bbox": _extent(boxes)},
            "temporal": {"interval": [[min(times), max(times)]]},
        },
        "summaries": {
            "platform": platforms,
            "instruments": ["camera"],
            "gsd": [scenario.camera.gsd_m],
        },
        "links": [
            {"rel": "root", "href": f"./{COLLECTION}", "type": "application/json"},
            *(
                {"rel": "item", "href": f"./{item['id']}.json", "type": "application/geo+json"}
                for item in items
            ),
        ],
    }


def _extent(boxes: Sequence[Sequence[float]]) -> list[list[float]]:
    """One box around all; the whole Earth if some cross the antimeridian or none is known."""
    if not boxes or any(box[0] > box[2] for box in boxes):
        return [[-180.0, -90.0, 180.0, 90.0]]
    around = shapely.union_all([shapely.box(*box) for box in boxes]).bounds
    return [[float(value) for value in around]]
