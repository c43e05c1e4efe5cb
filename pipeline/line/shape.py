"""What is wrong with the shape of a line file, in an operator's words: every error that its models can raise. Pure."""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Any, Final

from pydantic_core import ErrorDetails

from pipeline.line.finding import Finding
from pipeline.line.flows import VERBS, Name, Path
from pipeline.line.hints import at_top, hint, nearest
from pipeline.line.written import Number

Way = tuple[str | int, ...]
_STEP_DEPTH: Final = 4
"""flows, its name, steps, the position."""
_Said = tuple[str, str]
"""What is wrong with the value, and the remedy where the setting's own description is none."""


def findings(errors: Sequence[ErrorDetails], data: Any) -> Iterator[Finding]:
    """One for each place; several errors of one value are the kinds that it could have had."""
    misspelled = {
        (place(error, data)[:-1], nearest(str(error["loc"][-1]), place(error, data)[:-1]))
        for error in errors
        if error["type"] == "extra_forbidden"
    }
    true = [
        error
        for error in errors
        if not is_echo(error)
        and not (error["type"] == "missing" and (place(error, data), error["loc"][-1]) in misspelled)
    ]
    placed = sorted(((place(error, data), number, error) for number, error in enumerate(true)), key=_by_place)
    for way, group in groupby(placed, key=lambda one: one[0]):
        here = [error for _, _, error in group]
        kinds = [error for error in here if error["type"].endswith("_type")]
        if len(kinds) > 1:
            text = f"{spelled(way)} must be a text, a number, true or false"
            yield Finding(way, text, "write one value, not a list or mapping")
            here = [error for error in here if error not in kinds]
        yield from (_finding(error, way) for error in here)


def is_echo(error: ErrorDetails) -> bool:
    """Whether a list is only called too short because pydantic does not count the entries that are wrong."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def place(error: ErrorDetails, data: Any) -> Way:
    """The part of an error's location that exists in the file: it also names union members and missing fields."""
    path: list[str | int] = []
    for at, item in enumerate(error["loc"]):
        if at == _STEP_DEPTH and error["loc"][0] == "flows":
            continue  # the verb of the step, as the union of steps names it
        in_list = isinstance(data, list) and isinstance(item, int) and item < len(data)
        if in_list or (isinstance(data, dict) and item in data):
            data = data[item]
        else:
            continue
        path.append(item)
    return tuple(path)


def spelled(way: Way) -> str:
    """A path as people write it, list positions counted from 1."""
    text = ""
    for item in way:
        text += f"[{item + 1}]" if isinstance(item, int) else f".{item}" if text else item
    return text or "the file"


def _by_place(one: tuple[Way, int, ErrorDetails]) -> tuple[list[tuple[bool, str | int]], int]:
    return [(isinstance(item, int), item) for item in one[0]], one[1]


def _finding(error: ErrorDetails, way: Way) -> Finding:
    name = str(error["loc"][-1]) if error["loc"] else "the file"
    if error["type"] == "missing":
        where = f" in {spelled(way)}" if way else ""
        return Finding(way, f"{name!r} is missing{where}", f"add '{name}:' {hint(name, way)}".rstrip())
    if error["type"] == "extra_forbidden":
        return _unknown(name, way)
    what, remedy = SAID[error["type"]](error)
    if name == "[key]":
        return Finding(way, f"a name in {spelled(way[:-1])} {what}", remedy)
    about = next((hint(item, way[:at]) for at, item in reversed([*enumerate(way)]) if isinstance(item, str)), "")
    return Finding(way, f"{spelled(way)} {what}", " ".join(part for part in (remedy, about) if part))


def _unknown(name: str, way: Way) -> Finding:
    around = way[:-1]
    where = f" in {spelled(around)}" if around else ""
    near = nearest(name, around)
    if around and at_top(name):
        remedy = "it is said of the whole line: move it to the top of the file"
        return Finding(way, f"{name!r} is not known{where}", remedy)
    remedy = f"did you mean {near!r}?" if near else "remove it, or move it to where it belongs"
    return Finding(way, f"{name!r} is not known{where}", remedy)


