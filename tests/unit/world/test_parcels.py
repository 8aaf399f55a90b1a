"""Parcels: laid out alike whoever looks, evenly spread, as large as told."""

import numpy as np
import pytest

from payload.types import Window
from payload.world.grid import SceneGrid
from payload.world.parcels import Parcels


def parcels(window, *, lat=50.0, lon=8.0, gsd_m=10.0, seed=3):
    grid = SceneGrid(lat, lon, gsd_m, 600, 600)
    footprint = grid.footprints(window)[0]
    return Parcels.at(seed, footprint, np.zeros(footprint.up.shape, np.float32))


def test_a_part_of_a_scene_has_the_parcels_of_the_whole():
    whole = parcels(Window(0, 0, 600, 600))
    part = parcels(Window(210, 333, 64, 50))
    here = np.s_[210:274, 333:383]
    assert np.array_equal(part.bits, whole.bits[here])
    assert np.array_equal(part.house(), whole.house()[here])
    assert np.array_equal(part.track(), whole.track()[here])


def test_crops_and_houses_are_spread_evenly():
    found = [parcels(Window(0, 0, 600, 600), lat=lat, gsd_m=60.0) for lat in range(-50, 50, 10)]
    crops = np.concatenate([np.unique(each.crop()) for each in found])
    houses = np.concatenate([np.unique(each.house()) for each in found])
    for values, low in ((crops, -1.0), (houses, 0.0)):
        assert values.size > 2000
        shares = np.histogram(values, bins=8, range=(low, 1.0))[0] / values.size
        assert shares == pytest.approx(np.full(8, 1 / 8), abs=0.03)


def test_parcels_are_as_large_as_fields_are():
    """One side is 80 to 700 m in the geometric mean of both, wherever one looks."""
    for lat, lon in ((50.0, 8.0), (-20.0, 130.0), (10.0, -60.0), (35.0, 100.0)):
        found = parcels(Window(0, 0, 600, 600), lat=lat, lon=lon)
        _, counts = np.unique(found.bits, return_counts=True)
        whole = counts[counts > np.quantile(counts, 0.5)].mean()  # borders cut some
        assert 40 < np.sqrt(whole) * 10.0 < 900


def test_tracks_are_thin_and_houses_stand_on_plots():
    found = parcels(Window(0, 0, 600, 600), gsd_m=5.0)
    assert 0 < found.track().mean() < 0.3
    same = found.house()[:, 1:] == found.house()[:, :-1]
    assert same.mean() > 0.5


def test_another_seed_lays_out_other_parcels():
    one, other = (parcels(Window(0, 0, 100, 100), seed=seed) for seed in (1, 2))
    assert not np.array_equal(one.bits, other.bits)
