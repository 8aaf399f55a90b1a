"""The packaged atmosphere against `itur` 0.4.0 itself, at places and frequencies that are not in the table.

Bounds are what was measured on these places; they are the table's stated error. The published figures are
of ITU-R P.618 as `itur` computes it at the stations' own heights.
"""

import numpy as np
import pytest
from conformance.make_attenuation import TABLE, attenuation_db

from payload.downlink.atmosphere import climate

pytest.importorskip("itur", reason="itur is not installed: pip install -e '.[test]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # a guest's own

FACTS = [
    ((78.23, 15.39, 2.25), 1.0, (0.86, 0.40, 0.12, 0.06)),
    ((78.23, 15.39, 8.2), 1.0, (1.70, 0.78, 0.24, 0.11)),
    ((78.23, 15.39, 26.0), 1.0, (10.9, 5.6, 2.0, 1.0)),
    ((78.23, 15.39, 8.2), 0.1, (2.41, 1.10, 0.34, 0.16)),
    ((40.65, 16.70, 8.2), 1.0, (2.71, 1.26, 0.40, 0.19)),
    ((-25.89, 27.69, 8.2), 1.0, (3.12, 1.50, 0.49, 0.25)),
    ((1.35, 103.8, 8.2), 1.0, (7.92, 4.10, 1.38, 0.73)),
    ((1.35, 103.8, 26.0), 1.0, (63.0, 36.0, 15.0, 13.0)),
]


@pytest.fixture(scope="module")
def places():
    draws = np.random.default_rng(20261126)
    return draws.uniform(-60.0, 75.0, 60), draws.uniform(-179.0, 179.0, 60)


def ours(places, frequency_ghz, elevation_deg, percent):
    found = [climate(lat, lon, frequency_ghz) for lat, lon in np.transpose(places).tolist()]
    gas = np.array([float(item.gas_db(elevation_deg)) for item in found])
    return gas, gas + [float(item.fade_db(elevation_deg, percent)) for item in found]


@pytest.mark.parametrize(
    ("where", "median", "most"),
    [
        ((2.25, 10.0, 1.0), 0.02, 0.15),
        ((8.2, 5.0, 1.0), 0.02, 0.15),
        ((8.2, 30.0, 0.1), 0.03, 0.35),
        ((8.2, 14.0, 2.0), 0.04, 0.25),
        ((8.4, 10.0, 1.0), 0.04, 0.20),
        ((26.0, 30.0, 5.0), 0.06, 0.25),
        ((27.0, 10.0, 1.0), 0.07, 0.25),
    ],
)
def test_random_places_are_as_itur_says(places, where, median, most):
    frequency_ghz, elevation_deg, percent = where
    _, truth = attenuation_db(
        *places,
        frequency_ghz=frequency_ghz,
        elevation_deg=elevation_deg,
        exceeded_percent=percent,
    )
    _, found = ours(places, frequency_ghz, elevation_deg, percent)
    error = np.abs(found / truth - 1.0)
    assert np.median(error) < median, error
    assert error.max() < most, error


@pytest.mark.parametrize(
    ("frequency_ghz", "median", "of_ten"),
    [(2.25, 0.03, 0.04), (8.2, 0.06, 0.09), (26.0, 0.07, 0.11)],
)
def test_nine_places_of_ten_are_as_near_as_the_guide_says(places, frequency_ghz, median, of_ten):
    errors = []
    for elevation_deg, percent in ((5.0, 0.1), (14.0, 0.5), (20.0, 20.0), (60.0, 2.0), (90.0, 0.1)):
        _, truth = attenuation_db(
            *places,
            frequency_ghz=frequency_ghz,
            elevation_deg=elevation_deg,
            exceeded_percent=percent,
        )
        _, found = ours(places, frequency_ghz, elevation_deg, percent)
        errors.append(np.abs(found / truth - 1.0))
        assert np.median(errors[-1]) < median
    assert np.quantile(np.concatenate(errors), 0.9) < of_ten


@pytest.mark.parametrize(
    ("where", "height_km", "low", "high"),
    [
        ((78.23, 15.39), 0.45, 0.05, 0.13),  # Svalbard
        ((40.65, 16.70), 0.54, 0.03, 0.28),  # Matera
        ((-72.0, 2.53), 1.3, 0.13, 0.47),  # Troll
        ((-25.89, 27.69), 1.4, 0.13, 0.47),  # Hartebeesthoek
        ((-35.78, -69.4), 1.55, 0.13, 0.47),  # Malargue
    ],
)
def test_a_station_above_the_sea_is_charged_too_much_by_what_the_guide_says(
    where, height_km, low, high
):
    import itur  # noqa: PLC0415 - heavy, and only wanted here

    for frequency_ghz in (2.25, 8.2, 26.0):
        here = climate(*where, frequency_ghz)
        for elevation_deg in (5.0, 10.0, 30.0, 90.0):
            found = float(here.gas_db(elevation_deg) + here.fade_db(elevation_deg, 1.0))
            truth = itur.atmospheric_attenuation_slant_path(
                *where, frequency_ghz, elevation_deg, 1.0, 5.0, hs=height_km
            ).value
            assert low <= found / truth - 1.0 <= high


def test_median_gas_is_iturs(places):
    truth, _ = attenuation_db(*places, frequency_ghz=8.2, elevation_deg=10.0, exceeded_percent=50.0)
    found, _ = ours(places, 8.2, 10.0, 50.0)
    assert np.abs(found / truth - 1.0).max() < 0.1


@pytest.mark.parametrize(("where", "percent", "total_db"), FACTS)
def test_stations_are_as_published(where, percent, total_db):
    """Svalbard, Matera, Hartebeesthoek, Singapore. A quarter: the third lies 1,400 m above the table's sea level."""
    here = climate(*where)
    for elevation_deg, wanted_db in zip((5.0, 10.0, 30.0, 90.0), total_db, strict=True):
        found_db = float(here.gas_db(elevation_deg) + here.fade_db(elevation_deg, percent))
        assert found_db == pytest.approx(wanted_db, rel=0.25, abs=0.1)


def test_the_script_that_made_the_table_makes_its_numbers_again():
    with np.load(TABLE) as table:
        rows, cols = np.array([20, 37, 51, 60]), np.array([5, 30, 44, 70])
        lat, lon = table["lat_deg"][rows], table["lon_deg"][cols]
        for band, f_ghz in enumerate(table["frequency_ghz"].tolist()):
            gas, total = attenuation_db(
                lat, lon, frequency_ghz=f_ghz, elevation_deg=20.0, exceeded_percent=0.3
            )
            median, _ = attenuation_db(
                lat, lon, frequency_ghz=f_ghz, elevation_deg=90.0, exceeded_percent=50.0
            )
            assert table["gas_zenith_db"][band, rows, cols] == pytest.approx(median, rel=1e-4)
            fade_db = total - median / np.sin(np.radians(20.0))
            steps = np.log(fade_db / 1e-3) / 0.05
            assert table["fade_steps"][band, 2, 2, rows, cols] == pytest.approx(steps, abs=0.51)
            assert (gas >= 0.0).all()


def test_attenuation_grows_with_falling_elevation_and_falling_per_cent():
    """Within the table's normal range: not beyond 40 dB, where the recommendation itself turns round."""
    for lat, lon in ((78.23, 15.39), (40.65, 16.7), (-25.89, 27.69), (1.35, 103.8)):
        here = climate(lat, lon, 8.2)
        elevations = np.linspace(2.0, 90.0, 200)
        for percent in (0.1, 1.0, 5.0, 20.0):
            assert (np.diff(here.fade_db(elevations, percent)) <= 1e-9).all()
            assert (np.diff(here.gas_db(elevations)) < 0.0).all()
        percents = np.geomspace(0.02, 60.0, 200)
        for elevation_deg in (5.0, 17.0, 45.0, 90.0):
            assert (np.diff(here.fade_db(elevation_deg, percents)) <= 1e-9).all()
