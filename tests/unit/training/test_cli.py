"""`payload-train` at the door, and a recipe followed from labelled images to networks that fly."""

import json
import os
import subprocess
import sys
from functools import partial
from importlib import import_module

import numpy as np
import pytest

from payload.masking.card import read_card
from payload.masking.onnx_masker import DEFAULT_MODEL, OnnxMasker
from payload.training.cli import main
from payload.training.images import RADIOMETRY

CALL = "from payload.training.cli import main; main()"
COMMANDS = ("prepare", "teacher", "distil", "export", "evaluate", "run", "realism")

LABELS_ALONE = """
name: tiny
composed: { scenes: 4, checks: 1, exams: 1 }
teacher: { nnunet: null, ukis: false }
students: { names: [default], arms: [labels], steps: 40, batch: 2, crop_px: 64 }
export: { calibration_tiles: 6 }
"""
TAUGHT = """
name: taught
composed: { scenes: 2, checks: 1, exams: 1 }
teacher:
  ukis: false
  nnunet: { minutes: 1, iterations: 2, patch_px: 32, batch: 2, repeats: 1, composed: 2 }
students: { names: [default], steps: 80, batch: 2, crop_px: 64 }
export: { calibration_tiles: 12, least_agreement: 0.95, largest_loss: 0.1 }
"""


