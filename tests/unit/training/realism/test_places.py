"""Rendered views: where they are, and that they repeat."""

from datetime import timedelta

import numpy as np
import pytest

from payload.errors import ScenarioError
from payload.training.realism.places import (
    COVERS,
    MIN_SUN_DEG,
    SKIES,
    WATER_SHARE,
    places,
    render,
)
from payload.training.realism.shots import BIT_DEPTH, CLASSES_M
from payload.types import CLOUD
from payload.world.globe import land_fraction
from payload.world.synthetic import Synthetic


def test_a_shorter_list_of_places_begins_a_longer_one():
    world = Synthetic(seed=3)
    assert places(world, seed=3, gsd_m=10.0, count=12)[:5] == places(
        world, seed=3, gsd_m=10.0, count=5
    )
    assert places(world, seed=3, gsd_m=10.0, count=5) != places(world, seed=4, gsd_m=10.0, count=5)


@pytest.mark.parametrize("gsd_m", CLASSES_M)
def test_places_are_lit_at_half_past_ten_and_as_wet_as_the_real_ones(gsd_m):
    found = places(Synthetic(seed=1), seed=1, gsd_m=gsd_m, count=100)
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


@pytest.mark.parametrize("gsd_m", CLASSES_M)
def test_covers_are_spread_as_those_of_the_real_images(gsd_m):
    shots = render(Synthetic(seed=2), seed=2, counts={10.0: 0, 30.0: 0} | {gsd_m: 60})
    covers = [np.mean(shot.truth == CLOUD) for shot in shots]
    share = np.histogram(covers, COVERS)[0] / len(covers)
    assert share[0] == pytest.approx(SKIES[gsd_m][0], abs=0.15)
    assert np.cumsum(share)[2] == pytest.approx(np.cumsum(SKIES[gsd_m])[2], abs=0.15)


def test_a_world_without_such_skies_is_refused(monkeypatch):
    monkeypatch.setattr("payload.training.realism.places._MOST_TRIES", 500)
    with pytest.raises(
        ScenarioError, match="500 places of this world have no scene with a cloud cover between"
    ):
        places(Synthetic(seed=2, mean_cloud_cover=1.0), seed=2, gsd_m=10.0, count=5)
