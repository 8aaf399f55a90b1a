"""Targets from GeoJSON: points, and areas, which become as many shots as it takes to cover them.

Source: RFC 7946.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import shapely
from shapely import Geometry
from shapely.errors import ShapelyError
from shapely.geometry import shape

from payload.errors import ScenarioError
from payload.imaging.areas import MOST_SHOTS, Framing, TooLarge, area_km2, lay_shots
from payload.imaging.wishes import Wishes, passed_over, read_wishes
from payload.types import Coverage, Target

MAX_NAME_CHARACTERS = 64
MAX_FILE_BYTES = 100_000_000

_DEPTHS = {"Point": 0, "Polygon": 2, "MultiPolygon": 3}
_FORBIDDEN = "/\\"  # names become parts of ids and of file names


@dataclass(frozen=True, slots=True)
class Requested:
    """What a file requests.

    Attributes:
        targets: In the file's order.
        notes: What a person should know about the file, in sentences.
    """

    targets: tuple[Target, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Feature:
    """A feature, before it becomes one or more targets."""

    name: str
    point: tuple[float, float]
    area: Geometry | None
    wishes: Wishes
    properties: Mapping[str, object]


def read_targets(
    path: Path, *, framing: Framing | None = None, epoch_utc: datetime | None = None
) -> Requested:
    """Read the targets of a GeoJSON file: a FeatureCollection, a Feature or a geometry.

    The properties of a Feature may give its `name` (unique; by default `target-<n>`) and how it is wanted: see
    `payload.imaging.wishes`. An area becomes as many shots as it takes to cover it, named `<name>/1`, `<name>/2`, …;
    one that fits into a frame stays one target, as does every area if there is no framing.

    Args:
        path: The file.
        framing: Of the camera.
        epoch_utc: Start of the run; deadlines must be later.

    Raises:
        ScenarioError: The file cannot be read, or a feature is wrong; the message says which and how.
    """
    found = _features(_read(path), path)
    if not found:
        raise ScenarioError(f"{path} holds no target")
    features = [
        _read_feature(item, number, f"{path}, feature {number}", epoch_utc)
        for number, item in enumerate(found, start=1)
    ]
    counts = Counter(item.name for item in features)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ScenarioError(
            f"{path}: the name {twice[0]!r} is used for {counts[twice[0]]} targets;"
            " names must differ"
        )
    targets = tuple(target for item in features for target in _targets(item, framing, path))
    unread = passed_over(item.properties for item in features)
    return Requested(targets, () if unread is None else (f"{path.name} has {unread}",))


def _targets(feature: _Feature, framing: Framing | None, path: Path) -> list[Target]:
    """One target for a point; for an area, one for each of its shots."""
    name, (lon_deg, lat_deg), wishes = feature.name, feature.point, feature.wishes
    if feature.area is None or framing is None:
        return [Target(name, lat_deg, lon_deg, **wishes)]
    try:
        shots = lay_shots(feature.area, framing, middle=feature.point)
    except TooLarge as error:
        raise ScenarioError(
            f"{path}: the area {name!r} of {area_km2(feature.area):,.0f} km2 needs more than {error.args[0]:,} "
            f"shots of {framing.width_km:g} x {framing.height_km:g} km, more than the allowed {MOST_SHOTS:,}:"
            " use a smaller area, a wider swath or targets.mapping"
        ) from error
    names = [name] if len(shots) == 1 else [f"{name}/{n}" for n in range(1, len(shots) + 1)]
    return [
        Target(own, shot.lat_deg, shot.lon_deg, **wishes, coverage=Coverage(name, shot.tile_shares))
        for own, shot in zip(names, shots, strict=True)
    ]


def _read(path: Path) -> object:
    try:
        if not path.is_file():
            raise ScenarioError(f"{path} is not a file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ScenarioError(f"{path} is larger than {MAX_FILE_BYTES:,} bytes")
        loaded: object = json.loads(path.read_text(encoding="utf-8-sig"), parse_int=float)
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path} is not a text file: byte {error.start} is not UTF-8"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{path} is not JSON: {error}") from error
    return loaded


def _features(loaded: object, path: Path) -> list[Mapping[str, object]]:
    if not isinstance(loaded, dict):
        raise ScenarioError(f"{path} is not GeoJSON: expected an object")
    kind = loaded.get("type")
    if kind == "FeatureCollection":
        features = loaded.get("features")
        if not isinstance(features, list):
            raise ScenarioError(f"{path}: a FeatureCollection needs a list of features")
        return features
    if kind == "Feature":
        return [loaded]
    return [{"type": "Feature", "properties": {}, "geometry": loaded}]


def _read_feature(feature: object, number: int, where: str, epoch_utc: datetime | None) -> _Feature:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ScenarioError(f"{where}: expected a GeoJSON Feature")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise ScenarioError(f"{where}: properties must be an object")
    name = _name(properties.get("name"), f"target-{number}", where)
    where = f"{where} ({name})"
    point, area = _place(feature.get("geometry"), where)
    wishes = read_wishes(properties, where, epoch_utc)
    return _Feature(name, point, area, wishes, properties)


def _name(found: object, default: str, where: str) -> str:
    if found is None:
        return default
    if not isinstance(found, str):
        raise ScenarioError(f"{where}: the name {found!r} is not text")
    name = found.strip()
    if len(name) > MAX_NAME_CHARACTERS:
        raise ScenarioError(
            f"{where}: the name {name[:20]!r}… has {len(name)} characters;"
            f" expected at most {MAX_NAME_CHARACTERS}"
        )
    if not any(char.isalnum() for char in name):
        raise ScenarioError(f"{where}: the name {found!r} contains no letter and no digit")
    if not name.isprintable() or any(char in _FORBIDDEN for char in name):
        raise ScenarioError(
            f"{where}: the name {name!r} contains a slash or a control character,"
            " which a file name cannot"
        )
    return name


def _place(geometry: object, where: str) -> tuple[tuple[float, float], Geometry | None]:
    """Longitude and latitude [deg] that represent a geometry, and the geometry itself if it is an area."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in _DEPTHS:
        wanted = ", ".join(_DEPTHS)
        raise ScenarioError(f"{where}: the geometry is {kind!r}; expected one of {wanted}")
    coordinates = geometry.get("coordinates")
    for lon_deg, lat_deg in _positions(coordinates, _DEPTHS[str(kind)], where):
        if not (abs(lon_deg) <= 180.0 and abs(lat_deg) <= 90.0):
            raise ScenarioError(
                f"{where}: longitude {lon_deg}, latitude {lat_deg} is not on the globe;"
                f" {_moved(lon_deg, lat_deg, is_point=kind == 'Point')}"
            )
    if not coordinates:
        raise ScenarioError(f"{where}: the geometry is empty")
    try:
        found = shape(geometry)
    except (ShapelyError, ValueError, TypeError, IndexError) as error:
        raise ScenarioError(f"{where}: the geometry cannot be read: {error}") from error
    if found.is_empty:
        raise ScenarioError(f"{where}: the geometry is empty")
    if not found.is_valid:
        raise ScenarioError(f"{where}: the area is not valid: {shapely.is_valid_reason(found)}")
    if any(part.bounds[2] - part.bounds[0] > 180.0 for part in getattr(found, "geoms", [found])):
        raise ScenarioError(
            f"{where}: the area spans more than 180 deg of longitude;"
            " cut it in two at the antimeridian (RFC 7946, 3.1.9)"
        )
    if kind == "Point":
        return (float(found.x), float(found.y)), None
    point = found.representative_point()
    return (float(point.x), float(point.y)), found


