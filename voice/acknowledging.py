"""Whether the beginning of a sound over the assistant is an acknowledgement ("mm-hm", "okay") or meant. Pure.

A recogniser's words come a quarter of a second after they were said, which is longer than a pause may last that nobody
notices. So the phones of the first 0.2 to 0.4 s (voice.phone_scores) are held against the beginnings of what callers
say while they listen, and of what they say to take the floor. English only.

How much each beginning counts was learned on the first half of benchmarks.interjections
(benchmarks/acknowledging_training.py, voice/acknowledging_weights.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from voice.acknowledging_weights import ACKNOWLEDGED, ADVANTAGES, BIAS, MEANT_WORDS
from voice.audio import SAMPLE_RATE_HZ

Scores = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]

ACKNOWLEDGEMENTS: Final = """
M HH M|M HH AH M|AH M HH AH M|HH M|HH M M|M M|AH HH AH|AH HH AA|AA HH AA|Y AE|Y AE AH|Y EH AH|Y EH P|Y AH P|Y UH P
Y EH S|Y AE Y AE|Y EH Y EH|OW K EY|OW K EY G R|OW OW K EY|AH K EY|UH K EY|M K EY|K EY|OW Y AE|OW AY S IY|AY S IY
R AY T|R AY T OW|R AY T Y AE|AO L R AY T|AO R AY T|AO R AY|SH UH R|SH ER|SH AO|SH AO R|G UH D|G R EY T|G AA T IH T
F AY N|K UW L
"""
"""Words that say no more than that the caller listens."""
MEANT: Final = """
W EY T|W EY T AH|N OW|N OW N OW|N OW DH|N OW P|S T AA P|S T AO P|HH OW L D|HH OW L D AA N|HH OW L D AH P|HH AE NG AA N
EH K S K Y UW Z|IH K S K Y UW Z|S AA R IY|S AO R IY|W AH N M OW M AH N T|W AH T|W AA T|W EH R IH Z|W EH N|W AY
W IY|W IH L|W UH D|W UH D Y UW|W AA Z|W EH L|HH AW|HH AW L AO|HH UW|HH AH L OW|HH EH L OW|HH IY R|HH AE V
K AE N|K AE N S AH L|K UH D|K UH D Y UW|AY W AA N|AY N IY D|AY D|AY M|M AY|M AY N EY|IH Z|IH T|IH T S|IH F|B AH T|B IH
D UW|D UW Y UW|D OW N T|D IH D|D AH Z|DH AE T|TH AE T|DH AH|DH IH S|L EH T|L EH T M IY|Y UW|Y UW D OW N|AE K CH UW
AE K SH AH L IY|AE N D|AH M|AA R Y UW|N AA T|P L IY Z|S OW|S EH N D|S T IH L|M IH S|T EH L|G IH V|G OW
OW N L IY|OW P AH|AO R|AO R D ER|F AO R|R IY P|R IH T ER N|T UW|TH R IY|F AY V|S IH K S|S EH V AH|EY T|AY T|N AY N
T EH N|Z IH R OW|W AH N
"""
"""How callers begin who take the floor: stop words, questions, digits."""
LEAD_MS: Final = 80
"""Of what came before the sound, which tells the line's noise."""
STATES: Final = 3
"""Of each phone, in rows of scores."""
_LEAST_NOISE: Final = 10 ** (-65 / 20) * 32767
"""RMS of the quiet line that thresholds were tuned on; phones with noise suppression send none at all."""
_NOISE: Final = np.random.default_rng(1).normal(0.0, 1.0, SAMPLE_RATE_HZ)
_STAY: Final = float(np.log(0.6))
_LEAVE: Final = float(np.log(0.4))
_NEW_PHONE: Final = -2.0
SHARPNESS: Final = 12.0
"""How much the best beginning counts beside others that fit nearly as well."""
_FAR: Final = (-6.0, 2.0)
"""Fits further from that of any phones tell no more."""
_NEVER: Final = np.float32(-1e9)


def _listed(text: str) -> Sequence[str]:
    return [word for line in text.strip().splitlines() for word in line.split("|")]


ACKNOWLEDGING: Final = len(_listed(ACKNOWLEDGEMENTS))
"""How many of BEGINNINGS are acknowledgements: the first."""
BEGINNINGS: Final = (*_listed(ACKNOWLEDGEMENTS), *_listed(MEANT))


def tells_acknowledgements(language: str) -> bool:
    """Whether a caller who speaks this language is judged."""
    return language.partition("-")[0] == "en"


@dataclass(frozen=True, slots=True)
class Fit:
    """How much better a sound fits beginnings than any phones at all, as mean log likelihoods of 10 ms."""

    acknowledgement: float
    """The best of ACKNOWLEDGEMENTS, after their advantages."""
    meant: float
    """The best of MEANT, likewise."""

    @property
    def meant_by(self) -> float:
        """Log odds that it is meant, where acknowledgements and interruptions are as many."""
        return MEANT_WORDS * self.meant - ACKNOWLEDGED * self.acknowledgement + BIAS


