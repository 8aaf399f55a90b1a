"""Compiled loops and numpy paint the same bytes, and only who paints wakes the compiler."""

import subprocess
import sys

import numpy as np
import pytest
from painting import numpy_alone, scene

from payload.types import Window
from payload.world import quick
from payload.world.clouds import Weather
from payload.world.coarse import Footing
from payload.world.cover import Edges, mean_cover
from payload.world.noise import SphereNoise, interpolated

SCENES = {
    "fields and towns": scene(50.2, 8.0),
    "a coast at 3 m": scene(36.1, -5.6, gsd_m=3.0),
    "a desert at 30 m": scene(24.0, 12.0, gsd_m=30.0, day=200),
    "mountains at 60 m": scene(29.0, 84.0, gsd_m=60.0, day=250),
    "a pole, where charts bend": scene(90.0, 0.0, gsd_m=60.0, day=20),
    "ice beside land": scene(-68.0, 60.0, gsd_m=30.0, day=200),
    "a corner of three charts": scene(35.2644, 45.0),
    "an edge of two charts": scene(10.0, 135.0, gsd_m=60.0),
    "the antimeridian": scene(0.01, -179.99, height_px=64, width_px=700),
    "open sea": scene(-30.0, -100.0, gsd_m=60.0),
    "two bands in another order": scene(-3.0, -60.0, bands=("nir", "red")),
    "stripes and dead columns": scene(52.0, 13.0, world={"striping": 0.02, "dead_columns": 0.05}),
    "bands that see clouds far apart": scene(20.0, 78.0, gsd_m=3.0, world={"parallax_deg": 2.0}),
    "a camera that smears nothing": scene(
        1.0, 30.0, world={"point_spread_px": 0.0, "misregistration_px": 0.0}
    ),
    "a camera that smears a lot": scene(
        -20.0, 130.0, world={"point_spread_px": 0.7, "misregistration_px": 1.0}
    ),
    "one column": scene(48.0, 2.0, width_px=1),
}


def painted(made):
    whole = Window(0, 0, made.height_px, made.width_px)
    patch, known = made.read(whole), made.ground_truth(whole)
    return [patch.bands, patch.truth, known.sky, known.surface, known.optical_depth]


