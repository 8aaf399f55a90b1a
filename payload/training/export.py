"""Export of a network as an ONNX file with its card, checked against the original before it may fly."""

import copy
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from payload.errors import MaskerError
from payload.masking.card import (
    Calibration,
    CardScores,
    ModelCard,
    Quantisation,
    Scaling,
    Smaller,
    Source,
    TrainedOn,
    Training,
)
from payload.masking.packaged import Precision
from payload.provenance import digest_file
from payload.rng import stream
from payload.training.images import LabelledImage
from payload.training.streamline import streamline
from payload.training.student import BANDS, Network, parameters

OPSET = 18
PARITY = 1e-4
_SIDES = ((1, 1), (64, 64), (40, 264), (256, 256))
# The index's word on a licence is a note to ourselves; for known sources the card states it plainly.
LICENCES = {
    "SEN12MS-CR": "CC-BY-4.0 (not confirmed); contains modified Copernicus Sentinel data",
    "USGS L8 Biome": "public domain, courtesy of the U.S. Geological Survey",
    "rio-cloudmask test data": "data public domain (U.S. Geological Survey), repository MIT",
}


def write_onnx(network: Network, path: Path, *, temperature: float = 1.0) -> float:
    """Write a network as ONNX with dynamic height and width; its output is the logit.

    Args:
        network: Ends in a convolution `logit` and has a `multiple_px`.
        path: The file; it appears only after it has passed the check.
        temperature: Of the calibration; the last convolution is divided by it.

    Returns:
        The largest difference between its logits and torch's, over inputs of several sizes.

    Raises:
        MaskerError: The file's output differs from the network's.
    """
    cooled = copy.deepcopy(network).cpu().float().eval()
    with torch.no_grad():
        for tensor in cooled.logit.parameters():
            tensor.div_(temperature)
    beside = path.with_suffix(".part")
    with warnings.catch_warnings():
        # The older exporter is deprecated, but the newer one needs one more package.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            cooled,
            (torch.zeros(1, len(BANDS), 64, 64),),
            str(beside),
            dynamo=False,
            opset_version=OPSET,
            input_names=["reflectance"],
            output_names=["logit"],
            dynamic_axes={name: {2: "height", 3: "width"} for name in ("reflectance", "logit")},
        )
    onnx.save(streamline(onnx.load(beside)), beside)
    worst = _difference(network, temperature, beside)
    if not worst < PARITY:
        beside.unlink()
        raise MaskerError(
            f"{path}: ONNX and torch differ by {worst:g}; expected less than {PARITY:g}"
        )
    beside.replace(path)
    return worst


