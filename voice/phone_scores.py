"""How well every 10 ms of telephone speech fits each sound of English: the recogniser's own acoustic model, in numpy.

For decisions that are due before a recogniser could answer (voice.acknowledging): the offline recogniser's model
(pocketsphinx's wheel, many speakers), projected onto the telephone's bands (voice.stt.telephone_model), its phones
without their context. 0.1 ms of one core for each 10 ms; 3 MB, loaded once per process. Thread-safe once constructed.
"""

import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.errors import ProviderAbsent
from voice.stt.features import CEPSTRA, band_energies, raised_cepstra
from voice.stt.telephone_model import telephone_gaussians

Scores = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float32]

STATES: Final = 3
"""Of each phone: beginning, middle, end; in this order in a row of scores."""
_WEIGHT_STEP: Final = 1024 * np.log(1.0001)
"""A byte of `sendump` is a negative logarithm to the base 1.0001 in steps of 1024."""
_LEAST: Final = 1e-30
LEAD_FRAMES: Final = 4
"""What comes first, 66 ms, is taken for the line's noise."""
_NOISE_LEFT: Final = 0.1
"""At most nine tenths of a band's energy are taken for noise and away."""
_USUAL: Final = np.array([-15.6, 3.8, 7.7, 2.0, -1.1, -2.9, -5.9, -2.8, -1.7, -2.1, 0.3, -0.3, -1.1])
"""Mean cepstra of short utterances, the first against its maximum: a word's beginning is too short for a mean of its
own. Of the first half of benchmarks.interjections."""


class PhoneModel:
    """The acoustic model's phones, loaded once constructed: 50 ms."""

    def __init__(self, model: Path | None = None) -> None:
        """Model: directory of the wide-band model; None: the wheel's. Raises ProviderAbsent; a retry does not help."""
        model = model or bundled_model()
        try:
            names = _phone_names((model / "mdef").read_bytes())
            means, variances = telephone_gaussians(model)
            weights = _weights((model / "sendump").read_bytes(), len(names))
        except (OSError, ValueError, struct.error) as error:
            raise ProviderAbsent("phones", f"no acoustic model in {model}: install pocketsphinx") from error
        kept = [index for index, name in enumerate(names) if not name.startswith("+")]
        self.phones = {names[index]: place for place, index in enumerate(kept)}
        """Place of each phone: its states are STATES columns of a row of scores from STATES times that."""
        precise = 1.0 / np.maximum(variances[kept], 1e-4)
        self._linear = _by_stream(means[kept] * precise)
        self._square = _by_stream(-0.5 * precise)
        self._constant = (-0.5 * (np.log(2 * np.pi / precise).sum(-1) + (means[kept] ** 2 * precise).sum(-1))).astype(
            np.float32
        )
        columns = [index * STATES + state for index in kept for state in range(STATES)]
        self._weights = np.ascontiguousarray(
            weights[:, :, columns].reshape(weights.shape[0], -1, len(kept), STATES).transpose(0, 2, 1, 3)
        )

    def scores(self, pcm: bytes) -> Scores:
        """Log likelihoods, shape (frames, phones × STATES), of PCM16 at 8 kHz that begins 80 ms before a word."""
        energies = _without_noise(band_energies(pcm))
        if not len(energies):
            return np.zeros((0, len(self.phones) * STATES), dtype=np.float32)
        cepstra = raised_cepstra(energies)
        cepstra[:, 0] -= cepstra[:, 0].max()
        features = _with_changes((cepstra - _USUAL).astype(np.float32))
        total = np.zeros((len(features), len(self.phones), STATES), dtype=np.float32)
        for stream in range(self._weights.shape[0]):
            part = features[:, stream * CEPSTRA : (stream + 1) * CEPSTRA]
            fit = part @ self._linear[stream] + (part * part) @ self._square[stream]
            fit = fit.reshape(len(part), len(self.phones), -1) + self._constant[None, :, stream]
            best = fit.max(-1, keepdims=True)
            near = np.exp(fit - best).transpose(1, 0, 2) @ self._weights[stream]
            total += np.log(near + _LEAST).transpose(1, 0, 2) + best
        return total.reshape(len(features), -1)


def _without_noise(energies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    power = np.exp(energies)
    noise = power[:LEAD_FRAMES].mean(axis=0) if len(power) else power
    return np.asarray(np.log(np.maximum(power - noise, _NOISE_LEFT * power)))


def bundled_model() -> Path:
    """Where pocketsphinx's package keeps its model. Raises ProviderAbsent where it is not installed."""
    package = find_spec("pocketsphinx")
    for folder in (package.submodule_search_locations if package is not None else None) or ():
        return Path(folder) / "model" / "en-us" / "en-us"
    raise ProviderAbsent("phones", "no acoustic model: install pocketsphinx")


def _by_stream(values: npt.NDArray[np.float64]) -> Floats:
    """Shape (phones, streams, density, 13) into (streams, 13, phones × density)."""
    streams = values.shape[1]
    return np.ascontiguousarray(values.transpose(1, 3, 0, 2).reshape(streams, CEPSTRA, -1), dtype=np.float32)


def _with_changes(cepstra: Floats) -> Floats:
    """Cepstra, their change over 40 ms, and the change of that over 20 ms: shape (frames, 39)."""
    padded = np.pad(cepstra, ((3, 3), (0, 0)), "edge")
    change = padded[5:-1] - padded[1:-5]
    bend = (padded[6:] - padded[2:-4]) - (padded[4:-2] - padded[:-6])
    return np.concatenate([cepstra, change, bend], axis=1)


def _phone_names(mdef: bytes) -> list[str]:
    """Names in a binary model definition: a text header, ten counts, then names that end in a zero byte."""
    if mdef[:4] != b"BMDF":
        raise ValueError("not a binary model definition")
    (header,) = struct.unpack_from("<I", mdef, 8)
    (count,) = struct.unpack_from("<I", mdef, 12 + header)
    return [name.decode() for name in mdef[12 + header + 40 :].split(b"\0", count)[:count]]


def _weights(sendump: bytes, phones: int) -> Floats:
    """Weights of the Gaussians in the phones' states: shape (streams, density, phones × STATES).

    After strings that tell of the format, each with its length before it, and a zero length: two counts, then bytes.
    """
    at = 0
    while (length := struct.unpack_from("<I", sendump, at)[0]) != 0:
        at += 4 + length
    density, states = struct.unpack_from("<2I", sendump, at + 4)
    steps = np.frombuffer(sendump, dtype=np.uint8, offset=at + 12)
    if steps.size % (density * states):
        raise ValueError("unexpected mixture weights")
    kept = steps.reshape(-1, density, states)[:, :, : phones * STATES]
    weights = np.exp(-kept * _WEIGHT_STEP)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)
