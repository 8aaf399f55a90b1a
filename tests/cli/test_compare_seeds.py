"""`payload-sim compare --seeds`: the differences are those of the flights themselves."""

import json
import tempfile
from pathlib import Path

import pytest

from payload import api
from payload.tables import query_folder


def test_differences_are_those_of_single_flights(call, write_scenario, tmp_path):
    file, out = write_scenario(), tmp_path / "out"
    words = ("compare", file, "--what-if", "link.rate_mbps=0.01", "--seeds", 3, "--jobs", 1)
    found = call(*words, "--json", "--out", out)
    assert found.code == 0
    told = json.loads(found.out)
    assert told["seeds"] == [3, 4, 5]
    differences = []
    for seed in told["seeds"]:
        pair = []
        for rate in ("1", "0.01"):
            scenario = api.load_scenario(file, [f"link.rate_mbps={rate}", f"seed={seed}"])
            with tempfile.TemporaryDirectory() as spool:
                pair.append(api.fly(scenario, Path(spool))["bytes"]["delivered"])
        differences.append(pair[1] - pair[0])
    (mine,) = [effect for effect in told["effects"] if effect["key"] == "bytes.delivered"]
    assert mine["difference"] == pytest.approx(sum(differences) / 3)
    assert mine["low"] <= mine["difference"] <= mine["high"]
    _, rows = query_folder(
        out, "select difference from effects where key = 'bytes.delivered' and seeds = 3"
    )
    assert rows == [(mine["difference"],)]
    assert len(list((out / "rows").glob("[0-9a-f]*.json"))) == 6
    assert json.loads((out / "effects.json").read_text()) == told
    assert "delivered, byte" in (out / "effects.html").read_text()
    again = call(*words, "--out", out)  # all rows stand: nothing is flown
    assert again.out.split()[-1] == str(out / "effects.html")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--seeds", 1), "--seeds 1"),
        (("--jobs", 2), "--jobs and --out go with"),
        (("--seeds", 2, "--jobs", 0), "--jobs 0"),
    ],
)
def test_wrong_numbers_are_answered_with_a_sentence(call, write_scenario, more, said):
    found = call("compare", write_scenario(), "--what-if", "link.rate_mbps=2", *more)
    assert found.code == 2
    assert said in found.err