def receptive_margin_px(network: Network) -> int:
    """[px] How far around its own cell an output pixel looks, in whole cells, found by experiment.

    All weights of a copy are made positive and equal, so that no path is blocked; then the rows and
    columns of one cell of the input are brightened one by one, and changes in the output are noted.
    """
    sighted = copy.deepcopy(network).cpu().double().eval()
    for module in sighted.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.reset_parameters()
    cell = network.multiple_px
    cells = 4
    while True:
        reach = max(_reach(sighted, cell, cells, axis) for axis in (2, 3))
        if reach < cells * cell:  # else the trial image may be too small
            return -(-reach // cell) * cell
        cells *= 2


def _reach(sighted: Network, cell: int, cells: int, axis: int) -> int:
    """[px] Largest distance along an axis at which input outside a cell still changes output in it."""
    side = (2 * cells + 1) * cell
    dark = torch.ones(1, len(BANDS), side, side, dtype=torch.float64)
    reach = 0
    with torch.no_grad():
        before = sighted(dark)
        for place in range(cells * cell, (cells + 1) * cell):
            bright = dark.clone()
            bright.select(axis, place).fill_(1e6)
            changed = ((sighted(bright) - before).abs() > 1e-9).any(dim=5 - axis).flatten()
            seen_from = torch.nonzero(changed).flatten() // cell * cell  # where those cells begin
            outside = torch.maximum(seen_from - place, place - (seen_from + cell - 1))
            reach = max(reach, int(outside.max()))
    return max(reach, 0)


@dataclass(frozen=True, slots=True)
class Told:
    """Contents of a card that the file and the network do not show.

    Attributes:
        name: Of the model.
        trained_on: What the weights were trained on; see `seen`.
        threshold: A pixel is cloud at or above this probability.
        threshold_reason: Why the threshold is what it is.
        calibration: How probabilities were calibrated.
        training: Teacher and recipe.
        smaller_than: Names and parameters of larger networks to compare with.
        scores: Of the design.
    """

    name: str
    trained_on: TrainedOn | None = None
    threshold: float = 0.5
    threshold_reason: str | None = None
    calibration: Calibration | None = None
    training: Training | None = None
    smaller_than: tuple[tuple[str, int], ...] = ()
    scores: CardScores | None = None


def write_card(
    path: Path,
    network: Network,
    told: Told,
    *,
    precision: Precision = "fp32",
    quantisation: Quantisation | None = None,
) -> ModelCard:
    """Write the card of the model in `path` (ONNX) beside it, as JSON."""
    count = parameters(network)
    card = ModelCard(
        name=told.name,
        bands=BANDS,
        units="toa_reflectance",
        scaling=Scaling(gain=(1.0,) * len(BANDS), offset=(0.0,) * len(BANDS)),
        tile_multiple_px=network.multiple_px,
        margin_px=receptive_margin_px(network),
        output="logit",
        probability_threshold=told.threshold,
        threshold_reason=told.threshold_reason,
        parameters=count,
        sha256=digest_file(path),
        license="Apache-2.0",
        precision=precision,
        calibration=told.calibration,
        quantisation=quantisation,
        smaller_than=tuple(
            Smaller(what=what, parameters=larger, times=round(larger / count, 1))
            for what, larger in told.smaller_than
        ),
        training=told.training,
        trained_on=told.trained_on,
        scores=told.scores,
    )
    text = card.model_dump_json(indent=2, exclude_none=True)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return card


class Learned(Protocol):
    """A finished training."""

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Ids of the images that it saw."""
        ...

    @property
    def steps(self) -> int:
        """Number of training steps."""
        ...

    @property
    def elapsed_s(self) -> float:
        """[s] How long the training took."""
        ...


def seen(images: Sequence[LabelledImage], learned: Learned, *, taught: str, seed: int) -> TrainedOn:
    """What a network was trained on, for its card.

    Args:
        images: All images of the data set.
        learned: The finished training.
        taught: Who taught it, in words that precede the counts on the card.
        seed: Of weights and crops.
    """
    ids = set(learned.trained_on)
    shown = [image for image in images if image.id in ids]
    kinds = Counter((i.source, LICENCES.get(i.source, i.licence)) for i in shown)
    human = sum(image.is_human for image in shown)
    return TrainedOn(
        images=len(shown),
        labels=f"{taught}: {human} images by people, {len(shown) - human} by models",
        sources=tuple(
            Source(source=source, licence=licence, images=count)
            for (source, licence), count in sorted(kinds.items())
        ),
        seed=seed,
        steps=learned.steps,
        minutes=round(learned.elapsed_s / 60, 1),
    )


def _difference(network: Network, temperature: float, path: Path) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = stream(0, "parity")
    network = copy.deepcopy(network).cpu().float().eval()
    worst = 0.0
    for sides in _SIDES:
        height, width = (-(-side // network.multiple_px) * network.multiple_px for side in sides)
        bands = rng.random((1, len(BANDS), height, width), dtype=np.float32)
        with torch.no_grad():
            wanted = network(torch.from_numpy(bands)).numpy() / temperature
        found = session.run(None, {"reflectance": bands})[0]
        worst = max(worst, float(np.abs(found - wanted).max()))
    return worst
