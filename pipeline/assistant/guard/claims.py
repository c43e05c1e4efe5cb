"""Which actions a clause claims: done, being done or promised, by whomever, in whatever voice. Pure.

A clause that asks, denies, offers or makes conditions claims nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from pipeline.assistant.guard.claim_words import (
    ADVERBS,
    BE,
    COMPILED,
    GAIN_OF,
    GET,
    HAVE,
    IF,
    MAY,
    NOT,
    OTHERS,
    OURS,
    SURE_BE,
    TOKEN,
    WE_WILL,
    WILL,
    YOURS,
)
from pipeline.assistant.guard.classes import BASE, ING, PAST, TABLE
from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.stance import asks

UNKNOWN: Final = "?"
"""Begins the class of a claim whose verb is not known: only a deed that is called by it bears it out."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One of them."""

    action: str
    """Its class (classes.py), or ANY."""
    words: str
    part: str = ""
    """The part of the clause in which it stands."""
    event: bool = False
    """It tells what became of a thing, not who did it: a system may say so as well as a deed."""


_PARTS: Final = re.compile(
    r"(?<=[;:—–])\s|,\s+(?=(?:and|but|so|then|y|pero)\s|(?:i|we|it|your|that|the|you)\b)|\s(?:but|pero)\s|,\s+(?=which\b|that\b|otherwise\b)"
)
_CONDITION: Final = re.compile(r"^(?:if|when|whenever|once|unless|should|si|cuando)\b")
_PERFECT: Final = re.compile(r"\b(?:has|have|had|was|were|i've|we've|been|ha|han|he|hemos)\b|\b(?:i|we)(?:'ll| will)\b")


def claims(clause: str) -> Iterator[Claim]:
    """Those of one clause."""
    text = clause.lower().replace("’", "'").strip()
    if asks(clause):
        return
    conditional = False
    for part in _PARTS.split(text):
        follows, conditional = conditional, bool(_CONDITION.match(part))
        if (follows or part.startswith("otherwise")) and not _PERFECT.search(part):
            continue  # what follows upon an "if"
        tokens = TOKEN.findall(part)
        for claim in _idioms(part, tokens):
            yield replace(claim, part=part)
        for at, token in enumerate(tokens):
            found = _claim_at(tokens, at, token)
            if found is not None:
                yield replace(found, part=part)


def _idioms(part: str, tokens: list[str]) -> Iterator[Claim]:
    for pattern, kind, event in COMPILED:
        match = pattern.search(part)
        if match is None:
            continue
        before = TOKEN.findall(part[: match.start()])
        if _open(before) or (
            _denied(tokens) and "no longer" not in match[0] and "won't be" not in match[0] and "ya no" not in match[0]
        ):
            continue
        yield Claim(kind, match[0], event=event)


@dataclass(frozen=True, slots=True)
class _Verb:
    """A word that may claim something, and what stands before it."""

    tokens: list[str]
    at: int
    before: list[str]
    """Since the last pause."""
    lately: list[str]
    """Of it the last words, without adverbs."""
    last: str
    kind: str
    """Its class; empty: no verb that is known."""

    @property
    def token(self) -> str:
        """The word."""
        return self.tokens[self.at]

    def with_words(self, count: int) -> str:
        """It, with so many words before it."""
        return " ".join([*self.before[-count:], self.token])

    def ours(self, near: int = 0) -> bool:
        """Whether we are before it; near: so many words at most."""
        return bool(set(self.before[-near:]) & OURS)


def _claim_at(tokens: list[str], at: int, token: str) -> Claim | None:
    before = _core(tokens[:at])
    kind, _ = TABLE.get(token, ("", ""))
    lately = [word for word in before[-4:] if word not in ADVERBS]
    verb = _Verb(tokens, at, before, lately, lately[-1] if lately else "", kind)
    if tokens[at + 1 : at + 3] in (["de", "baja"], ["de", "alta"]):
        return None  # an idiom of its own
    if not kind:
        return _unknown_past(verb) or _promise(tokens, at, token)
    if _open(before) or _denied(before):
        return None
    for words, found in ((PAST, _past), (BASE, _base), (ING, _going_on)):
        told = found(verb) if token in words else _NOTHING
        if told is not _NOTHING:
            return told
    if token.endswith(("aré", "eré", "iré", "aremos", "eremos", "iremos")):
        return Claim(kind, token)
    return None


