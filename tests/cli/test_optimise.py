"""`payload-sim optimise`: what it answers, leaves and refuses."""

import json

import pytest
from sweeping import write_sweep

from payload.tables import query_folder

pytest.importorskip("optuna")
COVER = "pruning.max_cloud_cover"


@pytest.fixture
def sweep(write_scenario, tmp_path):
    keys = {"grid": {COVER: [0.2, 0.9]}, "seeds": 2}
    return write_sweep(tmp_path, write_scenario(seed=4), **keys)


def test_the_best_is_told_and_the_files_hold_all_points(call, sweep, tmp_path):
    """The best of two points is the larger of their means, by SQL."""
    words = ("optimise", sweep, "--maximise", "clear_pixels_delivered", "--confirm", 2, "--jobs", 1)
    found = call(*words, "--subject-to", "tiles.delivered<=1e9", "--out", tmp_path, "--json")
    assert found.code == 0
    told = json.loads(found.out)
    _, rows = query_folder(
        tmp_path / "small", f'select "{COVER}", objective from trials order by objective desc'
    )
    assert len(rows) == 2
    assert told["best"]["values"][COVER] == rows[0][0]
    assert told["best"]["objective"]["mean"] == rows[0][1]
    assert told["flown"] == 2 * 3 + 2 * 2
    assert told["confirmed"]["difference"]["seeds"] == 2
    again = call(*words, "--subject-to", "tiles.delivered<=1e9", "--out", tmp_path)
    assert again.code == 0
    assert again.out.split()[-1] == str(tmp_path / "small" / "search.html")
    assert "tiles.delivered<=1e9, search seeds" in again.out
    stored = json.loads((tmp_path / "small" / "search.json").read_text())
    assert stored["flown"] == 0
    assert "--subject-to" in stored["command"]


def test_bounds_that_hold_nowhere_end_in_their_own_exit_code(call, sweep, tmp_path):
    words = ("optimise", sweep, "--minimise", "downlinked_bytes", "--jobs", 1, "--out", tmp_path)
    found = call(*words, "--subject-to", "tiles.acquired>=1e6")
    assert found.code == 8
    assert "None of 2 points (all of them) meets tiles.acquired>=1e6" in found.err
    assert (tmp_path / "small" / "search.html").exists()


def test_points_that_cannot_be_flown_are_counted_in_the_answer(
    call, write_scenario, small_surrogate, tmp_path
):
    """A surrogate is one codec's: the other codec's point fails, and the answer must not hide it."""
    base = write_scenario(fidelity="surrogate", surrogate={"file": str(small_surrogate)})
    path = write_sweep(tmp_path, base, grid={"codec.kind": ["med-zstd", "raw"]})
    words = ("--maximise", "tiles.delivered", "--confirm", 0, "--jobs", 1, "--out", tmp_path)
    found = call("optimise", path, *words)
    assert found.code == 0
    assert "2 points (all of them) were flown with 1 seed each. 1 of them failed" in found.out
    assert "was fitted on something else" in found.out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "give exactly one goal"),
        (("--maximise", "clear_pixels", "--minimise", "cost"), "exactly one goal"),
        (("--maximise", "clear_pixel_delivered"), "did you mean"),
        (("--maximise", "tiles.delivered", "--subject-to", "tiles.lost<1"), "metric<=number"),
        (("--maximise", "tiles.delivered", "--trials", 0), "--trials 0"),
        (("--maximise", "tiles.delivered", "--confirm", 1), "--confirm 1"),
        (("--maximise", "tiles.delivered", "--seed", -1), "--seed -1"),
        (("--maximise", "tiles.delivered", "--jobs", 0), "--jobs 0"),
        (("--maximise", "tiles.delivered", "--out", "http://x/y"), "local"),
    ],
)
def test_wrong_words_are_answered_with_a_sentence(call, sweep, tmp_path, more, said):
    out = () if "--out" in more else ("--out", tmp_path)
    found = call("optimise", sweep, *more, *out, *(() if "--jobs" in more else ("--jobs", 1)))
    assert found.code == 2
    assert said in found.err
