"""Coarse levels of a field, made in squares that are cached: neighbours share what they both need."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from payload.world.lattice import Nodes, Span, Starts

_MOST = 2048  # cached squares: some megabytes


@dataclass(frozen=True)
class Quilt:
    """A `Start` with the values of another one that makes each square of the lattice once.

    Values depend on their own place alone, so a square is the same whichever window first asked for it.

    Attributes:
        starts: Makes the fields, of several rectangles at once.
        side: Lattice points along a side of a square.
    """

    starts: Starts
    side: int = 4
    _squares: OrderedDict[tuple[int, int, int, int], NDArray[np.float32]] = field(
        default_factory=OrderedDict, repr=False, compare=False
    )

    def __call__(self, nodes: Nodes) -> NDArray[np.float32]:
        """The fields on lattice points, shape (F, H, W)."""
        side = self.side
        rows, cols = self._places(nodes)
        if len(rows) * len(cols) > _MOST // 2:
            return self.starts([nodes])[0]  # more than is worth caching
        self.ready([nodes])
        squares = [[self._square(nodes, row, col) for col in cols] for row in rows]
        top, left = nodes.rows.first - rows[0] * side, nodes.cols.first - cols[0] * side
        height, width = nodes.shape
        whole = np.empty((len(squares[0][0]), len(rows) * side, len(cols) * side), np.float32)
        for row, line in enumerate(squares):
            for col, square in enumerate(line):
                whole[:, row * side : (row + 1) * side, col * side : (col + 1) * side] = square
        return whole[:, top : top + height, left : left + width].copy()

    def ready(self, wanted: Sequence[Nodes]) -> None:
        """Make all missing squares of some rectangles at once, which is faster, as far as they are worth caching."""
        room, begun = _MOST // 2, set[tuple[int, int, int, int]]()
        pieces: list[tuple[Nodes, list[tuple[int, int]]]] = []
        for nodes in wanted:
            rows, cols = self._places(nodes)
            if len(rows) * len(cols) > room:
                continue
            missing = [
                (row, col)
                for row in rows
                for col in cols
                if (nodes.face, nodes.level, row, col) not in self._squares
                and (nodes.face, nodes.level, row, col) not in begun
            ]
            if missing:
                room -= len(missing)
                begun.update((nodes.face, nodes.level, *place) for place in missing)
                pieces.append((self._around(nodes, missing), missing))
        if not pieces:
            return
        for (piece, missing), fields in zip(
            pieces, self.starts([piece for piece, _ in pieces]), strict=True
        ):
            self._cut(piece, missing, fields)

    def _places(self, nodes: Nodes) -> tuple[range, range]:
        """Rows and columns of the squares that hold the lattice points."""
        rows, cols = (
            range(span.first // self.side, span.last // self.side + 1)
            for span in (nodes.rows, nodes.cols)
        )
        return rows, cols

    def _around(self, nodes: Nodes, squares: Sequence[tuple[int, int]]) -> Nodes:
        """The rectangle around some squares of a lattice."""
        spans = [
            Span(min(places) * self.side, max(places) * self.side + self.side - 1)
            for places in zip(*squares, strict=True)
        ]
        return Nodes(nodes.face, nodes.level, spans[0], spans[1])

    def _cut(
        self, piece: Nodes, squares: Sequence[tuple[int, int]], fields: NDArray[np.float32]
    ) -> None:
        """Cut squares from the fields on a rectangle and cache them."""
        side = self.side
        for row, col in squares:
            down, across = row * side - piece.rows.first, col * side - piece.cols.first
            square = fields[:, down : down + side, across : across + side].copy()
            self._keep((piece.face, piece.level, row, col), square)

    def _keep(self, name: tuple[int, int, int, int], square: NDArray[np.float32]) -> None:
        self._squares[name] = square
        if len(self._squares) > _MOST:
            self._squares.popitem(last=False)

    def _square(self, nodes: Nodes, row: int, col: int) -> NDArray[np.float32]:
        name = nodes.face, nodes.level, row, col
        found = self._squares.get(name)
        if found is None:  # evicted by squares made later
            found = self.starts([self._around(nodes, [(row, col)])])[0]
            self._keep(name, found)
        return found