def _unknown_past(verb: _Verb) -> Claim | None:
    """A deed whose verb is in no table: "I've defrosted it", "it was defrosted"."""
    token, before, last = verb.token, verb.before, verb.last
    if not token.endswith("ed") or token in _THOUGHT or token.endswith(("need", "ceed")):
        return None
    if _open(before) or _denied(before):
        return None
    ours = last in OURS - _ARE or (last in HAVE and verb.ours()) or (last in _OBJECTS and "had" in before)
    if ours or last == "been" or (last in {"was", "were"} and before[0] in YOURS):
        return Claim(UNKNOWN + token, token, event=last in {"been", "was", "were"})
    return None


def _past(verb: _Verb) -> Claim | None:
    """What was done: "I've cancelled", "it is cancelled", "cancelled it for you"."""
    token, before, lately, last, kind = verb.token, verb.before, verb.lately, verb.last, verb.kind
    had_done = last in _OBJECTS and any(word in HAVE for word in lately)
    if last in HAVE or (last in OURS and last not in _ARE) or had_done:
        return Claim(kind, verb.with_words(3))
    if last in BE or last.endswith("'s"):
        return _passive(before, lately, token, kind, habitual=bool(_HABITUAL & set(verb.tokens)))
    if (told := _spanish_past(verb)) is not None:
        return told
    if "consider" in lately and last in _OBJECTS:
        return Claim(kind, f"consider it {token}")
    if last and last in OTHERS and kind != "pay":
        return Claim(kind, f"{last} {token}")
    if not before and verb.tokens[verb.at + 1 : verb.at + 2] and verb.tokens[verb.at + 1] in _WHAT:
        return Claim(kind, token)  # "Cancelled it for you."
    return _NOTHING


def _spanish_past(verb: _Verb) -> Claim | None:
    """By its ending; one that may as well be the present tells nothing."""
    token = verb.token
    now_too = token.endswith(("imos", "amos")) and not set(verb.before[-1:]) & {"le", "les", "lo", "ya", "se"}
    if token.endswith(("é", "í", "imos", "amos", "ice", "icimos")) and not now_too and _spanish(verb.tokens):
        return Claim(verb.kind, token)
    if token.endswith(("ó", "aron", "ieron")) and _spanish(verb.tokens):
        return Claim(verb.kind, token, event=True)
    return None


def _base(verb: _Verb) -> Claim | None:
    """What will be done, or was: "I'll cancel", "we were able to cancel", "acabo de cancelar", "I did cancel"."""
    token, before, lately, last, kind = verb.token, verb.before, verb.lately, verb.last, verb.kind
    if (WE_WILL & set(before)) and set(verb.tokens) & IF:
        return None  # a rule of the company: "we'll text you once it is ready"
    if any(word in WILL for word in lately) and not any(word in {"need", "have"} for word in lately):
        subject = next((word for word in before if word in OURS | {"you'll", "you"}), "")
        return Claim(kind, " ".join([*lately, token])) if subject in OURS else None
    if last == "to" and _ABLE & set(before[-4:]) and verb.ours():
        return None if "would" in before or "happy" in before else Claim(kind, verb.with_words(3))
    just = last == "de" and {"acabo", "acabamos", "acaba"} & set(verb.tokens[: verb.at])
    if just or ({"voy", "vamos"} & set(lately) and last == "a") or (last in {"did", "do"} and verb.ours(3)):
        return Claim(kind, verb.with_words(2))
    return _NOTHING


