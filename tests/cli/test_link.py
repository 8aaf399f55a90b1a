"""`payload-sim link`: the budget as a person reads it and as a program does, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

from payload.geometry.look import look_angles
from payload.geometry.track import Track
from payload.scenario.load import load_scenario
from payload.timetable.encounters import find_encounters

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DOVE, REFERENCE = SCENARIOS / "missions" / "dove.yaml", SCENARIOS / "reference.yaml"


def test_a_budget_is_printed_line_by_line(call):
    found = call("link", DOVE, "--at-elevation-deg", 30)
    assert found.code == 0
    names = [line[:22].strip() for line in found.out.splitlines()]
    order = [
        "power", "transmit loss", "antenna gain", "EIRP", "pointing loss", "free-space loss", "gas",
        "rain and cloud", "polarisation loss", "G/T", "Boltzmann", "C/N0", "symbol rate",
        "implementation loss", "Es/N0",
    ]  # fmt: skip
    assert [name for name in names if name in order] == order
    assert "32APSK 4/5 (threshold 13.64 dB" in found.out
    # 56 Mbaud x 3.951571 bit x 0.97 of framing.
    assert "214.65 Mbit/s" in found.out


def test_a_program_gets_numbers_that_add_up(call):
    found = json.loads(call("link", DOVE, "--json", "--upload-bytes", 10_000_000).out)
    budget = found["budget"]
    value = {line["name"]: line["value"] for line in budget["lines"]}
    parts = ("EIRP", "pointing loss", "free-space loss", "gas", "rain and cloud", "glow of rain and cloud", "polarisation loss",
             "G/T", "Boltzmann")  # fmt: skip
    assert sum(value[part] for part in parts) == pytest.approx(value["C/N0"], abs=1e-9)
    spare = budget["es_n0_db"] - budget["threshold_db"]
    assert budget["spare_db"] == pytest.approx(spare, abs=1e-9)
    assert found["passes"]["least_bytes"] < found["passes"]["most_bytes"]
    # 250 kbit/s are 31,250 bytes a second: at least 320 s in the passes that are used.
    assert found["upload"]["sent_bytes"] == 10_000_000
    used_s = sum(item["los_s"] - item["aos_s"] for item in found["upload"]["passes"])
    assert used_s >= 320.0


def test_the_distance_of_a_budget_is_that_of_the_orbit_where_it_stands_so_high(call):
    """Second method: the ranges of a track second by second. The orbit's eccentricity is 0.6, its period 8 h."""
    lines = [
        "1 40001U 14001B   26171.50000000  .00000100  00000-0  10270-4 0  9000",
        "2 40001  63.4000  10.0000 6000000 270.0000  25.2906  3.00000000999996",
    ]
    orbit = json.dumps({"kind": "sgp4", "tle": [line[:68] + checksum(line) for line in lines]})
    eccentric = ("--set", f"satellites.0.orbit={orbit}", "--set", "epoch_utc=2026-06-21T00:00:00Z")
    found = json.loads(call("link", DOVE, *eccentric, "--json").out)
    scenario = load_scenario(DOVE, eccentric[1::2])
    met = find_encounters(scenario)
    (path,) = met.ephemerides.values()
    times_s = np.arange(path.time_s[0], path.time_s[-1])
    station = next(item for item in met.stations if item.name == found["station"])
    look = look_angles(Track(path).states(times_s)[0], station)
    crosses = np.diff(np.sign(look.elevation_deg - 30.0)) != 0
    ranges_km = look.range_km[1:][crosses]
    assert (found["nearest_km"], found["farthest_km"]) == pytest.approx(
        (ranges_km.min(), ranges_km.max()), rel=2e-3
    )
    assert found["budget"]["range_km"] == pytest.approx(ranges_km.max(), rel=5e-3)
    text = call("link", DOVE, *eccentric).out
    assert f"to {found['farthest_km']:,.0f} km away: the budget is that of the farthest." in text
    never = call("link", DOVE, "--at-elevation-deg", 90).out
    assert "dove never stands at 90 deg: the mean radius of its orbit is taken." in never


def checksum(line):
    """Of a line of two-line elements. Source: Space Track Report No. 3."""
    return str(sum(int(each) if each.isdigit() else each == "-" for each in line[:68]) % 10)


def test_a_whole_number_may_be_written_as_in_a_scenario(call):
    short = ("link", REFERENCE, "--set", "duration_h=1", "--set", "link.rate_mbps=1e1")
    found = call(*short, "--upload-bytes", "1e6")
    assert found.code == 0
    assert "Up: 1,000,000 bytes" in found.out


