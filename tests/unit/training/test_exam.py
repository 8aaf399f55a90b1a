"""What a study finds, and what ships by it: calibrated, exported, told. Needs the extra `train`."""

import json
import shutil
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("onnx", reason="the extra `train` is not installed")

from payload.errors import MaskerError
from payload.masking.card import read_card
from payload.masking.onnx_masker import OnnxMasker
from payload.masking.preprocess import reflectance
from payload.training import exam, quantise, reports
from payload.training.course import distil
from payload.training.exam import examine, hold_gate, out_of_fold_logits
from payload.training.images import RADIOMETRY
from payload.training.journal import Journal
from payload.training.judge.evaluation import Trial
from payload.training.predictors import TorchPredictor
from payload.training.reports import (
    report_composed,
    report_model,
    report_shipped,
    report_study,
)
from payload.training.school import learn, load, runs
from payload.training.shipping import (
    ship,
)
from payload.training.speed import measure
from payload.training.workshop import TEACHER, Workshop

TEACHERS = {"nnunet": {}, "ukis": False, "gate": 0.0}
STUDENTS = {
    "names": ["default"],
    "arms": ["labels", "distilled"],
    "seeds": [1, 2],
    "steps": 40,
    "batch": 4,
    "crop_px": 32,
}


def teach(shop, says):
    """The nnU-Net's opinion of each image, in place of a training."""
    planes = (says(image).astype(np.float32) for image in shop.real.images())
    shop.real.keep_opinion(shop._nnunet_name, planes)


def right(image):
    return np.where(image.truth == 1, 0.96, 0.04)


def wrong(image):
    return np.where(image.truth == 1, 0.04, 0.96)


@pytest.fixture(scope="module")
def make_shop(small_recipe, eight, made, tmp_path_factory):
    """A workshop of the eight images and two composed ones, whose teacher is right."""

    def make(says=right, **changes):
        recipe = small_recipe(**{"teacher": TEACHERS, "students": STUDENTS} | changes)
        work = tmp_path_factory.mktemp("work")
        shop = Workshop(recipe, work, work, Journal(work / "journal.jsonl"))
        shop.real.write(eight)
        shop.composed.write(
            replace(made(90 + n), source="composed", id=f"c{n}", surface="") for n in range(4)
        )
        clear = [made(70 + n) for n in range(2)]
        shop.checks.write(
            replace(each, surface="snow", truth=np.zeros_like(each.truth)) for each in clear
        )
        shop.exams.write(
            replace(made(80 + n), source="composed", id=f"e{n}", surface="") for n in range(3)
        )
        if shop.recipe.teacher.nnunet is not None:
            teach(shop, says)
        return shop

    return make


@pytest.fixture(scope="module")
def study(make_shop):
    """A study that is trained: two arms, two seeds, two folds."""
    shop = make_shop(students=STUDENTS | {"folds": 2})
    distil(shop)
    return shop


@pytest.fixture
def _one_way(monkeypatch):
    """Eight bits by the first way alone; which is best is tested elsewhere."""
    monkeypatch.setattr(quantise, "SCHEMES", quantise.SCHEMES[:1])


@pytest.fixture
def _hasty(monkeypatch):
    """Speeds are measured once, on a small tile."""
    monkeypatch.setattr(reports, "measure", partial(measure, side_px=64, repeats=1, threads=(1,)))


def told(shop, stage):
    lines = [json.loads(line) for line in shop.journal.path.read_text().splitlines()]
    return [line for line in lines if line.get("stage") == stage]


def test_the_gate_is_open_to_a_teacher_who_knows_more(study):
    gate = hold_gate(study)
    assert gate.is_open
    assert gate.teacher == pytest.approx(1)
    assert gate.alone == {"nnunet": pytest.approx(1)}
    assert gate.students.mean < 1
    assert gate.students.low <= gate.students.mean <= gate.students.high
    line = told(study, "gate")[-1]
    assert line["event"] == "open"
    assert line["teacher"] == pytest.approx(gate.teacher)
    assert line["labels_only"] == pytest.approx(gate.students.mean, abs=1e-3)


