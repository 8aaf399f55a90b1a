"""The tiles of the published table: a rule applied to a folder of labelled images, and the list it gives.

A folder holds `<image>_img.tif` (reflectance x 10,000), `<image>_msk.tif` (0 clear, 1 cloud, 2 shadow, 255
unknown) and `index.csv`, whose columns `id` and `sensor` name the satellite.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from payload.errors import ImageryError, ScenarioError
from payload.trials.tiles import TrialTile
from payload.types import CLOUD, UNKNOWN, Window
from payload.world.geotiff import open_raster

TILE_PX = 256
BIT_DEPTH = 12
SCALE_12_BIT = 0.3
"""DN of 12 bits per ten-thousandth of reflectance, as in the project's figures: 4095 is 1.365."""
MOST_CLOUD = 0.7
"""Cloud share of the known pixels below which a tile would be kept and coded."""
MOST_UNKNOWN = 0.3
MASKED_CLOUD = (0.03, 0.9)
"""Range of cloud shares in which leaving out cloudy pixels is measured."""


@dataclass(frozen=True, slots=True)
class ListedTile:
    """A tile of the list.

    Attributes:
        image: Its image, without `_img.tif`.
        sensor: The satellite.
        row: In tiles from the top.
        col: In tiles from the left.
        cloud: Cloud share of the pixels whose truth is known.
        unknown: Share of all pixels whose truth is unknown.
    """

    image: str
    sensor: str
    row: int
    col: int
    cloud: float
    unknown: float

    @property
    def is_kept(self) -> bool:
        """Whether it counts in the table; cloudier ones are used only where clouds are left out."""
        return self.cloud < MOST_CLOUD


_LIST = TypeAdapter(tuple[ListedTile, ...])


def choose(folder: Path) -> tuple[ListedTile, ...]:
    """Every whole tile of 256 x 256 px with under 30 % unknown and cloud up to 90 %, by image, row, column.

    Raises:
        ImageryError: The folder is not of that kind, or an image cannot be read.
    """
    found = []
    for image, sensor in _sensors(folder):
        scene = open_raster(_image(folder, image), truth=_mask(folder, image))
        for row in range(scene.height_px // TILE_PX):
            for col in range(scene.width_px // TILE_PX):
                truth = scene.read(_window(row, col)).truth
                assert truth is not None
                known = int((truth != UNKNOWN).sum())
                cloud = float((truth == CLOUD).sum() / known) if known else 1.0
                unknown = 1.0 - known / truth.size
                if unknown < MOST_UNKNOWN and cloud <= MASKED_CLOUD[1]:
                    found.append(
                        ListedTile(image, sensor, row, col, round(cloud, 4), round(unknown, 4))
                    )
    return tuple(found)


def read_list(path: Path) -> tuple[ListedTile, ...]:
    """Read a list from its file.

    Raises:
        ScenarioError: There is none, or it is not a list of tiles.
    """
    try:
        return _LIST.validate_json(path.read_bytes(), strict=False)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise ScenarioError(f"{path}: is not a list of tiles: {place}: {problem['msg']}") from error


def list_text(tiles: tuple[ListedTile, ...]) -> str:
    """A list in the form of its file: JSON, one line per tile."""
    lines = [_LIST.dump_json((tile,)).decode()[1:-1] for tile in tiles]
    return "[\n" + ",\n".join(lines) + "\n]\n"


def listed_tiles(folder: Path, tiles: tuple[ListedTile, ...]) -> Iterator[TrialTile]:
    """The tiles at 12 bits, with the known clouds, in order of the list.

    Raises:
        ImageryError: A tile cannot be read.
    """
    for one in tiles:
        scene = open_raster(_image(folder, one.image), truth=_mask(folder, one.image))
        patch = scene.read(_window(one.row, one.col))
        assert patch.truth is not None
        scaled = np.minimum(np.rint(patch.bands * SCALE_12_BIT), 2**BIT_DEPTH - 1)
        yield TrialTile(
            f"{one.image}#{one.row},{one.col}",
            one.sensor,
            scaled.astype(np.uint16),
            BIT_DEPTH,
            cloud=patch.truth == CLOUD,
        )


def _sensors(folder: Path) -> list[tuple[str, str]]:
    path = folder / "index.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return sorted((row["id"], row["sensor"]) for row in csv.DictReader(file))
    except OSError as error:
        raise ImageryError(f"{path}: cannot be read: {error.strerror}") from error
    except (KeyError, UnicodeDecodeError) as error:
        raise ImageryError(f"{path}: expected columns id and sensor") from error


def _image(folder: Path, image: str) -> Path:
    return folder / f"{image}_img.tif"


def _mask(folder: Path, image: str) -> Path:
    return folder / f"{image}_msk.tif"


def _window(row: int, col: int) -> Window:
    return Window(row * TILE_PX, col * TILE_PX, TILE_PX, TILE_PX)
