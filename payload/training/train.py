"""Training of one student: from labels, from a teacher's softened opinion, or from both."""

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from payload.training.journal import SILENT, Journal
from payload.training.lessons import Augmentation, Batch, Lesson, draw_batch
from payload.training.student import Network, fresh


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how a student is trained.

    Attributes:
        steps: Batches to learn from, at most.
        budget_s: [s] Wall-clock time, at most. Whichever is nearer its end, steps or time, sets the
            learning rate, so that a slow machine anneals as well as a fast one.
        batch: Crops per step.
        peak_rate: Learning rate after warm-up.
        warm_up: Share of the budget over which the rate rises.
        weight_decay: Of AdamW.
        temperature: Both logits are divided by it where the student is compared with its teacher.
        average: Share of the averaged weights kept at each step; the averaged weights are the result.
        settle_batches: Batches over which the statistics of BatchNorm are recomputed at the end.
        augmentation: How crops are drawn.
    """

    steps: int = 3000
    budget_s: float = 900.0
    batch: int = 16
    peak_rate: float = 4e-3
    warm_up: float = 0.05
    weight_decay: float = 1e-2
    temperature: float = 2.0
    average: float = 0.995
    settle_batches: int = 64
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A trained network, the number of steps it had and how long they took."""

    network: Network
    steps: int
    elapsed_s: float


def train(
    lessons: Sequence[Lesson],
    name: str,
    schedule: Schedule,
    *,
    seed: int,
    journal: Journal = SILENT,
) -> Trained:
    """Train a network of `student.NAMES`; the caller has left out what it must not see.

    It runs on a GPU if torch finds one. With steps as the binding limit, the same lessons, schedule
    and seed give the same weights on one machine.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = fresh(name, seed).to(device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
    averaged = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=schedule.peak_rate, weight_decay=schedule.weight_decay
    )
    network.train()
    began = time.monotonic()
    step, spent = 0, 0.0
    while spent < 1.0:
        for group in optimiser.param_groups:
            group["lr"] = schedule.peak_rate * annealed(spent, schedule.warm_up)
        batch = draw_batch(lessons, schedule.augmentation, schedule.batch, seed=seed, step=step)
        batch = _moved(batch, device)
        # bfloat16 halves the time of a step on a CPU that has it; what comes before and after it
        # needs float32.
        contrasts = network.contrast(batch.bands.to(memory_format=torch.channels_last))
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = network.see(contrasts)
        loss = cloud_loss(logits.float(), batch, schedule.temperature)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        optimiser.step()
        step += 1
        _follow(averaged, network, min(schedule.average, step / (step + 10)))
        spent = max(step / schedule.steps, (time.monotonic() - began) / schedule.budget_s)
        if step % 100 == 0 or spent >= 1.0:
            journal.log("step", step=step, loss=round(loss.item(), 4), done=round(spent, 4))
    _settle(averaged, lessons, schedule, seed=seed, device=device)
    return Trained(averaged.cpu().eval(), step, time.monotonic() - began)


def annealed(spent: float, warm_up: float) -> float:
    """Learning rate as a share of its peak: a linear rise, then half a cosine down to zero."""
    if spent < warm_up:
        return (spent + 0.01 * warm_up) / (1.01 * warm_up)
    return 0.5 * (1 + math.cos(math.pi * (spent - warm_up) / (1 - warm_up)))


def cloud_loss(logits: Tensor, batch: Batch, temperature: float) -> Tensor:
    """The loss of a student over the pixels of a batch.

    Cross entropy with the labels, plus one minus the soft Jaccard index with them, plus cross
    entropy with the teacher's softened probability, times the temperature squared so that its
    gradients keep their size. Weights of labels and teacher add up to one in each pixel.

    Source: Hinton, Vinyals and Dean 2015, https://arxiv.org/abs/1503.02531, for the softened part.
    """
    labelled = batch.label_weight
    total = (labelled + batch.soft_weight).sum().clamp(min=1)
    entropy = binary_cross_entropy_with_logits(
        logits, batch.cloud, weight=labelled, reduction="sum"
    )
    teacher = torch.logit(batch.soft, eps=4e-3) / temperature
    taught = binary_cross_entropy_with_logits(
        logits / temperature, torch.sigmoid(teacher), weight=batch.soft_weight, reduction="sum"
    )
    probability = torch.sigmoid(logits) * labelled
    cloud = batch.cloud * labelled
    both = (probability * batch.cloud).sum()
    either = probability.sum() + cloud.sum() - both
    jaccard = (both + 1) / (either + 1)
    share = labelled.sum() / total
    return (entropy + temperature**2 * taught) / total + share * (1 - jaccard)


def _moved(batch: Batch, device: torch.device) -> Batch:
    if device.type == "cpu":
        return batch
    return Batch(*(getattr(batch, part).to(device) for part in Batch.__slots__))


def _follow(averaged: nn.Module, network: nn.Module, stays: float) -> None:
    with torch.no_grad():
        torch._foreach_lerp_(list(averaged.parameters()), list(network.parameters()), 1 - stays)


def _settle(
    network: nn.Module,
    lessons: Sequence[Lesson],
    schedule: Schedule,
    *,
    seed: int,
    device: torch.device,
) -> None:
    """Average BatchNorm's statistics evenly over fresh crops, in float32, with final weights."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    with torch.no_grad():
        for extra in range(schedule.settle_batches):
            batch = draw_batch(
                lessons,
                schedule.augmentation,
                schedule.batch,
                seed=seed,
                step=schedule.steps + extra,
            )
            network(batch.bands.to(device, memory_format=torch.channels_last))
