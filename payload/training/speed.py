"""How fast a network runs, compared with onnxruntime alone and with this machine's matrix product.

Everything is measured in turns, so that other load on the machine slows all alike, and reported as the
median. Work on one thread is timed by its own CPU seconds, work on several by the wall clock, which is
meaningful on a quiet machine only.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper, shape_inference

from payload.errors import MaskerError
from payload.masking.onnx_masker import EXACT_EIGHT_BITS, OnnxMasker
from payload.masking.packaged import Precision
from payload.masking.preprocess import reflectance
from payload.training.images import RADIOMETRY
from payload.types import Patch, Tile, Window

THREADS = (1, 2)
SIDE_PX = 256
REPEATS = 31
_CALLS = 8  # several threads are slow to start after a rest
_REST_S = 0.25  # idle threads spin for a while, waiting for work, and occupy a processor
_MATMUL = """
import sys, time
import numpy as np
clock = time.process_time if sys.argv[1] == "1" else time.perf_counter
one = np.ones((1024, 1024), np.float32)
for _ in sys.stdin:
    start = clock()
    one @ one
    print(2 * 1024**3 / (clock() - start), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast one file is on a given number of threads.

    Attributes:
        precision: Of the file.
        threads: Threads that onnxruntime may use; the masking path has one.
        session_mpx_per_s: [Mpx/s] onnxruntime alone, on reflectance computed beforehand.
        path_mpx_per_s: [Mpx/s] The masker, from DN to probabilities; None on more than one thread.
    """

    precision: Precision
    threads: int
    session_mpx_per_s: float
    path_mpx_per_s: float | None

    @property
    def path_share(self) -> float | None:
        """Throughput of the masking path as a share of the session's."""
        if self.path_mpx_per_s is None:
            return None
        return self.path_mpx_per_s / self.session_mpx_per_s


@dataclass(frozen=True, slots=True)
class Speeds:
    """How fast a network is.

    Attributes:
        side_px: [px] Side of the tile that everything was measured on.
        gflop_per_mpx: Counted operations of the network.
        peak_gflop_per_s: What a product of float32 matrices reaches here, by number of threads.
        rows: One for each file and number of threads.
    """

    side_px: int
    gflop_per_mpx: float
    peak_gflop_per_s: Mapping[int, float]
    rows: tuple[Speed, ...]

    def row(self, precision: Precision, threads: int = 1) -> Speed:
        """The row of a precision and number of threads.

        Raises:
            KeyError: It was not measured.
        """
        for row in self.rows:
            if (row.precision, row.threads) == (precision, threads):
                return row
        raise KeyError((precision, threads))

    def share_of_peak(self, threads: int = 1) -> float:
        """Operations per second of the float32 session as a share of the matrix product's."""
        session = self.row("fp32", threads).session_mpx_per_s
        return session * self.gflop_per_mpx / self.peak_gflop_per_s[threads]

    def int8_gain(self, threads: int = 1) -> float | None:
        """How many times as fast as float32 the int8 session is; None if there is none."""
        if not any(row.precision == "int8" for row in self.rows):
            return None
        whole = self.row("fp32", threads).session_mpx_per_s
        return self.row("int8", threads).session_mpx_per_s / whole

    def as_dict(self) -> dict[str, object]:
        """For JSON, rounded."""
        return {
            "side_px": self.side_px,
            "gflop_per_mpx": round(self.gflop_per_mpx, 2),
            "peak_gflop_per_s": {
                str(threads): round(peak, 1) for threads, peak in self.peak_gflop_per_s.items()
            },
            "rows": [
                {
                    "precision": row.precision,
                    "threads": row.threads,
                    "session_mpx_per_s": round(row.session_mpx_per_s, 2),
                    "path_mpx_per_s": _rounded(row.path_mpx_per_s),
                    "path_share": _rounded(row.path_share),
                }
                for row in self.rows
            ],
            "share_of_peak": {
                str(threads): round(self.share_of_peak(threads), 3)
                for threads in self.peak_gflop_per_s
            },
            "int8_gain": {
                str(threads): _rounded(self.int8_gain(threads)) for threads in self.peak_gflop_per_s
            },
        }


def measure(
    files: Mapping[Precision, Path],
    *,
    side_px: int = SIDE_PX,
    repeats: int = REPEATS,
    threads: Sequence[int] = THREADS,
) -> Speeds:
    """Run everything in turns and take medians.

    Args:
        files: The network in float32 and, if there is one, in int8; each with its card.
        side_px: [px] Side of the tile, a multiple of the network's cell.
        repeats: Number of turns.
        threads: Numbers of threads to measure onnxruntime and the matrix product with.

    Raises:
        MaskerError: A file or its card is not what it should be.
    """
    tile = _tile(side_px)
    bands = reflectance(tile.surroundings, tile.radiometry)[None]
    maskers = {kind: OnnxMasker(model=path, precision=kind) for kind, path in files.items()}
    peaks: dict[int, float] = {}
    rows: list[Speed] = []
    for count in threads:
        works: dict[tuple[str, Precision], Callable[[], object]] = {}
        for precision, path in files.items():
            session = _session(path, count)
            fed = {session.get_inputs()[0].name: bands}
            works["session", precision] = partial(session.run, None, fed)
            if count == 1:
                works["path", precision] = partial(maskers[precision].predict, tile)
        with _matmul(count) as product:
            seconds, flop_per_s = _in_turns(works, product, repeats=repeats, threads=count)
        speeds = {key: side_px**2 / 1e6 / spent for key, spent in seconds.items()}
        peaks[count] = flop_per_s / 1e9
        rows.extend(
            Speed(kind, count, speeds["session", kind], speeds.get(("path", kind)))
            for kind in files
        )
    return Speeds(side_px, gflop_per_mpx(files["fp32"]), peaks, tuple(rows))


def gflop_per_mpx(model: Path) -> float:
    """Operations of a float32 file's convolutions and linear map of bands, two for each multiplication.

    Raises:
        MaskerError: The graph does not give the shapes of its convolutions.
    """
    graph = onnx.load(model)
    for side, size in zip(
        graph.graph.input[0].type.tensor_type.shape.dim[2:], (256, 256), strict=True
    ):
        side.dim_value = size
    graph = shape_inference.infer_shapes(graph, data_prop=True)
    shapes = {
        value.name: [side.dim_value for side in value.type.tensor_type.shape.dim]
        for value in (*graph.graph.value_info, *graph.graph.output)
    }
    weights = {held.name: numpy_helper.to_array(held).shape for held in graph.graph.initializer}
    total = 0
    for node in graph.graph.node:
        if node.op_type == "Conv":
            made = shapes.get(node.output[0], [])
            if len(made) != 4 or not all(made) or node.input[1] not in weights:
                raise MaskerError(f"{model}: the shapes of {node.name} are unknown")
            kernel = weights[node.input[1]]
            total += 2 * int(np.prod(made)) * int(np.prod(kernel[1:]))
        elif node.op_type == "MatMul":  # a linear map of the bands, pixel by pixel
            total += 2 * 256**2 * int(np.prod(weights[node.input[0]]))
    return total / 256**2 / 1e3


def _in_turns(
    works: Mapping[tuple[str, Precision], Callable[[], object]],
    product: Callable[[], float],
    *,
    repeats: int,
    threads: int,
) -> tuple[dict[tuple[str, Precision], float], float]:
    """Median seconds of each piece of work, and median operations per second of the matrix product."""
    spent: dict[tuple[str, Precision], list[float]] = {key: [] for key in works}
    reached: list[float] = []
    clock, rest_s, calls = (
        (time.thread_time, 0.0, 1) if threads == 1 else (time.perf_counter, _REST_S, _CALLS)
    )
    for turn in range(repeats + 1):
        for key, work in works.items():
            for _ in range(calls):  # wakes threads, fills caches
                work()
            start = clock()
            for _ in range(calls):
                work()
            spent[key].append((clock() - start) / calls)
            time.sleep(rest_s)
        reached.append(product())
        time.sleep(rest_s)
        if not turn:  # the first turn is a warm-up
            for first in (*spent.values(), reached):
                first.clear()
    return {key: statistics.median(times) for key, times in spent.items()}, statistics.median(
        reached
    )


@contextmanager
def _matmul(threads: int) -> Iterator[Callable[[], float]]:
    """A process that multiplies matrices on request, as numpy sets its threads only at start."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    with subprocess.Popen(
        [sys.executable, "-c", _MATMUL, str(threads)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | dict.fromkeys(names, str(threads)),
    ) as process:
        asked, answers = process.stdin, process.stdout
        if asked is None or answers is None:
            raise AssertionError("pipes were requested")

        def multiply() -> float:
            asked.write("\n")
            asked.flush()
            return float(answers.readline())

        yield multiply
        asked.close()


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry(*EXACT_EIGHT_BITS)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _tile(side_px: int) -> Tile:
    """A tile without a margin, of random bright and dark pixels."""
    dn = np.random.default_rng(0).integers(300, 9000, (4, side_px, side_px), np.uint16)
    whole = slice(0, side_px)
    window = Window(0, 0, side_px, side_px)
    return Tile("speed#0,0", 0, 0, window, Patch(dn), dn, (whole, whole), RADIOMETRY, 16)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
