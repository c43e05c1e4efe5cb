"""Whether a clause states what no source says: other figures, the opposite of a policy, more than the policy. Pure."""

import re
from typing import Final

from pipeline.assistant.guard.agreeing import supported
from pipeline.assistant.guard.borne_out import ACTIONS
from pipeline.assistant.guard.claims import claims
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.lexicon import light, stem
from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.needless import waives
from pipeline.assistant.guard.stance import (
    asks,
    bare,
    disclaims,
    echoes,
    feels,
    foretells,
    lately,
    looked,
    offers,
    seeks_assent,
    sounds,
)
from pipeline.assistant.guard.words import Segment, Sentence, sentence

LEAST_COVERED: Final = 0.7
"""Of a clause's words that the sources know: so many must stand in one sentence of theirs."""
LEAST_RULED_OUT: Final = 3
"""Words that mean something of a source that rules something out, whatever other sources say."""
LEAST_WITH_FIGURE: Final = 0.5
"""The same where that sentence has the clause's price, date or duration too."""
LEAST_WITH_FIGURES: Final = 0.3
"""The same for two of them or more: no two sentences share those."""
_WHEN: Final = frozenset({"date", "weekday", "day", "month", "relative"})
_SPLIT: Final = re.compile(r"[,;:—–]\s+|\s(?:and|but|y|pero|because|porque)\s")
_UNDONE: Final = re.compile(
    r"\b(?:has|have|had|was|were|is|are)(?:n't| not)(?: yet)? (?:been )?\w+(?:ed|en|ne|nt|id|de)\b|\bnothing (?:has|was|is)\b|(?:\bnot|n't) (?:yet|gone|go|work)\b|(?:n't|\bnot)\b.*\byet\b|\bno (?:\w+ ){1,2}(?:has|have|was|were) been\b|\b(?:todavía|aún) no\b|\bno (?:le |les |se |lo )*(?:he|hemos|ha)\b|\bno se (?:le|les) ha\b"
)
"""Tells that something was not done: that is not a claim, nor a policy."""
_UNSETTLED: Final = frozenset(
    stem(word)[0]
    for word in listed(
        "wait pending approve approval review confirm work fail failed through error progress again pass put hand forward open wait check"
    )
)
"""What is said of a wish that is still open, or that came to nothing."""
_OPEN: Final = frozenset(stem(word)[0] for word in listed("wait pending approve approval review check ask"))
LEAST_HAPPENED: Final = 0.6
"""Of the words of what is told of this call's matter: so many must be of what a tool did or gave."""


def unsupported(clause: str, evidence: Evidence) -> str:
    """Why a clause may not be stated; empty: it may. What it claims to be done is looked at elsewhere (claims.py)."""
    if why := _figures(clause, evidence):
        return why
    why = _stated(clause, evidence)
    if not why:
        return ""
    parts = [part for part in _SPLIT.split(clause) if part.strip()]
    if len(parts) > 1 and not any(_stated(part, evidence, among=True) for part in parts):
        return ""
    return why


def _figures(clause: str, evidence: Evidence) -> str:
    """The first figure that nothing has."""
    told = sentence(clause)
    loose = asks(clause) or disclaims(clause) or offers(clause) or feels(clause) or echoes(clause)
    when = evidence.figures_of_deeds if lately(clause) and not loose else evidence.figures
    if loose or (evidence.unsettled and told.stems & _OPEN):
        when = when | frozenset(figure for deed in evidence.deeds for figure in deed.meant.figures)
    unknown = [
        one
        for one in told.figures
        if not supported(one, when if one.kind in _WHEN else evidence.figures, evidence.named, asks=loose)
    ]
    if not unknown:
        return ""
    first = min(unknown, key=lambda one: (one.kind, one.value))
    return f"states a figure that no source has: {first.kind} {first.value}"


def _stated(clause: str, evidence: Evidence, *, among: bool = False) -> str:
    """Why one thing that is stated may not be. among: other parts of its clause are looked at as well."""
    claimed = any(claims(clause))
    if not claimed and (asks(clause) or disclaims(clause) or offers(clause) or feels(clause)):
        return ""
    told = sentence(clause)
    anchored = frozenset(one for one in told.stems if not one.startswith("=")) - light()
    undone = _denies_deed(bare(clause))
    novel = anchored - evidence.known - evidence.caller - evidence.done_of
    if undone or (evidence.unsettled and (told.stems & _OPEN or lately(clause))):
        novel -= _UNSETTLED | ACTIONS
    if novel - (ACTIONS if claimed else frozenset()):
        return f"speaks of what no source has: {min(novel)}"
    if claimed and _much_that_no_tool_gave(told, evidence):
        return "states a figure that no tool gave"
    if claimed or echoes(clause):
        return "says more than its source" if _strong(told) - evidence.known else ""
    return _of_sources(clause, told, anchored, evidence, undone=undone, among=among)


def _of_sources(
    clause: str, told: Sentence, anchored: frozenset[str], evidence: Evidence, *, undone: bool, among: bool
) -> str:
    """Whether what is told of the call's matter is of its tools, and everything else of one source."""
    strong = _strong(told)
    if not anchored and not told.figures and not (strong and not lately(clause)):
        harmless = among or undone or sounds(clause) or not (lately(clause) or foretells(clause))
        return "" if harmless else "tells of what happened without saying what"
    if undone or looked(clause) or seeks_assent(clause):
        return ""
    if not lately(clause):
        return _contradicts(told, evidence)
    why = _happened(told, anchored, evidence)
    return why if why or (evidence.unsettled and told.stems & _OPEN) else _contradicts(told, evidence)


