"""nnU-Net's trainer, made to fit a time budget and a CPU.

Its network, loss (Dice and cross entropy, deeply supervised), crops with a third of them on cloud,
gradient clipping, polynomial rate, online validation and checkpoints are used as they are. Ours are:
bfloat16 on a CPU, the optimiser, a rate tied to what is left of the budget, epochs that end when a
checkpoint is due, generators that are reseeded each epoch so that an interrupted run continues as if
it had not been interrupted, and crops that stay inside the image (nnU-Net's extend beyond its lower
and right edges as soon as there is an ignore label).
"""

import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from batchgenerators.dataloading.nondet_multi_threaded_augmenter import NonDetMultiThreadedAugmenter
from batchgenerators.dataloading.single_threaded_augmenter import SingleThreadedAugmenter
from nnunetv2.training.dataloading.data_loader import nnUNetDataLoader
from nnunetv2.training.lr_scheduler.polylr import PolyLRScheduler
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.swa_utils import update_bn

from payload.errors import MaskerError
from payload.training.journal import SILENT, Journal
from payload.training.nnunet import guests
from payload.training.nnunet.augmentation import keep_reflectance
from payload.training.nnunet.config import NnUnet

Batch = dict[str, Tensor | list[Tensor]]
LATEST, FINAL = "checkpoint_latest.pth", "checkpoint_final.pth"
_TELL_EVERY_S = 15.0
_MOMENTUM = 0.99
_METRICS = {
    "train_loss": "train_losses",
    "validation_loss": "val_losses",
    "pseudo_dice": "mean_fg_dice",
}


