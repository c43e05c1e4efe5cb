"""A number that is an amount of something: "about three", "two and a half", "fifteen percent". Pure."""

import re
from typing import Final

from pipeline.assistant.slots.digits import chunks
from pipeline.assistant.slots.words import plain

_WRITTEN: Final = re.compile(r"(?<![\d.])-?\d+(?:\.\d+)?(?![\d.])")
_HALF: Final = re.compile(r"\band a half\b")
_POINT: Final = re.compile(r"\bpoint\b")


def parse_number(text: str) -> float | int | None:
    """The one number that was said, or None: there is none, or there are several."""
    line = plain(text)
    written = {float(found) for found in _WRITTEN.findall(line)}
    if written:
        return _whole(written.pop()) if len(written) == 1 else None
    before, point, after = _POINT.sub("point", line, count=1).partition(" point ")
    read = chunks(before)
    if len(read) != 1:
        return None
    value = float(read[0].value)
    if point:
        decimals = "".join(chunk.digits for chunk in chunks(after))
        return _whole(float(f"{read[0].value}.{decimals}")) if decimals else None
    return _whole(value + 0.5 if _HALF.search(line) else value)


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value
