import html
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from payload.report import read_report_data, render_page
from payload.report.answer import answer
from payload.report.data import Arm, Fetched, ReportData
from payload.report.key_figures import key_figures
from payload.report.rows import arm_table, verdict

Make = Callable[..., Path]


@pytest.fixture
def day(results: Make) -> ReportData:
    return read_report_data(results())


def arm(name: str, **figures: object) -> Arm:
    given = {
        "downlinked_bytes": 100_000_000,
        "waiting_bytes": 0,
        "clear_pixels_delivered": 20_000_000,
        "data_value_density": 1.2,
        "saved_fraction": None,
        "overflowed_bytes": 0,
        "lost_bytes": 0,
        "images": 30,
        "used_bytes": 101_000_000,
        "link_saturated": False,
    }
    return Arm(name=name, **{**given, **figures})


def with_arms(day: ReportData, *arms: Arm) -> ReportData:
    return replace(day, summary=replace(day.summary, arms=arms))


def said(data: ReportData) -> str:
    found = answer(data)
    return " ".join([found.sentence, found.credit, found.regime, *found.further]).replace(
        "\u00a0", " "
    )


def test_a_saturated_bent_pipe_is_outdone_and_the_price_is_named(day: ReportData):
    raw = arm(
        "raw", link_saturated=True, waiting_bytes=190_000_000, clear_pixels_delivered=10_500_000
    )
    pixels = replace(day.summary.pixels, clear_acquired=25_000_000, clear_discarded=300_000)
    data = with_arms(day, raw, arm("prune"))
    data = replace(data, summary=replace(data.summary, pixels=pixels))
    text = said(data)
    assert "**20 Mpx of clear ground in 100 MB**" in text
    assert "10.5 Mpx of clear ground in 100 MB, with 190 MB still waiting" in text
    assert "**1.9 \N{MULTIPLICATION SIGN} as much clear ground**" in text
    assert "at the price of 1.2 % of its clear pixels" in text
    assert "bottleneck of the bent pipe" in text


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (20_000_000, 25_000_000, "**20 % less clear ground than the bent pipe**"),
        (20_000_000, 20_000_010, "**the same clear ground**"),
        (21_000_000, 20_000_000, "**5 % more clear ground**"),
        (20_000_000, 0, "**clear ground where there would have been none**"),
        (0, 0, "**no clear ground** either way"),
        (300_000_000, 20_000_000, "**15 \N{MULTIPLICATION SIGN} as much clear ground**"),
        (None, 20_000_000, "**unknown**"),
        (None, None, "**unknown**"),
    ],
)
def test_the_verdict_is_what_the_numbers_say(day: ReportData, ours, theirs, expected: str):
    data = with_arms(
        day, arm("raw", clear_pixels_delivered=theirs), arm("prune", clear_pixels_delivered=ours)
    )
    assert expected in said(data)


def test_an_idle_link_is_called_freed_and_never_a_gain(day: ReportData):
    raw = arm("raw", downlinked_bytes=200_000_000, used_bytes=202_000_000)
    text = said(with_arms(day, raw, arm("prune")))
    assert "**The link was not the bottleneck**" in text
    assert "brings no more of the same images down" in text
    assert "101 MB went over the channel instead of 202 MB, 50 % less" in text
    assert "for 50 % fewer bytes sent" in text


def test_while_anything_waits_no_link_time_is_called_freed(day: ReportData):
    text = said(with_arms(day, arm("raw", waiting_bytes=5_000_000), arm("prune")))
    assert "instead of" not in text
    assert "taken too late to be sent" in text


def test_a_full_memory_is_named(day: ReportData):
    raw = arm("raw", overflowed_bytes=33_000_000)
    text = said(with_arms(day, raw, arm("prune")))
    assert "the bent pipe had no room for 33 MB" in text
    assert "brings no more" not in text


def test_what_takes_more_of_the_channel_frees_none_of_it(day: ReportData):
    raw = arm("raw", downlinked_bytes=50_000_000, used_bytes=51_000_000)
    text = said(with_arms(day, raw, arm("prune")))
    assert "101 MB went over the channel instead of 51 MB, 98 % more" in text
    assert "frees" not in text


