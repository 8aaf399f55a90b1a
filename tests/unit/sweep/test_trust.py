"""Figures that no pixel or only some pixels stand behind are never shown without how far they may be off."""

import html
import json
from dataclasses import replace

import pytest
from sweeping import write_sweep

from payload.analysis.fidelity import (
    UNKNOWN,
    DrawnFlights,
    surrogate_notes,
    surrogate_part,
    totals_of,
)
from payload.analysis.sampled import sample_notes
from payload.surrogate import read_surrogate
from payload.sweep import PAGE, Serial, load_sweep, run_sweep
from payload.sweep.goal import parse_goal
from payload.sweep.search import SearchTerms, search
from payload.sweep.search_page import write_search
from payload.sweep.search_words import answer_lines

GRID = {"link.rate_mbps": [0.01, 1]}


@pytest.fixture
def drawn(write_scenario, small_surrogate, tmp_path):
    """A sweep that flies with a surrogate."""
    base = write_scenario(fidelity="surrogate", surrogate={"file": str(small_surrogate)})

    def make(**keys):
        return load_sweep(write_sweep(tmp_path, base, **keys))

    return make


def test_a_sweep_s_page_tells_its_surrogate_s_error(drawn, small_surrogate, tmp_path):
    result = run_sweep(drawn(grid=GRID), tmp_path / "out", Serial())
    page = html.unescape((result.folder / PAGE).read_text())
    part = surrogate_part(
        read_surrogate(small_surrogate), name="x", images=0, totals=(UNKNOWN, UNKNOWN)
    )
    assert f"({part['sha256'][:12]})" in page
    assert part["sentences"][1] in page
    assert "The 95 % intervals of the errors of these 2 flights' totals span" in page


def test_each_row_of_a_swept_threshold_has_its_own_interval(drawn, tmp_path):
    """Where nothing is dropped, what is clear is known but for the glance: that is the surest."""
    grid = {"pruning.max_cloud_cover": [0.05, 0.4, 1.0]}
    rows = run_sweep(drawn(grid=grid), tmp_path / "out", Serial()).rows
    totals = [totals_of(row.metrics) for row in rows]
    assert len({bytes_ for bytes_, _ in totals}) == 3
    widths = [high - low if high is not None else 9.0 for _, (low, high) in totals]
    assert min(widths[:2]) > 2 * widths[2] > 0


def test_fidelities_side_by_side_tell_whom_the_error_is_of(drawn, tmp_path):
    """Pixels need no word; what is sampled tells how much of it was painted."""
    result = run_sweep(drawn(grid={"fidelity": ["pixels", "sampled"]}), tmp_path / "out", Serial())
    page = html.unescape((result.folder / PAGE).read_text())
    (sampled,) = [row.metrics for row in result.rows if "sampled.tiles" in row.metrics]
    assert sampled["sampled.painted"] == sampled["sampled.tiles"]  # so few
    assert f"All {sampled['sampled.tiles']} tiles were rendered" in page
    assert "held-out scenes" not in page
    plain = run_sweep(drawn(grid={"fidelity": ["pixels"]}), tmp_path / "plain", Serial())
    text = (plain.folder / PAGE).read_text()
    assert "were rendered" not in text
    assert "held-out scenes" not in text


def test_a_search_tells_its_surrogate_s_error_on_page_terminal_and_table(drawn, tmp_path):
    goal = parse_goal("tiles.delivered", None, [])
    found = search(drawn(grid=GRID), SearchTerms(goal, confirm=2), tmp_path, Serial())
    page = html.unescape(write_search(found).read_text())
    assert "held-out scenes" in answer_lines(found)[-1]
    assert answer_lines(found)[-1] in page
    assert json.loads((found.folder / "search.json").read_text())["trust"] == list(found.trust)


def test_one_surrogate_for_several_flights_tells_within_what_their_intervals_lie(small_surrogate):
    surrogate = read_surrogate(small_surrogate)
    sure, unsure = ((-0.02, 0.05), (-0.01, 0.01)), ((-0.1, 0.04), (-0.005, 0.3))
    flown = DrawnFlights("a", surrogate, "x", [sure])
    notes = surrogate_notes([flown, replace(flown, variant="b", totals=[unsure])])
    assert len(notes) == 2
    assert (
        "2 flights' totals span -10.0 % to +5.0 % for bytes and -1.0 % to +30.0 % for" in notes[1]
    )
    endless = surrogate_notes([replace(flown, totals=[((-0.2, None), (-0.1, 0.1)), sure])])
    assert "span -20.0 % upwards for bytes and -10.0 % to +10.0 % for" in endless[1]
    nothing = surrogate_notes([replace(flown, totals=[(UNKNOWN, UNKNOWN)])])
    assert "interval" not in nothing[1]


def test_the_widest_interval_of_sampled_flights_is_told():
    """By hand: half of 100 byte in 1,000 is 10 %, half of 300 in 6,000 only 5 %."""
    flights = [
        {
            "sampled.tiles": 40,
            "sampled.painted": 10,
            "arms.prune.downlinked_bytes": sent,
            "sampled.arms.prune.downlinked_bytes_high": sent + half,
            "arms.prune.clear_pixels_delivered": 500,
            "sampled.arms.prune.clear_pixels_delivered_high": 505,
        }
        for sent, half in ((1000, 100), (6000, 300))
    ]
    first, second = sample_notes(flights)
    assert first.startswith("Of 80 tiles, 20 (25.0 %) were rendered")
    assert "at most ± 10.00 % for bytes and ± 1.00 % for clear pixels" in second
    assert sample_notes([]) == []
