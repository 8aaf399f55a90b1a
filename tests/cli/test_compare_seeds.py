"""`payload-sim compare --seeds`: the differences are those of the flights themselves."""

import json
import tempfile
from html import unescape
from itertools import product
from pathlib import Path

import pytest

from payload import api
from payload.tables import query_folder


def test_differences_are_those_of_single_flights(call, write_scenario, tmp_path):
    file, out = write_scenario(), tmp_path / "out"
    words = ("compare", file, "--what-if", "link.rate_mbps=0.01", "--seeds", 2, "--jobs", 1)
    found = call(*words, "--json", "--out", out)
    assert found.code == 0
    told = json.loads(found.out)
    assert told["seeds"] == [3, 4]
    differences = []
    for seed in told["seeds"]:
        pair = []
        for rate in ("1", "0.01"):
            scenario = api.load_scenario(file, [f"link.rate_mbps={rate}", f"seed={seed}"])
            with tempfile.TemporaryDirectory() as spool:
                pair.append(api.fly(scenario, Path(spool))["bytes"]["delivered"])
        differences.append(pair[1] - pair[0])
    (mine,) = [effect for effect in told["effects"] if effect["key"] == "bytes.delivered"]
    assert mine["difference"] == pytest.approx(sum(differences) / 2)
    assert mine["low"] <= mine["difference"] <= mine["high"]
    _, rows = query_folder(
        out, "select difference from effects where key = 'bytes.delivered' and seeds = 2"
    )
    assert rows == [(mine["difference"],)]
    assert len(list((out / "rows").glob("[0-9a-f]*.json"))) == 4
    assert json.loads((out / "effects.json").read_text()) == told
    assert "delivered, byte" in (out / "effects.html").read_text()
    again = call(*words, "--out", out)  # all rows stand: nothing is flown
    assert again.out.split()[-1] == str(out / "effects.html")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--seeds", 1), "--seeds 1"),
        (("--seeds", 2, "--jobs", 0), "--jobs 0"),
        (("--retry",), "--retry needs --out"),
    ],
)
def test_wrong_numbers_are_answered_with_a_sentence(call, write_scenario, more, said):
    found = call("compare", write_scenario(), "--what-if", "link.rate_mbps=2", *more)
    assert found.code == 2
    assert said in found.err


def test_a_grid_flies_each_value_with_each_and_tells_main_effects(call, write_scenario, tmp_path):
    """Means by hand from the grid's own rows; one sky has differences but no intervals."""
    file, out = write_scenario(), tmp_path / "out"
    knobs = ("link.rate_mbps=1,0.0005", "pruning.max_cloud_cover=0.2,0.9")
    words = (
        "compare",
        file,
        *(word for knob in knobs for word in ("--what-if", knob)),
        "--cross",
        "--seed",
        4,
    )
    found = call(*words, "--jobs", 1, "--json", "--out", out)
    assert found.code == 0
    told = json.loads(found.out)
    assert told["variants"] == ["base"] + [
        f"link.rate_mbps={rate}, pruning.max_cloud_cover={cover}"
        for rate in ("1", "0.0005")
        for cover in ("0.2", "0.9")
    ]
    key = "link.capacity_bytes"
    at = {e["variant"]: e["mean"] for e in told["effects"] if e["key"] == key}
    names = told["variants"][1:]
    by_hand = (at[names[2]] + at[names[3]] - at[names[0]] - at[names[1]]) / 2
    (mine,) = [e for e in told["main_effects"] if e["key"] == key and e["knob"] == "link.rate_mbps"]
    assert mine["difference"] == pytest.approx(by_hand)
    assert mine["difference"] < 0
    assert mine["low"] is None
    assert "not resolved" not in (out / "effects.html").read_text()
    _, rows = query_folder(
        out, f"select kind, count(*) from effects where key = '{key}' group by 1"
    )
    assert sorted(rows) == [("main effect", 2), ("variant", 4)]
    seeds = call(*words, "--seeds", 2, "--jobs", 1, "--out", out)
    assert seeds.code == 0
    assert "settings by effect on clear pixels delivered" in seeds.out
    assert "<h2>Which setting matters most</h2>" in (out / "effects.html").read_text()


@pytest.mark.parametrize(
    ("what_ifs", "said"),
    [
        (("link.rate_mbps=1", "link.rate_mbps=2"), "two what-ifs"),
        (("link.rate_mbps=" + ",".join(map(str, range(1, 41))),
          "seed_=1", "pruning.max_cloud_cover=" + ",".join(f"0.{i:03}" for i in range(1, 41))), "1,600 variants"),
        (("link.rte_mbps=1,2", "pruning.max_cloud_cover=0.1"), "did you mean 'rate_mbps'"),
    ],
)  # fmt: skip
def test_grids_that_cannot_be_are_answered_with_a_sentence(call, write_scenario, what_ifs, said):
    words = [word for text in what_ifs for word in ("--what-if", text)]
    found = call("compare", write_scenario(), *words, "--cross", "--seeds", 2)
    assert found.code == 2
    assert said in found.err


