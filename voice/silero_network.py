"""Silero's 8 kHz network in numpy: several windows of one caller at once. Pure.

Its ONNX file holds branches within branches and cuts and joins the recurrent layer's weights anew for every window, so
onnxruntime needs 0.10 ms a window, however many there are. Written out, and with all that is not recurrent done for all
windows together, one takes 0.06 ms and eight take 0.2 ms; the likelihoods differ by less than a millionth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

Floats = npt.NDArray[np.float32]

CONTEXT: Final = 32
"""Samples before a window that the network wants to see again."""
WINDOW: Final = 256
WIDTH: Final = 128
"""Of the recurrent layer."""

_REFLECTED: Final = 32
"""The last samples but one are put behind the window, in reverse."""
_PADDED: Final = CONTEXT + WINDOW + _REFLECTED
_STEPS: Final = 4
"""Spectra of 16 ms a window, one every 8 ms."""
_SPECTRUM: Final = 128
_HOP: Final = 64
_BINS: Final = 65
_FLOAT_BYTES: Final = 4


@dataclass(slots=True)
class Memory:
    """What the recurrent layer keeps of one caller, and the last samples. All shapes (n,), float32."""

    hidden: Floats
    """Twice the layer's output: the halves of its sigmoids are in the weights."""
    cell: Floats
    context: Floats

    @classmethod
    def blank(cls) -> "Memory":
        """Of a caller of whom nothing was heard."""
        return cls(np.zeros(WIDTH, np.float32), np.zeros(WIDTH, np.float32), np.zeros(CONTEXT, np.float32))


class Network:
    """The weights, arranged for matrix products whose rows are instants. Immutable; safe to share between threads."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        """Weights: as voice.silero_weights gives them."""
        self._basis = np.ascontiguousarray(weights["stft.forward_basis_buffer"][:, 0].T)
        self._first = _convolution(weights, 0, slice(0, 3))
        self._second = _convolution(weights, 1, slice(0, 3))
        # The third sees two instants and silence before them, the fourth one between silence: those taps do nothing.
        self._third = _convolution(weights, 2, slice(1, 3))
        self._fourth = _convolution(weights, 3, slice(1, 2))
        halves = np.repeat(np.array([0.5, 0.5, 0.5, 1.0], np.float32), WIDTH)
        into, again, bias = (_gates(weights[f"decoder.rnn.{name}"]) for name in ("weight_ih", "weight_hh", "bias_ih"))
        self._into = np.ascontiguousarray(into.T * halves)
        self._again = np.ascontiguousarray(again.T * halves * np.float32(0.5))
        self._bias = (bias + _gates(weights["decoder.rnn.bias_hh"])) * halves
        self._last = weights["decoder.decoder.2.weight"].reshape(WIDTH) * np.float32(0.5)
        self._last_bias = weights["decoder.decoder.2.bias"]

    def likelihoods(self, windows: Floats, memory: Memory) -> Floats:
        """How likely each is speech, 0 to 1. Windows: shape (n, 256), −1 to 1, one after the other; n at least 1."""
        heard = self._recalled(self._encoded(self._padded(windows, memory)), memory)
        evidence = np.maximum(heard, 0) @ self._last + self._last_bias
        likely: Floats = 0.5 * (1 + np.tanh(0.5 * evidence))
        return likely

    @staticmethod
    def _padded(windows: Floats, memory: Memory) -> Floats:
        padded = np.empty((len(windows), _PADDED), np.float32)
        padded[0, :CONTEXT] = memory.context
        padded[1:, :CONTEXT] = windows[:-1, -CONTEXT:]
        padded[:, CONTEXT:-_REFLECTED] = windows
        padded[:, -_REFLECTED:] = padded[:, -_REFLECTED - 2 : -2 * _REFLECTED - 2 : -1]
        memory.context = windows[-1, -CONTEXT:].copy()
        return padded

    def _encoded(self, padded: Floats) -> Floats:
        """What is given to the recurrent layer's gates: shape (n, 4 × WIDTH)."""
        count = len(padded)
        parts = _instants(padded.reshape(count, -1, 1), _STEPS, _SPECTRUM, _HOP) @ self._basis
        parts *= parts
        spectra = np.zeros((count, _STEPS + 2, _BINS), np.float32)
        power = parts[:, :_BINS] + parts[:, _BINS:]
        np.sqrt(power.reshape(count, _STEPS, _BINS), out=spectra[:, 1:-1])
        wide = np.zeros((count, _STEPS + 1, WIDTH), np.float32)
        wide[:, 1:] = _layer(_instants(spectra, _STEPS, 3, 1), self._first).reshape(count, _STEPS, WIDTH)
        halved = _layer(_instants(wide, _STEPS // 2, 3, 2), self._second)
        encoded = _layer(_layer(halved.reshape(count, -1), self._third), self._fourth)
        gates: Floats = encoded @ self._into + self._bias
        return gates

    def _recalled(self, gates: Floats, memory: Memory) -> Floats:
        """The recurrent layer, window after window: twice its outputs, shape (n, WIDTH)."""
        heard = np.empty((len(gates), WIDTH), np.float32)
        hidden, cell = memory.hidden, memory.cell
        for at, given in enumerate(gates):
            gate = np.tanh(given + hidden @ self._again)
            gate[: 3 * WIDTH] += 1
            let_in, keep, let_out, fresh = gate.reshape(4, WIDTH)
            cell = 0.5 * (keep * cell + let_in * fresh)
            hidden = np.multiply(let_out, np.tanh(cell), out=heard[at])
        memory.hidden, memory.cell = hidden.copy(), cell
        return heard


def _convolution(weights: Mapping[str, Floats], number: int, taps: slice) -> tuple[Floats, Floats]:
    """Weights for rows of neighbouring instants, and the bias."""
    name = f"encoder.{number}.reparam_conv"
    kernel = weights[f"{name}.weight"][:, :, taps].transpose(2, 1, 0)
    return np.ascontiguousarray(kernel.reshape(-1, kernel.shape[2])), weights[f"{name}.bias"]


def _gates(rows: Floats) -> Floats:
    """From the file's order (in, keep, fresh, out) to ours, the sigmoids first (in, keep, out, fresh)."""
    let_in, keep, fresh, let_out = rows.reshape(4, WIDTH, -1)
    return np.concatenate([let_in, keep, let_out, fresh]).reshape(rows.shape)


def _instants(values: Floats, steps: int, width: int, hop: int) -> Floats:
    """Rows of `width` neighbouring instants, every `hop` of them, for each window. Values: (n, instants, columns)."""
    count, instants, columns = values.shape
    row_bytes = columns * _FLOAT_BYTES
    strides = (instants * row_bytes, hop * row_bytes, _FLOAT_BYTES)
    return as_strided(values, (count, steps, width * columns), strides).reshape(count * steps, -1)


def _layer(rows: Floats, convolution: tuple[Floats, Floats]) -> Floats:
    kernel, bias = convolution
    values: Floats = rows @ kernel
    values += bias
    return np.maximum(values, 0, out=values)
