"""What must not be kept: cards, social security numbers, pins, e-mail addresses and telephone numbers. Pure.

People say numbers as words ("forty one, double one, oh three"), in English or Spanish, with "uh" and "dash" in between,
and recognisers write some of them as figures. A text is read as one run of digits wherever that is possible; what the
run amounts to decides. Card numbers are told by their length, first digit and check digit (ISO/IEC 7812-1), social
security numbers by the blocks that are given out, pins and passwords by the word before them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

from recordings.spoken_digits import SpokenRun, digit_runs

Kind = Literal["card", "ssn", "pin", "email", "phone"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MASKS: Final = {"card": "[card]", "ssn": "[ssn]", "pin": "[pin]", "email": "[email]", "phone": "[phone]"}

UNFINISHED_DIGITS: Final = 7

_TYPED_EMAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_TOP_LEVEL: Final = "com|org|net|edu|gov|info|biz|co|io|es|mx|ar|uk|us|ca|de|eu"
_SPOKEN_EMAIL: Final = re.compile(
    r"(?P<name>(?:[\w'-]+(?:\s+(?:dot|punto|underscore|guion|guión|dash|hyphen|plus)\s+|\s+)){0,7}?[\w'-]+)\s+(?:at|arroba)\s+"
    rf"(?P<host>(?:[\w-]+\s+){{0,3}}?[\w-]+(?:\s+(?:dot|punto)\s+[\w-]+)*?\s*(?:\s(?:dot|punto)\s+|\.)(?:{_TOP_LEVEL})\b)",
    re.IGNORECASE,
)
_SPOKEN_AT: Final = re.compile(r"\s(?:at|arroba)\s", re.IGNORECASE)
_SPOKEN_END: Final = re.compile(rf"(?:\.|\s(?:dot|punto)\s+)(?:{_TOP_LEVEL})\b", re.IGNORECASE)
"""What every spoken address has: most texts do not, and to look for one takes a hundred times as long."""
_BEFORE_A_NAME: Final = frozenset({
    "is", "my", "email", "e-mail", "mail", "address", "it's", "its", "at", "to", "it", "send", "the", "a", "on",
    "under", "correo", "es", "mi", "electronico", "electrónico", "al",
})  # fmt: skip
_OURS: Final = frozenset({
    "order", "account", "invoice", "ticket", "reference", "tracking", "confirmation", "booking", "case", "pedido",
    "cuenta", "factura", "referencia", "caso",
})  # fmt: skip
_SOCIAL: Final = re.compile(r"(?<!\[)\b(social|ssn|seguro social)\b", re.IGNORECASE)
_SECRET: Final = re.compile(
    r"(?<!\[)\b(?:(?:pin|password|passcode|passphrase|clave|contraseña|contrasena)"
    r"|(?P<of>[^\W\d_]+(?:\s+de)?\s+)?(?:codes?|código|codigo)(?P<behind>\s+[^\W\d_]+)?)\b",
    re.IGNORECASE,
)
_NO_SECRET: Final = frozenset({
    "zip", "area", "postal", "country", "discount", "promo", "promotion", "promotional", "coupon", "voucher", "gift",
    "error", "status", "http", "product", "item", "model", "order", "customer", "account", "workspace", "tracking",
    "reference", "booking", "confirmation", "invoice", "bar", "sort", "swift", "routing", "branch", "dialing", "tax",
    "color", "descuento", "promocional", "producto", "pedido", "cliente", "reserva", "barras", "área",
})  # fmt: skip
"""What a code is of when it is no secret."""
_TO_A_SECRET: Final = frozenset({
    "is", "it's", "its", "it", "was", "number", "code", "word", "for", "my", "the", "card", "account", "telephone",
    "phone", "debit", "credit", "of", "that", "they", "you", "sent", "texted", "gave", "me", "got", "i", "to", "on",
    "uh", "um", "here", "so", "es", "el", "la", "de", "del", "mi", "tarjeta", "cuenta", "numero", "número", "secreta",
    "secreto", "que", "enviaron", "llegó", "eh", "era", "telefono", "teléfono", "banco", "bank", "online", "pin",
    "and", "told", "tell", "said", "say", "them", "him", "her", "well", "y", "les", "le", "dije", "dijo", "digo",
})  # fmt: skip
"""Words that stand between "pin" and its digits."""
_THEIRS: Final = frozenset({"card", "account", "tarjeta", "cuenta", "phone", "teléfono", "telefono"})
"""Whose number it is that follows at once: "the password for account 204815"."""
_SECRET_REACH: Final = 60
"""Characters before the digits in which the word for them stands."""
_SECRET_DIGITS: Final = range(3, 11)
_MISHEARD_CARD: Final = 12
"""Digits of a spoken number that is taken for a card's whatever its check digit: one may be misheard or missing."""
_WORDS_BEFORE: Final = 5


@dataclass(frozen=True, slots=True)
class Span:
    """Something found: text[start:end] is of this kind."""

    kind: Kind
    start: int
    end: int


