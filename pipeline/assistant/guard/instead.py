"""What a source says itself on what a clause got wrong: said in its place. Pure."""

from typing import Final

from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.lexicon import light
from pipeline.assistant.guard.manner import unspeakable
from pipeline.assistant.guard.stance import lately
from pipeline.assistant.guard.words import Sentence, sentence

LEAST_SHARED: Final = 2
"""Words that mean something and that both have."""
LEAST_OF_CLAUSE: Final = 0.6
"""Of the clause's words that mean something, so many the source must have too: it is about the same thing."""
LONGEST: Final = 240
"""Characters: some fifteen seconds."""


def own_words(clause: str, evidence: Evidence) -> str:
    """The one sentence of the passages that is about the same thing; empty: there is none that is plainly it.

    What a clause tells of this call's own matter has no sentence of a passage in its place.
    """
    told = _meant(sentence(clause))
    if lately(clause) or len(told) < LEAST_SHARED:
        return ""
    fits = [(len(told & _meant(source)), source) for source in evidence.of_passages if _may_be_said(source, evidence)]
    best = max((shared for shared, _ in fits), default=0)
    chosen = [source for shared, source in fits if shared == best]
    if best < LEAST_SHARED or best < LEAST_OF_CLAUSE * len(told) or len(chosen) != 1:
        return ""
    return chosen[0].text.strip()


def _meant(one: Sentence) -> frozenset[str]:
    return frozenset(stem for stem in one.stems if not stem.startswith("=")) - light()


def _may_be_said(source: Sentence, evidence: Evidence) -> bool:
    text = source.text.strip()
    return text.endswith((".", "!")) and len(text) <= LONGEST and unspeakable(text, evidence) is None
