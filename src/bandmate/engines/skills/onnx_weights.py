"""The named weights of an ONNX file, read without the onnx package.

Only what is needed of the format (onnx/onnx.proto, protocol buffers wire format): ModelProto.graph is field
7, GraphProto.initializer is field 5, TensorProto has dims (1), data_type (2), float_data (4), name (8), raw_data
(9).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

_GRAPH = 7
_INITIALIZER = 5
_DIMS, _DATA_TYPE, _NAME, _RAW = 1, 2, 8, 9
_TYPES: dict[int, np.dtype[Any]] = {1: np.dtype("<f4"), 3: np.dtype("i1"), 7: np.dtype("<i8")}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def weights_in(model: bytes | bytearray) -> dict[str, npt.NDArray[Any]]:
    """Return float32, int8 and int64 weights by name, as views on the bytes of a model.

    What is written into a view of a ``bytearray`` is written into the model.
    """
    content = memoryview(model)
    weights: dict[str, npt.NDArray[Any]] = {}
    for field, graph in _fields(content):
        if field == _GRAPH and isinstance(graph, memoryview):
            for inner, tensor in _fields(graph):
                if inner == _INITIALIZER and isinstance(tensor, memoryview):
                    _add(weights, tensor)
    return weights


def _add(weights: dict[str, npt.NDArray[Any]], tensor: memoryview) -> None:
    dims: list[int] = []
    kind, name, raw = 0, "", None
    for field, value in _fields(tensor):
        if field == _DIMS:
            dims += [value] if isinstance(value, int) else _packed(value)
        elif field == _DATA_TYPE and isinstance(value, int):
            kind = value
        elif field == _NAME and isinstance(value, memoryview):
            name = bytes(value).decode()
        elif field == _RAW and isinstance(value, memoryview):
            raw = value
    if raw is not None and kind in _TYPES:
        weights[name] = np.frombuffer(raw, _TYPES[kind]).reshape(dims)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    place = 0
    while place < len(message):
        tag, place = _varint(message, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, place = _varint(message, place)
        else:
            size = {_FIXED64: 8, _FIXED32: 4}[kind]
        yield tag >> 3, message[place : place + size]
        place += size


def _packed(value: memoryview) -> list[int]:
    found, place = [], 0
    while place < len(value):
        number, place = _varint(value, place)
        found.append(number)
    return found


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the highest bit says that more follows
            return number, place
        shift += 7
