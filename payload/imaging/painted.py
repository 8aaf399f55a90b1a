"""A scene whose pixels are in memory, to be cut more than once."""

from dataclasses import dataclass
from typing import Self

from payload.ports import Scene
from payload.types import Georeference, Patch, Radiometry, Window


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """The pixels of a scene, all read at once, with the scene's metadata."""

    bands: tuple[str, ...]
    bit_depth: int
    radiometry: Radiometry
    georeference: Georeference | None
    pixels: Patch

    @classmethod
    def whole(cls, scene: Scene) -> Self:
        """Read all of a scene.

        Raises:
            ImageryError: The scene cannot be read.
        """
        window = Window(0, 0, scene.height_px, scene.width_px)
        return cls(
            scene.bands,
            scene.bit_depth,
            scene.radiometry,
            scene.georeference,
            scene.read(window),
        )

    @property
    def height_px(self) -> int:
        """[px] Rows."""
        rows: int = self.pixels.bands.shape[1]
        return rows

    @property
    def width_px(self) -> int:
        """[px] Columns."""
        cols: int = self.pixels.bands.shape[2]
        return cols

    def read(self, window: Window) -> Patch:
        """The pixels of a window inside the scene, as views."""
        rows = slice(window.top_px, window.top_px + window.height_px)
        cols = slice(window.left_px, window.left_px + window.width_px)
        return Patch(
            self.pixels.bands[:, rows, cols],
            None if self.pixels.truth is None else self.pixels.truth[rows, cols],
            None if self.pixels.valid is None else self.pixels.valid[rows, cols],
        )
