"""A fleet for benchmarks: a Walker constellation, stations and areas spread evenly over the globe, any number of each."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payload.scenario.load import load_scenario
from payload.scenario.models import Scenario

_GOLDEN_DEG = 137.50776405
"""[deg] Golden angle, which spaces the points of a spiral evenly. Source: Vogel 1979, Mathematical Biosciences 44, 179-189."""
_KM_PER_DEG = 111.2
_AREA_KM = (22.0, 19.0)
"""[km] Width and height of an area: two by three frames of 1,024 px at 10 m."""


@dataclass(frozen=True, slots=True)
class FleetSize:
    """How large a fleet is, and how long it flies."""

    planes: int = 10
    satellites_per_plane: int = 10
    stations: int = 20
    targets: int = 2000
    hours: float = 24.0


def write_fleet(folder: Path, size: FleetSize) -> Scenario:
    """Write a scenario of a fleet and its targets (`fleet.yaml`, `targets.geojson`) into a folder, and load it."""
    areas = [
        _area(f"area-{number}", lat_deg, lon_deg)
        for number, (lat_deg, lon_deg) in enumerate(_spiral(size.targets, 65.0))
    ]
    collection = {"type": "FeatureCollection", "features": areas}
    (folder / "targets.geojson").write_text(json.dumps(collection), encoding="utf-8")
    path = folder / "fleet.yaml"  # JSON is YAML
    path.write_text(json.dumps(_sections(size), indent=1), encoding="utf-8")
    return load_scenario(path)


def _sections(size: FleetSize) -> dict[str, Any]:
    return {
        "name": "fleet",
        "seed": 1,
        "epoch_utc": "2026-06-21T00:00:00Z",
        "duration_h": size.hours,
        "constellations": [
            {
                "name": "walker",
                "altitude_km": 550,
                "ltan": "10:30",
                "planes": size.planes,
                "satellites_per_plane": size.satellites_per_plane,
                "raan_spread_deg": 30,
            }
        ],
        "stations": [
            {"name": f"station-{number}", "lat_deg": lat_deg, "lon_deg": lon_deg}
            for number, (lat_deg, lon_deg) in enumerate(_spiral(size.stations, 75.0))
        ],
        "targets": {"file": "targets.geojson"},
        "camera": {
            "gsd_m": 10,
            "width_px": 1024,
            "height_px": 1024,
            "max_off_nadir_deg": 35,
            "min_sun_elevation_deg": 15,
        },
        "scene": {"kind": "synthetic"},
        "pruning": {"tile_px": 256},
        "computer": {"profile": "myriad2-cloudscout"},
        "memory": {"capacity_mb": 2000},
        "link": {"kind": "fixed", "rate_mbps": 5},
        "fidelity": "surrogate",
    }


def _area(name: str, lat_deg: float, lon_deg: float) -> dict[str, Any]:
    up_deg = _AREA_KM[1] / 2 / _KM_PER_DEG
    side_deg = _AREA_KM[0] / 2 / _KM_PER_DEG / math.cos(math.radians(lat_deg))
    middle_deg = max(-179.0 + side_deg, min(179.0 - side_deg, lon_deg))  # not across the date line
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    ring = [[middle_deg + x * side_deg, lat_deg + y * up_deg] for x, y in corners]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _spiral(count: int, most_deg: float) -> Iterator[tuple[float, float]]:
    """Latitudes, at most `most_deg` either way, and longitudes of evenly spaced points."""
    top = math.sin(math.radians(most_deg))
    for number in range(count):
        sine = (1.0 - (2.0 * number + 1.0) / count) * top
        yield math.degrees(math.asin(sine)), (number * _GOLDEN_DEG) % 360.0 - 180.0
