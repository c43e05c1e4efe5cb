"""Whatever stands where in a line file, what is said about it is ours: no English of a library's."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from pipeline.line import shape
from pipeline.line.mend import mended
from pipeline.line.model import Settings
from pipeline.line.source import read
from pipeline.line.validate import check
from tests.fakes.english import ENGLISH

pytestmark = pytest.mark.unit

DATA = read(ENGLISH.read_bytes()).data
STRANGE: tuple[Any, ...] = (
    None, [], {}, "", "x" * 3000, "Ünlikely Näme", -1, 99_999_999, 10**30, 2.5, float("nan"), True, "09:00", "25:99",
    "2026-02-30", [None], [[]], [{}], {"x": 1}, {"say": "a", "goto": "b"}, {"gotoo": "b"}, ["a"] * 200, "\ud800",
)  # fmt: skip
FEW: tuple[Any, ...] = (None, [{}], "Ünlikely Näme", 99_999_999, {"x": 1}, {"say": "a", "goto": "b"})
MANY = [("flows",), ("arguments",), ("weekly",)]
"""Mappings whose entries are all of one kind."""
LIBRARY = ("input should", "should be a valid", "unable to", "value error", "pydantic", "tuple", "dictionary", "none")


def _ways(data: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    if isinstance(data, dict | list):
        for name, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _ways(value, (*way, name))


def ways() -> list[tuple[Any, ...]]:
    """One way to each kind of place."""
    kinds: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for way in _ways(DATA):
        kind = ["*" if isinstance(item, int) or way[at - 1 : at] in MANY else item for at, item in enumerate(way)]
        kinds.setdefault(tuple(kind), way)
    return [way for way in kinds.values() if way]


def with_value(data: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[way[0]] = with_value(data[way[0]], way[1:], value)
    return copy


def errors_of(data: Any) -> list[Any]:
    try:
        Settings.model_validate(data)
    except ValidationError as wrong:
        return list(wrong.errors(include_url=False))
    return []


def test_every_error_that_the_models_can_raise_is_said_in_our_words():
    met = set()
    for way in ways():
        for value in STRANGE:
            data = with_value(DATA, way, value)
            errors = errors_of(data)
            met |= {error["type"] for error in errors}
            for found in shape.findings(errors, data):
                said = f"{found.what}; {found.remedy}".lower().replace(repr(value).lower(), "")
                assert found.what
                assert found.remedy
                assert not any(words in said for words in LIBRARY), said
    assert {"missing", "extra_forbidden", "model_type", "tuple_type", "string_type", "literal_error"} <= met
    assert {"int_type", "too_long", "string_pattern_mismatch", "step_verb", "value_error", "time_parsing"} <= met


def test_what_is_said_names_the_place_and_the_value():
    data = with_value(DATA, ("intents", 1, "key"), "two")
    (found,) = shape.findings(errors_of(data), data)
    assert found.path == ("intents", 1, "key")
    assert found.what == "intents[2].key must be a whole number, not 'two'"


def test_a_wrong_setting_beside_a_verb_is_placed_at_the_setting():
    data = with_value(DATA, ("flows", "store_hours", "steps", 0), {"say": "Hello.", "id": "Not A Name"})
    assert [found.path for found in shape.findings(errors_of(data), data)] == [
        ("flows", "store_hours", "steps", 0, "id")
    ]


def test_a_value_that_may_be_of_several_kinds_is_said_once():
    step = {"branch": [{"when": "order.found", "equals": [1], "goto": "found"}]}
    data = with_value(DATA, ("flows", "store_hours", "steps", 0), step)
    (found,) = shape.findings(errors_of(data), data)
    assert "must be a text, a number, true or false" in found.what


def test_whatever_is_wrong_the_rest_can_be_checked():
    for way in ways():
        for value in FEW:
            data = with_value(DATA, way, value)
            errors = errors_of(data)
            if errors:
                rest = mended(data, errors)
                assert rest is not None, (way, value)
                check(rest[0])


def test_the_example_is_what_yaml_says():
    assert yaml.safe_load(ENGLISH.read_text())["name"] == DATA["name"]


@pytest.mark.parametrize("voice", [{"espeak": {"voice": "!!"}}, {"elevenlabs": {"voice": "a b", "model": "?"}}])
def test_a_text_of_a_wrong_form_is_said_with_what_the_setting_is(voice):
    data = {**DATA, "voices": {"en": voice}}
    found = list(shape.findings(errors_of(data), data))
    assert found
    for one in found:
        assert "is not written as it has to be" in one.what
        assert one.remedy.startswith("write it as told here: (")
