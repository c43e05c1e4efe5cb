"""The numbers of Silero's 8 kHz network, out of the ONNX file that it comes in. Pure: bytes in, arrays out.

Reads just enough of the file format (a protobuf, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): constants, in
the branches of the graph too. The network for 8 kHz is one of the two branches; its constants begin with BRANCH.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

BRANCH: Final = "If_0_else_branch__Inline_0__"
_SHAPES: Final = {
    "stft.forward_basis_buffer": (130, 1, 128),
    "encoder.0.reparam_conv.weight": (128, 65, 3),
    "encoder.0.reparam_conv.bias": (128,),
    "encoder.1.reparam_conv.weight": (64, 128, 3),
    "encoder.1.reparam_conv.bias": (64,),
    "encoder.2.reparam_conv.weight": (64, 64, 3),
    "encoder.2.reparam_conv.bias": (64,),
    "encoder.3.reparam_conv.weight": (128, 64, 3),
    "encoder.3.reparam_conv.bias": (128,),
    "decoder.rnn.weight_ih": (512, 128),
    "decoder.rnn.weight_hh": (512, 128),
    "decoder.rnn.bias_ih": (512,),
    "decoder.rnn.bias_hh": (512,),
    "decoder.decoder.2.weight": (1, 128, 1),
    "decoder.decoder.2.bias": (1,),
}
"""What Silero 5 has at 8 kHz, by the names that its file gives them."""

# Field numbers of ModelProto, GraphProto, NodeProto, AttributeProto and TensorProto.
_GRAPH: Final = 7
_NODE: Final = 1
_OUTPUT: Final = 2
_ATTRIBUTE: Final = 5
_TENSOR: Final = 5
_SUBGRAPH: Final = 6
_DIMENSION: Final = 1
_RAW: Final = 9
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5


class NotSilero(ValueError):
    """The file is no ONNX file, or not one of Silero 5."""


def weights(model: bytes) -> dict[str, Floats]:
    """Arrays by name. Raises NotSilero."""
    try:
        found = dict(_constants(_only(model, _GRAPH)))
        return {name: _floats(found[BRANCH + name], shape) for name, shape in _SHAPES.items()}
    except (KeyError, IndexError, ValueError, TypeError) as problem:
        raise NotSilero(f"no network of Silero 5 for 8 kHz in it ({problem!r})") from problem


def _constants(graph: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and tensors of the graph's constants, and of the graphs within it."""
    for node in _all(graph, _NODE):
        for attribute in _all(node, _ATTRIBUTE):
            for inner in _all(attribute, _SUBGRAPH):
                yield from _constants(inner)
            for tensor in _all(attribute, _TENSOR):
                yield _only(node, _OUTPUT).decode(), tensor


def _floats(tensor: bytes, shape: tuple[int, ...]) -> Floats:
    sizes = tuple(value for field, value in _fields(tensor) if field == _DIMENSION)
    if sizes != shape:
        raise ValueError(f"a constant of shape {sizes}, not {shape}")
    return np.frombuffer(_only(tensor, _RAW), "<f4").reshape(shape)


def _all(message: bytes, wanted: int) -> Iterator[bytes]:
    return (value for field, value in _fields(message) if field == wanted and isinstance(value, bytes))


def _only(message: bytes, wanted: int) -> bytes:
    (value,) = _all(message, wanted)
    return value


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a message's fields. Raises IndexError and ValueError."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            size, at = _varint(message, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"a field of kind {kind}")
        if at + size > len(message):
            raise ValueError("cut short")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