def test_a_link_of_one_rate_says_so(call):
    found = call("link", REFERENCE)
    assert found.code == 0
    assert "`fixed` has no budget: it carries 10 Mbit/s, whatever the elevation." in found.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--at-elevation-deg", "95"), "elevation is 95 deg; expected 0 (horizon) to 90"),
        (("--at-elevation-deg", "nan"), "elevation is nan deg"),
        (("--station", "nowhere"), "there is no station 'nowhere'; known: svalbard, inuvik"),
        (("--satellite", "swan"), "there is no satellite 'swan'"),
        (("--upload-bytes", "ten"), "'--upload-bytes': found 'ten'; expected a whole number"),
        (("--upload-bytes", "1.5"), "'--upload-bytes': found '1.5'; expected a whole number"),
        (("--upload-bytes", "-5"), "expected 0 or more"),
        (("--set", "link.power_w=-2"), "link.power_w: "),
        (("--set", "link.symbol_rate_mbaud=0"), "link.symbol_rate_mbaud: "),
        (("--set", "link.max_modcod=64APSK 4/5"), "DVB-S2 has no MODCOD '64APSK 4/5'"),
        (("--set", "link.eirp_dbw=14"), "must be given exactly once: as eirp_dbw"),
        (("--set", "uplink.rate_kbps=0"), "uplink.rate_kbps: "),
        (
            ("--set", "faults.0.who=nowhere"),
            "affects 'nowhere', which is not one of: svalbard, inuvik",
        ),
        (("--set", "faults.0.at_h=3"), "either at_h or mean_between_h"),
        (
            ("--set", "outages=[{station: inuvik, start_h: 3, end_h: 5}]"),
            "are now among the faults",
        ),
        (("--set", "stations.0.gt_dbk=400"), "stations.0.gt_dbk: "),
    ],
)
def test_nonsense_is_answered_with_a_sentence(call, words, sentence):
    found = call("link", DOVE, *words)
    assert found.code == 2
    assert sentence in found.err
    assert found.out == ""


def test_an_outage_cuts_the_contacts_and_nothing_else(call):
    def windows(*words):
        found = json.loads(call("passes", REFERENCE, "--json", *words).out)
        return [(item["station"], item["aos_s"], item["los_s"]) for item in found]

    whole = windows()
    cut = windows("--set", "faults=[{kind: station_out, who: svalbard, at_h: 0, lasts_h: 12}]")
    noon_s = 12 * 3600.0
    assert cut == [
        (name, max(aos_s, noon_s), los_s) if name == "svalbard" else (name, aos_s, los_s)
        for name, aos_s, los_s in whole
        if name != "svalbard" or los_s > noon_s
    ]
    assert len(cut) < len(whole)
    chance = "faults=[{kind: station_out, who: svalbard, mean_between_h: 2, mean_repair_h: 2}]"
    drawn = windows("--set", chance)
    assert windows("--set", chance) == drawn
    assert windows("--set", chance, "--set", "seed=77") != drawn


@pytest.mark.parametrize("words", [("passes", REFERENCE), ("link", DOVE)])
def test_what_flies_nothing_does_not_wait_for_network_or_surrogate(call, monkeypatch, words):
    """To measure a network and to paint a probe of the world takes longer than a day of passes."""

    def asked(*_args, **_options):
        raise AssertionError("asked for what nobody flies")

    monkeypatch.setattr("payload.masking.onnx_masker.OnnxMasker.footprint", asked)
    monkeypatch.setattr("payload.equipment.find_surrogate", asked)
    assert call(*words).code == 0


def test_passes_over_old_elements_come_with_a_note(call):
    """The two lines of the reference case hold on 2026-03-20; flown half a year later, that is said."""
    tle = (
        "[1 99901U 26001A   26079.00000000  .00000000  00000-0  00000+0 0    03,"
        "2 99901  97.5929 157.5000 0000000   0.0000   0.0000 15.05491322    01]"
    )
    craft = f"satellites=[{{name: old, orbit: {{kind: sgp4, tle: {tle}}}}}]"
    fresh = call("passes", REFERENCE, "--json", "--set", craft)
    assert (fresh.code, fresh.err) == (0, "")
    found = call(
        "passes", REFERENCE, "--json", "--set", craft, "--set", "epoch_utc=2026-09-20T00:00:00Z"
    )
    assert found.code == 0
    assert "note: the elements of 'old' are 185 days away" in found.err
    assert json.loads(found.out)