@pytest.mark.parametrize("name", SCENES)
def test_compiled_loops_paint_the_bytes_that_numpy_does(name, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(quick, "_woken", [])
    quick.wake(2**20)  # small scenes do not
    fast = painted(SCENES[name])
    assert quick.loops() is not None
    numpy_alone(monkeypatch)
    slow = painted(SCENES[name])
    assert quick.loops() is None
    for one, other in zip(fast, slow, strict=True):
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes()
    assert len(np.unique(fast[0])) > 50  # something is painted


@pytest.mark.parametrize("name", SCENES)
def test_compiled_loops_glance_at_the_cover_that_numpy_does(name, monkeypatch):
    pytest.importorskip("numba")
    made = SCENES[name]
    side = 48  # with smaller windows at the edges
    windows = [
        Window(top, left, min(side, made.height_px - top), min(side, made.width_px - left))
        for top in range(0, made.height_px, side)
        for left in range(0, made.width_px, side)
    ]
    monkeypatch.setattr(quick, "_woken", [])
    quick.wake(2**20)
    fast = made.world.glance(made.view, windows)
    numpy_alone(monkeypatch)
    assert fast == made.world.glance(made.view, windows)


def test_compiled_tables_have_the_bytes_of_numpys(monkeypatch):
    pytest.importorskip("numba")
    table = np.random.default_rng(2).normal(size=50)
    at = np.linspace(-3.5, 4.5, 1200).reshape(3, 400)[:, ::-1]
    monkeypatch.setattr(quick, "_woken", [])
    quick.wake(2**20)
    fast = interpolated(at, -2.0, 3.0, table)
    numpy_alone(monkeypatch)
    assert fast.tobytes() == interpolated(at, -2.0, 3.0, table).tobytes()
    np.testing.assert_allclose(fast, np.interp(at, np.linspace(-2.0, 3.0, 50), table), atol=1e-12)


@pytest.mark.parametrize("deviation", [0.0, 1e-3, 0.1, 2.0])
@pytest.mark.parametrize("is_one_for_all", [True, False])
def test_compiled_clear_shares_have_the_bytes_of_numpys(monkeypatch, deviation, is_one_for_all):
    """From fields that lie far from all edges, where no edge is looked up, to those in the midst of them."""
    pytest.importorskip("numba")
    low, ice = np.random.default_rng(3).normal(scale=3.0, size=(2, 2, 5, 60))
    spread = np.full(1 if is_one_for_all else low.shape, deviation)
    monkeypatch.setattr(quick, "_woken", [])
    quick.wake(2**20)
    fast = Edges(0.4).clear_share(low, spread, ice, spread)
    numpy_alone(monkeypatch)
    assert fast.tobytes() == Edges(0.4).clear_share(low, spread, ice, spread).tobytes()
    assert 0.0 <= fast.min() < 0.1
    assert 0.9 < fast.max() <= 1.0


def python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.split()


LOOK = """
import sys
from datetime import datetime, UTC
from payload.types import Radiometry, Sensor, View, Window
from payload.world.synthetic import Synthetic
camera = Sensor(("red",), 10.0, 128, 128, 12, Radiometry(3e-4), 30.0, 10.0, 5.0)
view = View("v", "t", 50.0, 8.0, datetime(2025, 6, 1, 10, tzinfo=UTC), 50.0, camera)
world, window, patch = Synthetic(seed=3), Window(0, 0, 128, 128), Window(0, 0, 64, 64)
world.glance(view, [window])
print("numba" in sys.modules)
{}
print("numba" in sys.modules)
"""


def test_naming_a_world_and_glancing_at_it_wakes_no_compiler():
    pytest.importorskip("numba")
    assert python(LOOK.format("world.scene(view)")) == ["False", "False"]
    assert python(LOOK.format("world.scene(view).read(window)")) == ["False", "True"]


def test_a_small_patch_wakes_no_compiler_and_many_glances_do():
    pytest.importorskip("numba")
    assert python(LOOK.format("world.scene(view).read(patch)")) == ["False", "False"]
    glances = "for _ in range(200): world.glance(view, [window])"
    assert python(LOOK.format(glances)) == ["False", "True"]


def test_many_forecasts_wake_the_compiler_and_a_few_do_not():
    """A plan of a hundred places does without; what a day's plans foresee does not."""
    pytest.importorskip("numba")
    foresee = """
import numpy as np
from payload.types import Foresight, Prospects
asked = Prospects(np.full(100, 50.0), np.full(100, 8.0), np.arange(100.0), view.utc, 10.0)
for _ in range({}): world.forecast(asked, issued_s=0.0, foresight=Foresight(0.6, 1e5))
"""
    assert python(LOOK.format(foresee.format(1))) == ["False", "False"]
    assert python(LOOK.format(foresee.format(60))) == ["False", "True"]


def test_the_cover_of_many_squares_wakes_the_compiler_and_that_of_a_few_does_not():
    """A report's track does without; a year of the sky does not."""
    pytest.importorskip("numba")
    survey = """
from payload.world.maps import cover_map
cover_map(world.weather, [8e8], 80)
print("numba" in sys.modules)
cover_map(world.weather, [8e8] * 3, 80)
"""
    assert python(LOOK.format(survey)) == ["False", "False", "True"]


def test_compiled_loops_find_the_cover_that_numpy_does(monkeypatch):
    pytest.importorskip("numba")
    lat, lon = np.random.default_rng(4).uniform((-90.0, -180.0), (90.0, 180.0), (300, 2)).T

    def cover():
        return mean_cover(Weather(3), lat, lon, np.linspace(8e8, 8.1e8, 300), Footing(40.0, 3))

    monkeypatch.setattr(quick, "_woken", [])
    quick.wake(2**20)
    fast = cover()
    numpy_alone(monkeypatch)
    assert fast.tobytes() == cover().tobytes()
    assert np.ptp(fast) > 0.5


def compiled_as_by_numpy(monkeypatch, noise, direction, when_s):
    """The values of compiled noise, which are numpy's to the bit."""
    monkeypatch.setattr(quick, "_woken", [])
    quick.wake(10**6)
    fast = noise.values(direction, when_s)
    numpy_alone(monkeypatch)
    assert fast.tobytes() == noise.values(direction, when_s).tobytes()
    return fast


@pytest.mark.parametrize("lifetime_s", [None, (7200.0, 600.0)])
@pytest.mark.parametrize("when_s", [8e8, np.linspace(8e8, 8.1e8, 50)], ids=["one", "many"])
def test_compiled_noise_has_the_bytes_of_numpys(monkeypatch, lifetime_s, when_s):
    pytest.importorskip("numba")
    direction = np.random.default_rng(1).normal(size=(3, 50))
    direction /= np.linalg.norm(direction, axis=0)
    noise = SphereNoise(3, "test", (500.0, 12.0), lifetime_s)
    assert np.ptp(compiled_as_by_numpy(monkeypatch, noise, direction, when_s)) > 1.0


@pytest.mark.parametrize("lifetime_s", [None, (7200.0, 600.0)])
@pytest.mark.parametrize("when_s", [8e8, 8e8 + 600.0 * (np.arange(400) // 90)], ids=["one", "some"])
def test_noise_that_keeps_the_corners_of_a_cell_asks_anew_for_another_cell_or_time(
    monkeypatch, lifetime_s, when_s
):
    """Places 0.5 km apart in a row: a dozen in a cell of 12 km and all in one or two of 500 km; numpy keeps nothing."""
    pytest.importorskip("numba")
    lat = 0.7 + np.arange(400) * (0.5 / 6371.0)
    direction = np.stack([np.cos(lat), np.zeros(400), np.sin(lat)])
    noise = SphereNoise(3, "test", (500.0, 12.0), lifetime_s)
    compiled_as_by_numpy(monkeypatch, noise, direction, when_s)


def test_a_compiler_that_is_told_to_rest_is_not_woken():
    paint = LOOK.format("world.scene(view).read(window)")
    assert python(paint, NUMBA_DISABLE_JIT="1") == ["False", "False"]
