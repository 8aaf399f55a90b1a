"""Pooled counts, against sums by hand and laws of any pooling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from payload.errors import MaskerError
from payload.training.images import LabelledImage
from payload.training.judge.judging import (
    Judged,
    answer,
    cover_class,
    judge,
    known_px,
    said_cover,
    summarise,
)
from payload.types import CoverEstimate

LABELS = st.sampled_from([0, 1, 2, 255])


def test_scores_are_those_of_a_sum_by_hand(picture, says):
    truth = [[1, 1, 1, 0], [0, 2, 255, 255]]
    said = [[1, 1, 0, 1], [0, 1, 1, 0]]
    summary = judge(says(), [picture(truth, said)]).summary
    # Two right, one missed, two false (one of them shadow), one clear; two unknown.
    assert summary.known_px == 6
    assert summary.scores.iou == pytest.approx(2 / 5)
    assert summary.scores.precision == pytest.approx(2 / 4)
    assert summary.scores.recall == pytest.approx(2 / 3)
    assert summary.scores.f1 == pytest.approx(2 * 2 / (4 + 3))
    assert summary.false_cloud_share == pytest.approx(2 / 3)
    assert summary.bias == pytest.approx(4 / 6 - 3 / 6)


def test_bias_tells_a_sign_that_the_error_does_not(picture, says):
    images = [
        picture([[1, 0, 0, 0]], [[1, 1, 0, 0]], "over"),
        picture([[1, 1, 1, 0]], [[1, 1, 0, 0]], "under"),
    ]
    summary = judge(says(), images).summary
    assert summary.bias == pytest.approx(0)
    assert summary.error == pytest.approx(0.25)


@given(arrays(np.uint8, (5, 7), elements=LABELS), st.integers(1, 8), st.integers(0, 99))
def test_tiles_add_up_to_the_image(truth, tile_px, seed):
    said = np.random.default_rng(seed).random((5, 7), dtype=np.float32)
    blank = np.zeros((4, 5, 7), np.uint16)
    image = LabelledImage("a", "s", "made", "none", True, blank, truth)
    found = answer(image, said, truth, threshold=0.5, tile_px=tile_px)
    for field in ("valid_px", "cloud_px", "true_cloud_px", "false_cloud_px", "missed_cloud_px"):
        whole = getattr(found.estimate, field)
        assert sum(getattr(tile, field) for tile in found.tiles) == whole
    assert (found.cloud == (said >= np.float32(0.5))).all()
    assert known_px(found.estimate) == (truth != 255).sum()


def test_folds_put_together_are_judged_as_one(picture, says):
    rng = np.random.default_rng(3)
    images = [
        picture(rng.integers(0, 2, (6, 6)), rng.random((6, 6)), f"i{number}") for number in range(5)
    ]
    whole = judge(says(), images)
    folded = Judged.of("says blue", [judge(says(), images[3:]), judge(says(), images[:3])])
    assert folded.summary == whole.summary
    assert [a.image for a in folded.answers] == [a.image for a in whole.answers]
    assert folded.reliability.ece == pytest.approx(whole.reliability.ece)


def test_no_image_is_judged_twice_and_no_judgement_is_of_nothing(picture, says):
    one = judge(says(), [picture([[1]])])
    with pytest.raises(MaskerError, match="more than once"):
        Judged.of("x", [one, one])
    with pytest.raises(MaskerError, match="no image"):
        judge(says(), [])
    with pytest.raises(MaskerError, match="of the same size"):
        Judged.of("x", [])
    other = judge(says(parameters=7), [picture([[1]], id_="b")])
    with pytest.raises(MaskerError, match="0, 7 parameters"):
        Judged.of("x", [one, other])


def test_groups_are_by_source_by_surface_and_by_true_cover(picture, says):
    images = [
        picture([[0, 0]], id_="a", source="one", surface="snow"),
        picture([[1, 0]], id_="b", source="two", surface="snow"),
        picture([[1, 1]], id_="c", source="two"),
        picture([[255, 255]], id_="d", source="three"),
    ]
    judged = judge(says(), images)
    assert {name: one.images for name, one in judged.by_source().items()} == {"one": 1, "two": 2}
    assert {name: one.images for name, one in judged.by_surface().items()} == {
        "(unnamed)": 1,
        "snow": 2,
    }
    assert list(judged.by_cover()) == ["0 %", "10 to 50 %", "90 to 100 %"]
    unnamed = judge(says(), [picture([[0]])])
    assert unnamed.by_surface() == {}
    assert judged.summary.images == 3


@pytest.mark.parametrize(
    ("cloudy", "name"),
    [
        (0, "0 %"),
        (1, "0 to 10 %"),
        (100, "0 to 10 %"),
        (101, "10 to 50 %"),
        (500, "10 to 50 %"),
        (501, "50 to 90 %"),
        (900, "50 to 90 %"),
        (901, "90 to 100 %"),
        (1000, "90 to 100 %"),
    ],
)
def test_a_class_of_cover_reaches_up_to_its_limit(cloudy, name):
    estimate = CoverEstimate(1000, 0, 0, cloudy, 0, 1000 - cloudy)
    assert cover_class(estimate) == name


def test_an_image_of_unknown_truth_counts_nowhere(picture, says):
    known, unknown = picture([[1, 0]], [[1, 0]], "a"), picture([[255]], [[1]], "b")
    assert judge(says(), [known, unknown]).summary == judge(says(), [known]).summary
    with pytest.raises(MaskerError, match="known truth"):
        summarise(judge(says(), [unknown]).answers)


def test_said_cover_is_of_the_same_pixels_as_true_cover(picture, says):
    found = judge(says(), [picture([[1, 0, 255, 255]], [[1, 0, 1, 1]])]).answers[0]
    assert found.estimate.cover == pytest.approx(3 / 4)
    assert said_cover(found.estimate) == pytest.approx(1 / 2)
