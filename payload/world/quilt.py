"""The coarsest level of a field, made in squares that are kept: neighbours share what they both need."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from payload.world.lattice import Nodes, Span, Start

_MOST = 512  # squares kept: some megabytes


@dataclass(frozen=True)
class Quilt:
    """A `Start` that gives what another one gives, and makes each square of the lattice once.

    Values depend on their own place alone, so that a square tells the same whoever wanted it first.

    Attributes:
        start: What makes the fields.
        side: Lattice points along a square.
    """

    start: Start
    side: int = 16
    _squares: OrderedDict[tuple[int, int, int, int], NDArray[np.float32]] = field(
        default_factory=OrderedDict, repr=False, compare=False
    )

    def __call__(self, nodes: Nodes) -> NDArray[np.float32]:
        """The fields on lattice points, shape (F, H, W)."""
        side = self.side
        rows, cols = (
            range(span.first // side, span.last // side + 1) for span in (nodes.rows, nodes.cols)
        )
        whole = np.concatenate(
            [
                np.concatenate([self._square(nodes, row, col) for col in cols], axis=2)
                for row in rows
            ],
            axis=1,
        )
        top, left = nodes.rows.first - rows[0] * side, nodes.cols.first - cols[0] * side
        height, width = nodes.shape
        return whole[:, top : top + height, left : left + width].copy()

    def _square(self, nodes: Nodes, row: int, col: int) -> NDArray[np.float32]:
        name = nodes.face, nodes.level, row, col
        found = self._squares.get(name)
        if found is None:
            rows, cols = (Span(at * self.side, (at + 1) * self.side - 1) for at in (row, col))
            found = self.start(Nodes(nodes.face, nodes.level, rows, cols))
            self._squares[name] = found
            if len(self._squares) > _MOST:
                self._squares.popitem(last=False)
        return found
