"""The whole comparison: read, render, judge, write."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import rasterio
from numpy.typing import NDArray
from pydantic import ValidationError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from payload.errors import ImageryError, ScenarioError
from payload.registry import build
from payload.training.images import usable
from payload.training.journal import SILENT, Journal
from payload.training.readers.layouts import read_images
from payload.training.realism.page import write
from payload.training.realism.places import render
from payload.training.realism.shots import CLASSES_M, real_shots
from payload.training.realism.verdict import Verdict, judge
from payload.world.synthetic import Synthetic

_THIN = "thin_cloud"
_COUNTS: Mapping[bool, tuple[int, int, int]] = {False: (240, 120, 240), True: (100, 50, 60)}
"""Rendered views of each class, and how many of all are masked by ukis-csmask, by whether the comparison is quick."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Which views of which world are rendered.

    Attributes:
        seed: Seed of the world and of the places.
        options: Options of the world, by name, as in a scenario.
        quick: Whether to render only few views.
    """

    seed: int = 0
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    quick: bool = False

    @property
    def world(self) -> Synthetic:
        """The world with its options.

        Raises:
            ScenarioError: There is no such option, or its value is not allowed.
        """
        given = dict(self.options)
        try:
            built = build("payload.scene_source", "synthetic", given, seed=self.seed)
        except ValidationError as error:
            raise ScenarioError(f"the synthetic Earth does not accept {given}: {error}") from error
        return cast("Synthetic", built)

    @property
    def described(self) -> str:
        """The sample in one sentence, for the page."""
        said = (
            ", ".join(f"{key}={value}" for key, value in self.options.items()) or "default options"
        )
        return f"The world: {said}; seed {self.seed}."


def thin_cloud(data: Path, id_: str) -> NDArray[np.bool_] | None:
    """Where people labelled cloud as thin, shape (H, W): the layer `thin_cloud` of a mask, None if it has none.

    Raises:
        ImageryError: The mask cannot be read.
    """
    path = data / f"{id_}_msk.tif"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as mask:
                if _THIN not in mask.descriptions:
                    return None
                layer = mask.read(mask.descriptions.index(_THIN) + 1)
    except (OSError, RasterioError) as error:
        raise ImageryError(f"{path}: cannot be read: {error}") from error
    return np.asarray(layer == 1, np.bool_)


def compare_world(
    data: Path, out: Path, sample: Sample | None = None, *, journal: Journal = SILENT
) -> Verdict:
    """Render views of the synthetic Earth and measure how they differ from real images.

    Args:
        data: Labelled images in the layout `plain`.
        out: Folder for the findings; no real image is written to it.
        sample: What is rendered; the default world if left out.
        journal: Told of progress.

    Raises:
        ImageryError: The data cannot be read, or holds no image of a class that is compared.
        ScenarioError: The world has no such option, or its value is not allowed.
        PluginError: ukis-csmask is not installed.
    """
    sample = sample or Sample()
    *counts, asked = _COUNTS[sample.quick]
    counted = dict(zip(CLASSES_M, counts, strict=True))
    rendered = list(render(sample.world, seed=sample.seed, counts=counted))
    journal.log("views rendered", count=len(rendered))
    images = usable(list(read_images(data)))
    real = real_shots(images, {image.id: thin_cloud(data, image.id) for image in images})
    if not real:
        raise ImageryError(
            f"{data}: no image has pixels of 10 or 30 m, so there is nothing to compare with"
        )
    journal.log("real images read", count=len(real))
    verdict = judge(real, rendered, asked=asked, journal=journal)
    write(verdict, rendered, out, made=sample.described)
    return verdict
