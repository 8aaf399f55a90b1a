"""A network becomes an ONNX file with its card, held against itself before anyone may fly it."""

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from payload.errors import MaskerError
from payload.masking.card import CardScores, ModelCard, Scaling, Source, TrainedOn
from payload.provenance import digest_file
from payload.rng import stream
from payload.training.images import LabelledImage
from payload.training.runs import Run
from payload.training.student import BANDS, Network, Student, parameters

OPSET = 18
PARITY = 1e-4
MARGIN_PX = (
    24  # the student sees 22 px beyond a cell; tests/unit/masking measures it on the shipped file
)
_SIZES = ((8, 8), (64, 64), (40, 264), (256, 256))
# What the index says of a licence is a note to us; for the sources we know the card says it plainly.
LICENCES = {
    "SEN12MS-CR": "CC-BY-4.0 (not confirmed); contains modified Copernicus Sentinel data",
    "USGS L8 Biome": "public domain, courtesy of the U.S. Geological Survey",
    "rio-cloudmask test data": "data public domain (U.S. Geological Survey), repository MIT",
}


def write_onnx(network: Network, path: Path) -> float:
    """Write a network as ONNX with dynamic height and width; its output is the logit.

    Returns:
        The largest difference between its logits and torch's, over inputs of several sizes.

    Raises:
        MaskerError: The file answers otherwise than the network; it is removed again.
    """
    network = network.eval()
    example = torch.zeros(1, len(BANDS), 64, 64)
    with warnings.catch_warnings():
        # The older exporter is on its way out, but the newer one wants one more package.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (example,),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["reflectance"],
            output_names=["logit"],
            dynamic_axes={name: {2: "height", 3: "width"} for name in ("reflectance", "logit")},
        )
    worst = _difference(network, path)
    if not worst < PARITY:
        path.unlink()
        raise MaskerError(
            f"{path}: ONNX and torch differ by {worst:g}; less than {PARITY:g} is wanted"
        )
    return worst


def write_card(
    path: Path, run: Run, images: Sequence[LabelledImage], *, seed: int, scores: CardScores
) -> ModelCard:
    """Write the card of the student in `path` (ONNX) beside it, as JSON."""
    seen = [image for image in images if image.id in set(run.trained_on)]
    kinds = Counter((i.source, LICENCES.get(i.source, i.licence)) for i in seen)
    human = sum(image.is_human for image in seen)
    card = ModelCard(
        name=Student.name,
        bands=BANDS,
        units="toa_reflectance",
        scaling=Scaling(gain=(1.0,) * len(BANDS), offset=(0.0,) * len(BANDS)),
        tile_multiple_px=Student.multiple_px,
        margin_px=MARGIN_PX,
        output="logit",
        probability_threshold=0.5,
        parameters=parameters(run.network),
        sha256=digest_file(path),
        license="Apache-2.0",
        trained_on=TrainedOn(
            images=len(seen),
            labels=f"labels alone: {human} images by people, {len(seen) - human} by models",
            sources=tuple(
                Source(source=source, licence=licence, images=count)
                for (source, licence), count in sorted(kinds.items())
            ),
            seed=seed,
            steps=run.steps,
            minutes=round(run.elapsed_s / 60, 1),
        ),
        scores=scores,
    )
    path.with_suffix(".json").write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return card


def _difference(network: Network, path: Path) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = stream(0, "parity")
    worst = 0.0
    for height, width in _SIZES:
        bands = rng.random((1, len(BANDS), height, width), dtype=np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(bands)).numpy()
        found = session.run(None, {"reflectance": bands})[0]
        worst = max(worst, float(np.abs(found - expected).max()))
    return worst
