"""The compiled search for tiles that resemble others finds what numpy finds, and numpy what a plain count finds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.surrogate import PACKAGED, quick, read_surrogate
from payload.surrogate.likeness import GROUPS, kind, kind_of, likeness
from payload.types import SURFACES, Glance

COVERS = st.one_of(st.sampled_from([0.0, 1e-4, 6e-4, 0.9994, 0.9996, 1.0]), st.floats(0.0, 1.0))
GLANCES = st.builds(
    Glance,
    COVERS,
    st.sampled_from(SURFACES),
    st.floats(5.0, 90.0),
    st.one_of(st.none(), st.floats(0.0, 1.0)),
)


@pytest.fixture
def compiled(monkeypatch):
    """The compiled loop, whatever was asked before; tests that share a process with others are not to wake it."""
    pytest.importorskip("numba")
    from payload.surrogate import loops  # noqa: PLC0415 - loads numba

    monkeypatch.setattr(quick, "_woken", [loops])


def numpy_alone(monkeypatch):
    monkeypatch.setattr(quick, "_woken", [])
    monkeypatch.setattr(quick, "can_compile", lambda: False)


def seen(count, seed=3):
    """Tiles as skies have them: a third clear, a third overcast, water twice as often as all land."""
    rng = np.random.default_rng(seed)
    covers = np.clip(rng.uniform(-1.0, 2.0, count), 0.0, 1.0)
    names = rng.choice([*SURFACES, *["water", "glint"] * 12], count)
    suns = rng.uniform(5.0, 85.0, count)
    thick = covers * rng.random(count)
    return [
        Glance(*each)
        for each in zip(covers.tolist(), names, suns.tolist(), thick.tolist(), strict=True)
    ]


def by_hand(tiles, glance, count):
    """Second method: each tile's unlikeness as its definition says it, in plain numbers."""
    group = {name: number for number, names in enumerate(GROUPS) for name in names}
    found = []
    for number, tile in enumerate(tiles):
        unlike = abs(tile.cover - glance.cover) / 0.1
        if None not in {tile.thick_cover, glance.thick_cover}:
            unlike += abs(tile.thick_cover - glance.thick_cover) / 0.1
        unlike += abs(tile.sun_elevation_deg - glance.sun_elevation_deg) / 10.0
        unlike += 0.5 * (tile.surface != glance.surface)
        unlike += 1.5 * (group[tile.surface] != group[glance.surface])
        unlike += 10.0 * (kind(np.float64(tile.cover)) != kind(np.float64(glance.cover)))
        found.append((unlike, number))
    return sorted(number for _, number in sorted(found)[:count])


@pytest.mark.parametrize("is_compiled", [True, False])
def test_the_nearest_are_those_of_a_plain_count(is_compiled, request, monkeypatch):
    if is_compiled:
        request.getfixturevalue("compiled")
    else:
        numpy_alone(monkeypatch)
    tiles, some = seen(120), seen(60, seed=4)
    found = likeness(tiles).nearest_of_all(likeness(some), 7)
    assert [near.tolist() for near in found] == [by_hand(tiles, glance, 7) for glance in some]


@pytest.mark.usefixtures("compiled")
def test_the_loop_finds_what_numpy_finds_among_the_packaged_donors(monkeypatch):
    donors = read_surrogate(PACKAGED)
    some = seen(600)
    fast = donors.neighbours_each(some)
    numpy_alone(monkeypatch)
    slow = donors.neighbours_each(some)
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len({tuple(near.tolist()) for near in fast}) > 400


@given(
    st.lists(GLANCES, min_size=1, max_size=40), st.lists(GLANCES, max_size=5), st.integers(1, 12)
)
def test_no_tile_is_too_strange_for_the_loop(tiles, some, count):
    """Few tiles, none of a kind, glances that do not say what is thick, and more neighbours than there are tiles."""
    pytest.importorskip("numba")
    from payload.surrogate import loops  # noqa: PLC0415 - loads numba

    among = likeness(tiles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick, "_woken", [loops])
        fast = among.nearest_of_all(likeness(some), count)
        numpy_alone(patch)
        slow = among.nearest_of_all(likeness(some), count)
    assert [near.tolist() for near in fast] == [near.tolist() for near in slow]


def test_few_tiles_wake_no_compiler(monkeypatch):
    monkeypatch.setattr(quick, "_woken", [])
    monkeypatch.setattr(quick, "_asked", [0])
    likeness(seen(20)).nearest_of_all(likeness(seen(16)))
    assert quick._woken == []


@pytest.mark.parametrize("say_thick", [0.0, 0.5, 1.0])
def test_those_of_many_are_those_of_each_alone(say_thick, monkeypatch):
    """By numpy; so many that they are compared in parts."""
    numpy_alone(monkeypatch)
    donors, tiles = (hushed(seen(count), say_thick) for count in (90, 7000))
    among = likeness(donors, step=0.05)
    found = among.nearest_of_all(likeness(tiles), 8)
    for near, tile in zip(found[::7], tiles[::7], strict=True):
        np.testing.assert_array_equal(near, among.nearest_of_all(likeness([tile]), 8)[0])


def hushed(tiles, say_thick):
    """The same, of which only so many tell how thick their cover is."""
    lots = np.random.default_rng(7).random(len(tiles))
    return [
        tile if lot < say_thick else replace(tile, thick_cover=None)
        for tile, lot in zip(tiles, lots, strict=True)
    ]


def test_where_there_are_fewer_all_are_the_nearest():
    found = likeness(seen(3)).nearest_of_all(likeness(seen(5)), 8)
    np.testing.assert_array_equal(found, np.tile(np.arange(3), (5, 1)))


def test_a_tile_is_clear_or_overcast_by_the_same_edges_alone_and_among_others():
    """Within a two-thousandth of either, as a glance is a best guess."""
    covers = [0.0, 0.0005, 0.0006, 0.5, 0.9994, 1.0 - 0.0005, 1.0]
    assert kind(np.array(covers)).tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert list(map(kind_of, covers)) == [0, 0, 1, 1, 1, 2, 2]
