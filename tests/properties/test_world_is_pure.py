"""The synthetic Earth is a pure function of seed, place and time: whoever looks, however it is cut."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.imaging.tiling import cut_tiles
from payload.types import Radiometry, Sensor, View, Window
from payload.world.synthetic import Synthetic

JUNE = datetime(2025, 6, 1, 10, 30, tzinfo=UTC)
CAMERA = Sensor(
    bands=("blue", "green", "red", "nir"),
    gsd_m=10.0,
    width_px=260,
    height_px=230,
    bit_depth=12,
    radiometry=Radiometry(3e-4),
    max_off_nadir_deg=30.0,
    min_sun_elevation_deg=10.0,
    settle_s=5.0,
)
# Where charts meet or coordinates end: poles, antimeridian, an edge and a corner of the cube.
SPOTS = {
    "mid-latitudes": (50.2, 8.0),
    "north pole": (90.0, 0.0),
    "south pole": (-90.0, 33.0),
    "antimeridian": (10.0, 180.0),
    "edge": (20.0, 45.0),
    "upper edge": (45.1, 2.0),
    "corner": (35.2644, 45.0),
    "lower corner": (-35.2644, -135.0),
}


def view(lat, lon, *, utc=JUNE, **camera):
    return View("v", "t", lat, lon, utc, 50.0, replace(CAMERA, **camera))


def whole(scene):
    return scene.read(Window(0, 0, scene.height_px, scene.width_px))


def same(one, other):
    return np.array_equal(one.bands, other.bands) and np.array_equal(one.truth, other.truth)


def part(patch, window):
    rows = slice(window.top_px, window.top_px + window.height_px)
    cols = slice(window.left_px, window.left_px + window.width_px)
    return replace(patch, bands=patch.bands[:, rows, cols], truth=patch.truth[rows, cols])


@pytest.mark.parametrize("gsd_m", [3.0, 10.0, 60.0, 400.0])
@pytest.mark.parametrize("spot", SPOTS)
def test_a_window_alone_is_bit_for_bit_what_it_is_in_a_larger_one(spot, gsd_m):
    scene = Synthetic(seed=4).scene(view(*SPOTS[spot], gsd_m=gsd_m))
    everything = whole(scene)
    rng = np.random.default_rng(0)
    for _ in range(4):
        top, left = int(rng.integers(scene.height_px)), int(rng.integers(scene.width_px))
        height = int(rng.integers(1, scene.height_px - top + 1))
        window = Window(top, left, height, int(rng.integers(1, scene.width_px - left + 1)))
        assert same(scene.read(window), part(everything, window))


@settings(max_examples=25, deadline=None)
@given(
    place=st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
    gsd_m=st.floats(3, 100),
    corner=st.tuples(st.integers(0, 89), st.integers(0, 79)),
    size=st.tuples(st.integers(1, 90), st.integers(1, 80)),
    seed=st.integers(0, 2**32),
)
def test_windows_agree_at_any_place_and_scale(place, gsd_m, corner, size, seed):
    scene = Synthetic(seed=seed).scene(view(*place, gsd_m=gsd_m, height_px=90, width_px=80))
    window = Window(*corner, min(size[0], 90 - corner[0]), min(size[1], 80 - corner[1]))
    assert same(scene.read(window), part(whole(scene), window))


def test_large_windows_that_are_painted_in_pieces_agree_with_small_ones():
    scene = Synthetic(seed=4).scene(view(50.2, 8.0, height_px=900, width_px=1100))
    everything = whole(scene)
    for window in (Window(370, 540, 40, 30), Window(0, 200, 900, 3), Window(100, 0, 390, 700)):
        assert same(scene.read(window), part(everything, window))


@pytest.mark.parametrize("spot", ["mid-latitudes", "corner"])
def test_each_tile_is_a_part_of_the_scene(spot):
    scene = Synthetic(seed=4).scene(view(*SPOTS[spot]))
    everything, tiles = whole(scene), list(cut_tiles(scene, "a", tile_px=64, margin_px=16))
    assert sum(tile.patch.truth.size for tile in tiles) == everything.truth.size
    for tile in tiles:
        assert same(tile.patch, part(everything, tile.window))


def test_order_and_company_change_nothing():
    scene = Synthetic(seed=4).scene(view(50.2, 8.0))
    windows = [Window(row, col, 50, 60) for row in (0, 90, 180) for col in (0, 100, 200)]
    forwards = [scene.read(window) for window in windows]
    backwards = [
        Synthetic(seed=4).scene(view(50.2, 8.0)).read(window) for window in reversed(windows)
    ]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(scene.read, windows))
    assert all(map(same, forwards, reversed(backwards)))
    assert all(map(same, forwards, together))


def digest():
    patch = Synthetic(seed=4).scene(view(35.2644, 45.0)).read(Window(10, 20, 70, 50))
    return hashlib.sha256(patch.bands.tobytes() + patch.truth.tobytes()).hexdigest()


def test_another_process_sees_the_same():
    code = (
        "import importlib.util as u, sys;"
        f"s = u.spec_from_file_location('pure', {__file__!r}); m = u.module_from_spec(s);"
        "s.loader.exec_module(m); print(m.digest())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "77"},
    )
    assert told.stdout.strip() == digest()


def test_two_seeds_are_two_worlds():
    one, two = (whole(Synthetic(seed=seed).scene(view(50.2, 8.0))) for seed in (4, 5))
    assert np.mean(one.bands == two.bands) < 0.1


def test_the_clouds_of_another_day_are_others():
    places = [(lat, 8.0 + lat) for lat in range(-60, 61, 10)]
    changed = []
    for lat, lon in places:
        world = Synthetic(seed=4)
        today, later = (
            whole(world.scene(view(lat, lon, utc=JUNE + timedelta(days=days), gsd_m=100.0)))
            for days in (0, 4)
        )
        assert not np.array_equal(today.bands, later.bands)
        changed.append(np.mean((today.truth == 1) != (later.truth == 1)))
    assert np.mean(changed) > 0.2


def test_the_ground_of_another_day_is_the_same_but_for_the_season():
    still = {"mean_cloud_cover": 0.0, "haze_optical_depth": 0.0, "misregistration_px": 0.0}
    world = Synthetic(seed=4, snr=100_000.0, **still)
    today, tomorrow, winter = (
        whole(world.scene(view(50.2, 8.0, utc=JUNE + timedelta(days=days)))).bands.astype(int)
        for days in (0, 1, 210)
    )
    assert np.abs(today - tomorrow).max() <= 3
    assert np.abs(today - winter).mean() > 10


def test_noise_is_drawn_anew_for_each_exposure():
    world = Synthetic(seed=4, mean_cloud_cover=0.0, snr=20.0)
    one, two = (
        whole(world.scene(view(50.2, 8.0, utc=JUNE + timedelta(seconds=second)))).bands
        for second in (0, 1)
    )
    assert np.mean(one == two) < 0.2


@pytest.mark.parametrize("spot", ["mid-latitudes", "antimeridian", "corner", "south pole"])
def test_whoever_looks_from_another_target_sees_the_same_place(spot):
    lat, lon = SPOTS[spot]
    world = Synthetic(seed=6, snr=100_000.0)
    here = world.scene(view(lat, lon))
    # The same pixels, 60 rows further north, from a target that lies 60 pixels north of here.
    there = world.scene(view(lat + 60 * 10.0 / 111_200.0, lon))
    one = here.read(Window(0, 0, 170, 260))
    two = there.read(Window(60, 0, 170, 260))
    for band in range(4):
        first, second = one.bands[band].astype(float), two.bands[band].astype(float)
        assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.95
    assert np.mean(one.truth == two.truth) > 0.97


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_far_targets_share_the_air_between_them(seed):
    """Haze and colours where two scenes overlap, whose middles lie 90 km apart."""
    world = Synthetic(seed=seed, snr=100_000.0, haze_optical_depth=0.8, misregistration_px=0.0)
    camera = {"gsd_m": 60.0, "width_px": 200, "height_px": 1700}
    here = world.scene(view(50.0, 8.0, **camera))
    there = world.scene(view(50.0 + 1500 * 60.0 / 111_230.0, 8.0, **camera))
    one, two = here.read(Window(0, 0, 200, 200)), there.read(Window(1500, 0, 200, 200))
    for band in range(4):
        first, second = one.bands[band].astype(float), two.bands[band].astype(float)
        assert first.mean() == pytest.approx(second.mean(), rel=0.004)
    darkest = [np.quantile(patch.bands[0], 0.01) for patch in (one, two)]
    assert darkest[0] == pytest.approx(darkest[1], rel=0.01)


def test_bands_are_painted_alike_in_any_company():
    scene = Synthetic(seed=4).scene(view(50.2, 8.0))
    alone = Synthetic(seed=4).scene(view(50.2, 8.0, bands=("nir", "blue")))
    assert np.array_equal(whole(alone).bands, whole(scene).bands[[3, 0]])
    assert np.array_equal(whole(alone).truth, whole(scene).truth)