def test_the_gate_is_shut_to_a_teacher_who_knows_less(make_shop):
    shop = make_shop(wrong, students=STUDENTS | {"folds": 2, "seeds": [1], "steps": 5})
    with pytest.raises(MaskerError, match="expected the teacher to lead by at least") as caught:
        distil(shop)
    assert "0.000" in str(caught.value)
    assert told(shop, "gate")[-1]["event"] == "shut"
    trained = {line["run"].split("-")[1] for line in told(shop, "distil") if "run" in line}
    assert trained == {"labels"}
    # The teacher may be asked to be ahead by less.
    lenient = replace(
        shop,
        recipe=shop.recipe.model_copy(
            update={"teacher": shop.recipe.teacher.model_copy(update={"gate": -1.0})}
        ),
    )
    assert hold_gate(lenient).is_open


@pytest.mark.parametrize(
    ("students", "said"),
    [
        ({"folds": 0}, 1),
        ({"folds": 2, "arms": ["distilled"]}, 1),
        ({"folds": 2, "arms": ["labels"]}, 0),
        ({"folds": 2, "names": ["fast"]}, 1),
    ],
    ids=["no folds", "no labels alone", "nobody to teach", "another student"],
)
def test_where_nothing_can_be_told_there_is_no_gate_and_that_is_said(make_shop, students, said):
    shop = make_shop(students=STUDENTS | {"seeds": [1], "steps": 1} | students)
    learn(shop, [run for run in runs(shop) if run.arm == "labels"])
    assert hold_gate(shop) is None
    events = [line["event"] for line in told(shop, "gate")]
    assert [event.partition(":")[0] for event in events] == said * ["skipped"]


def test_each_pixel_is_judged_by_a_network_that_never_saw_its_scene(study, eight):
    said = out_of_fold_logits(study, "default", "distilled")
    assert sorted(image.id for image, _ in said) == sorted(2 * [image.id for image in eight[:4]])
    assert all(plane.shape == image.truth.shape for image, plane in said)
    assert all(plane.dtype == np.float32 for _, plane in said)
    # Second way: one image by the network of its fold.
    run = next(r for r in runs(study) if (r.arm, r.seed) == ("distilled", 1))
    network = load(study, run).network
    image = next(image for image in eight if image.id == run.held_out[0])
    predictor = TorchPredictor(network, "x", network.multiple_px)
    alone = predictor.probability(reflectance(image.dn, RADIOMETRY))
    logits = next(plane for each, plane in said if each.id == image.id)
    assert 1 / (1 + np.exp(-logits)) == pytest.approx(alone, abs=1e-4)
    with pytest.raises(MaskerError, match="fast"):
        out_of_fold_logits(study, "fast", "distilled")


def test_a_recipe_without_folds_has_nothing_to_examine_and_one_with_folds_ships_nothing(
    make_shop, study, tmp_path
):
    with pytest.raises(MaskerError, match="without folds cannot be evaluated"):
        examine(make_shop())
    with pytest.raises(MaskerError, match="exports no network"):
        ship(study, tmp_path, tmp_path)


@pytest.fixture(scope="module")
def found(study, tmp_path_factory):
    """The folder of the study's findings, and its evaluation."""
    out = tmp_path_factory.mktemp("found")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(quantise, "SCHEMES", quantise.SCHEMES[:1])
        evaluation = report_study(study, out)
    return out, evaluation


