"""Divide an area into shots: frames laid across it, row by row from south to north, with each tile's share of it.

Areas are measured in Lambert's cylindrical equal-area projection, in which a quadrangle of degrees is a rectangle:
x is the longitude, y the sine of the authalic latitude. Frames are quadrangles of degrees, too, which is near enough up to a
degree from a pole; closer to it, the tiles that hold the area differ (a tenth of it at 89.9 deg in frames of 16 km), and a frame
much wider than high, or a pole inside, can miss corners of its cell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from payload.geometry.earth import WGS84_ECCENTRICITY2, WGS84_RADIUS_KM
from payload.geometry.grid import TileGrid
from payload.units import M_PER_KM

AUTHALIC_RADIUS_KM = 6371.0071809
"""[km] Of the sphere with the surface area of WGS 84. Source: Snyder 1987, USGS Professional Paper 1395, eq. 3-13."""
MOST_SHOTS = 2_000
"""Areas that need more are refused. Assumption: a satellite takes some hundreds of images a day at most."""
_FINE_DEG = 0.25  # edges are straight in degrees (RFC 7946, 3.1.1): greatest length of their pieces
_DUST = 1e-9  # share of an area that counts as none
_MOST_ROWS = 100_000
_AREAS = 2_000  # areas whose shots are cached: a scenario is checked before it is flown, and a sweep flies many


@dataclass(frozen=True, slots=True)
class Framing:
    """A camera's frame on the ground at nadir, and its division into tiles."""

    height_px: int
    width_px: int
    gsd_m: float
    tile_px: int

    @property
    def height_km(self) -> float:
        """[km] Along the track; north to south in a scene."""
        return self.height_px * self.gsd_m / M_PER_KM

    @property
    def width_km(self) -> float:
        """[km] Across the track; west to east in a scene."""
        return self.width_px * self.gsd_m / M_PER_KM


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame around a place; `tile_shares` is the share of the area in each of its tiles, in grid order."""

    lat_deg: float
    lon_deg: float
    tile_shares: tuple[float, ...]


class TooLarge(Exception):  # noqa: N818 - re-raised as a ScenarioError where the file is known
    """An area needs too many shots; the only argument is a lower bound on their number."""


def area_km2(area: Geometry) -> float:
    """[km2] Area on WGS 84 of a geometry in degrees of longitude and latitude."""
    return float(shapely.area(_flat(area)))


@lru_cache(maxsize=_AREAS)
def lay_shots(area: Geometry, framing: Framing, *, middle: tuple[float, float]) -> tuple[Shot, ...]:
    """Lay frames across an area, in each row as few as cover it; results are cached.

    Args:
        area: Valid polygons in degrees of longitude and latitude.
        framing: Of the camera.
        middle: [deg] Longitude and latitude that represent the area; the place of its only shot, if a frame
            around it covers the area.

    Returns:
        Shots from south to north, in each row from west to east. Their `tile_shares` add up to 1.

    Raises:
        TooLarge: There would be more than `MOST_SHOTS`.
    """
    area = _rejoined(area)
    flat = _flat(area)
    whole_km2 = float(shapely.area(flat))
    least = whole_km2 / (framing.width_km * framing.height_km)
    if least > MOST_SHOTS:
        raise TooLarge(int(least))
    west, south, east, north = (float(edge) for edge in shapely.bounds(area))
    lon, lat = middle
    inside = (lon if lon >= west else lon + 360.0, lat)
    for lon, lat in (inside, ((west + east) / 2, (south + north) / 2)):
        if _frame(lon, lat, framing).covers(flat):
            (shares,) = _tile_shares([flat], [(lon, lat)], framing, whole_km2)
            return (Shot(lat, lon if lon <= 180.0 else lon - 360.0, shares),)
    held, middles = list[Geometry](), list[tuple[float, float]]()
    for piece, lon, lat in _cells(area, framing):
        part = shapely.intersection(flat, piece)
        if shapely.area(part) > _DUST * whole_km2:
            held.append(part)
            middles.append((lon, lat))
        if len(held) > MOST_SHOTS:
            raise TooLarge(len(held))
    found = _tile_shares(held, middles, framing, whole_km2)
    return tuple(
        Shot(lat, (lon + 180.0) % 360.0 - 180.0, shares)
        for (lon, lat), shares in zip(middles, found, strict=True)
    )


def _rejoined(area: Geometry) -> Geometry:
    """An area cut in two at the antimeridian (RFC 7946, 3.1.9) in one piece, reaching beyond 180 deg; any other unchanged."""
    west, _, east, _ = shapely.bounds(area).tolist()
    if not (west == -180.0 and east == 180.0):
        return area
    parts = [
        shapely.transform(part, lambda points: np.add(points, (360.0, 0.0)))
        if shapely.bounds(part)[0] < 0.0
        else part
        for part in shapely.get_parts(area)
    ]
    joined = shapely.union_all(parts)
    west, _, east, _ = shapely.bounds(joined).tolist()
    return joined if east - west < 180.0 else area


def _cells(area: Geometry, framing: Framing) -> Iterator[tuple[Geometry, float, float]]:
    """Cells that cover an area: their outline in the plane, and longitude and latitude of their centres."""
    _, south, _, north = (float(edge) for edge in shapely.bounds(area))
    steepest = max(abs(south), abs(north))
    # A parallel is not a straight line in a frame: the frame must reach beyond it by the sagitta.
    bow_km = framing.width_km**2 * np.tan(np.radians(steepest)) / (8.0 * WGS84_RADIUS_KM)
    row_km = max(framing.height_km - float(bow_km), framing.height_km / 2)
    row_deg = row_km / _km_per_deg_lat(steepest)
    rows = int(np.ceil((north - south) / row_deg - _DUST))
    if rows > _MOST_ROWS:
        raise TooLarge(rows)
    first = (south + north - rows * row_deg) / 2
    for row in range(rows):
        low = max(first + row * row_deg, -90.0)  # the rows together are taller than the area
        high = min(first + (row + 1) * row_deg, 90.0)
        band = shapely.intersection(area, shapely.box(-360.0, low, 360.0, high))
        if shapely.is_empty(band):
            continue
        nearest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
        wide_deg = min(framing.width_km / _km_per_deg_lon(nearest), 360.0)
        for left in _lefts(band, wide_deg):
            edges = _plane(np.array([left, left + wide_deg]), np.array([low, high]))
            yield (
                shapely.box(edges[0, 0], edges[0, 1], edges[1, 0], edges[1, 1]),
                left + wide_deg / 2,
                (low + high) / 2,
            )


def _lefts(band: Geometry, wide_deg: float) -> Iterator[float]:
    """[deg] Western edges of as few cells as cover a band, each stretch of it centred in its cells."""
    parts = [part for part in shapely.get_parts(band) if shapely.area(part) > 0.0]
    stretches: list[list[float]] = []
    for west, _, east, _ in sorted(tuple(shapely.bounds(part).tolist()) for part in parts):
        if stretches and west <= stretches[-1][0] + wide_deg * _count(stretches[-1], wide_deg):
            stretches[-1][1] = max(stretches[-1][1], east)
        else:
            stretches.append([west, east])
    reached = -np.inf
    for stretch in stretches:
        count = _count(stretch, wide_deg)
        spare = count * wide_deg - (stretch[1] - stretch[0])
        left = max(stretch[0] - spare / 2, reached)
        for index in range(count):
            yield left + index * wide_deg
        reached = left + count * wide_deg


def _count(stretch: list[float], wide_deg: float) -> int:
    return max(1, int(np.ceil((stretch[1] - stretch[0]) / wide_deg - _DUST)))


def _tile_shares(
    held: Sequence[Geometry],
    middles: Sequence[tuple[float, float]],
    framing: Framing,
    whole_km2: float,
) -> list[tuple[float, ...]]:
    """Shares of an area in each tile of frames around places; those of a frame add up to the share it is to hold.

    Args:
        held: The part of the area that each frame is to hold.
        middles: [deg] Longitude and latitude of each frame's centre.
        framing: Of the camera.
        whole_km2: [km2] Of the area.
    """
    if not held:
        return []
    tops, lefts, bottoms, rights = _edges(framing)
    corners = ((lefts, tops), (rights, bottoms))
    north_west, south_east = (
        _plane(*np.hstack([_places(cols, rows, *middle, framing) for middle in middles]))
        for cols, rows in corners
    )
    boxes = shapely.box(north_west[:, 0], south_east[:, 1], south_east[:, 0], north_west[:, 1])
    inside = _common(np.repeat(held, tops.size), boxes)
    held_km2 = shapely.area(held).tolist()
    shares = []
    for each_km2, tiles in zip(held_km2, inside.reshape(len(held), -1), strict=True):
        total = float(tiles.sum())
        scale = each_km2 / whole_km2 / total if total else 0.0
        shares.append(tuple((tiles * scale).tolist()))
    return shares


def _common(areas: NDArray[np.object_], boxes: NDArray[np.object_]) -> NDArray[np.float64]:
    """[km2] Common area of each area and its box, shape (N,); intersections are computed only where edges cross a box."""
    shapely.prepare(areas)
    whole = shapely.contains_properly(areas, boxes)
    crossed = shapely.intersects(areas, boxes) & ~whole
    found = np.where(whole, shapely.area(boxes), 0.0)
    found[crossed] = shapely.area(shapely.intersection(areas[crossed], boxes[crossed]))
    return found


@lru_cache(maxsize=4)
def _edges(framing: Framing) -> NDArray[np.float64]:
    """[px] Top, left, bottom and right of each tile of a frame, in grid order, shape (4, T)."""
    grid = TileGrid(framing.height_px, framing.width_px, framing.tile_px)
    return np.array(
        [
            (item.top_px, item.left_px, item.top_px + item.height_px, item.left_px + item.width_px)
            for item in grid.windows
        ],
        np.float64,
    ).T


def _places(
    cols_px: NDArray[np.float64],
    rows_px: NDArray[np.float64],
    lon_deg: float,
    lat_deg: float,
    framing: Framing,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[deg] Longitudes and latitudes of points in a frame, rows counted from the north."""
    east_km = (cols_px - framing.width_px / 2) * framing.gsd_m / M_PER_KM
    north_km = (framing.height_px / 2 - rows_px) * framing.gsd_m / M_PER_KM
    lat = np.clip(lat_deg + north_km / _km_per_deg_lat(lat_deg), -90.0, 90.0)
    return lon_deg + east_km / _km_per_deg_lon(lat_deg), lat