def found(text: str, kinds: Iterable[Kind] = KINDS) -> list[Span]:
    """What of these kinds stands in a text, in order, not overlapping."""
    wanted = frozenset(kinds)
    spans = [span for span in (*_emails(text), *_numbers(text)) if span.kind in wanted]
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def redacted(text: str, kinds: Iterable[Kind] = KINDS) -> str:
    """The text with a mask in place of each: "my card is [card]". What it leaves is left when it is read again."""
    wanted = tuple(kinds)
    while (left := masked(text, found(text, wanted))) != text:  # each pass leaves fewer digits and words
        text = left
    return text


def masked(text: str, spans: Iterable[Span]) -> str:
    """The text with a mask in place of each of these spans, which do not overlap and are in order."""
    parts, here = [], 0
    for span in spans:
        parts += [text[here : span.start], MASKS[span.kind]]
        here = span.end
    return "".join([*parts, text[here:]])


def unfinished(text: str, kinds: Iterable[Kind] = KINDS) -> str:
    """The same for words that are still coming: a number of seven digits or more may yet become anything."""
    parts, here, asked = [], 0, tuple(kinds)
    hidden = redacted(text, asked)
    for run in digit_runs(hidden):
        if len(run.digits) >= UNFINISHED_DIGITS or ("pin" in asked and _is_secret(hidden, run)):
            parts += [hidden[here : run.start], "[number]"]
            here = run.end
    return "".join([*parts, hidden[here:]])


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, figure in enumerate(reversed(digits)):
        value = int(figure) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether it may be a payment card's number: 13 to 19 digits, a first digit that issuers have, the check digit."""
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and len(set(digits)) > 1 and passes_luhn(digits)


def is_ssn(digits: str) -> bool:
    """Whether it may be a US social security or taxpayer number: nine digits in blocks that are given out."""
    return (
        len(digits) == 9
        and digits[:3] not in ("000", "666")
        and digits[3:5] != "00"
        and digits[5:] != "0000"
        and len(set(digits)) > 1
    )


def is_phone(digits: str) -> bool:
    """Whether it may be a telephone number: ten digits of North America, one more with its code, or nine of Spain."""
    national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(national) == 10 and national[0] in "23456789" and national[3] in "23456789"


def is_secret(text: str, run: SpokenRun) -> bool:
    """Whether a run of digits of the text may be a pin or a code of somebody's own, by the words before it."""
    return len(run.digits) in _SECRET_DIGITS and _is_secret(text, run)


def _numbers(text: str) -> Iterator[Span]:
    for run in digit_runs(text):
        if _has_card(run.digits) or (run.worded and len(run.digits) >= _MISHEARD_CARD and not _ours(text, run)):
            yield Span("card", run.start, run.end)
        elif is_ssn(run.digits) and not _ours(text, run):
            yield Span("ssn", run.start, run.end)
        elif is_secret(text, run):
            yield Span("pin", run.start, run.end)
        elif is_phone(run.digits) or (run.plus and 8 <= len(run.digits) <= 15):
            yield Span("phone", run.start, run.end)
        elif len(run.digits) > 9 and _SOCIAL.search(text, max(0, run.start - 60), run.start) and is_ssn(run.digits[:9]):
            yield Span("ssn", run.start, run.end)


def _has_card(digits: str) -> bool:
    """Whether a card's number stands in a run of digits: people go on with its date and code."""
    if is_card(digits):
        return True
    usual = (digits[start : start + size] for size in (15, 16) for start in range(len(digits) - size + 1))
    return any(map(is_card, usual))


def _is_secret(text: str, run: SpokenRun) -> bool:
    """Whether the words before a number say that it is a pin, a password or a code of somebody's own."""
    begin = max(0, run.start - _SECRET_REACH)
    for word in _SECRET.finditer(text, begin, run.start):
        kind = f"{word['of'] or ''} {word['behind'] or ''}".lower().split()
        end = word.start("behind") if word["behind"] else word.end()
        between = re.findall(r"[\w']+", text[end : run.start].lower())
        if _NO_SECRET.isdisjoint(kind) and _TO_A_SECRET.issuperset(between) and not _THEIRS.intersection(between[-1:]):
            return True
    return False


def _ours(text: str, run: SpokenRun) -> bool:
    """Whether the words before a number say that it is one of ours: "order number", "account"."""
    before = re.findall(r"\w+", text[: run.start].lower())[-_WORDS_BEFORE:]
    return not _OURS.isdisjoint(before) and not _SOCIAL.search(text, max(0, run.start - 60), run.start)


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        for match in _TYPED_EMAIL.finditer(text):
            yield Span("email", *match.span())
    if not (_SPOKEN_END.search(text) and _SPOKEN_AT.search(text)):
        return
    for match in _SPOKEN_EMAIL.finditer(text):
        yield Span("email", _name_start(match), match.end())


def _name_start(match: re.Match[str]) -> int:
    """Where an address's name begins, in "my email is john dot smith": after the last word that introduces it."""
    start = match.start()
    for word in re.finditer(r"[\w'-]+", match["name"]):
        if word.group().lower() in _BEFORE_A_NAME and word.end() < len(match["name"]):
            start = match.start() + word.end() + 1
    return start
