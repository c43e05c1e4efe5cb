"""Whether a clause that may be said still says the same in the caller's language. Pure.

The clause itself was checked in the language of its sources, word for word. Of its translation is checked what a wrong
one changes at the caller's cost: figures, none lost and none made up; whether it denies; what it claims to be done;
that it is in the caller's language, and no longer than the clause bears out.
"""

import re
from dataclasses import replace
from typing import Final

from pipeline.assistant.guard import figures
from pipeline.assistant.guard.agreeing import supported
from pipeline.assistant.guard.borne_out import unfounded
from pipeline.assistant.guard.check import LONGEST, Objection
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.manner import language_of, unspeakable
from pipeline.assistant.signals.phrases import words_in, words_of

_BARE: Final = frozenset({"number", "raw"})
_SMALL: Final = frozenset({"1", "2"})
"""What is an article in one language ("a repair"), or a word of its own ("twice")."""
_COURTESIES: Final = re.compile(
    r"\bde nada\b|\bno hay (?:de )?(?:qué|problema)\b|\bno (?:se|te) preocupe?s?\b|\bsin problema\b|\bno (?:problem|worries)\b"
    r"|\bdon't worry\b|\bnot at all\b"
)
"""What denies nothing."""
MOST_LONGER: Final = 1.4
"""Times as many characters as the clause has, at most, ..."""
MOST_MORE: Final = 16
"""... and so many besides: short courtesies differ much."""


def unfaithful(spoken: str, clause: str, evidence: Evidence, languages: tuple[str, str]) -> Objection | None:
    """Why a clause's translation may not be spoken; None: it may. languages: of the translation, of the clause."""
    if not spoken.strip():
        return Objection("language", "could not be said in the caller's language")
    if len(spoken) > min(LONGEST, MOST_LONGER * len(clause) + MOST_MORE):
        return Objection("language", "says more in the caller's language")
    theirs, ours = languages
    if language_of(spoken) not in ("", theirs):
        return Objection("language", "is not in the caller's language")
    wrong = unspeakable(spoken, replace(evidence, language=theirs))
    if wrong is not None:
        kind, reason = wrong
        return Objection(kind, reason)  # type: ignore[arg-type]
    if not _same_figures(spoken, clause):
        return Objection("fact", "has other figures in the caller's language")
    if _denies(spoken, theirs) != _denies(clause, ours):
        return Objection("fact", "says the opposite in the caller's language")
    claim = unfounded(spoken, replace(evidence, language=theirs))
    if claim is not None and unfounded(clause, evidence) is None and not evidence.deeds:
        return Objection("claim", f"claims an action that no tool did: {claim.action or 'something done'}")
    return None


def _same_figures(spoken: str, clause: str) -> bool:
    there, here = frozenset(figures.read(clause)), frozenset(figures.read(spoken))
    return all(_is_among(one, there) for one in here) and all(_is_among(one, here) for one in there)


def _is_among(one: figures.Figure, others: frozenset[figures.Figure]) -> bool:
    """Whether the other text has it too: as the same, or as a number without a unit that both languages know."""
    if supported(one, others, frozenset()) or (one.kind in _BARE and one.value in _SMALL):
        return True
    return any(one.value == other.value and (one.kind in _BARE or other.kind in _BARE) for other in others)


def _denies(text: str, language: str) -> bool:
    words = words_of(_COURTESIES.sub(" ", text.lower()))
    return bool(words_in(language, "negators").intersection(words)) or any(word.endswith("n't") for word in words)
