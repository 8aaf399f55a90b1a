"""Forecasts of a flight: what is kept of a source changes nothing that is told. Judge: the source, asked anew each time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from planning import SATELLITES, TARGETS, opportunity

from payload.geometry.track import Track
from payload.orbit import find_contacts, time_grid
from payload.orbit.propagation import Sgp4
from payload.planning.outlook import Forecasts, LookAhead
from payload.ports import Foreseeing
from payload.types import Foresight, GroundStation, Radiometry, Sensor, Target
from payload.world.synthetic import Synthetic

EARTH = Synthetic(seed=4)
PLACES = {
    name: Target(name, 10.0 * number - 35.0, 40.0 * number - 150.0)
    for number, name in enumerate(TARGETS)
}
LIMITS = {name: (0.3, 0.7)[number % 2] for number, name in enumerate(TARGETS)}
SENSOR = Sensor(
    bands=("blue", "green", "red", "nir"),
    gsd_m=10.0,
    width_px=64,
    height_px=64,
    bit_depth=12,
    radiometry=Radiometry(3e-4),
    max_off_nadir_deg=30.0,
    min_sun_elevation_deg=10.0,
    settle_s=5.0,
)
CHANCES = [
    opportunity(satellite, name, 4_000.0 * turn + 137.0 * number)
    for turn in range(5)
    for satellite in SATELLITES
    for number, name in enumerate(TARGETS)
]


@dataclass
class Plain:
    """A source that only forecasts."""

    def forecast(self, prospects, *, issued_s, foresight):
        return EARTH.forecast(prospects, issued_s=issued_s, foresight=foresight)


@dataclass
class Counted(Plain):
    """One that is asked for what comes, and counts of how many scenes."""

    asked: list[int] = field(default_factory=list)

    def coming(self, prospects):
        self.asked.append(prospects.time_s.size)
        return EARTH.coming(prospects)

    def forecast_of(self, comes, prospects, *, issued_s, foresight):
        return EARTH.forecast_of(comes, prospects, issued_s=issued_s, foresight=foresight)


def service(source):
    epoch = datetime(2026, 6, 21, tzinfo=UTC)
    return Forecasts(source, epoch, 10.0, Foresight(0.6, 3e5), PLACES, LIMITS)


@pytest.mark.parametrize("climate_first", [True, False])
def test_a_source_that_tells_what_comes_is_asked_for_it_once_and_tells_the_same(climate_first):
    source = Counted()
    assert isinstance(source, Foreseeing)
    assert not isinstance(Plain(), Foreseeing)
    kept = service(source)
    if climate_first:
        kept.climate(CHANCES)
    for issued_s, chances in ((0.0, CHANCES[9:30]), (50.0, CHANCES[::3]), (9e4, CHANCES[::-1])):
        anew = service(Plain())
        assert kept.p_clear(chances, issued_s) == anew.p_clear(chances, issued_s)
        assert kept.climate(chances) == anew.climate(chances)
    assert sum(source.asked) == len(CHANCES)


def test_a_camera_ahead_sees_a_place_from_its_rise_to_its_set():
    """Judge: contacts with a station there, whose edges are good to 0.1 s."""
    epoch = datetime(2026, 6, 21, tzinfo=UTC)
    orbit = Sgp4(altitude_km=550, ltan="10:30", satellite="one", epoch_utc=epoch)
    ephemeris = orbit.propagate(time_grid(86400.0))
    camera = LookAhead(EARTH, epoch, 0, None, lead_s=600.0, skill=1.0, is_ahead=False)
    place, track = Target("there", 60.0, 10.0), Track(ephemeris)
    passes = find_contacts(ephemeris, GroundStation("there", 60.0, 10.0), min_elevation_deg=0.0)
    assert len(passes) > 5
    for window in passes:
        for edge_s, inwards_s in ((window.aos_s, 0.1), (window.los_s, -0.1)):
            assert camera.sees(place, track, edge_s + inwards_s)
            assert not camera.sees(place, track, edge_s - inwards_s)


def test_what_a_camera_ahead_has_told_is_not_looked_at_again():
    """Judge: cameras that have told nothing before, one for each look."""

    @dataclass(frozen=True)
    class Counted:
        source: Synthetic
        looks: list = field(default_factory=list)

        def glance(self, view, windows):
            self.looks.append(view.id)
            return self.source.glance(view, windows)

    def camera(source):
        epoch = datetime(2026, 6, 21, tzinfo=UTC)
        return LookAhead(source, epoch, 7, SENSOR, lead_s=60.0, skill=0.5, is_ahead=True)

    earth = Counted(EARTH)
    shared, some = camera(earth), CHANCES[:6]
    moments = [
        (item, PLACES[item.target], item.start_s - lead_s)
        for item in some
        for lead_s in (60.0, 30.0)
    ]
    first, again = ([shared.tell(*moment) for moment in moments] for _ in range(2))
    assert first == again == [camera(EARTH).tell(*moment) for moment in moments]
    assert len(set(first)) > 3
    assert len(earth.looks) == len(moments)
