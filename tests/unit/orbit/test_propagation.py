from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from pydantic import ValidationError

from payload import registry
from payload.errors import OrbitError
from payload.orbit import time_grid
from payload.orbit.propagation import Sgp4
from payload.ports import Propagator

SOCKET = "payload.propagator"
EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
LINES = (
    "1 99901U 26001A   26079.00000000  .00000000  00000-0  00000+0 0    03",
    "2 99901  97.5929 157.5000 0000000   0.0000   0.0000 15.05491322    01",
)
WORDS = {"altitude_km": 550.0, "ltan": "22:30"}


def fly(epoch=EPOCH, **options):
    return Sgp4(**(options or {"tle": LINES}), satellite="one", epoch_utc=epoch)


def test_it_is_a_propagator_found_by_name():
    orbit = registry.build(SOCKET, "sgp4", WORDS, satellite="two", epoch_utc=EPOCH, dut1_s=0.05)
    assert isinstance(orbit, Propagator)
    assert (orbit.satellite, orbit.epoch_utc, orbit.dut1_s) == ("two", EPOCH, 0.05)


def test_a_yaml_list_of_lines_is_a_tle():
    orbit = registry.build(SOCKET, "sgp4", {"tle": list(LINES)}, epoch_utc=EPOCH)
    assert orbit == Sgp4(tle=LINES, epoch_utc=EPOCH)


def test_an_unquoted_clock_of_yaml_is_taken_as_it_was_meant():
    assert registry.validate(SOCKET, "sgp4", WORDS | {"ltan": 22 * 60 + 30}).ltan == "22:30"


def test_files_are_read_relative_to_the_scenario(tmp_path):
    (tmp_path / "one.tle").write_text("\n".join(LINES))
    model = registry.validate(SOCKET, "sgp4", {"tle_file": "one.tle"}, {"folder": tmp_path})
    orbit = registry.build(SOCKET, "sgp4", model, satellite="one", epoch_utc=EPOCH)
    times_s = time_grid(600.0)
    np.testing.assert_array_equal(
        orbit.propagate(times_s).position_km, fly().propagate(times_s).position_km
    )


@pytest.mark.parametrize(
    "options",
    [
        {"altitude_km": 150.0, "ltan": "10:30"},
        {"altitude_km": 550.0, "ltan": "25:00"},
        {"altitude_km": 550.0, "ltan": 1440},
        {"altitude_km": 550.0, "ltan": True},
        {"tle": [LINES[0]]},
        {"tle": "both lines in one text"},
        {"tle_file": "missing.tle"},
        {"omm_file": "https://example.org/omm"},
        {"altitude": 550.0},
    ],
)
def test_options_out_of_bounds_are_refused_before_anything_is_built(options):
    with pytest.raises(ValidationError):
        registry.validate(SOCKET, "sgp4", options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "found none"),
        ({"altitude_km": 550.0}, "found altitude_km"),
        ({"ltan": "10:30"}, "found ltan"),
        (WORDS | {"tle": LINES}, "found tle and altitude_km and ltan"),
        ({"tle": LINES, "argument_of_latitude_deg": 5.0}, "goes with altitude_km"),
    ],
)
def test_exactly_one_source_of_elements_is_wanted(options, message):
    with pytest.raises(OrbitError, match=message):
        Sgp4(**options)


def test_a_bad_tle_is_found_when_the_plug_in_is_built():
    with pytest.raises(OrbitError, match="line 1 ends in the checksum '4'"):
        registry.build(SOCKET, "sgp4", {"tle": (LINES[0][:-1] + "4", LINES[1])})


def test_velocity_is_how_position_changes_over_the_turning_earth():
    times_s = np.arange(0.0, 6000.0, 0.5)
    ephemeris = fly().propagate(times_s)
    by_difference = (ephemeris.position_km[2:] - ephemeris.position_km[:-2]) / 1.0
    # A central difference of 0.5 s errs by h^2/6 of the third derivative: 4e-7 km/s. SGP4's own velocity
    # leaves out how its slow terms change: 1e-5 km/s.
    np.testing.assert_allclose(ephemeris.velocity_km_s[1:-1], by_difference, atol=2e-5)


def test_speed_and_height_are_those_of_the_orbit():
    ephemeris = fly().propagate(time_grid(86400.0))
    height_km = np.linalg.norm(ephemeris.position_km, axis=1) - 6371.0
    assert 520.0 < height_km.min() < height_km.max() < 590.0
    # 7.58 km/s against the stars; a retrograde orbit gains up to 0.5 on the turning Earth.
    speed_km_s = np.linalg.norm(ephemeris.velocity_km_s, axis=1)
    assert 7.55 < speed_km_s.min() < speed_km_s.max() < 7.75


def test_times_count_from_the_epoch_of_the_scenario_not_of_the_elements():
    later = fly(EPOCH + timedelta(hours=5)).propagate(np.array([60.0]))
    sooner = fly().propagate(np.array([5 * 3600.0 + 60.0]))
    np.testing.assert_allclose(later.position_km, sooner.position_km, atol=1e-7)


def test_the_epoch_may_be_told_in_any_time_zone():
    elsewhere = EPOCH.astimezone(timezone(timedelta(hours=-7)))
    times_s = time_grid(300.0)
    np.testing.assert_array_equal(
        fly(elsewhere).propagate(times_s).position_km, fly().propagate(times_s).position_km
    )


def test_an_epoch_without_a_time_zone_is_refused():
    with pytest.raises(OrbitError, match="no time zone"):
        fly(datetime(2026, 3, 20)).propagate(time_grid(60.0))  # noqa: DTZ001 - the mistake itself


def test_dut1_turns_the_earth_below_the_satellite():
    early = Sgp4(tle=LINES, epoch_utc=EPOCH, dut1_s=0.0).propagate(np.zeros(1)).position_km[0]
    late = Sgp4(tle=LINES, epoch_utc=EPOCH, dut1_s=0.5).propagate(np.zeros(1)).position_km[0]
    turned = np.arctan2(early[1], early[0]) - np.arctan2(late[1], late[0])
    assert turned == pytest.approx(0.5 * 7.2921e-5, rel=1e-4)


def test_a_satellite_that_comes_down_ends_in_a_sentence_with_its_name_and_the_time():
    falling = (
        "1 28872U 05037B   05333.02012661  .25992681  00000-0  24476-3 0  1534",
        "2 28872  96.4736 157.9986 0303955 244.0492 110.6523 16.46015938 10708",
    )
    orbit = Sgp4(tle=falling, satellite="falling", epoch_utc=datetime(2005, 11, 29, tzinfo=UTC))
    with pytest.raises(OrbitError, match=r"'falling'.*2005-11-29T\d\d:\d\d:\d\d\.\d{3}Z.*decayed"):
        orbit.propagate(time_grid(86400.0))


def test_what_comes_in_is_not_changed_and_the_same_question_has_the_same_answer():
    times_s = time_grid(6000.0)
    before = times_s.copy()
    orbit = fly()
    first, second = orbit.propagate(times_s), orbit.propagate(times_s)
    np.testing.assert_array_equal(times_s, before)
    np.testing.assert_array_equal(first.position_km, second.position_km)
    np.testing.assert_array_equal(first.velocity_km_s, second.velocity_km_s)
