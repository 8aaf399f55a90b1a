import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import OrbitError
from payload.orbit import time_grid
from payload.orbit.elements import checksum, from_tle, from_tle_file, sun_synchronous
from payload.orbit.propagation import Sgp4

EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
LINES = (
    "1 25544U 98067A   20029.54791435  .00001264  00000-0  29621-4 0  9998",
    "2 25544  51.6434 322.3242 0005111 205.9690  94.5900 15.49180547210455",
)


def retold(line, **changes):
    """A line with other characters at some columns (c9=...), its checksum set right again."""
    for column, text in changes.items():
        start = int(column[1:]) - 1
        line = line[:start] + text + line[start + len(text) :]
    return f"{line[:68]}{checksum(line)}"


def both(number, **changes):
    """The two lines, with changes in one of them."""
    return tuple(
        retold(line, **changes) if index == number else line
        for index, line in enumerate(LINES, start=1)
    )


def test_two_lines_are_read():
    record = from_tle(LINES)
    assert math.degrees(record.inclo) == pytest.approx(51.6434)
    assert record.ecco == pytest.approx(0.0005111)
    assert record.no_kozai * 1440 / (2 * math.pi) == pytest.approx(15.49180547)


def test_a_name_on_top_and_blanks_at_the_ends_do_no_harm():
    named = from_tle(["0 ISS (ZARYA)", f"{LINES[0]}  ", f"{LINES[1]}\r\n"])
    assert named.sgp4_tsince(90.0) == from_tle(LINES).sgp4_tsince(90.0)


@pytest.mark.parametrize(
    ("alpha", "number"), [("A0000", 100000), ("Z9999", 339999), ("T1234", 271234)]
)
def test_alpha_5_numbers_are_read(alpha, number):
    lines = [retold(line, c3=alpha) for line in LINES]
    assert from_tle(lines).satnum == number


@pytest.mark.parametrize("alpha", ["I0000", "O1234", "a0000", "1A000"])
def test_numbers_that_are_not_alpha_5_are_refused(alpha):
    with pytest.raises(
        OrbitError, match="line 1 should hold the catalogue number in columns 3 to 7"
    ):
        from_tle([retold(line, c3=alpha) for line in LINES])


def test_a_wrong_checksum_is_told_with_its_line_what_stands_and_what_is_wanted():
    with pytest.raises(OrbitError, match=r"line 2 ends in the checksum '4'.*add up to '5'"):
        from_tle((LINES[0], LINES[1][:-1] + "4"))


@given(line=st.integers(1, 2), column=st.integers(3, 69), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_anywhere_is_noticed(line, column, digit):
    text = LINES[line - 1]
    if not text[column - 1].isdigit() or text[column - 1] == digit:
        return
    wrong = text[: column - 1] + digit + text[column:]
    lines = (wrong, LINES[1]) if line == 1 else (LINES[0], wrong)
    with pytest.raises(OrbitError, match=f"line {line}"):
        from_tle(lines)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (LINES[:1], "has 1 lines; expected two"),
        (("a", "b", *LINES), "has 4 lines"),
        (LINES[::-1], "line 1 begins with '2 '"),
        ((LINES[0][:-1], LINES[1]), "line 1 has 68 characters; expected 69"),
        ((LINES[0], LINES[1] + "0"), "line 2 has 70 characters"),
        ((LINES[0].replace("U", "Ü"), LINES[1]), "line 1 contains characters"),
        (("", ""), "line 1 begins with ''"),
        (both(2, c3="25545"), "line 1 is of satellite '25544', line 2 of '25545'"),
        (both(1, c21="abc"), "line 1 should hold the day of the epoch in columns 21 to 32"),
        (both(1, c54=" 2x621-4"), "line 1 should hold the drag term"),
        (both(2, c27="00 5111"), "line 2 should hold the eccentricity"),
        (both(2, c9="nan     "), "line 2 should hold the inclination"),
        (both(2, c9="-  51.64"), "line 2 should hold the inclination"),
        (both(2, c9="181.6434"), "inclination of 181.6434 deg, above 180"),
        (both(2, c53=" 0.00000000"), "mean motion of 0.00000000"),
        (both(2, c53="17.99180547"), "not describe an orbit that SGP4 can fly"),
    ],
)
def test_what_is_wrong_is_said(lines, message):
    with pytest.raises(OrbitError, match=message) as caught:
        from_tle(lines)
    assert "\n" not in str(caught.value)


