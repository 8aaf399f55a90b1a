"""What a student is shown: crops drawn by seed and step, with weights for whom to believe."""

from dataclasses import fields, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from payload.training.images import LabelledImage
from payload.training.lessons import Augmentation, Lesson, draw_batch

STILL = Augmentation(
    **dict.fromkeys((field.name for field in fields(Augmentation)), 0.0)
    | {"crop_px": 32, "zoom": 1.0}
)
SHAKEN = Augmentation(
    crop_px=32, zoom=2.0, gain=0.2, band_gain=0.02, offset=0.02, noise=0.01, coarse_share=0.5
)


def lesson(image, *, soft=None, trust=0.8, share=1.0):
    """A lesson with a teacher who says the same of every pixel, if any."""
    said = None if soft is None else np.full(image.truth.shape, round(250 * soft), np.uint8)
    return Lesson(image, said, trust, share)


def parts(batch):
    return [getattr(batch, name) for name in type(batch).__slots__]


@pytest.fixture
def taught(eight):
    """Eight images, every other with a teacher."""
    return [lesson(image, soft=0.3 if n % 2 else None) for n, image in enumerate(eight)]


def test_a_batch_is_a_function_of_lessons_seed_and_step(taught):
    first = draw_batch(taught, SHAKEN, 4, seed=1, step=5)
    draw_batch(taught, SHAKEN, 4, seed=1, step=6)
    again = draw_batch(taught, SHAKEN, 4, seed=1, step=5)
    assert all(torch.equal(*both) for both in zip(parts(first), parts(again), strict=True))
    for other in (
        draw_batch(taught, SHAKEN, 4, seed=1, step=6),
        draw_batch(taught, SHAKEN, 4, seed=2, step=5),
    ):
        assert not torch.equal(first.bands, other.bands)


def test_drawing_leaves_torchs_own_random_state_alone(taught):
    before = torch.random.get_rng_state()
    draw_batch(taught, SHAKEN, 4, seed=1, step=5)
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_batch_is_float32_and_of_one_size(taught):
    batch = draw_batch(taught, SHAKEN, 5, seed=1, step=0)
    assert batch.bands.shape == (5, 4, 32, 32)
    for plane in parts(batch)[1:]:
        assert plane.shape == (5, 1, 32, 32)
        assert plane.min() >= 0
        assert plane.max() <= 1
    assert all(part.dtype == torch.float32 for part in parts(batch))


def test_weights_of_label_and_teacher_add_to_one_where_anything_is_known(taught):
    batch = draw_batch(taught, SHAKEN, 64, seed=1, step=0)
    both = batch.label_weight + batch.soft_weight
    has_teacher = batch.soft_weight.amax(dim=(1, 2, 3), keepdim=True) > 0
    known = batch.label_weight > 0
    assert torch.allclose(both[known], torch.tensor(1.0))
    assert torch.allclose(both[(~known) & has_teacher.expand_as(known)], torch.tensor(1.0))
    assert (both[(~known) & ~has_teacher.expand_as(known)] == 0).all()
    assert has_teacher.any()
    assert not has_teacher.all()


@pytest.mark.parametrize("trust", [0.0, 0.3, 1.0])
def test_known_pixels_believe_the_label_by_its_trust_and_unknown_ones_the_teacher_alone(
    made, trust
):
    image = made(1, side=64)
    batch = draw_batch([lesson(image, soft=0.3, trust=trust)], SHAKEN, 32, seed=1, step=0)
    unknown = batch.soft_weight == 1
    if trust:
        assert batch.label_weight.unique().tolist() == pytest.approx([0, trust])
        assert unknown.any()
        assert torch.allclose(batch.soft_weight[~unknown], torch.tensor(1 - trust))
    else:
        assert unknown.all()
    assert (batch.label_weight[unknown] == 0).all()
    assert batch.soft.unique().tolist() == pytest.approx([0.3])


def test_without_a_teacher_labels_alone_count_whatever_their_trust(made):
    batch = draw_batch([lesson(made(1, side=64), trust=0.2)], SHAKEN, 32, seed=1, step=0)
    assert set(batch.label_weight.unique().tolist()) == {0.0, 1.0}
    assert (batch.soft_weight == 0).all()


def test_shadow_is_not_cloud(made):
    image = made(1, side=64)
    shaded = replace(image, truth=np.full((64, 64), 2, np.uint8))
    batch = draw_batch([lesson(shaded)], STILL, 4, seed=1, step=0)
    assert (batch.cloud == 0).all()
    assert (batch.label_weight == 1).all()


def test_zooming_and_turning_keep_the_values_of_truth_and_opinion(made):
    image = made(1, side=96)
    rng = np.random.default_rng(0)
    said = rng.choice(np.array([0, 50, 250], np.uint8), size=image.truth.shape)
    batch = draw_batch([Lesson(image, said, 0.5, 1.0)], SHAKEN, 64, seed=2, step=0)
    assert set(batch.cloud.unique().tolist()) == {0.0, 1.0}
    assert batch.soft.unique().tolist() == pytest.approx([0, 0.2, 1])
    assert set(batch.label_weight.unique().tolist()) == {0.0, 0.5}


