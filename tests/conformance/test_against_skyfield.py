"""Contacts against Skyfield's elevation: another time scale, another way from TEME to the station.

Skyfield's own search for events is off by up to 0.2 s, so its elevation is asked, never its events. Its
built-in tables serve; nothing is fetched.
"""

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest
from skyfield.api import EarthSatellite, load, wgs84

from payload.orbit import find_contacts, look_angles, time_grid
from payload.orbit.elements import MeanElements
from payload.orbit.propagation import Sgp4
from payload.types import GroundStation

EPOCH = datetime(2026, 1, 17, 6, 30, tzinfo=UTC)
SCALE = load.timescale(builtin=True)
DUT1_S = float(SCALE.from_datetime(EPOCH).dut1)
DAY_S = 86400.0

SVALBARD = GroundStation("svalbard", 78.2297, 15.4076, 460.0)
STATIONS = [
    SVALBARD,
    GroundStation("equator", 0.0, -78.5, 2800.0),
    GroundStation("north pole", 90.0, 0.0),
    GroundStation("south pole", -90.0, 120.0, 2835.0),
    GroundStation("antimeridian", -17.0, 179.999),
    GroundStation("beyond the antimeridian", 66.0, -180.0),
]


class Case:
    """One satellite, ours and Skyfield's, over a span."""

    def __init__(self, omm, days=1.0, step_s=60.0):
        self.orbit = Sgp4(omm_file=omm, satellite="one", epoch_utc=EPOCH, dut1_s=DUT1_S)
        self.ephemeris = self.orbit.propagate(time_grid(days * DAY_S, step_s=step_s))
        self.theirs = EarthSatellite.from_satrec(self.orbit.record, SCALE)
        self.span_s = days * DAY_S

    def elevation_deg(self, station, times_s):
        place = wgs84.latlon(station.lat_deg, station.lon_deg, station.height_m)
        when = SCALE.utc(
            EPOCH.year, EPOCH.month, EPOCH.day, EPOCH.hour, EPOCH.minute, np.asarray(times_s)
        )
        elevation, _, _ = (self.theirs - place).at(when).altaz()
        return elevation.degrees

    def edge_errors_s(self, station, windows, mask_deg):
        """How far each edge is from the moment at which Skyfield's elevation is that of the mask."""
        edges = [
            edge
            for window in windows
            for edge in (window.aos_s, window.los_s)
            if 0.0 < edge < self.span_s
        ]
        if not edges:
            return np.zeros(0)
        at = np.array(edges)
        before, now, after = (self.elevation_deg(station, at + shift) for shift in (-0.5, 0, 0.5))
        return np.abs((now - mask_deg) / (after - before))


def orbit_file(tmp_path, name, elements):
    """A file for a random orbit: our OMM reader is on the way, too."""
    path = tmp_path / f"{name}.kvn"
    path.write_text(
        "\n".join(
            (
                "CCSDS_OMM_VERS = 2.0",
                "REF_FRAME = TEME",
                f"EPOCH = {elements.epoch_utc:%Y-%m-%dT%H:%M:%S.%f}",
                f"MEAN_MOTION = {elements.mean_motion_rev_per_day!r} [rev/day]",
                f"ECCENTRICITY = {elements.eccentricity!r}",
                f"INCLINATION = {elements.inclination_deg!r} [deg]",
                f"RA_OF_ASC_NODE = {elements.raan_deg!r} [deg]",
                f"ARG_OF_PERICENTER = {elements.argument_of_perigee_deg!r} [deg]",
                f"MEAN_ANOMALY = {elements.mean_anomaly_deg!r} [deg]",
                f"BSTAR = {elements.bstar!r}",
            )
        )
    )
    return path


