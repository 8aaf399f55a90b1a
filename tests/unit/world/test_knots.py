"""Between knots values are linear, and pieces of a grid agree where they meet."""

import numpy as np
import pytest

from payload.world.knots import Knots, spread


@pytest.mark.parametrize("first", [-70, -1, 0, 31, 32, 100])
@pytest.mark.parametrize("count", [1, 2, 33, 200])
def test_planes_are_kept(first, count):
    rows, cols = Knots.of(first, count, 32), Knots.of(2 * first, count + 3, 16)
    plane = 3.0 * rows.at[:, None] - 2.0 * cols.at
    wanted = 3.0 * np.arange(first, first + count)[:, None] - 2.0 * (
        2 * first + np.arange(count + 3)
    )
    np.testing.assert_allclose(spread(plane, rows, cols), wanted, atol=1e-9)


def test_a_piece_gives_what_the_whole_gives():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(9, 9)).astype(np.float32)
    whole = spread(values, Knots.of(0, 256, 32), Knots.of(0, 256, 32))
    rows, cols = Knots.of(70, 60, 32), Knots.of(33, 100, 32)
    mine = values[2:6][:, 1:6]
    assert (rows.at[0], rows.at[-1], cols.at[0], cols.at[-1]) == (64, 160, 32, 160)
    np.testing.assert_array_equal(spread(mine, rows, cols), whole[70:130, 33:133])