class CropLoader(nnUNetDataLoader):  # type: ignore[misc, unused-ignore]
    """nnU-Net's loader, with crops that do not extend beyond the far edges of an image."""

    def get_bbox(
        self,
        data_shape: tuple[int, ...],
        force_fg: bool,
        class_locations: dict[int | tuple[int, ...], object] | None,
        overwrite_class: int | tuple[int, ...] | None = None,
        verbose: bool = False,
    ) -> tuple[list[int], list[int]]:
        """Lower and upper corners of a crop; half the margin for rotation may lie outside."""
        lower, _ = super().get_bbox(data_shape, force_fg, class_locations, overwrite_class, verbose)
        corners = []
        for start, size, wanted, margin in zip(
            lower, data_shape, self.patch_size, self.need_to_pad, strict=True
        ):
            outside = max(int(margin), wanted - size)
            corners.append(min(start, size + outside // 2 + outside % 2 - wanted))
        return corners, [
            start + wanted for start, wanted in zip(corners, self.patch_size, strict=True)
        ]


class CloudTrainer(nnUNetTrainer):  # type: ignore[misc, unused-ignore]
    """One training within a budget; `follow` must be called before anything else."""

    def follow(self, config: NnUnet, journal: Journal = SILENT) -> None:
        """Set the configuration and the journal."""
        self.config = config
        self.journal = journal
        self.initial_lr = config.peak_rate
        self.weight_decay = config.weight_decay
        self.num_val_iterations_per_epoch = config.validation_batches
        self.iteration = 0
        self._elapsed_before_s = 0.0
        self._began_s = time.monotonic()
        # nnU-Net's log is stored in its checkpoints; adding these to it stores our place in the budget too.
        self.logger.local_logger.my_fantastic_logging.update(iterations=[], elapsed_s=[])

    def initialize(self) -> None:
        """Build network, optimiser and loss."""
        super().initialize()
        if self.device.type == "cpu" and self.config.norm == "batch":
            # A tenth less time per iteration; instance norm would convert each map there and back.
            self.network.to(memory_format=torch.channels_last)

    def resume(self, checkpoint: Path) -> None:
        """Resume from a checkpoint."""
        self.load_checkpoint(str(checkpoint))
        self.iteration = self.logger.get_value("iterations", step=-1)
        self._elapsed_before_s = self.logger.get_value("elapsed_s", step=-1)
        self.journal.log("nnunet_resume", **self._place())

    @property
    def elapsed_s(self) -> float:
        """[s] Time that this training has had, without interruptions."""
        return self._elapsed_before_s + time.monotonic() - self._began_s

    @property
    def spent(self) -> float:
        """Share of the budget that is spent: of time or of iterations, whichever is larger."""
        # One iteration ahead, so that time does not affect the rate of a run bound by iterations.
        counted = (self.iteration + 1) / (self.config.iterations + 1)
        return min(max(self.elapsed_s / self.config.budget_s, counted), 1.0)

    def run_training(self) -> None:
        """nnU-Net's loop, until the budget is spent."""
        self.on_train_start()
        self._began_s = time.monotonic()
        while self.spent < 1:
            self.on_epoch_start()
            self.on_train_epoch_start()
            self.on_train_epoch_end(list(self._epoch()))
            with torch.no_grad():
                self.on_validation_epoch_start()
                seen = [
                    self.validation_step(next(self.dataloader_val))
                    for _ in range(self.num_val_iterations_per_epoch)
                ]
                self.on_validation_epoch_end(seen)
            self.on_epoch_end()
        self._settle()
        self.on_train_end()

    def on_epoch_start(self) -> None:
        """Seed the generators for this epoch."""
        guests.reseed(self.config.seed, self.current_epoch)
        super().on_epoch_start()

    def on_train_epoch_start(self) -> None:
        """Put the network into training mode, and set and log its rate."""
        self.network.train()
        self.lr_scheduler.step(self.spent)
        self.logger.log("lrs", self.optimizer.param_groups[0]["lr"], self.current_epoch)

    def on_epoch_end(self) -> None:
        """Log the results, and write a checkpoint."""
        epoch = self.current_epoch
        self.logger.log("epoch_end_timestamps", time.time(), epoch)
        self.logger.log("iterations", self.iteration, epoch)
        self.logger.log("elapsed_s", self.elapsed_s, epoch)
        values = {name: self.logger.get_value(key, step=-1) for name, key in _METRICS.items()}
        # Validation crops without cloud have no Dice, which JSON cannot express.
        known = {
            name: round(float(each), 4) for name, each in values.items() if math.isfinite(each)
        }
        self.journal.log("nnunet_epoch", epoch=epoch, **self._place(), **known)
        self.save_checkpoint(str(Path(self.output_folder) / LATEST))
        self.current_epoch += 1

    def train_step(self, batch: Batch) -> dict[str, np.ndarray]:
        """One iteration, at the rate that follows from the budget."""
        self.lr_scheduler.step(self.spent)
        result: dict[str, np.ndarray]
        if self.device.type == "cuda":
            result = super().train_step(batch)
        else:
            result = self._train_on_processor(batch)
        self.iteration += 1
        if not np.isfinite(result["loss"]):
            raise MaskerError(
                f"nnU-Net: the loss is {result['loss']} after {self.iteration} iterations; "
                "use a lower peak_rate"
            )
        return result

    def save_checkpoint(self, filename: str) -> None:
        """Write a checkpoint atomically, so that a kill leaves the previous one intact."""
        partial = f"{filename}.partial"
        super().save_checkpoint(partial)
        Path(partial).replace(filename)

    def configure_optimizers(self) -> tuple[Optimizer, PolyLRScheduler]:
        """The optimiser, and nnU-Net's polynomial rate over the share of the budget."""
        weights = self.network.parameters()
        rate, decay = self.initial_lr, self.weight_decay
        optimiser: Optimizer
        if self.config.optimiser == "adamw":
            optimiser = AdamW(weights, lr=rate, weight_decay=decay)
        else:
            optimiser = SGD(weights, lr=rate, weight_decay=decay, momentum=_MOMENTUM, nesterov=True)
        return optimiser, PolyLRScheduler(optimiser, rate, max_steps=1)

    def get_dataloaders(self) -> tuple[Iterator[Batch], Iterator[Batch]]:
        """Sources of batches to learn from and to validate on."""
        scales = self._get_deep_supervision_scales()
        rotation, dummy_2d, initial_patch, mirror_axes = (
            self.configure_rotation_dummyDA_mirroring_and_inital_patch_size()
        )
        patch = self.configuration_manager.patch_size
        ignore = self.label_manager.ignore_label
        learning = self.get_training_transforms(
            patch, rotation, scales, mirror_axes, dummy_2d, ignore_label=ignore
        )
        judging = self.get_validation_transforms(scales, ignore_label=ignore)
        sources = []
        for images, size, transforms in zip(
            self.get_tr_and_val_datasets(), (initial_patch, patch), (learning, judging), strict=True
        ):
            loader = CropLoader(
                images,
                self.batch_size,
                size,
                patch,
                self.label_manager,
                oversample_foreground_percent=self.oversample_foreground_percent,
                transforms=keep_reflectance(transforms, self.config, ignore_label=ignore),
            )
            sources.append(self._augmenter(loader))
        return sources[0], sources[1]

    def print_to_log_file(
        self,
        *args: object,
        also_print_to_console: bool = False,  # noqa: ARG002 - the signature is nnU-Net's
        add_timestamp: bool = True,
    ) -> None:
        """Write to nnU-Net's log file and nowhere else."""
        super().print_to_log_file(*args, also_print_to_console=False, add_timestamp=add_timestamp)

    def _do_i_compile(self) -> bool:
        """Never: it gains nothing on a CPU, and on a GPU it needs a compiler besides torch."""
        return False

    def plot_network_architecture(self) -> None:
        """Draw nothing: it would need a package that is not installed."""

    def _save_debug_information(self) -> None:
        """Write nothing: it would contain the name of the machine."""

    def _augmenter(self, loader: CropLoader) -> Iterator[Batch]:
        if not self.config.workers:
            alone: Iterator[Batch] = SingleThreadedAugmenter(loader, None)
            return alone
        together: Iterator[Batch] = NonDetMultiThreadedAugmenter(
            data_loader=loader,
            transform=None,
            num_processes=self.config.workers,
            num_cached=max(6, self.config.workers // 2),
            pin_memory=self.device.type == "cuda",
            wait_time=0.002,
        )
        return together

    def _epoch(self) -> Iterator[dict[str, np.ndarray]]:
        began_s = told_s = time.monotonic()
        losses = []
        for _ in range(self.config.epoch_iterations):
            result = self.train_step(next(self.dataloader_train))
            yield result
            losses.append(float(result["loss"]))
            now_s = time.monotonic()
            if now_s - told_s >= _TELL_EVERY_S:
                self._tell(losses, (now_s - told_s) / len(losses))
                losses, told_s = [], now_s
            if self.spent >= 1 or now_s - began_s >= self.config.checkpoint_s:
                break

    def _tell(self, losses: list[float], iteration_s: float) -> None:
        self.journal.log(
            "nnunet",
            **self._place(),
            loss=round(math.fsum(losses) / len(losses), 4),
            rate=self.optimizer.param_groups[0]["lr"],
            iteration_s=round(iteration_s, 3),
        )

    def _place(self) -> dict[str, float]:
        return {
            "done": self.spent,
            "iteration": self.iteration,
            "trained_s": round(self.elapsed_s, 1),
        }

    def _train_on_processor(self, batch: Batch) -> dict[str, np.ndarray]:
        data = batch["data"]
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.config.bf16):
            outputs = self.network(data)
        # The loss sums over a batch, for which bfloat16 is too coarse.
        loss = self.loss([output.float() for output in outputs], batch["target"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 12)
        self.optimizer.step()
        return {"loss": loss.detach().numpy()}

    def _settle(self) -> None:
        """Recompute the statistics of batch norm, evenly over crops, with the final weights."""
        if self.config.norm != "batch" or not self.config.settle_batches:
            return
        guests.reseed(self.config.seed, self.current_epoch)
        crops = (next(self.dataloader_train)["data"] for _ in range(self.config.settle_batches))
        with torch.autocast(
            self.device.type,
            dtype=torch.float16 if self.device.type == "cuda" else torch.bfloat16,
            enabled=self.config.bf16 or self.device.type == "cuda",
        ):
            update_bn(crops, self.network, self.device)
