"""Trainings that are kept: what is finished is never done again."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from payload.errors import MaskerError
from payload.provenance import digest_json
from payload.training.images import LabelledImage, usable, without_scenes_of
from payload.training.student import Network, fresh
from payload.training.train import Recipe, train

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A finished training.

    Attributes:
        network: The network with its final weights, ready to predict.
        steps: How many it had.
        elapsed_s: [s] How long they took.
        trained_on: Ids of the images that it saw.
    """

    network: Network
    steps: int
    elapsed_s: float
    trained_on: tuple[str, ...]


def run_once(
    images: Sequence[LabelledImage], recipe: Recipe, folder: Path, *, held_out: Sequence[str] = ()
) -> Run:
    """Train on all usable images whose scenes are not held out, or take what an earlier call left.

    Args:
        images: All images of the data set.
        recipe: How to train.
        folder: Where finished trainings are kept, named by the digest of what decided them.
        held_out: Ids of images that the network must not see, nor anything of their scenes.

    Raises:
        MaskerError: What an earlier call has left cannot be read.
    """
    seen = without_scenes_of(usable(images), held_out)
    ids = tuple(image.id for image in seen)
    kept = folder / f"{recipe.network}-{digest_json([asdict(recipe), ids])[:12]}.pt"
    if not kept.exists():
        _log.info(
            "training %s on %d images, without %s",
            recipe.network,
            len(ids),
            ", ".join(held_out) or "none",
        )
        trained = train(seen, recipe)
        folder.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(".part")
        weights = trained.network.state_dict()
        facts = {"steps": trained.steps, "elapsed_s": trained.elapsed_s}
        torch.save({"weights": weights, "trained_on": list(ids), **facts}, beside)
        beside.replace(kept)
    return _load(kept, recipe.network)


def _load(path: Path, name: str) -> Run:
    try:
        stored = torch.load(path, weights_only=True)
        network = fresh(name, 0)
        network.load_state_dict(stored["weights"])
    except Exception as error:  # torch raises whatever its reader does
        raise MaskerError(
            f"{path}: this training cannot be read ({error}); delete it to train anew"
        ) from error
    return Run(network.eval(), stored["steps"], stored["elapsed_s"], tuple(stored["trained_on"]))
