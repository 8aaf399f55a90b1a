"""Purchased passes: bought where the geometry allows, they are what was bought; elsewhere they are refused."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from payload.errors import OrbitError
from payload.orbit import find_network_contacts, time_grid
from payload.orbit.propagation import Sgp4
from payload.orbit.purchased import purchased_contacts, read_passes
from payload.types import GroundStation
from payload.units import at, iso_utc

EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
ORBIT = Sgp4(altitude_km=550.0, ltan="22:30", satellite="one", epoch_utc=EPOCH)
EPHEMERIS = ORBIT.propagate(time_grid(86400.0))
STATIONS = [GroundStation("svalbard", 78.23, 15.39), GroundStation("troll", -72.01, 2.53)]
SEEN = find_network_contacts(EPHEMERIS, STATIONS)


def row(window, start_s=None, end_s=None, **changes):
    return {
        "satellite": "one",
        "station": window.station,
        "start_utc": iso_utc(at(EPOCH, window.aos_s if start_s is None else start_s)),
        "end_utc": iso_utc(at(EPOCH, window.los_s if end_s is None else end_s)),
    } | changes


def as_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.fixture
def buy(tmp_path):
    def bought(rows, write=json.dumps, stations=STATIONS, unsure=frozenset(), ephemeris=EPHEMERIS):
        path = tmp_path / "passes"
        path.write_text(write(rows) if not isinstance(rows, str) else rows)
        return purchased_contacts(
            read_passes(path), {"one": ephemeris}, stations, EPOCH, unsure=unsure
        )

    return bought


@pytest.mark.parametrize("write", [json.dumps, as_csv])
def test_all_visibility_bought_is_all_visibility(buy, write):
    found, notes = buy([row(window) for window in SEEN], write)
    seen = sorted(SEEN, key=lambda window: (window.aos_s, window.station))
    assert notes == []
    assert [item.station for item in found] == [item.station for item in seen]
    for ours, theirs in zip(found, seen, strict=True):
        assert ours.aos_s == pytest.approx(theirs.aos_s, abs=1.1e-3)  # milliseconds are written
        assert ours.los_s == pytest.approx(theirs.los_s, abs=1.1e-3)
        assert ours.max_elevation_deg == pytest.approx(theirs.max_elevation_deg, abs=0.05)


@pytest.mark.parametrize("early_s", [0.0005, 0.1])
def test_edges_at_the_horizon_may_be_rounded(buy, early_s):
    """All that is seen without a mask, bought from a moment before it rises."""
    seen = find_network_contacts(EPHEMERIS, STATIONS, min_elevation_deg=0.0)
    found, notes = buy([row(w, max(0.0, w.aos_s - early_s)) for w in seen])
    assert (len(found), notes) == (len(seen), [])


def test_what_passes_prints_is_understood(buy):
    rows = [row(SEEN[0])]
    printed = [
        {
            "satellite": r["satellite"],
            "station": r["station"],
            "aos_s": 1.0,
            "aos_utc": r["start_utc"],
        }
        | {"los_utc": r["end_utc"], "max_elevation_deg": 10.0}
        for r in rows
    ]
    assert buy(printed) == buy(rows)


def test_part_of_a_pass_can_be_bought(buy):
    window = SEEN[4]
    found, _ = buy([row(window, window.aos_s + 100.0, window.aos_s + 200.0)])
    assert found[0].duration_s == pytest.approx(100.0, abs=2e-3)
    assert found[0].max_elevation_deg < window.max_elevation_deg


def test_a_pass_that_sets_before_its_end_is_refused(buy):
    """Below a mask of 5 deg it is down within minutes: a quarter of an hour longer is no pass, early or late."""
    window = SEEN[3]
    for wrong in (row(window, end_s=window.los_s + 900), row(window, start_s=window.aos_s - 900)):
        with pytest.raises(OrbitError, match="below the horizon of"):
            buy([wrong])


def test_a_pass_below_the_horizon_is_refused_with_how_far(buy):
    window = SEEN[0]
    late = row(window, window.aos_s + 1800.0, window.los_s + 1800.0)
    with pytest.raises(OrbitError, match=r"'one' is as far as \d+\.\d\d deg below the horizon"):
        buy([late])
    found, notes = buy([late], unsure=frozenset({"one"}))
    assert len(found) == 1
    assert "too old to be sure" in notes[0]


def test_a_pass_beyond_the_flight_is_left_out_or_cut_and_noted(buy):
    window = SEEN[0]
    found, notes = buy([row(window), row(window, 90000.0, 90100.0)])
    assert len(found) == 1
    assert re.search(r"pass 2 is outside the flight", notes[0])
    middle_s = (window.aos_s + window.los_s) / 2
    found, notes = buy([row(window)], ephemeris=ORBIT.propagate(time_grid(middle_s)))
    assert found[0].los_s == middle_s
    assert "is cut there" in notes[0]


def test_two_passes_at_a_time_need_two_antennas(buy):
    twice = [row(SEEN[0]), row(SEEN[0], SEEN[0].aos_s + 50.0)]
    with pytest.raises(
        OrbitError, match=r"pass 2: 2 passes at a time over 'svalbard', which has 1"
    ):
        buy(twice)
    wide = [GroundStation("svalbard", 78.23, 15.39, antennas=2)]
    assert len(buy(twice, stations=wide)[0]) == 2
    middle_s = (SEEN[0].aos_s + SEEN[0].los_s) / 2
    assert len(buy([row(SEEN[0], end_s=middle_s), row(SEEN[0], start_s=middle_s)])[0]) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"station": "kiruna"}, "no station is called 'kiruna'; known: svalbard, troll"),
        ({"satellite": "two"}, "no satellite is called 'two'; known: one"),
        ({"end_utc": "2026-03-19T00:00:00Z"}, "not after its start"),
        ({"end_utc": ""}, "end_utc or end or los_utc is missing"),
        ({"start_utc": "noon"}, "start is 'noon'"),
        ({"start_utc": "2026-03-20T00:18:00"}, "with a Z at its end"),
        ({"start_utc": "2026-03-20T00:18:00+02:00"}, "with a Z at its end"),
    ],
)
def test_rows_that_are_wrong_are_refused_by_number(buy, change, said):
    with pytest.raises(OrbitError, match=re.escape(said)) as caught:
        buy([row(SEEN[0], **change)])
    assert "pass 1" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "a,b\n1,2\n", "{", '{"a": 1}', "[1]", "x" * 200_000,
        "satellite,station,start,end\n" + "x" * 200_000,
    ],
)  # fmt: skip
def test_what_is_no_list_of_passes_is_refused(buy, text):
    with pytest.raises(OrbitError, match="is not"):
        buy(text)


def test_elements_tell_when_they_hold():
    assert abs(ORBIT.elements_utc - EPOCH) < timedelta(milliseconds=1)
