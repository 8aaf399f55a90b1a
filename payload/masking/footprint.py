"""What a network costs: operations, weights and live activations, counted on its graph with the shapes it has in flight.

The shapes are those that onnxruntime itself finds when the network runs once on a tile with its margin. The run returns only
the shapes of tensors, so it takes no more memory than a flight does. Operations are those of convolutions and matrix
products, with a multiplication and an addition counted as two; elementwise work is left out, as is usual (a few per cent).
"""

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from payload.errors import MaskerError
from payload.masking.graph import Graph, Step, read_graph, shape_of, with_outputs, with_shapes
from payload.types import Footprint

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Shapes = dict[str, tuple[tuple[int, ...], int]]
"""Shape and size in bytes of each tensor, by name."""
_OPS_PER_MAC = 2


def measure_footprint(model: bytes, name: str, *, tile_px: int, side_px: int) -> Footprint:
    """Count what a network costs per tile.

    Args:
        model: The ONNX file.
        name: What to call it.
        tile_px: [px] Side of the tile; operations are divided by its pixels.
        side_px: [px] Side of the network's input: the tile with its margin, in whole cells.

    Raises:
        MaskerError: The file is not an ONNX model, or cannot be run.
    """
    graph = read_graph(model)
    shapes = _shapes(model, graph, side_px)
    macs = sum(_macs(step, shapes) for step in graph.steps)
    return Footprint(
        model=name,
        tile_px=tile_px,
        weight_bytes=sum(item.size * item.item_bytes for item in graph.weights.values()),
        activation_bytes=_peak_bytes(graph, shapes),
        ops_per_px=_OPS_PER_MAC * macs / tile_px**2,
    )


def _shapes(model: bytes, graph: Graph, side_px: int) -> Shapes:
    """Shapes of all tensors as the runtime makes them, and of weights as the file states them."""
    told = [name for step in graph.steps for name in step.outputs if name]
    kinds = _session(with_outputs(model, [name for name in told if name not in graph.outputs]))
    item_bytes = {item.name: _item_bytes(item.type) for item in kinds.get_outputs()}
    session = _session(with_shapes(model, told))
    feed = np.zeros((1, session.get_inputs()[0].shape[1], side_px, side_px), np.float32)
    try:
        found = session.run([shape_of(name) for name in told], {graph.inputs[0]: feed})
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(
            f"the model cannot be run on an input of shape {feed.shape}: {error}"
        ) from error
    shapes: Shapes = {
        name: (item.shape, item.size * item.item_bytes) for name, item in graph.weights.items()
    }
    shapes[graph.inputs[0]] = (feed.shape, feed.nbytes)
    for name, sides in zip(told, found, strict=True):
        shape = tuple(sides.tolist())
        shapes[name] = (shape, prod(shape) * item_bytes[name])
    return shapes


def _item_bytes(kind: str) -> int:
    """[byte] Size of a tensor's element, from its type as the runtime names it.

    >>> _item_bytes("tensor(float16)")
    2
    """
    name = kind.removeprefix("tensor(").removesuffix(")")
    return np.dtype({"float": "float32", "double": "float64"}.get(name, name)).itemsize


def _session(model: bytes) -> "InferenceSession":
    import onnxruntime  # noqa: PLC0415 - heavy, and not needed to check a scenario

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Shapes are taken as soon as possible.
    options.execution_order = onnxruntime.ExecutionOrder.PRIORITY_BASED
    options.enable_cpu_mem_arena = False  # memory no longer needed is freed
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base
        raise MaskerError(f"the model cannot be loaded: {error}") from error


def _macs(step: Step, shapes: Shapes) -> int:
    """Multiply-accumulate operations of a node; none for elementwise operators."""
    sizes = [shapes[name][0] if name in shapes else () for name in step.inputs]
    out = shapes[step.outputs[0]][0] if step.outputs and step.outputs[0] in shapes else ()
    match step.operator:
        case "Conv" | "ConvInteger":  # weights: out, in per group, kernel
            return prod(out) * prod(sizes[1][1:])
        case "QLinearConv":
            return prod(out) * prod(sizes[3][1:])
        case "ConvTranspose":  # weights: in, out per group, kernel; each input sample meets all
            return prod(sizes[0]) * prod(sizes[1][1:])
        case "MatMul" | "MatMulInteger":
            return prod(out) * sizes[0][-1]
        case "Gemm":  # either operand may be transposed
            return prod(sizes[0]) * out[-1]
        case _:
            return 0


def _peak_bytes(graph: Graph, shapes: Shapes) -> int:
    """[byte] Peak of live activations: a tensor lives from the node that makes it to the last one that reads it.

    What nodes make from weights alone, and the constants that they hold, is not counted as activations.
    """
    last: dict[str, int] = {}
    for number, step in enumerate(graph.steps):
        for name in step.inputs:
            last[name] = number
    for name in graph.outputs:
        last[name] = len(graph.steps)
    living = {name: shapes[name][1] for name in graph.inputs}
    peak = sum(living.values())
    for number, step in enumerate(graph.steps):
        if all(name in graph.weights for name in step.inputs):
            continue  # made from weights alone, before anything flies
        living |= {name: shapes[name][1] for name in step.outputs if name}
        peak = max(peak, sum(living.values()))
        for name in {*step.inputs, *step.outputs}:
            if last.get(name, number) <= number:
                living.pop(name, None)
    return peak
