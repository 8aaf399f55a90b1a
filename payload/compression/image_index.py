"""What a container says about its image: the header at the front, and the index with the fate of every cell."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from payload.compression.record import HEADER_BYTES
from payload.compression.samples import MAX_BANDS, MAX_BIT_DEPTH, MAX_SIDE_PX, check_shape
from payload.errors import CodecError
from payload.geometry.grid import TileGrid
from payload.types import Georeference, Radiometry

MAX_CELLS = 2**20
MAX_IMAGE_SAMPLES = 2**34


class CellFate(StrEnum):
    """What became of a cell of the grid.

    A cell is over budget if it `overflowed` the memory or was still `on_board` when the flight ended; it is
    `unknown` if it is missing and neither an index nor a cover report tells why.
    """

    DELIVERED = "delivered"
    PRUNED = "pruned"
    NO_DATA = "no_data"
    LOST = "lost"
    OVERFLOWED = "overflowed"
    ON_BOARD = "on_board"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ContainerHeader:
    """What the image is, and how it divides into cells: row by row from the top left, smaller at the far edges.

    Attributes:
        acquisition_id: Name of the image; its tiles are called "<acquisition_id>#<row>,<col>".
        satellite: The satellite that took it.
        target: What was imaged.
        utc: When it was taken.
        width_px: [px] Columns of the image.
        height_px: [px] Rows of the image.
        tile_px: [px] Side of a cell.
        bands: Names of the bands.
        bit_depth: [bit] of a sample.
        radiometry: DN to reflectance.
        georeference: Where the pixels lie, or None.
        nodata: DN of the few pixels without data that are coded like others; None if the camera has none without data.

    Raises:
        CodecError: Sizes are invalid, the time has no time zone, or a number is not finite.
    """

    acquisition_id: str
    satellite: str
    target: str
    utc: AwareDatetime
    width_px: Annotated[int, Field(ge=1)]
    height_px: Annotated[int, Field(ge=1)]
    tile_px: Annotated[int, Field(ge=1, le=MAX_SIDE_PX)]
    bands: Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_BANDS)]
    bit_depth: Annotated[int, Field(ge=1, le=MAX_BIT_DEPTH)]
    radiometry: Radiometry
    georeference: Georeference | None = None
    nodata: int | None = None

    def __post_init__(self) -> None:
        if min(self.width_px, self.height_px, self.tile_px) < 1:
            raise CodecError(
                f"an image of {self.height_px} x {self.width_px} px in tiles of {self.tile_px} px;"
                " expected at least 1 px each"
            )
        side = (min(self.tile_px, self.height_px), min(self.tile_px, self.width_px))
        check_shape((len(self.bands), *side), bit_depth=self.bit_depth)
        samples = len(self.bands) * self.height_px * self.width_px
        if self.grid.rows * self.grid.cols > MAX_CELLS or samples > MAX_IMAGE_SAMPLES:
            raise CodecError(
                f"an image of {self.height_px} x {self.width_px} px in tiles of {self.tile_px} px;"
                f" expected at most {MAX_CELLS} tiles and {MAX_IMAGE_SAMPLES} samples"
            )
        if self.utc.tzinfo is None:
            raise CodecError(f"the time {self.utc} of the image has no time zone")
        transform = () if self.georeference is None else self.georeference.transform
        if not all(map(math.isfinite, (self.radiometry.scale, self.radiometry.offset, *transform))):
            raise CodecError(
                "the radiometry or the georeference of the image has values that are not finite"
            )

    @property
    def grid(self) -> TileGrid:
        """How the image divides into cells."""
        return TileGrid(self.height_px, self.width_px, self.tile_px)


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of the index.

    Attributes:
        row: Row of the cell in the grid.
        col: Column of the cell in the grid.
        fate: What became of it.
        cover: Estimated cloud cover, 0 to 1, or None.
        reason: Why, in words.
        offset: [byte] Where its record begins in the file, for delivered cells.
        record_bytes: [byte] Length of its record, for delivered cells.
        pixel_hash: Hash of its samples as hexadecimal text, for delivered cells.
    """

    row: Annotated[int, Field(ge=0)]
    col: Annotated[int, Field(ge=0)]
    fate: CellFate
    cover: Annotated[float, Field(ge=0, le=1)] | None = None
    reason: str = ""
    offset: Annotated[int, Field(ge=0)] | None = None
    record_bytes: Annotated[int, Field(ge=HEADER_BYTES)] | None = None
    pixel_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """The index at the end of a container: the cells of an image, row by row."""

    acquisition_id: str
    cells: tuple[Cell, ...]
