"""Random fields: each against what its name promises, measured in another way than it is made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from payload.rng import stream
from payload.training.compose.fields import (
    blurred,
    fractal,
    mosaic,
    rectangles,
    relief,
    smooth_step,
)

SIDE = 256
sides = st.integers(8, 80)
seeds = st.integers(0, 10**6)


def rng(name, number=0):
    return stream(5, name, number)


def mean_square_step(field, distance):
    """Mean square of what changes over a distance down and across, the square being closed."""
    steps = [np.roll(field, distance, axis=axis) - field for axis in (0, 1)]
    return float(np.mean(np.square(steps)))


@given(seed=seeds, side=sides, slope=st.floats(0, 4.5), stretch=st.floats(1, 8))
def test_a_fractal_has_mean_0_and_deviation_1(seed, side, slope, stretch):
    field = fractal(stream(seed, "f"), side, slope=slope, stretch=stretch, largest_px=20)
    assert field.shape == (side, side)
    assert field.dtype == np.float32
    assert abs(float(field.mean())) < 1e-4
    assert float(field.std()) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("slope", [2.6, 3.0, 3.4])
def test_what_changes_over_a_distance_grows_as_the_slope_says(slope):
    # Second method: power falling as f^-s makes mean square steps grow as distance^(s - 2).
    near, far = 3, 12
    squares = np.mean(
        [
            [mean_square_step(fractal(rng("s", n), 512, slope=slope), d) for d in (near, far)]
            for n in range(4)
        ],
        axis=0,
    )
    growth = np.log(squares[1] / squares[0]) / np.log(far / near)
    assert growth == pytest.approx(slope - 2, abs=0.2)


def test_without_a_slope_neighbours_know_nothing_of_each_other():
    field = fractal(rng("white"), SIDE, slope=0.0)
    assert float((field[1:] * field[:-1]).mean()) == pytest.approx(0, abs=0.02)


def test_a_fractal_goes_on_beyond_its_edges():
    for number in range(5):
        field = fractal(rng("wrap", number), SIDE, slope=3.6)
        inside = np.square(np.diff(field, axis=0)).mean()
        seam = np.square(field[0] - field[-1]).mean()
        assert seam < 3 * inside  # a seam would change by deviations, hundreds of times as much


def test_waves_beyond_the_largest_do_not_grow():
    def blocks(**how):
        field = fractal(rng("largest"), SIDE, slope=3.2, **how)
        return field.reshape(4, 64, 4, 64).mean(axis=(1, 3)).std()

    assert blocks(largest_px=16) < blocks() / 4


def test_stretching_makes_things_longer_one_way():
    for stretch in (2.0, 4.0):
        ratios = []
        for number in range(6):
            field = fractal(rng("stretch", number), SIDE, slope=4.0, stretch=stretch, largest_px=64)
            slopes = np.stack([(np.roll(field, 1, axis=axis) - field).ravel() for axis in (0, 1)])
            least, most = np.linalg.eigvalsh(np.cov(slopes))
            ratios.append(np.sqrt(most / least))
        assert np.median(ratios) == pytest.approx(stretch, rel=0.3)


@given(st.floats(-3, 3), st.floats(0.01, 5))
def test_a_smooth_step_climbs_from_0_to_1_and_is_half_way_in_the_middle(low, width):
    values = np.linspace(low - width, low + 2 * width, 301, dtype=np.float32)
    step = smooth_step(values, low, low + width)
    assert step.min() == 0
    assert step.max() == 1
    assert (np.diff(step) >= 0).all()
    assert float(step[150]) == pytest.approx(0.5, abs=1e-2)


@given(seed=seeds, sigma=st.floats(0.1, 6), shift=st.integers(0, 30))
def test_a_blur_keeps_the_mean_and_does_not_mind_where_the_edge_is(seed, sigma, shift):
    field = stream(seed, "b").random((31, 31), dtype=np.float32)
    soft = blurred(field, sigma)
    assert float(soft.mean()) == pytest.approx(float(field.mean()), abs=1e-4)
    assert soft.std() <= field.std()
    assert np.allclose(
        blurred(np.roll(field, shift, axis=1), sigma), np.roll(soft, shift, axis=1), atol=1e-5
    )


def test_hardly_any_blur_is_none():
    field = rng("none").random((9, 9), dtype=np.float32)
    assert blurred(field, 0.0) is field


@pytest.mark.parametrize(
    ("azimuth_deg", "lit", "dark"),
    [
        (0, (8, 32), (56, 32)),  # the sun stands in the north: rows grow southwards
        (90, (32, 56), (32, 8)),
        (180, (56, 32), (8, 32)),
        (270, (32, 8), (32, 56)),
    ],
)
def test_the_flank_that_faces_the_sun_is_the_bright_one(azimuth_deg, lit, dark):
    rows, cols = np.mgrid[0:65, 0:65]
    hill = (-np.hypot(rows - 32, cols - 32)).astype(np.float32)
    light = relief(hill, azimuth_deg, 0.3)
    assert light[lit] > 1.2
    assert light[dark] < 0.8


def test_the_flat_is_lit_as_it_is_and_no_slope_is_black():
    flat = np.full((16, 16), 3.0, np.float32)
    assert (relief(flat, 40, 0.5) == 1).all()
    rough = fractal(rng("relief"), 64, slope=1.0)
    light = relief(rough, 40, 2.0)
    assert light.min() == pytest.approx(0.1)
    assert float(relief(rough, 40, 0.1).mean()) == pytest.approx(1, abs=0.01)


@given(seed=seeds, side=sides, size=st.floats(4, 30))
def test_parcels_cover_everything_and_are_about_as_many_as_fit(seed, side, size):
    cells = mosaic(stream(seed, "m"), side, size)
    assert cells.shape == (side, side)
    numbers = np.unique(cells)
    wanted = max(int((side / size) ** 2), 2)
    assert numbers[0] >= 1
    assert numbers[-1] <= wanted
    assert len(numbers) >= 0.5 * wanted - 1  # two points may fall on one pixel


def test_parcels_are_in_one_piece():
    cells = mosaic(rng("piece"), 96, 12.0)
    for number in np.unique(cells):
        _, pieces = ndimage.label(cells == number, structure=np.ones((3, 3)))
        assert pieces == 1


@given(seed=seeds, side=st.integers(16, 80), count=st.integers(0, 30))
def test_rectangles_are_numbered_and_none_is_larger_than_the_largest(seed, side, count):
    drawn = rectangles(stream(seed, "r"), side, count, (3.0, 9.0))
    assert drawn.shape == (side, side)
    assert drawn.min() >= 0
    assert drawn.max() <= count
    sizes = np.bincount(drawn.ravel(), minlength=count + 1)[1:]
    assert (sizes <= (9 + 1.5) ** 2).all()


def test_a_rectangle_has_right_angles_and_the_last_one_lies_on_top():
    # The area of a rectangle of sides a and b, and its spread about its middle, tell a and b.
    for number in range(20):
        drawn = rectangles(rng("angle", number), 400, 1, (40.0, 80.0)) == 1
        rows, cols = np.nonzero(drawn)
        if min(rows.min(), cols.min()) == 0 or max(rows.max(), cols.max()) == 399:
            continue
        sides = np.sqrt(12 * np.linalg.eigvalsh(np.cov(rows, cols)))
        assert 39 < sides[0] <= sides[1] < 81
        assert drawn.sum() == pytest.approx(sides.prod(), rel=0.03)
    few, many = (rectangles(rng("top"), 64, count, (30.0, 40.0)) for count in (1, 2))
    assert (many[many != 2] == few[many != 2]).all()