def _frame(lon_deg: float, lat_deg: float, framing: Framing) -> Geometry:
    """Outline of a frame in the plane."""
    cols, rows = np.array([0.0, framing.width_px]), np.array([framing.height_px, 0.0])
    edges = _plane(*_places(cols, rows, lon_deg, lat_deg, framing))
    return shapely.box(edges[0, 0], edges[0, 1], edges[1, 0], edges[1, 1])


def _flat(area: Geometry) -> Geometry:
    """Project a geometry in degrees to the plane, in km."""
    fine = shapely.segmentize(area, _FINE_DEG)
    return shapely.transform(fine, lambda points: _plane(points[:, 0], points[:, 1]))


def _plane(lon_deg: NDArray[np.float64], lat_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """[km] Lambert's cylindrical equal-area projection, shape (N, 2).

    Source: Snyder 1987, USGS Professional Paper 1395, eq. 3-11, 3-12 and 10-13, at a true latitude of 0 on the
    authalic sphere.
    """
    y_km = AUTHALIC_RADIUS_KM * _q(np.sin(np.radians(lat_deg))) / _q(np.array(1.0))
    return np.stack((AUTHALIC_RADIUS_KM * np.radians(lon_deg), y_km), axis=-1)


def _q(sine: NDArray[np.float64]) -> NDArray[np.float64]:
    square, root = WGS84_ECCENTRICITY2, np.sqrt(WGS84_ECCENTRICITY2)
    logarithm = np.log((1.0 - root * sine) / (1.0 + root * sine)) / (2.0 * root)
    return np.asarray((1.0 - square) * (sine / (1.0 - square * sine**2) - logarithm), np.float64)


def _km_per_deg_lat(lat_deg: float) -> float:
    """[km] Length of a degree along the meridian of WGS 84. Source: Snyder 1987, eq. 4-18."""
    bend = 1.0 - WGS84_ECCENTRICITY2 * np.sin(np.radians(lat_deg)) ** 2
    return float(np.radians(1.0) * WGS84_RADIUS_KM * (1.0 - WGS84_ECCENTRICITY2) / bend**1.5)


def _km_per_deg_lon(lat_deg: float) -> float:
    """[km] Length of a degree along a parallel of WGS 84, at least a metre. Source: Snyder 1987, eq. 4-20, 4-21."""
    lat = np.radians(lat_deg)
    radius_km = WGS84_RADIUS_KM / np.sqrt(1.0 - WGS84_ECCENTRICITY2 * np.sin(lat) ** 2)
    return max(float(np.radians(1.0) * radius_km * np.cos(lat)), 1e-3)