class Beginnings:
    """The words, spelled in the phones of one model. May be shared."""

    def __init__(self, phones: Mapping[str, int]) -> None:
        """Phones: place of each in a row of scores, as voice.phone_scores has it, with "SIL"."""
        words = [_states(word, phones) for word in BEGINNINGS]
        self._advantages = np.array([ADVANTAGES.get(word, 0.0) for word in BEGINNINGS])
        self._last = np.array([len(word) - 1 for word in words])
        longest = max(len(word) for word in words)
        self._places: Places = np.array([[*word, *[-1] * (longest - len(word))] for word in words])
        silence = phones["SIL"] * STATES
        self._silence = slice(silence, silence + STATES)

    def fit(self, scores: Scores) -> Fit | None:
        """Of scores, shape (frames, phones × STATES), from just before the sound up to now; None of nothing."""
        if not len(scores):
            return None
        fits = self.fits(scores) + self._advantages
        return Fit(_best(fits[:ACKNOWLEDGING]), _best(fits[ACKNOWLEDGING:]))

    def fits(self, scores: Scores) -> Scores:
        """How much better each of BEGINNINGS fits than any phones."""
        each = (self._word_ends(scores) - _any_phones(scores)) / len(scores)
        return np.asarray(np.clip(each, *_FAR))

    def _word_ends(self, scores: Scores) -> Scores:
        """Best path into every word, as far as it was said, or through it into the silence behind."""
        rows = np.arange(len(self._places))
        fits = np.where(self._places[None] >= 0, scores[:, np.maximum(self._places, 0)], _NEVER)
        quiet = scores[:, self._silence].max(axis=1)
        paths = np.full(self._places.shape, _NEVER)
        paths[:, :2] = fits[0, :, :2]
        behind = np.full(len(rows), _NEVER)
        for frame in range(1, len(scores)):
            behind = np.maximum(behind, paths[rows, self._last] + _LEAVE) + quiet[frame]
            onward = paths[:, :-1] + _LEAVE
            paths = paths + _STAY
            np.maximum(paths[:, 1:], onward, out=paths[:, 1:])
            paths += fits[frame]
        return np.asarray(np.maximum(paths.max(axis=1), behind))


class PhoneScores(Protocol):
    """What the phones of a language make of audio (voice.phone_scores)."""

    @property
    def phones(self) -> Mapping[str, int]:
        """Place of each phone in a row of scores."""

    def scores(self, pcm: bytes) -> Scores:
        """Shape (frames, phones × STATES), of PCM16 at 8 kHz from LEAD_MS before the sound."""


class Acknowledging:
    """Judges beginnings by one model. May be shared between calls and threads."""

    def __init__(self, model: PhoneScores) -> None:
        self._model = model
        self._beginnings = Beginnings(model.phones)

    def meant_by(self, pcm: bytes) -> float:
        """Log odds that a sound is meant, of PCM16 from LEAD_MS before it up to now: 2 to 4 ms of one core."""
        fit = self._beginnings.fit(self.scores(pcm))
        return fit.meant_by if fit is not None else 0.0

    def scores(self, pcm: bytes) -> Scores:
        """What is judged: phones of a line that is never quite without noise."""
        return self._model.scores(_with_noise(pcm))


def _with_noise(pcm: bytes) -> bytes:
    """A line that is quieter than any that was tuned on gets as much noise: in true silence all odds rise by 8."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    lead = samples[: LEAD_MS * SAMPLE_RATE_HZ // 1000]
    if not lead.size:
        return pcm
    lacks = np.sqrt(max(0.0, _LEAST_NOISE**2 - float(np.mean(np.square(lead)))))
    noisy = np.rint(samples + lacks * np.resize(_NOISE, samples.size))
    topped: bytes = np.clip(noisy, -32768, 32767).astype("<i2").tobytes()
    return topped


def _best(fits: Scores) -> float:
    most = float(fits.max())
    return most + float(np.log(np.exp(SHARPNESS * (fits - most)).sum())) / SHARPNESS


def _any_phones(scores: Scores) -> float:
    """Best path through phones in any order."""
    fits = scores.reshape(len(scores), -1, STATES)
    paths = np.full(fits.shape[1:], _NEVER)
    paths[:, 0] = fits[0, :, 0]
    for fit in fits[1:]:
        entry = float(paths[:, -1].max()) + _LEAVE + _NEW_PHONE
        onward = paths[:, :-1] + _LEAVE
        paths = paths + _STAY
        np.maximum(paths[:, 1:], onward, out=paths[:, 1:])
        np.maximum(paths[:, 0], entry, out=paths[:, 0])
        paths += fit
    return float(paths.max())


def _states(word: str, phones: Mapping[str, int]) -> list[int]:
    """Silence's middle state, then the states of the word's phones."""
    spelled = [phones[phone] * STATES + state for phone in word.split() for state in range(STATES)]
    return [phones["SIL"] * STATES + 1, *spelled]