@pytest.mark.parametrize(
    ("alone", "expected"),
    [
        (15_000_000, "**Finding the clouds is worth 5 Mpx of it**"),
        (20_000_000, "added no clear ground"),
        (22_000_000, "Finding the clouds cost 2 Mpx of clear ground here, for 33 % fewer bytes"),
        (None, "Compression alone would have brought 150 MB of tiles."),
    ],
)
def test_what_compression_would_have_done_alone_is_not_credited_to_clouds(
    day: ReportData, alone, expected: str
):
    compressed = arm("compressed", clear_pixels_delivered=alone, downlinked_bytes=150_000_000)
    assert expected in said(with_arms(day, arm("raw"), compressed, arm("prune")))


def test_a_saturated_link_in_both_arms_is_said(day: ReportData):
    text = said(with_arms(day, arm("raw", link_saturated=True), arm("prune", link_saturated=True)))
    assert "with and without pruning" in text
    text = said(with_arms(day, arm("raw"), arm("prune", link_saturated=True)))
    assert "but not of the bent pipe" in text


def test_no_image_no_contact_and_nothing_down_are_answers_too(results: Make):
    text = said(read_report_data(results(images=0)))
    assert "**no image**: no target could be seen in daylight" in text
    text = said(read_report_data(results(contacts=0)))
    assert "met **no ground station**, so **nothing came down**" in text
    assert "no saving is claimed" in text
    text = said(read_report_data(results(capacity_mb=0.001)))
    assert "had 9 contacts, yet **nothing came down**" in text


def test_satellites_of_constellations_are_counted_with_those_that_have_names(results: Make):
    folder = results()
    scenario = json.loads((folder / "scenario.json").read_text())
    scenario["constellations"] = [{"planes": 6, "satellites_per_plane": 10}]
    (folder / "scenario.json").write_text(json.dumps(scenario))
    data = read_report_data(folder)
    assert "the 61 satellites took" in said(data)
    assert "61 satellites, 3 stations" in html.unescape(render_page(data)).replace("\u00a0", " ")


def test_without_a_bent_pipe_nothing_is_compared(day: ReportData):
    nobody = Arm("raw", None, None, None, None, None)
    assert "no bent pipe was flown for comparison" in said(with_arms(day, nobody, arm("prune")))


def test_a_bent_pipe_that_brought_nothing_is_said(day: ReportData):
    raw = arm("raw", downlinked_bytes=0, clear_pixels_delivered=0)
    assert "a bent pipe would have brought nothing" in said(with_arms(day, raw, arm("prune")))


def test_different_images_are_told(day: ReportData):
    text = said(with_arms(day, arm("raw", images=25), arm("prune", images=26)))
    assert "26 here and 25 in the bent pipe" in text


@pytest.mark.parametrize(
    "world", [{}, {"truth": False}, {"contacts": 0}, {"images": 0}, {"memory_mb": 1.0}]
)
def test_key_figures_are_always_there(results: Make, world: dict):
    figures = key_figures(read_report_data(results(**world)))
    assert len(figures) == 10
    assert all(figure.value and figure.meaning.endswith(".") for figure in figures)


