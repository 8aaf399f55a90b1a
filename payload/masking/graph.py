"""The graph of an ONNX file, read without the package onnx as far as counting a network's cost requires.

An ONNX file is a Protocol Buffers message: fields, each with a number, a wire type and a value. Only
nodes, weights, inputs and outputs are read; everything else is skipped.

Source: onnx.proto3 of ONNX (field numbers); Protocol Buffers, "Encoding" (wire format).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from payload.errors import MaskerError

# ModelProto, GraphProto, NodeProto, TensorProto, ValueInfoProto
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OP = 1, 2, 4
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME = 1, 2, 8
_VALUE_NAME = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TYPE_BYTES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""[byte] Size of an element of each TensorProto.DataType."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A constant tensor of the file."""

    shape: tuple[int, ...]
    item_bytes: int

    @property
    def size(self) -> int:
        """Number of elements."""
        count = 1
        for side in self.shape:
            count *= side
        return count


@dataclass(frozen=True, slots=True)
class Step:
    """A node: an operator between named tensors."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in execution order, weights by name, and the names of inputs and outputs."""

    steps: tuple[Step, ...]
    weights: dict[str, Weights]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def read_graph(model: bytes) -> Graph:
    """Read the graph of an ONNX file.

    Raises:
        MaskerError: It is not an ONNX file.
    """
    try:
        graph = next(value for number, value in _fields(model) if number == _MODEL_GRAPH)
        assert isinstance(graph, bytes)
        parts = list(_fields(graph))
        weights = dict(_weights(value) for value in _messages(parts, _GRAPH_INITIALIZER))
        inputs = [_name(value) for value in _messages(parts, _GRAPH_INPUT)]
        return Graph(
            steps=tuple(_step(value) for value in _messages(parts, _GRAPH_NODE)),
            weights=weights,
            inputs=tuple(name for name in inputs if name not in weights),
            outputs=tuple(_name(value) for value in _messages(parts, _GRAPH_OUTPUT)),
        )
    except (StopIteration, IndexError, AssertionError, KeyError, UnicodeDecodeError) as error:
        raise MaskerError("this is not an ONNX file: its graph cannot be read") from error


def with_outputs(model: bytes, names: list[str]) -> bytes:
    """The model with more tensors as outputs: messages of one type are merged by concatenation."""
    values = b"".join(
        _tagged(_GRAPH_OUTPUT, _tagged(_VALUE_NAME, name.encode("utf-8"))) for name in names
    )
    return model + _tagged(_MODEL_GRAPH, values)


def with_shapes(model: bytes, names: list[str]) -> bytes:
    """The model with the shapes of tensors as outputs, named by `shape_of`."""
    nodes = b"".join(
        _tagged(
            _GRAPH_NODE,
            _tagged(_NODE_INPUT, name.encode("utf-8"))
            + _tagged(_NODE_OUTPUT, shape_of(name).encode("utf-8"))
            + _tagged(_NODE_OP, b"Shape"),
        )
        for name in names
    )
    return with_outputs(model + _tagged(_MODEL_GRAPH, nodes), [shape_of(name) for name in names])


def shape_of(name: str) -> str:
    """Name of the output that holds a tensor's shape."""
    return f"shape of {name}"


def _messages(parts: list[tuple[int, int | bytes]], wanted: int) -> Iterator[bytes]:
    return (value for number, value in parts if number == wanted and isinstance(value, bytes))


def _weights(tensor: bytes) -> tuple[str, Weights]:
    shape: list[int] = []
    name, item_bytes = "", 0
    for number, value in _fields(tensor):
        if number == _TENSOR_DIMS:
            shape += _packed(value) if isinstance(value, bytes) else [value]
        elif number == _TENSOR_TYPE and isinstance(value, int):
            item_bytes = _TYPE_BYTES[value]
        elif number == _TENSOR_NAME and isinstance(value, bytes):
            name = value.decode("utf-8")
    return name, Weights(tuple(shape), item_bytes)


def _step(node: bytes) -> Step:
    texts: dict[int, list[str]] = {_NODE_INPUT: [], _NODE_OUTPUT: [], _NODE_OP: []}
    for number, value in _fields(node):
        if number in texts and isinstance(value, bytes):
            texts[number].append(value.decode("utf-8"))
    (operator,) = texts[_NODE_OP] or [""]
    return Step(operator, tuple(texts[_NODE_INPUT]), tuple(texts[_NODE_OUTPUT]))


def _name(value_info: bytes) -> str:
    for number, value in _fields(value_info):
        if number == _VALUE_NAME and isinstance(value, bytes):
            return value.decode("utf-8")
    return ""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of a message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            found, at = _varint(message, at)
            yield number, found
            continue
        if wire == _BYTES:
            length, at = _varint(message, at)
        elif wire in {_FIXED64, _FIXED32}:
            length = 8 if wire == _FIXED64 else 4
        else:
            raise IndexError(f"wire type {wire}")
        if at + length > len(message):
            raise IndexError("cut short")
        yield number, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
        if shift > 63:
            raise IndexError("no number")


def _packed(values: bytes) -> list[int]:
    found, at = [], 0
    while at < len(values):
        value, at = _varint(values, at)
        found.append(value)
    return found


def _tagged(number: int, content: bytes) -> bytes:
    return _number(number << 3 | _BYTES) + _number(len(content)) + content


def _number(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
