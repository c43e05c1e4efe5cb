"""Danger to life, heard in any language that has a file emergencies_*.txt, whatever the call's language. Pure.

Every line that has `emergency` answers it, beside the phrases of its own (precedence.py). What is unsure counts: to be
told whom to call costs a caller who is safe a sentence.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from pipeline.assistant.signals.phrases import Phrase, PhraseSet, language_files, sections, words_of

KIND: Final = "emergencies"


def heard(text: str) -> str:
    """The language in which the words tell of danger; empty: none does. Under 0.5 ms."""
    words = words_of(text)
    return next((language for language, phrases in _sets().items() if phrases.matches(words)), "")


@cache
def _sets() -> Mapping[str, PhraseSet]:
    """By language. Without what negates: "no, my son is choking"."""
    return {
        language: PhraseSet.of(Phrase.parse(line, name) for name, _, line in sections(text))
        for language, text in language_files(KIND).items()
    }
