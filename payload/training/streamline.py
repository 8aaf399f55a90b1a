"""The same answer in less time: how a graph is rewritten before it flies.

Results differ only by the order in which four bands are summed. What is slow depends on the type of
number: onnxruntime moves the elements of a pixel shuffle one by one, and pads the four channels of a fixed
map of the bands to sixteen; with eight-bit integers it also enlarges a feature map element by element, and
a convolution with one output wastes fifteen of sixteen lanes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    checker,
    helper,
    numpy_helper,
    shape_inference,
)

MOST_LANES = 16

Steps = Sequence[tuple[str, Sequence[Sequence[int]], dict[str, Sequence[int]]]]
"""Operators of consecutive nodes, each with its constant inputs and its attributes."""


def streamline(model: ModelProto) -> ModelProto:
    """Replace what is slow with any type of number.

    Pixel shuffles become transpositions that move whole rows and planes, a linear map of the bands
    becomes a matrix product, and weights that torch stores once under two names are stored twice.

    Args:
        model: For batches of one.
    """
    known = shape_inference.infer_shapes(model)
    weights = {tensor.name for tensor in model.graph.initializer}
    channels = {
        value.name: value.type.tensor_type.shape.dim[1].dim_value
        for value in (*known.graph.input, *known.graph.value_info)
        if len(value.type.tensor_type.shape.dim) == 4
    }

    def replace(graph: GraphProto, node: NodeProto) -> list[NodeProto]:
        told = _attributes(node)
        if node.op_type == "Identity" and node.input[0] in weights:
            # This is how torch stores equal weights only once.
            same = numpy_helper.from_array(_held(graph, node.input[0]), node.output[0])
            graph.initializer.append(same)
            return []
        if _maps_bands(graph, node):
            return _multiplied(graph, node)
        if node.op_type != "DepthToSpace" or told.get("mode") != b"CRD":
            return [node]
        fold, inputs = told["blocksize"], channels.get(node.input[0], 0)
        return _shuffled(graph, node, inputs // fold**2, fold) if inputs else [node]

    return _rewritten(model, replace)


def for_integers(model: ModelProto) -> ModelProto:
    """Also replace what int8 is slow at by convolutions, which it is fast at.

    The last convolution computes several pixels of a row at once, each from its own pixel; one that
    precedes a doubling of the map computes its output four times, and the copies are laid side by
    side. Both do more work than they must, and float32 is faster without. A convolution that follows
    the linear map of the bands absorbs it into its weights, and so reads the image before it is rounded.

    Args:
        model: As `export.write_onnx` writes it.
    """
    faster = streamline(model)
    graph = faster.graph
    maker = {output: node for node in graph.node for output in node.output}
    users = [name for node in graph.node for name in node.input]
    lanes = min(_coarsest(graph), MOST_LANES)
    doubled: dict[str, NodeProto] = {}  # by the name of the convolution before it
    for node in graph.node:
        if _doubles(graph, maker, node) and users.count(node.input[0]) == 1:
            source = maker[node.input[0]]
            if source.op_type == "Relu" and users.count(source.input[0]) == 1:
                source = maker[source.input[0]]
            if source.op_type == "Conv":
                doubled[source.name] = node
    enlarged = {node.name: _outputs(graph, maker, node) for node in doubled.values()}
    matrices = {
        node.output[0]: _held(graph, maker[node.input[0]].input[0])
        for node in graph.node
        if node.op_type == "Reshape" and _is_product(maker.get(node.input[0]))
    }

    def replace(graph: GraphProto, node: NodeProto) -> list[NodeProto]:
        if node.op_type == "Conv" and (matrix := matrices.get(node.input[0])) is not None:
            return [_sees_through(graph, node, matrix)]
        if node.name in doubled:
            return [_changed(graph, node, lambda kernel: np.concatenate([kernel] * 4))]
        if node.name in enlarged:
            return _laid_out(graph, node, enlarged[node.name])
        if node.output[0] == graph.output[0].name and _is_single(graph, node) and lanes > 1:
            return _wide(graph, node, lanes)
        return [node]

    return _rewritten(faster, replace)


def _rewritten(
    model: ModelProto, replace: Callable[[GraphProto, NodeProto], list[NodeProto]]
) -> ModelProto:
    copy = ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    nodes = [made for node in list(graph.node) for made in replace(graph, node)]
    used = {name for node in nodes for name in node.input}
    nodes = [n for n in nodes if n.op_type != "Constant" or n.output[0] in used]
    held = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(held)
    checker.check_model(copy)
    return copy


def _maps_bands(graph: GraphProto, node: NodeProto) -> bool:
    """Whether a node is a 1 x 1 convolution of the input, to as many channels and without bias."""
    if node.op_type != "Conv" or node.input[0] != graph.input[0].name or len(node.input) > 2:
        return False
    shape = _held(graph, node.input[1]).shape
    return shape[2:] == (1, 1) and shape[0] == shape[1]


def _multiplied(graph: GraphProto, node: NodeProto) -> list[NodeProto]:
    weight = f"{node.name}/matrix"
    flat = f"{node.name}/flat"
    matrix = np.ascontiguousarray(_held(graph, node.input[1])[:, :, 0, 0])
    graph.initializer.append(numpy_helper.from_array(matrix, weight))
    graph.initializer.append(numpy_helper.from_array(np.array([1, len(matrix), -1]), flat))
    steps = [
        ("Shape", [node.input[0]], f"{flat}/shape"),
        ("Reshape", [node.input[0], flat], f"{flat}/bands"),
        ("MatMul", [weight, f"{flat}/bands"], f"{flat}/mapped"),
        ("Reshape", [f"{flat}/mapped", f"{flat}/shape"], node.output[0]),
    ]
    return [
        helper.make_node(kind, inputs, [output], name=f"{node.name}/{number}")
        for number, (kind, inputs, output) in enumerate(steps, start=1)
    ]


def _is_product(node: NodeProto | None) -> bool:
    return node is not None and node.op_type == "MatMul"


def _sees_through(graph: GraphProto, node: NodeProto, matrix: NDArray[np.float32]) -> NodeProto:
    """A convolution of mapped bands, as one of the bands themselves; a border of zeros maps to zeros."""

    def through(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
        if kernel.ndim == 1:
            return kernel
        mapped: NDArray[np.float32] = np.einsum("oikl,ij->ojkl", kernel, matrix)
        return mapped

    seeing = _changed(graph, node, through)
    seeing.input[0] = graph.input[0].name
    return seeing


def _shuffled(graph: GraphProto, node: NodeProto, made: int, fold: int) -> list[NodeProto]:
    """(1, C k k, H, W) to (1, C, H k, W k): first the rows of a cell, then its columns.

    Shapes do not contain the size of the image: 0 keeps a side, -1 stands for what is left.
    """
    steps: Steps = [
        ("Reshape", [[made, fold, -1, 0]], {}),  # C, row, column x H, W
        ("Transpose", [], {"perm": [0, 2, 1, 3]}),
        ("Reshape", [[made, fold, -1, 0]], {}),  # C, column, H x row, W
        ("Transpose", [], {"perm": [0, 2, 3, 1]}),
        ("Reshape", [[0, 0, -1]], {}),  # C, H x row, W x column
        ("Unsqueeze", [[0]], {}),
    ]
    return _chain(graph, node.name, node.input[0], steps, node.output[0])


def _laid_out(graph: GraphProto, node: NodeProto, channels: int) -> list[NodeProto]:
    """(1, 4 C, H, W), four equal copies, to (1, C, 2 H, 2 W), with channels last in between."""
    steps: Steps = [
        ("Transpose", [], {"perm": [0, 2, 3, 1]}),
        ("Squeeze", [[0]], {}),
        ("Reshape", [[0, 0, 2, 2 * channels]], {}),  # H, W, row, column x C
        ("Transpose", [], {"perm": [0, 2, 1, 3]}),
        ("Reshape", [[0, 0, -1, channels]], {}),  # H, row, W x column, C
        ("Reshape", [[1, -1, 0, channels]], {}),
        ("Transpose", [], {"perm": [0, 3, 1, 2]}),
    ]
    return _chain(graph, node.name, node.input[0], steps, node.output[0])


def _wide(graph: GraphProto, node: NodeProto, lanes: int) -> list[NodeProto]:
    """A 1 x 1 convolution with one output, as one with `lanes` outputs, each for its own pixel of a row."""

    def spread(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
        if kernel.ndim == 1:
            return np.repeat(kernel, lanes)
        spread = np.zeros((lanes, kernel.shape[1], 1, lanes), np.float32)
        each = np.arange(lanes)
        spread[each, :, 0, each] = kernel[0, :, 0, 0]
        return spread

    first = _changed(graph, node, spread, kernel_shape=[1, lanes], strides=[1, lanes])
    steps: Steps = [
        ("Transpose", [], {"perm": [0, 2, 3, 1]}),  # 1, H, W / lanes, lanes
        ("Reshape", [[0, 0, -1]], {}),
        ("Unsqueeze", [[1]], {}),
    ]
    first.output[0] = f"{node.output[0]}/wide"
    return [first, *_chain(graph, node.name, first.output[0], steps, node.output[0])]


def _changed(
    graph: GraphProto,
    node: NodeProto,
    change: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    **attributes: list[int],
) -> NodeProto:
    """The convolution with changed weights and bias, under the same name."""
    names = [f"{name}/changed" for name in node.input[1:]]
    for old, new in zip(node.input[1:], names, strict=True):
        graph.initializer.append(numpy_helper.from_array(change(_held(graph, old)), new))
    made = helper.make_node("Conv", [node.input[0], *names], list(node.output), name=node.name)
    return _with(made, _attributes(node) | attributes)


def _with(node: NodeProto, attributes: Mapping[str, object]) -> NodeProto:
    """The node, with these attributes added in alphabetical order."""
    node.attribute.extend(helper.make_attribute(*each) for each in sorted(attributes.items()))
    return node


def _chain(graph: GraphProto, name: str, start: str, steps: Steps, end: str) -> list[NodeProto]:
    nodes, current = [], start
    for number, (kind, constants, attributes) in enumerate(steps, start=1):
        result = end if number == len(steps) else f"{end}/{number}"
        told = [f"{name}/{number}/{place}" for place in range(len(constants))]
        for label, values in zip(told, constants, strict=True):
            graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), label))
        node = helper.make_node(kind, [current, *told], [result], name=f"{name}/{number}")
        nodes.append(_with(node, attributes))
        current = result
    return nodes


def _doubles(graph: GraphProto, maker: dict[str, NodeProto], node: NodeProto) -> bool:
    """Whether a node doubles both sides by making each pixel four equal ones."""
    if node.op_type != "Resize" or len(node.input) < 3:
        return False
    told = _attributes(node)
    how = (told.get("mode"), told.get("coordinate_transformation_mode"), told.get("nearest_mode"))
    if how != (b"nearest", b"asymmetric", b"floor"):
        return False
    source = maker.get(node.input[2])
    if source is not None:
        scales = numpy_helper.to_array(_attributes(source)["value"])
    else:
        scales = _held(graph, node.input[2])
    return bool((scales == [1, 1, 2, 2]).all())


def _outputs(graph: GraphProto, maker: dict[str, NodeProto], node: NodeProto) -> int:
    """Number of output channels of the convolution before a node, with or without a Relu between them."""
    source = maker[node.input[0]]
    if source.op_type == "Relu":
        source = maker[source.input[0]]
    return int(_held(graph, source.input[1]).shape[0])


def _is_single(graph: GraphProto, node: NodeProto) -> bool:
    """Whether a node is a 1 x 1 convolution with one output."""
    if node.op_type != "Conv":
        return False
    shape = _held(graph, node.input[1]).shape
    return shape[0] == 1 and shape[2:] == (1, 1)


def _coarsest(graph: GraphProto) -> int:
    """[px] Largest product of strides on the way down: sides of the input are multiples of it."""
    scale: dict[str, int] = {}
    for node in graph.node:
        if node.op_type in {"Conv", "MaxPool", "Relu"}:
            stride = _attributes(node).get("strides", [1])[0]
            scale[node.output[0]] = scale.get(node.input[0], 1) * stride
    return max(scale.values(), default=1)


def _held(graph: GraphProto, name: str) -> NDArray[np.float32]:
    found = next(tensor for tensor in graph.initializer if tensor.name == name)
    array: NDArray[np.float32] = numpy_helper.to_array(found)
    return array


def _attributes(node: NodeProto) -> dict[str, Any]:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
