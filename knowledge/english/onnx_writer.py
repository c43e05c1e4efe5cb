"""Just enough of the ONNX file format (a protobuf) to write a graph that onnxruntime reads. Pure.

Field numbers as in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; IR version 9, operator set 20.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_IR_VERSION: Final = 9
_OPSET: Final = 20
_TYPES: Final = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}
_ATTRIBUTE_FLOAT: Final = 1
_ATTRIBUTE_INT: Final = 2
_ATTRIBUTE_INTS: Final = 7


class Graph:
    """A graph under construction; names of values are given by the graph."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._named = 0

    def constant(self, value: Array) -> str:
        """Add a constant (float32, uint8, int8, int32 or int64) and give back its name."""
        name = self._name()
        dims = b"".join(_int(1, size) for size in value.shape)
        kind = _int(2, _TYPES[value.dtype.name])
        self._constants.append(dims + kind + _text(8, name) + _bytes(9, np.ascontiguousarray(value).tobytes()))
        return name

    def add(self, operator: str, *inputs: str, **attributes: float | Sequence[int]) -> str:
        """Add a node of one output and give back the output's name."""
        return self.add_many(operator, 1, *inputs, **attributes)[0]

    def add_many(self, operator: str, outputs: int, *inputs: str, **attributes: float | Sequence[int]) -> list[str]:
        """Add a node of several outputs and give back their names."""
        names = [self._name() for _ in range(outputs)]
        node = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in names)
        node += _text(4, operator) + b"".join(_bytes(5, _attribute(*item)) for item in attributes.items())
        self._nodes.append(node)
        return names

    def model(
        self, inputs: dict[str, tuple[str, Sequence[str | int]]], output: str, shape: Sequence[str | int]
    ) -> bytes:
        """The finished model. inputs: type and shape by name; a size may be a name. The output is float32."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "cordboard")
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += b"".join(_bytes(11, _value(name, *kind)) for name, kind in inputs.items())
        graph += _bytes(12, _value(output, "float32", shape))
        return _int(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, _text(1, "") + _int(2, _OPSET))

    def _name(self) -> str:
        self._named += 1
        return f"v{self._named}"


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _attribute(name: str, value: float | Sequence[int]) -> bytes:
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _int(20, _ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return _text(1, name) + _int(3, value) + _int(20, _ATTRIBUTE_INT)
    return _text(1, name) + b"".join(_int(8, number) for number in value) + _int(20, _ATTRIBUTE_INTS)


def _value(name: str, kind: str, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_bytes(1, _text(2, size) if isinstance(size, str) else _int(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _int(1, _TYPES[kind]) + _bytes(2, sizes)))
