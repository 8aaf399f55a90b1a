"""Two thousand damaged records into every decoder, and a harness that finds what it looks for.

`.ci/fuzz` does the same a million times; what it found stands in results/codecs/fuzz.json.
"""

import contextlib
import json
import random
from types import SimpleNamespace

import numpy as np
import pytest
from fuzz.corpus import make_corpus
from fuzz.judge import bound_bytes, run
from fuzz.mutations import WAYS, checked, mutated, with_header, with_payload
from fuzz.runner import Task, fuzz, packages
from fuzz.stages import RECORD_STAGES as STAGES
from fuzz.targets import OTHERS, make_target, names

from payload.compression import open_record
from payload.compression.record import HEADER_BYTES, read_header
from payload.errors import CodecError
from payload.registry import kinds

RECORDS = 2_000
RARE = 400
PUBLISHED = 1_000_000


@pytest.mark.parametrize("name", kinds("payload.codec"))
def test_no_damaged_record_does_any_harm(name):
    tally = run(make_corpus(name), 7, range(RECORDS))
    assert tally.violations == []
    assert tally.records == sum(tally.outcomes.values()) == RECORDS
    assert tally.outcomes["link: refused"] > 0.9 * RECORDS / len(STAGES)
    assert set(WAYS) <= set(tally.ways)
    reached = sum(
        tally.outcomes[f"payload: {how}"] for how in ("caught by the hash", "same samples")
    )
    assert reached > 0.01 * RECORDS / len(STAGES), "hardly any damage gets past the decoder's door"
    assert 0 < tally.peak_bytes < bound_bytes(10_000)


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_no_damaged_report_or_container_does_any_harm(name):
    target = make_target(name)
    tally = run(target, 7, range(RECORDS))
    assert tally.violations == []
    assert tally.records == sum(tally.outcomes.values()) == RECORDS
    assert set(WAYS) <= set(tally.ways)
    for stage in target.stages:
        outcomes = {key for key in tally.outcomes if key.startswith(f"{stage}: ")}
        assert len(outcomes) >= 2, f"{stage} ends in one way only: {outcomes}"


def test_records_with_loss_in_the_loop_and_of_both_coders_are_in_the_corpus():
    corpus = make_corpus("ccsds123")
    headers = [read_header(one.record) for one in corpus.sealed]
    assert sum(header.is_in_loop for header in headers) >= 10
    assert sum(header.is_in_loop and header.has_plane for header in headers) >= 3
    coders = {one.payload[2] for one in corpus.coded if one.payload}
    assert coders == {0, 1}


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("Crashes", "IndexError"),
        ("Swells", "bytes for"),
        ("Reshapes", "samples of (1, 1, 2)"),
        ("Overflows", "beyond"),
    ],
)
def test_the_harness_finds_what_is_wrong(fault, said):
    tally = run(make_corpus(f"fuzz.bad:{fault}"), 1, range(RARE))
    assert any(said in problem for *_, problem in tally.violations), tally.outcomes
    assert any("VIOLATION" in outcome for outcome in tally.outcomes)


def test_the_harness_finds_records_that_open_with_other_samples(monkeypatch):
    """If opening looked at no checksum and no hash, all stages that open records would tell."""

    def careless(_record, _codecs):
        return SimpleNamespace(bands=np.zeros((1, 1, 1), np.uint16))

    monkeypatch.setattr("fuzz.stages.open_record", careless)
    tally = run(make_corpus("raw"), 1, range(RARE))
    found = {(stage, problem) for _, stage, _, problem in tally.violations}
    assert found == {
        ("link", "AssertionError: damage was not noticed"),
        ("sealed", "AssertionError: other samples were taken for those that were sealed"),
        ("header", "AssertionError: other samples were taken for those that were sealed"),
    }


def test_the_harness_finds_nothing_wrong_with_a_codec_that_is_good():
    assert run(make_corpus("fuzz.bad:Good"), 1, range(RARE)).violations == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("Hangs", "silent longer than 5 s"),
        ("Spins", "computed longer than 0.5 s"),
        ("Dies", "died"),
        ("Bursts", "Memory"),
    ],
)
def test_the_harness_survives_what_kills_or_stops_a_process(tmp_path, fault, said):
    out = tmp_path / "fuzz.json"
    entry = fuzz(f"fuzz.bad:{fault}", Task(RARE, batch=RARE, hang_s=0.5), out)
    assert entry["records"] == sum(entry["outcomes"].values()) == RARE
    assert any(said in problem for *_, problem in entry["violations"]), entry
    assert json.loads(out.read_text())["decoders"][f"fuzz.bad:{fault}"] == entry


def test_a_run_that_was_stopped_goes_on_and_finds_the_same(tmp_path):
    """Counts of two halves are those of one run: records follow from their numbers alone."""
    halves, whole = tmp_path / "halves.json", tmp_path / "whole.json"
    fuzz("raw", Task(1_000, 3, batch=500), halves)
    second = fuzz("raw", Task(2_000, 3, batch=500), halves)
    once = fuzz("raw", Task(2_000, 3, batch=2_000), whole)
    for key in ("records", "outcomes", "ways", "violations", "corpus"):
        assert second[key] == once[key]
    again = fuzz("raw", Task(500, 4, batch=500), halves)
    assert again["records"] == 500, "another seed begins anew"


def test_mended_records_reach_the_decoder():
    """A payload put back unchanged opens; another one is only noticed by decoder or hash."""
    one = make_corpus("med-zstd").sealed[0]
    payload = one.record[HEADER_BYTES:]
    assert with_payload(one.record, payload) == one.record
    header = read_header(with_payload(one.record, payload + b"x"))
    assert header.body_bytes == len(payload) + 1
    draw = random.Random(1)
    for _ in range(300):
        damaged, _ = with_header(one.record, draw)
        with contextlib.suppress(CodecError):
            read_header(damaged)
        assert checked(damaged[:HEADER_BYTES]) == damaged[:HEADER_BYTES]


@pytest.mark.parametrize("way", sorted(WAYS))
def test_every_way_of_damage_damages(way):
    draw, data = random.Random(2), bytes(range(1, 201))
    made = [WAYS[way](data, draw, data[::-1]) for _ in range(200)]
    assert sum(one != data for one in made) > 150
    assert {mutated(data, draw, data)[1] for _ in range(400)} == set(WAYS)


def test_good_records_of_the_corpus_open():
    corpus = make_corpus("raw")
    for one in corpus.sealed:
        opened = open_record(one.record, {"raw": corpus.codec})
        np.testing.assert_array_equal(opened.bands, one.bands)


def test_what_is_published_was_found_with_the_codecs_of_today(root):
    """A million records each, nothing wrong; with the same packages the corpus is coded as it was."""
    told = json.loads((root / "results" / "codecs" / "fuzz.json").read_text(encoding="utf-8"))
    assert set(told["decoders"]) == set(names())
    for name, entry in told["decoders"].items():
        assert entry["records"] >= PUBLISHED, name
        assert entry["violations"] == [], name
        assert sum(entry["outcomes"].values()) == entry["records"], name
        if entry["packages"] == packages():
            assert entry["corpus"] == make_target(name).digest, f"{name} codes otherwise: .ci/fuzz"
