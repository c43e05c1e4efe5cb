"""Whether a claim is borne out: a tool of this call did that, to that, and its own result does not deny it. Pure."""

import re
from dataclasses import replace
from typing import Final

from pipeline.assistant.guard.claim_words import ANY, TOKEN
from pipeline.assistant.guard.claims import UNKNOWN, Claim, claims
from pipeline.assistant.guard.classes import TABLE, fits
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.lexicon import light, stem
from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.words import sentence

MOST_OF_A_DEED: Final = 0.7
"""Of a claim's words: where so many are of what was done, the others may be of what passages say."""


def unfounded(clause: str, evidence: Evidence) -> Claim | None:
    """The first claim that nothing bears out; None: there is none."""
    for claim in claims(clause):
        novel = _novel(claim.part, evidence)
        if novel or not _borne_out(claim, evidence) or _named_otherwise(claim, evidence):
            return replace(claim, words=f"{claim.words} ({novel})" if novel else claim.words)
    return None


NOUNS: Final = {
    "refund": "refund", "refunds": "refund", "reimbursement": "refund", "reembolso": "refund", "cancellation": "cancel",
    "cancelación": "cancel", "credit": "credit", "voucher": "credit", "coupon": "credit", "discount": "waive",
    "descuento": "waive", "upgrade": "upgrade", "replacement": "order",
}  # fmt: skip
"""Things that only come of an action."""


def _named_otherwise(claim: Claim, evidence: Evidence) -> bool:
    """Whether it speaks of a thing that only another action brings about."""
    done = [deed.classes for deed in evidence.deeds if deed.effective and deed.writes]
    nouns = {NOUNS[word] for word in TOKEN.findall(claim.part) if word in NOUNS}
    return any(not any(fits(noun, classes) for classes in done) for noun in nouns)


def _novel(clause: str, evidence: Evidence) -> str:
    """What a claim speaks of that nothing in the call has named."""
    said = frozenset(one for text in evidence.said for one in sentence(text).stems)
    told = {one for one in sentence(clause).stems if not one.startswith("=")}
    known = evidence.done_of
    extra = told - known - said - ACTIONS - _PLAIN - light()
    if len(told & known) >= MOST_OF_A_DEED * len(told - light()):
        extra -= evidence.known
    return min(extra, default="")


def _borne_out(claim: Claim, evidence: Evidence) -> bool:
    done = [deed for deed in evidence.deeds if deed.effective and deed.writes]
    waiting = [deed for deed in evidence.deeds if deed.status == "waiting"]
    about = frozenset(sentence(claim.part).stems) - light() - ACTIONS
    if claim.action in {ANY, "done"}:
        if any(_told(claim, deed.values) for deed in evidence.deeds if deed.effective and not deed.writes):
            return True
        if waiting and _WISH.search(claim.part):
            return True
        named, about = about, frozenset(sentence(claim.part).stems)
        other = [deed for deed in evidence.deeds if deed.writes and not deed.effective]
        meant = any(about & deed.told.stems for deed in done) and not any(about & deed.told.stems for deed in other)
        return bool(done) and (meant or (not other and not named))
    if claim.action.startswith(UNKNOWN):
        verb = stem(claim.action.removeprefix(UNKNOWN))[0]
        return any(verb in deed.told.stems for deed in evidence.deeds if deed.effective)
    if any(fits(claim.action, deed.classes) for deed in done):
        return True
    if claim.action == "ask" and waiting:
        return True
    if claim.action == "ship" and any("send" in deed.classes and about and about <= deed.told.stems for deed in done):
        return True  # what was sent is on its way
    if claim.event and any(stem(claim.words.split()[-1])[0] in deed.found for deed in evidence.deeds):
        return True
    if claim.event or claim.action in _EVENTS:
        forms = [form for form, (kind, _) in TABLE.items() if kind == claim.action] + _SAID_SO.get(claim.action, [])
        return any(
            re.search(rf"\b{re.escape(form)}\b", deed.values)
            for deed in evidence.deeds
            if deed.effective and not deed.writes
            for form in forms
        ) or any(_told(claim, deed.values) for deed in evidence.deeds if deed.effective and not deed.writes)
    return False


_WISH: Final = re.compile(r"\b(?:request|application|wish|solicitud|petición)\b")
_EVENTS: Final = frozenset({"ship", "deliver", "send", "cancel", "refund", "book", "do", "charge", "open", "close"})
"""What a system may tell of a thing without our having done it."""
_SAID_SO: Final = {"ship": ["out for delivery", "on its way", "in transit", "enviado"], "do": ["confirmed"]}


def _told(claim: Claim, values: str) -> bool:
    return claim.action == ANY and bool(values) and any(word in values for word in claim.words.split()[-1:])


ACTIONS: Final = frozenset(stem(form)[0] for form in TABLE)
"""The verbs of what can be done, by their stems."""
_PLAIN: Final = frozenset(
    stem(word)[0]
    for word in listed(
        """
    good great perfect right all set done way new day now number name thing everything today date time
    reference confirmation confirm detail system request case side moment successful booking account stay
    visit plan card order referencia nombre cosa todo hecho listo bien ahora número fecha mismo i'm i've
    expect should full put take taken took taking turn roll sign pass make made through go gone went care
    consider
    """
    )
)
"""Words that add nothing to a claim."""
