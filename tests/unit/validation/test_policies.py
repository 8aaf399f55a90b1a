"""The study of policies: what it flies, that it goes on where it was broken off, and the law of the look ahead."""

import json
from dataclasses import replace

import pytest

from payload.api import validate_policies
from payload.errors import ScenarioError
from payload.scenario.load import load_scenario
from payload.validation.policies import FLEETS, POLICIES, Cell, Flight, fly_cell, fly_cells
from payload.validation.policies_page import markdown, page
from payload.validation.policies_report import PoliciesReport


@pytest.fixture
def scenario(root):
    return root / "scenarios" / "rescheduling.yaml"


def flight(policy, seed, **more):
    given = {"clear": 1, "value": 10.0, "images": 5, "cloudy": 2, "megabytes": 3.0}
    return Flight(1, True, policy, seed, "surrogate", latency_h=None, **(given | more))


CELL = Cell(1, 1, 3)


@pytest.fixture(scope="module")
def flown(root, tmp_path_factory):
    """A sky under which all fly, its folder, and what was told of it."""
    folder, told = tmp_path_factory.mktemp("skies"), []
    scenario = root / "scenarios" / "rescheduling.yaml"
    return fly_cells(scenario, [CELL], folder, tell=told.append), folder, told


def test_a_sky_that_has_its_file_is_not_flown_again(scenario, flown):
    first, folder, told = flown
    assert len(told) == 1
    assert fly_cells(scenario, [CELL], folder, tell=told.append) == first
    assert len(told) == 1
    assert [(one.policy, one.deadlines) for one in first] == [
        (policy, deadlines) for deadlines in (True, False) for policy in POLICIES
    ]
    assert [one.images for one in first[:5]] != [one.images for one in first[5:]]  # deadlines count


def test_the_skies_are_shared_and_flights_repeat(scenario, flown):
    """Alone or after others a policy brings the same: the images that they share are facts."""
    given = load_scenario(scenario, CELL.changes)
    alone = fly_cell(given, CELL, ["look_ahead"])
    assert alone == [one for one in flown[0] if one.policy == "look_ahead"]


def test_a_scenario_without_constellation_is_refused(root, tmp_path):
    with pytest.raises(ScenarioError, match="constellation"):
        validate_policies(root / "scenarios" / "quickstart.yaml", tmp_path, effort=0.1)


def test_a_difference_that_skies_alone_make_is_not_resolved():
    flights = [
        flight(policy, seed, value=10.0 * seed) for policy in POLICIES for seed in range(1, 9)
    ]
    better = [
        replace(one, value=one.value + 1.0 + 0.01 * one.seed) if one.policy == "on_board" else one
        for one in flights
    ]
    same, other = PoliciesReport("x", tuple(flights)), PoliciesReport("x", tuple(better))
    assert "not resolved" in same.contrast((1, True), "on_board", "ground_loop", "value").words
    assert other.best((1, True)).policy == "on_board"
    assert other.best((1, True)).difference.is_resolved
    assert not any("look_ahead" in note for note in other.notes())


def test_a_look_ahead_below_the_next_opportunity_is_told():
    flights = [
        flight(policy, seed, value=8.0 + 0.1 * (seed % 2) if policy == "look_ahead" else 10.0)
        for policy in POLICIES
        for seed in range(1, 9)
    ]
    few, below = PoliciesReport("x", tuple(flights)).notes()
    assert "8 skies" in few
    assert "look_ahead has less value" in below


def test_the_page_says_the_answer_first_and_asks_nobody():
    flights = [flight(policy, seed) for policy in POLICIES for seed in (1, 2, 3)]
    report = PoliciesReport("x", tuple(flights))
    assert markdown(report).splitlines()[2] == report.answer()
    html = page(report)
    assert html.index('class="lead"') < html.index("<table")
    assert "http" not in html.split("</head>")[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_looking_ahead_is_never_below_the_next_opportunity_for_one_satellite(scenario, tmp_path):
    """The law, flown: ten skies, the interval of the paired differences reaches 0 or lies above it."""
    cells = [Cell(*FLEETS[0], seed) for seed in range(101, 111)]
    report = PoliciesReport("x", tuple(fly_cells(scenario, cells, tmp_path, tell=lambda _: None)))
    for case in report.cases:
        value = report.contrast(case, "look_ahead", "next_opportunity", "value")
        images = report.contrast(case, "look_ahead", "next_opportunity", "images")
        assert value.difference.high >= 0.0
        assert images.difference.high < 0.0
    assert json.loads(next(tmp_path.glob("*.json")).read_text())