def test_a_file_may_hold_a_name_and_empty_lines(tmp_path):
    path = tmp_path / "iss.tle"
    path.write_text("\ufeffISS (ZARYA)\r\n" + "\r\n".join(LINES) + "\r\n\r\n", encoding="utf-8")
    assert from_tle_file(path).sgp4_tsince(10.0) == from_tle(LINES).sgp4_tsince(10.0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 lines"),
        ("\n".join(LINES * 2).encode(), "has 4 lines"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"1" * 1_000_001, "has 1000001 bytes"),
    ],
)
def test_a_file_that_is_none_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "bad.tle"
    path.write_bytes(content)
    with pytest.raises(OrbitError, match=message) as caught:
        from_tle_file(path)
    assert "bad.tle" in str(caught.value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OrbitError, match="is not a file"):
        from_tle_file(tmp_path)


def test_plain_words_give_the_elements_of_the_reference_case():
    elements = sun_synchronous(550.0, "22:30", EPOCH)
    assert elements.inclination_deg == pytest.approx(97.5929, abs=5e-5)
    assert elements.mean_motion_rev_per_day == pytest.approx(15.05491322, abs=5e-9)
    assert elements.eccentricity == 0.0
    # The case has its node at 157.5 deg, 22.5 h from an equinox Sun at 0; the mean Sun, which does not
    # hurry in its ellipse, stands at -2.46 deg on that date.
    assert elements.raan_deg == pytest.approx(157.5 - 2.4586, abs=1e-3)


@pytest.mark.parametrize("ltan", ["00:00", "06:00", "10:30", "22:30", "23:59"])
@pytest.mark.parametrize("epoch", [EPOCH, datetime(2027, 11, 3, 17, 41, 9, tzinfo=UTC)])
def test_the_satellite_crosses_the_equator_northwards_at_its_local_mean_time(ltan, epoch):
    orbit = Sgp4(altitude_km=550.0, ltan=ltan, epoch_utc=epoch)
    ephemeris = orbit.propagate(np.zeros(1))
    x, y, z = ephemeris.position_km[0]
    assert abs(z) < 30.0  # short-period terms lift it off the equator a little
    assert ephemeris.velocity_km_s[0, 2] > 0.0
    midnight = epoch.replace(hour=0, minute=0, second=0, microsecond=0)
    ut_h = (epoch - midnight).total_seconds() / 3600.0
    local_h = (ut_h + np.degrees(np.arctan2(y, x)) / 15.0) % 24.0
    hours, minutes = ltan.split(":")
    off_h = (local_h - int(hours) - int(minutes) / 60.0 + 12.0) % 24.0 - 12.0
    assert abs(off_h) < 5.0 / 3600.0 * 24.0  # two arc minutes of node


@pytest.mark.parametrize("altitude_km", [200.0, 550.0, 800.0, 1400.0, 2000.0])
def test_the_node_keeps_step_with_the_mean_sun_in_sgp4_too(altitude_km):
    record = sun_synchronous(altitude_km, "10:30", EPOCH).record("words")
    turn_deg = math.degrees(record.nodedot) * 1440.0 * 365.2421897
    assert turn_deg == pytest.approx(360.0, rel=0.003)


def test_a_day_later_the_local_time_is_the_same():
    late = EPOCH + timedelta(days=30)
    early = sun_synchronous(600.0, "09:15", EPOCH)
    moved = math.degrees(early.record("words").nodedot) * 1440.0 * 30.0
    drift_deg = sun_synchronous(600.0, "09:15", late).raan_deg - early.raan_deg - moved
    assert abs((drift_deg + 180.0) % 360.0 - 180.0) < 0.1


def test_the_height_is_about_the_one_asked_for():
    orbit = Sgp4(altitude_km=600.0, ltan="10:30", epoch_utc=EPOCH)
    radius_km = np.linalg.norm(orbit.propagate(time_grid(6000.0)).position_km, axis=1)
    assert np.abs(radius_km - 6978.137).max() < 20.0


def test_the_argument_of_latitude_sets_satellites_apart_along_the_orbit():
    first, second = (
        Sgp4(altitude_km=550.0, ltan="10:30", argument_of_latitude_deg=angle, epoch_utc=EPOCH)
        .propagate(np.zeros(1))
        .position_km[0]
        for angle in (0.0, 90.0)
    )
    cosine = first @ second / np.linalg.norm(first) / np.linalg.norm(second)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(90.0, abs=0.2)


@pytest.mark.parametrize("altitude_km", [199.9, 2000.1, -1.0, math.nan, math.inf])
def test_heights_without_a_sun_synchronous_orbit_are_refused(altitude_km):
    with pytest.raises(OrbitError, match="not between 200 and 2000 km"):
        sun_synchronous(altitude_km, "10:30", EPOCH)


@pytest.mark.parametrize("ltan", ["24:00", "1:30", "10:60", "noon", "", "10:30:00"])
def test_what_is_no_time_of_day_is_refused(ltan):
    with pytest.raises(OrbitError, match="is not a time of day"):
        sun_synchronous(550.0, ltan, EPOCH)