def _strong(told: Sentence) -> frozenset[str]:
    """Its words that say more than a sentence without them."""
    return frozenset(one for one in told.stems if one.startswith("="))


def _much_that_no_tool_gave(told: Sentence, evidence: Evidence) -> bool:
    """Whether it counts something of this call's matter that neither a tool nor the caller counted."""
    given = evidence.figures_of_deeds | evidence.named
    return any(one.kind in _MUCH and not supported(one, given, evidence.named) for one in told.figures)


_BY_NOBODY: Final = re.compile(r"^(?:somebody|someone|nobody|no one|alguien|nadie)\b")
_MUCH: Final = frozenset({"number", "money", "percent"})


def _happened(told: Sentence, anchored: frozenset[str], evidence: Evidence) -> str:
    """Whether what it tells of this call's matter is of what tools did or gave."""
    happened = evidence.happened
    if evidence.unsettled and told.stems & _OPEN:
        happened |= evidence.done_of | _OPEN
    if _BY_NOBODY.search(bare(told.text)) and not told.stems & _OPEN:
        return "tells of somebody whom no tool gave"
    if _much_that_no_tool_gave(told, evidence):
        return "states a figure that no tool gave"
    matter = anchored - evidence.looked_up or anchored
    if len(matter & happened) >= LEAST_HAPPENED * len(matter):
        return ""
    return "tells what no tool did or gave"


def _contradicts(told: Sentence, evidence: Evidence) -> str:
    known = {one for one in told.stems if one in evidence.known or one.startswith("=")}
    if not known:
        return "" if _somewhere(told, evidence) else "states a figure of nothing"
    novel = len(told.stems - known - light())
    best, why = 0.0, "states what no source says"
    passages = evidence.of_passages
    if any(_rules_out(one, told) and _opposed(told, one, known & one.stems) for one in passages):
        return "says the opposite of its source"
    for source in evidence.sentences:
        shared = known & source.stems
        strong = {one for one in known if one.startswith("=")} - source.stems - _goes_without(source)
        missing = [one for one in told.figures if not supported(one, source.figures, evidence.named)]
        covered = len(shared) / (len(known) + novel)
        opposed = (
            _opposed(told, source, shared)
            or _of_others(told, source)
            or waives(told, source)
            or (source in passages and _elsewhere(told, source, shared))
        )
        told_much = sum(one.kind not in {"raw", "number", "per"} for one in told.figures)
        least = (LEAST_COVERED, LEAST_WITH_FIGURE, LEAST_WITH_FIGURES)[min(told_much, 2)]
        if covered >= least and not strong and not opposed and not missing:
            return ""
        if covered > best:
            best = covered
            why = "says the opposite of its source" if opposed else "says more than its source" if strong else why
    return why


def _rules_out(source: Sentence, told: Sentence) -> bool:
    """Whether it is a plain "not" on just this: another sentence that says most of it is about something else."""
    meant = source.stems - light()
    return bool(source.denied) and not source.figures and len(meant) >= LEAST_RULED_OUT and meant <= told.stems


def _goes_without(source: Sentence) -> frozenset[str]:
    """What a source says without its word: rules that make no exception hold for any."""
    plain = not source.figures and not source.denied and not _EXCEPTS.search(source.text.lower())
    return frozenset({"=any"}) if plain else frozenset()


_EXCEPTS: Final = re.compile(r"\b(?:if|unless|only|except|until|but|some|most|when|once|si|salvo|solo|sólo|algunos)\b")


def _somewhere(told: Sentence, evidence: Evidence) -> bool:
    """Whether one source has all its figures."""
    return any(
        all(supported(one, source.figures, evidence.named) for one in told.figures) for source in evidence.sentences
    )


def _opposed(told: Sentence, source: Sentence, shared: set[str]) -> bool:
    """Whether the clause of the source that says most of this says it with a "not", and this without, or the reverse."""
    return any(_at_odds(one, source, shared) for one in told.segments if one.stems & shared)


def _at_odds(told: Segment, source: Sentence, shared: set[str]) -> bool:
    most = max(len(one.stems & told.stems & shared) for one in source.segments)
    nearest = [one for one in source.segments if len(one.stems & told.stems & shared) == most]
    if not told.denied and not told.odd and len(nearest) == 1 and _all_denied(nearest[0]):
        return True
    for word in told.stems & shared:
        there = [one for one in nearest if word in one.stems]
        if word not in told.denied and there and all(word in one.lacks for one in there):
            return True
        if word in told.lacks and there and not any(word in one.denied for one in there):
            return True
        if there and all(
            (word in one.denied) is not (word in told.denied) and one.odd is not told.odd for one in there
        ):
            return True
    return False


_OURS: Final = re.compile(r"\b(?:we|our|ours|us|nosotros|nuestr[oa]s?)\b")
_IS_OURS: Final = re.compile(r"\b(?:is|are|'s|es|son) (?:our|ours|nuestr[oa]s?)\b")
_IS_YOURS: Final = re.compile(r"\b(?:is|are|'s) (?:your|yours|the (?:owner|customer|caller)'?s)\b")


def _of_others(told: Sentence, source: Sentence) -> bool:
    """Whether it gives to one side what the source gives to the other."""
    ours, text = bool(_OURS.search(source.text.lower())), told.text.lower()
    return bool((_IS_OURS.search(text) and not ours) or (_IS_YOURS.search(text) and ours))


def _all_denied(source: Segment) -> bool:
    """Whether it only tells what is not: a clause without any "not" says something else."""
    return source.odd and not source.figures


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
