"""A model flies only with its card, and only if it is the model that the card means."""

import json
import shutil

import numpy as np
import pytest

from payload.errors import MaskerError
from payload.masking.card import read_card
from payload.masking.onnx_masker import DEFAULT_MODEL, OnnxMasker
from payload.provenance import digest_file
from payload.types import Radiometry


@pytest.fixture
def model(tmp_path):
    """A copy of the packaged model and its card, to be spoilt."""
    copy = tmp_path / DEFAULT_MODEL.name
    shutil.copy(DEFAULT_MODEL, copy)
    shutil.copy(DEFAULT_MODEL.with_suffix(".json"), copy.with_suffix(".json"))
    return copy


def change_card(model, **changes):
    card = model.with_suffix(".json")
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))


def test_the_packaged_card_says_what_the_design_and_the_file_are():
    card = read_card(DEFAULT_MODEL.with_suffix(".json"))
    assert card.sha256 == digest_file(DEFAULT_MODEL)
    assert card.bands == ("blue", "green", "red", "nir")
    assert (card.parameters, card.tile_multiple_px, card.margin_px) == (40_577, 8, 24)
    assert card.license == "Apache-2.0"
    assert DEFAULT_MODEL.stat().st_size < 1_000_000


def test_the_packaged_card_tells_what_was_learned_and_how_good_that_is():
    card = read_card(DEFAULT_MODEL.with_suffix(".json"))
    assert card.trained_on is not None
    assert card.trained_on.images == sum(source.images for source in card.trained_on.sources)
    assert card.scores is not None
    assert "has no held-out score of its own" in card.scores.statement
    assert card.scores.model.iou is not None
    theirs = {each.name: each.iou or 0.0 for each in card.scores.baselines}
    assert card.scores.model.iou >= theirs["ukis-csmask 1.0.0"]
    assert card.scores.model.iou >= theirs["default, labels, int8"] + 0.02
    assert card.threshold_reason is not None
    assert card.training is not None


def test_a_model_whose_bytes_were_touched_is_refused(model):
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    with pytest.raises(MaskerError, match="SHA-256"):
        OnnxMasker(model=model)


def test_a_model_that_changes_after_the_check_is_refused_in_flight(model):
    change_card(model, name="touched later")
    masker = OnnxMasker(model=model)
    model.write_bytes(b"something else")
    with pytest.raises(MaskerError, match="changed"):
        masker.predict_image(np.zeros((4, 8, 8), np.uint16), Radiometry(1e-4))


def test_a_card_with_another_digest_is_refused(model):
    change_card(model, sha256="0" * 64)
    with pytest.raises(MaskerError, match="SHA-256"):
        OnnxMasker(model=model)


def test_a_card_may_lie_elsewhere(model, tmp_path):
    card = tmp_path / "cards.json"
    model.with_suffix(".json").rename(card)
    assert OnnxMasker(model=model, card=card).model_card.parameters == 40_577


def test_a_missing_card_is_refused(model):
    model.with_suffix(".json").unlink()
    with pytest.raises(MaskerError, match="no model card"):
        OnnxMasker(model=model)


def test_a_missing_model_is_refused(model):
    model.unlink()
    with pytest.raises(MaskerError, match="cannot be read"):
        OnnxMasker(model=model)


def test_a_card_that_is_a_folder_is_refused(model, tmp_path):
    with pytest.raises(MaskerError, match="cannot be read"):
        OnnxMasker(model=model, card=tmp_path)


def test_a_card_may_tell_of_calibration_of_eight_bits_and_of_its_making(model):
    digest = "a" * 64
    change_card(
        model,
        calibration={
            "temperature": 1.4,
            "ece_before": 0.06,
            "ece_after": 0.02,
            "reliability": [{"pixels": 9, "probability": 0.2, "cloud": 0.25}],
            "measured_on": "pixels of scenes that nobody trained on",
        },
        threshold_reason="losing a clear pixel costs as much as sending a cloudy one",
        quantisation={
            "of_sha256": digest,
            "method": "percentile 99.9",
            "kept_fp32": ["/logit/Conv"],
            "agreement": 0.9991,
            "measured_on": "the same pixels",
        },
        smaller_than=[{"what": "nnU-Net's default plan", "parameters": 33_472_684, "times": 825}],
        training={"teacher": "nnU-Net", "recipe_sha256": digest},
    )
    card = OnnxMasker(model=model).model_card
    assert card.calibration is not None
    assert card.calibration.reliability[0].cloud == 0.25
    assert card.smaller_than[0].times == 825


def test_an_older_card_that_tells_of_none_of_it_is_as_good(model):
    new = {"calibration", "quantisation", "training", "threshold_reason"}
    told = json.loads(model.with_suffix(".json").read_text())
    old = {key: value for key, value in told.items() if key not in {*new, "smaller_than"}}
    model.with_suffix(".json").write_text(json.dumps(old))
    card = read_card(model.with_suffix(".json"))
    assert OnnxMasker(model=model).model_card == card
    assert all(getattr(card, name) is None for name in new)
    assert (card.precision, card.smaller_than) == ("fp32", ())


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\xff\xfe", '{"name": NaN}'])
def test_a_file_that_is_no_card_is_refused(model, text):
    model.with_suffix(".json").write_text(text, encoding="latin-1")
    with pytest.raises(MaskerError, match="not a model card"):
        OnnxMasker(model=model)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"bands": ["blue", "green", "red"]}, "bands"),
        ({"bands": ["blue", "blue", "red", "nir"]}, "twice"),
        ({"units": "dn"}, "units"),
        ({"margin_px": 20}, "multiple"),
        ({"margin_px": -8}, "margin_px"),
        ({"probability_threshold": 1.5}, "probability_threshold"),
        ({"sha256": "abc"}, "sha256"),
        ({"scaling": {"gain": [1.0], "offset": [0.0]}}, "scaling"),
        ({"colour": "blue"}, "colour"),
        ({"precision": "fp16"}, "precision"),
        ({"training": {"teacher": "nnU-Net", "recipe_sha256": "abc"}}, "recipe_sha256"),
        ({"smaller_than": [{"what": "x", "parameters": 0, "times": 1}]}, "parameters"),
    ],
)
def test_a_card_that_makes_no_sense_is_refused_with_the_key_that_makes_none(model, changes, word):
    change_card(model, **changes)
    with pytest.raises(MaskerError, match=word):
        OnnxMasker(model=model)


def test_a_card_that_names_a_band_the_sensor_lacks_is_refused(model):
    change_card(model, bands=["blue", "green", "red", "swir"])
    with pytest.raises(MaskerError, match="missing: swir"):
        OnnxMasker(model=model)
