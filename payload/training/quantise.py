"""Quantisation from thirty-two to eight bits: smaller files and, on processors with integer units, faster masks.

Weights become signed and activations unsigned integers. Each channel of weights has a scale of its own;
each activation has one that covers the values it took on the calibration images. The file expresses this
as pairs of QuantizeLinear and DequantizeLinear (QDQ), which onnxruntime turns into integer kernels.
"""

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from payload.errors import MaskerError
from payload.masking.card import Quantisation
from payload.masking.onnx_masker import EXACT_EIGHT_BITS
from payload.provenance import digest_file
from payload.training.streamline import for_integers

Bands = NDArray[np.float32]
Method = Literal["minmax", "percentile", "entropy"]
Kept = Literal["nothing", "bands"]

AIM = 0.998
"""Agreement at which a file is good enough to fly; once it is reached, no further scheme is tried."""
SCHEMES: tuple[tuple[Method, Kept], ...] = (
    ("percentile", "nothing"),
    ("minmax", "nothing"),
    ("percentile", "bands"),
    ("minmax", "bands"),
)
"""Quantisation schemes, the fastest first. In all of them the linear map of the bands and the convolution
that absorbs it stay float32: the differences that they detect are smaller than a step of eight bits."""

_PERCENTILE = 99.95
_TILE_PX = 128
_METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "percentile": CalibrationMethod.Percentile,
    "entropy": CalibrationMethod.Entropy,
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One quantisation scheme and its result.

    Attributes:
        method: How ranges of activations were found.
        kept_fp32: Names of nodes that stayed float32.
        agreement: Share of pixels on which both files agree.
    """

    method: Method
    kept_fp32: tuple[str, ...]
    agreement: float

    def card(self, fp32: Path, *, measured_on: str) -> Quantisation:
        """Entry for the card of the int8 file."""
        method = f"percentile {_PERCENTILE:g}" if self.method == "percentile" else self.method
        return Quantisation(
            of_sha256=digest_file(fp32),
            method=method,
            kept_fp32=self.kept_fp32,
            agreement=round(self.agreement, 5),
            measured_on=measured_on,
        )


def quantise_best(
    fp32: Path,
    int8: Path,
    calibration: Sequence[Bands],
    held_out: Sequence[Bands],
    *,
    threshold: float = 0.5,
) -> tuple[Trial, ...]:
    """Write the fastest int8 file that agrees well enough, else the one that agrees best.

    Args:
        fp32: A network as `export.write_onnx` writes it.
        int8: The file to be written.
        calibration: Reflectance (4, H, W) of images that represent what the network will see: bright
            and dark, cloud and snow.
        held_out: Other images, on which agreement is measured; sides are cut to whole cells.
        threshold: Of the card.

    Returns:
        The trials in order; the file is that of the best one.

    Raises:
        MaskerError: There are no images, or the model cannot be quantised.
    """
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory(dir=int8.parent) as folder:
        trial_file = Path(folder) / "trial.onnx"
        for method, kept in SCHEMES:
            nodes = edge_nodes(fp32, kept)
            quantise(fp32, trial_file, calibration, method=method, keep_fp32=nodes)
            found = agreement(fp32, trial_file, held_out, threshold=threshold)
            if all(found > trial.agreement for trial in trials):
                trial_file.replace(int8)
            trials.append(Trial(method, nodes, found))
            if found >= AIM:
                break
    return tuple(trials)


def best(trials: Sequence[Trial]) -> Trial:
    """The trial whose file `quantise_best` keeps."""
    return max(trials, key=lambda trial: trial.agreement)


def quantise(
    fp32: Path,
    int8: Path,
    calibration: Iterable[Bands],
    *,
    method: Method = "percentile",
    keep_fp32: Sequence[str] = (),
) -> None:
    """Write the int8 form of a network.

    Args:
        fp32: A network as `export.write_onnx` writes it.
        int8: The file to be written.
        calibration: Reflectance (4, H, W); the middle of each is used, 128 pixels wide or less.
        method: How ranges are found: by extremes, by what contains 99.95 %, or by least relative entropy.
        keep_fp32: Names of nodes that stay float32.

    Raises:
        MaskerError: There are no images, or the model cannot be quantised.
    """
    tiles = _middles(list(calibration))
    extra = {"CalibPercentile": _PERCENTILE} if method == "percentile" else {}
    try:
        with tempfile.TemporaryDirectory() as folder, _silence():
            prepared = Path(folder) / "prepared.onnx"
            graph = for_integers(onnx.load(fp32))
            onnx.save(graph, prepared)
            quant_pre_process(str(prepared), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared),
                str(int8),
                _Reader(tiles),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=_METHODS[method],
                nodes_to_exclude=[*_kept_by_all(graph.graph), *keep_fp32],
                extra_options=extra,
            )
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(f"{fp32}: cannot be quantised: {error}") from error


def agreement(fp32: Path, int8: Path, bands: Iterable[Bands], *, threshold: float = 0.5) -> float:
    """Share of pixels on which two files agree.

    Args:
        fp32: One file.
        int8: The other.
        bands: Reflectance (4, H, W) of images; sides are cut to whole cells of 32.
        threshold: A pixel is cloud at or above this probability.

    Raises:
        MaskerError: There are no images, or a file cannot be run.
    """
    with np.errstate(divide="ignore"):  # thresholds of 0 and 1 are infinite logits
        limit = np.log(threshold) - np.log1p(-threshold)
    try:
        sessions = [_session(path) for path in (fp32, int8)]
        same = total = 0
        for image in bands:
            height, width = (side // _CELL_PX * _CELL_PX for side in image.shape[1:])
            given = {"reflectance": np.ascontiguousarray(image[None, :, :height, :width])}
            one, other = (session.run(None, given)[0] >= limit for session in sessions)
            same += int(np.count_nonzero(one == other))
            total += one.size
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(f"{fp32} and {int8} cannot be compared: {error}") from error
    if not total:
        raise MaskerError("no image has at least 32 x 32 px, so agreement cannot be measured")
    return same / total


_CELL_PX = 32
"""[px] A multiple of every student's cell."""


