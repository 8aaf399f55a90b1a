"""An evaluation from end to end: what is written is what was judged."""

import json
from dataclasses import replace

import numpy as np
import pytest

from payload.errors import MaskerError
from payload.training.journal import Journal
from payload.training.judge.discards import REAL
from payload.training.judge.evaluation import (
    Contender,
    Evaluation,
    Trial,
    contender,
    contender_of_folds,
    describe,
    evaluate_model,
    seeds_of,
)
from payload.training.judge.findings import card_scores, write_findings
from payload.training.judge.judging import judge
from payload.training.judge.robustness import PERTURBATIONS
from payload.training.predictors import Blue, spectral_tests
from payload.training.readers.plain import read


@pytest.fixture
def images(picture):
    rng = np.random.default_rng(7)
    return [
        picture(
            rng.integers(0, 2, (16, 16)),
            rng.random((16, 16)),
            f"i{number}",
            surface="snow" if number % 2 else "forest",
            source="one" if number < 3 else "two",
        )
        for number in range(6)
    ]


@pytest.fixture
def clear(picture):
    return [
        picture(np.zeros((16, 16)), said, f"c{place}", surface="sand")
        for place, said in enumerate((0.0, 0.0, 1.0))
    ]


def written(evaluation, folder):
    write_findings(evaluation, folder)
    return json.loads((folder / "findings.json").read_text()), (folder / "README.md").read_text()


def test_findings_hold_what_was_judged(images, clear, says, tmp_path):
    trial = Trial([*clear, replace(clear[0], id="r0", surface=REAL)], PERTURBATIONS[:3])
    journal = Journal(tmp_path / "journal.jsonl")
    evaluation = evaluate_model([says(), *spectral_tests()], images, trial, journal=journal)
    found, page = written(evaluation, tmp_path / "out")

    summary = judge(says(), images).summary
    first = found["maskers"][0]
    assert first["name"] == "says blue"
    assert first["pooled"]["iou"]["mean"] == pytest.approx(summary.scores.iou, abs=1e-5)
    assert first["seeds"][0]["images"]["i3"]["valid_px"] == 256
    assert first["clear_ground"][0]["discards"]["sand"][1]["clear_lost"]["tiles"] == 1
    assert first["clear_ground"][0]["lost"]["0.5"] == ["c2"]
    assert first["clear_ground"][0]["real"] == ["r0"]
    assert list(first["robustness"]["perturbed"]) == [one.name for one in PERTURBATIONS[:3]]
    assert first["first_is_ahead_by"] is None
    assert found["maskers"][1]["first_is_ahead_by"]["iou"] == pytest.approx(
        summary.scores.iou - judge(Blue(), images).summary.scores.iou, abs=1e-5
    )
    assert [row["id"] for row in found["images"]] == [f"i{number}" for number in range(6)]

    assert f"| says blue |  | 1 | {summary.scores.iou:.3f} |" in page
    assert "33.3% (6.1% to 79.2%)" in page  # one of three, by Wilson
    for heading in ("By collection", "By surface", "By true cloud cover", "Degraded sensors"):
        assert f"## {heading}" in page
    assert (tmp_path / "out" / "examples.png").read_bytes().startswith(b"\x89PNG")
    assert found["sheet"][0] == page.split("Rows:")[1].split("1. ")[1].split("\n")[0]
    events = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert [event["masker"] for event in events] == [
        one.name for one in (says(), *spectral_tests())
    ]
    assert events[-1]["done"] == 1


def test_every_table_has_as_many_cells_in_each_row_as_in_its_head(images, clear, says, tmp_path):
    evaluation = evaluate_model([says(), *spectral_tests()], images, Trial(clear))
    _, page = written(evaluation, tmp_path)
    blocks = [block.splitlines() for block in page.split("\n\n") if block.startswith("|")]
    assert len(blocks) == 9
    for head, *rows in blocks:
        assert len(rows) > 1
        assert {row.count("|") for row in rows} == {head.count("|")}