def _moved(lon_deg: float, lat_deg: float, *, is_point: bool) -> str:
    """What to write instead of a position that is not on the globe."""
    if abs(lat_deg) > 90.0 or abs(lon_deg) > 360.0:
        return "longitude comes first, in degrees (WGS 84)"
    turned = f"longitudes run from -180 to 180: write {math.remainder(lon_deg, 360.0):.9g}"
    return turned if is_point else f"{turned}, and cut the area in two there (RFC 7946, 3.1.9)"


def _positions(coordinates: object, depth: int, where: str) -> Iterator[tuple[float, float]]:
    """Longitude and latitude of every position nested `depth` lists deep."""
    if not isinstance(coordinates, list):
        raise ScenarioError(
            f"{where}: the coordinates are not a list nested as deeply as the geometry requires"
        )
    if depth:
        for inner in coordinates:
            yield from _positions(inner, depth - 1, where)
    else:
        numbers = [item for item in coordinates if isinstance(item, float)]
        if len(numbers) != len(coordinates) or not 2 <= len(numbers) <= 4:
            raise ScenarioError(
                f"{where}: {str(coordinates)[:60]} is not a position (longitude and latitude)"
            )
        if not all(math.isfinite(number) for number in numbers):
            raise ScenarioError(
                f"{where}: {str(coordinates)[:60]} is not a place: numbers must be finite"
            )
        yield numbers[0], numbers[1]
