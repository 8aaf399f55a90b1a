"""Clouds: made up within what light allows, or taken from a pair of images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.rng import stream
from payload.training.compose.sky import (
    KINDS,
    draw_sky,
    haloed,
    real_clouds,
    self_shaded,
    towards_sun,
)
from payload.types import CLEAR, CLOUD, UNKNOWN

kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.depth.__name__)
seeds = st.integers(0, 10**6)


def sky(seed, *, sun=40.0, real=()):
    return draw_sky(
        stream(seed, "sky"), 48, sun_elevation_deg=sun, sun_azimuth_deg=130.0, real=real
    )


@kinds
@given(seed=seeds, side=st.integers(16, 64))
def test_every_kind_has_an_optical_depth_that_is_one(kind, seed, side):
    depth = kind.depth(stream(seed, "kind"), side)
    assert depth.shape == (side, side)
    assert depth.dtype == np.float32
    assert np.isfinite(depth).all()
    assert depth.min() >= 0
    assert np.array_equal(depth, kind.depth(stream(seed, "kind"), side))


@kinds
def test_every_kind_is_seen_and_differs_from_draw_to_draw(kind):
    depths = [kind.depth(stream(n, "kind"), 64) for n in range(8)]
    assert max(float(depth.max()) for depth in depths) > 1
    assert not np.array_equal(depths[0], depths[1])


def test_kinds_can_be_drawn_and_float_above_the_ground():
    for kind in KINDS:
        assert kind.share > 0
        assert 0 < kind.height_m[0] < kind.height_m[1] < 20_000  # the tropopause and a little


@given(seed=seeds, sun=st.floats(8, 76))
def test_a_sky_sends_back_and_lets_through_no_more_than_it_gets(seed, sun):
    found = sky(seed, sun=sun)
    assert found.cloud.shape == found.beam.shape == (48, 48)
    assert found.cloud.dtype == found.beam.dtype == np.float32
    assert np.isfinite(found.cloud).all()
    assert found.cloud.min() >= 0
    assert found.cloud.max() <= 1.6  # where clouds face the sun they pass 1
    assert 0 <= found.beam.min() <= found.beam.max() <= 1
    lowest, highest = (pick(kind.height_m[i] for kind in KINDS) for i, pick in ((0, min), (1, max)))
    assert lowest - 1 <= found.height_m <= highest + 1


@given(seed=seeds)
def test_where_there_is_no_cloud_the_sun_shines(seed):
    found = sky(seed)
    assert (found.beam[found.cloud == 0] > 0.999).all()
    assert (found.beam[found.cloud > 0.6] < 0.5).all()


def test_a_low_sun_shines_less_through_the_same_cloud():
    for seed in range(10):
        low, high = sky(seed, sun=10.0), sky(seed, sun=70.0)
        assert (low.beam <= high.beam + 1e-6).all()


def test_a_low_sun_lights_the_side_that_faces_it():
    # Sun in the east: going east, thickening cloud faces west. Light falls against it.
    together = []
    for seed in range(60):
        found = draw_sky(
            stream(seed, "side"), 48, sun_elevation_deg=8.0, sun_azimuth_deg=90.0, real=()
        )
        thick = -np.log(np.maximum(found.beam, 1e-30))
        rising = np.gradient(thick, axis=1)
        # Over the far side and the near side of equal depth, the near side is brighter.
        whole = (thick > 0.5) & (thick < 20)
        if whole.sum() < 200:
            continue
        near, far = whole & (rising < 0), whole & (rising > 0)
        together.append(float(found.cloud[near].mean() - found.cloud[far].mean()))
    assert len(together) > 10
    assert np.mean(together) > 0


def test_what_lies_towards_the_sun_is_found_there():
    """Rows grow to the south, columns to the east."""
    one = np.zeros((20, 20), np.float32)
    one[10, 10] = 1
    for azimuth_deg, place in ((0, (13, 10)), (90, (10, 7)), (180, (7, 10)), (270, (10, 13))):
        assert towards_sun(one, 3.0, azimuth_deg)[place] == 1


@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0, 180.0, 270.0])
def test_a_tower_darkens_the_low_cloud_behind_it_as_far_as_its_shadow_reaches(azimuth_deg):
    cloud = np.full((96, 96), 0.2, np.float32)
    cloud[44:52, 44:52] = 1.0
    thick_px, slope = 10.0, 0.5  # the tower stands 8 px over the rest: its shadow is 16 px long
    found = self_shaded(cloud, thick_px, slope=slope, azimuth_deg=azimuth_deg)
    dark = found < 0.95 * cloud
    rows, cols = np.nonzero(dark)
    away = {0.0: (1, 0), 90.0: (0, -1), 180.0: (-1, 0), 270.0: (0, 1)}[azimuth_deg]
    along = (rows - 47.5) * away[0] + (cols - 47.5) * away[1]
    beside = (rows - 47.5) * away[1] + (cols - 47.5) * away[0]
    assert along.min() > 0
    assert 13 < along.max() - 4 < 18
    assert abs(beside).max() < 7
    assert (found <= cloud).all()
    assert found.min() > 0.5 * 0.2


@given(seed=seeds, thick=st.floats(0, 30), slope=st.floats(0.14, 4))
def test_no_cloud_gets_brighter_by_shade_and_flat_ones_stay_as_they_are(seed, thick, slope):
    cloud = sky(seed).cloud
    shaded = self_shaded(cloud, thick, slope=slope, azimuth_deg=77.0)
    assert (shaded <= cloud * (1 + 1e-6)).all()
    assert (shaded >= 0.5 * cloud).all()
    flat = np.full_like(cloud, 0.6)
    assert self_shaded(flat, thick, slope=slope, azimuth_deg=77.0) == pytest.approx(flat, rel=1e-5)


@given(seed=seeds)
def test_a_halo_only_adds_and_fades_out(seed):
    depth = np.zeros((96, 96), np.float32)
    depth[40:56, 40:56] = 20
    found = haloed(stream(seed, "halo"), depth)
    assert (found >= depth).all()
    outward = found[48, 56:90]
    assert (np.diff(outward) <= 1e-6).all()
    assert 0 < outward[0] <= 3
    assert outward[-1] < 0.05 * outward[0]


def test_real_clouds_are_drawn_where_there_are_some_and_as_they_are():
    real = (np.full((60, 50), 0.5, np.float32),)
    drawn = [sky(seed, real=real) for seed in range(60)]
    flat = [each for each in drawn if float(each.cloud.std()) < 1e-6]
    assert flat
    assert len(flat) < 60
    assert all(0.2 < float(each.cloud.mean()) < 0.7 for each in flat)
    assert all(each.beam.shape == (48, 48) for each in flat)


def pair(opacity, *, ground=(0.05, 0.08, 0.06, 0.3), white=1.0):
    """A clear image, and the same under a cloud that sends back this share of light."""
    clear = np.broadcast_to(np.array(ground, np.float32)[:, None, None], (4, *opacity.shape))
    clear = clear.copy()
    return clear, (clear + opacity * (white - clear)).astype(np.float32)


def blob(share):
    """A round cloud of constant opacity."""
    rows, cols = np.mgrid[0:64, 0:64]
    inside = np.hypot(rows - 30, cols - 34) < 18
    return np.where(inside, share, 0).astype(np.float32), inside


@pytest.mark.parametrize("share", [0.1, 0.35, 0.6, 0.95])
def test_the_opacity_that_was_put_in_is_found_again(share):
    opacity, inside = blob(share)
    clear, cloudy = pair(opacity)
    truth = np.where(inside, CLOUD, CLEAR).astype(np.uint8)
    found = real_clouds(clear, cloudy, truth)
    assert found.dtype == np.float32
    rows, cols = np.mgrid[0:64, 0:64]
    away = np.hypot(rows - 30, cols - 34)
    assert found[away < 15] == pytest.approx(share, abs=0.01)
    assert found[away > 21] == pytest.approx(0, abs=0.01)


def test_ground_that_changed_its_colour_is_no_cloud():
    opacity, inside = blob(0.5)
    clear, cloudy = pair(opacity)
    cloudy[2, :20, :20] += 0.3  # a field was ploughed: brighter in red alone
    truth = np.where(inside, CLOUD, CLEAR).astype(np.uint8)
    found = real_clouds(clear, cloudy, truth)
    assert found[2:10, 2:10].max() < 0.01


def test_what_people_called_clear_counts_for_less_than_what_they_did_not_know():
    opacity, inside = blob(0.5)
    opacity[:, :8] = 0.4
    clear, cloudy = pair(opacity)
    truth = np.where(inside, CLOUD, CLEAR).astype(np.uint8)
    said_clear = real_clouds(clear, cloudy, truth)[32, 4]
    truth[:, :8] = UNKNOWN
    unknown = real_clouds(clear, cloudy, truth)[32, 4]
    assert 0 < said_clear < unknown
    assert unknown == pytest.approx(0.4, abs=0.01)


def test_a_darker_image_has_no_cloud_below_nothing_and_no_pixel_beyond_reason():
    clear, cloudy = pair(blob(0.5)[0])
    truth = np.where(blob(0.5)[1], CLOUD, CLEAR).astype(np.uint8)
    dark = real_clouds(clear, np.zeros_like(cloudy), truth)
    bright = real_clouds(clear, cloudy * 9, truth)
    assert dark.min() >= 0
    assert bright.max() <= 1.2 + 1e-6


@pytest.mark.parametrize("code", [CLEAR, CLOUD, UNKNOWN])
def test_an_image_all_of_a_kind_gives_no_clouds(code):
    clear, cloudy = pair(np.full((32, 32), 0.5, np.float32))
    assert real_clouds(clear, cloudy, np.full((32, 32), code, np.uint8)) is None


def test_images_are_not_changed():
    opacity, inside = blob(0.5)
    clear, cloudy = pair(opacity)
    kept = clear.copy(), cloudy.copy()
    real_clouds(clear, cloudy, np.where(inside, CLOUD, CLEAR).astype(np.uint8))
    assert np.array_equal(clear, kept[0])
    assert np.array_equal(cloudy, kept[1])