def test_what_was_sent_down_is_the_same_figure_wherever_it_stands(day: ReportData):
    """Of 45,149,986 B of records and 924 B of reports the sum is 45.2 MB to three digits, records alone are 45.1."""
    volumes = replace(day.summary.bytes, delivered=45_149_986)
    told = with_arms(day, arm("prune", downlinked_bytes=45_150_910))
    told = replace(told, summary=replace(told.summary, bytes=volumes))
    key = next(figure for figure in key_figures(told) if figure.label == "Sent down")
    row = next(measure for measure in arm_table(told)[1] if measure.name == "Sent down")
    assert key.value == row.values[0] == "45.2\u00a0MB"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "The compression is lossless."),
        ({"loss": {"max_error": 0, "bits_per_sample": None}}, "The compression is lossless."),
        ({"loss": {"max_error": 4}}, "off by up to 4\u00a0DN."),
        ({"codec": {"kind": "ccsds123", "max_error_dn": 2}}, "off by up to 2\u00a0DN."),
        ({"loss": {"bits_per_sample": 1.5}}, "to 1.5 bits per sample, with no other bound."),
        (
            {"loss": {"bits_per_sample": 1.5, "max_error": 4}},
            "to 1.5 bits per sample, and by at most 4\u00a0DN.",
        ),
    ],
)
def test_what_compression_loses_is_told(results: Make, changes: dict, words: str):
    folder = results()
    scenario = json.loads((folder / "scenario.json").read_text()) | changes
    (folder / "scenario.json").write_text(json.dumps(scenario))
    figures = key_figures(read_report_data(folder))
    told = next(figure for figure in figures if figure.label == "Saved by compression")
    assert told.meaning.endswith(words)
    assert ("lossy" in told.meaning) == ("DN" in words or "bits" in words)


def test_the_table_puts_the_scenario_first_and_knows_what_it_does_not(results: Make):
    arms, measures = arm_table(read_report_data(results(truth=False)))
    assert [item.name for item in arms] == [
        "prune",
        "raw",
        "compressed",
        "discard",
        "mask",
        "oracle",
    ]
    values = {measure.name: measure.values for measure in measures}
    assert values["Clear ground delivered"] == ("unknown",) * 5 + ("\N{EM DASH}",)
    assert values["Link saturated"][1] == "yes"
    assert set(values["Saved against the bent pipe"]) == {"\N{EM DASH}"}


def test_a_backlog_shows_no_saving_and_a_wide_link_does(results: Make):
    _, measures = arm_table(read_report_data(results(capacity_mb=400.0, contacts=10)))
    values = {measure.name: measure.values for measure in measures}
    waiting = values["Still waiting"]
    saved = values["Saved against the bent pipe"]
    for amount, told in zip(waiting, saved, strict=True):
        assert (told == "\N{EM DASH}") == (amount != "0\u00a0B" or waiting[1] != "0\u00a0B")


@pytest.mark.parametrize(
    ("kept", "true_cover", "word", "mistake"),
    [
        (False, 0.1, "pruned: an error", True),
        (False, 0.9, "pruned", False),
        (False, None, "pruned", False),
        (True, 0.9, "kept, delivered: an error", True),
        (True, 0.7, "kept, delivered", False),
    ],
)
def test_a_tile_is_judged_by_its_truth(day: ReportData, kept, true_cover, word, mistake):
    tile = replace(day.gallery[0], kept=kept, true_cover=true_cover, fate="delivered")
    found = verdict(day, tile)
    assert (found.word, found.is_mistake) == (word, mistake)


def test_by_expected_value_the_limit_is_where_losing_and_sending_cost_alike(day: ReportData):
    pruning = replace(day.setting.pruning, policy="expected_value", cost_ratio=1.0)
    data = replace(day, setting=replace(day.setting, pruning=pruning))
    tile = replace(day.gallery[0], kept=True, true_cover=0.6, fate="delivered")
    assert not verdict(day, tile).is_mistake
    assert verdict(data, tile).is_mistake
    told = next(figure for figure in key_figures(data) if figure.label == "Pruned as cloud")
    assert "expected cloud cover, by the masker, is above 0.5;" in told.meaning
    plain = next(figure for figure in key_figures(day) if figure.label == "Pruned as cloud")
    assert "whose cloud cover, by the masker, is above 0.7; they are never sent." in plain.meaning


def test_tiles_that_the_ground_requested_are_not_said_to_be_never_sent(day: ReportData):
    fetched = Fetched(asked=3, delivered=2, bytes=7, clear_pixels=1)
    data = replace(day, summary=replace(day.summary, fetched=fetched))
    told = next(figure for figure in key_figures(data) if figure.label == "Pruned as cloud")
    assert "above 0.7; not counting those that the ground requested." in told.meaning
