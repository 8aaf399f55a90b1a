"""What a worse sensor does to pixels, one perturbation after another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import MaskerError
from payload.masking.baselines import BlueThreshold
from payload.training.judge.judging import judge
from payload.training.judge.robustness import PERTURBATIONS, Perturbation, Robustness, robustness
from payload.training.predictors import Blue

BY_NAME = {one.name: one for one in PERTURBATIONS}


def perturbed(name, bands, truth=None, seed=0):
    truth = np.zeros(bands.shape[1:], np.uint8) if truth is None else truth
    return BY_NAME[name].apply(bands, truth, np.random.default_rng(seed))


def ramp(height=6, width=5):
    return np.linspace(0.05, 0.9, 4 * height * width, dtype=np.float32).reshape(4, height, width)


@pytest.mark.parametrize("one", PERTURBATIONS, ids=lambda one: one.name)
@given(height=st.integers(1, 9), width=st.integers(1, 9))
def test_every_perturbation_is_pure_and_keeps_bands_and_truth_of_one_size(one, height, width):
    bands, truth = ramp(height, width), np.zeros((height, width), np.uint8)
    truth[0, 0] = 255
    before, labels = bands.copy(), truth.copy()
    found, known = one.apply(bands, truth, np.random.default_rng(1))
    again, _ = one.apply(bands, truth, np.random.default_rng(1))
    assert (bands == before).all()
    assert (truth == labels).all()
    assert (found == again).all()
    assert found.dtype == np.float32
    assert known.dtype == np.uint8
    assert found.shape == (4, *known.shape)
    assert np.isfinite(found).all()
    assert found.min() >= 0


def test_gain_and_offset_do_what_they_say():
    bands = ramp()
    assert np.allclose(perturbed("gain +10 %", bands)[0] / bands, 1.1)
    assert np.allclose(perturbed("gain -10 %", bands)[0] / bands, 0.9)
    assert np.allclose(perturbed("offset +0.02", bands)[0] - bands, 0.02)
    assert np.allclose(perturbed("offset -0.02", bands)[0] - bands, -0.02)


@pytest.mark.parametrize("snr", [200, 100, 50, 20])
def test_the_noise_has_the_stated_ratio_at_its_reference(snr):
    bands = np.full((4, 150, 150), 0.1, np.float32)
    found, _ = perturbed(f"SNR {snr}", bands)
    assert 0.1 / (found - bands).std() == pytest.approx(snr, rel=0.02)
    bright, _ = perturbed(f"SNR {snr}", 4 * bands)
    # Of the variance three quarters grow with the signal: 1/4 + 3/4 x 4 of it there.
    assert (bright - 4 * bands).std() == pytest.approx(0.1 / snr * np.sqrt(3.25), rel=0.02)


def test_one_band_alone_is_moved_by_one_row():
    bands = ramp()
    found, _ = perturbed("red one pixel off", bands)
    assert (found[2, 1:] == bands[2, :-1]).all()
    assert (found[2, 0] == bands[2, 0]).all()
    assert (found[[0, 1, 3]] == bands[[0, 1, 3]]).all()


def test_eight_bits_have_at_most_256_levels_and_saturate():
    bands = np.linspace(0, 1.5, 4 * 400, dtype=np.float32).reshape(4, 20, 20)
    found, _ = perturbed("8 bit", bands)
    assert len(np.unique(found)) == 256
    assert found.max() == 1
    inside = bands <= 1
    assert np.abs(found - bands)[inside].max() <= 0.5 / 255 + 1e-6


def test_a_coarser_image_has_the_mean_of_its_quarters_and_the_majority_of_its_labels():
    bands = ramp(4, 6)
    truth = np.array(
        [[1, 1, 0, 2, 1, 255], [0, 0, 0, 0, 255, 255], [1, 0, 255, 255, 1, 1], [0, 0, 0, 1, 1, 1]],
        np.uint8,
    )
    found, known = perturbed("GSD x 2", bands, truth)
    assert found.shape == (4, 2, 3)
    assert np.allclose(found[:, 0, 0], bands[:, :2, :2].mean(axis=(1, 2)))
    assert known.tolist() == [[1, 0, 255], [0, 1, 1]]


def test_finer_and_then_coarser_leaves_a_plane_as_it_was_inside():
    rows, cols = np.mgrid[:8, :7].astype(np.float32)
    bands = np.stack([0.1 + 0.02 * rows + 0.03 * cols] * 4)
    finer, labels = perturbed("GSD x 0.5", bands, (rows > 3).astype(np.uint8))
    assert finer.shape == (4, 16, 14)
    assert labels[::2, ::2].tolist() == (rows > 3).astype(int).tolist()
    assert np.allclose(np.diff(finer[0, 1:-1], axis=0), 0.01, atol=1e-6)
    back, _ = perturbed("GSD x 2", finer)
    assert np.allclose(back[:, 1:-1, 1:-1], bands[:, 1:-1, 1:-1], atol=1e-6)


def test_a_dead_band_is_zero_or_has_a_neighbour_in_its_place():
    bands = ramp()
    found, _ = perturbed("nir dead", bands)
    assert not found[3].any()
    assert (found[:3] == bands[:3]).all()
    found, _ = perturbed("nir dead, red in its place", bands)
    assert (found[3] == bands[2]).all()
    assert (found[:3] == bands[:3]).all()


def test_the_nominal_judgement_is_that_of_the_images_as_they_are(picture, says):
    rng = np.random.default_rng(2)
    images = [picture(rng.integers(0, 2, (8, 8)), rng.random((8, 8)), f"i{n}") for n in range(3)]
    found = robustness(says(), images)
    assert found.nominal.summary == judge(says(), images).summary
    assert list(found.perturbed) == [one.name for one in PERTURBATIONS]
    assert found.perturbed["nir dead"].summary == found.nominal.summary
    assert found.perturbed["blue dead"].summary.scores.recall == 0


def test_a_brighter_image_is_one_below_a_lower_threshold(picture):
    rng = np.random.default_rng(4)
    images = [picture(rng.integers(0, 2, (20, 20)), 0.5 * rng.random((20, 20)))]
    limit = BlueThreshold().blue_threshold
    brighter = robustness(Blue(), images, [BY_NAME["gain +10 %"]]).perturbed["gain +10 %"]
    lower = judge(Blue(limit / 1.1), images)
    assert brighter.summary.scores == lower.summary.scores


def test_folds_put_together_are_as_tough_as_one(picture, says):
    rng = np.random.default_rng(5)
    images = [picture(rng.integers(0, 2, (8, 8)), rng.random((8, 8)), f"i{n}") for n in range(4)]
    whole = robustness(says(), images, PERTURBATIONS[:6])
    parts = [robustness(says(), images[at::2], PERTURBATIONS[:6]) for at in (0, 1)]
    folded = Robustness.of("both", parts)
    for name, judged in whole.perturbed.items():
        assert folded.perturbed[name].summary == judged.summary
    with pytest.raises(MaskerError, match="same perturbations"):
        Robustness.of("both", [parts[0], robustness(says(), images[1::2], PERTURBATIONS[:5])])


def test_the_noise_of_an_image_does_not_hang_on_who_else_is_judged(picture, says):
    rng = np.random.default_rng(6)
    images = [picture(rng.integers(0, 2, (9, 9)), 0.5, f"i{n}") for n in range(3)]
    noisy = [BY_NAME["SNR 20"]]
    alone = robustness(says(), images[2:], noisy).perturbed["SNR 20"].answers[0]
    among = robustness(says(), images, noisy).perturbed["SNR 20"].answers[2]
    assert (alone.cloud == among.cloud).all()
    assert alone.cloud.any()
    assert not alone.cloud.all()
    other = robustness(says(), images, noisy, seed=1).perturbed["SNR 20"].answers[2]
    assert (other.cloud != among.cloud).any()


def test_a_perturbation_of_ones_own_is_welcome(picture, says):
    def inverted(bands, truth, _rng):
        return 1 - bands, truth

    found = robustness(says(), [picture([[1, 0]], [[1, 0]])], [Perturbation("inverted", inverted)])
    assert found.nominal.summary.scores.iou == 1
    assert found.perturbed["inverted"].summary.scores.iou == 0
