"""Light on its way through air and cloud: laws of energy, and what ozone takes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.rng import stream
from payload.training.compose.light import Light, under_cloud
from payload.world.atmosphere import Air

WHITE = (1.0, 1.0, 1.0, 1.0)
suns = st.floats(8, 90)
hazes = st.floats(0, 1)
shares = st.floats(0, 1)


def flat(value):
    return np.full((4, 2, 3), value, np.float32)


def plane(value):
    return np.full((2, 3), value, np.float32)


@given(sun=suns, haze=hazes)
def test_air_without_ozone_takes_nothing_from_white_ground(sun, haze):
    # What only scatters over what only reflects: every photon comes back.
    top = Light(sun, haze, 0.0).over_ground(flat(1.0))
    assert top == pytest.approx(np.ones_like(top), abs=1e-6)


@given(sun=suns, haze=hazes)
def test_over_black_ground_the_air_alone_is_seen(sun, haze):
    top = Light(sun, haze, 0.0).over_ground(flat(0.0))
    path = np.array(Air.under(sun, haze).path, np.float32)
    assert top == pytest.approx(np.broadcast_to(path[:, None, None], top.shape), abs=1e-6)


@given(sun=suns, haze=hazes, ozone=st.floats(0.2, 0.5), dark=shares, more=st.floats(0.01, 0.5))
def test_brighter_ground_is_brighter_from_above_by_less_than_on_the_ground(
    sun, haze, ozone, dark, more
):
    light = Light(sun, haze, ozone)
    low, high = light.over_ground(flat(dark)), light.over_ground(flat(min(dark + more, 1.0)))
    assert (high >= low).all()
    below_black = light.over_ground(flat(0.0))
    assert (below_black <= low).all()
    assert low.max() <= 1 + 1e-6


@given(sun=suns, haze=hazes, ozone=st.floats(0.2, 0.5), ground=st.floats(0.05, 1))
def test_ozone_takes_most_from_green_and_nothing_from_near_infrared(sun, haze, ozone, ground):
    # Chappuis bands, 0.45 to 0.85 um, with their peak at 0.6: Leckner 1978.
    without, with_ozone = (
        Light(sun, haze, column).over_ground(flat(ground)) for column in (0.0, ozone)
    )
    blue, green, red, nir = (with_ozone / without).mean(axis=(1, 2))
    assert green < red < blue < nir
    assert nir == pytest.approx(1, abs=1e-6)


@given(sun=st.floats(8, 60), ozone=st.floats(0.2, 0.5))
def test_a_low_sun_and_a_thick_layer_lose_more_to_ozone(sun, ozone):
    def left(sun_deg, column):
        return Light(sun_deg, 0.0, column).white_cloud()[1]

    assert left(sun, ozone) < left(sun + 10, ozone) < 1
    assert left(sun, 2 * ozone) == pytest.approx(left(sun, ozone) ** 2)


@given(sun=suns, haze=hazes, ozone=st.floats(0, 0.5))
def test_nothing_is_brighter_than_a_white_cloud_and_air_over_it_changes_nothing(sun, haze, ozone):
    light = Light(sun, haze, ozone)
    top = light.over_ground(flat(1.0)).mean(axis=(1, 2))
    white = light.white_cloud()
    assert max(white) <= 1
    assert top[:3] == pytest.approx(white[:3], abs=1e-6)


@given(seed=st.integers(0, 10**6))
def test_a_drawn_sky_is_a_possible_one(seed):
    light = Light.drawn(stream(seed, "light"), sun_deg=(20.0, 60.0))
    assert 20 - 1e-6 <= light.sun_elevation_deg <= 60 + 1e-6
    assert light.haze_optical_depth >= 0
    assert 0.1 < light.ozone_atm_cm < 0.6  # 100 to 600 Dobson units: all that was ever measured


def test_a_shadow_falls_as_far_as_its_cloud_is_high_when_the_sun_stands_at_45_degrees():
    assert Light(45.0, 0.0, 0.0).shadow_px(1000.0, 10.0) == pytest.approx(100)
    assert Light(30.0, 0.0, 0.0).shadow_px(1000.0, 10.0) == pytest.approx(100 * np.sqrt(3))
    assert Light(90.0, 0.0, 0.0).shadow_px(1000.0, 10.0) == pytest.approx(0, abs=1e-6)


@given(ground=st.floats(0, 1.3))
def test_without_a_cloud_the_scene_is_as_it_was(ground):
    clear = flat(ground)
    assert under_cloud(clear, flat(0.0), plane(1.0), WHITE) == pytest.approx(clear, abs=1e-6)


@given(one=shares, other=shares, beam=shares)
def test_an_opaque_cloud_hides_what_lies_below(one, other, beam):
    white = (0.99, 0.95, 0.97, 1.0)
    seen = [under_cloud(flat(g), flat(1.0), plane(beam), white) for g in (one, other)]
    assert np.array_equal(*seen)
    assert seen[0][:, 0, 0] == pytest.approx(white)


@given(cloud=shares, beam=shares, white=st.floats(0.8, 1))
def test_over_black_ground_a_cloud_is_what_it_sends_back(cloud, beam, white):
    seen = under_cloud(flat(0.0), flat(cloud), plane(beam), (white,) * 4)
    assert seen == pytest.approx(flat(cloud) * np.float32(white), abs=1e-6)


@given(ground=st.floats(0, 0.98), thin=shares, thick=shares)
def test_more_cloud_is_never_darker_and_never_brighter_than_white(ground, thin, thick):
    thin, thick = sorted((thin, thick))
    less, more = (
        under_cloud(flat(ground), flat(cloud), plane(1.0), WHITE) for cloud in (thin, thick)
    )
    assert (more >= less - 1e-6).all()
    assert more.max() <= 1 + 1e-6


@given(cloud=shares, shade=shares)
def test_over_white_ground_a_cloud_without_loss_cannot_be_seen(cloud, shade):
    # Energy again, now between ground and cloud; the ground here is as white as is allowed.
    seen = under_cloud(flat(0.98), flat(cloud), plane(1.0), WHITE)
    assert seen.min() >= 0.98 - 1e-6
    dim = under_cloud(flat(0.98), flat(cloud), plane(shade), WHITE)
    assert (dim <= seen + 1e-6).all()


@given(ground=st.floats(0.05, 0.9), beam=st.floats(0, 0.95))
def test_a_shadow_is_darker_and_bluer_than_light_and_never_black(ground, beam):
    seen = under_cloud(flat(ground), flat(0.0), plane(beam), WHITE).mean(axis=(1, 2)) / ground
    assert (seen < 1).all()
    assert (seen > 0).all()
    assert (np.diff(seen) < 0).all()  # skylight is blue
    assert (under_cloud(flat(ground), flat(0.0), plane(0.0), WHITE)[:, 0, 0] > 0).all()


def test_what_comes_in_is_not_changed():
    clear, cloud, beam = flat(0.99), flat(1.2), plane(0.5)
    kept = [part.copy() for part in (clear, cloud, beam)]
    under_cloud(clear, cloud, beam, WHITE)
    Light(30.0, 0.1, 0.3).over_ground(clear)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (clear, cloud, beam), strict=True))
