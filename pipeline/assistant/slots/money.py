"""An amount of money in what a caller said. Pure.

Decided: two numbers in a row are units and hundredths when the second has two digits ("nineteen ninety nine" → 19.99,
"twelve fifty" → 12.50); a lone "one fifty" could be 1.50 or 150 and is None unless "dollars" follows (150) or
comes between.
"""

import re
from decimal import Decimal
from typing import Final

from pipeline.assistant.slots.numbers import ZEROS, Chunk, read_chunk
from pipeline.assistant.slots.words import plain, words

_WRITTEN: Final = re.compile(r"(?:[$£€]\s?)?(\d{1,3}(?:,\d{3})+|\d+)\.(\d{1,2})\b|[$£€]\s?(\d{1,3}(?:,\d{3})+|\d+)")
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}\b)")
_WHOLE: Final = frozenset({"dollar", "dollars", "buck", "bucks", "pound", "pounds", "euro", "euros", "usd", "quid"})
_PART: Final = frozenset({"cent", "cents", "penny", "pennies", "pence"})
_CENT: Final = Decimal("0.01")
_TOO_MUCH: Final = Decimal(10) ** 15
"""What a caller says beyond this is a number, not an amount."""


def parse_money(text: str) -> Decimal | None:
    """The one amount that was said, in whole and hundredths ("$12.50", "twelve dollars and fifty cents"), or None."""
    line = plain(text)
    written = {_from_figures(match) for match in _WRITTEN.finditer(line)}
    if written:
        return written.pop().quantize(_CENT) if len(written) == 1 else None
    said = words(_THOUSANDS.sub("", line))
    at = 0
    found: list[Decimal] = []
    while at < len(said):
        read = _amount(said, at)
        if read is None:
            at += 1
            continue
        amount, at = read
        if amount is None:
            return None
        found.append(amount)
    return found[0].quantize(_CENT) if len(set(found)) == 1 and found[0] < _TOO_MUCH else None


def _from_figures(match: re.Match[str]) -> Decimal:
    whole, part, alone = match.groups()
    if alone is not None:
        return Decimal(alone.replace(",", ""))
    return Decimal(f"{whole.replace(',', '')}.{part.ljust(2, '0')}")


def _amount(said: list[str], at: int) -> tuple[Decimal | None, int] | None:
    """Read one amount from this word on; (None, end) when it could mean two things."""
    if said[at] in ("a", "an") and at + 1 < len(said) and said[at + 1] in _WHOLE | _PART | {"grand"}:
        first: Chunk | None = Chunk("1", at, at + 1)
    else:
        first = read_chunk(said, at)
    if first is None:
        return None
    here = first.end
    unit = said[here] if here < len(said) else ""
    if unit in ("grand", "k"):
        return Decimal(first.value * 1000), here + 1
    if unit in _PART:
        return Decimal(first.value) / 100, here + 1
    if unit in _WHOLE:
        return _with_cents(said, first, here + 1)
    if unit == "point":
        return _decimal(said, first, here + 1)
    return _bare_pair(said, first)


def _with_cents(said: list[str], whole: Chunk, here: int) -> tuple[Decimal, int]:
    """Read what follows "twelve dollars": "and fifty cents", "fifty", or nothing."""
    start = here + 1 if here < len(said) and said[here] == "and" else here
    cents = read_chunk(said, start)
    if cents is None or cents.value > 99:
        return Decimal(whole.value), here
    ends = cents.end < len(said)
    if ends and said[cents.end] in _PART:
        return whole.value + Decimal(cents.value) / 100, cents.end + 1
    if start == here and (not ends or said[cents.end] not in _WHOLE):
        return whole.value + Decimal(cents.value) / 100, cents.end
    return Decimal(whole.value), here


def _decimal(said: list[str], whole: Chunk, here: int) -> tuple[Decimal, int]:
    """Read the digits after "point"."""
    digits = ""
    while len(digits) < 2 and (chunk := read_chunk(said, here)) is not None:
        digits += chunk.digits
        here = chunk.end
    if not digits or len(digits) > 2:
        return Decimal(whole.value), here
    here = here + 1 if here < len(said) and said[here] in _WHOLE else here
    return Decimal(f"{whole.value}.{digits.ljust(2, '0')}"), here


def _bare_pair(said: list[str], first: Chunk) -> tuple[Decimal | None, int]:
    """Read "nineteen ninety nine", "nineteen oh five", "one fifty dollars", or a number alone."""
    second = read_chunk(said, first.end)
    if second is not None and second.digits in ZEROS | {"0"}:
        third = read_chunk(said, second.end)
        if third is not None and len(third.digits) == 1:
            return Decimal(f"{first.value}.0{third.digits}"), third.end
    if second is None or len(second.digits) != 2:
        return Decimal(first.value), first.end
    if second.end < len(said) and said[second.end] in _WHOLE:
        together = Decimal(first.value * 100 + second.value) if first.value < 100 else None
        return together, second.end + 1
    if len(first.digits) == 1 and second.digits[1] == "0":
        return None, second.end
    return Decimal(f"{first.value}.{second.digits}"), second.end
