"""How long to wait at a pause before the caller's turn counts as over: by what was asked and what was said. Pure.

    expected and complete     short: nothing more is to come
    expected and incomplete   long: something is missing
    numbers of known length   where a digit is missing that may be on its way: the wait that costs least, given the
                              chance that the number is over (voice.endpoint_model)
    anything else             the kind's own wait, times a factor for each thing that tells: the last words, whether
                              they have come at all, the level of the last sounds, the vote of a model, and this
                              caller's own pauses; less after an open question where the model is surer. It may not
                              lengthen a wait: it learned from recordings longer than most of what callers say

All waits are quiet in ms from the last voice, as the speech gate counts it, which ends some 50 to 150 ms before the
last sound has died away. The constants are tuned on one half of what benchmarks/endpointing.py composes, and reported
there on the other half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Final, Literal

from voice.endpoint_model import (
    DUE_MS,
    Speech,
    Told,
    cheapest_wait_ms,
    digit_features,
    digits_chance,
    open_chance,
    open_features,
)
from voice.endpoint_weights import TEXT
from voice.endpoint_words import TABLES, EndpointWords, digits_at_end, digits_said, is_number, words_of
from voice.prosody import Ending

AnswerKind = Literal["yes_no", "menu", "digits", "open", "text"]
Completeness = Literal["complete", "whole", "unclear", "partial"]
"""complete: an expected answer; whole: words that may stand alone; unclear: not all are here; partial: more follows."""

KIND_MS: Final = {"yes_no": 400, "menu": 400, "digits": 900, "open": 640, "text": 1400}
"""When nothing is known but the kind. People pause inside numbers, and when they dictate a message."""
COMPLETE_MS: Final = {"yes_no": 200, "menu": 220, "digits": 220, "open": 400, "text": 600}
"""The answer that was asked for is there."""
CORRECTING_MS: Final = 500
"""After a "no" to a read-back: most say what is right in the same breath."""
NEARLY_MS: Final = 1200
"""One digit is missing: as likely as not it was said and not heard."""
PARTIAL_MS: Final = {"yes_no": 700, "menu": 700, "digits": 1800, "open": 1600, "text": 2200}
"""Something is missing: digits, the noun after an article, the rest of an address."""
SHORTEST_MS: Final = 120
"""No less: the gate tells of a pause at 100 ms."""
LONGEST_MS: Final = 3000
EAGER_BELOW: Final = 1.5
"""What is free may begin at pauses whose wait is at most so many times the wait of the kind."""

LEARNED_DIGITS: Final = 4
"""Shorter numbers are too short to count by how long they take."""
PHONE_DIGITS: Final = 7
"""Fewest digits of a number that a caller leaves in a message."""
_UNCLEAR: Final = 1.0
_WHOLE: Final = 0.75
_SHORT_MS: Final = 900
_SHORT: Final = 1.25
"""So little speech is often the beginning of more, where the answer is open."""
_VOTES: Final = ((0.9, 0.55), (0.5, 0.7), (0.1, 1.3), (0.0, 2.2))
"""smart-turn: from this probability, this factor."""
_LEVEL_DB: Final = (-10.0, 0.08)
_LEVEL_RANGE: Final = (0.6, 1.5)
"""A last syllable this much softer than the rest is neutral; each dB louder waits so much longer, within the range.
Kept small: a voice that never fades, a question, must not be made to wait."""
_OWN_PAUSES: Final = 3
"""So many of a caller's pauses have to be known before they count."""
_OWN: Final = 1.15
"""Wait so many times a caller's usual pause where words do not decide."""
_OWN_MOST_MS: Final = 1200


@dataclass(frozen=True, slots=True)
class Expected:
    """What the caller was asked."""

    kind: AnswerKind = "open"
    min_digits: int = 0
    max_digits: int = 0
    """Most digits of a complete answer; with yes_no, digits that may be corrected."""
    answers: frozenset[str] = frozenset()
    """What callers say for the answers of this question, lower case; for yes_no and menu."""
    wait_ms: int | None = None
    """The step's own wait, whatever is said."""
    language: str = "en"
    words: EndpointWords | None = None
    """What tells there whether a caller has finished; None: what is known of the language."""

    @property
    def table(self) -> EndpointWords | None:
        """The words that tell; None: nothing is known of the language."""
        return self.words or TABLES.get(self.language.partition("-")[0])


