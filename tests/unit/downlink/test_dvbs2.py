"""Laws of a link that follows geometry and weather, on the passes of a real orbit."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from payload import registry
from payload.downlink import capacity_bytes
from payload.downlink.dvbs2 import Dvbs2
from payload.downlink.modcods import modcod
from payload.downlink.weather import exceeded_percent
from payload.errors import ScenarioError
from payload.geometry.earth import site
from payload.geometry.look import look_angles
from payload.geometry.track import Track
from payload.orbit import find_contacts, time_grid
from payload.orbit.propagation import Sgp4
from payload.ports import Budgeted, Link
from payload.types import GroundStation

SOCKET = "payload.link"
SINGAPORE = GroundStation("singapore", 1.35, 103.8)
SVALBARD = GroundStation("svalbard", 78.23, 15.39)
STATIONS = (SINGAPORE, SVALBARD)
WEAK = {"symbol_rate_mbaud": 25.0, "eirp_dbw": 6.0, "gt_dbk": 24.0}


def link(**options):
    given_ = {**WEAK, **options}
    if "power_w" in options:
        del given_["eirp_dbw"]
    return registry.build(SOCKET, "dvbs2", given_, stations=STATIONS, seed=given_.pop("seed", 1))


@cache
def orbit():
    epoch = datetime(2026, 3, 20, tzinfo=UTC)
    sgp4 = Sgp4(altitude_km=550, ltan="10:30", satellite="one", epoch_utc=epoch)
    return sgp4.propagate(time_grid(4 * 86400.0))


@cache
def passes(station):
    return [item for item in find_contacts(orbit(), station) if item.duration_s > 120.0]


def volume(one, window):
    return capacity_bytes(one.profile(window, orbit()), window.aos_s, window.los_s)


windows = st.sampled_from([SINGAPORE, SVALBARD]).flatmap(
    lambda station: st.sampled_from(passes(station))
)
seeds = st.integers(0, 10**6)
margins = st.floats(0.0, 4.0)
eirps = st.floats(-5.0, 25.0)


def test_it_is_a_link_with_a_budget_found_by_name():
    found = link()
    assert isinstance(found, Link)
    assert isinstance(found, Budgeted)
    assert found.max_resends == 3
    assert (found.seed, found.stations) == (1, STATIONS)


@settings(max_examples=40, deadline=None)
@given(window=windows, margin_db=margins, eirp_dbw=eirps, seed=seeds)
def test_following_the_weather_never_carries_less_than_a_plan(window, margin_db, eirp_dbw, seed):
    """Whatever the weather; ties are equal to a byte of rounding."""
    asked = {"margin_db": margin_db, "eirp_dbw": eirp_dbw, "seed": seed}
    acm = volume(link(mode="acm", **asked), window)
    assert acm >= volume(link(mode="vcm", **asked), window) - 1
    assert acm >= volume(link(mode="ccm", **asked), window) - 1


@settings(max_examples=40, deadline=None)
@given(
    window=windows,
    margin_db=margins,
    eirp_dbw=eirps,
    seed=seeds,
    sky=st.sampled_from(["clear", "seeded"]),
    edge=st.sampled_from([None, 10.0, 25.0]),
)
def test_acm_carries_no_less_than_vcm_and_vcm_no_less_than_ccm(window, edge, **options):
    """While the fade stays within the planned one; beyond it, a plan that asks for more loses more."""
    sky = options.pop("sky")
    seed = options["seed"]
    if sky == "seeded":
        times_s = np.arange(window.aos_s, window.los_s, 0.5)
        if exceeded_percent(seed, window.station, times_s).min() < 1.0:
            sky = "clear"
    made = {
        mode: link(mode=mode, weather=sky, planned_edge_deg=edge, **options)
        for mode in ("acm", "vcm", "ccm")
    }
    acm, vcm, ccm = (volume(made[mode], window) for mode in ("acm", "vcm", "ccm"))
    assert acm >= vcm - 1 >= ccm - 2


def test_a_storm_beyond_the_plan_can_cost_vcm_more_than_ccm_and_acm_least():
    found = []
    for seed, window in itertools.product(range(120), passes(SINGAPORE)[:12]):
        percent = exceeded_percent(seed, "singapore", np.array([window.aos_s, window.los_s]))
        if percent.max() < 0.5:
            volumes = [
                volume(link(mode=mode, seed=seed, eirp_dbw=16.0), window)
                for mode in ("acm", "vcm", "ccm")
            ]
            clear = volume(link(mode="acm", seed=seed, eirp_dbw=16.0, weather="clear"), window)
            found.append((*volumes, clear))
    assert found
    assert all(acm >= max(vcm, ccm) - 1 for acm, vcm, ccm, _ in found)
    assert all(acm < clear for acm, *_, clear in found)
    assert any(vcm < ccm for _, vcm, ccm, _ in found)


@settings(max_examples=30, deadline=None)
@given(window=windows, seed=seeds, low=eirps, more_db=st.floats(0.0, 10.0))
def test_more_power_never_carries_less(window, seed, low, more_db):
    weak, strong = (
        volume(link(mode="acm", eirp_dbw=eirp, seed=seed), window) for eirp in (low, low + more_db)
    )
    assert strong >= weak - 1


@pytest.mark.parametrize("mode", ["vcm", "ccm"])
def test_more_power_never_carries_less_by_a_plan_under_a_clear_sky(mode):
    for window in passes(SVALBARD)[:6]:
        volumes = [
            volume(link(mode=mode, eirp_dbw=float(eirp), weather="clear"), window)
            for eirp in range(-5, 25)
        ]
        assert volumes == sorted(volumes)


@settings(max_examples=30, deadline=None)
@given(window=windows)
def test_under_a_clear_sky_the_rate_falls_with_elevation_and_only_takes_values_of_the_table(window):
    one = link(weather="clear", acquisition_s=0.0)
    profile = one.profile(window, orbit())
    rates = {0.0, *(one.rate_bps(item) for item in one.ladder.steps)}
    assert set(profile.rate_bps.tolist()) <= rates
    top = int(np.argmax(profile.rate_bps))
    assert (np.diff(profile.rate_bps[: top + 1]) >= 0.0).all()
    assert (np.diff(profile.rate_bps[top:]) <= 0.0).all()


def test_the_rate_of_a_second_is_that_of_its_budget():
    """The second method: the budget that is printed, at the same elevation and satellite."""
    window = max(passes(SVALBARD), key=lambda item: item.max_elevation_deg)
    one = link(weather="clear", mode="acm", planned_exceeded_percent=50.0)
    profile = one.profile(window, orbit())
    fade_free = 0
    for share in np.linspace(0.1, 0.9, 17).tolist():
        time_s = window.aos_s + share * window.duration_s
        position_km, _ = Track(orbit()).states(np.array([time_s]))
        elevation_deg = float(look_angles(position_km, SVALBARD).elevation_deg[0])
        radius_km = float(np.linalg.norm(position_km))
        budget = one.budget(SVALBARD, elevation_deg=elevation_deg, orbit_radius_km=radius_km)
        piece = int(np.searchsorted(profile.time_s, time_s, side="right")) - 1
        rate_bps = float(profile.rate_bps[piece])
        # The printed budget holds a median of cloud too, some hundredths of a dB.
        fade_free += rate_bps == budget.rate_bps
        assert rate_bps == pytest.approx(budget.rate_bps, rel=0.12)
    assert fade_free >= 13


def test_nothing_flows_before_lock_and_a_pass_too_short_for_it_carries_nothing():
    window = passes(SVALBARD)[0]
    profile = link(acquisition_s=40.0).profile(window, orbit())
    assert profile.time_s[0] == window.aos_s + 40.0
    assert profile.time_s[-1] == window.los_s
    assert profile.rate_bps[-1] == 0.0
    assert capacity_bytes(profile, 0.0, window.aos_s + 40.0) == 0
    gone = [capacity_bytes(profile, 0.0, at_s) for at_s in np.linspace(0.0, window.los_s, 300)]
    assert gone == sorted(gone)
    short = replace(window, los_s=window.aos_s + 30.0)
    assert volume(link(acquisition_s=40.0), short) == 0


def test_ccm_keeps_one_rate_and_the_one_of_the_mask():
    for window in passes(SVALBARD)[:10]:
        profile = link(mode="ccm", weather="clear").profile(window, orbit())
        assert len(set(profile.rate_bps[:-1].tolist())) == 1
    times_s = np.linspace(window.aos_s, window.los_s, 100)
    radius_km = float(np.linalg.norm(Track(orbit()).states(times_s)[0], axis=1).max())
    one = link(mode="ccm")
    edge = one.budget(SVALBARD, elevation_deg=5.0, orbit_radius_km=radius_km)
    high = one.budget(SVALBARD, elevation_deg=80.0, orbit_radius_km=radius_km)
    assert edge.modcod == high.modcod
    assert float(profile.rate_bps[0]) == edge.rate_bps
    assert (
        link(mode="acm").budget(SVALBARD, elevation_deg=80.0, orbit_radius_km=radius_km).rate_bps
        > 1.5 * edge.rate_bps
    )


def test_a_stations_own_g_over_t_comes_before_the_links():
    deaf = replace(SVALBARD, gt_dbk=10.0)
    one = registry.build(SOCKET, "dvbs2", WEAK, stations=(deaf,), seed=1)
    window = passes(SVALBARD)[0]
    assert volume(one, window) < volume(link(), window)
    lines = one.budget(deaf, elevation_deg=30.0, orbit_radius_km=6928.0).lines
    assert next(item.value for item in lines if item.name == "G/T") == 10.0


def test_the_printed_lines_add_up():
    found = link(power_w=2.0, antenna_gain_dbi=12.0, transmit_loss_db=1.5).budget(
        SVALBARD, elevation_deg=30.0, orbit_radius_km=6928.0
    )
    named = {item.name: float(item.value) for item in found.lines}
    sums, parts = ("C/N0", "Es/N0"), ("  power", "  transmit loss", "  antenna gain")
    assert sum(named[part] for part in parts) == pytest.approx(named["EIRP"], abs=1e-12)
    total = sum(value for name, value in named.items() if name not in {*sums, *parts})
    assert total == pytest.approx(named["Es/N0"], abs=1e-9)
    assert named["Es/N0"] == found.es_n0_db


def test_a_budgets_range_is_the_ellipsoids_overhead():
    radius_km = 6928.0
    found = link().budget(SVALBARD, elevation_deg=90.0, orbit_radius_km=radius_km)
    ground_km = np.linalg.norm(site(SVALBARD.lat_deg, SVALBARD.lon_deg).position_km)
    assert found.range_km == pytest.approx(radius_km - ground_km, abs=0.01)


def test_a_margin_makes_the_loss_of_frames_unless_it_is_stated():
    window = passes(SVALBARD)[0]
    assert link(margin_db=0.0).profile(window, orbit()).frame_loss == 1e-7
    assert link(margin_db=-0.3).profile(window, orbit()).frame_loss == pytest.approx(1e-4)
    assert link(frame_loss=0.02).profile(window, orbit()).frame_loss == 0.02


def test_pilots_cost_what_the_standard_says():
    plain, piloted = (link(pilots=pilots).rate_bps(modcod("QPSK 1/2")) for pilots in (False, True))
    assert piloted / plain == pytest.approx(0.965327 / 0.988858, abs=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"symbol_rate_mbaud": 0},
        {"symbol_rate_mbaud": -5},
        {"power_w": -2, "antenna_gain_dbi": 10},
        {"power_w": 0, "antenna_gain_dbi": 10},
        {"mode": "xcm"},
        {"frequency_ghz": 60},
        {"gt_dbk": float("nan")},
        {"margin_db": -3},
        {"framing_efficiency": 0},
        {"planned_exceeded_percent": 0},
        {"frame_loss": 1.0},
        {"beam_width_deg": 0},
        {"weather": "sunny"},
    ],
)
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(ValidationError):
        registry.validate(SOCKET, "dvbs2", {**WEAK, **options})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max_modcod": "64APSK 4/5"}, "DVB-S2 has no MODCOD '64APSK 4/5'; did you mean"),
        ({"eirp_dbw": None}, "must be given exactly once"),
        ({"power_w": 2.0, "antenna_gain_dbi": 3.0}, "must be given exactly once"),
        ({"eirp_dbw": None, "power_w": 2.0}, "must be given exactly once"),
        ({"transmit_loss_db": 1.0}, "eirp_dbw already includes it"),
        ({"margin_db": -0.8}, "every frame is lost"),
        ({"frame_bytes": 500, "frame_payload_bytes": 500}, "frame_bytes includes a header"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(options, sentence):
    with pytest.raises(ScenarioError, match=sentence):
        Dvbs2(**{**WEAK, **options})


@pytest.mark.parametrize("elevation_deg", [95.0, -1.0, float("nan")])
def test_an_elevation_that_is_none_is_refused(elevation_deg):
    with pytest.raises(ScenarioError, match=r"elevation is .* deg; expected 0"):
        link().budget(SVALBARD, elevation_deg=elevation_deg, orbit_radius_km=6928.0)


def test_a_station_that_the_link_does_not_know_is_told():
    window = replace(passes(SVALBARD)[0], station="nowhere")
    with pytest.raises(ScenarioError, match="no station 'nowhere'"):
        link().profile(window, orbit())
