"""The configuration of nnU-Net."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from payload.errors import MaskerError

Norm = Literal["batch", "instance"]
Optimiser = Literal["adamw", "sgd"]

_PLANNED = ("patch_px", "batch", "base_features", "max_features", "norm")
_COUNTS = (
    "batch",
    "base_features",
    "max_features",
    "iterations",
    "epoch_iterations",
    "validation_batches",
    "threads",
)
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class NnUnet:
    """nnU-Net v2 for a machine with two cores; whatever is not mentioned here is as in the package.

    The first five settings determine the plan and, with the images, the prepared data; the others
    determine one training.

    Attributes:
        patch_px: [px] Edge of the crops that it learns from. nnU-Net's planner takes 256 for tiles
            of that size; 128 makes an iteration four times cheaper and the network one stage
            shallower.
        batch: Crops per iteration.
        base_features: Feature maps of the first stage; each further one has twice as many.
        max_features: Feature maps at most. With patch 128, base 32 and 512 at most, the planner
            makes six stages of 20.6 million parameters.
        norm: `batch`, or nnU-Net's own `instance`. The latter centres and scales each feature map of
            each crop, which discards the information in a scene's absolute brightness.
        optimiser: `adamw`, or nnU-Net's own `sgd` with Nesterov momentum 0.99, which needs many more
            iterations than two cores do in an hour.
        peak_rate: Learning rate at the start; nnU-Net's polynomial of power 0.9 takes it to zero.
        weight_decay: Of the optimiser.
        budget_s: [s] Time for the iterations, at most, summed over interruptions.
        iterations: Iterations, at most. Whichever is nearer its end, iterations or time, sets the rate.
        epoch_iterations: Iterations between two validations and two checkpoints, at most.
        checkpoint_s: [s] An epoch ends early when it has lasted this long, so that a checkpoint is written.
        validation_batches: Batches of the online validation, nnU-Net's pseudo Dice.
        settle_batches: Batches over which the statistics of batch norm are recomputed at the end.
        fold: Which of five folds of scenes is held out of training; None learns from all.
        gain: Brightness of a crop is varied by this share, all bands together.
        noise: [1] Largest standard deviation of the noise that is added to a tenth of the crops, in
            reflectance.
        seed: Of the first weights and of the crops.
        bf16: Whether a CPU computes in bfloat16; a GPU always uses nnU-Net's mixed precision.
        threads: Threads of torch.
        workers: Processes that prepare crops; 0 prepares them in the training process, so that runs
            can be repeated exactly.
    """

    patch_px: int = 128
    batch: int = 12
    base_features: int = 32
    max_features: int = 512
    norm: Norm = "batch"
    optimiser: Optimiser = "adamw"
    peak_rate: float = 1e-3
    weight_decay: float = 1e-2
    budget_s: float = 3600.0
    iterations: int = 250_000
    epoch_iterations: int = 250
    checkpoint_s: float = 120.0
    validation_batches: int = 4
    settle_batches: int = 20
    fold: int | None = None
    gain: float = 0.1
    noise: float = 0.02
    seed: int = 1
    bf16: bool = True
    threads: int = 2
    workers: int = 0

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be trained.

        Raises:
            MaskerError: A number is out of its range, or a name is unknown.
        """
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise MaskerError(f"nnU-Net: {name} must be at least 1, not {getattr(self, name)}")
        for name in ("budget_s", "checkpoint_s", "peak_rate"):
            if getattr(self, name) <= 0:
                raise MaskerError(f"nnU-Net: {name} must be above 0, not {getattr(self, name)}")
        if self.patch_px < 8 or self.patch_px & (self.patch_px - 1):
            raise MaskerError(
                f"nnU-Net: patch_px must be a power of two, 8 or more, not {self.patch_px}"
            )
        if self.norm not in get_args(Norm) or self.optimiser not in get_args(Optimiser):
            raise MaskerError(f"nnU-Net: unknown norm {self.norm} or optimiser {self.optimiser}")
        if self.fold is not None and not 0 <= self.fold < _FOLDS:
            raise MaskerError(f"nnU-Net: fold must be 0 to {_FOLDS - 1} or none, not {self.fold}")
        if not 0 <= self.gain < 1 or self.noise < 0:
            raise MaskerError(
                f"nnU-Net: gain must be 0 to below 1 and noise at least 0, not {self.gain} and {self.noise}"
            )

    @property
    def planned(self) -> dict[str, int | str]:
        """The settings that determine the plan."""
        return {name: value for name, value in asdict(self).items() if name in _PLANNED}

    @property
    def digest(self) -> str:
        """A name for this configuration; equal settings have the same name."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