@dataclass(frozen=True, slots=True)
class Pausing:
    """What is known of the caller's turn at a pause."""

    text: str = ""
    """The words so far."""
    clause: str = ""
    """Those since the last pause; empty: all of them."""
    current: bool = False
    """They are all that was said up to the pause."""
    spoken_ms: int = 0
    """From the onset of speech to the pause."""
    ending: Ending | None = None
    vote: float | None = None
    """smart-turn's probability that the turn is over."""
    own_pauses_ms: Sequence[int] = ()
    """This caller's pauses inside turns so far, in any order."""
    voiced_ms: int | None = None
    """Like spoken_ms, pauses left out; None: there was none."""
    unheard_ms: int = 0
    """From the last word that was told to the pause."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do at the pause; it may change with the next words or the vote."""

    wait_ms: int
    """Quiet, from the last voice, after which the turn is over."""
    eager: bool
    """What costs nothing may begin: the turn is probably over."""
    undecided: bool
    """Words do not decide: the vote is worth its price."""


def verdict(expected: Expected, pausing: Pausing, pace: float = 1.0) -> Verdict:
    """Judge a pause. pace: below 1 sooner, above 1 later, for all waits but the step's own."""
    found = _completeness(expected, pausing)
    if expected.wait_ms is not None:
        return Verdict(expected.wait_ms, found in ("complete", "whole"), undecided=False)
    judged = _by_rules(expected, pausing, found, pace)
    if not _is_learned(expected, pausing, found):
        return judged
    learned_ms = _within(_learned_ms(expected, pausing, pace))
    if expected.kind == "digits":
        return replace(judged, wait_ms=learned_ms)
    return replace(judged, wait_ms=min(judged.wait_ms, max(learned_ms, round(_own_ms(pausing.own_pauses_ms)))))


def _by_rules(expected: Expected, pausing: Pausing, found: Completeness, pace: float) -> Verdict:
    kind = expected.kind
    if found == "complete":
        ms = CORRECTING_MS if _may_correct(expected, pausing.text) else COMPLETE_MS[kind]
        return Verdict(_within(ms * pace), eager=True, undecided=False)
    if found == "partial":
        # whoever is in a hurry is served sooner when all is said, not interrupted sooner when it is not
        ms = NEARLY_MS if _one_missing(expected, pausing) else PARTIAL_MS[kind]
        return Verdict(_within(ms * sqrt(pace)), eager=False, undecided=False)
    factor = (_WHOLE if found == "whole" else _UNCLEAR) * _sounds(pausing)
    if found == "whole" and kind == "open" and pausing.spoken_ms < _SHORT_MS:
        factor *= _SHORT
    own_ms = _own_ms(pausing.own_pauses_ms) if found == "unclear" or factor > 1.0 else 0.0
    haste = sqrt(pace) if kind == "digits" else pace
    return Verdict(
        _within(max(KIND_MS[kind] * factor, own_ms) * haste),
        eager=found == "whole" and factor <= EAGER_BELOW,
        undecided=kind != "digits",
    )


# What was learned


def model_features(expected: Expected, pausing: Pausing, text: Mapping[str, Sequence[float]] = TEXT) -> list[float]:
    """What voice.endpoint_model weighs at this pause. text: the weights of words, by language."""
    language = expected.language.partition("-")[0]
    table, said = TABLES[language], words_of(pausing.text)
    if expected.kind == "digits":
        return digit_features(
            digits_said(said, table),
            sum(not is_number(word, table) for word in said),
            expected.max_digits,
            _speech(pausing),
        )
    partial = bool(said) and pausing.current and _completeness(expected, pausing) == "partial"
    return open_features(
        said, words_of(pausing.clause), _speech(pausing), table, (language, text[language]), partial=partial
    )


def _speech(pausing: Pausing) -> Speech:
    voiced_ms = pausing.spoken_ms if pausing.voiced_ms is None else pausing.voiced_ms
    return Speech(pausing.spoken_ms, voiced_ms, pausing.unheard_ms, pausing.vote)


