"""What `results/rescheduling` tells follows from the flights it lists, and obeys the laws of re-scheduling."""

import json

import pytest

from payload.validation.policies import FIRST_SKY, POLICIES, SEEDS, Flight
from payload.validation.policies_page import as_plain, markdown
from payload.validation.policies_report import PoliciesReport
from payload.validation.reference_study import StudyRow


@pytest.fixture(scope="module")
def folder(request):
    return request.config.rootpath / "results" / "rescheduling"


@pytest.fixture(scope="module")
def told(folder):
    return json.loads((folder / "policies.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report(told):
    return PoliciesReport(
        told["scenario"],
        tuple(Flight(**row) for row in told["flights"]),
        tuple(StudyRow(**row) for row in told["study"]),
    )


def test_page_and_figures_follow_from_the_flights(folder, told, report):
    assert json.loads(json.dumps(as_plain(report))) == told
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text == markdown(report)
    assert text.splitlines()[2] == report.answer()  # the answer first
    assert report.answer() in (folder / "policies.html").read_text(encoding="utf-8")


def test_every_case_is_flown_in_pairs_and_few_skies_are_told(report):
    assert {satellites for satellites, _ in report.cases} == {1, 6, 24}
    for case in report.cases:
        own = [one for one in report.of("surrogate") if (one.satellites, one.deadlines) == case]
        for policy in POLICIES:
            seeds = sorted(one.seed for one in own if one.policy == policy)
            assert seeds == list(range(FIRST_SKY, FIRST_SKY + report.seeds(case)))
        assert report.seeds(case) >= SEEDS or any(
            note.startswith(f"{case[0]} satellites") for note in report.notes()
        )


def test_looking_ahead_is_never_below_the_next_opportunity_beyond_the_interval(report):
    """The law, on the figures that are told, in value."""
    for case in report.cases:
        value = report.contrast(case, "look_ahead", "next_opportunity", "value")
        assert value.difference.high >= 0.0, value.words


def test_looking_ahead_takes_fewer_images_everywhere(report):
    for case in report.cases:
        assert report.contrast(case, "look_ahead", "next_opportunity", "images").difference.mean < 0


def test_retakes_cost_images_and_never_bring_fewer_beyond_the_interval(report):
    for case in report.cases:
        assert report.contrast(case, "on_board", "none", "images").difference.mean >= 0
        assert report.contrast(case, "on_board", "none", "value").difference.high >= 0


def test_deadlines_never_help(report):
    """What is in time is no more than what is clear at all; by sky, as both met the same one."""
    for case in report.cases:
        if case[1]:
            for policy in POLICIES:
                with_them = report.mean(case, policy, "value")
                without = report.mean((case[0], False), policy, "value")
                assert with_them.mean <= without.mean


def test_pixels_put_the_look_ahead_first_too(report):
    pixels = [one for one in report.of("pixels") if one.deadlines]
    value = {name: sum(one.value for one in pixels if one.policy == name) for name in POLICIES}
    images = {name: sum(one.images for one in pixels if one.policy == name) for name in POLICIES}
    assert max(value, key=value.get) == "look_ahead"
    assert min(images, key=images.get) == "look_ahead"


def test_the_reference_study_has_its_order_with_both_kinds_of_cloud(report):
    for clouds in ("independent", "correlated"):
        for p_clear in (0.33, 0.5):
            share = {
                row.policy: row.share
                for row in report.study
                if (row.clouds, row.p_clear) == (clouds, p_clear)
            }
            assert share["none"] < share["ground_loop"] <= share["look_ahead"] <= 1.0
            assert abs(share["ground_loop"] - share["on_board"]) < 0.05