def test_a_grid_of_nothing_is_refused(call, write_scenario):
    found = call("compare", write_scenario(), "--cross", "--seeds", 2)
    assert found.code == 2
    assert "nothing to compare" in found.err


@pytest.mark.parametrize("text", ["description=" + 10_000 * "a", 10_000 * "a" + "=1", 10_000 * "a"])
def test_ten_thousand_characters_are_answered_with_a_sentence(call, write_scenario, text):
    found = call("compare", write_scenario(), "--what-if", text, "--seeds", 2)
    assert found.code == 2
    assert len(found.err) < 1000


def test_too_many_variants_are_refused_before_any_is_read(call, write_scenario):
    rates = ",".join(map(str, range(1, 2000)))
    found = call("compare", write_scenario(), "--what-if", f"link.rate_mbps={rates}", "--seeds", 2)
    assert found.code == 2
    assert "1,999 variants are more than 1,000" in found.err


def test_the_surrogates_errors_are_told(call, tmp_path):
    """What a flight's own summary tells, and from where to where the intervals of all reach; in answer, table and page."""
    words = (
        "compare", "scenarios/quickstart.yaml", "--set", "fidelity=surrogate", "--set", "duration_h=6",
        "--what-if", "link.rate_mbps=0.5", "--seeds", 2, "--jobs", 1, "--out", tmp_path / "out",
    )  # fmt: skip
    found = call(*words)
    assert found.code == 0
    parts = []
    for seed, rate in product((19, 20), (0.25, 0.5)):
        scenario = api.load_scenario(
            Path("scenarios/quickstart.yaml"),
            ["fidelity=surrogate", "duration_h=6", f"seed={seed}", f"link.rate_mbps={rate}"],
        )
        with tempfile.TemporaryDirectory() as spool:
            parts.append(api.fly(scenario, Path(spool))["surrogate"])
    drawn, errors = json.loads((tmp_path / "out" / "effects.json").read_text())["notes"]
    assert drawn == parts[0]["sentences"][0]
    assert errors.startswith(parts[0]["sentences"][1].partition(" For a total")[0])
    for figure, what in (("kept_bytes", "bytes"), ("kept_clear_px", "clear pixels")):
        ends = [part["held_out"][figure] for part in parts]
        low = min(each["total_low"] for each in ends)
        high = max(each["total_high"] for each in ends)
        assert f"{100 * low:+.1f} % to {100 * high:+.1f} % for {what}" in errors
    page = unescape((tmp_path / "out" / "effects.html").read_text())
    for sentence in (drawn, errors):
        assert sentence in found.out
        assert sentence in page


@pytest.mark.parametrize("more", [(), ("--seeds", 2, "--jobs", 1)])
def test_a_sample_that_is_compared_tells_how_much_was_painted(call, write_scenario, more):
    found = call(
        "compare", write_scenario(fidelity="sampled"), "--what-if", "link.rate_mbps=2", *more
    )
    assert found.code == 0
    assert "were rendered, masked and compressed" in found.out + found.err


def test_what_all_flights_will_take_is_said_after_the_first(call, write_scenario):
    words = ("compare", write_scenario(), "--what-if", "link.rate_mbps=2", "--seeds", 2)
    found = call(*words, "--jobs", 1)
    assert "3 more will take about" in found.err
    assert call(*words, "--jobs", 1, "--quiet").err == ""


def test_a_flight_that_failed_is_told_and_is_a_failure(call, write_scenario, tmp_path):
    """In answer, table, page and exit code; differences are those of the other sky."""
    out = tmp_path / "out"
    words = ("compare", write_scenario(), "--what-if", "link.rate_mbps=0.5", "--seeds", 2, "--jobs", 1, "--out", out)  # fmt: skip
    whole = json.loads(call(*words, "--json").out)
    assert whole["failed"] == []
    key = api.load_scenario(write_scenario(), ["link.rate_mbps=0.5", "seed=4"]).digest
    (row,) = [path for path in (out / "rows").glob("*.json") if key in path.read_text()]
    told = json.loads(row.read_text())
    row.write_text(json.dumps(told | {"status": "failed", "metrics": {}, "error": "LawError: no"}))
    found = call(*words, "--json")
    assert found.code == 8
    said = "1 flight failed and counts in no difference; the first: link.rate_mbps=0.5, seed 4: LawError: no"
    assert said in found.err
    left = json.loads(found.out)
    assert left["failed"] == ["link.rate_mbps=0.5, seed 4: LawError: no"]
    assert {effect["seeds"] for effect in left["effects"] if effect["difference"] is not None} == {
        1
    }
    assert said in unescape((out / "effects.html").read_text())
    again = call(*words, "--retry", "--json")
    assert again.code == 0
    assert json.loads(again.out) == whole