def test_a_study_judges_each_design_as_it_would_fly_its_teachers_and_yardsticks(found):
    _, evaluation = found
    names = [contender.name for contender in evaluation.contenders]
    assert names == [
        "default, distilled, int8",
        "default, distilled, fp32",
        "default, labels, int8",
        "default, labels, fp32",
        "nnunet",
        TEACHER,
        "blue > 0.25",
        *names[-2:],
    ]
    assert "2 folds" in evaluation.measured_on
    for contender in evaluation.contenders:
        seeds = 2 if contender.name.startswith("default") else 1
        assert len(contender.runs) == seeds
        for run in contender.runs:
            assert [answer.image for answer in run.answers] == ["i00", "i01", "i02", "i03"]
            assert all(answer.is_human for answer in run.answers)
    by_name = {contender.name: contender for contender in evaluation.contenders}
    assert by_name[names[0]].parameters == 40_577
    assert by_name["nnunet"].runs[0].summary.scores.iou == 1
    assert by_name["blue > 0.25"].runs[0].summary.scores.iou == 1
    assert by_name[names[0]].robustness is not None
    assert by_name["default, labels, int8"].robustness is None
    for arm in ("distilled", "labels"):
        whole, eighth = (
            [run.summary.scores.iou for run in by_name[f"default, {arm}, {bits}"].runs]
            for bits in ("fp32", "int8")
        )
        assert whole == pytest.approx(eighth, abs=0.05)


def test_findings_and_calibration_are_left_in_the_folder(found):
    (out,) = (path for path in found[0].iterdir() if path.is_dir())  # of the recipe's name
    assert f"]({out.name}/README.md)" in (found[0] / "README.md").read_text()
    assert {"findings.json", "README.md", "examples.png", "calibration.json"} == {
        path.name for path in out.iterdir()
    }
    weighed = json.loads((out / "calibration.json").read_text())
    assert list(weighed) == ["default"]
    assert weighed["default"]["threshold"] == 0.5  # a cost ratio of 1
    assert weighed["default"]["calibration"]["temperature"] > 0
    assert "2 folds" in weighed["default"]["calibration"]["measured_on"]
    page = (out / "README.md").read_text()
    assert "| default, distilled, int8 |" in page or "default, distilled, int8" in page


@pytest.mark.usefixtures("found")
def test_networks_are_exported_once(study, monkeypatch):
    folder = study.work / "exported"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len([path for path in before if path.suffix == ".onnx"]) == 2 * 2 * 2 * 2
    assert not [path for path in before if path.suffix == ".part"]
    monkeypatch.setattr(exam, "Trial", lambda *_, **__: Trial(perturbations=()))
    examine(study)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


@pytest.fixture(scope="module")
def shipped(make_shop, found, tmp_path_factory):
    """A recipe that ships, trained, and the folder of its models."""
    out, _ = found
    allowed = {"least_agreement": 0.95, "largest_loss": 0.1}  # by so short a training
    shop = make_shop(students=STUDENTS | {"steps": 60}, export=allowed)
    distil(shop)
    models = tmp_path_factory.mktemp("models")
    return shop, models, ship(shop, out, models)


def test_what_ships_is_one_student_in_two_precisions_with_cards(shipped, eight):
    _, models, written = shipped
    assert [path.name for path in written] == ["default.onnx", "default_int8.onnx"]
    assert sorted(path.name for path in models.iterdir()) == [
        "default.json",
        "default.onnx",
        "default_int8.json",
        "default_int8.onnx",
    ]
    fp32, int8 = (
        OnnxMasker(model=path, precision=precision)
        for path, precision in zip(written, ("fp32", "int8"), strict=True)
    )
    for image in eight[4:6]:
        one, other = (masker.predict_image(image.dn, RADIOMETRY) for masker in (fp32, int8))
        known = image.truth != 255
        assert (((one >= 0.5) == (image.truth == 1))[known]).mean() > 0.9
        assert ((one >= 0.5) == (other >= 0.5)).mean() > 0.95


