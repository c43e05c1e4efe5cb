"""Topics that rules ask for by name: sensitive ones, and the wish for a person. Pure.

A topic is heard where one of its phrases occurs, and where the words are like those it was learned from (learned.py).
Every language that has a file topics_*.txt is looked through, whatever the call's language.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from pipeline.assistant.signals import learned
from pipeline.assistant.signals.phrases import Phrase, PhraseSet, language_files, phrase_set, sections, words_of

FIRM: Final = 0.9
"""Least probability where an answer to something else is expected."""
FEWEST: Final = 8
"""Phrases of a set in each language."""


def heard(text: str, least: float = 0.0) -> Mapping[str, str]:
    """The topics of an utterance, each with the words that say so.

    What is learned does not speak against a phrase that is negated or not meant: "i'm not talking to a lawyer". least:
    probability from which on it counts at all.
    """
    found, denied = told(text)
    alike = {name: one for name, one in learned.heard(text).items() if one.probability >= least}
    likely = {name: alike[name].words for name in names() if name in alike and name not in denied}
    return {**likely, **found}


def told(text: str) -> tuple[Mapping[str, str], frozenset[str]]:
    """The topics of which a phrase occurs, with the words that say so; and those of which one is not meant."""
    words = words_of(text)
    found: dict[str, str] = {}
    denied: frozenset[str] = frozenset()
    for phrases in _sets().values():
        meant, not_meant = phrases.told(words)
        denied |= not_meant
        for match in meant:
            found.setdefault(match.name, match.text)
    return found, denied


@cache
def names() -> tuple[str, ...]:
    """Every set there is."""
    return tuple(dict.fromkeys(name for text in language_files("topics").values() for name, _, _ in sections(text)))


@cache
def _sets() -> Mapping[str, PhraseSet]:
    """Each with what is not meant in any language: a funeral is one in both."""
    written = {language: _by_name(text) for language, text in language_files("topics").items()}
    blocks = [one for of in written.values() for phrases in of.values() for one in phrases if one.blocks]
    return {
        f"{language} {name}": phrase_set(
            language, dict.fromkeys([*phrases, *(one for one in blocks if one.name == name)])
        )
        for language, of in written.items()
        for name, phrases in of.items()
    }


def _by_name(text: str) -> dict[str, list[Phrase]]:
    made: dict[str, list[Phrase]] = {}
    for name, strength, line in sections(text):
        made.setdefault(name, []).append(Phrase.parse(line, name, strength))
    return made
