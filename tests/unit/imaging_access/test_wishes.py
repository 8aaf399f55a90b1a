"""What a feature may say of how it is wanted."""

import json
from datetime import UTC, datetime

import pytest

from payload.errors import ScenarioError
from payload.imaging.targets import read_targets
from payload.imaging.wishes import PROPERTIES, passed_over
from payload.types import Target

EPOCH = datetime(2026, 6, 21, tzinfo=UTC)


def read(tmp_path, **properties):
    path = tmp_path / "wanted.geojson"
    geometry = {"type": "Point", "coordinates": [11.0, 48.0]}
    path.write_text(json.dumps({"type": "Feature", "properties": properties, "geometry": geometry}))
    return read_targets(path, epoch_utc=EPOCH).targets[0]


def test_each_property_that_is_known_is_read(tmp_path):
    """A list is good for none of them."""
    for name in PROPERTIES:
        with pytest.raises(ScenarioError, match=f"{name}.*\\[1"):
            read(tmp_path, **{name: [1]})


def test_properties_that_nobody_reads_are_named_and_the_misspelt_ones_first(tmp_path):
    features = [
        {
            "type": "Feature",
            "properties": said,
            "geometry": {"type": "Point", "coordinates": [1, i]},
        }
        for i, said in enumerate([{"ort": 1, "name": "a"}, {"piority": 2, "ort": 1}, None])
    ]
    path = tmp_path / "wanted.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (note,) = read_targets(path).notes
    assert note == (
        "wanted.geojson has properties that are not read: "
        "'piority' (1 feature; did you mean 'priority'?), 'ort' (2 features)"
    )


def test_of_many_foreign_properties_some_are_named_and_the_others_counted():
    said = passed_over([{f"x{number}": 0 for number in range(9)} | {"y" * 500: 0}])
    assert said.endswith("'x4' (1 feature), and 5 more")
    assert len(passed_over([{"y" * 500: 0}])) < 120
    assert passed_over([dict.fromkeys(PROPERTIES, 0)]) is None


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
        ({"deadline_h": -1}, "passed when the run starts"),
        ({"deadline": "2026-06-20T23:00:00Z"}, "passed when the run starts"),
        ({"deadline": "tomorrow"}, "ISO 8601"),
        ({"deadline": "2026-06-22T00:00:00"}, "with a time zone"),
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
