"""MiniLM's graph with its table of words left in int8: the same numbers, with 65 MB less memory to load it.

The file holds its weights in int8 and turns them into floats before they are used, which ONNX Runtime does once, when
it loads them. For the table of 30,522 words, half of all weights, that is waste: a text needs a few rows. Here the rows
are picked first and turned into floats then: `Gather(Mul(Cast(q), scale), ids)` becomes `Mul(Cast(Gather(q, ids)),
Gather(scale, ids))`, the same products of the same numbers.

A file of ONNX is a message of protobuf: fields of a key, a length and bytes (protobuf.dev/programming-guides/encoding).
Three nodes of the graph are written anew, everything else is copied.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_GRAPH, _NODE = 7, 1
_INPUT, _OUTPUT, _OPERATOR, _ATTRIBUTE = 1, 2, 4, 5
"""Numbers of fields: of a model its graph, of a graph a node, and the parts of a node (onnx.proto)."""
_LENGTH: Final = 2
"""The wire type of a field that has a length."""
_WORDS: Final = "inner.embeddings.word_embeddings.weight"
_FIRST_AXIS: Final = bytes.fromhex("0a04617869731800a00102")
"""The attribute axis = 0."""
_TO_FLOAT: Final = bytes.fromhex("0a02746f1801a00102")
"""The attribute to = FLOAT."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a message: its number, where it begins, and where its content begins and ends."""

    number: int
    start: int
    content: int
    end: int


def with_small_table(model: bytes) -> bytes:
    """The model with its table of words in int8. Raises ValueError where the model is not built as MiniLM's is."""
    view = memoryview(model)
    graph = next((field for field in _fields(view, 0, len(view)) if field.number == _GRAPH), None)
    if graph is None:
        raise ValueError("a model without a graph")
    parts, replaced = list[bytes | memoryview](), 0
    for field in _fields(view, graph.content, graph.end):
        new = _replaced(bytes(view[field.content : field.end])) if field.number == _NODE else None
        parts.append(view[field.start : field.end] if new is None else new)
        replaced += new is not None
    if replaced != len(_REPLACED):
        raise ValueError(f"{replaced} of {len(_REPLACED)} nodes of the table of words were found")
    length = sum(map(len, parts))
    key = _varint(_GRAPH << 3 | _LENGTH) + _varint(length)
    return b"".join([view[: graph.start], key, *parts, view[graph.end :]])


def _replaced(node: bytes) -> bytes | None:
    """What stands in the place of a node; None where the node stays."""
    return next((new for inputs, new in _REPLACED.items() if node.startswith(inputs)), None)


def _node(operator: str, inputs: tuple[str, ...], output: str, *attributes: bytes) -> bytes:
    """A node as a field of a graph."""
    named = b"".join(_field(_INPUT, name.encode()) for name in inputs) + _field(_OUTPUT, output.encode())
    return _field(
        _NODE, named + _field(_OPERATOR, operator.encode()) + b"".join(_field(_ATTRIBUTE, a) for a in attributes)
    )


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def _fields(view: memoryview, at: int, end: int) -> Iterator[_Field]:
    """The fields between two places. Raises ValueError for one that is neither a number nor has a length."""
    while at < end:
        start = at
        key, at = _read_varint(view, at)
        number, wire = key >> 3, key & 7
        if wire not in (0, _LENGTH):
            raise ValueError(f"field {number} is of wire type {wire}")
        value, at = _read_varint(view, at)
        content, at = at, at + (value if wire == _LENGTH else 0)
        yield _Field(number, start, content, at)


def _read_varint(view: memoryview, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while True:
        byte = view[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


_REPLACED: Final = {
    # Cast(q) -> f
    _field(_INPUT, f"{_WORDS}_q".encode()): _node("Gather", (f"{_WORDS}_q", "input_ids"), "rows_q", _FIRST_AXIS),
    # Mul(f, scale) -> weight
    _field(_INPUT, f"{_WORDS}_f".encode()): _node(
        "Gather", (f"{_WORDS}_scale", "input_ids"), "rows_scale", _FIRST_AXIS
    ),
    # Gather(weight, ids) -> embedding
    _field(_INPUT, _WORDS.encode()): _node("Cast", ("rows_q",), "rows_f", _TO_FLOAT)
    + _node("Mul", ("rows_f", "rows_scale"), "embedding"),
}
"""What the three nodes of the table begin with, by their first input, and what stands in their place."""
