"""The whole comparison: read, render, judge, write."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pydantic import ValidationError

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

_COUNTS: Mapping[bool, tuple[int, int, int]] = {False: (240, 120, 120), True: (100, 50, 24)}
"""Rendered views of each class, and of how many ukis-csmask is asked; the quick way is the second."""


def compare_world(
    data: Path,
    out: Path,
    *,
    seed: int = 0,
    options: Mapping[str, str] | None = None,
    quick: bool = False,
    journal: Journal = SILENT,
) -> Verdict:
    """Render views of the synthetic Earth and measure how they differ from real images.

    Args:
        data: Labelled images in the layout `plain`.
        out: Folder for what is found; it gets no real image.
        seed: Of the world and of the sample of places.
        options: Of the world, by name, as a scenario has them.
        quick: With few views.
        journal: Told what is done.

    Raises:
        ImageryError: The data cannot be read, or holds no image of a class that is compared.
        ScenarioError: The world has no such option, or not with that value.
        PluginError: ukis-csmask is not installed.
    """
    world = _world(seed, options or {})
    ten, thirty, asked = _COUNTS[quick]
    rendered = list(
        render(world, seed=seed, counts=dict(zip(CLASSES_M, (ten, thirty), strict=True)))
    )
    journal.log("views rendered", count=len(rendered))
    real = real_shots(usable(list(read_images(data))))
    if not real:
        raise ImageryError(f"{data}: no image has pixels of 10 or 30 m: nothing to compare with")
    journal.log("real images read", count=len(real))
    verdict = judge(real, rendered, asked=asked, journal=journal)
    said = ", ".join(f"{key}={value}" for key, value in (options or {}).items()) or "as it is"
    write(verdict, rendered, out, made=f"The world: {said}; seed {seed}.")
    return verdict


def _world(seed: int, options: Mapping[str, str]) -> Synthetic:
    try:
        return cast("Synthetic", build("payload.scene_source", "synthetic", options, seed=seed))
    except ValidationError as error:
        raise ScenarioError(f"the synthetic Earth refuses {dict(options)}: {error}") from error
