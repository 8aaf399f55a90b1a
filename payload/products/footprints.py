"""What an image covers, as a polygon in degrees, valid also at the antimeridian and around a pole.

Source: RFC 7946, sections 3.1.6 (outer rings anticlockwise), 3.1.9 and 5.2 (the antimeridian), 5.3 (poles).
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, MultiPolygon, Polygon
from shapely.affinity import translate

from payload.geometry.earth import site, subsatellite_deg
from payload.ports import Glancing, SceneSource
from payload.products.imagery import edge_deg
from payload.types import Georeference, View
from payload.units import M_PER_KM

Floats = NDArray[np.float64]
_PIECES, _NEAR_A_POLE = 4, 128
"""Pieces per side: edges are straight in degrees (RFC 7946, 3.1.1), those of an image are not, least of all near a pole."""
_WIDEST_DEG = 2.0
"""[deg] Step of longitude from point to point beyond which a side has the larger number of pieces."""
_DECIMALS = 6
"""[deg] Decimal places: a millionth is 0.1 m on the ground, below any pixel."""


def image_footprint(source: SceneSource, view: View) -> Geometry | None:
    """What an image covers; None if its scene has no georeference.

    A source that can glance paints exactly the view's grid, around its place; for others the scene's own grid is used.
    """
    if isinstance(source, Glancing):
        return view_footprint(view)
    scene = source.scene(view)
    place = scene.georeference
    return None if place is None else georeferenced(place, scene.height_px, scene.width_px)


def view_footprint(view: View) -> Geometry:
    """What the pixel grid of a view covers, north up, centred on its place.

    The rectangle lies in the plane tangent to the ellipsoid there; 100 km from the centre the error is 10 m.
    """
    sensor, middle = view.sensor, site(view.lat_deg, view.lon_deg)

    def places_deg(pieces: int) -> tuple[Floats, Floats]:
        col, row = outline(sensor.height_px, sensor.width_px, pieces)
        east_km = (col - sensor.width_px / 2) * sensor.gsd_m / M_PER_KM
        north_km = (sensor.height_px / 2 - row) * sensor.gsd_m / M_PER_KM
        east, north = east_km[:, None] * middle.east, north_km[:, None] * middle.north
        return subsatellite_deg(middle.position_km + east + north)

    found = places_deg(_PIECES)
    return polygon(*(places_deg(_NEAR_A_POLE) if _is_coarse(found[1]) else found))


def georeferenced(place: Georeference, height_px: int, width_px: int) -> Geometry | None:
    """What a raster covers; None if its coordinate system cannot be converted."""
    found = edge_deg(place, *outline(height_px, width_px, _PIECES))
    if found is not None and _is_coarse(found[1]):
        found = edge_deg(place, *outline(height_px, width_px, _NEAR_A_POLE))
    return None if found is None else polygon(*found)


def _is_coarse(lon_deg: Floats) -> bool:
    """Whether points around a raster are too far apart in longitude for edges that are straight in degrees."""
    around = np.unwrap(np.append(lon_deg, lon_deg[0]), period=360.0)
    return bool(np.abs(np.diff(around)).max() > _WIDEST_DEG)


def outline(height_px: int, width_px: int, pieces: int) -> tuple[Floats, Floats]:
    """[px] Columns and rows of points around a raster, shape (4 pieces,) each, anticlockwise from its upper left."""
    down = np.linspace(0.0, 1.0, pieces, endpoint=False)
    zero, one = np.zeros(pieces), np.ones(pieces)
    col = np.concatenate((zero, down, one, 1.0 - down)) * width_px
    row = np.concatenate((down, one, 1.0 - down, zero)) * height_px
    return col, row


def polygon(lat_deg: Floats, lon_deg: Floats) -> Geometry:
    """The polygon through points (N,), not closed; cut in two if it crosses the antimeridian.

    Neighbouring points must be less than 180 degrees of longitude apart.
    """
    lon = np.unwrap(np.append(lon_deg, lon_deg[0]), period=360.0)
    lat = np.append(lat_deg, lat_deg[0])
    if abs(lon[-1] - lon[0]) > 180.0:  # once around the Earth: a pole lies inside
        pole = 90.0 if lat.mean() > 0.0 else -90.0
        lon, lat = np.append(lon, [lon[-1], lon[0]]), np.append(lat, [pole, pole])
    whole = shapely.make_valid(Polygon(np.column_stack((lon, lat)))).buffer(0)
    world = shapely.box(-180.0, -90.0, 180.0, 90.0)
    turned = [translate(whole, turn).intersection(world) for turn in (-360.0, 0.0, 360.0)]
    parts = [
        item
        for item in shapely.get_parts(shapely.union_all(turned, grid_size=10.0**-_DECIMALS))
        if item.area > 0.0
    ]
    rounded = [
        shapely.geometry.polygon.orient(Polygon(np.round(part.exterior.coords, _DECIMALS)))
        for part in parts
    ]
    return rounded[0] if len(rounded) == 1 else MultiPolygon(rounded)


def bbox(shape: Geometry) -> list[float]:
    """West, south, east, north [deg]; west > east if the box crosses the antimeridian. Source: RFC 7946, 5.2."""
    west, south, east, north = (float(value) for value in shape.bounds)
    boxes = [part.bounds for part in shapely.get_parts(shape)]
    if len(boxes) == 2 and west == -180.0 and east == 180.0:
        left, right = sorted(boxes, key=lambda item: item[0])
        west, east = float(right[0]), float(left[2])
    return [west, south, east, north]


def feature(shape: Geometry | None, properties: dict[str, object]) -> dict[str, Any]:
    """A GeoJSON feature."""
    geometry = None if shape is None else shapely.geometry.mapping(shape)
    return {"type": "Feature", "geometry": geometry, "properties": properties}
