"""Cover without painting: held to the painted truth, to closed forms, and to a speed."""

import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from painting import numpy_alone

from payload.errors import ImageryError
from payload.ports import Glancing
from payload.types import CLOUD, SURFACES, THICK_OPTICAL_DEPTH, Radiometry, Sensor, View, Window
from payload.world import quick
from payload.world.averaging import averaged, likeness
from payload.world.clouds import Weather, ice_depth, low_depth
from payload.world.coarse import Footing
from payload.world.cover import Edges, mean_cover
from payload.world.globe import directions, lat_lon, seconds_since_2000
from payload.world.noise import SphereNoise, normal_quantile, normal_share
from payload.world.synthetic import Synthetic

JUNE = datetime(2025, 6, 1, 10, 30, tzinfo=UTC)
JUNE_S = np.array([seconds_since_2000(JUNE)])
CAMERA = Sensor(
    bands=("blue",),
    gsd_m=40.0,
    width_px=400,
    height_px=400,
    bit_depth=12,
    radiometry=Radiometry(3e-4),
    max_off_nadir_deg=30.0,
    min_sun_elevation_deg=10.0,
    settle_s=5.0,
)


def somewhere(count, seed=0):
    rng = np.random.default_rng(seed)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    return lat, rng.uniform(-180, 180, count), rng.uniform(0, 365, count)


def views(count, seed=0, **camera):
    return [
        View("v", "t", float(a), float(o), JUNE + timedelta(days=float(d)), 50.0, replace(CAMERA, **camera))
        for a, o, d in zip(*somewhere(count, seed), strict=True)
    ]  # fmt: skip


def painted(world, view):
    sensor = view.sensor
    patch = world.scene(view).read(Window(0, 0, sensor.height_px, sensor.width_px))
    return patch.truth == CLOUD


# --- squares ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("across", [1, 2])
def test_the_cover_of_a_square_is_that_of_the_painted_scene(across):
    """Forty-eight scenes of 16 km; rms over 150 scenes: 0.056 from one point each, 0.035 from four."""
    error = []
    for view in views(48):
        where = (np.array([view.lat_deg]), np.array([view.lon_deg]))
        when_s = np.array([seconds_since_2000(view.utc)])
        guess = mean_cover(Weather(9), *where, when_s, Footing(16.0, across))[0]
        error.append(guess - painted(Synthetic(seed=9), view).mean())
    assert abs(np.mean(error)) < 0.02
    assert np.sqrt(np.mean(np.square(error))) < (0.08 if across == 1 else 0.05)


def test_the_cover_follows_the_depth_that_counts_as_cloud():
    lat, lon, _ = somewhere(2000)
    covers = [
        mean_cover(Weather(3, cloud_optical_depth=depth), lat, lon, JUNE_S, Footing(20.0))
        for depth in (1e-9, 0.2, 0.4, 2.0, 100.0)
    ]
    assert (covers[0] > 0.999).all()
    for thinner, thicker in pairwise(covers):
        assert (thicker <= thinner + 1e-6).all()


@pytest.mark.parametrize("wanted", [0.0, 0.3, 1.0])
def test_a_mean_cover_that_is_asked_for_is_found_in_squares(wanted):
    lat, lon, _ = somewhere(4000)
    found = [
        mean_cover(Weather(seed, wanted), lat, lon, JUNE_S, Footing(20.0)) for seed in range(4)
    ]
    assert np.mean(found) == pytest.approx(wanted, abs=1e-6 if wanted in {0.0, 1.0} else 0.04)


def test_a_square_does_not_know_its_neighbours_in_the_list():
    lat, lon, _ = somewhere(5000)
    many = mean_cover(Weather(3), lat, lon, JUNE_S, Footing(20.0, 2))
    few = mean_cover(Weather(3), lat[4000:4100], lon[4000:4100], JUNE_S, Footing(20.0, 2))
    assert np.array_equal(few, many[4000:4100])


def test_each_square_may_have_a_time_of_its_own():
    lat, lon, day = somewhere(60)
    when_s = JUNE_S + day * 86400.0
    together = mean_cover(Weather(3), lat, lon, when_s, Footing(20.0, 2))
    alone = [
        mean_cover(Weather(3), lat[i : i + 1], lon[i : i + 1], when_s[i : i + 1], Footing(20.0, 2))
        for i in range(60)
    ]
    assert np.array_equal(together, np.concatenate(alone))


