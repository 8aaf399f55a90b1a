"""The kept squares of a coarse level tell what the level itself tells, whoever asked first."""

import numpy as np
import pytest

from payload.world.clouds import Sky
from payload.world.lattice import COARSEST_LEVEL, Nodes, Span, start_all
from payload.world.quilt import Quilt

SKY = Sky(5, 8e8)


def sky_at(wanted):
    return start_all(SKY.at, wanted)


@pytest.mark.parametrize("first", [-20, 0, 15, 16, 4090, 8180])
def test_a_quilt_is_what_it_is_made_of(first):
    quilt = Quilt(sky_at)
    for rows, cols in (((0, 0), (3, 40)), ((-5, 20), (0, 0)), ((7, 9), (-17, 17))):
        nodes = Nodes(
            2,
            COARSEST_LEVEL,
            Span(first + rows[0], first + rows[1]),
            Span(first + cols[0], first + cols[1]),
        )
        np.testing.assert_array_equal(quilt(nodes), sky_at([nodes])[0])


def test_what_is_refined_in_place_does_not_change_what_is_kept():
    quilt, nodes = Quilt(sky_at), Nodes(0, COARSEST_LEVEL, Span(0, 9), Span(0, 9))
    quilt(nodes)[:] = 0.0
    np.testing.assert_array_equal(quilt(nodes), sky_at([nodes])[0])


class Counting:
    """Makes zeros, and notes how many lattice points of which rectangles were wanted together."""

    def __init__(self):
        self.made = []

    def __call__(self, wanted):
        self.made.append([nodes.shape for nodes in wanted])
        return [np.zeros((1, *nodes.shape), np.float32) for nodes in wanted]


def square(first, side, *, face=0, across=0):
    """A square of lattice points."""
    last = Span(across, across + side - 1)
    return Nodes(face, COARSEST_LEVEL, Span(first, first + side - 1), last)


def test_a_square_is_made_once_and_no_more_than_so_many_are_kept():
    start = Counting()
    quilt = Quilt(start, side=16)
    for _ in range(2):
        quilt(square(0, 32))
    assert start.made == [[(32, 32)]]  # four squares at once
    quilt(Nodes(0, COARSEST_LEVEL, Span(0, 31), Span(0, 47)))
    assert start.made[1:] == [[(32, 16)]]  # what is there is not made anew
    start.made.clear()
    for row in range(3):  # 2700 squares
        quilt(square(480 * row, 480, face=1))
    quilt(square(0, 1))
    assert start.made == [[(480, 480)]] * 3 + [[(16, 16)]]
    start.made.clear()
    quilt(square(0, 16 * 40, face=1))
    quilt(square(0, 1))
    assert start.made == [[(640, 640)]]  # too many to be kept: none is


def test_what_several_rectangles_miss_is_made_together_and_once():
    start = Counting()
    quilt = Quilt(start, side=16)
    far = square(0, 16, across=480)
    quilt.ready([square(0, 32), square(0, 16), far, square(0, 48), square(0, 16 * 40)])
    assert start.made == [[(32, 32), (16, 16), (48, 48)]]
    for nodes in (square(0, 48), far):
        quilt(nodes)
    assert len(start.made) == 1
    quilt.ready([far])
    assert len(start.made) == 1


@pytest.mark.parametrize("across", [0, 3, 17, 300])
def test_rectangles_that_are_made_together_tell_what_each_tells_alone(across):
    quilt, wanted = Quilt(sky_at), [square(-5, 20), square(2, 24, across=across)]
    quilt.ready(wanted)
    for nodes in wanted:
        np.testing.assert_array_equal(quilt(nodes), sky_at([nodes])[0])
