"""The same answer from fewer milliseconds: how a graph is rewritten before it flies.

onnxruntime moves each number of a pixel shuffle by itself, which costs a student a tenth of its time
and more. Two transpositions that move whole rows and planes do the same in a fraction of it.
"""

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, checker, helper, numpy_helper, shape_inference


def streamline(model: ModelProto) -> ModelProto:
    """Replace pixel shuffles of batches of one; every output keeps every bit."""
    known = shape_inference.infer_shapes(model)
    channels = {
        value.name: value.type.tensor_type.shape.dim[1].dim_value
        for value in (*known.graph.input, *known.graph.value_info)
        if len(value.type.tensor_type.shape.dim) == 4
    }
    faster = ModelProto()
    faster.CopyFrom(model)
    graph = faster.graph
    nodes: list[NodeProto] = []
    for node in graph.node:
        if _can_go(node, channels):
            nodes.extend(_transpositions(graph, node, channels[node.input[0]]))
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    checker.check_model(faster)
    return faster


def _can_go(node: NodeProto, channels: dict[str, int]) -> bool:
    if node.op_type != "DepthToSpace" or not channels.get(node.input[0]):
        return False
    mode = next((a.s for a in node.attribute if a.name == "mode"), b"DCR")
    return bool(mode == b"CRD")


def _transpositions(graph: GraphProto, node: NodeProto, channels: int) -> list[NodeProto]:
    """(1, C k k, H, W) to (1, C, H k, W k): first the rows of a cell, then its columns.

    Shapes hold no size of the image: 0 keeps a side, -1 is what is left.
    """
    fold = next(attribute.i for attribute in node.attribute if attribute.name == "blocksize")
    made = channels // fold**2

    def constant(name: str, values: list[int]) -> str:
        full = f"{node.name}/{name}"
        graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), full))
        return full

    steps: list[tuple[str, list[str], dict[str, list[int]]]] = [
        ("Reshape", [constant("cells", [made, fold, -1, 0])], {}),  # C, row, column x H, W
        ("Transpose", [], {"perm": [0, 2, 1, 3]}),
        ("Reshape", [constant("rows", [made, fold, -1, 0])], {}),  # C, column, H x row, W
        ("Transpose", [], {"perm": [0, 2, 3, 1]}),
        ("Reshape", [constant("columns", [0, 0, -1])], {}),  # C, H x row, W x column
        ("Unsqueeze", [constant("batch", [0])], {}),
    ]
    nodes, current = [], node.input[0]
    for number, (kind, more, attributes) in enumerate(steps, start=1):
        result = node.output[0] if number == len(steps) else f"{node.output[0]}/{number}"
        nodes.append(
            helper.make_node(
                kind, [current, *more], [result], name=f"{node.name}/{number}", **attributes
            )
        )
        current = result
    return nodes