def test_a_hundred_thousand_squares_take_a_few_fourier_transforms():
    """Yardstick: numpy.fft.rfft2 of (4, 1024, 1024) float32 in the same process, alternating."""
    lat, lon, _ = somewhere(100_000)
    samples = np.random.default_rng(0).random((4, 1024, 1024), np.float32)
    mean_cover(Weather(3), lat[:10], lon[:10], JUNE_S, Footing(16.0))
    ratios = []
    for _ in range(3):
        start = time.process_time()
        np.fft.rfft2(samples)
        middle = time.process_time()
        mean_cover(Weather(3), lat, lon, JUNE_S, Footing(16.0))
        ratios.append((time.process_time() - middle) / (middle - start))
    assert np.median(ratios) < 14.0  # about 6.8 on a core of its own


def test_the_clear_share_is_what_drawn_fields_give():
    """Second method: draw both fields and count by their optical depths."""
    rng = np.random.default_rng(0)
    for depth, low, ice in ((0.4, 0.3, -0.4), (0.4, -0.02, -0.1), (1.5, 0.5, 0.6)):
        one, two = rng.normal(size=(2, 200_000)).astype(np.float32)
        total = low_depth(low + 0.5 * one) + ice_depth(ice + 0.3 * two)
        drawn = np.mean(total < depth)
        parts = (np.array([value]) for value in (low, 0.5, ice, 0.3))
        assert Edges(depth).clear_share(*parts)[0] == pytest.approx(drawn, abs=0.006)


def test_places_and_directions_are_ways_back_of_each_other():
    lat, lon, _ = somewhere(100)
    there = directions(lat, lon)
    assert np.linalg.norm(there, axis=0) == pytest.approx(1.0, abs=1e-12)
    assert np.array(lat_lon(there)) == pytest.approx(np.array([lat, lon]), abs=1e-9)


def test_shares_and_quantiles_are_ways_back_of_each_other():
    share = np.linspace(0.001, 0.999, 300)
    assert normal_share(normal_quantile(share)) == pytest.approx(share, abs=1e-4)


# --- averaging --------------------------------------------------------------------------------------


def test_two_places_are_as_alike_as_the_noise_says():
    """Second method: the noise itself at pairs of places, over many octaves of one spacing."""
    spacing = 400.0
    noise = SphereNoise(1, "pairs", (spacing,) * 8)
    lat, lon, _ = somewhere(3000)
    here = directions(lat, lon)
    east = np.stack([-here[1], here[0], 0 * here[0]])
    east /= np.linalg.norm(east, axis=0)
    values = noise.values(here)
    for distance in (0.25, 0.5, 1.0, 2.0):
        angle = distance * spacing / 6371.0
        there = noise.values(here * np.cos(angle) + east * np.sin(angle))
        assert likeness(np.array([distance]))[0] == pytest.approx(np.mean(values * there), abs=0.02)


def test_a_square_small_against_an_octave_is_one_number_and_a_large_one_none():
    small, large = averaged(0.01), averaged(30.0)
    assert (small.of_mean, small.factor, small.explained) == pytest.approx((1, 1, 1), abs=0.01)
    assert max(large.of_mean, large.factor) < 0.02
    for size in (0.3, 1.0, 3.0):
        few, many = averaged(size, 1), averaged(size, 4)
        assert few.explained <= many.explained <= many.of_mean < 1.0
        assert many.explained > 0.8 * many.of_mean


# --- windows of a scene -----------------------------------------------------------------------------


@pytest.mark.parametrize(("gsd_m", "tile_px"), [(10.0, 256), (10.0, 100), (400.0, 200)])
def test_a_glance_knows_the_cover_of_the_painted_truth(gsd_m, tile_px):
    error, world = [], Synthetic(seed=4)
    steps = range(0, 400, tile_px)
    windows = [
        Window(top, left, min(tile_px, 400 - top), min(tile_px, 400 - left))
        for top in steps
        for left in steps
    ]
    for view in views(14, seed=1, gsd_m=gsd_m):
        truth = painted(world, view)
        for window, glance in zip(windows, world.glance(view, windows), strict=True):
            rows = slice(window.top_px, window.top_px + window.height_px)
            cols = slice(window.left_px, window.left_px + window.width_px)
            error.append(glance.cover - truth[rows, cols].mean())
            assert glance.surface in SURFACES
            assert glance.sun_elevation_deg == 50.0
    assert abs(np.mean(error)) < 0.005
    assert np.sqrt(np.mean(np.square(error))) < 0.025


