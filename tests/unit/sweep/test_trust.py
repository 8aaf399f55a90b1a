"""Figures that no pixel or only some pixels stand behind are never shown without how far they may be off."""

import html
import json
from dataclasses import replace

import pytest
from sweeping import write_sweep

from payload.analysis.fidelity import DrawnFlights, surrogate_notes, surrogate_part
from payload.analysis.sampled import sample_notes
from payload.darkroom.fidelity import tiles_of_an_image
from payload.scenario.load import load_scenario
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
    taken = {row.metrics["arms.prune.images"] for row in result.rows}
    surrogate, tiles = (
        read_surrogate(small_surrogate),
        tiles_of_an_image(load_scenario(drawn().base)),
    )
    part = surrogate_part(surrogate, name="x", images=min(taken), tiles=tiles)
    assert f"({part['sha256'][:12]})" in page
    assert part["sentences"][1] in page


def test_fidelities_side_by_side_tell_whom_the_error_is_of(drawn, tmp_path):
    """Pixels need no word; what is sampled tells how much of it was painted."""
    result = run_sweep(drawn(grid={"fidelity": ["pixels", "sampled"]}), tmp_path / "out", Serial())
    page = html.unescape((result.folder / PAGE).read_text())
    (sampled,) = [row.metrics for row in result.rows if "sampled.tiles" in row.metrics]
    assert f"Of {sampled['sampled.tiles']} tiles {sampled['sampled.painted']} (" in page
    assert "kept out of its fit" not in page
    plain = run_sweep(drawn(grid={"fidelity": ["pixels"]}), tmp_path / "plain", Serial())
    text = (plain.folder / PAGE).read_text()
    assert "were painted" not in text
    assert "kept out of its fit" not in text


def test_a_search_tells_its_surrogate_s_error_on_page_terminal_and_table(drawn, tmp_path):
    goal = parse_goal("tiles.delivered", None, [])
    found = search(drawn(grid=GRID), SearchTerms(goal, confirm=2), tmp_path, Serial())
    page = html.unescape(write_search(found).read_text())
    assert "kept out of its fit" in answer_lines(found)[-1]
    assert answer_lines(found)[-1] in page
    assert json.loads((found.folder / "search.json").read_text())["trust"] == list(found.trust)


def test_one_surrogate_for_flights_of_several_sizes_tells_the_smallest_and_the_largest(
    small_surrogate,
):
    surrogate = read_surrogate(small_surrogate)
    flown = DrawnFlights("a", surrogate, "x", 9.0, [9, 4])
    notes = surrogate_notes([flown, replace(flown, variant="b", images=[6, 25])])
    assert len(notes) == 2
    for images in (4, 25):
        low, high = surrogate.held_out.kept_bytes.total(images)
        said = f"total over {images} images the 95 % interval of the error is {100 * low:+.1f} % to {100 * high:+.1f} %"
        assert said in notes[1]
    alike = surrogate_notes([replace(flown, images=[4, 4])])
    assert alike[1].count("the 95 % interval") == 1


def test_images_of_several_sizes_are_told_apart(drawn, tmp_path):
    """A total over images of one tile is less sure than one over as many of nine."""
    sides = [32, 80]
    found = run_sweep(
        drawn(list=[{"camera.width_px": side, "camera.height_px": side} for side in sides]),
        tmp_path / "out",
        Serial(),
    )
    page = html.unescape((found.folder / PAGE).read_text())
    for side in sides:
        assert f"{side} x {side}: On " in page


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
    assert first.startswith("Of 80 tiles 20 (25.0 %) were painted")
    assert "at most ± 10.00 % for bytes and ± 1.00 % for clear pixels" in second
    assert sample_notes([]) == []
