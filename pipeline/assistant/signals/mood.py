"""How urgent it is to a caller and how they feel: three signals and a sentiment for each turn, and their course. Pure.

Phrases with strengths, for every language that has a file moods_*.txt; negated ones do not count, strengthened ones
count more, weakened ones less. What several phrases say adds up: 1 - (1 - a)(1 - b). Words that are like those a
signal was learned from (learned.py) tell it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, Self

from pipeline.assistant.signals import learned
from pipeline.assistant.signals.phrases import (
    Match,
    Phrase,
    PhraseSet,
    language_files,
    phrase_set,
    sections,
    words_in,
    words_of,
)

Level = Literal["none", "low", "high"]
Trend = Literal["falling", "steady", "rising"]
SIGNALS: Final = ("urgency", "frustration", "anger")
LOW: Final = 0.3
HIGH: Final = 0.6
_WEIGHT: Final = (0.0, 0.3, 0.5, 0.75)
"""Of one phrase, by its strength."""
_STRENGTHENED: Final = 0.2
_WEAKENED: Final = 0.5
_LEARNED: Final = 0.8
"""Of what was learned (learned.py), times its probability: high from 0.75 on."""
_SAME_AGAIN: Final = 0.3
"""Frustration of a caller who says the same once more, in as many words."""
_FEWEST_WORDS: Final = 4
_ALIKE: Final = 0.8
_PLEASANT: Final = 0.3
"""Sentiment of one pleasant word."""
_BEST: Final = 0.6
_NEAR: Final = 3
"""Words within which a negation takes a pleasant word away."""
_KEPT: Final = 6
"""Turns whose sentiment is remembered."""
_TURN: Final = 0.25
"""Change of sentiment that counts as a course."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What one turn of the caller tells. Each from 0 to 1."""

    urgency: float = 0.0
    frustration: float = 0.0
    anger: float = 0.0
    sentiment: float = 0.0
    """From -1, bad, to 1, good."""
    evidence: tuple[str, ...] = ()
    """The words that say so, each as `signal: words`."""

    def level(self, signal: str) -> Level:
        """How strong one of SIGNALS is."""
        return level_of(getattr(self, signal))


@dataclass(frozen=True, slots=True)
class Mood:
    """The course of a caller's signals over a call."""

    last: Signals = Signals()
    sentiments: tuple[float, ...] = ()
    """Of the latest turns, the last one last."""
    frustrated: int = 0
    """Turns with high frustration."""
    angry: int = 0
    """Turns with high anger."""
    urgent: int = 0
    """Turns with high urgency."""
    negative: int = 0
    """Turns in a row whose sentiment was bad."""
    said: tuple[str, ...] = ()
    """The words of the latest turn."""

    @property
    def trend(self) -> Trend:
        """Where the sentiment goes: its latest turns against those before."""
        if len(self.sentiments) < 2:
            return "steady"
        now = self.sentiments[-1]
        before = sum(self.sentiments[:-1]) / len(self.sentiments[:-1])
        return "falling" if now < before - _TURN else "rising" if now > before + _TURN else "steady"

    def after(self, text: str, *, answering: bool = False) -> Self:
        """The mood once this was said too. answering: to a question, whose answer may well be said twice."""
        words = tuple(words_of(text))
        signals = read(text, again=not answering and _alike(words, self.said))
        return type(self)(
            signals,
            (*self.sentiments, signals.sentiment)[-_KEPT:],
            self.frustrated + (signals.level("frustration") == "high"),
            self.angry + (signals.level("anger") == "high"),
            self.urgent + (signals.level("urgency") == "high"),
            self.negative + 1 if signals.sentiment <= -LOW else 0,
            words,
        )


CALM: Final = Mood()
"""Before the caller has said anything."""


def level_of(value: float) -> Level:
    """How strong a signal of this value is."""
    return "high" if value >= HIGH else "low" if value >= LOW else "none"


def read(text: str, *, again: bool = False) -> Signals:
    """The signals of one utterance. again: the caller said the same before."""
    words = words_of(text)
    calm, evidence, denied = dict.fromkeys(SIGNALS, 1.0), [], set[str]()
    for language, found in _cues().items():
        matches, not_meant = found.told(words)
        denied |= not_meant
        for match in matches:
            calm[match.name] *= 1 - _weight(match, words, language)
            evidence.append(f"{match.name}: {match.text}")
    for name, alike in learned.heard(text).items():
        if name in calm and name not in denied:
            calm[name] = min(calm[name], 1 - _LEARNED * alike.probability)
            evidence.append(f"{name}: {alike.words}")
    if again:
        calm["frustration"] *= 1 - _SAME_AGAIN
        evidence.append("frustration: says the same again")
    values: Mapping[str, float] = {name: round(1 - left, 3) for name, left in calm.items()}
    bad = 1 - (1 - values["anger"]) * (1 - 0.8 * values["frustration"])
    return Signals(**values, sentiment=round(_good(words) - bad, 3), evidence=tuple(dict.fromkeys(evidence)))


@cache
def _cues() -> Mapping[str, PhraseSet]:
    return {
        language: phrase_set(language, [Phrase.parse(line, name, strength) for name, strength, line in sections(text)])
        for language, text in language_files("moods").items()
    }


def _weight(match: Match, words: list[str], language: str) -> float:
    weight, before = _WEIGHT[match.strength], words[max(0, match.start - 1) : match.start]
    if words_in(language, "intensifiers").intersection(before):
        weight = min(1.0, weight + _STRENGTHENED)
    if words_in(language, "softeners").intersection(before):
        weight *= _WEAKENED
    return weight


def _good(words: list[str]) -> float:
    best = 0.0
    for language in _cues():
        negators, positive = words_in(language, "negators"), words_in(language, "positive")
        good = [at for at, word in enumerate(words) if word in positive]
        meant = [at for at in good if not negators.intersection(words[max(0, at - _NEAR) : at])]
        best = max(best, min(_BEST, _PLEASANT * len(meant)))
    return best


def _alike(words: tuple[str, ...], before: tuple[str, ...]) -> bool:
    one, other = set(words), set(before)
    return len(one) >= _FEWEST_WORDS and len(one & other) >= _ALIKE * len(one | other)
