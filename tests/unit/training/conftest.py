"""Made images, folders of them, and workshops in which they are worked on."""

import csv
import warnings
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from payload.training.images import LabelledImage
from payload.training.journal import SILENT

COLUMNS = ("id", "scene", "source", "licence", "label_origin", "surface", "res_m")


def _made(number, *, side=128, human=False, scene=None, known=True):
    """Cloud is what is bright: a square of it on dark ground; the last rows are unknown."""
    rng = np.random.default_rng(number)
    truth = np.zeros((side, side), np.uint8)
    size = side // 2
    top, left = rng.integers(0, side - size - side // 10, 2)
    truth[top : top + size, left : left + size] = 1
    dn = np.where(truth == 1, 5_500, 900) + rng.integers(0, 400, (4, side, side))
    truth[-(side // 12) :] = 255
    if not known:
        truth[: side * 2 // 3] = 255
    return LabelledImage(
        id=f"i{number:02}",
        scene=scene or f"s{number:02}",
        source="made",
        licence="own",
        is_human=human,
        dn=dn.astype(np.uint16),
        truth=truth,
        surface=("fields", "town")[number % 2],
        resolution_m=10.0,
    )


@pytest.fixture(scope="session")
def made():
    """Makes one image of a number: bright is cloud."""
    return _made


@pytest.fixture(scope="session")
def eight():
    """Eight images of eight scenes; people have drawn the first four masks."""
    return [_made(number, human=number < 4) for number in range(8)]


def _write(folder, images):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "index.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for image in images:
            origin = "human (made)" if image.is_human else "model (made)"
            table.writerow(
                [image.id, image.scene, image.source, image.licence, origin, image.surface, 10]
            )
    for image in images:
        for name, layers in (("img", image.dn), ("msk", image.truth[None])):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                with rasterio.open(
                    folder / f"{image.id}_{name}.tif",
                    "w",
                    driver="GTiff",
                    count=len(layers),
                    height=layers.shape[1],
                    width=layers.shape[2],
                    dtype=layers.dtype,
                ) as raster:
                    raster.write(layers)
    return folder


@pytest.fixture(scope="session")
def write_plain():
    """Writes images as a plain folder with its index, and gives the folder back."""
    return _write


@pytest.fixture(scope="session")
def plain_folder(eight, tmp_path_factory):
    """The eight images on disk."""
    return _write(tmp_path_factory.mktemp("plain"), eight)


SMALL = {
    "name": "small",
    "composed": {"scenes": 4, "checks": 1, "exams": 2},
    "teacher": {"nnunet": None, "ukis": False},
    "students": {
        "names": ["default"],
        "arms": ["labels"],
        "steps": 6,
        "minutes": 5,
        "batch": 2,
        "crop_px": 32,
    },
    "export": {"calibration_tiles": 4},
}


def _merged(base, changes):
    both = dict(base)
    for key, value in changes.items():
        both[key] = (
            _merged(base[key], value)
            if isinstance(base.get(key), dict) and isinstance(value, dict)
            else value
        )
    return both


@pytest.fixture(scope="session")
def small_recipe():
    """Makes a recipe of a few steps; changes go into its sections."""

    def make(**changes):
        from payload.training.recipe import Recipe  # noqa: PLC0415 - it wakes torch

        return Recipe.model_validate(_merged(SMALL, changes))

    return make


@pytest.fixture
def workshop(tmp_path, plain_folder, small_recipe):
    """Makes a workshop over the eight images; changes go into its recipe."""

    def make(journal=SILENT, data=plain_folder, work=None, **changes):
        from payload.training.workshop import Workshop  # noqa: PLC0415 - it wakes torch

        return Workshop(small_recipe(**changes), data, work or tmp_path / "work", journal)

    return make


@pytest.fixture
def with_images(made):
    """A workshop whose store holds these images, as `prepare` would have left it."""

    def fill(workshop, images, *, composed=2):
        workshop.real.write(images)
        workshop.composed.write(
            replace(made(90 + n, side=48), source="composed", id=f"c{n}") for n in range(composed)
        )
        return workshop

    return fill
