"""Images for trials: GeoTIFFs made here, and a folder of labelled ones."""

import csv
import warnings

import numpy as np
import pytest
import rasterio
from contracts.codec import textured


def write_tif(path, array):
    """Write an array (B, H, W) as a GeoTIFF without georeference."""
    count, height, width = array.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"count": count, "height": height, "width": width, "dtype": array.dtype}
        with rasterio.open(path, "w", driver="GTiff", **options) as file:
            file.write(array)
    return path


@pytest.fixture
def image(tmp_path):
    """150 x 100 px, six bands, 11 bits."""
    return write_tif(tmp_path / "scene.tif", textured((6, 150, 100), 11))


@pytest.fixture
def labelled(tmp_path):
    """A folder of three labelled images with eight whole tiles, of which some are too cloudy or unknown."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    rows = [["id", "sensor"]]
    for number, (name, sensor, shape) in enumerate(
        [
            ("a", "Landsat-8", (256, 300)),
            ("b", "Sentinel-2", (512, 770)),
            ("c", "Landsat-8", (200, 256)),
        ]
    ):
        bands = (textured((4, *shape), 12, seed=number) / 0.3).astype(np.uint16)
        write_tif(folder / f"{name}_img.tif", bands)
        truth = np.zeros((1, *shape), np.uint8)
        truth[:, :77, :256] = 1  # 30 % of the first tile
        truth[:, 100:110, :10] = 255  # of the first tile: shares of cloud are of what is known
        truth[:, 300:310, 300:310] = 255
        truth[:, :256, 256:496] = 1  # 94 % of the second
        truth[:, 256:456, :256] = 1  # 78 % of the fourth
        truth[:, 256:346, 512:768] = 255  # 35 % of the sixth
        write_tif(folder / f"{name}_msk.tif", truth)
        rows.append([name, sensor])
    with (folder / "index.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return folder
