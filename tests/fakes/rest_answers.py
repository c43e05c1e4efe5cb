"""The double's REST answers, held against Twilio's published specification."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from telephony.double.api import RestRequest

SPECIFICATIONS = Path(__file__).resolve().parent.parent.parent.parent / "shared" / "twilio"
_FILES = {"/2010-04-01/": "twilio_api_v2010.subset.json", "/v1/": "twilio_taskrouter_v1.subset.json"}


def fault(request: RestRequest) -> str:
    """What is wrong with an answer; empty when nothing is, or when the specification is not beside the repository."""
    if not SPECIFICATIONS.is_dir() or request.answer is None:
        return ""
    prefix = next(each for each in _FILES if request.template.startswith(each))
    operation = _operations(_FILES[prefix]).get((request.method, _nameless(request.template)))
    if operation is None:
        return "there is no such request"
    validator = operation.get(str(request.status))
    if validator is None:
        return f"no answer {request.status}; only {sorted(operation)}"
    return "; ".join(f"{error.json_path}: {error.message}" for error in validator.iter_errors(request.answer))


@cache
def _operations(file: str) -> dict[tuple[str, str], dict[str, Any]]:
    whole = _nullable(json.loads((SPECIFICATIONS / file).read_text()))
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            if method in {"get", "post", "delete"}:
                found[method.upper(), _nameless(path)] = {
                    status: _validator(answer, whole) for status, answer in operation["responses"].items()
                }
    return found


def _validator(answer: dict[str, Any], whole: dict[str, Any]) -> Any:
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return jsonschema.Draft202012Validator({**schema, "components": whole["components"]})


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`, JSON Schema a second type."""
    if isinstance(node, list):
        return [_nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _nullable(value) for key, value in node.items()}
    if made.get("nullable") and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    if made.get("nullable") and "enum" in made:
        made["enum"] = [*made["enum"], None]
    return made


def _nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)
