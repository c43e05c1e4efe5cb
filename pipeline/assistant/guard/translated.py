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
from pipeline.assistant.guard.borne_out import NOUNS, unfounded
from pipeline.assistant.guard.check import LONGEST, Objection
from pipeline.assistant.guard.claim_words import ANY, TOKEN
from pipeline.assistant.guard.claims import Claim, claims
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
    claim = _made_up(spoken, clause, evidence)
    return None if claim is None else Objection("claim", f"claims another action: {claim.action or 'something done'}")


def _made_up(spoken: str, clause: str, evidence: Evidence) -> Claim | None:
    """The first claim of the translation that neither the call's tools bear out nor the clause makes itself."""
    theirs = _claimed(clause)
    for claim in claims(spoken):
        if _kinds(claim) & theirs or (theirs and claim.action in _SAYS_NO_MORE):
            continue
        if unfounded(claim.part, evidence) is not None:
            return claim
    return None


def _claimed(clause: str) -> frozenset[str]:
    """The kinds of action that a clause claims, and what those may be called in another language."""
    plain = clause.lower().replace("’", "'")
    kinds = {kind for claim in claims(clause) for kind in _kinds(claim)}
    kinds |= {kind for pattern, kind in _TOLD if pattern.search(plain)}
    return frozenset(kinds | {other for kind in kinds for other in _ALIKE.get(kind, ())})


def _kinds(claim: Claim) -> frozenset[str]:
    """What it claims: where its verb says little, what comes of it too ("issued a refund")."""
    if _ASKED.search(claim.part) and claim.action in {"order", "transfer"}:
        return frozenset({"ask"})
    if claim.action not in _VAGUE:
        return frozenset({claim.action})
    return frozenset({claim.action, *(NOUNS[word] for word in TOKEN.findall(claim.part) if word in NOUNS)})


_SAYS_NO_MORE: Final = frozenset({ANY, "done", "do"})
"""That something was done, without what: no more than any claim says."""
_VAGUE: Final = _SAYS_NO_MORE | {"add", "open", "ask", "send"}
_ALIKE: Final = {
    "send": ("ship",), "ship": ("send",), "report": ("tell", "open"), "tell": ("report",), "ask": ("open", "tell"),
    "refund": ("return",), "charge": ("order",),
}  # fmt: skip
"""What else the other language may call it: verbs that it has only one of."""
_ASKED: Final = re.compile(r"\bpedido (?:a|al|que)\b|\b(?:se )?(?:lo|la) (?:he|hemos) pasado\b")
"""The verbs for ordering and connecting, where they only tell who was asked."""
_TOLD: Final = (
    (
        re.compile(r"\b(?:order|parcel|package|item|card|it)s? (?:(?:has|have|had|already) )*shipped\b|\bin transit\b"),
        "ship",
    ),
    (re.compile(r"\b(?:i|we|i've|we've|i have|we have) (?:already |just )?asked\b"), "ask"),
)
"""What claims no action of ours, and is told by the words for one."""


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
