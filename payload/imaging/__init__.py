"""What the camera can image.

- `read_targets`: places from GeoJSON.
- `find_opportunities`: when a satellite passes them closely enough, in daylight.
- `sensor`: size of an image in bytes, kilometres and seconds.
- `tiling`: a scene into tiles.
- `painted`: a scene held in memory, read once and cut more than once.

>>> from payload.imaging.sensor import raw_volume_bytes
>>> from payload.types import Radiometry, Sensor
>>> bands = ("blue", "green", "red", "nir")
>>> sensor = Sensor(bands, 10.0, 1024, 768, 12, Radiometry(1.6 / 4095), 30.0, 10.0, 30.0)
>>> raw_volume_bytes(sensor)
4718592
"""

from payload.imaging.access import SunElevation, find_opportunities
from payload.imaging.targets import read_targets

__all__ = ["SunElevation", "find_opportunities", "read_targets"]
