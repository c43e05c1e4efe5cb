"""What tools take and give, checked against JSON Schema (2020-12). No schema refers to anything outside it. Pure."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError, best_match

from pipeline.assistant.tools.port import Schema

_ID_NAME: Final = re.compile(
    r"(?:^|[_-])(?:id|uuid|sku|iban)$|[a-z]Id$|(?:account|card|customer|order|invoice|ticket)_?(?:number|no)$"
)
"""Names of arguments that are ids where the schema does not say: `x-id: true` or `x-id: false` says."""
_LOCAL: Final = re.compile(r"#(?:/|$)")


def schema_error(schema: Any) -> str:
    """Why something is no schema that can be used; empty: it is one."""
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        return "it is not an object schema (type: object)"
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        return f"it is no JSON Schema: {error.message}"
    outside = [found for found in _references(schema) if not _LOCAL.match(found)]
    return f"it refers to {outside[0]!r}, outside itself" if outside else ""


def wrong(schema: Schema, value: Mapping[str, Any]) -> str:
    """What is wrong with a value, without repeating it; empty: nothing."""
    error = best_match(_validator(_Frozen(schema)).iter_errors(dict(value)))
    return "" if error is None else _said(error)


def allowed(schema: Schema, name: str, value: Any) -> bool:
    """Whether an argument by itself may have this value."""
    errors = _validator(_Frozen(schema)).iter_errors({name: value})
    return not any(error.absolute_path and error.absolute_path[0] == name for error in errors)


def ids(schema: Schema, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments that are ids, each with its name, in nested objects and lists too."""
    definitions = schema.get("$defs", {})
    yield from _ids(schema, value, definitions, "")


def customers(schema: Schema, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments that name a customer (`x-customer: true`): a verified caller may name only themselves."""
    definitions = schema.get("$defs", {})
    for name, inner in schema.get("properties", {}).items():
        if name in value and _followed(inner, definitions).get("x-customer") is True:
            yield name, value[name]


def _ids(schema: Any, value: Any, definitions: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    schema = _followed(schema, definitions)
    if isinstance(value, Mapping):
        properties = schema.get("properties", {})
        for key, inner in value.items():
            yield from _ids(properties.get(key, {}), inner, definitions, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _ids(schema.get("items", {}) | _mark(schema), inner, definitions, name)
    elif value is not None and not isinstance(value, bool) and schema.get("x-id", bool(_ID_NAME.search(name))):
        yield name, value


def _mark(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"x-id": schema["x-id"]} if "x-id" in schema else {}


def _followed(schema: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without its reference; what stands beside the reference is kept."""
    if not isinstance(schema, Mapping):
        return {}
    reference = str(schema.get("$ref", ""))
    target = definitions.get(reference.removeprefix("#/$defs/"), {}) if reference else {}
    return {**target, **schema}


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in {"$ref", "$dynamicRef"} and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from _references(value)


def _said(error: ValidationError) -> str:
    """Without the value: it may be somebody's card number."""
    where = ".".join(map(str, error.absolute_path)) or "they"
    match error.validator:
        case "required":
            return error.message.replace(" is a required property", " is missing")
        case "additionalProperties":
            known = set(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else set()
            given = error.instance if isinstance(error.instance, Mapping) else {}
            more = sorted(str(name) for name in given if name not in known)
            return f"{', '.join(more)} not known"
        case "type":
            return f"{where} must be of type {error.validator_value}"
        case _:
            return f"{where} does not meet {error.validator}: {error.validator_value}"


class _Frozen:
    """A schema as a key of the cache: schemas are made once and never changed, so identity tells."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and other.schema is self.schema


@lru_cache(maxsize=512)
def _validator(frozen: _Frozen) -> Draft202012Validator:
    return Draft202012Validator(dict(frozen.schema), format_checker=FormatChecker())
