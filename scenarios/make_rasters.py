"""Make the small images that `replay.yaml` flies when nobody names others: synthetic, with their truth.

python scenarios/make_rasters.py
"""

from datetime import UTC, datetime
from pathlib import Path

from payload.products.imagery import RasterWriter
from payload.types import Radiometry, Sensor, View, Window
from payload.world.synthetic import Synthetic

FOLDER = Path(__file__).parent / "rasters"
SENSOR = Sensor(
    bands=("blue", "green", "red", "nir"),
    gsd_m=20.0,
    width_px=200,
    height_px=180,
    bit_depth=16,
    radiometry=Radiometry(1e-4),
    max_off_nadir_deg=0.0,
    min_sun_elevation_deg=0.0,
    settle_s=0.0,
)
PLACES = {"po": (45.0, 10.5), "amazon": (-4.0, -61.0), "sahel": (13.5, 2.0), "baltic": (58.0, 19.0)}
WHOLE = Window(0, 0, SENSOR.height_px, SENSOR.width_px)


def main() -> None:
    """Write an image and its mask for each place."""
    FOLDER.mkdir(exist_ok=True)
    earth = Synthetic(seed=2)
    for name, (lat_deg, lon_deg) in PLACES.items():
        view = View(
            name, name, lat_deg, lon_deg, datetime(2026, 6, 21, 10, tzinfo=UTC), 55.0, SENSOR
        )
        scene = earth.scene(view)
        patch = scene.read(WHOLE)
        assert patch.truth is not None
        size = {
            "width": SENSOR.width_px,
            "height": SENSOR.height_px,
            "georeference": scene.georeference,
        }
        for suffix, array, names in (
            ("", patch.bands, SENSOR.bands),
            ("_msk", patch.truth[None], ("truth",)),
        ):
            path = FOLDER / f"{name}{suffix}.tif"
            with RasterWriter(
                path, count=len(array), dtype=array.dtype, descriptions=names, **size
            ) as file:
                file.write(array, WHOLE)


if __name__ == "__main__":
    main()
