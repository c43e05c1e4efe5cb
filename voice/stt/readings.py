"""Which reading of an utterance to believe, and how much. Pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voice.stt.port import Expectation, Hypothesis

_IN_FAVOUR_OF_EXPECTED: Final = 0.0
"""How far the open reading may be ahead of the expected one and still lose, in nats. Measured: docs/speech.md."""
_RIGHT_LENGTH: Final = 25.0
"""What a number of the expected length is worth among readings of the open vocabulary, in nats."""
_MOST: Final = 5
_DIGIT_WORDS: Final = frozenset(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "oh"])
_RUN: Final = re.compile(r"\d+")
_AGREES: Final = frozenset(["yes", "yeah", "yep", "yup", "sure", "okay", "right", "correct"])
_REFUSES: Final = frozenset(["no", "nope", "nah", "not", "wrong"])
_TORN: Final = 2.0
"""How much more evidence a clear answer has than its contrary, as a difference of log odds. Of answers 12 dB softer
than before 98 in 100 have it, of a room's sounds that are taken for answers 66."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to hear an utterance."""

    text: str
    score: float
    """Logarithm of how well it explains the audio and how likely it was to be said, in nats; comparable within one
    utterance only."""
    frames: int
    """Length of the utterance in steps of 10 ms."""


def judged(closely: Sequence[Reading], openly: Sequence[Reading], expectation: Expectation) -> tuple[Hypothesis, ...]:
    """Hypotheses, best first: the expected answers unless the open vocabulary explains the audio better."""
    openly = sorted(openly, key=lambda one: one.score + _bonus(one, expectation), reverse=True)
    if closely and (not openly or closely[0].score + _IN_FAVOUR_OF_EXPECTED >= max(one.score for one in openly)):
        ordered = [*closely, *openly]
    else:
        ordered = [*openly, *closely]
    best: dict[str, Reading] = {}
    for reading in ordered:
        best.setdefault(reading.text, reading)
    kept = list(best.values())[:_MOST]
    return tuple(Hypothesis(one.text, round(_confidence(one, kept), 3)) for one in kept)


def longest_number(text: str) -> int:
    """Digits in the longest run of spoken digits: "order double four one" → 3."""
    words = re.sub(r"\bdouble (\w+)", r"\1 \1", text).split()
    marks = "".join("0" if word in _DIGIT_WORDS else " " for word in words)
    return max((len(run) for run in _RUN.findall(marks)), default=0)


def torn(heard: Sequence[Hypothesis]) -> bool:
    """Whether the best reading is a yes or a no, and the contrary is nearly as likely."""
    best, others = _answer(heard[0].text), heard[1:]
    if best is None:
        return False
    contrary = [_log_odds(one.confidence) for one in others if _answer(one.text) is (not best)]
    return bool(contrary) and _log_odds(heard[0].confidence) - max(contrary) < _TORN


def _answer(text: str) -> bool | None:
    words = set(text.split())
    agrees, refuses = not words.isdisjoint(_AGREES), not words.isdisjoint(_REFUSES)
    return agrees if agrees != refuses else None


def _log_odds(confidence: float) -> float:
    bounded = min(0.999, max(0.001, confidence))
    return math.log(bounded / (1.0 - bounded))


def _bonus(reading: Reading, expectation: Expectation) -> float:
    if not expectation.max_digits:
        return 0.0
    fits = (expectation.min_digits or 1) <= longest_number(reading.text) <= expectation.max_digits
    return _RIGHT_LENGTH if fits else 0.0


def _confidence(reading: Reading, among: Sequence[Reading]) -> float:
    """0 to 1: how well the reading explains the audio, and how much better than the next one does."""
    others = [other.score for other in among if other.text != reading.text]
    ahead = reading.score - max(others) if others else _ALONE_NATS
    per_frame = reading.score / max(1, reading.frames)
    evidence = _OFFSET + _PER_NAT_AHEAD * min(ahead, _ALONE_NATS) + _PER_NAT_A_FRAME * per_frame
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, evidence))))


_ALONE_NATS: Final = 100.0
_OFFSET: Final = 3.0
_PER_NAT_AHEAD: Final = 0.03
_PER_NAT_A_FRAME: Final = 0.5
"""A logistic regression of "every word right" on our recordings: docs/speech.md."""
