"""Our own maskers and scene sources keep the contracts that a stranger's may inherit."""

import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from contracts.masker import MaskerContract
from contracts.scene_source import SceneSourceContract

from payload.masking.baselines import BlueThreshold, Oracle
from payload.masking.onnx_masker import OnnxMasker
from payload.types import Radiometry, Sensor, View
from payload.world.rasters import Rasters
from payload.world.synthetic import Synthetic

SENSOR = Sensor(
    bands=("blue", "green", "red", "nir"),
    gsd_m=30.0,
    width_px=90,
    height_px=70,
    bit_depth=12,
    radiometry=Radiometry(1.6 / 4095),
    max_off_nadir_deg=30.0,
    min_sun_elevation_deg=10.0,
    settle_s=30.0,
)
NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)


class TestOnnx(MaskerContract):
    masker = OnnxMasker()


class TestBlue(MaskerContract):
    masker = BlueThreshold()


class TestOracle(MaskerContract):
    masker = Oracle()
    needs_truth = True


class TestSyntheticInEurope(SceneSourceContract):
    source = Synthetic(seed=1)
    view = View("a", "a", 48.0, 11.0, NOON, 60.0, SENSOR)


class TestSyntheticAtThePole(SceneSourceContract):
    source = Synthetic(seed=1)
    view = View("a", "a", 90.0, 0.0, NOON, 23.0, SENSOR)


class TestSyntheticAtTheAntimeridian(SceneSourceContract):
    source = Synthetic(seed=1)
    view = View("a", "a", 0.0, 180.0, NOON, 10.0, SENSOR)


class TestRasters(SceneSourceContract):
    view = View("a", "a", 0.0, 0.0, NOON, 45.0, SENSOR)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        rng = np.random.default_rng(1)
        for name, array in (
            ("x.tif", rng.integers(0, 4000, (4, 120, 130), np.uint16)),
            ("x_msk.tif", rng.integers(0, 3, (1, 120, 130), np.uint8)),
        ):
            count, height, width = array.shape
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with rasterio.open(
                    tmp_path / name, "w", "GTiff", width, height, count, dtype=array.dtype
                ) as file:
                    file.write(array)
        self.source = Rasters(path=tmp_path, place="drawn", seed=4)
