"""Which runs of a sweep are left, which of them share pixels, and what those tried say of others."""

import pytest
from sweeping import write_sweep

from payload.estimate import Foreseen
from payload.estimate.costs import Extent
from payload.outlay import cells
from payload.outlay.cells import (
    BEFORE_IT,
    BEHIND_CAMERA,
    Tried,
    Tries,
    front,
    left_of,
    with_both_ends,
)
from payload.outlay.pixel_work import done_at_once
from payload.scenario.load import load_scenario
from payload.scenario.models import Scenario
from payload.sweep import load_sweep, make_grid
from payload.sweep.rows import Row, died_row, write_row


@pytest.fixture
def grid_of(write_scenario, tmp_path):
    base = write_scenario()
    return lambda **keys: make_grid(load_sweep(write_sweep(tmp_path, base, **keys)))


def test_runs_that_have_a_row_are_told_apart_from_those_that_failed(grid_of, tmp_path):
    grid = grid_of(grid={"link.rate_mbps": [1, 2, 2.0]}, seeds=2)
    first, second, *_ = grid.runs
    (tmp_path / "rows").mkdir()
    write_row(tmp_path, first.key, Row(first.key, first.digest, first.seed, "flown", {}).text)
    write_row(tmp_path, second.key, died_row(second.key, second.digest, second.seed).text)
    left = left_of(grid, tmp_path, retry=False)
    assert (left.flown, left.failed) == (1, 1)
    assert left.seeds_of == {1: [first.seed, second.seed]}  # 2 and 2.0 are one cell
    again = left_of(grid, tmp_path, retry=True)
    assert (again.flown, again.failed, again.seeds_of[0]) == (1, 0, [second.seed])


def test_sections_behind_the_camera_are_sections_of_a_scenario():
    known = Scenario.model_fields.keys()
    assert known >= BEHIND_CAMERA
    assert {key.partition(".")[0] for key in BEFORE_IT} <= BEHIND_CAMERA


@pytest.mark.parametrize(
    ("key", "values", "kinds"),
    [
        ("pruning.max_cloud_cover", [0.2, 0.9], 1),
        ("link.rate_mbps", [1, 2], 1),
        ("memory.capacity_mb", [5, 10], 1),
        ("pruning.tile_px", [16, 32], 2),
        ("camera.gsd_m", [10, 20], 2),
        ("codec.kind", ["raw", "med-zstd"], 2),
    ],
)
def test_cells_are_of_one_kind_that_differ_behind_the_camera(grid_of, key, values, kinds):
    grid = grid_of(grid={key: values})
    assert len({front(grid, cell) for cell in range(2)}) == kinds


@pytest.mark.parametrize(
    ("codec", "kinds"),
    [
        ({}, 1),
        ({"codec.kind": "med-zstd"}, 1),
        ({"codec.kind": "auto"}, 2),
        ({"codec": {"kind": "auto", "candidates": ["raw", "strong"]}}, 2),
    ],
)
def test_the_time_of_a_codec_that_chooses_by_it_makes_another_kind(grid_of, codec, kinds):
    """A cell's pieces of pixel work have other names in the memo then; where the sweep sets the codec, and where the cell does."""
    speeds = {"computer.compression_mpx_per_s": [1, 100]}
    grid = grid_of(grid=speeds, set=codec)
    assert len({front(grid, cell) for cell in range(2)}) == kinds
    told = grid_of(list=[{"computer.compression_mpx_per_s": speed, **codec} for speed in (1, 100)])
    assert len({front(told, cell) for cell in range(2)}) == kinds


def test_the_whole_of_a_computer_counts_where_the_codec_chooses(grid_of):
    computers = [{"compression_mpx_per_s": 1}, {"compression_mpx_per_s": 100}]
    grid = grid_of(grid={"computer": computers, "codec.kind": ["auto", "raw"]})
    assert len({front(grid, cell) for cell in range(4)}) == 3


@pytest.mark.parametrize(
    ("count", "found"), [(1, [0]), (2, [0, 9]), (4, [0, 3, 6, 9]), (20, [*range(10)])]
)
def test_some_are_spread_over_all_from_end_to_end(count, found):
    assert with_both_ends(range(10), count) == found


@pytest.mark.parametrize(
    ("pieces", "jobs", "times"),
    [
        ("aaa", 1, 1.0),
        ("aa", 2, 2.0),  # both at once: neither finds what the other does
        ("aaa", 2, 1.0),  # the first by itself
        ("aabb", 2, 1.0),  # a; a and b; b
        ("aaabbb", 2, 1.5),  # a; a and a; b and b, both new
        ("abab", 1, 1.0),
        ([None, "a", None, "a"], 1, 1.0),
    ],
)
def test_work_is_done_twice_by_those_who_do_it_at_the_same_time(pieces, jobs, times):
    assert done_at_once(pieces, jobs) == times


def test_between_those_tried_cells_cost_by_their_size(write_scenario):
    """Of 6 and of 24 hours, a hundred and four hundred images at 10 ms: 200 of 12 hours, on the line between them."""

    def tried(hours, images):
        scenario = load_scenario(write_scenario(), [f"duration_h={hours}"])
        return Tried(
            scenario,
            Foreseen(
                assembly=None,
                planned=(),
                facts=[],
                event_s=0.0,
                settled_s=0.0,
                images=images,
                painted_s=0.01,
                remembered=0.5,
                drawn_s=0.1,
                extent=Extent(images, 0, 0, 0, 0, 0.0, False, 0, False),
                advice=None,
            ),
        )

    tries = Tries((tried(6, 100), tried(24, 400)), ())
    scenario = load_scenario(write_scenario(), ["duration_h=12"])
    cost = tries.like(scenario)
    assert cost.painted_s == pytest.approx(2.0)
    assert cost.flown_s == pytest.approx(20.0)
    assert tries.like(scenario.model_copy(update={"fidelity": "surrogate"})) == cells.NOTHING