def test_cards_tell_who_taught_what_was_measured_and_how_small_it_is(shipped, found):
    shop, models, _ = shipped
    weighed = json.loads(next(found[0].glob("*/calibration.json")).read_text())["default"]
    for name, precision in (("default", "fp32"), ("default_int8", "int8")):
        card = read_card(models / f"{name}.json")
        assert (card.name, card.precision, card.parameters) == ("default", precision, 40_577)
        assert card.calibration.temperature == weighed["calibration"]["temperature"]
        assert (card.probability_threshold, card.threshold_reason) == (0.5, weighed["reason"])
        assert card.training.recipe_sha256 == shop.recipe.digest
        assert "nnU-Net" in card.training.teacher
        assert "ukis" not in card.training.teacher
        assert card.trained_on.images == 8
        assert card.trained_on.labels.startswith("labels and teachers: 4 images by people")
        assert (card.trained_on.seed, card.trained_on.steps) == (1, 60)
        assert card.scores.model.name == "default, distilled, int8"
        assert len(card.scores.baselines) == 8
        assert all(
            each.times == pytest.approx(each.parameters / 40_577, abs=0.05)
            for each in card.smaller_than
        )
        assert (card.quantisation is None) == (precision == "fp32")


def test_the_file_is_as_cool_as_the_card_says(shipped):
    shop, models, _ = shipped
    temperature = read_card(models / "default.json").calibration.temperature
    done = load(shop, next(r for r in runs(shop) if (r.arm, r.seed) == ("distilled", 1)))
    image = shop.real.images()[0]
    plain = TorchPredictor(done.network, "x", 8).probability(reflectance(image.dn, RADIOMETRY))
    flown = OnnxMasker(model=models / "default.onnx").predict_image(image.dn, RADIOMETRY)
    inner = (plain > 1e-4) & (plain < 1 - 1e-4)
    logits = np.log(plain / (1 - plain), where=inner, out=np.zeros_like(plain))
    cooled = 1 / (1 + np.exp(-logits / temperature))
    assert flown[inner] == pytest.approx(cooled[inner], abs=2e-3)


def test_without_a_study_a_card_says_that_nobody_weighed_it(make_shop, tmp_path):
    shop = make_shop(
        teacher={"nnunet": None, "ukis": False},
        students=STUDENTS | {"arms": ["labels"], "names": ["conv3x3"], "seeds": [1]},
    )
    distil(shop)
    ship(shop, tmp_path / "nowhere", tmp_path / "models")
    card = read_card(tmp_path / "models" / "conv3x3.json")
    assert card.calibration is None
    assert card.scores is None
    assert card.probability_threshold == 0.5
    assert "no study" in card.threshold_reason
    assert card.training.teacher.startswith("labels alone")


@pytest.mark.parametrize("text", ["{", "[]", '{"default": {"threshold": 0.5}}', '{"default": 3}'])
def test_a_damaged_calibration_is_answered_with_a_sentence(shipped, tmp_path, text):
    shop, *_ = shipped
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "calibration.json").write_text(text)
    with pytest.raises(MaskerError, match=r"calibration\.json"):
        ship(shop, tmp_path, tmp_path / "models")


@pytest.mark.parametrize("wanted", [{"least_agreement": 1.0}, {"largest_loss": -1.0}])
def test_eight_bits_that_say_something_else_are_not_shipped(shipped, tmp_path, monkeypatch, wanted):
    shop, *_ = shipped
    allowed = shop.recipe.export.model_copy(
        update={"least_agreement": 0.0, "largest_loss": 1.0} | wanted
    )
    shop = replace(shop, recipe=shop.recipe.model_copy(update={"export": allowed}))
    monkeypatch.setattr(quantise, "SCHEMES", quantise.SCHEMES[:1])
    with pytest.raises(MaskerError, match="agrees with"):
        ship(shop, tmp_path, tmp_path / "models")
    assert not list((tmp_path / "models").iterdir())


