"""Cover and scores, against an example worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import MaskerError
from payload.masking.scores import Scores, estimate_cover, pool, score
from payload.types import CloudMask, CoverEstimate, Patch

# Truth: cloud cloud clear shadow unknown / cloud clear clear cloud unknown.
TRUTH = np.array([[1, 1, 0, 2, 255], [1, 0, 0, 1, 255]], np.uint8)
SAID = np.array([[1, 0, 1, 1, 1], [1, 0, 0, 1, 0]], np.float32)


def patch(truth=TRUTH, valid=None):
    return Patch(np.zeros((4, 2, 5), np.uint16), truth, valid)


def test_counts_are_those_of_the_hand_worked_example():
    # Both say cloud: (0,0), (1,0), (1,3). Missed: (0,1). False: (0,2) and the shadow (0,3).
    # Neither: (1,1), (1,2). The two unknown pixels are cover (one of them cloud), but no score.
    found = estimate_cover(CloudMask(SAID, 0.5), patch())
    assert found == CoverEstimate(10, 6, 3, 1, 2, 2, 6.0)
    assert found.cover == 0.6


def test_scores_are_those_of_the_hand_worked_example():
    found = pool([estimate_cover(CloudMask(SAID, 0.5), patch())])
    assert found is not None
    assert (found.iou, found.precision, found.recall) == (3 / 6, 3 / 5, 3 / 4)
    assert found.f1 == pytest.approx(2 * (3 / 5) * (3 / 4) / (3 / 5 + 3 / 4))


def test_pixels_without_data_count_nowhere():
    valid = np.ones((2, 5), np.bool_)
    valid[0] = False
    assert estimate_cover(CloudMask(SAID, 0.5), patch(valid=valid)) == CoverEstimate(
        5, 2, 2, 0, 0, 2, 2.0
    )
    nothing = estimate_cover(CloudMask(SAID, 0.5), patch(valid=np.zeros((2, 5), np.bool_)))
    assert nothing.cover is None


def test_without_truth_there_is_cover_and_no_score():
    found = estimate_cover(CloudMask(SAID, 0.5), patch(truth=None))
    assert found == CoverEstimate(10, 6, expected_cloud_px=6.0)
    assert pool([found]) is None
    assert pool([]) is None


def test_tiles_without_truth_leave_the_pool_alone():
    known = estimate_cover(CloudMask(SAID, 0.5), patch())
    assert pool([known, CoverEstimate(100, 50)]) == pool([known])


def test_an_all_clear_image_called_clear_has_no_scores():
    assert score(true_cloud_px=0, missed_cloud_px=0, false_cloud_px=0) == Scores(
        None, None, None, None
    )


def test_an_all_clear_image_called_cloud_scores_zero_and_has_no_recall():
    found = score(true_cloud_px=0, missed_cloud_px=0, false_cloud_px=7)
    assert found == Scores(iou=0.0, f1=0.0, precision=0.0, recall=None)


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(MaskerError, match="does not fit"):
        estimate_cover(CloudMask(np.zeros((3, 3), np.float32), 0.5), patch())


@given(*(st.integers(0, 1000) for _ in range(3)))
def test_f1_and_iou_tell_the_same_story(both, missed, false):
    found = score(true_cloud_px=both, missed_cloud_px=missed, false_cloud_px=false)
    if found.iou is None:
        assert both == missed == false == 0
        return
    assert found.f1 == pytest.approx(2 * found.iou / (1 + found.iou))
