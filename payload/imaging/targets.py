"""Targets from GeoJSON: points, and areas for which a point inside them stands.

Source: RFC 7946.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from payload.errors import ScenarioError
from payload.types import Target
from payload.units import S_PER_H

MAX_NAME_CHARACTERS = 64
MAX_FILE_BYTES = 100_000_000
_MOST_HOURS = 100_000

_DEPTHS = {"Point": 0, "Polygon": 2, "MultiPolygon": 3}
_FORBIDDEN = "/\\"  # names become parts of ids and of file names


def load_targets(path: Path) -> tuple[Target, ...]:
    """The targets of a GeoJSON file, in order: a FeatureCollection, a Feature or a geometry.

    A Feature may say its `name` (unique; `target-<n>` otherwise), its `priority` (a number from
    0 to 1,000,000; 1 otherwise) and `deliver_within_h` (hours from exposure to the ground; nobody waits
    otherwise) among its properties. A point inside stands for an area.

    Raises:
        ScenarioError: The file cannot be read, or which feature is wrong and how.
    """
    features = _features(_read(path), path)
    if not features:
        raise ScenarioError(f"{path} holds no target")
    targets = tuple(
        _target(feature, number, f"{path}, feature {number}")
        for number, feature in enumerate(features, start=1)
    )
    counts = Counter(target.name for target in targets)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ScenarioError(
            f"{path}: the name {twice[0]!r} stands for {counts[twice[0]]} targets;"
            " names must differ"
        )
    return targets


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
        raise ScenarioError(f"{path} is not a text file: byte {error.start} is no UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{path} is no JSON: {error}") from error
    return loaded


def _features(loaded: object, path: Path) -> list[Mapping[str, object]]:
    if not isinstance(loaded, dict):
        raise ScenarioError(f"{path} is no GeoJSON: an object is wanted")
    kind = loaded.get("type")
    if kind == "FeatureCollection":
        features = loaded.get("features")
        if not isinstance(features, list):
            raise ScenarioError(f"{path}: a FeatureCollection needs a list of features")
        return features
    if kind == "Feature":
        return [loaded]
    return [{"type": "Feature", "properties": {}, "geometry": loaded}]


def _target(feature: object, number: int, where: str) -> Target:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ScenarioError(f"{where}: a GeoJSON Feature is wanted")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise ScenarioError(f"{where}: properties must be an object")
    name = _name(properties.get("name"), f"target-{number}", where)
    lon_deg, lat_deg = _point(feature.get("geometry"), f"{where} ({name})")
    priority = _priority(properties.get("priority"), f"{where} ({name})")
    within_s = _deliver_within_s(properties.get("deliver_within_h"), f"{where} ({name})")
    return Target(name, lat_deg, lon_deg, priority, within_s)


def _name(found: object, default: str, where: str) -> str:
    if found is None:
        return default
    if not isinstance(found, str):
        raise ScenarioError(f"{where}: the name {found!r} is no text")
    name = found.strip()
    if len(name) > MAX_NAME_CHARACTERS:
        raise ScenarioError(
            f"{where}: the name {name[:20]!r}… has {len(name)} characters;"
            f" at most {MAX_NAME_CHARACTERS} are wanted"
        )
    if not any(char.isalnum() for char in name):
        raise ScenarioError(f"{where}: the name {found!r} holds no letter and no digit")
    if not name.isprintable() or any(char in _FORBIDDEN for char in name):
        raise ScenarioError(
            f"{where}: the name {name!r} holds a slash or a control character,"
            " which no file name can"
        )
    return name


def _priority(found: object, where: str) -> float:
    if found is None:
        return 1.0
    if not isinstance(found, float):
        raise ScenarioError(f"{where}: the priority {found!r} is no number")
    if not 0.0 <= found <= 1e6:
        raise ScenarioError(f"{where}: the priority {found} is not between 0 and 1,000,000")
    return float(found)


def _deliver_within_s(found: object, where: str) -> float:
    if found is None:
        return math.inf
    if not isinstance(found, float) or not 0.0 < found <= _MOST_HOURS:
        raise ScenarioError(
            f"{where}: deliver_within_h is {found!r}; hours above 0, at most {_MOST_HOURS:,}, are wanted"
        )
    return found * S_PER_H


def _point(geometry: object, where: str) -> tuple[float, float]:
    """Longitude and latitude [deg] that stand for a geometry."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in _DEPTHS:
        wanted = ", ".join(_DEPTHS)
        raise ScenarioError(f"{where}: the geometry is {kind!r}; one of {wanted} is wanted")
    coordinates = geometry.get("coordinates")
    for lon_deg, lat_deg in _positions(coordinates, _DEPTHS[str(kind)], where):
        if not (abs(lon_deg) <= 180.0 and abs(lat_deg) <= 90.0):
            raise ScenarioError(
                f"{where}: longitude {lon_deg}, latitude {lat_deg} is not on the globe;"
                " longitude comes first, in degrees (WGS 84)"
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
    point = found if kind == "Point" else found.representative_point()
    return float(point.x), float(point.y)


def _positions(coordinates: object, depth: int, where: str) -> Iterator[tuple[float, float]]:
    """Longitude and latitude of every position that is nested `depth` lists deep."""
    if not isinstance(coordinates, list):
        raise ScenarioError(
            f"{where}: the coordinates are no list of the depth that the geometry has"
        )
    if depth:
        for inner in coordinates:
            yield from _positions(inner, depth - 1, where)
    else:
        numbers = [item for item in coordinates if isinstance(item, float)]
        if len(numbers) != len(coordinates) or not 2 <= len(numbers) <= 4:
            raise ScenarioError(
                f"{where}: {str(coordinates)[:60]} is no position of longitude and latitude"
            )
        if not all(math.isfinite(number) for number in numbers):
            raise ScenarioError(
                f"{where}: {str(coordinates)[:60]} is no place: numbers must be finite"
            )
        yield numbers[0], numbers[1]
