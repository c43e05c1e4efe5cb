"""Which actions a clause claims: done, being done or promised, by whomever, in whatever voice. Pure.

A clause that asks, denies, offers or makes conditions claims nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from pipeline.assistant.guard.classes import BASE, ING, PAST, TABLE, fits
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.words import sentence, stem

UNKNOWN: Final = "?"
"""Begins the class of a claim whose verb is not known: only a deed that is called by it bears it out."""
ANY: Final = ""
"""A claim that something was done, without a word for what."""


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


_TOKEN: Final = re.compile(r"[a-záéíóúñü]+(?:-[a-z]+)*(?:'[a-z]+)?|[¿?,;:.!—–]|\d[\w.,:-]*")
_ADVERBS: Final = listed(
    """
    just now already also gone ahead went and then even successfully actually finally all go both immediately ya
    también acabo acabamos recién fully personally kindly happily quickly safely simply duly promptly officially
    therefore instead today again since so indeed gladly permanently hereby remotely
    """
)
_OURS: Final = listed("i we i've we've i'm we're i'd we'd i'll we'll let's")
_OTHERS: Final = listed(
    """
    they they've team colleague department manager supervisor system company staff desk agent somebody someone
    he she
    """
)
_NOT: Final = listed(
    """
    not never no nothing none nobody neither nor without cannot unable hardly yet n't nunca nada ningún ninguna
    tampoco sin todavía failed fail couldn't wasn't isn't tried try
    """
)
_IF: Final = listed(
    """
    if whether when once until unless before after as si cuando hasta antes después while should in_case
    """
)
_MAY: Final = listed(
    """
    can could may might would should must need needs have_to has_to want wants able_to to puede pueden podemos
    puedo podría podríamos quiere quieren debe deben can't like que tiene
    """
)
_HAVE: Final = listed("have has had having i've we've they've you've he hemos ha han había habíamos")
_BE: Final = listed(
    """
    is are was were been be being it's that's everything's 's got gets get getting they're you're there's fue
    fueron sido está están quedó quedado queda son es i'm we're
    """
)
_SURE_BE: Final = listed("was were been got being fue fueron sido quedó quedado está están")
_WILL: Final = listed("will i'll we'll you'll it'll they'll shall gonna that'll")
_YOURS: Final = listed(
    """
    your the that this it its it's that's their everything everything's you you're all su el la esa ese tu
    """
)
_GAINS: Final = {
    "refund": "refund money reimbursement cash repayment dollars euros dólares reembolso dinero devolución importe",
    "credit": "credit voucher compensation discount abono crédito vale descuento cupón",
    "send": "email e-mail text label confirmation letter message sms link copy correo etiqueta mensaje confirmación parcel package",
    "order": "replacement card reemplazo",
    "book": "appointment booking reservation slot cita reserva",
}
_GAIN_OF: Final = {word: kind for kind, words in _GAINS.items() for word in words.split()}
_GET: Final = listed("receive get have see recibirá recibirás tendrá verá obtendrá")
_IDIOMS: Final[tuple[tuple[str, str, bool], ...]] = (
    (r"\bon (?:its|it's|the|their) way\b|\ben camino\b|\bout for delivery\b", "ship", True),
    (r"\b(?:in|on) the (?:mail|post)\b", "send", True),
    (r"\bback (?:on|in|to|into) your (?:account|card|bank|wallet)\b|\bmoney back\b(?=.*\bby\b)", "refund", False),
    (r"\b(?:took|taken|taking|take) care of\b", ANY, False),
    (
        r"\b(?:it's|it is|that's|that is|everything is|everything's|all|you're all|you are all|is|are) (?:all |now |already )?(?:done|sorted|set|fixed|handled|resolved|settled|arranged|in order)\b",
        ANY,
        False,
    ),
    (r"^\W*(?:done|sorted|all done|all set|listo|hecho)\b(?! (?:in|by|with) )", ANY, False),
    (r"\b(?:consider|consid[eé]rel[oa]) (?:it|that|this|yourself|hecho|hecha)\b", ANY, False),
    (r"\b(?:went|gone|goes) through\b", ANY, False),
    (
        r"\bno longer (?:exists?|a member|active|subscribed|charged|valid|in our system|have)\b|\bwon't be (?:charged|billed) (?:again|any ?more)\b|\bya no (?:existe|está activ[oa])\b",
        "cancel",
        False,
    ),
    (r"\byour (?:\w+ ){1,3}is (?:now )?(?:active|live|open|ready|underway|in progress|gone|back)\b", ANY, True),
    (r"\blet (?:the |our |your |them )?(?:\w+ ){0,3}know\b", "tell", False),
    (
        r"\bmade (?:the|that|this|a|your) (?:\w+ )?(?:change|booking|reservation|payment|refund|order|transfer|appointment)s?\b",
        ANY,
        False,
    ),
    (r"\b(?:dado|dio|dimos|di|doy) de baja\b", "cancel", False),
    (r"\b(?:dado|dio|dimos) de alta\b", "open", False),
    (r"\bsigned (?:you |it |them )?(?:up|off|out)\b", ANY, False),
    (r"\bput (?:you |it |that |this |a |the )?(?:\w+ )?(?:through|in|on|into)\b", ANY, False),
    (r"\bset (?:you|it|that|this|everything|up|a|the)\b", ANY, False),
    (r"\b(?:passed|handed) (?:it|that|this|your \w+|the \w+) (?:on|over|along)\b", "ask", False),
    (r"\bmoney (?:is|has) (?:been )?(?:back|returned|returning)\b", "refund", False),
    (r"\bturned (?:it|that|them|your \w+|the \w+) (?:on|off)\b", ANY, False),
    (r"\b(?:is|are|'s|are all) gone\b", "remove", False),
    (r"\b(?:is|are|it's) (?:now |already )?in your (?:inbox|mailbox|account|e-?mail|post)\b", "send", False),
    (r"\btak(?:en|e|ing) (?:\w+ ){0,3}off\b|\btook (?:\w+ ){0,3}off\b", "waive", False),
    (r"\b(?:rolled|turned|switched|moved) (?:\w+ )?back\b", ANY, False),
)
_COMPILED: Final = tuple((re.compile(pattern), kind, event) for pattern, kind, event in _IDIOMS)


def claims(clause: str) -> Iterator[Claim]:
    """Those of one clause."""
    text = clause.lower().replace("’", "'").strip()
    if text.endswith("?") or text.startswith("¿"):
        return
    for part in re.split(
        r"(?<=[;:—–])\s|,\s+(?=(?:and|but|so|then|y|pero)\s|(?:i|we|it|your|that|the|you)\b)|\s(?:but|pero)\s|,\s+(?=which\b|that\b)",
        text,
    ):
        tokens = _TOKEN.findall(part)
        for claim in _idioms(part, tokens):
            yield replace(claim, part=part)
        for at, token in enumerate(tokens):
            found = _claim_at(tokens, at, token)
            if found is not None:
                yield replace(found, part=part)


def unfounded(clause: str, evidence: Evidence) -> Claim | None:
    """The first claim that nothing bears out; None: there is none."""
    for claim in claims(clause):
        novel = _novel(claim.part, evidence)
        if novel or not _borne_out(claim, evidence) or _named_otherwise(claim, evidence):
            return replace(claim, words=f"{claim.words} ({novel})" if novel else claim.words)
    return None


_NOUNS: Final = {
    "refund": "refund", "refunds": "refund", "reimbursement": "refund", "reembolso": "refund", "cancellation": "cancel",
    "cancelación": "cancel", "credit": "credit", "voucher": "credit", "coupon": "credit", "discount": "waive",
    "descuento": "waive", "upgrade": "upgrade", "replacement": "order",
}  # fmt: skip
"""Things that only come of an action."""


def _named_otherwise(claim: Claim, evidence: Evidence) -> bool:
    """Whether it speaks of a thing that only another action brings about."""
    done = [deed.classes for deed in evidence.deeds if deed.effective]
    nouns = {_NOUNS[word] for word in _TOKEN.findall(claim.part) if word in _NOUNS}
    return any(not any(fits(noun, classes) for classes in done) for noun in nouns)


def _novel(clause: str, evidence: Evidence) -> str:
    """What a claim speaks of that nothing in the call has named."""
    said = frozenset(one for text in evidence.said for one in sentence(text).stems)
    told = {one for one in sentence(clause).stems if not one.startswith("=")}
    known = evidence.done_of if evidence.language == "en" else evidence.known
    extra = told - known - said - _ACTIONS - _PLAIN
    return min(extra, default="")


def _borne_out(claim: Claim, evidence: Evidence) -> bool:
    done = [deed for deed in evidence.deeds if deed.effective and deed.writes]
    waiting = [deed for deed in evidence.deeds if deed.status == "waiting"]
    if claim.action in {ANY, "done"}:
        about = frozenset(sentence(claim.part).stems)
        other = [deed for deed in evidence.deeds if deed.writes and not deed.effective]
        meant = any(about & deed.told.stems for deed in done) and not any(about & deed.told.stems for deed in other)
        return bool(done) and (meant or not other)
    if claim.action.startswith(UNKNOWN):
        verb = stem(claim.action.removeprefix(UNKNOWN))[0]
        return any(verb in deed.told.stems for deed in evidence.deeds if deed.effective)
    if any(fits(claim.action, deed.classes) for deed in done):
        return True
    if claim.action == "ask" and waiting:
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


_EVENTS: Final = frozenset({"ship", "deliver", "send", "cancel", "refund", "book", "do", "charge", "open", "close"})
"""What a system may tell of a thing without our having done it."""
_SAID_SO: Final = {"ship": ["out for delivery", "on its way", "in transit", "enviado"], "do": ["confirmed"]}


def _told(claim: Claim, values: str) -> bool:
    return claim.action == ANY and bool(values) and any(word in values for word in claim.words.split()[-1:])


def _idioms(part: str, tokens: list[str]) -> Iterator[Claim]:
    for pattern, kind, event in _COMPILED:
        match = pattern.search(part)
        if match is None:
            continue
        before = _TOKEN.findall(part[: match.start()])
        if _open(before) or (
            _denied(tokens) and "no longer" not in match[0] and "won't be" not in match[0] and "ya no" not in match[0]
        ):
            continue
        yield Claim(kind, match[0], event=event)


def _claim_at(tokens: list[str], at: int, token: str) -> Claim | None:  # noqa: C901, PLR0912 one case for each form of a verb
    before = _core(tokens[:at])
    kind, _ = TABLE.get(token, ("", ""))
    lately = [word for word in before[-4:] if word not in _ADVERBS]
    last = lately[-1] if lately else ""
    if tokens[at + 1 : at + 3] in (["de", "baja"], ["de", "alta"]):
        return None  # an idiom of its own
    if not kind and token.endswith("ed") and token not in _THOUGHT and not _open(before) and not _denied(before):
        ours = last in _OURS - _ARE or (last in _HAVE and set(before) & _OURS) or (last in _OBJECTS and "had" in before)
        if ours or last == "been" or (last in {"was", "were"} and before[0] in _YOURS):
            return Claim(UNKNOWN + token, token, event=last in {"been", "was", "were"})
    if not kind:
        return _promise(tokens, at, token)
    if _open(before) or _denied(before):
        return None
    if token in PAST:
        if (
            last in _HAVE
            or (last in _OURS and last not in _ARE)
            or (lately[-2:] and lately[-1] in _OBJECTS and any(w in _HAVE for w in lately))
        ):
            return Claim(kind, " ".join([*before[-3:], token]))
        if last in _BE or last.endswith("'s"):
            return _passive(before, lately, token, kind)
        now_too = token.endswith(("imos", "amos")) and not set(before[-1:]) & {"le", "les", "lo", "ya", "se"}
        if token.endswith(("é", "í", "imos", "amos", "ice", "icimos")) and not now_too and _spanish(tokens):
            return Claim(kind, token)
        if token.endswith(("ó", "aron", "ieron")) and _spanish(tokens):
            return Claim(kind, token, event=True)
        if "consider" in lately and last in _OBJECTS:
            return Claim(kind, f"consider it {token}")
        if last and last in _OTHERS and kind != "pay":
            return Claim(kind, f"{last} {token}")
        if (
            not before
            and len(tokens) > at + 1
            and tokens[at + 1] in {"it", "that", "your", "the", "you", "them", "everything"}
        ):
            return Claim(kind, token)  # "Cancelled it for you."
    if token in BASE:
        if any(word in _WILL for word in lately) and not any(word in {"need", "have"} for word in lately):
            subject = next((word for word in before if word in _OURS | {"you'll", "you"}), "")
            return Claim(kind, " ".join([*lately, token])) if subject in _OURS else None
        if (
            last == "to"
            and (
                {"able", "managed", "going", "made", "happy", "pleased", "sure", "proceed", "proceeding"}
                & set(before[-4:])
            )
            and set(before) & _OURS
        ):
            return None if "would" in before or "happy" in before else Claim(kind, " ".join([*before[-3:], token]))
        if last == "de" and {"acabo", "acabamos", "acaba"} & set(tokens[:at]):
            return Claim(kind, " ".join([*before[-2:], token]))
        if {"voy", "vamos"} & set(lately) and last == "a":
            return Claim(kind, " ".join([*before[-2:], token]))
        if last in {"did", "do"} and before and set(before[-3:]) & _OURS:
            return Claim(kind, " ".join([*before[-2:], token]))
    if token in ING:
        if (
            last in {"i'm", "we're"}
            or (last in {"am", "are"} and set(lately) & _OURS)
            or (last in {"by", "been"} and set(before) & _OURS)
        ):
            return Claim(kind, " ".join([*before[-2:], token]))
        if last == "being":
            return Claim(kind, token)
    if token.endswith(("aré", "eré", "iré", "aremos", "eremos", "iremos")):
        return Claim(kind, token)
    return None


_ARE: Final = frozenset({"i'm", "we're", "let's"})
_OBJECTS: Final = listed("it that them you this everything le les lo la los las se")


def _passive(before: list[str], lately: list[str], token: str, kind: str) -> Claim | None:
    """Perfect and past always tell of something that happened; "is blocked" does of yours, and is policy of theirs."""
    last = lately[-1]
    perfect = any(word in _HAVE for word in lately) or last in _SURE_BE
    if perfect and not (last in {"was", "were"} and not before):
        return Claim(kind, " ".join([*lately[-2:], token]), event=True)
    specific = bool(before) and (
        before[0] in _YOURS
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
    if token not in _GET:
        return None
    before = tokens[:at]
    will = any(word in _WILL for word in before[-3:]) or token.endswith(("rá", "rás"))
    if not will or _open(before) or _denied(before[-2:]):
        return None
    gained = next((_GAIN_OF[word] for word in tokens[at + 1 :] if word in _GAIN_OF), None)
    conditional = any(word in _IF for word in tokens)
    return Claim(gained, " ".join(tokens[max(0, at - 2) : at + 1])) if gained is not None and not conditional else None


def _core(before: list[str]) -> list[str]:
    """What stands before a verb, since the last pause."""
    for place in range(len(before) - 1, -1, -1):
        if before[place] in {",", ";", ":", "—", "–", ".", "!"}:
            return before[place + 1 :]
    return before


def _open(before: list[str]) -> bool:
    """Whether what comes is conditional, possible or asked for, and not told."""
    if any(word in _IF for word in before):
        return True
    if any(word in {"have", "has", "had", "need", "needs"} and after == "to" for word, after in pairwise(before)):
        return True
    near = [word for word in before[-4:] if word not in _ADVERBS]
    if near and near[-1] == "to" and not {"able", "managed", "going"} & set(near):
        return True
    return any(word in _MAY - {"to", "que"} for word in near) and not {"able", "managed"} & set(near)


def _denied(before: list[str]) -> bool:
    return any(word in _NOT or word.endswith("n't") for word in before)


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


_ACTIONS: Final = frozenset(stem(form)[0] for form in TABLE)
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
