"""Learning from labels alone: one network, one thread, one budget."""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from payload.training.augment import Augmentation, Batch, draw_batch
from payload.training.images import LabelledImage
from payload.training.student import Network, fresh

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides a training, besides its images.

    Attributes:
        network: Name of the network, a key of `student.NETWORKS`.
        seed: Of the first weights and of the crops.
        steps: Batches to learn from, at most.
        budget_s: [s] Wall-clock time, at most. What is nearer its end, steps or time, sets the
            learning rate, so that a slow machine anneals as well as a fast one.
        batch: Crops in a step.
        peak_rate: Learning rate after warming up.
        warm_up: Share of the budget in which the rate climbs.
        weight_decay: Of AdamW.
        settle_batches: Batches over which the statistics of BatchNorm are taken anew at the end.
        augmentation: How crops are drawn.
    """

    network: str
    seed: int = 1
    steps: int = 1800
    budget_s: float = 300.0
    batch: int = 16
    peak_rate: float = 4e-3
    warm_up: float = 0.05
    weight_decay: float = 1e-2
    settle_batches: int = 64
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A network that has learned, how many steps it had and how long they took."""

    network: Network
    steps: int
    elapsed_s: float


def train(images: Sequence[LabelledImage], recipe: Recipe) -> Trained:
    """Train a network on images; the caller has left out what it must not see.

    With steps as the binding limit the same images and recipe give the same weights on one machine.
    """
    torch.set_num_threads(1)
    network = fresh(recipe.network, recipe.seed)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.peak_rate, weight_decay=recipe.weight_decay
    )
    network.train()
    began = time.monotonic()
    step, spent = 0, 0.0
    while spent < 1.0:
        for group in optimiser.param_groups:
            group["lr"] = recipe.peak_rate * annealed(spent, recipe.warm_up)
        batch = draw_batch(images, recipe.augmentation, recipe.batch, seed=recipe.seed, step=step)
        loss = cloud_loss(_forward(network, batch), batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        optimiser.step()
        step += 1
        spent = max(step / recipe.steps, (time.monotonic() - began) / recipe.budget_s)
        if step % 100 == 0:
            _log.info(
                "%s step %d, %.0f %% of the budget, loss %.3f",
                recipe.network,
                step,
                100 * spent,
                loss.item(),
            )
    _settle(network, images, recipe)
    return Trained(network.eval(), step, time.monotonic() - began)


def annealed(spent: float, warm_up: float) -> float:
    """Learning rate as a share of its peak: a line up, then half a cosine down to nothing."""
    if spent < warm_up:
        return (spent + 0.01 * warm_up) / (1.01 * warm_up)
    return 0.5 * (1 + math.cos(math.pi * (spent - warm_up) / (1 - warm_up)))


def cloud_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Cross entropy plus one minus the soft Jaccard index, over known pixels of the whole batch."""
    known = batch.known
    entropy = binary_cross_entropy_with_logits(logits, batch.cloud, weight=known, reduction="sum")
    probability = torch.sigmoid(logits) * known
    cloud = batch.cloud * known
    both = (probability * cloud).sum()
    either = (probability + cloud).sum() - both
    return entropy / known.sum().clamp(min=1) + 1 - (both + 1) / (either + 1)


def _forward(network: nn.Module, batch: Batch) -> Tensor:
    # bfloat16 halves the time of a step on a CPU that has it; the loss wants float32 again.
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits: Tensor = network(batch.bands.to(memory_format=torch.channels_last))
    return logits.float()


def _settle(network: nn.Module, images: Sequence[LabelledImage], recipe: Recipe) -> None:
    """Average BatchNorm's statistics evenly over fresh crops, in float32, with final weights."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    with torch.no_grad():
        for extra in range(recipe.settle_batches):
            step = recipe.steps + extra
            batch = draw_batch(
                images, recipe.augmentation, recipe.batch, seed=recipe.seed, step=step
            )
            network(batch.bands.to(memory_format=torch.channels_last))
