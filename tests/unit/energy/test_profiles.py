import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.energy import fit, load_profile, profile_names, write_profile
from payload.energy.fitting import assumption
from payload.equipment import fitted_profile
from payload.errors import ScenarioError
from payload.scenario.load import load_scenario
from payload.scenario.power import ComputerModel
from payload.types import Footprint

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
    assert profile.says_watts == (profile.active_w is not None)
    assert profile.says_watts or profile.status == "measured"
    assert len(profile.source) > 20
    assert profile.status != "published" or "https://" in profile.source
    with pytest.raises(dataclasses.FrozenInstanceError):
        profile.active_w = 0.0


def test_an_unknown_profile_is_answered_with_the_known_ones_and_the_nearest():
    with pytest.raises(
        ScenarioError, match=r"did you mean 'gr740'\?.*known: fpga-cloudscout, gr740"
    ):
        load_profile("gr470")


def network(ops_per_px=1000.0, weight_mb=2.0, activation_mb=10.0):
    return Footprint("net", 256, int(weight_mb * 1e6), int(activation_mb * 1e6), ops_per_px)


def test_the_speed_of_a_profile_of_operations_follows_from_the_network():
    """Arithmetic: 0.25 of 3e12 operations a second over 1,000 and 100,000 a pixel."""
    leopard = load_profile("leopard-zu9eg")
    assert fit(leopard, network(1e3), scale=False).mpx_per_s == pytest.approx(750.0)
    assert fit(leopard, network(1e5), scale=False).mpx_per_s == pytest.approx(7.5)


def test_a_network_of_thousandfold_operations_is_as_much_slower_if_the_scenario_asks_for_it():
    host = load_profile("host-x86")
    slow = fit(host, network(host.workload_ops_per_px * 1000), scale=True)
    assert slow.mpx_per_s == pytest.approx(host.mpx_per_s / 1000)
    assert slow.status == "assumed"
    told = assumption(host, slow, network(host.workload_ops_per_px * 1000))
    assert told.startswith("assumption: the speed of host-x86")
    assert fit(host, network(1e9), scale=False) == host
    assert assumption(host, host, network(1e9)) is None


@pytest.mark.parametrize(
    ("profile", "flown", "scale", "said"),
    [
        ({"memory_mb": 11.0}, network(), False, "does not fit 'host-x86': weights of 2 MB"),
        ({"ops_per_s": 1e9}, network(), False, "more than the 1e[+]09 of 'host-x86'.*scale_by"),
        ({"workload_ops_per_px": None}, network(), True, "does not state how many operations"),
        ({}, None, True, "masker has no network"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(profile, flown, scale, said):
    changed = dataclasses.replace(load_profile("host-x86"), **profile)
    with pytest.raises(ScenarioError, match=said):
        fit(changed, flown, scale=scale)


def test_the_default_processor_says_what_memory_and_operations_a_network_has():
    """4 Gbit are 536.87 MB; 100 GFLOPS at 0.81 Mpx/s are 123,457 operations a pixel."""
    default = load_profile(ComputerModel().profile)
    fits = network(123_456.0, weight_mb=2.0, activation_mb=534.8)
    assert fit(default, fits, scale=False) == default
    with pytest.raises(ScenarioError, match=r"exceed its 536\.871 MB"):
        fit(default, network(weight_mb=2.0, activation_mb=534.9), scale=False)
    with pytest.raises(ScenarioError, match=r"more than the 1e[+]11 of 'myriad2-cloudscout'"):
        fit(default, network(123_458.0), scale=False)


def test_a_scenario_is_refused_whose_network_its_processor_cannot_hold(root):
    """The packaged network, 11.8 MB of activations at 256 px, times the root of 10,000, and 1,600 MB of weights."""
    path = root / "scenarios" / "quickstart.yaml"
    fine = load_scenario(path)
    masker = fine.masker.build(bands=("blue", "green", "red", "nir"))
    assert fitted_profile(fine, masker).network.activation_bytes < 12e6
    large = load_scenario(path, ["computer.network_times=10000"])
    with pytest.raises(ScenarioError, match=r"computer\.profile: default x 10000 does not fit"):
        fitted_profile(large, masker)


def test_a_profile_of_your_own_is_read_back_as_it_was_written(tmp_path):
    written = dataclasses.replace(load_profile("odin-dtacs"), name="mine", idle_w=1.5)
    write_profile(written, tmp_path / "mine.json")
    assert load_profile(tmp_path / "mine.json") == written


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("mpx_per_s: -1", r"mine\.yaml:4: mpx_per_s: found -1; expected a number above 0 and"),
        ("mpx_per_sec: 1", r"mine\.yaml:4: mpx_per_sec: unknown key; did you mean 'mpx_per_s'\?"),
        ("mpx_per_s: null", "expected mpx_per_s or ops_per_s"),
        ("boot_j: 3\nmpx_per_s: 1", "boot_j requires boot_s"),
    ],
)
def test_a_profile_that_is_none_is_answered_with_its_line(tmp_path, line, said):
    path = tmp_path / "mine.yaml"
    rest = "active_w: 2\npower_basis: chip\nstatus: assumed\nsource: none\n"
    first = "name: mine\nplatform: p\nworkload: w\n"
    path.write_text(first + line + "\n" + rest + ("" if "mpx_per_s:" in line else "mpx_per_s: 1\n"))
    with pytest.raises(ScenarioError, match=said):
        load_profile(path)
