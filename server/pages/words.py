"""How times, names and values read on a page. Pure."""

import json
from datetime import UTC, datetime
from typing import Any

from pipeline.assistant.languages.reading import languages


def clock(at_ms: int) -> str:
    """An instant of a call: 0:07.4, 12:03.0, 1:02:03.4."""
    sign, tenths = ("−", -at_ms // 100) if at_ms < 0 else ("", at_ms // 100)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{tenths // 10:02}.{tenths % 10}"
    return f"{sign}{hours}:{minutes:02}:{seconds}" if hours else f"{sign}{minutes}:{seconds}"


def seconds(duration_ms: int) -> str:
    """A duration: 840 ms, 3.2 s, 2 min 05 s."""
    if abs(duration_ms) < 1000:
        return f"{duration_ms} ms"
    if abs(duration_ms) < 60_000:
        return f"{duration_ms / 1000:.1f} s"
    return f"{duration_ms // 60_000} min {duration_ms // 1000 % 60:02} s"


def utc(at: datetime) -> str:
    """A time of the world: 2026-01-05 10:00:00 UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def language(code: str) -> str:
    """A language as its speakers call it, with its code: español (es)."""
    known = languages().get(code)
    return f"{known.name} ({code})" if known is not None else code


def plain(name: str) -> str:
    """A name from the log as words: caller_hung_up → caller hung up."""
    return name.replace("_", " ")


def value(given: Any) -> str:
    """A tool's argument or result, short."""
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else text[:299] + "…"
