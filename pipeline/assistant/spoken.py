"""Fills the places of a line's texts with what is known, as a person would say it. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pipeline.assistant.rules import mentions
from pipeline.assistant.slots import parse_date
from pipeline.assistant.state import State
from pipeline.line.hours import spoken_date, spoken_day, spoken_status, spoken_week
from pipeline.line.model import Line
from pipeline.line.opening_hours import Hours
from pipeline.line.templates import BUILT_IN, PLACE, places

_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def render(text: str, line: Line, state: State, given: Mapping[str, Any] | None = None, spell: str = "") -> str | None:
    """The text with its places filled; None when one of them has no value: then it must not be said.

    spell: a slot that is said letter by letter, "A as in Alpha".
    """
    facts = {**state.facts, **(given or {})}
    kinds = {question.slot: question.kind for _, question in line.questions}
    values = []
    for place in places(text):
        if place.path in BUILT_IN:
            values.append(_built_in(place.path, line, state))
            continue
        value = lookup(place.path, facts)
        if value is None:
            return None
        way = "as_in" if spell and place.path == spell else place.way or _WAY_OF.get(kinds.get(place.path, ""), "")
        values.append(line.tongue.said(value, way) or _said(value, way))
    filled = iter(values)
    return PLACE.sub(lambda _: next(filled), text)


_WAY_OF: Final = {
    "digits": "digits", "date": "date", "phone": "phone", "money": "money", "email": "email", "spelled": "spelled",
}  # fmt: skip
"""How the answer to a question of a kind is said."""


def argument(value: Any, facts: Mapping[str, Any]) -> Any:
    """A tool's argument: the value itself when the text is one place, else the text filled in; None when unknown."""
    if not isinstance(value, str):
        return value
    found = places(value)
    if len(found) == 1 and PLACE.fullmatch(value):
        return lookup(found[0].path, facts)
    values = [lookup(place.path, facts) for place in found]
    if any(item is None for item in values):
        return None
    filled = iter(values)
    return PLACE.sub(lambda _: str(next(filled)), value)


def lookup(path: str, facts: Mapping[str, Any]) -> Any:
    """A slot's value or a result's field; None when there is none."""
    root, dot, field = path.partition(".")
    value = facts.get(root)
    if not dot:
        return value
    return value.get(field) if isinstance(value, Mapping) else None


def spoken_digits(digits: str) -> str:
    """Digit by digit: "one two three"."""
    return " ".join(_DIGITS[int(digit)] if digit.isdecimal() else digit for digit in digits)


def _said(value: Any, way: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if way == "digits":
        return spoken_digits(str(value))
    if way == "date":
        return _date(str(value))
    if way == "spelled":
        return ", ".join(
            _DIGITS[int(sign)] if sign.isdecimal() else sign.upper() for sign in str(value) if sign.isalnum()
        )
    if way == "money":
        return _money(str(value))
    if way == "as_in":
        return as_in(str(value))
    if way in _MORE_WAYS:
        return _MORE_WAYS[way](str(value))
    return str(value)


_ALPHABET: Final = {
    word[0]: word
    for word in (
        "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima",
        "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey",
        "x-ray", "yankee", "zulu",
    )
}  # fmt: skip
_SIGNS: Final = {".": "dot", "@": "at", "-": "dash", "_": "underscore", "+": "plus", "'": "apostrophe", " ": "then"}
_AREA: Final = 3
_COUNTRY: Final = re.compile(r"^\+1(?=\d{10}$)")


def as_in(value: str) -> str:
    """Letter by letter: "A as in Alpha, B as in Bravo, one"."""
    return ", ".join(_letter(sign) for sign in value.lower() if _letter(sign))


def _letter(sign: str) -> str:
    if sign in _ALPHABET:
        return f"{sign.upper()} as in {_ALPHABET[sign].title()}"
    return _DIGITS[int(sign)] if sign.isdecimal() else _SIGNS.get(sign, sign.upper() if sign.isalpha() else "")


def _email(value: str) -> str:
    return " ".join(_SIGNS.get(part, part) for part in re.findall(r"[a-z]+|\d|[@._+-]", value.lower()))


def _phone(value: str) -> str:
    """In groups, as people say them: "four one five, five five five, zero one zero one"."""
    digits = _COUNTRY.sub("", value).removeprefix("+")
    groups = [digits[:_AREA], digits[_AREA : 2 * _AREA], digits[2 * _AREA :]] if len(digits) == 10 else [digits]
    return ", ".join(spoken_digits(group) for group in groups)


_MORE_WAYS: Final[Mapping[str, Callable[[str], str]]] = {"email": _email, "phone": _phone}


def _date(value: str) -> str:
    try:
        return spoken_date(date.fromisoformat(value[:10]))
    except ValueError:
        return value


def _money(value: str) -> str:
    try:
        return f"${Decimal(value):.2f}".removesuffix(".00")
    except InvalidOperation:
        return value


def _built_in(path: str, line: Line, state: State) -> str:
    hours, language = line.settings.hours, line.tongue
    now = state.local_time
    if path == "line.name":
        return line.settings.name
    if path == "hours.week" or now is None:
        return spoken_week(hours, language)
    if path == "hours.status":
        return spoken_status(hours, now, language)
    day = _day_asked(hours, state, now)
    if day is not None:
        return spoken_day(hours, day, now, language)
    return f"{spoken_status(hours, now, language)} {spoken_week(hours, language)}"


def _day_asked(hours: Hours, state: State, now: datetime) -> date | None:
    """The day that the caller named, as a date or as a coming holiday of the line."""
    if state.opening is None:
        return None
    text = state.opening.text
    names = {holiday.name.lower().removesuffix(" day"): holiday.date for holiday in reversed(hours.holidays)}
    named = [name for name, day in names.items() if day >= now.date() and mentions(text, [name])]
    return names[max(named, key=len)] if named else parse_date(state.opening.answer, now.date())
