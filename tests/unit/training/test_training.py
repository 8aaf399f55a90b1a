"""A network learns, is kept, and flies as it was trained. Needs the extra `train`."""

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("onnx", reason="the extra `train` is not installed")

from payload.errors import MaskerError
from payload.masking.card import CardScore, CardScores
from payload.masking.onnx_masker import OnnxMasker
from payload.training.augment import Augmentation, Batch, draw_batch
from payload.training.evaluate import evaluate, probability
from payload.training.export import write_card, write_onnx
from payload.training.findings import card_scores, write_findings
from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.runs import run_once
from payload.training.student import NETWORKS, SingleConvolution, Student, fresh, parameters
from payload.training.train import Recipe, annealed, cloud_loss, train

SMALL = Augmentation(crop_px=32)


def images(count=8):
    """Bright squares on dark ground: cloud is what is bright; the last rows are unknown."""
    made = []
    for number in range(count):
        rng = np.random.default_rng(number)
        truth = np.zeros((48, 44), np.uint8)
        top, left = rng.integers(0, 24, 2)
        truth[top : top + 20, left : left + 20] = 1
        dn = np.where(truth == 1, 6000, 900) + rng.integers(0, 300, (4, 48, 44))
        truth[-4:] = 255
        made.append(
            LabelledImage(
                f"i{number}",
                f"s{number}",
                "made",
                "own",
                number < 4,
                dn.astype(np.uint16),
                truth,
            )
        )
    return made


def recipe(name=Student.name, steps=5):
    return Recipe(name, steps=steps, budget_s=60, batch=4, settle_batches=8, augmentation=SMALL)


def test_the_student_has_40577_parameters_and_the_single_convolution_625():
    assert parameters(fresh(Student.name, 1)) == 40_577
    assert parameters(fresh(SingleConvolution.name, 1)) == 625


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_one_logit_a_pixel_and_the_same_weights_for_the_same_seed(name):
    network, twin, other = fresh(name, 3).eval(), fresh(name, 3).eval(), fresh(name, 4).eval()
    bands = torch.rand(2, 4, 24, 40, generator=torch.Generator().manual_seed(0))
    assert network(bands).shape == (2, 1, 24, 40)
    assert torch.equal(network(bands), twin(bands))
    assert not torch.equal(network(bands), other(bands))


def test_making_a_network_leaves_torchs_own_random_state_alone():
    before = torch.random.get_rng_state()
    fresh(Student.name, 1)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_batch_is_a_function_of_seed_and_step():
    made = images()
    first, again, later = (draw_batch(made, SMALL, 4, seed=1, step=step) for step in (0, 0, 1))
    assert first.bands.shape == (4, 4, 32, 32)
    assert torch.equal(first.bands, again.bands)
    assert torch.equal(first.cloud, again.cloud)
    assert not torch.equal(first.bands, later.bands)


def test_pixels_and_labels_turn_and_zoom_together():
    batch = draw_batch(images(), SMALL, 32, seed=2, step=0)
    blue, known = batch.bands[:, :1], batch.known == 1
    cloud = batch.cloud == 1
    assert (blue[cloud & known] > 0.3).float().mean() > 0.9  # edges are blurred by zooming
    assert (blue[~cloud & known] < 0.3).float().mean() > 0.9  # edges are blurred by zooming
    assert 0 < (~known).float().mean() < 0.5


def test_unknown_pixels_have_no_part_in_the_loss():
    logits = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    known = torch.ones(2, 1, 8, 8)
    known[..., 4:] = 0
    cloud = (logits > 0).float()
    batch = Batch(torch.zeros(2, 4, 8, 8), cloud, known)
    moved = Batch(batch.bands, torch.where(known == 1, cloud, 1 - cloud), known)
    assert torch.equal(cloud_loss(logits, batch), cloud_loss(logits, moved))


def test_the_learning_rate_climbs_and_then_falls_to_nothing():
    rates = [annealed(spent, 0.05) for spent in np.linspace(0, 1, 201)]
    assert 0 < rates[0] < 0.05
    assert max(rates) == pytest.approx(1)
    assert rates[-1] == pytest.approx(0)
    assert all(later <= earlier for earlier, later in pairwise(rates[10:]))


def test_a_training_can_be_told_again_bit_by_bit():
    first, again = (train(images(), recipe()).network.state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)


def test_a_training_stops_when_its_time_is_up():
    short = Recipe(
        SingleConvolution.name,
        steps=10**6,
        budget_s=0.2,
        batch=2,
        settle_batches=1,
        augmentation=SMALL,
    )
    assert train(images(), short).steps < 10_000


def test_what_is_easy_is_learned():
    made = images()
    network = train(made, recipe(SingleConvolution.name, steps=150)).network
    held = made[0]
    said = probability(network, held, 1) >= 0.5
    known = held.truth != 255
    assert (said == (held.truth == 1))[known].mean() > 0.95


def test_a_finished_training_is_kept_and_hides_the_scenes_held_out(tmp_path):
    made = images()
    run = run_once(made, recipe(), tmp_path, held_out=("i2",))
    assert "i2" not in run.trained_on
    assert len(run.trained_on) == 7
    kept = list(tmp_path.iterdir())
    assert len(kept) == 1
    again = run_once(made, recipe(), tmp_path, held_out=("i2",))
    assert again.elapsed_s == run.elapsed_s
    kept[0].write_bytes(b"spoilt")
    with pytest.raises(MaskerError, match="delete it"):
        run_once(made, recipe(), tmp_path, held_out=("i2",))


def test_the_network_flies_as_it_was_trained(tmp_path):
    made = images()
    run = run_once(made, recipe(), tmp_path / "work")
    path = tmp_path / "model.onnx"
    assert write_onnx(run.network, path) < 1e-4
    score = CardScore(name="s", iou=0.5, f1=None, precision=None, recall=None)
    card = write_card(
        path, run, made, seed=1, scores=CardScores(measured_on="x", statement="y", model=score)
    )
    assert card.trained_on is not None
    assert card.trained_on.images == 8
    masker = OnnxMasker(model=path)
    for held in made[:2]:
        flown = masker.predict_image(held.dn, RADIOMETRY)
        assert np.abs(flown - probability(run.network, held, 8)).max() < 1e-4


def test_an_evaluation_judges_every_human_labelled_image_by_a_network_that_never_saw_it(tmp_path):
    found = evaluate(images(), recipe(), tmp_path / "work")
    assert [judged.parameters for judged in found.judged] == [40_577, 1, 625, 40_577]
    for runs in found.runs.values():
        for ids, run in zip(found.folds, runs, strict=True):
            assert set(ids).isdisjoint(run.trained_on)
    assert all(sorted(judged.estimates) == ["i0", "i1", "i2", "i3"] for judged in found.judged)
    assert found.judged[1].scores.iou == 1

    write_findings(found, tmp_path / "out")
    scores = card_scores(tmp_path / "out" / "baseline.json")
    assert scores.model.name == Student.name
    assert [row.name for row in scores.baselines] == [judged.name for judged in found.judged[1:]]
    page = (tmp_path / "out" / "README.md").read_text()
    assert all(f"| i{number} |" in page for number in range(4))


def test_findings_that_are_none_are_refused(tmp_path):
    (tmp_path / "baseline.json").write_text("{}")
    with pytest.raises(MaskerError, match="no findings"):
        card_scores(tmp_path / "baseline.json")
