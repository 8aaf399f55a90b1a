"""What is coded: the tiles of a user's own images, read one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.errors import ScenarioError
from payload.geometry.grid import TileGrid
from payload.imaging.tiling import cut_tiles
from payload.types import Window
from payload.world.geotiff import RasterScene, open_raster

MOST_TILE_PX = 4096


@dataclass(frozen=True, slots=True, eq=False)
class TrialTile:
    """A tile to be coded.

    Attributes:
        name: Its name.
        group: What it is also counted with, apart from all tiles: an image, a satellite.
        bands: [DN] shape (B, H, W).
        bit_depth: [bit] of a sample.
        no_data_share: Share of its pixels without data.
        cloud: Shape (H, W), where there is cloud; None if unknown.
    """

    name: str
    group: str
    bands: NDArray[np.uint16]
    bit_depth: int
    no_data_share: float = 0.0
    cloud: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Images:
    """Images to be cut into tiles; memory holds one row of tiles, whatever their size.

    Attributes:
        paths: GeoTIFFs.
        tile_px: [px] Side of a tile.
        bit_depth: [bit] of a sample; None for the fewest that hold every sample of all images.
        most_tiles: Most tiles to use, evenly spaced; None for all.
    """

    paths: tuple[Path, ...]
    tile_px: int = 256
    bit_depth: int | None = None
    most_tiles: int | None = None

    def __post_init__(self) -> None:
        """Raise ScenarioError for sizes out of range."""
        if not self.paths:
            raise ScenarioError("no images given: expected at least one GeoTIFF")
        if not 1 <= self.tile_px <= MOST_TILE_PX:
            raise ScenarioError(f"--tile {self.tile_px}: expected 1 to {MOST_TILE_PX} px")
        if self.bit_depth is not None and not 1 <= self.bit_depth <= 16:
            raise ScenarioError(f"--bit-depth {self.bit_depth}: expected 1 to 16")
        if self.most_tiles is not None and self.most_tiles < 1:
            raise ScenarioError(f"--most-tiles {self.most_tiles}: expected at least 1")

    def count(self) -> int:
        """Number of tiles used; reads the headers of all images.

        Raises:
            ImageryError: An image cannot be read.
        """
        total = sum(self._counts())
        return total if self.most_tiles is None else min(total, self.most_tiles)

    def tiles(self) -> Iterator[TrialTile]:
        """The tiles, image by image, row by row.

        Raises:
            ImageryError: An image cannot be read, or a sample does not fit the bit depth.
        """
        taken = self.count()
        total = sum(self._counts())
        wanted = {index * total // taken for index in range(taken)}
        depth = self.bit_depth or max(_bits_needed(_scene(path, None)) for path in self.paths)
        place = 0
        for path in self.paths:
            scene = _scene(path, depth)
            for tile in cut_tiles(scene, path.stem, tile_px=self.tile_px, margin_px=0):
                if place in wanted:
                    valid = tile.patch.valid
                    empty = 0.0 if valid is None else 1.0 - float(valid.mean())
                    yield TrialTile(tile.id, path.name, tile.patch.bands, depth, empty)
                place += 1

    def _counts(self) -> list[int]:
        scenes = (_scene(path, None) for path in self.paths)
        grids = (TileGrid(scene.height_px, scene.width_px, self.tile_px) for scene in scenes)
        return [grid.rows * grid.cols for grid in grids]


def _scene(path: Path, bit_depth: int | None) -> RasterScene:
    """All bands of an image."""
    return open_raster(path, bands=None, bit_depth=bit_depth)


def _bits_needed(scene: RasterScene) -> int:
    """[bit] The fewest bits that hold every sample."""
    highest, step_px = 1, 256
    for top_px in range(0, scene.height_px, step_px):
        height_px = min(step_px, scene.height_px - top_px)
        patch = scene.read(Window(top_px, 0, height_px, scene.width_px))
        highest = max(highest, int(patch.bands.max()))
    return highest.bit_length()


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Least, median, most."""
    return min(values), float(np.median(values)), max(values)