@pytest.mark.usefixtures("_hasty")
def test_what_ships_is_shown_to_work_and_judged_on_clear_ground(shipped, tmp_path):
    shop, models, _ = shipped
    evaluation = report_shipped(shop, models, tmp_path)
    names = [contender.name for contender in evaluation.contenders]
    assert names == ["default_int8", "default"]
    out = tmp_path / "shipped"
    assert {path.name for path in out.iterdir()} >= {"README.md", "findings.json", "examples.png"}
    assert "unseen scenes" in (out / "README.md").read_text()
    for contender in evaluation.contenders:
        assert {answer.surface for answer in contender.clear[0].answers} == {"snow"}
        assert len(contender.clear[0].answers) == 2
        assert contender.runs[0].summary.images == 4
    speeds = json.loads((out / "speed.json").read_text())["networks"]
    assert list(speeds) == ["default"]
    assert [row["precision"] for row in speeds["default"]["rows"]] == ["fp32", "int8"]
    assert "| default |" in (out / "speed.md").read_text()


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("kind", ["", "_int8"])
def test_one_model_is_judged_on_a_folder(shipped, plain_folder, tmp_path, kind):
    _, models, _ = shipped
    out = tmp_path / "out"
    evaluation = report_model(
        models / f"default{kind}.onnx", plain_folder, "plain", out, ukis=False
    )
    names = [contender.name for contender in evaluation.contenders]
    assert (names[0], names[1], len(names)) == ("default", "blue > 0.25", 4)
    assert evaluation.contenders[0].runs[0].summary.images == 8
    assert (out / "README.md").exists()
    (speeds,) = json.loads((out / "speed.json").read_text())["networks"].values()
    assert len(speeds["rows"]) == 2  # both precisions, whichever was named


@pytest.mark.usefixtures("_hasty")
def test_a_model_without_its_sibling_is_judged_as_well(shipped, plain_folder, tmp_path):
    _, models, _ = shipped
    for kind, rows in (("", 1), ("_int8", None)):
        alone = tmp_path / f"alone{kind}"
        alone.mkdir()
        for end in ("onnx", "json"):
            shutil.copy(models / f"default{kind}.{end}", alone)
        report_model(alone / f"default{kind}.onnx", plain_folder, "plain", alone, ukis=False)
        speeds = alone / "speed.json"
        assert speeds.exists() == (rows is not None)
        if rows:
            (found,) = json.loads(speeds.read_text())["networks"].values()
            assert len(found["rows"]) == rows


def test_students_of_composed_scenes_alone_are_judged_on_such_and_on_real_ones(make_shop, tmp_path):
    shop = make_shop(
        teacher={"nnunet": None, "ukis": False},
        students=STUDENTS | {"arms": ["composed"], "names": ["conv3x3", "fast"], "seeds": [1]},
    )
    distil(shop)
    evaluation = report_composed(shop, tmp_path)
    names = ["conv3x3-composed-all-seed1", "fast-composed-all-seed1"]
    assert [contender.name for contender in evaluation.contenders] == names
    assert evaluation.contenders[0].runs[0].summary.images == 3
    for folder, images in (("composed", 3), ("composed-on-real", 4)):
        found = json.loads((tmp_path / folder / "findings.json").read_text())
        assert [masker["name"] for masker in found["maskers"]][:2] == names
        assert f"{images} images" in found["measured_on"]


@pytest.mark.usefixtures("_hasty")
def test_where_people_have_labelled_nothing_everything_is_judged(make_shop, eight, tmp_path):
    shop = make_shop(
        teacher={"nnunet": None, "ukis": False},
        students=STUDENTS | {"arms": ["composed"], "names": ["conv3x3"], "seeds": [1]},
    )
    shop.real.write(replace(image, is_human=False) for image in eight)
    distil(shop)
    report_composed(shop, tmp_path)
    assert not (tmp_path / "composed-on-real").exists()
    ship(shop, tmp_path, tmp_path / "models")
    evaluation = report_shipped(shop, tmp_path / "models", tmp_path)
    assert evaluation.contenders[0].runs[0].summary.images == 8
