"""Landsat 8 level 1: information in a product's name and metadata, and digital numbers as reflectance.

Source of the arithmetic: USGS, "Using the USGS Landsat Level-1 Data Product",
https://www.usgs.gov/landsat-missions/using-usgs-landsat-level-1-data-product.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.orbit.sun import sun_elevation_deg
from payload.types import UNKNOWN

BANDS = (2, 3, 4, 5)
"""Numbers of blue, green, red and near infrared on OLI."""

RESOLUTION_M = 30.0

# Every reflective band of every OLI level 1 product has the same scale, as all MTL files state.
_MULT, _ADD = 2e-5, -0.1

# The orbit of Landsat 8: inclination 98.2 deg, descending node at 10:11 mean local time
# (https://landsat.usgs.gov/what-are-orbit-paths-landsat-satellites); an orbit has 248 rows, and row 60
# lies on the equator (Worldwide Reference System 2).
_LEAN_RAD = math.radians(180.0 - 98.2)
_ROWS, _EQUATOR_ROW = 248, 60
_EQUATOR_S = (10 * 60 + 11) * 60.0
_DAY_S = 86_400.0

_COLLECTION = re.compile(r"L[COT]08_L1[A-Z]{2}_(\d{3})(\d{3})_(\d{8})_\d{8}_\d{2}_(?:T1|T2|RT)")
_PRE_COLLECTION = re.compile(r"L[COT]8(\d{3})(\d{3})(\d{7})[A-Z]{3}\d{2}")


@dataclass(frozen=True, slots=True)
class Product:
    """A Landsat 8 scene, by its name: `LC08_L1TP_002053_20160520_20170324_01_T1` or `LC8...LGN00`."""

    name: str
    wrs_path: int
    wrs_row: int
    day: datetime

    @property
    def place(self) -> str:
        """Path and row: two passes over one place must not end up on both sides of a split."""
        return f"landsat_{self.wrs_path:03}_{self.wrs_row:03}"


def find_product(text: str) -> Product | None:
    """Find the product named in a text, such as a patch's file name; None if there is none."""
    for pattern, form in ((_COLLECTION, "%Y%m%d"), (_PRE_COLLECTION, "%Y%j")):
        if match := pattern.search(text):
            try:
                day = datetime.strptime(match[3], form).replace(tzinfo=UTC)
            except ValueError:
                return None
            return Product(match[0], int(match[1]), int(match[2]), day)
    return None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Converts digital numbers to reflectance at the top of the atmosphere: (DN x mult + add) / sin(sun)."""

    mult: tuple[float, ...]
    add: tuple[float, ...]
    sun_elevation_deg: float

    def to_dn(self, level1: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Level 1 numbers, shape (4, H, W), as reflectance x 10000; 0 where there is no data."""
        column = (len(self.mult), 1, 1)
        scale = 1e4 / math.sin(math.radians(self.sun_elevation_deg))
        mult = np.array(self.mult, np.float32).reshape(column)
        add = np.array(self.add, np.float32).reshape(column)
        reflectance = np.rint((level1 * mult + add) * np.float32(scale))
        dn: NDArray[np.uint16] = np.clip(reflectance, 0, 65535).astype(np.uint16)
        dn[:, is_fill(level1)] = 0
        return dn


def is_fill(level1: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Where any band has no data, shape (H, W): level 1 reserves 0 for that."""
    return np.asarray((level1 == 0).any(axis=0), dtype=np.bool_)


def hide_fill(truth: NDArray[np.uint8], level1: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The truth, unknown where there is no data."""
    return np.where(is_fill(level1), np.uint8(UNKNOWN), truth)


def read_mtl(path: Path) -> Calibration:
    """Read the calibration of blue, green, red and near infrared from a scene's `_MTL.txt`.

    Raises:
        ImageryError: The file cannot be read, or a value is missing or out of range.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ImageryError(f"{path}: the metadata of the scene cannot be read: {error}") from error
    values = dict(re.findall(r"^\s*(\w+)\s*=\s*(\S+)\s*$", text, flags=re.MULTILINE))

    def number(key: str) -> float:
        try:
            return float(values[key])
        except KeyError as error:
            raise ImageryError(f"{path}: there is no {key}") from error
        except ValueError as error:
            raise ImageryError(f"{path}: {key} is {values[key]!r}; expected a number") from error

    calibration = Calibration(
        mult=tuple(number(f"REFLECTANCE_MULT_BAND_{band}") for band in BANDS),
        add=tuple(number(f"REFLECTANCE_ADD_BAND_{band}") for band in BANDS),
        sun_elevation_deg=number("SUN_ELEVATION"),
    )
    check_sun(calibration.sun_elevation_deg, str(path))
    return calibration


def assumed_calibration(product: Product, sun_elevation: float | None = None) -> Calibration:
    """The calibration of a scene without metadata.

    The scale is that of every OLI product. The sun elevation, unless given in degrees, is estimated
    from the day and the row in the name (`estimate_sun_elevation_deg`).

    Raises:
        ImageryError: The sun would not be above the horizon.
    """
    sun = estimate_sun_elevation_deg(product) if sun_elevation is None else sun_elevation
    check_sun(sun, product.name)
    return Calibration((_MULT,) * len(BANDS), (_ADD,) * len(BANDS), sun)


def check_sun(elevation_deg: float, where: str) -> None:
    """Raise `ImageryError` unless the sun is above the horizon."""
    if not 0.0 < elevation_deg <= 90.0:
        raise ImageryError(
            f"{where}: the sun elevation is {elevation_deg:g} deg; "
            "expected above 0, at most 90 deg, to compute reflectance"
        )


def estimate_sun_elevation_deg(product: Product) -> float:
    """[deg] Sun elevation at the middle of a scene, from its day and its row alone.

    Landsat 8 passes each row at a fixed local time, so the row gives latitude and time of day.
    Assumption: it keeps that time to some minutes, and the scene lies in the descending half of the
    orbit. Within 0.2 deg of the sun in the metadata of scenes that were compared.

    Source: spherical trigonometry on a circular orbit; `payload.orbit.sun` for the sun.
    """
    before_equator = math.radians((_EQUATOR_ROW - product.wrs_row) * 360.0 / _ROWS)
    lat_deg = math.degrees(math.asin(math.sin(_LEAN_RAD) * math.sin(before_equator)))
    eastwards_rad = math.atan2(
        math.cos(_LEAN_RAD) * math.sin(before_equator), math.cos(before_equator)
    )
    local_s = _EQUATOR_S + _DAY_S * eastwards_rad / (2.0 * math.pi)
    # At longitude 0, mean local time is UTC.
    elevation = sun_elevation_deg(
        np.array([lat_deg]), np.zeros(1), np.array([local_s]), epoch_utc=product.day
    )
    return float(elevation[0])