def test_a_glance_knows_how_much_of_the_cloud_is_thick():
    """Second method: the truth of a world in which only thick cloud counts."""
    world, thick = Synthetic(seed=4), Synthetic(seed=4, cloud_optical_depth=THICK_OPTICAL_DEPTH)
    error = []
    for view in views(20, seed=2, gsd_m=20.0, height_px=200, width_px=200):
        glance = world.glance(view, [Window(0, 0, 200, 200)])[0]
        assert 0.0 <= glance.thick_cover <= glance.cover
        error.append(glance.thick_cover - painted(thick, view).mean())
    assert abs(np.mean(error)) < 0.01
    assert np.sqrt(np.mean(np.square(error))) < 0.03


@pytest.mark.parametrize(
    ("lat", "lon", "surfaces"),
    [
        (-3.0, -62.0, {"forest", "crops", "grass"}),
        (0.0, -140.0, {"water"}),
        (-80.0, 60.0, {"snow"}),
        (23.0, 10.0, {"sand", "soil", "rock"}),
        (88.0, 0.0, {"sea ice"}),
    ],
)
def test_a_glance_sees_which_ground_lies_there(lat, lon, surfaces):
    view = View("v", "t", lat, lon, JUNE.replace(month=3), 50.0, CAMERA)
    windows = [Window(0, 0, 200, 200), Window(200, 200, 200, 200)]
    assert {glance.surface for glance in Synthetic(seed=1).glance(view, windows)} <= surfaces


@pytest.mark.parametrize(
    ("lat", "lon"), [(90.0, 0.0), (-90.0, 33.0), (10.0, 180.0), (20.0, 45.0), (35.2644, 45.0)]
)
def test_charts_and_poles_do_not_show_in_a_glance(lat, lon):
    world = Synthetic(seed=4, mean_cloud_cover=0.5)
    view = View("v", "t", lat, lon, JUNE, 50.0, replace(CAMERA, gsd_m=100.0))
    glance = world.glance(view, [Window(0, 0, 400, 400)])[0]
    assert glance.cover == pytest.approx(painted(world, view).mean(), abs=0.05)


@pytest.mark.parametrize("side", [50, 95])
def test_a_window_is_the_same_whoever_is_glanced_at_beside_it(side):
    """Of 95 px, those at two edges are of 20: they are looked at in blocks of their own."""
    view = views(1, seed=5)[0]
    windows = [
        Window(top, left, min(side, 400 - top), min(side, 400 - left))
        for top in range(0, 400, side)
        for left in range(0, 400, side)
    ]
    world = Synthetic(seed=4)
    assert isinstance(world, Glancing)
    together = world.glance(view, windows)
    alone = [world.glance(view, [window])[0] for window in windows[::3]]
    assert alone == together[::3]
    assert world.glance(view, windows[::-1]) == together[::-1]
    assert world.glance(view, []) == []


CORNERS = [
    (90.0, 0.0),
    (-90.0, 33.0),
    (10.0, 180.0),
    (20.0, 45.0),
    (35.2644, 45.0),
    (-35.2644, -135.0),
]
"""Poles, an edge of the map, the edge of two charts and the corners of three."""


@pytest.mark.parametrize("is_compiled", [True, False])
@pytest.mark.parametrize(
    ("gsd_m", "side"),
    [(10.0, 100), (10.0, 13), (40.0, 95), (900.0, 400)],
    ids=["one block", "many blocks", "windows of two sizes", "no lattice"],
)
def test_a_scene_is_the_same_whoever_is_glanced_at_beside_it(gsd_m, side, is_compiled, monkeypatch):
    """Lists that are cut at random are looked at in other company: numpy's vectors end elsewhere, no bit may."""
    monkeypatch.setattr(quick, "_woken", [])
    if is_compiled:
        pytest.importorskip("numba")
        quick.wake(2**20)
    else:
        numpy_alone(monkeypatch)
    world, rng = Synthetic(seed=4), np.random.default_rng(side)
    some = views(30, seed=3, gsd_m=gsd_m)
    some += [replace(some[0], lat_deg=lat, lon_deg=lon) for lat, lon in CORNERS]
    windows = [
        Window(top, left, min(side, 400 - top), min(side, 400 - left))
        for top in range(0, 400, side)
        for left in range(0, 400, side)
    ]
    if len(windows) > 600:
        some = some[26:]
    alone = [world.glance(view, windows) for view in some]
    assert len({glance.cover for scene in alone for glance in scene}) > len(some) // 2
    for _ in range(3):
        order = rng.permutation(len(some)).tolist()
        cuts = [0, *sorted(rng.integers(0, len(some), 3).tolist()), len(some)]
        for first, last in pairwise(cuts):
            chosen = order[first:last]
            found = world.glance_at_many([some[index] for index in chosen], windows)
            assert found == [alone[index] for index in chosen]


