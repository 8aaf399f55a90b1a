"""Below the world: hashes, noise on the sphere, charts, the scene's grid."""

import tracemalloc
from statistics import NormalDist

import numpy as np
import pytest
import rasterio.warp
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.types import Window
from payload.world.charts import FACES, chart_coordinates, chart_direction, faces_near
from payload.world.globe import lat_lon
from payload.world.grid import SceneGrid
from payload.world.lattice import COARSEST_LEVEL, finest_level, spacing_km
from payload.world.noise import (
    SphereNoise,
    hash_grid,
    many_ticks,
    normal_quantile,
    normal_wave,
    phases,
    scramble,
    ticks,
)


def directions(count, seed=0):
    rng = np.random.default_rng(seed)
    z, angle = rng.uniform(-1, 1, count), rng.uniform(-np.pi, np.pi, count)
    across = np.sqrt(1 - z * z)
    return np.stack([across * np.cos(angle), across * np.sin(angle), z])


# --- hashes -----------------------------------------------------------------------------------------


def test_a_flipped_bit_changes_half_of_the_others():
    values = np.arange(4000, dtype=np.uint64)
    for bit in (0, 17, 40, 63):
        flipped = scramble(values) ^ scramble(values ^ np.uint64(1 << bit))
        shares = np.unpackbits(flipped.view(np.uint8)).reshape(-1, 64).mean(0)
        assert np.abs(shares - 0.5).max() < 0.06


@given(
    times_s=st.lists(st.floats(-3.2e9, 3.2e9), min_size=1, max_size=6),
    lives_s=st.lists(st.floats(60.0, 1e7), min_size=1, max_size=6),
)
def test_ticks_of_many_times_are_those_of_each(times_s, lives_s):
    many = many_ticks(np.array(times_s), np.array(lives_s)[:, None])
    assert many.tolist() == [[int(ticks(time, life)) for time in times_s] for life in lives_s]


def test_a_lattice_point_has_the_same_bits_in_any_rectangle():
    rows, cols = np.arange(-20, 40), np.arange(2**31, 2**31 + 50)
    everything = hash_grid(9, rows, cols)
    assert np.array_equal(hash_grid(9, rows[7:19], cols[3:44]), everything[7:19, 3:44])
    assert np.unique(everything).size == everything.size
    assert not np.array_equal(hash_grid(10, rows, cols), everything)


def test_neighbours_on_the_lattice_are_strangers():
    lanes = hash_grid(3, np.arange(200), np.arange(200)).view(np.int16).reshape(200, 200, 4)
    for lane in range(4):
        field = lanes[..., lane].astype(float)
        assert abs(np.corrcoef(field[1:].ravel(), field[:-1].ravel())[0, 1]) < 0.02
        assert abs(np.corrcoef(field[:, 1:].ravel(), field[:, :-1].ravel())[0, 1]) < 0.02
        assert abs(np.corrcoef(field.ravel(), lanes[..., lane - 1].ravel())[0, 1]) < 0.02


# --- normal values ----------------------------------------------------------------------------------


def test_quantiles_are_those_of_the_normal_distribution():
    shares = np.linspace(0.001, 0.999, 77)
    wanted = [NormalDist().inv_cdf(share) for share in shares]
    assert np.abs(normal_quantile(shares) - wanted).max() < 0.01


def test_the_wave_is_continuous_and_normal():
    wave = normal_wave()
    assert np.abs(np.diff(wave, append=wave[:1])).max() < 0.05
    assert abs(wave.mean()) < 1e-4
    assert wave.std() == pytest.approx(1.0, abs=0.01)


def test_noise_on_the_sphere_is_standard_normal_at_every_place():
    noise = SphereNoise(1, "test", (900.0, 40.0, 3.0))
    values = noise.values(directions(20_000))
    assert values.shape == (4, 3, 20_000)
    for field in values.reshape(-1, 20_000)[[1, 2, 4, 5, 7, 8]]:
        assert abs(field.mean()) < 0.04
        assert field.std() == pytest.approx(1.0, abs=0.03)
        for sigma in (-1.0, 0.5, 2.0):
            assert np.mean(field < sigma) == pytest.approx(NormalDist().cdf(sigma), abs=0.015)
    assert np.abs(np.corrcoef(values[:, 1]) - np.eye(4)).max() < 0.03


def test_noise_of_many_places_is_that_of_each_and_takes_little_more_memory_than_it_fills():
    """Made at once, 100,000 places would take some hundred bytes each beside what they fill."""
    rng = np.random.default_rng(5)
    direction = rng.normal(size=(3, 100_000))
    direction /= np.sqrt((direction**2).sum(0))
    noise = SphereNoise(3, "many", (3000.0, 300.0), (4e5, 4e4), 1e-6)
    time_s = rng.uniform(0.0, 1e9, direction.shape[1])
    noise.values(direction[:, :10], time_s[:10])  # what is made once is made
    tracemalloc.start()
    found = noise.values(direction, time_s)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * found.nbytes
    for place in (0, 4095, 4096, 99_999):
        alone = noise.values(direction[:, place : place + 1], time_s[place : place + 1])
        np.testing.assert_array_equal(found[:, :, place], alone[:, :, 0])


