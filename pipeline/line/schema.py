"""The JSON Schema of line.yaml, for editors that complete and check while an operator types."""

from typing import Any, Final

from pipeline.line.model import Settings
from pipeline.line.tongues import is_said

_CODE: Final = "^[a-z]{2,3}$"
_LANGUAGES: Final = {
    "type": "array",
    "items": {"type": "string", "pattern": _CODE},
    "minItems": 1,
    "uniqueItems": True,
    "description": "the languages it speaks, the one in which calls begin first; instead of language. Wherever words "
    "stand that are said or listened for, a text for each of them may stand: {en: Hello, es: Hola}",
}


def json_schema() -> dict[str, Any]:
    """Draft 2020-12. Editors' first help; what spans several places (unknown steps, missing keys) load_line finds."""
    schema = settings_schema()
    schema["properties"] = {**schema["properties"], "languages": _LANGUAGES}
    for name, part in schema["$defs"].items():
        for key, told in part.get("properties", {}).items():
            if is_said(name, key, listed=_is_list(told)) and _holds_text(told):
                part["properties"][key] = _in_languages(told)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://cordboard.example/line.schema.json",
        **schema,
        "title": "Cordboard line",
    }


def settings_schema() -> dict[str, Any]:
    """The schema of a line in one language, as its models have it."""
    return Settings.model_json_schema()


def _in_languages(told: dict[str, Any]) -> dict[str, Any]:
    """What may stand there, or one of it for each language."""
    about: dict[str, Any] = {name: told[name] for name in ("description", "default") if name in told}
    one = {name: value for name, value in told.items() if name not in about}
    each = {"type": "object", "patternProperties": {_CODE: one}, "additionalProperties": False, "minProperties": 1}
    return {**about, "anyOf": [*one.get("anyOf", [one]), each]}


def _is_list(told: dict[str, Any]) -> bool:
    return told.get("type") == "array"


def _holds_text(told: dict[str, Any]) -> bool:
    kinds = {one.get("type") for one in told.get("anyOf", [told])}
    return "string" in kinds or (_is_list(told) and told["items"].get("type") == "string")