def test_pixels_truth_and_opinion_turn_and_zoom_together(made):
    image = made(3, side=96)
    said = np.where(image.truth == 1, 250, 0).astype(np.uint8)
    batch = draw_batch([Lesson(image, said, 0.5, 1.0)], SHAKEN, 64, seed=2, step=0)
    known = batch.label_weight > 0
    bright = batch.bands[:, :1] > 0.3
    assert ((batch.cloud == 1) == bright)[known].float().mean() > 0.95  # zooming blurs edges
    assert torch.equal((batch.soft == 1)[known], (batch.cloud == 1)[known])
    assert 0.05 < batch.cloud[known].mean() < 0.95


def test_without_augmentation_a_crop_is_a_piece_of_the_image_turned(made):
    image = made(1, side=40)
    image = replace(image, dn=np.arange(4 * 40 * 40, dtype=np.uint16).reshape(4, 40, 40))
    batch = draw_batch([lesson(image)], STILL, 16, seed=1, step=0)
    orders = set()
    for crop in batch.bands.numpy():
        dn = np.rint(crop * 10_000).astype(int)
        assert (np.diff(dn, axis=0) == 1_600).all()  # bands stay in their order
        steps = (int(dn[0, 1, 0] - dn[0, 0, 0]), int(dn[0, 0, 1] - dn[0, 0, 0]))
        assert (np.diff(dn[0], axis=0) == steps[0]).all()
        assert (np.diff(dn[0], axis=1) == steps[1]).all()
        orders.add(steps)
    assert orders <= {(a, b) for a, b in [(40, 1), (1, 40)] for a in (a, -a) for b in (b, -b)}
    assert len(orders) > 4


def test_small_images_are_enlarged_and_large_ones_seen_in_pieces(made):
    small = replace(made(1, side=24), id="small")
    wide = LabelledImage(
        "wide", "w", "made", "own", is_human=False,
        dn=np.full((4, 20, 90), 5_000, np.uint16), truth=np.ones((20, 90), np.uint8),
    )  # fmt: skip
    for image in (small, wide):
        batch = draw_batch([lesson(image)], replace(SHAKEN, crop_px=64), 8, seed=1, step=0)
        assert batch.bands.shape == (8, 4, 64, 64)
        assert torch.isfinite(batch.bands).all()


def test_shares_decide_how_often_an_image_is_drawn(made):
    dark, bright = (
        replace(made(n, side=40), dn=np.full((4, 40, 40), level, np.uint16))
        for n, level in ((0, 1_000), (1, 9_000))
    )
    never = replace(made(2, side=40), dn=np.full((4, 40, 40), 5_000, np.uint16))
    taught = [lesson(dark, share=3.0), lesson(bright, share=1.0), lesson(never, share=0.0)]
    batch = draw_batch(taught, STILL, 400, seed=1, step=0)
    levels = batch.bands.mean(dim=(1, 2, 3))
    assert float((levels < 0.2).float().mean()) == pytest.approx(0.75, abs=0.08)
    assert not ((levels > 0.4) & (levels < 0.6)).any()


def test_a_crop_strays_from_its_image_no_further_than_allowed(made):
    image = replace(made(0, side=64), dn=np.full((4, 64, 64), 4_000, np.uint16))
    how = replace(SHAKEN, noise=0.0, coarse_share=0.0)
    batch = draw_batch([lesson(image)], how, 200, seed=1, step=0)
    levels = batch.bands.mean(dim=(2, 3))
    assert levels.min() >= 0.4 * (1 - 0.22) - 0.02 - 1e-6
    assert levels.max() <= 0.4 * (1 + 0.22) + 0.02 + 1e-6
    assert levels.std() > 0.02
    apart = (levels - levels.mean(dim=1, keepdim=True)).abs().max()
    assert 0 < apart < 0.4 * 0.04


def test_a_coarse_sensor_has_256_levels(made):
    how = replace(STILL, coarse_share=1.0)
    batch = draw_batch([lesson(made(0, side=64))], how, 2, seed=1, step=0)
    steps = batch.bands * 255 / 1.3
    assert torch.allclose(steps, steps.round(), atol=1e-3)


def test_noise_has_no_more_than_its_deviation(made):
    image = replace(made(0, side=64), dn=np.full((4, 64, 64), 4_000, np.uint16))
    batch = draw_batch([lesson(image)], replace(STILL, noise=0.05), 50, seed=1, step=0)
    deviations = batch.bands.std(dim=(1, 2, 3))
    assert deviations.max() < 0.05 * 1.1
    assert deviations.max() > 2 * deviations.min()


def test_a_band_beside_the_others_is_a_pixel_beside_them(made):
    image = replace(made(1, side=32))
    pattern = np.arange(32 * 32, dtype=np.uint16).reshape(32, 32)
    image = replace(image, dn=np.stack([pattern] * 4))
    batch = draw_batch([lesson(image)], replace(STILL, shifted_share=1.0), 24, seed=1, step=0)
    for crop in batch.bands:
        alike = [int((crop == band).all(dim=(1, 2)).sum()) for band in crop]
        assert sorted(alike) == [1, 3, 3, 3]
        odd, other = crop[alike.index(1)], crop[alike.index(3)]
        assert any(
            torch.equal(odd, torch.roll(other, step, dims=axis))
            for step in (-1, 1)
            for axis in (0, 1)
        )
