"""The synthetic Earth as files: a scene with its truth, a global map of clouds, its statistical laws as measured."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from payload.errors import ScenarioError
from payload.orbit.sun import sun_elevation_deg
from payload.png import png_rgb, true_colour
from payload.ports import SceneSource
from payload.products.imagery import RasterWriter
from payload.products.laws import LawsReport, examine_laws
from payload.types import (
    CLOUD,
    SHADOW,
    SURFACES,
    THIN_CLOUD,
    UNKNOWN,
    Patch,
    Radiometry,
    Sensor,
    View,
    Window,
)
from payload.world.globe import seconds_since_2000
from payload.world.laws import YEAR_S, Survey
from payload.world.maps import coast, cover_map, global_mean, land
from payload.world.scene import LOWEST_SUN_DEG, SyntheticScene
from payload.world.synthetic import Synthetic

_PICTURE_PX = 1600  # longest side of a picture, approximately
_STRIPE_PX = 512
_MAP_ROWS, _YEAR_ROWS, _YEAR_MOMENTS = 720, 360, 96
_SEA, _LAND, _COAST = (12, 44, 92), (86, 104, 58), (214, 120, 24)
_CLASSES = {
    **{f"SKY_{code}": name for code, name in enumerate(("clear", "cloud", "shadow", "thin cloud"))},
    **{f"SURFACE_{code}": name for code, name in enumerate(SURFACES)},
}
_BANDS = ("blue", "green", "red", "nir")


@dataclass(frozen=True)
class Earth:
    """A world and the camera that observes it."""

    source: SceneSource
    sensor: Sensor

    @classmethod
    def plain(cls, *, seed: int = 0, gsd_m: float = 10.0, size_px: int = 1024) -> "Earth":
        """The synthetic Earth under a camera whose DN are reflectance x 10,000, as is usual for products."""
        camera = Sensor(_BANDS, gsd_m, size_px, size_px, 16, Radiometry(1e-4), 0.0, -90.0, 0.0)
        return cls(Synthetic(seed=seed), camera)

    @property
    def synthetic(self) -> Synthetic:
        """The world, if it is synthetic.

        Raises:
            ScenarioError: It is made of rasters.
        """
        if not isinstance(self.source, Synthetic):
            raise ScenarioError(
                "the scenario's scene is not `synthetic`, so there is nothing to show but its images"
            )
        return self.source


@dataclass(frozen=True, slots=True)
class SceneReport:
    """A painted scene.

    Attributes:
        image: GeoTIFF of the bands, with scale, offset and coordinate system.
        truth: GeoTIFF of three bands: truth (0 clear, 1 cloud, 2 shadow), sky (thin cloud is 3), and
            surface (an index into `payload.types.SURFACES`).
        depth: GeoTIFF of the optical depth of the clouds.
        picture: PNG in true colour.
        cloud_cover: Share of cloud by truth.
        shadow_cover: Share of cloud shadow.
        sun_elevation_deg: [deg] Sun elevation at the centre.
    """

    image: Path
    truth: Path
    depth: Path
    picture: Path
    cloud_cover: float
    shadow_cover: float
    sun_elevation_deg: float

    def lines(self) -> list[str]:
        """The report as lines of text; the last line is the picture."""
        shares = f"cloud {self.cloud_cover:.1%}, shadow {self.shadow_cover:.1%}"
        said = f"{shares}, sun {self.sun_elevation_deg:.1f} deg high"
        return [said, *map(str, (self.image, self.truth, self.depth, self.picture))]

    def notes(self) -> list[str]:
        """Caveats to the report."""
        dark = self.sun_elevation_deg < LOWEST_SUN_DEG
        painted = f"the scene is rendered with the sun {LOWEST_SUN_DEG:g} deg high"
        return [f"the sun is low or down; {painted}"] if dark else []


@dataclass(frozen=True, slots=True)
class MapReport:
    """A map that was drawn: its picture and the global mean cover on it."""

    picture: Path
    cloud_cover: float

    def lines(self) -> list[str]:
        """The report as lines of text; the last line is the picture."""
        return [f"cloud {self.cloud_cover:.1%} of the globe", str(self.picture)]

    def notes(self) -> list[str]:
        """No caveats."""
        return []


def paint_world(
    earth: Earth, lat_deg: float, lon_deg: float, utc: datetime, out: str | Path
) -> SceneReport:
    """Paint the scene around a place at a time, and write it with its truth and a picture.

    Args:
        earth: The world and the camera.
        lat_deg: [deg] Geodetic, of the centre.
        lon_deg: [deg] Of the centre.
        utc: The time, timezone-aware.
        out: The folder, created if missing.

    Raises:
        ImageryError: There is no such scene, or a raster cannot be written.
        ScenarioError: The folder cannot be written.
    """
    out = Path(out)
    place = np.array([lat_deg]), np.array([lon_deg])
    sun_deg = float(sun_elevation_deg(*place, np.zeros(1), epoch_utc=utc)[0])
    name = _name(lat_deg, lon_deg, utc, earth.sensor.gsd_m)
    view = View(name, name, lat_deg, lon_deg, utc, sun_deg, earth.sensor)
    scene = earth.synthetic.scene(view)
    _make(out)
    ends = (".tif", "_truth.tif", "_depth.tif", ".png")
    image, truth, depth, picture = (out / f"{name}{end}" for end in ends)
    drawing = _Drawing(scene)
    _write_image(scene, image, drawing)
    picture.write_bytes(png_rgb(drawing.rgb))
    counts = _write_truth(scene, truth, depth)
    cloud, shadow = (float(counts[kind] / counts.sum()) for kind in (CLOUD, SHADOW))
    return SceneReport(image, truth, depth, picture, cloud, shadow, sun_deg)


def map_world(earth: Earth, when: datetime | int, out: str | Path) -> MapReport:
    """Draw the global cloud cover, white over land and sea, with the coasts.

    Args:
        earth: A synthetic world; its camera does not matter.
        when: A moment, timezone-aware, or a year for its mean over 96 moments.
        out: The folder, created if missing.

    Raises:
        ScenarioError: The world is not synthetic, or the folder cannot be written.
    """
    out = Path(out)
    weather = earth.synthetic.weather
    _make(out)
    if isinstance(when, int):
        start_s = seconds_since_2000(datetime(when, 1, 1, tzinfo=UTC))
        moments = start_s + (np.arange(_YEAR_MOMENTS) + 0.5) / _YEAR_MOMENTS * YEAR_S
        cells, name = cover_map(weather, moments.tolist(), _YEAR_ROWS), str(when)
    else:
        cells, name = cover_map(weather, [seconds_since_2000(when)], _MAP_ROWS), _stamp(when)
    picture = out / f"clouds_{name}.png"
    picture.write_bytes(png_rgb(_shade(cells)))
    return MapReport(picture, global_mean(cells))


def measure_world(earth: Earth, year: int, out: str | Path, *, effort: float = 1.0) -> LawsReport:
    """Measure the statistical laws of a world's clouds over a year; write `laws.json` and `laws.md`.

    Args:
        earth: A synthetic world; its camera does not matter.
        year: The year to measure.
        out: The folder, created if missing.
        effort: 1 takes about a minute; less is quicker and rougher.

    Raises:
        ScenarioError: The world is not synthetic, or the folder cannot be written.
    """
    out = Path(out)
    survey = Survey(earth.synthetic, datetime(year, 1, 1, tzinfo=UTC), effort)
    _make(out)
    report = examine_laws(survey)
    text = json.dumps(asdict(report), indent=2, allow_nan=False, ensure_ascii=False)
    (out / "laws.json").write_text(text + "\n", encoding="utf-8")
    (out / "laws.md").write_text(report.markdown(), encoding="utf-8")
    return report


class _Drawing:
    """A picture made of every n-th pixel of a scene, filled stripe by stripe."""

    def __init__(self, scene: SyntheticScene) -> None:
        self.step = max(1, -(-max(scene.height_px, scene.width_px) // _PICTURE_PX))
        rows, cols = (-(-side // self.step) for side in (scene.height_px, scene.width_px))
        self.rgb = np.zeros((rows, cols, 3), np.uint8)
        self.bands = [scene.bands.index(name) for name in ("blue", "green", "red")]
        self.radiometry = scene.radiometry

    def add(self, patch: Patch, top_px: int) -> None:
        first = -top_px % self.step
        dn = patch.bands[self.bands, first :: self.step, :: self.step]
        row = (top_px + first) // self.step
        seen = dn.astype(np.float32) * self.radiometry.scale + self.radiometry.offset
        self.rgb[row : row + dn.shape[1]] = true_colour(*seen)


def _stripes(scene: SyntheticScene) -> Iterator[Window]:
    for top in range(0, scene.height_px, _STRIPE_PX):
        yield Window(top, 0, min(_STRIPE_PX, scene.height_px - top), scene.width_px)


class _More(TypedDict, total=False):
    nodata: float
    tags: dict[str, str]
    radiometry: Radiometry


def _raster(
    scene: SyntheticScene, path: Path, dtype: str, bands: Sequence[str], **more: Unpack[_More]
) -> RasterWriter:
    """A raster with the pixel grid of a scene."""
    return RasterWriter(
        path,
        width=scene.width_px,
        height=scene.height_px,
        count=len(bands),
        dtype=dtype,
        georeference=scene.georeference,
        descriptions=bands,
        **more,
    )


def _write_image(scene: SyntheticScene, image: Path, drawing: _Drawing) -> None:
    """Write the bands of a scene in stripes, and draw it."""
    with _raster(scene, image, "uint16", scene.bands, radiometry=scene.radiometry) as samples:
        for stripe in _stripes(scene):
            patch = scene.read(stripe)
            samples.write(patch.bands, stripe)
            drawing.add(patch, stripe.top_px)


def _write_truth(scene: SyntheticScene, truth: Path, depth: Path) -> NDArray[np.int64]:
    """Write all that is known about a scene in stripes; return the number of pixels of each truth class."""
    counts = np.zeros(256, np.int64)
    layers = ("truth", "sky", "surface")
    classes = _raster(scene, truth, "uint8", layers, nodata=UNKNOWN, tags=_CLASSES)
    depths = _raster(scene, depth, "float32", ("optical depth",))
    with classes, depths:
        for stripe in _stripes(scene):
            known = scene.ground_truth(stripe)
            judged = np.where(known.sky == THIN_CLOUD, np.uint8(CLOUD), known.sky)
            classes.write(np.stack([judged, known.sky, known.surface]), stripe)
            depths.write(known.optical_depth[np.newaxis], stripe)
            counts += np.bincount(judged.ravel(), minlength=256)
    return counts


def _shade(cells: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A map of cloud cover as a picture."""
    rows = cells.shape[0]
    ground = np.where(land(rows)[..., None], _LAND, _SEA)
    seen = ground + (255.0 - ground) * np.clip(cells, 0.0, 1.0)[..., None]
    seen[coast(rows)] = _COAST
    picture: NDArray[np.uint8] = np.rint(seen).astype(np.uint8)
    return picture


def _name(lat_deg: float, lon_deg: float, utc: datetime, gsd_m: float) -> str:
    """A file name from place, time and pixel size: `48.1200N_011.5000E_20250601T103000Z_10m`."""
    lat = f"{abs(lat_deg):07.4f}{'S' if lat_deg < 0 else 'N'}"
    return f"{lat}_{abs(lon_deg):08.4f}{'W' if lon_deg < 0 else 'E'}_{_stamp(utc)}_{gsd_m:g}m"


def _stamp(utc: datetime) -> str:
    return f"{utc.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"{out}: cannot be written to: {error.strerror}") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise ScenarioError(f"{out}: cannot be written to: permission denied")