def call(*arguments, before=""):
    """The command in a process of its own, as people call it."""
    return subprocess.run(
        [sys.executable, "-c", before + CALL, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
    )


@pytest.fixture
def main_says(tmp_path, monkeypatch, capsys):
    """The command in this process, which has woken torch already: code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def say(*arguments):
        monkeypatch.setattr(sys, "argv", ["payload-train", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return say


def lines(journal):
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def test_an_option_of_the_world_without_a_value_is_refused(tmp_path, main_says):
    code, _, said = main_says("realism", "--data", tmp_path, "--set", "snr")
    assert code == 2
    assert "KEY=VALUE" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_helps_with_an_example(command):
    answer = call(command, "--help")
    assert answer.returncode == 0
    assert f"Example: payload-train {command} " in answer.stdout
    assert "--data" in answer.stdout


def test_help_names_every_stage_and_wakes_nothing_heavy():
    answer = call("--help")
    assert answer.returncode == 0
    assert all(command in answer.stdout for command in COMMANDS)
    code = (
        "import sys, payload.training.cli; "
        "print(*(name for name in ('torch', 'rasterio', 'numpy', 'scipy') if name in sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("prepare", "smoke", "--data", "empty", "--work", "w"), 5, "index"),
        (("prepare", "nothing", "--data", "empty"), 2, "no such file"),
        (("run", "wrong.yaml", "--data", "empty"), 2, "did you mean 'steps'?"),
        (("prepare", "smoke", "--data", "nowhere"), 2, "nowhere"),
        (("prepare", "smoke"), 2, "--data"),
        (("distil", "smoke", "--data", "empty", "--jobs", "0"), 2, "--jobs"),
        (("evaluate", "--data", "empty"), 2, "either --model or --recipe"),
        (("evaluate", "--data", "empty", "--model", "m", "--recipe", "study"), 2, "either"),
        (("evaluate", "--data", "empty", "--model", "m"), 6, "no model card"),
        (("evaluate", "--data", "empty", "--model", "flown", "--layout", "heap"), 5, "'heap'"),
        (("evaluate", "--data", "empty", "--recipe", "study"), 5, "index.csv"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else "",
)
def test_mistakes_are_answered_with_a_sentence(main_says, tmp_path, arguments, code, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "wrong.yaml").write_text("name: x\nstudents: { stepps: 3 }\n")
    flown = {"flown": str(DEFAULT_MODEL)}
    found, out, err = main_says(*(flown.get(part, part) for part in arguments))
    assert out == ""
    if "payload-sim[train]" in err:  # the extra is not installed
        assert found == 3
    else:
        assert (found, said in err) == (code, True), err


def test_a_guest_that_is_missing_is_named_with_what_helps(tmp_path):
    absent = "import sys; sys.modules['torch'] = None; "
    answer = call("prepare", "smoke", "--data", tmp_path, before=absent)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == "payload-train needs torch: pip install 'payload-sim[train]'\n"


@pytest.fixture
def _hasty(monkeypatch):
    """Speeds are measured once, on a small tile; skips where the extra is not installed."""
    for guest in ("torch", "onnx"):
        pytest.importorskip(guest, reason="the extra `train` is not installed")
    reports = import_module("payload.training.reports")
    quick = partial(reports.measure, side_px=64, repeats=1, threads=(1,))
    monkeypatch.setattr(reports, "measure", quick)


def flies(models, image):
    """What both files of the default student say of an image agrees and is mostly true."""
    said = [
        OnnxMasker(model=models / f"default{end}.onnx", precision=precision).predict_image(
            image.dn, RADIOMETRY
        )
        >= 0.5
        for end, precision in (("", "fp32"), ("_int8", "int8"))
    ]
    known = image.truth != 255
    assert (said[0] == said[1]).mean() > 0.98
    assert (said[0] == (image.truth == 1))[known].mean() > 0.7


@pytest.mark.usefixtures("_hasty")
def test_a_recipe_is_followed_from_labelled_images_to_models_that_fly(
    tmp_path, plain_folder, eight, main_says
):
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(LABELS_ALONE)
    options = ("--data", plain_folder, "--out", "found", "--models", "models")
    code, out, err = main_says("run", recipe, *options)
    assert code == 0, err
    files = ["default.onnx", "default_int8.onnx"]
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        f"models/{name}" for name in files
    ]
    assert "composed 100%" in err  # the talk
    models, work = tmp_path / "models", tmp_path / "build" / "tiny"
    assert {path.name for path in models.iterdir()} == {
        name.replace(".onnx", end) for name in files for end in (".onnx", ".json")
    }
    assert all(path.stat().st_size < 1e6 for path in models.iterdir())
    card = read_card(models / "default_int8.json")
    assert (card.precision, card.parameters, card.trained_on.images) == ("int8", 40_577, 8)
    assert card.training.teacher.startswith("labels alone")
    assert card.quantisation.agreement >= 0.998
    flies(models, eight[5])
    findings = json.loads((tmp_path / "found" / "shipped" / "findings.json").read_text())
    assert [masker["name"] for masker in findings["maskers"]] == ["default_int8", "default"]
    told = lines(work / "journal.jsonl")
    stages = list(dict.fromkeys(line["stage"] for line in told))
    assert stages == ["prepare", "teacher", "distil", "export", "evaluate"]

    # Again: nothing is prepared, taught or trained anew, and the same network comes out.
    before = (models / "default.onnx").read_bytes()
    code, *_ = main_says("export", recipe, "--data", plain_folder, "--models", "models")
    assert code == 0
    events = [(line["stage"], line["event"]) for line in lines(work / "journal.jsonl")[len(told) :]]
    stores = ("real", "composed", "exams", "checks")
    as_before = [("prepare", f"{store} unchanged") for store in stores]
    assert events == [*as_before, ("teacher", "opinions"), ("export", "exported")]
    assert (models / "default.onnx").read_bytes() == before

    model = models / "default_int8.onnx"
    one = ("--model", model, "--data", plain_folder, "--no-ukis", "--out", "one")
    code, out, _ = main_says("evaluate", *one)
    assert code == 0
    assert out.strip() == (tmp_path / "one" / "README.md").read_text().strip()
    assert "blue > 0.25" in out


@pytest.mark.usefixtures("_hasty")
def test_stages_can_be_called_one_by_one_with_a_teacher_of_nnunet(
    tmp_path, made, write_plain, main_says
):
    pytest.importorskip("nnunetv2", reason="the extra `train` is not installed")
    images = [made(number, side=64, human=number < 2) for number in range(4)]
    data = write_plain(tmp_path / "data", images)
    recipe = tmp_path / "taught.yaml"
    recipe.write_text(TAUGHT)
    options = ("--data", data, "--work", "work")
    assert main_says("prepare", recipe, *options)[0] == 0
    assert main_says("teacher", recipe, *options)[0] == 0
    (said,) = (tmp_path / "work" / "images" / "real").glob("opinion-nnunet-*.bin")
    assert said.stat().st_size == 4 * 64 * 64
    assert len(np.unique(np.fromfile(said, np.uint8))) > 4

    assert main_says("distil", recipe, *options)[0] == 0
    assert main_says("run", recipe, *options, "--out", "found", "--models", "models")[0] == 0
    told = lines(tmp_path / "work" / "journal.jsonl")
    events = [line["event"] for line in told]
    assert events.count("nnunet_trained") == 1
    assert {line["of"] for line in told if line["event"] == "opinions"} == {"nnunet, teacher"}
    assert [line["run"] for line in told if line["event"] == "trained"] == [
        "default-distilled-all-seed1"
    ]
    card = read_card(tmp_path / "models" / "default.json")
    assert "nnU-Net" in card.training.teacher
    assert card.trained_on.labels == "labels and teachers: 2 images by people, 2 by models"
    flies(tmp_path / "models", images[3])
