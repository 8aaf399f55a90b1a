"""What a feature may say of how it is wanted."""

import json
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from payload.errors import ScenarioError
from payload.imaging import find_opportunities, load_targets
from payload.orbit.contacts import time_grid
from payload.types import Target
from tests.unit.imaging_access.test_access import ORBIT, SUN, limits, opportunities

EPOCH = datetime(2026, 6, 21, tzinfo=UTC)


def read(tmp_path, **properties):
    path = tmp_path / "wanted.geojson"
    geometry = {"type": "Point", "coordinates": [11.0, 48.0]}
    path.write_text(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}))
    return load_targets(path, epoch_utc=EPOCH)[0]


def test_all_wishes_are_read(tmp_path):
    found = read(
        tmp_path, deadline_h=30, repeat_h=48, max_cloud_cover=0.2, min_sun_elevation_deg=25,
        max_off_nadir_deg=10, arrives_h=3,
    )  # fmt: skip
    assert found == Target(
        "target-1", 48.0, 11.0, due_s=108_000.0, repeat_s=172_800.0, arrives_s=10_800.0,
        max_cloud_cover=0.2, min_sun_elevation_deg=25.0, max_off_nadir_deg=10.0,
    )  # fmt: skip


@pytest.mark.parametrize("said", ["2026-06-21T06:00:00Z", "2026-06-21T08:00:00+02:00"])
def test_a_deadline_may_be_an_instant(tmp_path, said):
    assert read(tmp_path, deadline=said).due_s == 6 * 3600


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"deadline_h": -1}, "past when the run starts"),
        ({"deadline": "2026-06-20T23:00:00Z"}, "past when the run starts"),
        ({"deadline": "tomorrow"}, "ISO 8601"),
        ({"deadline": "2026-06-22T00:00:00"}, "with a zone"),
        ({"deadline": "2026-06-22T00:00:00Z", "deadline_h": 3}, "not both"),
        ({"deadline_h": 3, "arrives_h": 5}, "not after the request arrives"),
        ({"repeat_h": 0}, "hours above 0"),
        ({"max_cloud_cover": 30}, "from 0 to 1"),
        ({"max_off_nadir_deg": "few"}, "from 0 to 90"),
    ],
)
def test_a_wrong_wish_is_refused_and_named(tmp_path, properties, words):
    with pytest.raises(ScenarioError, match=words):
        read(tmp_path, **properties)


def test_opportunities_keep_to_the_wishes_of_their_target():
    ephemeris = ORBIT.propagate(time_grid(2 * 86400.0))
    sensor = limits(max_off_nadir_deg=45.0)
    places = [(lat, lon) for lat in (-40.0, 0.0, 40.0, 60.0) for lon in range(-180, 180, 20)]
    plain = [Target(f"{lat} {lon}", lat, lon) for lat, lon in places]
    strict = [
        Target(t.name, t.lat_deg, t.lon_deg, min_sun_elevation_deg=40.0, max_off_nadir_deg=20.0,
               arrives_s=20_000.0, due_s=150_000.0)
        for t in plain
    ]  # fmt: skip
    wanted = [
        item
        for item in opportunities(ephemeris, plain, sensor)
        if item.off_nadir_deg <= 20.0
        and item.sun_elevation_deg >= 40.0
        and item.start_s >= 20_000.0
        and item.end_s <= 150_000.0
    ]
    assert len(wanted) > 10
    assert opportunities(ephemeris, strict, sensor) == wanted


def test_ten_thousand_requests_on_one_spot_are_found_in_seconds():
    ephemeris = ORBIT.propagate(time_grid(86400.0))
    targets = [Target(f"t{n}", 60.0, 10.0, due_s=80_000.0 + n) for n in range(10_000)]
    started = time.perf_counter()
    found = find_opportunities(
        ephemeris, targets, limits(max_off_nadir_deg=45.0), raw_bytes=1000, sun_elevation=SUN
    )
    assert time.perf_counter() - started < 10.0
    assert len(found) % 10_000 == 0
    assert found
    assert np.unique([item.target for item in found]).size == 10_000
