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
        if len(rows) * len(cols) > _MOST // 2:
            return self.start(nodes)  # more than is worth keeping
        self._make(nodes, rows, cols)
        squares = [[self._square(nodes, row, col) for col in cols] for row in rows]
        top, left = nodes.rows.first - rows[0] * side, nodes.cols.first - cols[0] * side
        height, width = nodes.shape
        whole = np.empty((len(squares[0][0]), len(rows) * side, len(cols) * side), np.float32)
        for row, line in enumerate(squares):
            for col, square in enumerate(line):
                whole[:, row * side : (row + 1) * side, col * side : (col + 1) * side] = square
        return whole[:, top : top + height, left : left + width].copy()

    def _make(self, nodes: Nodes, rows: range, cols: range) -> None:
        """Make all squares that are missing at once: one piece is sooner made than many."""
        missing = [
            (row, col)
            for row in rows
            for col in cols
            if (nodes.face, nodes.level, row, col) not in self._squares
        ]
        if len(missing) < 2:
            return
        side = self.side
        top, bottom = min(row for row, _ in missing), max(row for row, _ in missing)
        left, right = min(col for _, col in missing), max(col for _, col in missing)
        whole = self.start(
            Nodes(
                nodes.face,
                nodes.level,
                Span(top * side, bottom * side + side - 1),
                Span(left * side, right * side + side - 1),
            )
        )
        for row, col in missing:
            down, across = (row - top) * side, (col - left) * side
            square = whole[:, down : down + side, across : across + side].copy()
            self._keep((nodes.face, nodes.level, row, col), square)

    def _keep(self, name: tuple[int, int, int, int], square: NDArray[np.float32]) -> None:
        self._squares[name] = square
        if len(self._squares) > _MOST:
            self._squares.popitem(last=False)

    def _square(self, nodes: Nodes, row: int, col: int) -> NDArray[np.float32]:
        name = nodes.face, nodes.level, row, col
        found = self._squares.get(name)
        if found is None:
            rows, cols = (Span(at * self.side, (at + 1) * self.side - 1) for at in (row, col))
            found = self.start(Nodes(nodes.face, nodes.level, rows, cols))
            self._keep(name, found)
        return found
