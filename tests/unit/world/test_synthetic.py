"""Synthetic scenes: what a masker, a codec and a planner may count on; speed; what is refused."""

import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from payload.errors import ImageryError
from payload.ports import SceneSource
from payload.registry import build, options_model, validate
from payload.types import (
    CLEAR,
    CLOUD,
    SHADOW,
    SURFACES,
    THIN_CLOUD,
    Radiometry,
    Sensor,
    View,
    Window,
)
from payload.world.globe import directions, seconds_since_2000, sun_azimuth_deg
from payload.world.synthetic import Synthetic

JUNE = datetime(2025, 6, 1, 10, 30, tzinfo=UTC)
CAMERA = Sensor(
    bands=("blue", "green", "red", "nir"),
    gsd_m=10.0,
    width_px=256,
    height_px=256,
    bit_depth=12,
    radiometry=Radiometry(3e-4),
    max_off_nadir_deg=30.0,
    min_sun_elevation_deg=10.0,
    settle_s=5.0,
)


def view(lat=50.2, lon=8.0, *, utc=JUNE, sun=50.0, **camera):
    return View("v", "t", lat, lon, utc, sun, replace(CAMERA, **camera))


def whole(scene):
    return scene.read(Window(0, 0, scene.height_px, scene.width_px))


def places(count, seed=0):
    rng = np.random.default_rng(seed)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    lon = rng.uniform(-180, 180, count)
    days = rng.uniform(0, 365, count)
    return [
        (float(a), float(o), JUNE + timedelta(days=float(d)))
        for a, o, d in zip(lat, lon, days, strict=True)
    ]


def test_the_plug_in_is_found_by_its_name_and_describes_its_options():
    source = build("payload.scene_source", "synthetic", {}, seed=5)
    assert isinstance(source, SceneSource)
    assert source.seed == 5
    model = options_model("payload.scene_source", "synthetic")
    assert all(field.description for field in model.model_fields.values())
    assert "seed" not in model.model_fields


@pytest.mark.parametrize(
    "options",
    [
        {"cloud_optical_depth": 0.0},
        {"mean_cloud_cover": 1.1},
        {"mean_cloud_cover": -0.1},
        {"haze_optical_depth": -1},
        {"snr": 0},
        {"snr": float("nan")},
        {"cloud_height_m": -1},
        {"cloudiness": 0.5},
    ],
)
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(ValidationError):
        validate("payload.scene_source", "synthetic", options)


def test_a_scene_is_what_the_sensor_makes_it():
    scene = Synthetic(seed=3).scene(view(height_px=40, width_px=70, bit_depth=10))
    assert (scene.height_px, scene.width_px, scene.bit_depth) == (40, 70, 10)
    assert scene.bands == CAMERA.bands
    assert scene.radiometry == CAMERA.radiometry
    assert scene.georeference.crs.startswith("+proj=aeqd +lat_0=50.2 +lon_0=8.0")
    assert scene.georeference.transform == (-350.0, 10.0, 0.0, 200.0, 0.0, -10.0)
    patch = whole(scene)
    assert patch.bands.shape == (4, 40, 70)
    assert patch.bands.dtype == np.uint16
    assert patch.bands.max() < 2**10
    assert patch.valid is None
    assert set(np.unique(patch.truth)) <= {CLEAR, CLOUD, SHADOW}


def test_scene_covers_are_strongly_spread_around_the_climate():
    """Many nearly clear, many overcast, some between; the mean as the satellites see it, 67 %."""
    covers = []
    for lat, lon, utc in places(300):
        scene = Synthetic(seed=9).scene(
            view(lat, lon, utc=utc, gsd_m=500.0, height_px=60, width_px=60)
        )
        covers.append(np.mean(whole(scene).truth == CLOUD))
    spread = np.array(covers)
    assert spread.mean() == pytest.approx(0.67, abs=0.05)
    assert np.mean(spread < 0.2) > 0.15
    assert np.mean(spread > 0.8) > 0.15
    assert np.mean((spread > 0.2) & (spread < 0.8)) > 0.15


def test_truth_follows_the_optical_depth_that_counts_as_cloud():
    for lat, lon, utc in places(12, seed=2):
        scenes = [
            whole(Synthetic(seed=9, cloud_optical_depth=depth).scene(view(lat, lon, utc=utc)))
            for depth in (1e-9, 0.2, 0.4, 2.0, 10.0, 100.0)
        ]
        clouds = [patch.truth == CLOUD for patch in scenes]
        assert clouds[0].all()
        for thinner, thicker in pairwise(clouds):
            assert not (thicker & ~thinner).any()
        # What counts as cloud changes the truth, never the picture.
        assert all(np.array_equal(patch.bands, scenes[0].bands) for patch in scenes)


