"""Whether a clause states what no source says: other figures, the opposite of a policy, more than the policy. Pure."""

import re
from typing import Final

from pipeline.assistant.guard.agreeing import supported
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.words import FREE, Segment, Sentence, sentence, stem

UNKNOWN: Final = 0.34
"""What a word weighs there that the sources do not know."""
LEAST_COVERED: Final = 0.7
"""Of a clause's words that the sources know: so many must stand in one sentence of theirs."""
LEAST_WITH_FIGURE: Final = 0.5
"""The same where that sentence has the clause's price, date or duration too."""
LEAST_WITH_FIGURES: Final = 0.3
"""The same for two of them or more: no two sentences share those."""
_POLICY: Final = frozenset(
    stem(word)[0]
    for word in listed(
        """
    allow cost return refund cancel change exchange include cover ship free eligible warranty guarantee
    discount available deadline limit policy require open deposit penalty interest expire valid unlimited
    lifetime everyone waive compensation voucher credit
    """
    )
) | {FREE, "=always", "=any", "=immediately", "=guaranteed"}
"""A clause with any of these states terms, whether the sources know its words or not."""
_WHEN: Final = frozenset({"date", "weekday", "day", "relative"})
_FIRST: Final = re.compile(
    r"^\W*(?:so |well |okay |and |but |yes |no |sure )*(?:i|i'm|i've|i'd|i'll|we'll|let me|let's|please|sorry|thank|thanks|hello|hi|lo siento|gracias|por favor|no puedo|todavía no|no he)\b"
)
_SPLIT: Final = re.compile(r"[,;:—–]\s+|\s(?:and|but|y|pero|because|porque)\s")
_UNDONE: Final = re.compile(
    r"\b(?:has|have|had|was|were|is|are)(?:n't| not)(?: yet)? (?:been )?\w+(?:ed|en|ne|nt|id|de)\b|\bnothing (?:has|was|is)\b|\b(?:not|n't) (?:yet|gone|go) |(?:n't|\bnot)\b.*\byet\b|\b(?:todavía|aún) no\b|\bno (?:le |les |se |lo )*(?:he|hemos|ha)\b|\bno se (?:le|les) ha\b"
)
"""Tells that something was not done: that is not a claim, nor a policy."""
_OPINION: Final = re.compile(
    r"\b(?:not sure|don't know|can't (?:tell|say|promise|see|find)|cannot (?:tell|say|promise|find)|no idea|whether|no sé|message|colleague|someone|somebody|call you|anything else|help|waiting for|pending|under review)\b"
)


def unsupported(clause: str, evidence: Evidence, *, claims: bool = False) -> str:
    """Why a clause may not be stated; empty: it may.

    claims: it tells of something that was done, and that is borne out: only its figures are looked at then.
    """
    told = sentence(clause)
    plain = clause.lower().replace("’", "'").strip()
    asks = plain.endswith("?") or plain.startswith("¿") or bool(_OPINION.search(plain))
    when = evidence.figures_of_deeds if claims else evidence.figures
    unknown = [
        one
        for one in told.figures
        if not supported(one, when if one.kind in _WHEN else evidence.figures, evidence.named, asks=asks)
    ]
    if unknown:
        first = min(unknown, key=lambda one: (one.kind, one.value))
        return f"states a figure that no source has: {first.kind} {first.value}"
    if asks or _FIRST.match(plain) or _denies_deed(plain):
        return ""
    if claims or not _states(told, evidence):
        return ""
    why = _contradicts(told, evidence)
    if not why:
        return ""
    parts = [sentence(part) for part in _SPLIT.split(clause) if part.strip()]
    if len(parts) > 1 and all(not _states(part, evidence) or not _contradicts(part, evidence) for part in parts):
        wide = [part for part in parts if len(part.stems) + len(part.figures) >= 2]
        if len(wide) == len(parts) or (
            len(wide) >= 1 and not any(one.startswith("=") for part in parts if part not in wide for one in part.stems)
        ):
            return ""
    return why


_MAY: Final = re.compile(
    r"\b(?:you|they|people|customers|guests) (?:can|may|must|need|have to|are allowed)\b|\bpueden?\b"
)
"""Tells what people may do."""


def _states(told: Sentence, evidence: Evidence) -> bool:
    """Whether it states terms or facts, and is not mere talk: half of its words are then words of the sources."""
    if told.figures or told.stems & _POLICY:
        return True
    if _MAY.search(told.text.lower()):
        return bool(told.stems & evidence.known)
    return bool(told.stems) and len(told.stems & evidence.known) * 2 > len(told.stems)


def _contradicts(told: Sentence, evidence: Evidence) -> str:
    known = {one for one in told.stems if one in evidence.known or one in _POLICY}
    if not known:
        return ""
    novel = UNKNOWN * len(told.stems - known)
    best, why = 0.0, "states what no source says"
    passages = evidence.of_passages
    for source in evidence.sentences:
        shared = known & source.stems
        strong = {one for one in known if one.startswith("=")} - source.stems
        missing = [one for one in told.figures if not supported(one, source.figures, evidence.named)]
        covered = len(shared) / (len(known) + novel)
        opposed = _opposed(told, source, shared) or (source in passages and _elsewhere(told, source, shared))
        told_much = sum(one.kind not in {"raw", "number"} for one in told.figures)
        least = (LEAST_COVERED, LEAST_WITH_FIGURE, LEAST_WITH_FIGURES)[min(told_much, 2)]
        if covered >= least and not strong and not opposed and not missing:
            return ""
        if covered > best:
            best = covered
            why = "says the opposite of its source" if opposed else "says more than its source" if strong else why
    return why


def _opposed(told: Sentence, source: Sentence, shared: set[str]) -> bool:
    """Whether the clause of the source that says most of this says it with a "not", and this without, or the reverse."""
    return any(_at_odds(one, source, shared) for one in told.segments if one.stems & shared)


def _at_odds(told: Segment, source: Sentence, shared: set[str]) -> bool:
    most = max(len(one.stems & told.stems & shared) for one in source.segments)
    nearest = [one for one in source.segments if len(one.stems & told.stems & shared) == most]
    for word in told.stems & shared:
        there = [one for one in nearest if word in one.stems]
        if there and all((word in one.lacks) is not (word in told.lacks) for one in there):
            return True
        if there and all(
            (word in one.denied) is not (word in told.denied) and one.odd is not told.odd for one in there
        ):
            return True
    return False


def _elsewhere(told: Sentence, source: Sentence, shared: set[str]) -> bool:
    """Whether figures stand in another clause of the source than their words: 4 hours on this plan, 2 days on that."""
    counted = [one for one in source.segments if any(figure.kind in _COUNTED for figure in one.figures)]
    return len(counted) > 1 and any(_misplaced(one, counted, shared) for one in told.segments)


def _misplaced(told: Segment, counted: list[Segment], shared: set[str]) -> bool:
    asked = [one for one in told.figures if one.kind in _COUNTED]
    mine = told.stems & shared
    most = max(len(one.stems & mine) for one in counted)
    nearest = [one for one in counted if len(one.stems & mine) == most]
    if not asked or len(nearest) == len(counted):
        return False
    return not any(all(supported(figure, one.figures, frozenset()) for figure in asked) for one in nearest)


_COUNTED: Final = frozenset({"money", "percent", "days", "hours", "months"})


def _denies_deed(plain: str) -> bool:
    found = _UNDONE.search(plain)
    return found is not None and not (re.search(r"\b(?:is|are)(?:n't| not)\b", found[0]) and "yet" not in plain)
