"""Small rasters in the layouts of large sets."""

import warnings

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning


@pytest.fixture
def write_raster():
    """Write an array, (H, W) or (B, H, W), as a raster without a place on Earth."""

    def write(path, pixels, *, driver="GTiff", names=()):
        layers = np.asarray(pixels)
        layers = layers[None] if layers.ndim == 2 else layers
        path.parent.mkdir(parents=True, exist_ok=True)
        count, height, width = layers.shape
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(
                path,
                "w",
                driver=driver,
                count=count,
                height=height,
                width=width,
                dtype=layers.dtype,
            ) as raster:
                raster.write(layers)
                for number, name in enumerate(names, start=1):
                    raster.set_band_description(number, name)

    return write


@pytest.fixture
def write_mtl():
    """Write the metadata of a Landsat scene, as much of it as counts."""

    def write(path, *, sun, mult=2e-5, add=-0.1, without=""):
        lines = [
            "GROUP = L1_METADATA_FILE",
            "  GROUP = PRODUCT_METADATA",
            '    SPACECRAFT_ID = "LANDSAT_8"',
            "  END_GROUP = PRODUCT_METADATA",
            f"    SUN_ELEVATION = {sun}",
        ]
        for band in range(1, 10):
            lines.append(f"    REFLECTANCE_MULT_BAND_{band} = {mult:.4E}")
            lines.append(f"    REFLECTANCE_ADD_BAND_{band} = {add:.6f}")
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [line for line in lines if not without or without not in line]
        path.write_text("\n".join([*kept, "END_GROUP = L1_METADATA_FILE", "END", ""]))

    return write
