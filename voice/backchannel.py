"""What callers say over the assistant: "mm-hm" and "okay" while listening, "wait" and "stop" to take the floor. Pure.

Word lists per language; a language without one has neither, so that any word takes the floor.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Said = Literal["nothing", "backchannel", "words", "stop"]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language's words, lower case."""

    backchannels: frozenset[str]
    """Words that say "I am listening" when nothing else is said."""
    answers: frozenset[str]
    """Backchannels that are answers when a yes or no, or a choice, is asked for."""
    stops: tuple[str, ...]
    """Words and phrases that take the floor wherever they begin."""
    harmless: tuple[str, ...] = ()
    """Phrases that contain a stop or another word and say no more than a backchannel does."""


def _lexicon(backchannels: str, answers: str, stops: str, harmless: str) -> Lexicon:
    return Lexicon(frozenset(backchannels.split()), frozenset(answers.split()), _phrases(stops), _phrases(harmless))


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(","))


LEXICONS: Final[Mapping[str, Lexicon]] = {
    "en": _lexicon(
        "mm mhm mm-hm mmhm hm hmm mhmm mm-hmm uh-huh uhuh uh huh um ah oh aha okay ok k yeah yep yes right sure good "
        "great fine alright cool gotcha see i got it all",
        "mhm mm-hm mmhm mhmm mm-hmm uh-huh okay ok yeah yep yes right sure good fine alright correct",
        "wait, stop, hold on, hang on, hold up, one moment, one second, excuse me, no, nope, sorry",
        "no problem, no problem at all, no worries, no worries at all, no rush, sorry go on, sorry go ahead, "
        "sorry please go on, sorry carry on, no go on, no go ahead, go on, go ahead, carry on",
    ),
    "es": _lexicon(
        "ajá aja mm mhm hm sí si ok okay vale bien claro bueno ya eso entiendo perfecto de acuerdo",
        "sí si ok okay vale claro bueno eso ajá aja acuerdo",
        "espera, espere, para, pare, un momento, un segundo, perdón, perdone, no",
        "no hay problema, sin problema, no pasa nada, no te preocupes, no se preocupe, perdón siga, perdón sigue, "
        "perdone siga, siga, sigue",
    ),
}
_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*|\d+")


Tongue = str | Lexicon
"""A language by its code, or by its words where they come from outside."""


def _lexicon_of(language: Tongue) -> Lexicon | None:
    return LEXICONS.get(language.partition("-")[0]) if isinstance(language, str) else language


def may_be_harmless(text: str, language: Tongue) -> bool:
    """Whether words that may not be all yet begin what is harmless: a "no" that may become "no problem"."""
    lexicon = _lexicon_of(language)
    begun = " ".join(_WORD.findall(text.lower()))
    return lexicon is not None and any(f"{phrase} ".startswith(f"{begun} ") for phrase in lexicon.harmless)


def _without(phrases: tuple[str, ...], words: list[str]) -> list[str]:
    """What is left when these phrases, the longest first, are taken out."""
    left = f" {' '.join(words)} "
    for phrase in sorted(phrases, key=len, reverse=True):
        left = left.replace(f" {phrase} ", " ")
    return left.split()


def said(text: str, language: Tongue, *, answering: bool) -> Said:
    """What words over the assistant amount to. answering: a yes, no or choice is asked for, so "okay" is an answer."""
    words = _WORD.findall(text.lower())
    if not words:
        return "nothing"
    lexicon = _lexicon_of(language)
    if lexicon is None:
        return "words"
    words = words if answering else _without(lexicon.harmless, words)
    phrase = " ".join(words) + " "
    if any(phrase.startswith(f"{stop} ") or f" {stop} " in phrase for stop in lexicon.stops):
        return "stop"
    if any(word not in lexicon.backchannels for word in words):
        return "words"
    return "words" if answering and any(word in lexicon.answers for word in words) else "backchannel"