@pytest.mark.parametrize(
    ("lat", "lon", "gsd_m", "size_px", "side"),
    [
        (2.4620909442588967, 45.11966807546916, 60.0, (131, 1052), 32),
        (35.40904014563294, 44.98285555095454, 10.0, (125, 2062), 100),
    ],
    ids=["two charts", "three charts"],
)
def test_blocks_beside_an_edge_of_charts_share_what_is_still_there(lat, lon, gsd_m, size_px, side):
    """Such scenes once pushed the points of one chart out for those of the other, and could not be glanced at."""
    height, width = size_px
    world = Synthetic(seed=4)
    view = replace(views(1, gsd_m=gsd_m, height_px=height, width_px=width)[0], lat_deg=lat, lon_deg=lon)  # fmt: skip
    windows = [
        Window(top, left, min(side, height - top), min(side, width - left))
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]
    assert world.glance(view, windows) == [world.glance(view, [each])[0] for each in windows]


def test_cameras_may_differ_in_a_list_of_views():
    world, windows = Synthetic(seed=4), [Window(0, 0, 100, 100), Window(100, 300, 100, 100)]
    some = [view for gsd_m in (10.0, 80.0, 10.0) for view in views(2, seed=int(gsd_m), gsd_m=gsd_m)]
    assert world.glance_at_many(some, windows) == [world.glance(view, windows) for view in some]
    assert world.glance_at_many([], windows) == []
    assert world.glance_at_many(some, []) == [[]] * len(some)


def test_memory_does_not_grow_with_the_views_of_a_list():
    windows = [
        Window(top, left, 100, 100) for top in range(0, 400, 100) for left in range(0, 400, 100)
    ]
    world, peaks = Synthetic(seed=4), []
    world.glance_at_many(views(20), windows)
    for count in (32, 256):
        some = views(count)
        tracemalloc.start()
        world.glance_at_many(some, windows)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 256 * 8_000  # what is found, and which sky belongs to each view


def test_glancing_at_many_is_faster_than_one_after_another():
    some = views(96, gsd_m=10.0, height_px=1024, width_px=1024)
    windows = [
        Window(row, col, 256, 256) for row in range(0, 1024, 256) for col in range(0, 1024, 256)
    ]
    world, ratios = Synthetic(seed=4), []
    world.glance_at_many(some[:2], windows)
    for _ in range(3):
        start = time.process_time()
        for view in some:
            world.glance(view, windows)
        middle = time.process_time()
        world.glance_at_many(some, windows)
        ratios.append((middle - start) / (time.process_time() - middle))
    assert np.median(ratios) > 1.3  # about 2 on a core of its own


def test_glancing_is_far_faster_than_painting():
    view = views(1, gsd_m=10.0, height_px=1024, width_px=1024)[0]
    windows = [
        Window(row, col, 256, 256) for row in range(0, 1024, 256) for col in range(0, 1024, 256)
    ]
    world = Synthetic(seed=4)
    world.glance(view, windows)
    ratios = []
    for _ in range(3):
        start = time.process_time()
        painted(world, view)
        middle = time.process_time()
        world.glance(view, windows)
        ratios.append((middle - start) / (time.process_time() - middle))
    assert np.median(ratios) > 15.0


def test_a_window_beside_the_scene_is_refused():
    with pytest.raises(ImageryError, match="does not lie inside"):
        Synthetic().glance(views(1)[0], [Window(0, 0, 401, 1)])
    with pytest.raises(ImageryError, match="not a place"):
        Synthetic().glance(View("v", "t", 95.0, 0.0, JUNE, 50.0, CAMERA), [])
