"""Sets of phrases that rules ask for by name: sensitive topics, and the wish for a person. Pure.

Every language that has a file topics_*.txt is looked through, whatever the call's language.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from pipeline.assistant.signals.phrases import Phrase, PhraseSet, language_files, phrase_set, sections, words_of

FEWEST: Final = 8
"""Phrases of a set in each language."""


def heard(text: str) -> Mapping[str, str]:
    """The sets of which a phrase occurs in an utterance, each with the words that say so."""
    words = words_of(text)
    found: dict[str, str] = {}
    for phrases in _sets().values():
        for match in phrases.matches(words):
            found.setdefault(match.name, match.text)
    return found


@cache
def names() -> tuple[str, ...]:
    """Every set there is."""
    return tuple(dict.fromkeys(name for text in language_files("topics").values() for name, _, _ in sections(text)))


@cache
def _sets() -> Mapping[str, PhraseSet]:
    return {
        f"{language} {name}": phrase_set(language, phrases)
        for language, text in language_files("topics").items()
        for name, phrases in _by_name(text).items()
    }


def _by_name(text: str) -> dict[str, list[Phrase]]:
    made: dict[str, list[Phrase]] = {}
    for name, strength, line in sections(text):
        made.setdefault(name, []).append(Phrase.parse(line, name, strength))
    return made
