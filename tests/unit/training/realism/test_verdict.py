"""Masks counted, criteria held against limits, tiles told apart, the picture drawn."""

import numpy as np
import pytest

from payload.errors import ScenarioError
from payload.training.realism.compare import Sample, thin_cloud
from payload.training.realism.criteria import Criterion
from payload.training.realism.masks import contents, marks
from payload.training.realism.page import MAX_PICTURE_BYTES, picture
from payload.training.realism.shots import CLEAR, CLOUDY
from payload.training.realism.verdict import separate


def test_marks_are_shares_of_pixels(shot):
    made = shot(1, cover=0.25)  # 128 x 128 of cloud, its lower half thin
    said = made.truth == 1
    said[96:128, :128] = False  # a quarter of the cloud, all of it thin
    said[200:232, :128] = True
    found = marks([made], [said])
    assert found.omission == pytest.approx(0.25)
    assert found.commission == pytest.approx(0.25)
    assert found.iou == pytest.approx(3 / 5)
    assert found.missed_thin == pytest.approx(0.5)
    assert found.missed_thick == 0.0
    assert found.false_cloud == pytest.approx(32 * 128 / (256 * 256 * 0.75))


def test_unknown_pixels_count_nowhere_and_nothing_said_is_no_mark(shot):
    made = shot(1, cover=0.25)
    made.truth[:128, 128:] = 255
    assert marks([made], [made.truth != 0]).commission == 0.0
    assert marks([made], [np.zeros((256, 256), np.bool_)]) is None


def test_contents_are_shares_of_the_tiles_with_cloud(shot):
    made = shot(1, cover=0.25)  # one tile of four is cloud
    made.truth[200:, 200:] = 2
    assert contents([]) is None
    found = contents(list(made.tiles()))
    assert (found.tiles, found.with_thin, found.with_shadow) == (1, 1.0, 0.0)
    assert found.thin == pytest.approx(0.5)
    assert found.cover == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("value", "met"), [(None, False), (0.1, False), (0.2, True), (0.4, True), (0.5, False)]
)
def test_a_criterion_is_met_between_its_limits(value, met):
    assert Criterion("", value, 0.2, 0.4).is_met is met


def test_rendered_tiles_without_grain_are_told_from_real_ones_and_alike_ones_are_not(shot):
    real = [tile for number in range(12) for tile in shot(number, cover=0.0).tiles()]
    for blur, low, high in ((3, 0.99, 1.0), (1, 0.2, 0.8)):
        rendered = [
            tile
            for number in range(20, 32)
            for tile in shot(number, rendered=True, cover=0.0, blur=blur).tiles()
        ]
        found = separate(real, rendered)
        assert low <= found[CLEAR].auc <= high
        assert found[CLEAR].real == found[CLEAR].rendered == 48
        assert low - 0.15 <= found[CLEAR].auc_of_all <= 1
        assert found[CLOUDY].auc == 0.5  # there is none
    assert found[CLEAR].features[0].tells >= found[CLEAR].features[-1].tells


def test_the_picture_shows_rendered_shots_alone_and_is_small(shot):
    rendered = [shot(number, rendered=True, gsd_m=10.0 + 20 * (number % 2)) for number in range(50)]
    alone = picture(rendered)
    assert alone.startswith(b"\x89PNG")
    assert len(alone) < MAX_PICTURE_BYTES
    assert picture([*rendered, shot(99)]) == alone


@pytest.mark.parametrize("options", [{"no_such": "1"}, {"snr": "loud"}])
def test_a_world_that_is_not_to_be_had_is_refused(options):
    with pytest.raises(ScenarioError, match="synthetic Earth"):
        Sample(options=options).world  # noqa: B018 - asking for it is the test


def test_options_reach_the_world_and_the_page():
    sample = Sample(seed=3, options={"haze_optical_depth": "0.3"})
    assert sample.world.haze_optical_depth == 0.3
    assert sample.described == "The world: haze_optical_depth=0.3; seed 3."


def test_people_say_where_cloud_is_thin_on_some_masks(real_images):
    thin = thin_cloud(real_images, "l8biome_Forest_01_2715")
    assert thin.shape == (256, 256)
    assert 0.0 < thin.mean() < 0.5
    assert thin_cloud(real_images, "eolearn_ref0") is None
