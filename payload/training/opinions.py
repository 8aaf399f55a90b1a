"""A second opinion: ukis-csmask 1.0.0, a large published network for the same four bands.

It is a yardstick and one of several teachers, installed from PyPI by those who train, and never
part of what ships. Its package is not imported, as that would need dependencies that we do not; its
model files are located and run here.

Source: https://github.com/dlr-eoc/ukis-csmask (Apache-2.0): U-Net with an EfficientNet-b4 encoder,
Landsat 8 and Sentinel-2 reflectance at the top of the atmosphere.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError, PluginError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PACKAGE, VERSION = "ukis-csmask", "1.0.0"
_MODEL = "ukis_csmask/model_4b_l1c.onnx"
_WINDOW_PX = 256  # the only size that the network takes
_OVERLAP_PX = 64  # least overlap of two neighbouring windows
_CLOUD = 1  # 0 other, 1 cloud, 2 shadow


@dataclass(frozen=True, slots=True)
class Ukis:
    """The four-band network of ukis-csmask for reflectance at the top of the atmosphere.

    Attributes:
        threads: How many threads may work on one window; None leaves it to onnxruntime.
        threshold: A pixel is cloud at or above this probability.
    """

    threads: int | None = 1
    threshold: float = 0.5

    @property
    def name(self) -> str:
        """Name for tables."""
        return f"{PACKAGE} {VERSION}, softmax"

    @property
    def parameters(self) -> int:
        """Number of trained parameters, from the initialisers of its file.

        Raises:
            PluginError: The package is not installed.
        """
        return _count_parameters(_files().model)

    def classes(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Softmax of its classes other, cloud and shadow, shape (3, H, W).

        Images larger than a window are processed in overlapping windows, blended by weights that
        fall towards their borders; smaller ones are mirrored until they fill a window.

        Args:
            bands: [1] Reflectance at the top of the atmosphere, shape (4, H, W): blue, green, red,
                near infrared; any H, W >= 1.

        Raises:
            PluginError: The package is not installed.
            MaskerError: It is installed but cannot be run, or the bands have another shape.
        """
        if bands.ndim != 3 or bands.shape[0] != 4 or not bands.size:
            raise MaskerError(
                f"{self.name}: expected bands of shape (4, H, W), found {bands.shape}"
            )
        files = _files()
        session = _session(files.model, self.threads)
        statistics = _statistics(files.statistics)
        scaled = (bands - statistics.mean) / statistics.deviation
        height, width = bands.shape[1:]
        below, right = max(_WINDOW_PX - height, 0), max(_WINDOW_PX - width, 0)
        padded = np.pad(scaled, ((0, 0), (0, below), (0, right)), mode="symmetric")

        total = np.zeros((3, *padded.shape[1:]), np.float32)
        weights = np.zeros_like(total[0])
        for top, left in product(_starts(padded.shape[1]), _starts(padded.shape[2])):
            here = (..., slice(top, top + _WINDOW_PX), slice(left, left + _WINDOW_PX))
            total[here] += _WEIGHT * _softmax(_run(session, padded[here]))
            weights[here] += _WEIGHT
        return np.ascontiguousarray((total / weights)[:, :height, :width])

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Softmax of the class cloud, shape (H, W); arguments and errors as for `classes`."""
        return np.ascontiguousarray(self.classes(bands)[_CLOUD])


@dataclass(frozen=True, slots=True)
class UkisWinner(Ukis):
    """The same network, read as its authors do: a pixel is cloud if that is the likeliest of the classes."""

    @property
    def name(self) -> str:
        """Name for tables."""
        return f"{PACKAGE} {VERSION}"

    def probability(self, bands: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cloud against its strongest rival, shape (H, W): cloud wins at one half or above.

        Arguments and errors as for `classes`.
        """
        other, cloud, shadow = self.classes(bands)
        duel: NDArray[np.float32] = cloud / (cloud + np.maximum(other, shadow))
        return duel


class _Files(NamedTuple):
    model: Path
    statistics: Path


class _Statistics(NamedTuple):
    mean: NDArray[np.float32]  # shape (4, 1, 1)
    deviation: NDArray[np.float32]  # shape (4, 1, 1)


def _files() -> _Files:
    """Locate the network's files in the installed package; none of its code is executed."""
    try:
        found = distribution(PACKAGE)
    except PackageNotFoundError as error:
        raise PluginError(
            f"the package {PACKAGE} is not installed: pip install 'payload-sim[train]'"
        ) from error
    model = Path(str(found.locate_file(_MODEL)))
    if found.version != VERSION or not model.exists():
        raise MaskerError(
            f"{model}: expected the network of {PACKAGE} {VERSION}; installed is {found.version}"
        )
    return _Files(model, model.with_suffix(".json"))


@cache
def _statistics(path: Path) -> _Statistics:
    try:
        mean, deviation = json.loads(path.read_bytes())["data"]["dataset_statistics"]["img"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MaskerError(f"{path}: expected mean and deviation of each band: {error}") from error
    return _Statistics(
        *(np.asarray(values, np.float32)[:, None, None] for values in (mean, deviation))
    )


@cache
def _session(model: Path, threads: int | None) -> "InferenceSession":
    import onnxruntime  # noqa: PLC0415 - names and help must not wait for it

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(f"{model}: cannot be run as a model: {error}") from error


def _run(session: "InferenceSession", window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits (3, 256, 256) of one window (4, 256, 256)."""
    fed = {session.get_inputs()[0].name: np.ascontiguousarray(window[None], np.float32)}
    logits: NDArray[np.float32] = np.asarray(session.run(None, fed)[0])[0]
    return logits


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Softmax along the first axis."""
    powers = np.exp(logits - logits.max(axis=0))
    shares: NDArray[np.float32] = powers / powers.sum(axis=0)
    return shares


def _starts(length_px: int) -> list[int]:
    """First pixels of evenly spread windows that cover a length of at least one window."""
    rest = length_px - _WINDOW_PX
    count = 1 + -(-rest // (_WINDOW_PX - _OVERLAP_PX))
    return [round(place * rest / max(count - 1, 1)) for place in range(count)]


def _taper() -> NDArray[np.float32]:
    """Blending weights of a window's pixels, shape (256, 256): a pyramid, nowhere zero."""
    ramp = np.minimum(np.arange(1, _WINDOW_PX + 1), np.arange(_WINDOW_PX, 0, -1))
    one = (ramp / ramp.max()).astype(np.float32)
    return np.outer(one, one)


_WEIGHT = _taper()


@cache
def _count_parameters(model: Path) -> int:
    """Number of trained parameters in a file; running means and variances do not count."""
    import onnx  # noqa: PLC0415 - not needed for masking

    graph = onnx.load(str(model)).graph
    observed = {
        name
        for node in graph.node
        if node.op_type == "BatchNormalization"
        for name in node.input[3:]
    }
    return sum(
        int(np.prod(tensor.dims)) for tensor in graph.initializer if tensor.name not in observed
    )
