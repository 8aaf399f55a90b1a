"""ukis-csmask as a second opinion: as its authors run it, on images of any size."""

from importlib.metadata import PackageNotFoundError
from itertools import pairwise

import numpy as np
import pytest

from payload.errors import MaskerError, PluginError
from payload.masking.preprocess import reflectance
from payload.training import opinions
from payload.training.images import RADIOMETRY
from payload.training.judge.judging import judge
from payload.training.opinions import Ukis, UkisWinner
from payload.training.predictors import Predictor
from payload.training.readers.plain import read


@pytest.fixture
def ukis():
    pytest.importorskip("ukis_csmask", reason="the extra `train` is not installed")
    return Ukis()


def bands(height, width, seed=0):
    return np.random.default_rng(seed).random((4, height, width), dtype=np.float32)


def test_what_is_missing_is_said_with_what_helps(monkeypatch):
    def nothing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(opinions, "distribution", nothing)
    with pytest.raises(PluginError, match=r"pip install 'payload-sim\[train\]'"):
        Ukis().probability(bands(4, 4))


def test_another_version_is_refused(monkeypatch, tmp_path):
    class Other:
        version = "0.2.1"

        def locate_file(self, path):
            return tmp_path / path

    monkeypatch.setattr(opinions, "distribution", lambda _: Other())
    with pytest.raises(MaskerError, match=r"installed is 0\.2\.1"):
        Ukis().probability(bands(4, 4))


def test_four_bands_are_wanted():
    with pytest.raises(MaskerError, match="bands"):
        Ukis().probability(np.zeros((3, 9, 9), np.float32))
    with pytest.raises(MaskerError, match="bands"):
        Ukis().probability(np.zeros((4, 0, 9), np.float32))


@pytest.mark.parametrize("length", [256, 257, 300, 448, 449, 603, 1000])
def test_windows_cover_every_length_and_overlap(length):
    starts = opinions._starts(length)
    assert starts[0] == 0
    assert starts[-1] + 256 == length
    assert all(first + 256 - second >= 64 for first, second in pairwise(starts))


def test_the_network_has_the_size_of_its_design(ukis):
    assert isinstance(ukis, Predictor)
    # A U-Net on EfficientNet-b4 with four bands and three classes; running statistics not counted.
    assert 19e6 < ukis.parameters < 21e6


def test_classes_are_shares_of_one_and_any_size_will_do(ukis):
    for height, width in ((1, 1), (3, 200), (256, 256), (257, 40)):
        shares = ukis.classes(bands(height, width))
        assert shares.shape == (3, height, width)
        assert np.allclose(shares.sum(axis=0), 1, atol=1e-5)
        assert shares.min() >= 0


def test_windows_leave_no_seam_in_a_plane(ukis):
    flat = np.full((4, 320, 256), 0.1, np.float32)
    whole = ukis.probability(flat)
    assert np.abs(np.diff(whole, axis=0)).max() < 0.1


def test_the_best_class_wins_from_one_half_on(ukis):
    noise = bands(64, 64)
    shares = ukis.classes(noise)
    winner = UkisWinner().probability(noise)
    assert ((winner >= 0.5) == (shares.argmax(axis=0) == 1)).all()
    assert (winner >= ukis.probability(noise) - 1e-6).all()


def test_it_scores_on_real_images_what_was_measured_before(ukis, real_images):
    human = [image for image in read(real_images) if image.is_human]
    # Measured apart from this code: pooled IoU 0.810 on the 16 human-labelled images.
    assert judge(UkisWinner(), human).summary.scores.iou == pytest.approx(0.810, abs=5e-4)
    one = reflectance(human[0].dn, RADIOMETRY)
    assert ukis.probability(one).shape == human[0].truth.shape