@pytest.mark.parametrize(
    ("one", "other"),
    [((10.0, 180.0), (10.0, -180.0)), ((10.0, 359.0), (10.0, -1.0)), ((0.0, 8.0), (-0.0, 8.0))],
)
def test_one_place_under_two_names_is_one_to_the_last_bit(one, other):
    world = Synthetic(seed=3)
    patches = [
        whole(world.scene(view(*place, height_px=40, width_px=40))) for place in (one, other)
    ]
    assert np.array_equal(patches[0].bands, patches[1].bands)
    assert np.array_equal(patches[0].truth, patches[1].truth)


def everything(scene):
    return scene.ground_truth(Window(0, 0, scene.height_px, scene.width_px))


def test_what_is_known_of_a_window_agrees_with_the_truth_of_its_pixels():
    thin, shaded = [], []
    for lat, lon, utc in places(12, seed=2):
        scene = Synthetic(seed=9).scene(view(lat, lon, utc=utc, height_px=200, width_px=200))
        truth, known = whole(scene).truth, everything(scene)
        assert np.array_equal(truth == CLOUD, known.optical_depth >= np.float32(0.7))
        assert np.array_equal(truth == CLOUD, np.isin(known.sky, (CLOUD, THIN_CLOUD)))
        assert np.array_equal(truth == SHADOW, known.sky == SHADOW)
        assert (known.optical_depth[known.sky == THIN_CLOUD] < 3.6).all()
        thin.append(np.mean(known.sky == THIN_CLOUD))
        shaded.append(np.mean(known.sky == SHADOW))
        part = scene.ground_truth(Window(17, 33, 60, 70))
        for one, other in (
            (part.sky, known.sky), (part.surface, known.surface),
            (part.optical_depth, known.optical_depth),
        ):  # fmt: skip
            assert np.array_equal(one, other[17:77, 33:103])
    assert max(thin) > 0.05
    assert max(shaded) > 0.02
    with pytest.raises(ImageryError, match="does not lie inside"):
        scene.ground_truth(Window(150, 0, 60, 10))


def test_surfaces_look_as_they_are_called():
    """In the near infrared water is dark and plants are bright; snow is white, sand is red."""
    seen = {name: [] for name in SURFACES}
    for lat, lon, utc in places(120, seed=5):
        scene = Synthetic(seed=4, mean_cloud_cover=0.0, haze_optical_depth=0.05).scene(
            view(lat, lon, utc=utc, height_px=64, width_px=64, gsd_m=60.0)
        )
        bands, surface = whole(scene).bands * 3e-4, everything(scene).surface
        for index, name in enumerate(SURFACES):
            if np.count_nonzero(surface == index) > 30:
                seen[name].append(np.median(bands[:, surface == index], axis=1))
    medians = {name: np.median(found, axis=0) for name, found in seen.items() if len(found) > 1}
    assert set(medians) >= {"water", "snow", "forest", "grass", "soil", "sand"}
    blue, green, red, nir = range(4)
    assert medians["water"][nir] < 0.05
    assert (np.diff(medians["water"]) < 0).all()
    for plants in ("forest", "grass"):
        assert medians[plants][nir] > 2.5 * medians[plants][red]
    assert medians["snow"].min() > 0.5
    assert medians["sand"][red] > medians["sand"][blue]
    assert medians["sand"][red] > medians["soil"][red] > medians["forest"][red]
    assert medians["forest"][green] < medians["grass"][green]


def test_cloud_is_bright_in_all_bands_and_clear_ground_is_dark_in_blue():
    clouds, grounds = [], []
    for lat, lon, utc in places(60, seed=3):
        if abs(lat) > 55:
            continue
        thick = whole(Synthetic(seed=9, cloud_optical_depth=8.0).scene(view(lat, lon, utc=utc)))
        patch = whole(Synthetic(seed=9).scene(view(lat, lon, utc=utc)))
        seen = patch.bands * 3e-4
        if (thick.truth == CLOUD).sum() > 500:
            clouds.append(seen[:, thick.truth == CLOUD].mean(axis=1))
        if (patch.truth == CLEAR).sum() > 500:
            grounds.append(seen[:, patch.truth == CLEAR].mean(axis=1))
    assert len(clouds) > 5
    assert len(grounds) > 5
    assert np.min(clouds) > 0.3
    assert np.max(clouds) < 1.35  # the brightest real ones reach 1.3
    blue = np.array(grounds)[:, 0]
    assert 0.05 < np.median(blue) < 0.15
    assert np.quantile(blue, 0.9) < 0.3
    assert np.median(clouds, axis=0).min() > 2 * np.median(blue)


