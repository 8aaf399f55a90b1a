"""Claims beside flights: measured by arithmetic that can be done by hand, judged by their range, told."""

import json

import pytest

from payload import api
from payload.errors import ScenarioError
from payload.ledger import Fate
from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms
from payload.validation import validate
from payload.validation.measures import MEASURES, Flown

ROOMY = {"memory": {"capacity_mb": 1000}, "link": {"kind": "fixed", "rate_mbps": 100}}


def claim(measure, **more):
    return {"measure": measure, "figure": "one", "source": "made for a test", **more}


@pytest.fixture
def mission(write_scenario, tmp_path):
    """A folder with one mission that makes claims."""

    def make(*claims, **changes):
        path = write_scenario(published=list(claims), **{**ROOMY, **changes})
        folder = tmp_path / "missions"
        folder.mkdir(exist_ok=True)
        for file in path.parent.glob("*.geojson"):
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / "small.yaml").write_bytes(path.read_bytes())
        return folder

    return make


def test_measures_are_arithmetic_of_the_books(write_scenario, tmp_path):
    scenario = load_scenario(write_scenario(**ROOMY))
    assembly = assemble(scenario)
    records, _ = fly_arms(assembly, tmp_path)
    flown = Flown(assembly, records, "prune")
    record, days = records["prune"], scenario.duration_s / 86400
    ledger = record.ledger
    contacts = record.contacts
    assert MEASURES["images_a_day"](flown) == pytest.approx(len(record.images) / days)
    assert MEASURES["contacts_a_day"](flown) == pytest.approx(len(contacts) / days)
    used, room = (sum(getattr(c, k) for c in contacts) for k in ("used_bytes", "capacity_bytes"))
    assert MEASURES["link_use"](flown) == pytest.approx(100 * used / room)
    sent = ledger.total_bytes(Fate.DELIVERED) + ledger.total_bytes(Fate.ON_BOARD)
    assert MEASURES["link_demand"](flown) == pytest.approx(100 * sent / room)
    assert MEASURES["recorder_days"](flown) == pytest.approx(1e9 / (sent / days))
    assert MEASURES["recorded_gb_a_day"](flown) == pytest.approx(sent / days / 1e9)
    everything = Flown(assembly, records, "compressed")
    whole = MEASURES["recorded_gb_a_day"](everything)
    assert MEASURES["saved_by_arm"](everything) == 0.0
    assert MEASURES["saved_by_arm"](flown) == pytest.approx(100 * (1 - sent / days / 1e9 / whole))
    raw = [image.acquisition.raw_bytes for image in record.images]
    assert MEASURES["raw_gb_an_image"](flown) == pytest.approx(sum(raw) / len(raw) / 1e9)


@pytest.mark.parametrize(
    ("stations", "satellites", "passes"),
    [((1,), 1, 1), ((1, 1), 1, 2), ((2,), 2, 2), ((1,), 2, 2), ((1, 1), 2, 4)],
    ids=["alone", "two stations", "two satellites", "one antenna for two", "two for two"],
)
def test_the_mean_rate_is_that_of_the_link_however_passes_overlap(
    write_scenario, tmp_path, stations, satellites, passes
):
    """A link of 100 Mbit/s without acquisition carries 100 Mbit/s in every second that a radio sends."""
    place = {"lat_deg": 78.23, "lon_deg": 15.39}
    orbit = {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}
    path = write_scenario(
        memory={"capacity_mb": 1000},
        link={"kind": "fixed", "rate_mbps": 100, "acquisition_s": 0},
        stations=[place | {"name": f"s{n}", "antennas": count} for n, count in enumerate(stations)],
        satellites=[
            {"name": f"c{n}", "orbit": orbit | {"argument_of_latitude_deg": -3.0 * n}}
            for n in range(satellites)
        ],
        duration_h=6,
    )
    assembly = assemble(load_scenario(path))
    records, _ = fly_arms(assembly, tmp_path, arms=["raw"])
    flown = Flown(assembly, records, "raw")
    laps = MEASURES["contacts_a_day"](flown) * flown.craft_days / passes
    assert laps == pytest.approx(round(laps))
    assert laps > 1
    assert MEASURES["mean_rate_mbps"](flown) == pytest.approx(100.0, rel=1e-6)


def test_a_claim_agrees_within_its_range_alone(mission):
    folder = mission(
        claim("images_a_day", low=0.5),
        claim("images_a_day", low=1e6),
        claim("images_a_day"),
        claim("link_use", arm="raw", high=100.0, flights=2),
    )
    found = validate(folder)
    assert [one.agrees for one in found.findings] == [True, False, None, True]
    assert [len(one.simulated) for one in found.findings] == [1, 1, 1, 2]
    assert len(found.notes()) == 1
    assert "DOES NOT AGREE" in found.lines()[1]


def test_flights_have_their_own_day_and_weather(mission):
    (one,) = validate(mission(claim("recorded_gb_a_day", flights=3))).findings
    assert len(set(one.simulated)) == 3
    (again,) = validate(mission(claim("recorded_gb_a_day", flights=2))).findings
    assert again.simulated == one.simulated[:2]


def test_books_too_long_for_memory_are_measured_as_others(mission, monkeypatch):
    """A flight of 20,000 tiles leaves its memory; here one of three does."""
    folder = mission(*map(claim, sorted(MEASURES)))
    whole = validate(folder)
    monkeypatch.setattr("payload.ledger.pages.PAGE_ROWS", 3)
    assert validate(folder) == whole


def test_what_is_found_is_written(mission, tmp_path):
    folder, out = mission(claim("images_a_day", low=1e6, why="a test")), tmp_path / "new" / "found"
    found = api.validate_missions(folder, [], out, tell=lambda _: None)
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "**no**" in page
    assert "a test" in page
    assert "made for a test" in page
    (row,) = json.loads((out / "validation.json").read_text(encoding="utf-8"))["findings"]
    assert row["mean"] == found.findings[0].mean
    assert row["agrees"] is False


def test_claims_change_no_flight(mission, write_scenario):
    with_claims = load_scenario(mission(claim("images_a_day")) / "small.yaml")
    assert with_claims.digest == load_scenario(write_scenario(**ROOMY)).digest


def test_what_is_not_there_is_refused(mission, tmp_path):
    folder = mission(claim("images_a_day"))
    with pytest.raises(ScenarioError, match=r"unknown mission 'other' \(known: small\)"):
        validate(folder, ["other"])
    with pytest.raises(ScenarioError, match="contains no scenario"):
        validate(tmp_path / "nowhere")
    with pytest.raises(ScenarioError, match=r"unknown measure 'beauty' \(known: images_a_day"):
        validate(mission(claim("beauty")))
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="cannot be written to"):
        api.validate_missions(folder, [], tmp_path / "file" / "x", tell=lambda _: None)


def test_what_cannot_be_measured_is_told(mission):
    folder = mission(claim("link_use"), stations=[])
    with pytest.raises(
        ScenarioError, match="link_use cannot be measured in the flight 'compressed'"
    ):
        validate(folder)
