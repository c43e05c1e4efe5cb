"""The chance that a turn is over at a pause, learned from examples, and the wait that costs least. Pure.

Logistic regression twice: the words alone (voice.endpoint_features), then what they come to beside how much speech
no word has been told of. One set of weights for each thing that can be known of the
words: all are told; some are on their way; they have not come in time. Weights: voice.endpoint_weights, made by
benchmarks/endpoint_training.py.

The wait: ending too early costs what a cut-in costs, times the chance that the caller goes on after a pause of that
length; waiting costs its time, times the chance that the turn is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, exp, log, sqrt
from typing import Final, Literal

from voice.endpoint_features import text_features
from voice.endpoint_weights import DIGITS, OPEN
from voice.endpoint_words import EndpointWords

Told = Literal["all", "due", "late"]
DUE_MS: Final = 400
"""Quiet by which the last word has been told, if at all."""
DELAY_COST: Final = 0.6
"""A second of waiting after an end, in cut-ins. At pace 1 the ends of the training half wait 250 ms on average."""
_CANDIDATES_MS: Final = (
    120, 160, 200, 250, 300, 350, 400, 450, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1400, 1600, 1800, 2000, 2500,
    3000,
)  # fmt: skip
_PAUSE_MS: Final = 650
"""The usual pause of a caller of whom nothing is known, worth _KNOWN_AS pauses; log-normal with this spread."""
_KNOWN_AS: Final = 4
_SPREAD: Final = 0.55
_SHORT_MS: Final = 900
"""So little speech is often the beginning of more. How long it took beyond that is left out: the recordings are longer
than what callers say, and what is learned of that would make short questions wait."""
_DIGIT_MS: Final = 490
_WORD_MS: Final = 230


@dataclass(frozen=True, slots=True)
class Speech:
    """What is known of the caller's speech beside its words."""

    spoken_ms: int
    """From the onset to the pause."""
    voiced_ms: int
    """Like spoken_ms, pauses left out."""
    unheard_ms: int
    """From the last word told to the pause."""
    vote: float | None


def open_features(
    said: Sequence[str],
    clause: Sequence[str],
    speech: Speech,
    table: EndpointWords,
    learned: tuple[str, Sequence[float]],
    *,
    partial: bool,
) -> list[float]:
    """What OPEN weighs. learned: the language and its weights of words; partial: by the rules, more follows."""
    language, weights = learned
    words = 0.0
    if said:
        words = _weighed(text_features(said, clause or said, table, language), weights)
    vote = 0.0 if speech.vote is None else log((speech.vote + 0.02) / (1.02 - speech.vote))
    return [
        1.0,
        words,
        float(not said),
        float(not clause),
        float(partial),
        float(speech.spoken_ms < _SHORT_MS),
        min(1500, speech.unheard_ms) / 500,
        vote,
        float(speech.vote is not None),
    ]


def digit_features(count: int, others: int, wanted: int, speech: Speech) -> list[float]:
    """What DIGITS weighs. count: digits told; others: words told that are none; wanted: as many are asked for."""
    missing = wanted - count
    rest = missing - speech.unheard_ms / _DIGIT_MS
    pace = max(-1.5, min(1.0, log(max(0.1, (speech.voiced_ms - others * _WORD_MS) / (_DIGIT_MS * wanted)))))
    return [
        1.0,
        float(missing <= 0),
        float(missing == 1),
        float(missing == 2),
        min(1.0, max(0.0, missing / wanted)),
        exp(-((rest * 2) ** 2)),
        max(-2.0, min(2.0, rest)),
        pace,
        pace * (missing == 1),
        pace * (missing <= 0),
    ]


def open_chance(features: Sequence[float], told: Told) -> float:
    """That an open turn is over."""
    return _chance(features, OPEN[told])


def digits_chance(features: Sequence[float], told: Told) -> float:
    """That a number is."""
    return _chance(features, DIGITS[told])


def _chance(features: Sequence[float], weights: Sequence[float]) -> float:
    return 1.0 / (1.0 + exp(-max(-30.0, min(30.0, _weighed(features, weights)))))


def _weighed(features: Sequence[float], weights: Sequence[float]) -> float:
    return sum(feature * weight for feature, weight in zip(features, weights, strict=True))


def cheapest_wait_ms(chance: float, pace: float, own_pauses_ms: Sequence[int] = ()) -> int:
    """Quiet to wait for at a pause that is an end with this chance. pace: below 1 waiting costs more, above 1 less."""
    delay_cost = DELAY_COST / pace**2
    known = _KNOWN_AS * log(_PAUSE_MS) + sum(log(max(100, ms)) for ms in own_pauses_ms)
    usual = known / (_KNOWN_AS + len(own_pauses_ms))

    def cost(wait_ms: int) -> float:
        goes_on_later = 0.5 * (1.0 - erf((log(wait_ms) - usual) / (_SPREAD * sqrt(2.0))))
        return (1.0 - chance) * goes_on_later + delay_cost * chance * wait_ms / 1000

    return min(_CANDIDATES_MS, key=cost)