def edge_nodes(model: Path, kept: Kept) -> tuple[str, ...]:
    """Names of the nodes that lose most by quantisation: all that touch raw reflectance.

    Args:
        model: A network as `export.write_onnx` writes it.
        kept: `bands`: the first convolution, and the head at full resolution; or `nothing`.
    """
    if kept == "nothing":
        return ()
    nodes = list(onnx.load(model).graph.node)
    maker = {output: node for node in nodes for output in node.output}
    mapped = {output for node in _map_of_bands(nodes) for output in node.output}
    found = _first(nodes, {"reflectance"} | mapped)
    current = maker["logit"]
    found.append(current)
    while current.op_type in {"Conv", "Relu"}:
        current = maker[current.input[0]]
        found.append(current)
    wanted = {node.name for node in found}
    return tuple(node.name for node in nodes if node.name in wanted)


def _kept_by_all(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes that read the image before it is rounded, in what `for_integers` returns."""
    mapped = _map_of_bands(graph.node)
    first = _first(graph.node, {"reflectance"}) if mapped else []
    return [node.name for node in (*mapped, *first)]


def _map_of_bands(nodes: Iterable[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """The nodes of the linear map of the bands, as `streamline` makes it."""
    found: list[onnx.NodeProto] = []
    known = {"reflectance"}
    for node in nodes:
        if node.op_type in {"Shape", "Reshape", "MatMul"} and set(node.input) & known:
            found.append(node)
            known.update(node.output)
    return found


def _first(nodes: Iterable[onnx.NodeProto], seen: set[str]) -> list[onnx.NodeProto]:
    """The convolutions that read any of `seen`, each with its Relu."""
    nodes = list(nodes)
    found = [node for node in nodes if node.op_type == "Conv" and set(node.input) & seen]
    made = {output for node in found for output in node.output}
    return found + [node for node in nodes if node.op_type == "Relu" and set(node.input) & made]


class _Reader(CalibrationDataReader):  # type: ignore[misc, unused-ignore]
    """Supplies tiles of one size, as histograms over a batch require."""

    def __init__(self, tiles: Sequence[Bands]) -> None:
        self._left = iter(tiles)

    def get_next(self) -> dict[str, Bands] | None:
        tile = next(self._left, None)
        return None if tile is None else {"reflectance": tile[None]}


def _middles(images: Sequence[Bands]) -> list[Bands]:
    """The middle of each image, as large as the smallest image allows and at most _TILE_PX."""
    smallest = min((side for image in images for side in image.shape[1:]), default=0)
    side = min(smallest // _CELL_PX * _CELL_PX, _TILE_PX)
    if not side:
        raise MaskerError(f"int8 ranges need images of at least {_CELL_PX} x {_CELL_PX} px")
    return [
        np.ascontiguousarray(
            image[:, (height - side) // 2 :, (width - side) // 2 :][:, :side, :side], np.float32
        )
        for image in images
        for height, width in [image.shape[1:]]
    ]


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry(*EXACT_EIGHT_BITS)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Suppress what onnxruntime prints and warns about."""
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
