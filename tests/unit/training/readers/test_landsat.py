"""What Landsat's names and metadata tell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import ImageryError
from payload.training.readers.landsat import (
    Calibration,
    assumed_calibration,
    estimate_sun_elevation_deg,
    find_product,
    read_mtl,
)


def test_old_and_new_names_tell_place_and_day():
    new = find_product("gt_patch_192_10_by_12_LC08_L1TP_002053_20160520_20170324_01_T1")
    assert (new.wrs_path, new.wrs_row, new.day.date().isoformat()) == (2, 53, "2016-05-20")
    assert new.name == "LC08_L1TP_002053_20160520_20170324_01_T1"
    old = find_product("LC81390292014135LGN00_fixedmask")
    assert (old.place, old.day.date().isoformat()) == ("landsat_139_029", "2014-05-15")
    assert old.name == "LC81390292014135LGN00"
    assert find_product("LC08_L1TP_139029_20140515_20170307_01_T1").place == old.place
    assert find_product("patch_1_1_by_1_S2A_MSIL1C") is None
    assert find_product("LC81390292014999LGN00") is None


# Sun elevation in the metadata of these products, as published by
# https://github.com/lao-tseu-is-alive/observatoire-du-territoire (data/landsat/README.md) and, the
# second, in an R script that quotes the _MTL.txt of its Californian scene.
@pytest.mark.parametrize(
    ("name", "sun_deg"),
    [
        ("LC08_L1TP_195028_20200507_20200509_01_T1", 57.45825556),
        ("LC08_L1TP_045033_20180710_20180717_01_T1", 64.96477774),
    ],
)
def test_the_sun_is_where_the_metadata_say(name, sun_deg):
    assert estimate_sun_elevation_deg(find_product(name)) == pytest.approx(sun_deg, abs=0.2)


def test_a_polar_night_makes_no_reflectance():
    with pytest.raises(ImageryError, match="sun elevation"):
        assumed_calibration(find_product("LC81000022014355LGN00"))


def test_the_scale_of_a_scene_is_read_from_its_metadata(tmp_path, write_mtl):
    path = tmp_path / "scene_MTL.txt"
    write_mtl(path, sun=30.0)
    calibration = read_mtl(path)
    assert calibration.sun_elevation_deg == 30.0
    # (20000 x 2e-5 - 0.1) / sin(30 deg) = 0.6
    assert calibration.to_dn(np.full((4, 1, 1), 20000, np.uint16)).tolist() == [[[6000]]] * 4
    with pytest.raises(ImageryError, match="cannot be read"):
        read_mtl(tmp_path / "none_MTL.txt")
    write_mtl(path, sun=30.0, without="SUN_ELEVATION")
    with pytest.raises(ImageryError, match="no SUN_ELEVATION"):
        read_mtl(path)
    write_mtl(path, sun="high")
    with pytest.raises(ImageryError, match="expected a number"):
        read_mtl(path)
    write_mtl(path, sun=-4.0)
    with pytest.raises(ImageryError, match="above 0"):
        read_mtl(path)


@given(st.integers(1, 65535), st.floats(5.0, 90.0))
def test_reflectance_follows_the_formula_of_usgs(level1, sun_deg):
    calibration = Calibration((2e-5,) * 4, (-0.1,) * 4, sun_deg)
    (got,) = set(calibration.to_dn(np.full((4, 1, 1), level1, np.uint16)).ravel().tolist())
    wanted = (level1 * 2e-5 - 0.1) / math.sin(math.radians(sun_deg)) * 1e4
    assert got == pytest.approx(min(max(wanted, 0.0), 65535.0), abs=0.6, rel=1e-6)


def test_what_has_no_data_in_a_band_has_none_at_all():
    level1 = np.full((4, 1, 2), 20000, np.uint16)
    level1[2, 0, 1] = 0
    assert Calibration((2e-5,) * 4, (-0.1,) * 4, 30.0).to_dn(level1)[:, 0].T.tolist() == [
        [6000] * 4,
        [0] * 4,
    ]
