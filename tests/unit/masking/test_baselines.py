"""The floor and the ceiling."""

import numpy as np
import pytest

from payload.errors import MaskerError
from payload.masking.baselines import BlueThreshold, Oracle
from payload.types import Patch, Radiometry, Tile, Window

RADIOMETRY = Radiometry(1e-4)
BLUE = np.array([[0, 2500, 2501], [5000, 2400, 65535]], np.uint16)


def tile(truth=None, radiometry=RADIOMETRY):
    bands = np.stack([BLUE, *np.zeros((3, 2, 3), np.uint16)])
    window, inset = Window(0, 0, 2, 3), (slice(0, 2), slice(0, 3))
    return Tile("a#0,0", 0, 0, window, Patch(bands, truth), bands, inset, radiometry, 16)


def test_blue_is_cloud_strictly_above_the_threshold():
    mask = BlueThreshold().predict(tile())
    assert mask.probability.dtype == np.float32
    assert mask.cloud.tolist() == [[False, False, True], [True, False, True]]


def test_blue_threshold_is_reflectance_and_not_dn():
    mask = BlueThreshold(blue_threshold=0.3).predict(
        tile(radiometry=Radiometry(1e-4, offset=0.051))
    )
    assert mask.cloud.tolist() == [[False, True, True], [True, False, True]]


def test_blue_finds_its_band_by_name():
    masker = BlueThreshold(bands=("nir", "red", "green", "blue"))
    assert not masker.predict(tile()).cloud.any()
    with pytest.raises(MaskerError, match="blue"):
        BlueThreshold(bands=("green", "red", "nir"))


def test_the_oracle_answers_the_truth_and_takes_the_unknown_for_clear():
    truth = np.array([[0, 1, 2], [255, 1, 0]], np.uint8)
    assert Oracle().predict(tile(truth)).cloud.tolist() == (truth == 1).tolist()


def test_the_oracle_is_silent_without_truth():
    with pytest.raises(MaskerError, match="no truth"):
        Oracle().predict(tile())
