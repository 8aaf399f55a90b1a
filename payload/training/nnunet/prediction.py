"""Cloud probability from one or more trained nnU-Nets, by nnU-Net's own sliding-window inference."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager
from numpy.typing import NDArray
from torch import Tensor

from payload.errors import MaskerError
from payload.training.nnunet import guests, plan
from payload.training.nnunet.dataset import LABELS, SPACING

_BANDS = 4


@dataclass(frozen=True)
class NnUnetPredictor:
    """Cloud probability by one nnU-Net, or by the mean logits of several with the same plan.

    Attributes:
        checkpoints: Final checkpoints of trainings. A checkpoint is a pickle: load only those you trust.
        mirroring: Whether the answers for the image and its three mirrorings are averaged, as nnU-Net
            does by default; it takes four times as long.
        tile_step: Step between windows as a share of their edge; nnU-Net's is one half.
        bf16: Whether a CPU computes in bfloat16.
        threads: Threads of torch.
        threshold: A pixel is cloud at or above this probability.
    """

    checkpoints: tuple[Path, ...]
    mirroring: bool = False
    tile_step: float = 0.5
    bf16: bool = True
    threads: int = 2
    threshold: float = 0.5

    def __post_init__(self) -> None:
        """Refuse invalid settings.

        Raises:
            MaskerError: There is no checkpoint, or the step is not a share of a window.
        """
        if not self.checkpoints:
            raise MaskerError("nnU-Net: expected at least one checkpoint")
        if not 0 < self.tile_step <= 1:
            raise MaskerError(
                f"nnU-Net: tile_step must be above 0 and at most 1, not {self.tile_step}"
            )

    @property
    def name(self) -> str:
        """Name for tables."""
        count = len(self.checkpoints)
        return "nnU-Net" if count == 1 else f"{count} nnU-Nets"

    @property
    def parameters(self) -> int:
        """Number of trained parameters in all networks together."""
        each: int = sum(tensor.numel() for tensor in self._predictor.network.parameters())
        return each * len(self.checkpoints)

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud probability, shape (H, W), of reflectance, shape (4, H, W); any H, W >= 1.

        Borders that are zero in all bands count as outside the image, and get zero.

        Raises:
            MaskerError: The bands have another shape, or a checkpoint cannot be read.
        """
        if bands.ndim != 3 or bands.shape[0] != _BANDS or not bands.size:
            raise MaskerError(
                f"{self.name}: expected bands of shape (4, H, W), found {bands.shape}"
            )
        with guests.threads(self.threads):
            _, classes = self._predictor.predict_single_npy_array(
                np.ascontiguousarray(bands[:, None], np.float32),
                {"spacing": SPACING},
                save_or_return_probabilities=True,
            )
        cloud: NDArray[np.float32] = np.ascontiguousarray(classes[LABELS["cloud"], 0], np.float32)
        return cloud

    @cached_property
    def _predictor(self) -> "_Predictor":
        model = self.checkpoints[0].parents[1]
        try:
            plans = json.loads((model / "plans.json").read_text(encoding="utf-8"))
            described = json.loads((model / "dataset.json").read_text(encoding="utf-8"))
            states = [
                torch.load(file, map_location="cpu", weights_only=False)
                for file in self.checkpoints
            ]
        except OSError as error:
            raise MaskerError(f"nnU-Net: a checkpoint cannot be read: {error}") from error
        network = plan.network(plans)
        for file, state in zip(self.checkpoints, states, strict=True):
            try:
                network.load_state_dict(state["network_weights"])
            except RuntimeError as error:
                raise MaskerError(
                    f"{file}: this network has another plan; use a separate predictor for it"
                ) from error
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, unused-ignore]
        manager = PlansManager(plans)
        with _silent():
            predictor = _Predictor(
                tile_step_size=self.tile_step,
                use_mirroring=self.mirroring,
                device=guests.device(),
                allow_tqdm=False,
            )
        predictor.bf16 = self.bf16
        predictor.manual_initialization(
            network,
            manager,
            manager.get_configuration(plan.OURS),
            [state["network_weights"] for state in states],
            described,
            states[0]["trainer_name"],
            states[0]["inference_allowed_mirroring_axes"],
        )
        return predictor


class _Predictor(nnUNetPredictor):  # type: ignore[misc, unused-ignore]
    """nnU-Net's predictor, in bfloat16 on a CPU; on a GPU it uses its own mixed precision."""

    bf16 = False

    def _internal_maybe_mirror_and_predict(self, x: Tensor) -> Tensor:
        if self.device.type == "cuda" or not self.bf16:
            logits: Tensor = super()._internal_maybe_mirror_and_predict(x)
            return logits
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = super()._internal_maybe_mirror_and_predict(x)
        return logits.float()


@contextmanager
def _silent() -> Iterator[None]:
    with tempfile.TemporaryDirectory() as place, guests.quiet(Path(place) / "log.txt"):
        yield
