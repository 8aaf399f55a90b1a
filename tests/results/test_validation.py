"""What `results/validation` tells is what the scenarios claim today, and nothing of it fails."""

import json

import pytest

from payload.scenario.load import load_scenario
from payload.validation.measures import MEASURES


@pytest.fixture(scope="module")
def missions(request):
    return sorted((request.config.rootpath / "scenarios" / "missions").glob("*.yaml"))


def test_every_claim_was_simulated_and_none_was_dropped(request, missions):
    path = request.config.rootpath / "results" / "validation" / "validation.json"
    found = json.loads(path.read_text(encoding="utf-8"))["findings"]
    told = [(row["mission"], row["measure"], row["low"], row["high"]) for row in found]
    claimed = [
        (scenario.name, claim.measure, claim.low, claim.high)
        for scenario in map(load_scenario, missions)
        for claim in scenario.published
    ]
    assert told == claimed
    assert len({mission for mission, *_ in told}) >= 7
    for row in found:
        assert row["measure"] in MEASURES
        assert "\n" not in row["unit_and_meaning"]  # it is a cell of a table
        inside = (row["low"] is None or row["mean"] >= row["low"]) and (
            row["high"] is None or row["mean"] <= row["high"]
        )
        assert inside or row["why"], row  # what does not agree says why


def test_missions_say_where_their_numbers_are_from(missions):
    """Every claim has a source; every scenario says what is assumed."""
    for path in missions:
        scenario = load_scenario(path)
        assert scenario.published, path
        assert all(claim.source for claim in scenario.published)
        assert "assumed" in path.read_text(encoding="utf-8"), path
