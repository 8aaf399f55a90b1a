"""How good a masker is on scenes that it has never seen, beside what anyone could do without it.

The human-labelled images are dealt into folds; each is judged by a network that learned from all
usable images but those of the scenes in its fold. All maskers are scored on the same pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from payload.errors import MaskerError
from payload.masking.baselines import BlueThreshold
from payload.masking.preprocess import crop_back, pad_to_multiple, reflectance
from payload.masking.scores import Scores, estimate_cover, pool
from payload.training.images import RADIOMETRY, LabelledImage, folds
from payload.training.runs import Run, run_once
from payload.training.student import (
    NETWORKS,
    Network,
    SingleConvolution,
    Student,
    fresh,
    parameters,
)
from payload.training.train import Recipe
from payload.types import CloudMask, CoverEstimate, Patch, Tile, Window

FOLDS = 4
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Judged:
    """One masker's answers: its name, its number of parameters, what it said of each image."""

    name: str
    parameters: int
    estimates: Mapping[str, CoverEstimate]

    @property
    def scores(self) -> Scores:
        """Over all images, pixels pooled."""
        pooled = pool(self.estimates.values())
        if pooled is None:
            raise MaskerError(f"{self.name}: no image with truth was judged")
        return pooled


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Maskers judged on the same images, the student first.

    Attributes:
        folds: Ids of the images held out together.
        judged: The student, and what it is to be compared to.
        runs: The trainings behind them: network name to one run a fold.
        recipe: How they were trained.
    """

    folds: tuple[tuple[str, ...], ...]
    judged: tuple[Judged, ...]
    runs: Mapping[str, tuple[Run, ...]]
    recipe: Recipe


def train_folds(
    images: Sequence[LabelledImage], recipe: Recipe, folder: Path
) -> dict[tuple[str, ...], Run]:
    """One network a fold, trained now or taken from the folder; keys are the ids held out."""
    dealt = [tuple(ids) for ids in folds(images, FOLDS)]
    return {ids: run_once(images, recipe, folder, held_out=ids) for ids in dealt}


def evaluate(images: Sequence[LabelledImage], recipe: Recipe, folder: Path) -> Evaluation:
    """Train what is not trained yet, and judge the student and its three yardsticks.

    Args:
        images: All images of the data set.
        recipe: How the student is trained; the single convolution is trained alike.
        folder: Where finished trainings are kept.
    """
    torch.set_num_threads(1)
    student = train_folds(images, replace(recipe, network=Student.name), folder)
    single = train_folds(images, replace(recipe, network=SingleConvolution.name), folder)
    judged_ids = {id_ for ids in student for id_ in ids}
    shown = [image for image in images if image.id in judged_ids]
    blank = fresh(Student.name, recipe.seed).eval()
    blue = BlueThreshold()
    return Evaluation(
        folds=tuple(student),
        judged=(
            _judge_network(Student.name, _network_of_each(student), shown),
            _judge(blue.identity.model, 1, {image: blue.predict(_tile(image)) for image in shown}),
            _judge_network(SingleConvolution.name, _network_of_each(single), shown),
            _judge_network(f"{Student.name}, untrained", dict.fromkeys(judged_ids, blank), shown),
        ),
        runs={
            Student.name: tuple(student.values()),
            SingleConvolution.name: tuple(single.values()),
        },
        recipe=recipe,
    )


def probability(network: nn.Module, image: LabelledImage, multiple_px: int) -> NDArray[np.float32]:
    """Cloud probability of an image in one piece, shape (H, W)."""
    bands = pad_to_multiple(reflectance(image.dn, RADIOMETRY), multiple_px)
    with torch.no_grad():
        logits = network(torch.from_numpy(bands)[None])
    plane: NDArray[np.float32] = torch.sigmoid(logits)[0, 0].numpy()
    height, width = image.truth.shape
    return crop_back(plane, (height, width))


def _network_of_each(runs: Mapping[tuple[str, ...], Run]) -> dict[str, Network]:
    return {id_: run.network for ids, run in runs.items() for id_ in ids}


def _judge_network(
    name: str, networks: Mapping[str, Network], images: Sequence[LabelledImage]
) -> Judged:
    one = next(iter(networks.values()))
    multiple_px = NETWORKS[one.name].multiple_px
    masks = {
        image: CloudMask(probability(networks[image.id], image, multiple_px), THRESHOLD)
        for image in images
    }
    return _judge(name, parameters(one), masks)


def _judge(name: str, size: int, masks: Mapping[LabelledImage, CloudMask]) -> Judged:
    estimates = {
        image.id: estimate_cover(mask, Patch(image.dn, image.truth))
        for image, mask in masks.items()
    }
    return Judged(name, size, estimates)


def _tile(image: LabelledImage) -> Tile:
    height, width = image.truth.shape
    return Tile(
        id=image.id,
        row=0,
        col=0,
        window=Window(0, 0, height, width),
        patch=Patch(image.dn, image.truth),
        surroundings=image.dn,
        inset=(slice(0, height), slice(0, width)),
        radiometry=RADIOMETRY,
        bit_depth=16,
    )
