"""The networks that come with the package, on what nobody learned from and on what all have."""

import pytest

from payload.masking.packaged import NAMES, available, packaged
from payload.training.compose.composer import Composer
from payload.training.compose.grounds import CONFUSERS
from payload.training.judge.discards import discards
from payload.training.judge.judging import judge
from payload.training.predictors import OnnxPredictor
from payload.training.readers.plain import read

SEED, SCENES = 20_261, 50  # of no recipe
NNUNET_PARAMETERS = 33_472_684  # its default plan for 256 px; facts stand in each card


def network(name, precision):
    return OnnxPredictor(packaged(name, precision))


def test_each_student_is_packaged_in_both_precisions():
    assert available() == [(name, precision) for name in NAMES for precision in ("fp32", "int8")]


@pytest.mark.parametrize("name", NAMES)
def test_students_are_at_least_280_times_smaller_than_the_default_plan_of_nnunet(name):
    assert 280 * network(name, "int8").parameters <= NNUNET_PARAMETERS


@pytest.mark.parametrize("kind", CONFUSERS)
def test_hardly_any_clear_tile_of_confusing_ground_is_thrown_away(kind):
    """At most 5 % at the 50 % rule, as far as 50 scenes of a seed that no recipe has can tell."""
    composer = Composer(SEED)
    scenes = [composer.clear(kind, number) for number in range(SCENES)]
    half = discards(judge(network("default", "int8"), scenes))[kind][1]
    assert half.rule == 0.5
    assert half.lost.whole == 4 * SCENES
    assert half.lost.interval[0] <= 0.05


@pytest.mark.parametrize("name", NAMES)
def test_eight_bits_say_what_thirty_two_say_and_score_as_high(name, real_images):
    """Pixel agreement at least 0.998, loss of the Jaccard index at most 0.002, on human labels."""
    images = [image for image in read(real_images) if image.is_human]
    whole, eighth = (judge(network(name, kind), images) for kind in ("fp32", "int8"))
    same = [
        float((one.cloud == other.cloud).mean())
        for one, other in zip(whole.answers, eighth.answers, strict=True)
    ]
    assert sum(same) / len(same) >= 0.998
    assert eighth.summary.scores.iou >= whole.summary.scores.iou - 0.002