def random_elements(seed, revs=(12.8, 15.6), eccentricity=0.002):
    rng = np.random.default_rng(seed)
    return MeanElements(
        epoch_utc=EPOCH,
        mean_motion_rev_per_day=float(rng.uniform(*revs)),
        eccentricity=float(rng.uniform(0.0, eccentricity)),
        inclination_deg=float(rng.uniform(20.0, 110.0)),
        raan_deg=float(rng.uniform(0.0, 360.0)),
        argument_of_perigee_deg=float(rng.uniform(0.0, 360.0)),
        mean_anomaly_deg=float(rng.uniform(0.0, 360.0)),
        bstar=1e-5,
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_edges_lie_where_skyfield_sees_the_mask_and_no_pass_is_missed_or_invented(tmp_path, seed):
    case = Case(orbit_file(tmp_path, seed, random_elements(seed)), days=2.0)
    samples_s = np.arange(0.0, case.span_s, 20.0)
    errors_s = []
    for station in STATIONS:
        elevation_deg = case.elevation_deg(station, samples_s)
        for mask_deg in (0.0, 5.0, 45.0, 80.0):
            windows = find_contacts(case.ephemeris, station, min_elevation_deg=mask_deg)
            inside = np.zeros(samples_s.size, dtype=bool)
            for window in windows:
                inside |= (samples_s >= window.aos_s) & (samples_s <= window.los_s)
            # Within a thousandth of a degree both may be right.
            clear = np.abs(elevation_deg - mask_deg) > 1e-3
            np.testing.assert_array_equal(inside[clear], (elevation_deg > mask_deg)[clear])
            errors_s.append(case.edge_errors_s(station, windows, mask_deg))
    errors_s = np.concatenate(errors_s)
    assert errors_s.size > 100
    assert np.median(errors_s) < 0.0001
    assert errors_s.max() < 0.003


def test_passes_far_shorter_than_a_step_are_found_and_true(tmp_path):
    found = 0
    for seed in range(20, 26):
        case = Case(orbit_file(tmp_path, seed, random_elements(seed)))
        tops = [window.max_elevation_deg for window in find_contacts(case.ephemeris, SVALBARD)]
        # A mask just below the highest point of a pass leaves a few seconds of it.
        for top_deg in tops:
            mask_deg = top_deg - 0.003
            windows = find_contacts(case.ephemeris, SVALBARD, min_elevation_deg=mask_deg)
            short = [item for item in windows if abs(item.max_elevation_deg - top_deg) < 1e-6]
            assert len(short) == 1
            if short[0].aos_s > 0.0 and short[0].los_s < case.span_s:
                found += 1
                middle_s = (short[0].aos_s + short[0].los_s) / 2
                around = case.elevation_deg(
                    SVALBARD, [short[0].aos_s - 1.0, middle_s, short[0].los_s + 1.0]
                )
                assert around[0] < mask_deg < around[1] > mask_deg > around[2]
    assert found > 20


def test_elevation_azimuth_and_range_agree_with_skyfield(tmp_path):
    case = Case(orbit_file(tmp_path, "angles", random_elements(7)))
    when = SCALE.utc(
        EPOCH.year, EPOCH.month, EPOCH.day, EPOCH.hour, EPOCH.minute, case.ephemeris.time_s
    )
    for station in STATIONS:
        ours = look_angles(case.ephemeris.position_km, station)
        place = wgs84.latlon(station.lat_deg, station.lon_deg, station.height_m)
        elevation, azimuth, distance = (case.theirs - place).at(when).altaz()
        turn_deg = np.mod(ours.azimuth_deg - azimuth.degrees + 180.0, 360.0) - 180.0
        assert np.abs(ours.elevation_deg - elevation.degrees).max() < 1e-4
        assert np.abs(turn_deg * np.cos(np.radians(elevation.degrees))).max() < 1e-4
        assert np.abs(ours.range_km - distance.km).max() < 0.005


def test_eccentric_and_high_orbits_agree_too(tmp_path):
    molniya = MeanElements(EPOCH, 2.006, 0.72, 63.4, 40.0, 270.0, 10.0)
    transfer = MeanElements(EPOCH, 2.27, 0.73, 7.0, 120.0, 178.0, 20.0)
    for name, elements in (("molniya", molniya), ("transfer", transfer)):
        case = Case(orbit_file(tmp_path, name, elements), days=2.0)
        samples_s = np.arange(0.0, case.span_s, 30.0)
        for station, mask_deg in itertools.product(STATIONS[:2], (0.0, 30.0)):
            windows = find_contacts(case.ephemeris, station, min_elevation_deg=mask_deg)
            elevation_deg = case.elevation_deg(station, samples_s)
            inside = np.zeros(samples_s.size, dtype=bool)
            for window in windows:
                inside |= (samples_s >= window.aos_s) & (samples_s <= window.los_s)
            clear = np.abs(elevation_deg - mask_deg) > 1e-3
            np.testing.assert_array_equal(inside[clear], (elevation_deg > mask_deg)[clear])
            assert case.edge_errors_s(station, windows, mask_deg).max(initial=0.0) < 0.05