def _shown(value: Any) -> str:
    """A value as it stands in the file, short; lists and mappings by their kind."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…'"


def _text(error: ErrorDetails) -> _Said:
    value = error["input"]
    if isinstance(value, dict | list) or value is None:
        return f"must be text, not {_shown(value)}", "write the text behind the colon"
    return "must be text", f"put {_shown(value).strip(chr(39))} in quotes"


def _pattern(error: ErrorDetails) -> _Said:
    patterns: dict[str, _Said] = {
        _pattern_of(Number): ("is not a telephone number", "write it like +14155550100"),
        _pattern_of(Name): ("is not a name", "use lower-case letters, digits and _, beginning with a letter"),
        _pattern_of(Path): ("is not a slot or a result's field", "write it like order_number or order.status"),
    }
    other = ("is not written as it has to be", "write it as told here:")  # the setting's description follows
    what, remedy = patterns.get(error["ctx"]["pattern"], other)
    return f"{what}: {_shown(error['input'])}", remedy


def _pattern_of(annotation: Any) -> str:
    return str(annotation.__metadata__[0].pattern)


def _choice(error: ErrorDetails) -> _Said:
    expected = str(error["ctx"]["expected"])
    near = get_close_matches(str(error["input"]), expected.replace(" or ", ", ").replace("'", "").split(", "), n=1)
    remedy = f"did you mean {near[0]!r}?" if near else "write one of them"
    return f"must be {expected}, not {_shown(error['input'])}", remedy


def _number(error: ErrorDetails) -> _Said:
    return f"must be a whole number, not {_shown(error['input'])}", "write digits only, without quotes"


def _list(error: ErrorDetails) -> _Said:
    return f"must be a list, not {_shown(error['input'])}", "begin each entry with '- ', or write [one, two]"


def _mapping(error: ErrorDetails) -> _Said:
    return f"must hold settings, not {_shown(error['input'])}", "write 'name: value' lines below it, indented"


def _yes_no(error: ErrorDetails) -> _Said:
    return f"must be true or false, not {_shown(error['input'])}", "write true or false, without quotes"


def _date(error: ErrorDetails) -> _Said:
    return f"is not a date: {_shown(error['input'])}", "write it like 2026-12-25"


def _time(error: ErrorDetails) -> _Said:
    return f"is not a time of day: {_shown(error['input'])}", 'write hours like "09:00-18:00"'


def _verb(error: ErrorDetails) -> _Said:
    given = [str(name) for name in error["input"]] if isinstance(error["input"], dict) else []
    verbs = [name for name in given if name in VERBS]
    if len(verbs) > 1:
        return f"has {len(verbs)} verbs: {', '.join(verbs)}", "a step needs exactly one verb: make a step of each"
    near = [match for name in given for match in get_close_matches(name, VERBS, n=1)]
    known = f"a step needs exactly one verb: {', '.join(VERBS)}"
    return "is no step", f"did you mean {near[0]!r}? {known}" if near else known


def _own(error: ErrorDetails) -> _Said:
    what, _, remedy = str(error["ctx"]["error"]).partition("; ")
    return f"cannot be used: {what}", remedy or "correct it"


SAID: Final[dict[str, Callable[[ErrorDetails], _Said]]] = {
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dict_type": _mapping,
    "tuple_type": _list,
    "too_short": lambda error: (f"needs {error['ctx']['min_length']} or more entries", "add what is missing"),
    "too_long": lambda error: (f"has more than {error['ctx']['max_length']} entries", "remove some"),
    "string_type": _text,
    "string_unicode": lambda _: ("holds half a character", "write the character itself"),
    "string_too_short": lambda _: ("is empty", "write the text, or remove the setting"),
    "string_too_long": lambda error: (f"has more than {error['ctx']['max_length']} characters", "shorten it"),
    "string_pattern_mismatch": _pattern,
    "literal_error": _choice,
    "int_type": _number,
    "int_parsing": _number,
    "int_parsing_size": _number,
    "int_from_float": _number,
    "finite_number": _number,
    "float_type": lambda error: (f"must be a number, not {_shown(error['input'])}", "write a number"),
    "float_parsing": lambda error: (f"must be a number, not {_shown(error['input'])}", "write a number"),
    "greater_than_equal": lambda error: (f"must be {error['ctx']['ge']} or more", "raise it"),
    "less_than_equal": lambda error: (f"must be {error['ctx']['le']} or less", "lower it"),
    "bool_type": _yes_no,
    "bool_parsing": _yes_no,
    "date_type": _date,
    "date_parsing": _date,
    "date_from_datetime_parsing": _date,
    "date_from_datetime_inexact": _date,
    "time_type": _time,
    "time_parsing": _time,
    "value_error": _own,
    "step_verb": _verb,
}
"""By pydantic's type of error (https://docs.pydantic.dev/latest/errors/validation_errors/)."""