def _going_on(verb: _Verb) -> Claim | None:
    """What is being done: "I'm cancelling", "it is being cancelled"."""
    last, ours = verb.last, verb.ours()
    we_are = last in {"am", "are"} and set(verb.lately) & OURS
    if last in {"i'm", "we're"} or we_are or (last in {"by", "been"} and ours):
        return Claim(verb.kind, verb.with_words(2))
    return Claim(verb.kind, verb.token) if last == "being" else _NOTHING


_NOTHING: Final = Claim("", "")
"""This form tells nothing; another form of the same word may."""
_WHAT: Final = frozenset({"it", "that", "your", "the", "you", "them", "everything"})
_ABLE: Final = listed("able managed going made happy pleased sure proceed proceeding")
_ARE: Final = frozenset({"i'm", "we're", "let's"})
_OBJECTS: Final = listed("it that them you this everything le les lo la los las se")


def _passive(before: list[str], lately: list[str], token: str, kind: str, *, habitual: bool) -> Claim | None:
    """Perfect and past always tell of something that happened; "is blocked" does of yours, and is policy of theirs."""
    last = lately[-1]
    if habitual:
        return None
    perfect = any(word in HAVE for word in lately) or last in SURE_BE
    if perfect and not (last in {"was", "were"} and not before):
        return Claim(kind, " ".join([*lately[-2:], token]), event=True)
    specific = bool(before) and (
        before[0] in YOURS
        or last.endswith("'s")
        or last in {"it's", "that's", "you're", "everything's"}
        or "your" in before
    )
    if (
        specific
        and kind != "add"
        and (
            before[0] not in {"the", "el", "la"}
            or any(word in {"now", "already", "ya", "ahora"} for word in before)
            or kind in {"do", "cancel", "refund", "book"}
        )
    ):
        return Claim(kind, f"{last} {token}", event=True)
    return None


def _promise(tokens: list[str], at: int, token: str) -> Claim | None:
    """What the caller is to get: "you'll receive a refund", "recibirá el dinero"."""
    if token not in GET:
        return None
    before = tokens[:at]
    will = any(word in WILL for word in before[-3:]) or token.endswith(("rá", "rás"))
    if not will or _open(before) or _denied(before[-2:]):
        return None
    gained = next((GAIN_OF[word] for word in tokens[at + 1 :] if word in GAIN_OF), None)
    conditional = any(word in IF for word in tokens)
    return Claim(gained, " ".join(tokens[max(0, at - 2) : at + 1])) if gained is not None and not conditional else None


_HABITUAL: Final = listed(
    """
    automatically automáticamente mondays tuesdays wednesdays thursdays fridays saturdays sundays weekdays weekends domingos sábados siempre always
    usually normally
    """
)


def _core(before: list[str]) -> list[str]:
    """What stands before a verb, since the last pause."""
    for place in range(len(before) - 1, -1, -1):
        if before[place] in {",", ";", ":", "—", "–", ".", "!"}:
            return before[place + 1 :]
    return before


def _open(before: list[str]) -> bool:
    """Whether what comes is conditional, possible or asked for, and not told."""
    if any(word in IF for word in before):
        return True
    if any(word in {"have", "has", "had", "need", "needs"} and after == "to" for word, after in pairwise(before)):
        return True
    near = [word for word in before[-4:] if word not in ADVERBS]
    if near and near[-1] == "to" and not {"able", "managed", "going"} & set(near):
        return True
    return any(word in MAY - {"to", "que"} for word in near) and not {"able", "managed"} & set(near)


def _denied(before: list[str]) -> bool:
    return any(word in NOT or word.endswith("n't") for word in before)


_THOUGHT: Final = listed(
    """
    checked looked asked called tried listed mentioned received noted searched reviewed explained answered
    noticed wanted needed reached listened talked learned understood recognized recognised expected seemed used
    supposed interested based located closed concerned pleased worried confused allowed entitled required
    insured covered included lost designed passed handed
    """
)
"""What is done by looking and talking, or is no deed of ours."""


_SPANISH: Final = listed("le les el la los las su sus de del un una por que se lo para ya con al en")


def _spanish(tokens: list[str]) -> bool:
    return sum(word in _SPANISH for word in tokens) >= 1
