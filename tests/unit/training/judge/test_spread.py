"""How sure a score is: against sums by hand, and against cases that leave no doubt."""

import numpy as np
import pytest

from payload.errors import MaskerError
from payload.training.judge.judging import judge
from payload.training.judge.spread import difference, spread


def test_a_spread_is_that_of_the_sample():
    found = spread([0.70, 0.74, 0.78])
    assert (found.mean, found.low, found.high) == pytest.approx((0.74, 0.70, 0.78))
    assert found.sd == pytest.approx(0.04)
    assert found.seeds == 3


def test_one_seed_has_no_spread_and_a_missing_score_no_mean():
    assert spread([0.5]).sd is None
    assert spread([0.5, None]) is None
    assert spread([]) is None


def test_a_masker_is_not_ahead_of_itself(picture, says):
    rng = np.random.default_rng(1)
    images = [picture(rng.integers(0, 2, (5, 5)), rng.random((5, 5)), f"i{n}") for n in range(6)]
    judged = judge(says(), images)
    found = difference([judged], [judged])
    assert (found.iou, found.low, found.high, found.ahead) == (0, 0, 0, 0)


def test_who_is_right_everywhere_is_ahead_whatever_scenes_there_are(picture, says):
    truth = np.array([[1, 1, 0, 0]])
    right = judge(says(), [picture(truth, truth, f"i{n}") for n in range(5)])
    wrong = judge(says(), [picture(truth, [[1, 0, 0, 0]], f"i{n}") for n in range(5)])
    found = difference([right], [wrong])
    assert (found.iou, found.low, found.high, found.ahead) == pytest.approx((0.5, 0.5, 0.5, 1))


def test_images_of_one_scene_are_drawn_together(picture, says):
    truth = np.array([[1, 1, 0, 0]])
    good, bad = truth, 1 - truth

    def judged(said_of_each, scenes):
        return judge(
            says(),
            [
                picture(truth, said, f"i{place}", scene=scene)
                for place, (said, scene) in enumerate(zip(said_of_each, scenes, strict=True))
            ],
        )

    apart = ["p", "q", "r", "s"]
    one, other = [good, good, bad, bad], [bad, bad, good, good]
    # All images in one scene: every draw is the whole set, and nothing is in doubt.
    together = difference([judged(one, ["p"] * 4)], [judged(other, ["p"] * 4)])
    assert (together.low, together.high) == pytest.approx((0, 0))
    drawn = difference([judged(one, apart)], [judged(other, apart)])
    assert drawn.low == pytest.approx(-1)
    assert drawn.high == pytest.approx(1)


def test_seeds_are_averaged_image_by_image(picture, says):
    truth = np.array([[1, 1, 0, 0]])
    right = judge(says(), [picture(truth, truth)])
    blind = judge(says(), [picture(truth, 0 * truth)])
    found = difference([right, blind], [blind])
    assert found.iou == pytest.approx(0.5)


def test_only_maskers_that_saw_the_same_are_compared(picture, says):
    one, other = (judge(says(), [picture([[1]], 1, id_)]) for id_ in "ab")
    with pytest.raises(MaskerError, match="same images"):
        difference([one], [other])


def test_without_any_cloud_nobody_is_ahead(picture, says):
    blind = judge(says(), [picture([[0]], 0)])
    assert difference([blind], [blind]) is None