def _is_learned(expected: Expected, pausing: Pausing, found: Completeness) -> bool:
    if pausing.spoken_ms == 0 or expected.words is not None or expected.language.partition("-")[0] not in TEXT:
        return False
    if expected.kind == "digits":
        known_length = expected.min_digits == expected.max_digits >= LEARNED_DIGITS
        return known_length and (not pausing.current or _one_missing(expected, pausing))
    return expected.kind == "open" and found in ("whole", "unclear")


def _learned_ms(expected: Expected, pausing: Pausing, pace: float) -> int:
    features = model_features(expected, pausing)

    def wait_ms(told: Told) -> int:
        chance = (digits_chance if expected.kind == "digits" else open_chance)(features, told)
        return cheapest_wait_ms(chance, pace, pausing.own_pauses_ms)

    if pausing.current:
        return wait_ms("all")
    soon_ms = wait_ms("due")
    return soon_ms if soon_ms < DUE_MS else max(DUE_MS, wait_ms("late"))


# What the words say


def _completeness(expected: Expected, pausing: Pausing) -> Completeness:
    said = words_of(pausing.text)
    table = expected.table
    if expected.kind == "digits" and table is not None:
        return _of_digits(expected, digits_said(said, table), current=pausing.current)
    if not said or not pausing.current:
        return "unclear"
    if expected.kind in ("yes_no", "menu") and " ".join(said) in expected.answers:
        return "complete"
    return _of_sentence(expected, said, words_of(pausing.clause) or said, table) if table is not None else "whole"


def _of_digits(expected: Expected, count: int, *, current: bool) -> Completeness:
    if count == 0:
        return "unclear"
    if count >= max(1, expected.max_digits):
        return "complete"
    if not current:
        return "unclear"
    return "partial" if count < expected.min_digits else "whole"


def _one_missing(expected: Expected, pausing: Pausing) -> bool:
    table = expected.table
    if expected.kind != "digits" or table is None:
        return False
    return digits_said(words_of(pausing.text), table) == expected.min_digits - 1


def _of_number(expected: Expected, count: int) -> Completeness | None:
    """Of a number that was said although nobody asked for it: one digit may be anything."""
    longest = expected.max_digits if expected.kind == "open" and expected.max_digits > 1 else PHONE_DIGITS
    if count < 2 or expected.kind not in ("open", "text"):
        return None
    return "partial" if count < longest else "complete"


def _of_sentence(expected: Expected, said: list[str], clause: list[str], table: EndpointWords) -> Completeness:
    phrase, last = " ".join(said), " ".join(clause)
    if said[-1] in table.hanging or last in table.preludes:
        return "partial"
    if table.mail.search(phrase):
        return "complete" if table.mail_whole.search(phrase) else "partial"
    if table.address.search(phrase):
        return "complete" if digits_said(said[-5:], table) >= 5 else "partial"
    if number := _of_number(expected, digits_at_end(said, table)):
        return number
    if len(clause) <= table.opener_words and any(last.startswith(f"{opener} ") for opener in table.openers):
        return "partial"
    return "whole"


def _may_correct(expected: Expected, text: str) -> bool:
    table = expected.table
    said = words_of(text)
    return expected.kind == "yes_no" and expected.max_digits > 1 and table is not None and said[0] in table.nays


# What the sound says


def _sounds(pausing: Pausing) -> float:
    factor = 1.0
    if pausing.vote is not None:
        factor *= next(factor for least, factor in _VOTES if pausing.vote >= least)
    if pausing.ending is not None:
        neutral_db, by_db = _LEVEL_DB
        lowest, highest = _LEVEL_RANGE
        factor *= min(highest, max(lowest, 1.0 + by_db * (pausing.ending.level_db - neutral_db)))
    return factor


def _own_ms(pauses_ms: Sequence[int]) -> float:
    if len(pauses_ms) < _OWN_PAUSES:
        return 0.0
    return min(_OWN_MOST_MS, sorted(pauses_ms)[len(pauses_ms) // 2] * _OWN)


def _within(ms: float) -> int:
    return round(min(LONGEST_MS, max(SHORTEST_MS, ms)))
