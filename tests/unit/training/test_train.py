"""One student learns: what it makes small, how the rate falls, and that it can be told again."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from payload.masking.preprocess import reflectance
from payload.training.images import RADIOMETRY
from payload.training.journal import Journal
from payload.training.lessons import Augmentation, Batch, Lesson
from payload.training.predictors import TorchPredictor
from payload.training.train import Schedule, annealed, cloud_loss, train

CROPS = Augmentation(crop_px=32)
SHORT = Schedule(steps=5, budget_s=120, batch=4, settle_batches=4, augmentation=CROPS)


@pytest.fixture
def lessons(made):
    """Six small images, labels alone."""
    return [Lesson(made(number, side=48), None, 1.0, 1.0) for number in range(6)]


def batch(cloud, *, label=1.0, soft=None, soft_weight=0.0):
    """Pixels of given labels and opinions; bands do not matter to the loss."""
    cloud = torch.as_tensor(cloud, dtype=torch.float32).reshape(1, 1, 1, -1)
    full = torch.ones_like(cloud)
    said = (
        cloud if soft is None else torch.as_tensor(soft, dtype=torch.float32).reshape(cloud.shape)
    )
    return Batch(
        torch.zeros(1, 4, 1, cloud.shape[-1]), cloud, label * full, said, soft_weight * full
    )


def logits(values):
    return torch.tensor(values, dtype=torch.float32).reshape(1, 1, 1, -1)


def sure(cloud, size=20.0):
    """Logits of one who knows."""
    return size * (2 * torch.as_tensor(cloud, dtype=torch.float32) - 1).reshape(1, 1, 1, -1)


@given(st.floats(0.01, 0.5))
def test_the_learning_rate_climbs_and_then_falls_to_nothing(warm_up):
    rates = [annealed(spent, warm_up) for spent in np.linspace(0, 1, 401)]
    assert 0 < rates[0] < 0.2
    assert max(rates) == pytest.approx(1, abs=0.01)
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    top = int(np.argmax(rates))
    assert all(later >= earlier for earlier, later in pairwise(rates[: top + 1]))
    assert all(later <= earlier for earlier, later in pairwise(rates[top:]))
    assert max(abs(b - a) for a, b in pairwise(rates[top:])) < 0.02


def test_who_is_right_and_sure_loses_nothing():
    cloud = [1.0, 0, 1, 1, 0, 0]
    assert cloud_loss(sure(cloud), batch(cloud), 2.0) < 1e-3
    assert cloud_loss(-sure(cloud), batch(cloud), 2.0) > 10
    taught = batch(cloud, label=0.5, soft_weight=0.5)
    # A teacher is never wholly sure, nor should the student be: the least is his own entropy.
    assert (
        cloud_loss(sure(cloud, 5.5), taught, 2.0) < cloud_loss(-sure(cloud, 5.5), taught, 2.0) / 5
    )


def test_all_clear_and_called_clear_loses_nothing():
    # No cloud, no union: the Jaccard index is smoothed, not divided by nothing.
    assert cloud_loss(sure([0.0] * 50), batch([0.0] * 50), 2.0) < 1e-3


def test_the_loss_without_a_teacher_is_cross_entropy_and_one_minus_jaccard():
    rng = np.random.default_rng(1)
    cloud = (rng.random(40) < 0.4).astype(np.float64)
    said = rng.normal(size=40)
    p = 1 / (1 + np.exp(-said))
    entropy = -(cloud * np.log(p) + (1 - cloud) * np.log(1 - p)).mean()
    both, either = (p * cloud).sum(), (p + cloud - p * cloud).sum()
    wanted = entropy + 1 - (both + 1) / (either + 1)
    assert float(cloud_loss(logits(said), batch(cloud), 2.0)) == pytest.approx(wanted, rel=1e-5)


def test_without_labels_the_least_is_where_student_and_teacher_agree():
    soft = [0.1, 0.5, 0.9, 0.7]
    for temperature in (1.0, 2.0, 4.0):
        told = batch([0.0] * 4, label=0.0, soft=soft, soft_weight=1.0)
        said = logits(np.log(np.array(soft) / (1 - np.array(soft)))).requires_grad_()
        cloud_loss(said, told, temperature).backward()
        assert said.grad.abs().max() < 1e-6
    far = logits([0.0, 0.0, 0.0, 0.0])
    assert cloud_loss(said.detach(), told, 4.0) < cloud_loss(far, told, 4.0)


def test_the_pull_of_the_teacher_does_not_depend_on_the_temperature():
    # Hinton et al., section 2.1: gradients scale as 1 / T^2 where logits are small against T.
    def pull(temperature):
        said = logits([0.1, -0.2, 0.15, 0.0]).requires_grad_()
        told = batch([0.0] * 4, label=0.0, soft=[0.55, 0.4, 0.5, 0.6], soft_weight=1.0)
        cloud_loss(said, told, temperature).backward()
        return said.grad.flatten()

    for temperature in (2.0, 4.0, 16.0):
        assert torch.allclose(pull(temperature), pull(1.0), rtol=0.03, atol=1e-4)


def test_pixels_of_no_weight_have_no_part():
    rng = np.random.default_rng(2)
    said = logits(rng.normal(size=20))
    cloud = torch.as_tensor(rng.random(20) < 0.5, dtype=torch.float32).reshape(1, 1, 1, -1)
    weight = torch.ones_like(cloud)
    weight[..., 10:] = 0
    one = Batch(torch.zeros(1, 4, 1, 20), cloud, weight, cloud, torch.zeros_like(weight))
    other = replace(one, cloud=torch.where(weight == 1, cloud, 1 - cloud))
    assert torch.equal(cloud_loss(said, one, 2.0), cloud_loss(said, other, 2.0))
    nothing = replace(one, label_weight=torch.zeros_like(weight))
    assert float(cloud_loss(said, nothing, 2.0)) == 0


@pytest.mark.parametrize("name", ["fast", "conv3x3"])
def test_a_training_can_be_told_again_bit_by_bit(lessons, name):
    first, again, other = (
        train(lessons, name, SHORT, seed=seed).network.state_dict() for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


def test_a_training_has_the_steps_that_were_asked_for_and_tells_of_them(lessons, tmp_path):
    done = train(lessons, "conv3x3", SHORT, seed=1, journal=Journal(tmp_path / "j"))
    assert done.steps == 5
    assert done.elapsed_s > 0
    assert not done.network.training
    told = [json.loads(line) for line in (tmp_path / "j").read_text().splitlines()]
    assert (told[-1]["event"], told[-1]["step"], told[-1]["done"]) == ("step", 5, 1.0)
    assert np.isfinite(told[-1]["loss"])


def test_a_training_stops_when_its_time_is_up(lessons):
    hasty = replace(SHORT, steps=10**6, budget_s=0.3)
    done = train(lessons, "conv3x3", hasty, seed=1)
    assert 1 <= done.steps < 10_000
    assert 0.3 <= done.elapsed_s < 30


def test_weights_are_numbers_and_statistics_are_those_of_the_images(lessons):
    network = train(lessons, "default", SHORT, seed=1).network
    state = network.state_dict()
    assert all(torch.isfinite(value).all() for value in state.values())
    variances = [value for key, value in state.items() if key.endswith("running_var")]
    assert variances
    assert any(not torch.allclose(value, torch.ones_like(value)) for value in variances)


def test_what_is_easy_is_learned(lessons, made):
    schedule = replace(SHORT, steps=120, batch=4, settle_batches=8)
    network = train(lessons, "conv3x3", schedule, seed=1).network
    never_seen = made(77, side=64)
    said = TorchPredictor(network, "x", network.multiple_px).probability(
        reflectance(never_seen.dn, RADIOMETRY)
    )
    known = never_seen.truth != 255
    assert ((said >= 0.5) == (never_seen.truth == 1))[known].mean() > 0.95


def test_a_teacher_alone_can_teach(made):
    # Labels are unknown everywhere; the teacher says that what is bright is clear.
    taught = []
    for number in range(6):
        image = made(number, side=48)
        said = np.where(image.dn[0] > 3_000, 5, 245).astype(np.uint8)
        blank = replace(image, truth=np.full_like(image.truth, 255))
        taught.append(Lesson(blank, said, 1.0, 1.0))
    schedule = replace(SHORT, steps=120, batch=4, settle_batches=8)
    network = train(taught, "conv3x3", schedule, seed=1).network
    image = made(77, side=64)
    said = TorchPredictor(network, "x", 1).probability(reflectance(image.dn, RADIOMETRY))
    bright = image.dn[0] > 3_000
    assert said[bright].mean() < 0.2
    assert said[~bright].mean() > 0.8