def test_noise_on_the_sphere_is_smooth_across_poles_and_antimeridian():
    noise = SphereNoise(1, "test", (300.0,))
    step = 1e-4
    for place in ((90, 0), (-90, 0), (0, 180), (35.26, 45)):
        lat, lon = np.radians(place)
        centre = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        around = centre[:, None] + step * np.random.default_rng(0).normal(size=(3, 40))
        around /= np.linalg.norm(around, axis=0)
        assert np.ptp(noise.values(around)[:, 0], axis=1).max() < 0.1


def test_noise_forgets_itself_in_about_a_lifetime():
    """Second method: the correlation of the wave with itself, over rates of half a turn at most."""
    wave = normal_wave().astype(float)
    noise = SphereNoise(1, "test", (50.0,), (3600.0,))
    places = directions(20_000)
    now = noise.values(places, 8.0e8)[0, 0]
    for lag in (0.1, 0.25, 0.5, 1.0, 2.5):
        turns = np.linspace(-lag / 2, lag / 2, 101)
        wanted = np.mean([np.mean(wave * np.roll(wave, round(turn * 65536))) for turn in turns])
        later = noise.values(places, 8.0e8 + 3600.0 * lag)[0, 0]
        assert later.std() == pytest.approx(1.0, abs=0.03)
        assert np.corrcoef(now, later)[0, 1] == pytest.approx(wanted, abs=0.03)
        assert wanted == pytest.approx(np.sinc(lag), abs=0.1)


def test_phases_move_by_their_own_rates_and_no_more_than_half_a_turn():
    bits = np.array([0x12340000, 0x12348000, 0x1234FFFF], np.uint32)
    still = phases(bits, ticks(0.0, 60.0))
    moved = phases(bits, ticks(60.0, 60.0))
    turned = (moved - still).view(np.int32) / 2**32
    assert turned == pytest.approx([-0.5, 0.0, 0.5], abs=1e-4)


# --- charts -----------------------------------------------------------------------------------------


@given(st.integers(0, FACES - 1), st.floats(-1.01, 1.01), st.floats(-1.01, 1.01))
def test_a_chart_leads_to_a_place_and_back(face, up, across):
    there = chart_direction(np.array([up]), np.array([across]), face)
    assert np.linalg.norm(there) == pytest.approx(1.0)
    back = chart_coordinates(there, face)
    assert (back[0][0], back[1][0]) == pytest.approx((up, across), abs=1e-12)
    assert face in faces_near(there)


def test_the_charts_together_cover_every_place():
    places = directions(20_000)
    weights = np.array([chart_coordinates(places, face)[2] for face in range(FACES)])
    assert weights.sum(0).min() >= 0.999
    assert ((weights == 1).any(0)).mean() > 0.98
    for face in range(FACES):
        held = weights[face] > 0
        assert (_FACE_AXES[face] @ places[:, held] > 0.5).all()


_FACE_AXES = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])


def test_levels_halve_and_the_finest_suits_the_pixel():
    assert spacing_km(COARSEST_LEVEL) == pytest.approx(1.22, abs=0.01)
    for gsd_m in (3.0, 10.0, 15.0, 30.0, 60.0, 400.0):
        assert 1.25 <= spacing_km(finest_level(gsd_m)) * 1000 / gsd_m < 2.5
    assert finest_level(5000.0) == COARSEST_LEVEL


# --- the scene's grid -------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.floats(-89.9, 89.9), st.floats(-180, 180), st.sampled_from([10.0, 60.0]))
def test_pixels_lie_where_the_georeference_says(lat, lon, gsd_m):
    """Second method: PROJ's own azimuthal equidistant projection."""
    grid = SceneGrid(lat, lon, gsd_m, 1000, 1400)
    rows, cols = np.array([0.0, 310.0, 500.0, 1000.0]), np.array([0.0, 700.0, 1399.0])
    lat_deg, lon_deg = lat_lon(grid.directions(rows, cols))

    x0, dx, _, y0, _, dy = grid.georeference.transform
    x, y = np.meshgrid(x0 + dx * cols, y0 + dy * rows)
    lons, lats = rasterio.warp.transform(grid.georeference.crs, "EPSG:4326", x.ravel(), y.ravel())
    north_m = (np.array(lats) - lat_deg.ravel()) * 111_000
    turn = (np.array(lons) - lon_deg.ravel() + 540) % 360 - 180
    east_m = turn * 111_000 * np.cos(np.radians(lats))
    assert np.hypot(north_m, east_m).max() < 0.02 * gsd_m


def test_footprints_are_linear_between_knots_to_a_hundredth_of_a_pixel():
    grid = SceneGrid(47.0, 11.0, 60.0, 900, 900)
    window = Window(333, 481, 100, 90)
    (footprint,) = grid.footprints(window)
    exact = grid.directions(np.arange(333, 433) + 0.5, np.arange(481, 571) + 0.5)
    up, across, _ = chart_coordinates(exact, footprint.face)
    per_pixel = 60.0 / (spacing_km(1) * 1000.0)
    assert np.abs(footprint.up - up).max() < 0.01 * per_pixel
    assert np.abs(footprint.across - across).max() < 0.01 * per_pixel