def test_several_seeds_give_mean_and_spread(images, says, tmp_path):
    seeds = [
        contender(says(name="ours", threshold=threshold), images, Trial(perturbations=()))
        for threshold in (0.3, 0.5, 0.7)
    ]
    model = seeds_of("ours", seeds)
    evaluation = Evaluation(
        (model, contender(Blue(), images, Trial(perturbations=()))), describe(images)
    )
    found, page = written(evaluation, tmp_path)
    values = [one.runs[0].summary.scores.iou for one in seeds]
    pooled = found["maskers"][0]["pooled"]["iou"]
    assert pooled["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert pooled["sd"] == pytest.approx(np.std(values, ddof=1), abs=1e-5)
    assert (pooled["low"], pooled["high"]) == pytest.approx((min(values), max(values)), abs=1e-5)
    assert f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})" in page
    assert found["maskers"][0]["threshold"] == [0.3, 0.5, 0.7]
    assert not (tmp_path / "examples.png").exists()
    assert "## Degraded sensors" not in page


def test_folds_are_judged_each_by_its_own_network(images, says):
    trial = Trial(perturbations=PERTURBATIONS[:2])
    parts = [(says(), images[:2]), (says(), images[2:])]
    folded = contender_of_folds("ours", parts, trial)
    whole = contender(says(), images, trial)
    assert folded.runs[0].summary == whole.runs[0].summary
    assert folded.robustness is not None
    assert {k: v.summary for k, v in folded.robustness.perturbed.items()} == {
        k: v.summary for k, v in whole.robustness.perturbed.items()
    }


def test_a_card_gets_the_scores_of_the_model_and_of_all_others(images, says, tmp_path):
    evaluation = evaluate_model([says(), Blue()], images, Trial(perturbations=()))
    write_findings(evaluation, tmp_path)
    path = tmp_path / "findings.json"
    scores = card_scores(path, statement="Of the design.")
    assert scores.model.name == "says blue"
    assert scores.statement == "Of the design."
    assert scores.measured_on.startswith("6 images (one, two), all labelled by people")
    assert [row.name for row in scores.baselines] == ["blue > 0.25"]
    assert scores.model.f1 == pytest.approx(judge(says(), images).summary.scores.f1, abs=1e-5)
    other = card_scores(path, statement="", model="blue > 0.25")
    assert other.baselines[0] == scores.model
    with pytest.raises(MaskerError, match="unknown masker 'red'"):
        card_scores(path, statement="", model="red")
    for content in ("{", "{}", '{"schema_version": 1, "maskers": []}', "[]"):
        path.write_text(content)
        with pytest.raises(MaskerError, match="not findings"):
            card_scores(path, statement="")
    with pytest.raises(MaskerError, match="not findings"):
        card_scores(tmp_path / "nothing.json", statement="")


def test_a_later_evaluation_leaves_no_picture_of_an_earlier_one(images, says, tmp_path):
    evaluation = evaluate_model([says()], images, Trial(perturbations=()))
    write_findings(evaluation, tmp_path)
    plain = Evaluation(evaluation.contenders, evaluation.measured_on, ("A note.",))
    _, page = written(plain, tmp_path)
    assert not (tmp_path / "examples.png").exists()
    assert "A note." in page


def test_only_what_was_judged_alike_is_put_beside_each_other(images, says):
    one = contender(says(), images, Trial(perturbations=()))
    fewer = contender(Blue(), images[1:], Trial(perturbations=()))
    with pytest.raises(MaskerError, match="same images"):
        Evaluation((one, fewer), "")
    with pytest.raises(MaskerError, match="need different names"):
        Evaluation((one, one), "")
    with pytest.raises(MaskerError, match="different images"):
        seeds_of("ours", [one, fewer])
    with pytest.raises(MaskerError, match="at least one masker"):
        evaluate_model([], images)
    with pytest.raises(MaskerError, match="there are no seeds"):
        seeds_of("ours", [])
    with pytest.raises(MaskerError, match="nothing was evaluated"):
        Contender("ours", 0, ())


def test_the_words_on_images_say_whose_labels_they_have(picture):
    mixed = [picture([[0]], id_="a"), picture([[0]], id_="b", is_human=False, source="x")]
    assert describe(mixed).startswith("2 images (made, x), 1 labelled by people, 1 by models")


def test_the_blue_rule_scores_on_real_images_what_was_measured_before(real_images):
    human = [image for image in read(real_images) if image.is_human]
    # Measured apart from this code: pooled IoU 0.739 on the 16 human-labelled images.
    assert judge(Blue(), human).summary.scores.iou == pytest.approx(0.739, abs=5e-4)
