"""Ephemeris messages against the orbit they were written from, and against Skyfield's axes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from skyfield.api import load
from skyfield.framelib import itrs
from skyfield.positionlib import ICRF

from payload.errors import OrbitError
from payload.orbit import time_grid
from payload.orbit.frames import instants
from payload.orbit.inertial import eme2000_to_itrf
from payload.orbit.interpolation import hermite, lagrange
from payload.orbit.propagation import Sgp4
from payload.orbit.tabulated import Oem

EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
ORBIT = Sgp4(altitude_km=550.0, ltan="10:30", satellite="one", epoch_utc=EPOCH)
ASKED_S = time_grid(5000.0, step_s=7.0) + 1000.0
META = {
    "OBJECT_NAME": "ONE",
    "OBJECT_ID": "2026-001A",
    "CENTER_NAME": "EARTH",
    "REF_FRAME": "ITRF2014",
    "TIME_SYSTEM": "UTC",
    "INTERPOLATION": "HERMITE",
    "INTERPOLATION_DEGREE": "7",
}


def rows(frame, times_s):
    if frame == "TEME":
        states = ORBIT.propagate_teme(times_s)
    else:
        flown = ORBIT.propagate(times_s)
        states = flown.position_km, flown.velocity_km_s
    return [
        (f"{EPOCH + timedelta(seconds=float(t)):%Y-%m-%dT%H:%M:%S.%f}", [f"{v:.9f}" for v in state])
        for t, state in zip(times_s, np.hstack(states), strict=True)
    ]


def kvn(*segments):
    lines = ["CCSDS_OEM_VERS = 2.0", "CREATION_DATE = 2026-03-20T00:00:00", "ORIGINATOR = US"]
    for meta, states in segments:
        lines += ["META_START", *(f"{key} = {value}" for key, value in meta.items()), "META_STOP"]
        lines += ["COMMENT states", *(f"{when} {' '.join(words)}" for when, words in states)]
        lines += ["COVARIANCE_START", "EPOCH = 2026-03-20T00:00:00", "1.0", "COVARIANCE_STOP"]
    return "\n".join(lines)


def xml(meta, states):
    keys = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
    vectors = "".join(
        f"<stateVector><EPOCH>{when}</EPOCH>"
        + "".join(f"<{key}>{word}</{key}>" for key, word in zip(keys, words, strict=True))
        + "</stateVector>"
        for when, words in states
    )
    head = "".join(f"<{key}>{value}</{key}>" for key, value in meta.items())
    return (
        '<oem id="CCSDS_OEM_VERS" version="2.0"><header/><body><segment>'
        f"<metadata>{head}</metadata><data>{vectors}</data></segment></body></oem>"
    )


@pytest.fixture
def flown(tmp_path):
    def fly(text, times_s=ASKED_S):
        path = tmp_path / "one.oem"
        path.write_text(text)
        return Oem(file=path, satellite="one", epoch_utc=EPOCH).propagate(times_s)

    return fly


@pytest.mark.parametrize("frame", ["ITRF", "ITRF2014", "ITRF-97", "TEME"])
@pytest.mark.parametrize("write", [lambda *segment: kvn(segment), xml])
@pytest.mark.parametrize(("method", "degree"), [("HERMITE", 7), ("LAGRANGE", 9)])
def test_a_message_flies_where_its_orbit_flew(flown, frame, write, method, degree):
    changes = {
        "REF_FRAME": frame,
        "INTERPOLATION": method,
        "INTERPOLATION_DEGREE": str(degree),
    }
    found = flown(write(META | changes, rows(frame, np.arange(0.0, 7201.0, 60.0))))
    true = ORBIT.propagate(ASKED_S)
    # Curves through places a minute apart err by millimetres. SGP4's speeds are not quite the slopes of its
    # places (some mm/s), and Hermite's curve believes both: a few decimetres.
    limit = 1e-5 if method == "LAGRANGE" else 3e-4
    assert np.abs(found.position_km - true.position_km).max() < limit
    assert np.abs(found.velocity_km_s - true.velocity_km_s).max() < limit / 10.0


def test_where_a_file_names_no_interpolation_hermite_is_taken(flown):
    meta = {key: value for key, value in META.items() if "INTERPOLATION" not in key}
    found = flown(kvn((meta, rows("ITRF", np.arange(0.0, 7201.0, 60.0)))))
    assert np.abs(found.position_km - ORBIT.propagate(ASKED_S).position_km).max() < 3e-4


def test_axes_of_j2000_agree_with_skyfields_to_a_few_metres():
    # Second method: the nutation of 2000A and the precession of 2006. Skyfield's axes are those of the ICRF,
    # 0.02 arc seconds beside EME2000: 0.7 m in this orbit.
    scale = load.timescale(builtin=True)
    rng = np.random.default_rng(3)
    for days in rng.integers(-20 * 365, 10 * 365, 40).tolist():
        when_utc = EPOCH + timedelta(days=days)
        when = scale.from_datetime(when_utc)
        position, velocity = rng.normal(0.0, 4000.0, 3), rng.normal(0.0, 4.0, 3)
        theirs = ICRF(position / 149597870.7, velocity / 149597870.7 * 86400.0, t=when, center=399)
        xyz, speed = theirs.frame_xyz_and_velocity(itrs)
        ut1 = instants(when_utc, np.zeros(1), dut1_s=float(when.dut1))
        ours = eme2000_to_itrf(position[None], velocity[None], ut1)
        size_km = np.linalg.norm(position)
        assert np.linalg.norm(ours[0][0] - xyz.km) < 4e-7 * size_km
        assert np.linalg.norm(ours[1][0] - speed.km_per_s) < 4e-6


def test_a_message_in_eme2000_flies_as_the_one_in_teme_does(flown):
    # Skyfield turns the states of SGP4 into those of the ICRF.
    from skyfield.api import EarthSatellite  # noqa: PLC0415

    scale = load.timescale(builtin=True)
    times_s = np.arange(0.0, 7201.0, 60.0)
    when = scale.utc(EPOCH.year, EPOCH.month, EPOCH.day, 0, 0, times_s)
    theirs = EarthSatellite.from_satrec(ORBIT.record, scale).at(when)
    states = np.vstack((theirs.position.km, theirs.velocity.km_per_s)).T
    texts = [
        (when_text, [f"{value:.9f}" for value in state])
        for (when_text, _), state in zip(rows("ITRF", times_s), states, strict=True)
    ]
    found = flown(kvn((META | {"REF_FRAME": "EME2000"}, texts)))
    assert np.abs(found.position_km - ORBIT.propagate(ASKED_S).position_km).max() < 0.015


@pytest.mark.parametrize("degree", [1, 3, 5, 8])
def test_polynomials_of_its_degree_are_met_exactly(degree):
    rng = np.random.default_rng(degree)
    knots = np.sort(rng.uniform(0.0, 10.0, 20))
    asked = rng.uniform(knots[0], knots[-1], 50)
    curves = [np.polynomial.Polynomial(rng.normal(size=degree + 1)) for _ in range(3)]
    values, slopes = (
        np.stack([curve(knots) for curve in of], axis=1)
        for of in (curves, [curve.deriv() for curve in curves])
    )
    wanted = np.stack([curve(asked) for curve in curves], axis=1)
    np.testing.assert_allclose(lagrange(knots, values, asked, degree=degree), wanted, rtol=1e-6)
    if degree % 2:
        place, speed = hermite(knots, values, slopes, asked, degree=degree)
        np.testing.assert_allclose(place, wanted, rtol=1e-6)
        rates = np.stack([curve.deriv()(asked) for curve in curves], axis=1)
        np.testing.assert_allclose(speed, rates, rtol=1e-5, atol=1e-6)


def test_no_curve_is_drawn_from_one_segment_into_another(flown):
    # The second segment is of another orbit: a manoeuvre of 10 km between them.
    first, second = (
        rows("ITRF", np.arange(0.0, 3601.0, 60.0)),
        rows("ITRF", np.arange(3600.0, 7201.0, 60.0)),
    )
    shifted = [(when, [f"{float(w[0]) + 10.0:.9f}", *w[1:]]) for when, w in second]
    found = flown(kvn((META, first), (META, shifted)), np.array([3590.0, 3600.0, 3610.0]))
    true = ORBIT.propagate(np.array([3590.0, 3600.0, 3610.0]))
    off_km = found.position_km - true.position_km
    np.testing.assert_allclose(off_km[:, 0], [0.0, 0.0, 10.0], atol=3e-4)


def test_times_outside_what_may_be_used_are_refused(flown):
    states = rows("ITRF", np.arange(0.0, 7201.0, 60.0))
    text = kvn((META | {"USEABLE_STOP_TIME": "2026-03-20T01:00:00"}, states))
    with pytest.raises(OrbitError, match=r"cannot be placed at 2026-03-20T01:.*covers"):
        flown(text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"REF_FRAME": "GTOD"}, "REF_FRAME is 'GTOD'; expected ITRF"),
        ({"REF_FRAME": ""}, "REF_FRAME is ''"),
        ({"CENTER_NAME": "MOON"}, "CENTER_NAME is 'MOON'; expected EARTH"),
        ({"TIME_SYSTEM": "TAI"}, "TIME_SYSTEM is 'TAI'; expected UTC"),
        ({"INTERPOLATION": "SPLINE"}, "INTERPOLATION is 'SPLINE'"),
        ({"INTERPOLATION_DEGREE": "8"}, "Hermite's must be odd"),
        ({"INTERPOLATION_DEGREE": "many"}, "INTERPOLATION_DEGREE is 'many'"),
        ({"INTERPOLATION_DEGREE": "25"}, "holds 11 states; HERMITE of degree 25 needs 13"),
    ],
)
def test_what_is_not_understood_is_refused(flown, changes, said):
    states = rows("ITRF", np.arange(0.0, 601.0, 60.0))
    with pytest.raises(OrbitError, match=said):
        flown(kvn((META | changes, states)), np.array([0.0]))


def test_damaged_messages_are_refused(flown):
    states = rows("ITRF", np.arange(0.0, 601.0, 60.0))
    two = kvn((META, states), (META | {"OBJECT_ID": "2026-002B"}, states))
    for text, said in (
        ("hello", "is not an OEM"),
        ("<omm/>", "has no element <oem>"),
        ("<oem", "is not XML"),
        (kvn(), "contains no segment"),
        (two, "2 satellites"),
        (kvn((META, states[::-1])), "is not later than"),
        (kvn((META, [*states, (states[-1][0], ["1", "2"])])), "has 3 words"),
        (kvn((META, [("then", ["1"] * 6), *states])), "an epoch is 'then'"),
        (kvn((META, [*states[:-1], (states[-1][0], ["x"] * 6)])), "is not a number"),
        (kvn((META, [*states[:-1], (states[-1][0], ["nan"] * 6)])), "not finite"),
    ):
        with pytest.raises(OrbitError, match=said):
            flown(text, np.array([0.0]))