def test_nothing_is_cloud_and_nothing_shaded_under_a_sky_without_cover():
    for lat, lon, utc in places(6):
        patch = whole(Synthetic(seed=1, mean_cloud_cover=0.0).scene(view(lat, lon, utc=utc)))
        assert not patch.truth.any()
        patch = whole(Synthetic(seed=1, mean_cloud_cover=1.0).scene(view(lat, lon, utc=utc)))
        assert (patch.truth == CLOUD).all()


@pytest.fixture(scope="module")
def broken_clouds():
    """Scenes of 10 km with some cloud and some shadow, at half past nine by the sun."""
    world = Synthetic(seed=2, mean_cloud_cover=0.35)
    found = []
    for index in range(60):
        lon = 6.0 * index - 177.0
        utc = JUNE.replace(hour=9, minute=30) - timedelta(hours=lon / 15.0)
        scene = world.scene(view(48.0, lon, utc=utc, sun=40.0, gsd_m=40.0))
        patch = whole(scene)
        if np.mean(patch.truth == SHADOW) > 0.02 and np.mean(patch.truth == CLEAR) > 0.2:
            found.append((patch, scene, everything(scene)))
    return found


def depth_towards_sun(scene, away_m):
    """Optical depth so far towards the sun from each pixel of a scene: that of a scene around there."""
    view = scene.view
    azimuth = np.radians(sun_azimuth_deg(view.lat_deg, view.lon_deg, seconds_since_2000(view.utc)))
    north, east = np.cos(azimuth) * away_m, np.sin(azimuth) * away_m
    lat = view.lat_deg + np.degrees(north / 6.371e6)
    lon = view.lon_deg + np.degrees(east / 6.371e6 / np.cos(np.radians(view.lat_deg)))
    return everything(
        scene.world.scene(replace(view, lat_deg=float(lat), lon_deg=float(lon)))
    ).optical_depth


def test_shadows_lie_on_the_side_away_from_the_sun(broken_clouds):
    """From its shadow a cloud lies towards the sun, its height over the tangent away: low, high up, or deep."""
    slant = 1 / np.tan(np.radians(40.0))
    there, high, behind = [], [], []
    for patch, scene, _ in broken_clouds:
        air = scene.air.at(directions(scene.view.lat_deg, scene.view.lon_deg)[:, None])
        low_m, top_m = float(air.cloud_height_m[0]), float(air.top_m[0])
        heights, shadow = (low_m, (low_m + top_m) / 2, top_m), patch.truth == SHADOW
        for side, found in ((1, there), (-1, behind)):
            low, middle, top = (
                depth_towards_sun(scene, side * height * slant)[shadow] for height in heights
            )
            found.append(((low + top >= 0.6) | (middle > 10.0)).mean())
            if side > 0:
                high.append((low < 0.2).mean())
    assert len(there) >= 6
    assert np.mean(there) > 0.85  # not 1: shadows are made of somewhat coarser clouds
    assert np.mean(high) > 0.1  # from ice cloud and towers alone
    assert np.mean(behind) < np.mean(there) - 0.2


def test_shadow_is_darker_than_the_sunlit_ground_beside_it(broken_clouds):
    """Of dry surfaces, without the veils that brighten both: water has hardly any light to lose."""
    darker = []
    for patch, _, known in broken_clouds:
        dry = np.isin(known.surface, [SURFACES.index(name) for name in ("grass", "crops", "soil")])
        seen = dry & (known.optical_depth < 0.1)
        dark, lit = (patch.bands[3][seen & (patch.truth == kind)] for kind in (SHADOW, CLEAR))
        if min(dark.size, lit.size) > 100:
            darker.append(dark.mean() / lit.mean())
    assert len(darker) >= 4
    assert np.median(darker) < 0.8


def test_vegetation_is_bright_in_the_near_infrared_and_water_is_dark():
    still = {"mean_cloud_cover": 0.0}
    forest = whole(Synthetic(seed=1, **still).scene(view(-3.0, -62.0))).bands * 3e-4
    ocean = whole(Synthetic(seed=1, **still).scene(view(30.0, -40.0))).bands * 3e-4
    assert 0.2 < np.median(forest[3]) < 0.45
    assert np.median(forest[2]) < 0.1
    assert np.median(ocean[3]) < 0.04
    assert (np.diff(np.median(ocean, axis=(1, 2))) < 0).all()


