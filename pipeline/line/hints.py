"""What stands where in a line file, as its models say it: what a setting is for, what was meant, what may stand there.

Pure. A path is the way to a value in the file's data; where several kinds of step may stand, all of them count.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from pipeline.line.schema import settings_schema

Schema = Mapping[str, Any]

_STAND_INS: Final = ("stand_in", "+15550000000")
"""Texts for the patterns that models have."""


def hint(name: str, path: Sequence[str | int]) -> str:
    """What a setting is for, in brackets; empty when its name says it."""
    about = _settings(path).get(name, {}).get("description")
    return f"({about})" if about else ""


def nearest(name: str, path: Sequence[str | int]) -> str | None:
    """The setting that was probably meant: one that belongs here, or else one that belongs elsewhere."""
    here = get_close_matches(name, _settings(path), n=1)
    anywhere = get_close_matches(name, sorted(_all_settings()), n=1)
    return next((found for found in (*here, *anywhere) if found != name), None)


def at_top(name: str) -> bool:
    """Whether this is a setting of the line as a whole."""
    return name in _settings(())


def meant(name: object, known: Iterable[object]) -> str:
    """The remedy for a name that is not there: the one that was probably meant, and all there are."""
    names = sorted(map(str, known))
    near = get_close_matches(str(name), names, n=1)
    listed = f"known here: {', '.join(names) or 'none yet'}"
    return f"did you mean {near[0]!r}? {listed}" if near else listed


def is_optional(path: Sequence[str | int]) -> bool:
    """Whether the value at a path may be left out."""
    if not path or isinstance(path[-1], int):
        return False
    return any(path[-1] in one["properties"] and path[-1] not in one.get("required", ()) for one in _objects(path[:-1]))


def stand_in(path: Sequence[str | int]) -> Any:
    """Some value that may stand at a path. Raises LookupError where the models know of nothing."""
    return _example(_at(path)[0])


def _settings(path: Sequence[str | int]) -> dict[str, Schema]:
    return {name: told for one in _objects(path) for name, told in one["properties"].items()}


def _all_settings() -> set[str]:
    parts = [_whole(), *_whole()["$defs"].values()]
    return {name for part in parts for name in part.get("properties", ())}


def _objects(path: Sequence[str | int]) -> list[Schema]:
    return [one for one in _at(path) if "properties" in one]


def _at(path: Sequence[str | int]) -> list[Schema]:
    """Every kind of value that may stand there; none where the models know of nothing."""
    found = [*_kinds(_whole())]
    for item in path:
        found = [kind for one in found for inner in _inside(one, item) for kind in _kinds(inner)]
    return found


def _inside(schema: Schema, item: str | int) -> Iterator[Schema]:
    if isinstance(item, int):
        yield from [schema["items"]] if "items" in schema else []
    elif item in schema.get("properties", {}):
        yield schema["properties"][item]
    else:
        yield from _entries(schema)


def _entries(schema: Schema) -> list[Schema]:
    """What may stand under names that the models do not fix."""
    others = schema.get("additionalProperties")
    return [*([others] if isinstance(others, Mapping) else ()), *schema.get("patternProperties", {}).values()]


def _kinds(schema: Schema) -> Iterator[Schema]:
    """A schema without references and alternatives; what may be left empty is told by being optional."""
    if "$ref" in schema:
        yield from _kinds(_whole()["$defs"][schema["$ref"].rpartition("/")[2]])
        return
    alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    for one in alternatives:
        yield from _kinds(one)
    if not alternatives and schema.get("type") != "null":
        yield schema


def _example(schema: Schema) -> Any:
    if "const" in schema or "enum" in schema:
        return schema.get("const") or schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {
                name: _example(next(_kinds(schema["properties"][name]))) for name in schema.get("required", ())
            } or _one_entry(schema)
        case "array":
            return [_example(next(_kinds(schema["items"])))] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
    return _text(schema)


def _one_entry(schema: Schema) -> dict[str, Any]:
    if not schema.get("minProperties"):
        return {}
    return {_STAND_INS[0]: _example(next(_kinds(_entries(schema)[0])))}


def _text(schema: Schema) -> str:
    dated = {"date": "2000-01-01", "time": "00:00"}
    if schema.get("format") in dated:
        return dated[schema["format"]]
    candidates = (*schema.get("examples", ()), *_STAND_INS)
    return next(str(one) for one in candidates if re.search(schema.get("pattern", ""), str(one)))


@cache
def _whole() -> Schema:
    return settings_schema()
