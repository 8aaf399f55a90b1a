"""How an image is divided into tiles, and how its tiles are named."""

from dataclasses import dataclass

from payload.errors import ImageryError
from payload.types import Window


@dataclass(frozen=True, slots=True)
class TileGrid:
    """How an image of `height_px` x `width_px` is divided into cells; cells at the far edges may be smaller.

    Raises:
        ImageryError: A side is not at least one pixel.
    """

    height_px: int
    width_px: int
    tile_px: int

    def __post_init__(self) -> None:
        if min(self.height_px, self.width_px, self.tile_px) < 1:
            raise ImageryError(
                f"an image of {self.height_px} x {self.width_px} pixels cannot be cut into tiles of"
                f" {self.tile_px}: each side must be at least one pixel"
            )

    @property
    def rows(self) -> int:
        """Number of rows of cells."""
        return -(-self.height_px // self.tile_px)

    @property
    def cols(self) -> int:
        """Number of columns of cells."""
        return -(-self.width_px // self.tile_px)

    def window(self, row: int, col: int) -> Window:
        """Window of the cell in a row and a column."""
        top, left = row * self.tile_px, col * self.tile_px
        height = min(self.tile_px, self.height_px - top)
        return Window(top, left, height, min(self.tile_px, self.width_px - left))

    @property
    def windows(self) -> tuple[Window, ...]:
        """All cells, row by row from the top left."""
        return tuple(self.window(row, col) for row in range(self.rows) for col in range(self.cols))

    @property
    def places(self) -> list[tuple[int, int]]:
        """Row and column of all cells, row by row from the top left."""
        return [(row, col) for row in range(self.rows) for col in range(self.cols)]


def tile_id(acquisition_id: str, row: int, col: int) -> str:
    """The id of a tile: made of acquisition, row and column, never of a counter."""
    return f"{acquisition_id}#{row},{col}"


def tile_place(tile: str) -> tuple[str, int, int]:
    """The inverse of `tile_id`: acquisition, row and column of a tile."""
    acquisition_id, _, place = tile.rpartition("#")
    row, col = place.split(",")
    return acquisition_id, int(row), int(col)