def test_the_far_south_is_white_and_midsummer_europe_is_not():
    ice = whole(Synthetic(seed=1, mean_cloud_cover=0.0).scene(view(-80.0, 60.0))).bands * 3e-4
    summer = whole(Synthetic(seed=1, mean_cloud_cover=0.0).scene(view(50.2, 8.0))).bands * 3e-4
    assert np.median(ice[0]) > 0.6
    assert np.median(summer[0]) < 0.15


def test_coasts_are_fractal_and_keep_their_land_fraction():
    """Land over a whole region is right on average though each coast is drawn anew by the seed."""
    shares = []
    for seed in range(8):
        scene = Synthetic(seed=seed, mean_cloud_cover=0.0).scene(
            view(43.5, 16.0, gsd_m=900.0, height_px=90, width_px=90)
        )
        shares.append(np.mean(whole(scene).bands[3] * 3e-4 > 0.1))
    assert np.std(shares) > 0.002
    assert np.mean(shares) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"lat": 95.0}, "not a place on the Earth"),
        ({"lat": float("nan")}, "not a place on the Earth"),
        ({"lon": 1e9}, "not a place on the Earth"),
        ({"gsd_m": 0.0}, "cannot be painted"),
        ({"gsd_m": float("nan")}, "cannot be painted"),
        ({"gsd_m": 1e6}, "cannot be painted"),
        ({"height_px": 0}, "cannot be painted"),
        ({"bands": ()}, "no band is requested"),
        ({"bands": ("blue", "swir")}, "no band 'swir'; it has blue, green, red, nir"),
        ({"gsd_m": 1000.0, "height_px": 50_000}, "too wide"),
        ({"utc": JUNE.replace(year=1)}, "of the year 1, not between"),
        ({"utc": JUNE.replace(year=9999)}, "of the year 9999, not between"),
        ({"sun": float("nan")}, "the sun at nan deg; expected -90 to 90"),
        ({"utc": datetime(2025, 6, 1)}, "without a time zone"),  # noqa: DTZ001 - that is the point
    ],
)
def test_a_view_that_makes_no_sense_is_refused(wrong, sentence):
    with pytest.raises(ImageryError, match=sentence):
        Synthetic().scene(view(**wrong))


@pytest.mark.parametrize(
    "window",
    [Window(0, 0, 257, 1), Window(250, 0, 10, 10), Window(-1, 0, 5, 5), Window(0, 0, 0, 4)],
)
def test_a_window_outside_the_scene_is_refused(window):
    with pytest.raises(ImageryError, match="does not lie inside"):
        Synthetic().scene(view()).read(window)


@pytest.mark.parametrize("sun", [-20.0, 0.0, 2.0, 90.0])
def test_any_height_of_the_sun_can_be_painted(sun):
    assert whole(Synthetic(seed=2).scene(view(sun=sun))).bands.any()


def test_memory_follows_the_window_not_the_scene():
    def peak(width_px):
        scene = Synthetic(seed=2).scene(view(height_px=20_000, width_px=width_px))
        tracemalloc.start()
        patch = scene.read(Window(9_000, 0, 256, width_px))
        used = tracemalloc.get_traced_memory()[1] - patch.bands.nbytes - patch.truth.nbytes
        tracemalloc.stop()
        return used

    peak(64)
    assert peak(4096) < 1.3 * peak(1024) < 60e6


@pytest.mark.parametrize("gsd_m", [3.0, 10.0, 60.0])
def test_painting_takes_a_few_times_a_fourier_transform_of_the_same_size(gsd_m):
    """Yardstick: numpy.fft.rfft2 of (4, 1024, 1024) float32 in the same process, alternating."""
    scene = Synthetic(seed=3).scene(view(gsd_m=gsd_m, height_px=1024, width_px=1024))
    samples = np.random.default_rng(0).random((4, 1024, 1024), np.float32)
    scene.read(Window(0, 0, 256, 256))
    ratios = []
    for _ in range(5):
        start = time.process_time()
        np.fft.rfft2(samples)
        middle = time.process_time()
        whole(scene)
        ratios.append((time.process_time() - middle) / (middle - start))
    assert np.median(ratios) < 5.0 * 4 / 3  # 5 is wanted; a third of slack for busy machines


@pytest.mark.parametrize("lon", [10.3, 0.1, 179.7])
def test_a_place_has_the_same_noise_however_often_its_longitude_goes_around(lon):
    world = Synthetic(seed=3)
    here, there = (whole(world.scene(view(10.0, each))) for each in (lon, lon - 360.0))
    np.testing.assert_array_equal(here.truth, there.truth)
    apart = np.abs(here.bands.astype(int) - there.bands)  # the last bit of a sine may differ
    assert (apart == 0).mean() > 0.999
