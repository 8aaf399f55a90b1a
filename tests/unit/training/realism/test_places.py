"""Rendered views: where they are, and that they repeat."""

from datetime import timedelta

import numpy as np
import pytest

from payload.training.realism.places import MIN_SUN_DEG, WATER_SHARE, places, render
from payload.training.realism.shots import BIT_DEPTH, CLASSES_M
from payload.types import CLOUD
from payload.world.globe import land_fraction
from payload.world.synthetic import Synthetic


def test_a_shorter_list_of_places_begins_a_longer_one():
    assert places(3, 10.0, 12)[:5] == places(3, 10.0, 5)
    assert places(3, 10.0, 5) != places(4, 10.0, 5)


@pytest.mark.parametrize("gsd_m", CLASSES_M)
def test_places_are_lit_at_half_past_ten_and_as_wet_as_the_real_ones(gsd_m):
    found = places(1, gsd_m, 200)
    assert min(place.sun_elevation_deg for place in found) > MIN_SUN_DEG
    for place in found:
        local = place.utc + timedelta(hours=place.lon_deg / 15)
        assert local.hour * 60 + local.minute + local.second / 60 == pytest.approx(630, abs=1)
    lat, lon = (np.array([getattr(p, key) for p in found]) for key in ("lat_deg", "lon_deg"))
    assert 1 - land_fraction(lat, lon).mean() == pytest.approx(WATER_SHARE[gsd_m], abs=0.1)


def test_a_view_repeats_and_tells_thin_cloud_from_thick():
    counts = {10.0: 2, 30.0: 2}
    first, again = (list(render(Synthetic(seed=5), seed=5, counts=counts)) for _ in range(2))
    assert [shot.kind for shot in first] == ["10 m", "10 m", "30 m", "30 m"]
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.dn, b.dn)
        np.testing.assert_array_equal(a.truth, b.truth)
        assert int(a.dn.max()) < 2**BIT_DEPTH
        assert not (a.thin & (a.truth != CLOUD)).any()
    assert len({shot.place for shot in first}) == 4


def test_where_truth_calls_only_thick_cloud_cloud_none_is_thin():
    world = Synthetic(seed=5, cloud_optical_depth=5.0)
    assert not any(shot.thin.any() for shot in render(world, seed=5, counts={10.0: 3, 30.0: 0}))
