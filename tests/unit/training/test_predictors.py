"""Maskers behind one face: each against a second way to the same answer."""

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import MaskerError
from payload.masking.onnx_masker import DEFAULT_MODEL, OnnxMasker
from payload.masking.preprocess import reflectance
from payload.training.images import RADIOMETRY
from payload.training.opinions import Ukis, UkisWinner
from payload.training.predictors import (
    Blue,
    FmaskTests,
    HazeAndRatio,
    OnnxPredictor,
    Predictor,
    TorchPredictor,
    spectral_tests,
)

RULES = (Blue(), FmaskTests(), HazeAndRatio())


def pixel(*values):
    """One pixel of blue, green, red and near infrared."""
    return np.array(values, np.float32).reshape(4, 1, 1)


def scene(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 12_000, (4, height, width)).astype(np.uint16)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(height=st.integers(1, 5), width=st.integers(1, 5))
def test_rules_say_yes_or_no_of_every_pixel_for_itself(rule, height, width):
    bands = reflectance(scene(height, width), RADIOMETRY)
    found = rule.probability(bands)
    assert found.shape == (height, width)
    assert found.dtype == np.float32
    assert set(np.unique(found)) <= {0, 1}
    alone = rule.probability(bands[:, -1:, -1:])
    assert alone == found[-1, -1]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_find_thick_cloud_and_neither_night_nor_forest(rule):
    assert rule.probability(pixel(0.6, 0.58, 0.57, 0.62)) == 1
    assert rule.probability(pixel(0, 0, 0, 0)) == 0
    assert rule.probability(pixel(0.09, 0.08, 0.05, 0.35)) == 0


def test_each_of_fmasks_tests_can_say_no_alone():
    rule = FmaskTests()
    cloud = (0.20, 0.20, 0.20, 0.25)
    # HOT: blue - 0.5 red = 0.10 > 0.08.
    assert rule.probability(pixel(*cloud)) == 1
    assert rule.probability(pixel(0.17, 0.20, 0.20, 0.25)) == 0  # HOT 0.07
    # Whiteness of (0.2, 0.05, 0.05): mean 0.1, deviations 1 + 0.5 + 0.5 = 2 > 0.7.
    assert rule.probability(pixel(0.20, 0.05, 0.05, 0.05)) == 0
    # NDVI of red 0.1 and near infrared 0.95: 0.81 > 0.8.
    assert rule.probability(pixel(0.15, 0.12, 0.10, 0.89)) == 1
    assert rule.probability(pixel(0.15, 0.12, 0.10, 0.95)) == 0


def test_both_tests_of_haze_and_ratio_can_say_no_alone():
    rule = HazeAndRatio()
    assert rule.probability(pixel(0.20, 0.20, 0.20, 0)) == 1
    assert rule.probability(pixel(0.20, 0.20, 0.25, 0)) == 0  # HOT 0.075
    assert rule.probability(pixel(0.20, 0.15, 0.15, 0)) == 1  # ratio 0.75
    assert rule.probability(pixel(0.20, 0.13, 0.15, 0)) == 0  # ratio 0.65


def test_a_network_answers_as_it_flies():
    dn = scene(37, 41)
    found = OnnxPredictor(DEFAULT_MODEL)
    masker = OnnxMasker()
    assert (
        found.probability(reflectance(dn, RADIOMETRY)) == masker.predict_image(dn, RADIOMETRY)
    ).all()
    assert (found.name, found.parameters) == (masker.identity.model, masker.identity.parameters)
    assert found.threshold == masker.threshold
    other = OnnxPredictor(DEFAULT_MODEL, label="ours", probability_threshold=0.3)
    assert (other.name, other.threshold) == ("ours", 0.3)


@given(st.integers(0, 65_535))
def test_reflectance_of_a_sensor_comes_back_as_the_same_number(dn):
    bands = reflectance(np.array([dn], np.uint16), RADIOMETRY)
    assert np.rint(bands.astype(np.float64) / RADIOMETRY.scale) == dn


def test_a_sensor_sends_no_negative_numbers_and_saturates():
    found = OnnxPredictor(DEFAULT_MODEL)
    black, dark = np.zeros((4, 8, 8), np.float32), np.full((4, 8, 8), -0.01, np.float32)
    assert (found.probability(dark) == found.probability(black)).all()
    bright, brighter = np.full((4, 8, 8), 6.5535), np.full((4, 8, 8), 90.0)
    assert (
        found.probability(brighter.astype(np.float32))
        == found.probability(bright.astype(np.float32))
    ).all()


def test_a_network_without_its_card_does_not_fly(tmp_path):
    shutil.copy(DEFAULT_MODEL, tmp_path / "bare.onnx")
    with pytest.raises(MaskerError, match="no model card"):
        OnnxPredictor(tmp_path / "bare.onnx").probability(np.zeros((4, 8, 8), np.float32))


def test_a_network_of_torch_is_padded_cropped_and_squashed():
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

    class Sum(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(3))

        def forward(self, bands):
            assert bands.shape[-2] % 8 == 0
            assert bands.shape[-1] % 8 == 0
            return bands.sum(dim=1, keepdim=True) - 2

    found = TorchPredictor(Sum().eval(), "sum", multiple_px=8, threshold=0.4)
    bands = reflectance(scene(9, 15), RADIOMETRY)
    expected = 1 / (1 + np.exp(2 - bands.sum(axis=0)))
    assert np.allclose(found.probability(bands), expected, atol=1e-6)
    assert (found.parameters, found.threshold, found.name) == (3, 0.4, "sum")


def test_all_of_them_have_the_face_of_a_predictor():
    for one in (*spectral_tests(), OnnxPredictor(DEFAULT_MODEL)):
        assert isinstance(one, Predictor)
    for kind in (TorchPredictor, Ukis, UkisWinner):
        assert callable(kind.probability)
