"""Networks by name: in a scenario, in a program, and what is said where there is none."""

import json
import shutil

import numpy as np
import onnxruntime
import pytest

from payload.errors import MaskerError, ScenarioError
from payload.masking import packaged as models
from payload.masking.onnx_masker import DEFAULT_MODEL, OnnxMasker
from payload.masking.packaged import NAMES, available, packaged
from payload.registry import validate
from payload.scenario.load import load_scenario
from payload.types import Radiometry

SOCKET = "payload.masker"


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Every name in both precisions, as copies of the one that is sure to be here."""
    folder = tmp_path / "models"
    folder.mkdir()
    card = json.loads(DEFAULT_MODEL.with_suffix(".json").read_text())
    for name in NAMES:
        for precision, suffix in (("fp32", ""), ("int8", "_int8")):
            path = folder / f"{name}{suffix}.onnx"
            shutil.copy(DEFAULT_MODEL, path)
            told = card | {"name": f"{name} {precision}", "precision": precision}
            path.with_suffix(".json").write_text(json.dumps(told))
    monkeypatch.setattr(models, "FOLDER", folder)
    return folder


def test_the_recommended_network_is_packaged_and_flies_when_nothing_is_said():
    assert ("default", "fp32") in available()
    assert OnnxMasker().identity == OnnxMasker(model="default", precision="fp32").identity


@pytest.mark.parametrize(("name", "precision"), available())
def test_every_packaged_network_has_a_card_that_fits_and_is_small(name, precision):
    card = OnnxMasker(model=name, precision=precision).model_card
    assert card.precision == precision
    assert packaged(name, precision).stat().st_size < 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_eight_bits_overflow_on_no_processor(name):
    """Held against the file as it is written: its eight-bit steps one by one, products summed up in floats."""
    dn = np.random.default_rng(0).integers(0, 10_000, (4, 128, 128), np.uint16)
    said = OnnxMasker(model=name, precision="int8").predict_image(dn, Radiometry(1e-4))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    written = onnxruntime.InferenceSession(
        str(packaged(name, "int8")), options, providers=["CPUExecutionProvider"]
    )
    (logits,) = written.run(None, {"reflectance": dn[np.newaxis] * np.float32(1e-4)})
    wanted = 1 / (1 + np.exp(-logits[0, 0].astype(np.float64)))
    assert np.abs(said - wanted).mean() < 1e-4


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("precision", [None, "fp32", "int8"])
def test_a_name_and_a_precision_choose_the_file(name, precision):
    masker = OnnxMasker(model=name, precision=precision)
    assert masker.model_card.name == f"{name} {precision or 'fp32'}"
    if precision:
        assert masker.model_card.precision == precision


@pytest.mark.usefixtures("shelf")
def test_a_precision_alone_chooses_of_the_recommended_network():
    assert OnnxMasker(precision="int8").model_card.name == "default int8"


def test_a_name_that_is_none_is_told_the_names_that_are(shelf):
    (shelf / "fast_int8.onnx").unlink()
    for name, precision in (("defualt", None), ("fast", "int8")):
        with pytest.raises(
            MaskerError, match=r"packaged: fast \(fp32\), default \(fp32\), default"
        ):
            OnnxMasker(model=name, precision=precision)


def test_of_a_file_the_precision_is_what_its_card_says(shelf):
    assert OnnxMasker(model=shelf / "fast_int8.onnx").model_card.precision == "int8"
    assert OnnxMasker(model=str(shelf / "fast_int8.onnx"), precision="int8")
    with pytest.raises(MaskerError, match="precision fp32 is requested"):
        OnnxMasker(model=shelf / "fast_int8.onnx", precision="fp32")


def test_a_name_in_a_scenario_is_no_path_and_stays_a_name(write_scenario, tmp_path):
    (tmp_path / "default").write_text("a file that happens to have this name")
    named = {"kind": "onnx", "model": "default"}
    scenario = load_scenario(write_scenario(masker=named))
    assert scenario.masker.options.model == "default"
    assert scenario.model_dump(mode="json")["masker"]["model"] == "default"
    assert scenario.digest != load_scenario(write_scenario(masker={"kind": "onnx"})).digest
    assert scenario.masker.build().identity == OnnxMasker().identity


def test_a_file_in_a_scenario_is_found_beside_it_and_stands_for_its_content(
    write_scenario, tmp_path
):
    for suffix in (".onnx", ".json"):
        shutil.copy(DEFAULT_MODEL.with_suffix(suffix), (tmp_path / "own.onnx").with_suffix(suffix))
    scenario = load_scenario(write_scenario(masker={"kind": "onnx", "model": "own.onnx"}))
    assert scenario.masker.options.model == tmp_path / "own.onnx"
    again = validate(SOCKET, "onnx", {"model": str(DEFAULT_MODEL)})
    digests = [
        options.model_dump(mode="json", context={"digest": True})["model"]
        for options in (scenario.masker.options, again)
    ]
    assert digests[0] == digests[1]
    assert digests[0].startswith("sha256:")


def test_a_misspelt_name_in_a_scenario_is_answered_with_its_key_and_the_names(write_scenario):
    with pytest.raises(ScenarioError, match=r"masker.model: .*fast, default"):
        load_scenario(write_scenario(masker={"kind": "onnx", "model": "defualt"}))
