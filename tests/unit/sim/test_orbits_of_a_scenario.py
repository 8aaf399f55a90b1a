"""What a scenario says of orbits and passes arrives in what is flown."""

import json

import pytest

from payload import api
from payload.errors import ScenarioError
from payload.scenario.load import load_scenario
from payload.sim import assemble

CONSTELLATION = {
    "name": "ring",
    "altitude_km": 550,
    "ltan": "10:30",
    "planes": 2,
    "satellites_per_plane": 2,
    "phasing": 1,
}
TLE = [  # its epoch is 2026-03-20
    "1 99901U 26001A   26079.00000000  .00000000  00000-0  00000+0 0    03",
    "2 99901  97.5929 157.5000 0000000   0.0000   0.0000 15.05491322    01",
]


def flown_at(write_scenario, epoch_utc):
    orbit = {"kind": "sgp4", "tle": TLE}
    path = write_scenario(satellites=[{"name": "old", "orbit": orbit}], epoch_utc=epoch_utc)
    return assemble(load_scenario(path))


def test_a_constellation_flies_beside_satellites_named_one_by_one(write_scenario):
    alone = load_scenario(write_scenario())
    both = assemble(load_scenario(write_scenario(constellations=[CONSTELLATION])))
    names = [craft.name for craft in alone.satellites]
    assert both.satellites == [*names, "ring-1-1", "ring-1-2", "ring-2-1", "ring-2-2"]
    assert set(both.contacts) == set(both.opportunities) == set(both.satellites)


def test_a_constellation_alone_is_a_fleet(write_scenario):
    path = write_scenario(satellites=None, constellations=[CONSTELLATION])
    assert len(assemble(load_scenario(path)).satellites) == 4


def test_nobody_flying_is_refused(write_scenario):
    with pytest.raises(ScenarioError, match="add up to 0 satellites"):
        load_scenario(write_scenario(satellites=None))


def test_passes_as_they_were_printed_are_flown_as_they_were_seen(write_scenario, tmp_path):
    seen = api.passes(load_scenario(write_scenario(duration_h=12)))
    rows = [
        {key: getattr(item, key) for key in ("satellite", "station", "aos_utc", "los_utc")}
        for item in seen
    ]
    (tmp_path / "bought.json").write_text(json.dumps(rows[1:]))
    path = write_scenario(duration_h=12, passes={"file": "bought.json"})
    bought = api.passes(load_scenario(path))
    assert len(bought) == len(seen) - 1 > 0
    for one, other in zip(bought, seen[1:], strict=True):
        assert (one.satellite, one.station) == (other.satellite, other.station)
        assert one.aos_s == pytest.approx(other.aos_s, abs=2e-3)


def test_elements_older_than_two_weeks_are_noted_and_fresher_ones_are_not(write_scenario):
    assert flown_at(write_scenario, "2026-04-02T00:00:00Z").notes == ()
    (note,) = flown_at(write_scenario, "2026-04-20T00:00:00Z").notes
    assert "the elements of 'old' are 32 days away" in note
    (note,) = flown_at(write_scenario, "2026-02-20T00:00:00Z").notes
    assert "28 days away" in note
