import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.energy import load_profile, profile_names
from payload.errors import ScenarioError

SCENE_PX = 10_980 * 10_980
TIMED = [name for name in profile_names() if load_profile(name).mpx_per_s is not None]


@pytest.mark.parametrize(
    ("name", "seconds", "joules"), [("jetson-dtacs", 60.3, 869.0), ("odin-dtacs", 29.9, 302.0)]
)
def test_a_sentinel_2_scene_takes_what_the_vendor_measured(name, seconds, joules):
    profile = load_profile(name)
    busy_s = profile.busy_s(SCENE_PX)
    assert busy_s == pytest.approx(seconds, abs=0.05)
    assert profile.energy_j(busy_s) == pytest.approx(joules, abs=1.0)


@pytest.mark.parametrize(
    ("name", "joules_per_mpx"),
    [
        ("myriad2-cloudscout", 2.2),
        ("fpga-cloudscout", 1.8),
        ("jetson-dtacs", 7.2),
        ("odin-dtacs", 2.5),
        ("myriadx-ursonet", 0.4),
        ("gr740", 25.0),
    ],
)
def test_a_megapixel_costs_what_watts_and_speed_say(name, joules_per_mpx):
    profile = load_profile(name)
    assert profile.energy_j(profile.busy_s(1_000_000)) == pytest.approx(joules_per_mpx, rel=0.025)


def test_cloudscout_takes_325_ms_a_patch_on_myriad_2_and_142_on_an_fpga():
    patch_px = 512 * 512
    assert load_profile("myriad2-cloudscout").busy_s(patch_px) == pytest.approx(0.325, abs=0.002)
    assert load_profile("fpga-cloudscout").busy_s(patch_px) == pytest.approx(0.142, abs=0.002)


@given(tiles=st.lists(st.integers(0, 10**7), max_size=30), name=st.sampled_from(TIMED))
def test_time_and_energy_are_charged_per_pixel_however_they_are_cut(tiles, name):
    profile = load_profile(name)
    parts = [profile.busy_s(pixels) for pixels in tiles]
    whole_s = profile.busy_s(sum(tiles))
    assert math.fsum(parts) == pytest.approx(whole_s, rel=1e-12)
    energy_j = math.fsum(profile.energy_j(part) for part in parts)
    assert energy_j == pytest.approx(profile.energy_j(whole_s), rel=1e-12)


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_says_where_it_is_from_and_how_sure_it_is(name):
    profile = load_profile(name)
    assert profile.status in {"measured", "published", "assumed"}
    assert profile.power_basis in {"system", "board", "chip", "rail"}
    assert (profile.mpx_per_s or profile.ops_per_s) > 0.0
    assert profile.active_w > 0.0
    assert len(profile.source) > 20
    assert profile.status != "published" or "https://" in profile.source
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.active_w = 0.0


def test_an_unknown_profile_is_answered_with_the_known_ones_and_the_nearest():
    with pytest.raises(
        ScenarioError, match=r"did you mean 'gr740'\?.*known: fpga-cloudscout, gr740"
    ):
        load_profile("gr470")
