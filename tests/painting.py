"""Scenes of the synthetic Earth to compare, and how to paint them without compiled loops."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from payload.types import Radiometry, Sensor, View
from payload.world import quick
from payload.world.synthetic import Synthetic

CAMERA = Sensor(
    ("blue", "green", "red", "nir"), 10.0, 256, 256, 12, Radiometry(3e-4, -0.1), 30.0, 10.0, 5.0
)
JUNE = datetime(2025, 6, 1, tzinfo=UTC)


def scene(lat_deg, lon_deg, *, day=0, world=MappingProxyType({}), **camera):
    """A scene at half past ten of the sun's time, with options of the world and of the camera."""
    utc = JUNE + timedelta(days=day, hours=(10.5 - lon_deg / 15.0) % 24.0)
    view = View("v", "t", lat_deg, lon_deg, utc, 40.0, replace(CAMERA, **camera))
    return Synthetic(seed=3, **world).scene(view)


def numpy_alone(monkeypatch):
    """Paint as where numba is not installed."""
    monkeypatch.setattr(quick, "_woken", [])
    monkeypatch.setattr(quick, "can_compile", lambda: False)
