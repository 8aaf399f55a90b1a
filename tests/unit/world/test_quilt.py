"""The kept squares of a coarse level tell what the level itself tells, whoever asked first."""

import numpy as np
import pytest

from payload.world.clouds import Sky
from payload.world.lattice import COARSEST_LEVEL, Nodes, Span
from payload.world.quilt import Quilt

SKY = Sky(5, 8e8)


@pytest.mark.parametrize("first", [-20, 0, 15, 16, 4090, 8180])
def test_a_quilt_is_what_it_is_made_of(first):
    quilt = Quilt(SKY.start)
    for rows, cols in (((0, 0), (3, 40)), ((-5, 20), (0, 0)), ((7, 9), (-17, 17))):
        nodes = Nodes(
            2,
            COARSEST_LEVEL,
            Span(first + rows[0], first + rows[1]),
            Span(first + cols[0], first + cols[1]),
        )
        np.testing.assert_array_equal(quilt(nodes), SKY.start(nodes))


def test_what_is_refined_in_place_does_not_change_what_is_kept():
    quilt, nodes = Quilt(SKY.start), Nodes(0, COARSEST_LEVEL, Span(0, 9), Span(0, 9))
    quilt(nodes)[:] = 0.0
    np.testing.assert_array_equal(quilt(nodes), SKY.start(nodes))


def test_a_square_is_made_once_and_no_more_than_so_many_are_kept():
    made = []

    def start(nodes):
        made.append(nodes)
        return np.zeros((1, *nodes.shape), np.float32)

    quilt = Quilt(start)
    for _ in range(2):
        quilt(Nodes(0, COARSEST_LEVEL, Span(0, 31), Span(0, 31)))
    assert [nodes.shape for nodes in made] == [(32, 32)]  # four squares at once
    quilt(Nodes(0, COARSEST_LEVEL, Span(0, 31), Span(0, 47)))
    assert [nodes.shape for nodes in made[1:]] == [(32, 16)]  # what is there is not made anew
    made.clear()
    one = Nodes(0, COARSEST_LEVEL, Span(0, 0), Span(0, 0))
    for row in range(6):  # 600 squares
        quilt(Nodes(1, COARSEST_LEVEL, Span(160 * row, 160 * row + 159), Span(0, 159)))
    quilt(one)
    assert [nodes.shape for nodes in made] == [(160, 160)] * 6 + [(16, 16)]
    made.clear()
    quilt(Nodes(1, COARSEST_LEVEL, Span(0, 16 * 40 - 1), Span(0, 16 * 40 - 1)))
    quilt(one)
    assert [nodes.shape for nodes in made] == [(640, 640)]  # too many to be kept: none is
