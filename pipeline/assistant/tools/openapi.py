"""An operation of an OpenAPI 3 document, as a tool's request and schemas. Reads one file of the line's folder."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from pipeline.assistant.tools.request import Request
from pipeline.line import source

MAX_BYTES: Final = 4 * 1024 * 1024
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_WRAPPED: Final = {"type": "object"}


class OperationUnusable(ValueError):
    """The document or the operation cannot be used; the text says what is wrong and what to do, with a semicolon."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a document says of one operation."""

    arguments: Mapping[str, Any]
    result: Mapping[str, Any]
    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any

    def request(self, **more: Any) -> Request:
        """The request, with what the line adds to it."""
        headers = {**self.headers, **more.pop("headers", {})}
        return Request(self.method, self.url, query=self.query, headers=headers, body=self.body, **more)


def read_document(path: Path) -> Mapping[str, Any]:
    """A document, checked. Raises OperationUnusable."""
    try:
        content = path.read_bytes()[: MAX_BYTES + 1]
    except OSError as wrong:
        raise OperationUnusable(f"it cannot be read ({wrong.strerror}); name a file in the line's folder") from wrong
    if len(content) > MAX_BYTES:
        raise OperationUnusable(f"it has more than {MAX_BYTES} bytes; leave out what the line does not use")
    document = _parsed(path, content)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise OperationUnusable("it is no OpenAPI 3 document; convert it (Swagger 2 is another format)")
    for reference in _references(document):
        if not reference.startswith("#/"):
            raise OperationUnusable(f"it refers to {reference!r}, outside itself; bundle it into one file")
    try:
        validate(document)
    except OpenAPIValidationError as wrong:
        raise OperationUnusable(f"it is no valid OpenAPI document ({wrong.message[:200]}); correct it") from wrong
    except RecursionError as wrong:
        raise OperationUnusable("it is nested too deeply; leave out what the line does not use") from wrong
    return document


def operation(document: Mapping[str, Any], operation_id: str, server: str = "") -> Operation:
    """What it says of this operation. Raises OperationUnusable."""
    found = {
        str(told.get("operationId")): (path, method, item, told)
        for path, item in document.get("paths", {}).items()
        for method, told in item.items()
        if method in _METHODS
    }
    if operation_id not in found:
        raise OperationUnusable(f"it has no operation {operation_id!r}; known: {', '.join(sorted(found))}")
    path, method, item, told = found[operation_id]
    reading = _Reading(document)
    parameters = [reading.followed(one) for one in (*item.get("parameters", ()), *told.get("parameters", ()))]
    places: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for one in parameters:
        if one["in"] not in places:
            continue  # cookies are for browsers
        name = _plain_name(one["name"])
        places[one["in"]][one["name"]] = f"{{{name}}}"
        properties[name] = reading.schema(one.get("schema", {"type": "string"}))
        required += [name] if one.get("required") else []
    body = reading.body(told.get("requestBody"), properties, required)
    for original, place in places["path"].items():
        path = path.replace(f"{{{original}}}", place)
    arguments = {
        "type": "object",
        "properties": properties,
        "required": list(dict.fromkeys(required)),
        "additionalProperties": False,
    }
    result = reading.result(told.get("responses", {}))
    return Operation(
        reading.whole(arguments),
        reading.whole(result),
        method.upper(),
        _server(document, server) + path,
        places["query"],
        places["header"],
        body,
    )


class _Reading:
    """Follows a document's references; schemas keep theirs, as definitions of their own."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._old = str(document["openapi"]).startswith("3.0")

    def followed(self, value: Any) -> Any:
        """What a reference refers to."""
        for _ in range(20):
            if not (isinstance(value, Mapping) and "$ref" in value):
                return value
            value = self._at(str(value["$ref"]))
        raise OperationUnusable("its references go in circles; correct it")

    def body(self, told: Any, properties: dict[str, Any], required: list[str]) -> Any:
        """The template of the body; its fields become arguments."""
        told = self.followed(told) or {}
        schema = _json_schema_of(told.get("content", {}))
        if schema is None:
            if told.get("required"):
                raise OperationUnusable("the operation takes a body that is not JSON; declare the request by hand")
            return None
        inner = self.followed(schema)
        if inner.get("type") != "object" or not inner.get("properties"):
            properties["body"] = self.schema(schema)
            required += ["body"] if told.get("required") else []
            return "{body}"
        template = {}
        for name, one in inner["properties"].items():
            plain = _plain_name(name)
            if plain in properties:
                raise OperationUnusable(f"two arguments are called {name!r}; declare the request by hand")
            properties[plain] = self.schema(one)
            template[name] = f"{{{plain}}}"
        required += [_plain_name(name) for name in inner.get("required", ())]
        return template

    def result(self, responses: Mapping[str, Any]) -> dict[str, Any]:
        """The schema of what a success gives; what is no object stands under `value`."""
        for status in sorted(responses):
            if not str(status).startswith("2"):
                continue
            schema = _json_schema_of((self.followed(responses[status]) or {}).get("content", {}))
            if schema is None:
                continue
            inner = self.followed(schema)
            if inner.get("type") == "object" or "properties" in inner:
                return {"type": "object", **self.schema(inner)}
            return {"type": "object", "properties": {"value": self.schema(schema)}, "required": ["value"]}
        return dict(_WRAPPED)

    def whole(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema with the definitions that it refers to."""
        needed: dict[str, Any] = {}
        waiting = [schema]
        while waiting:
            for reference in _references(waiting.pop()):
                name = reference.removeprefix("#/$defs/")
                if name not in needed:
                    needed[name] = self.schema(self._at(f"#/components/schemas/{name}"))
                    waiting.append(needed[name])
        return {**schema, "$defs": needed} if needed else schema

    def schema(self, schema: Any) -> dict[str, Any]:
        """A schema of the document as JSON Schema 2020-12."""
        made = self._schema(schema)
        return made if isinstance(made, dict) else {}

    def _schema(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._schema(one) for one in schema]
        if not isinstance(schema, Mapping):
            return schema
        made = {
            key: f"#/$defs/{value.rpartition('/')[2]}" if key == "$ref" else self._schema(value)
            for key, value in schema.items()
            if key not in {"example", "discriminator", "xml", "externalDocs", "nullable"}
        }
        return _modern(made, nullable=schema.get("nullable") is True) if self._old else made

    def _at(self, reference: str) -> Any:
        value: Any = self._document
        for part in reference.removeprefix("#/").split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or name not in value:
                raise OperationUnusable(f"{reference!r} is not in it; correct the reference")
            value = value[name]
        return value


def _modern(schema: dict[str, Any], *, nullable: bool) -> dict[str, Any]:
    """OpenAPI 3.0's own words as JSON Schema's."""
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
    if nullable and isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _json_schema_of(content: Mapping[str, Any]) -> Any:
    for kind, told in content.items():
        plain = kind.partition(";")[0].strip().lower()
        if plain == "application/json" or plain.endswith("+json"):
            return told.get("schema", {})
    return None


def _server(document: Mapping[str, Any], given: str) -> str:
    servers = [str(one.get("url", "")) for one in document.get("servers", ())]
    url = given or (servers[0] if servers else "")
    if not url.startswith(("https://", "http://")) or "{" in url:
        raise OperationUnusable("it does not say where the system is; add server: https://… to the operation")
    return url.rstrip("/")


def _plain_name(name: str) -> str:
    """A name as a step can write it."""
    plain = "".join(sign if sign.isalnum() or sign == "_" else "_" for sign in name).strip("_").lower()
    return plain if plain[:1].isalpha() else f"a_{plain}"


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "$ref" and isinstance(inner, str):
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _parsed(path: Path, content: bytes) -> Any:
    if path.suffix.lower() == ".json":
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as wrong:
            raise OperationUnusable(f"it is no JSON ({wrong}); correct it") from wrong
    written = source.read(content)
    if written.faults:
        fault = written.faults[0]
        raise OperationUnusable(f"line {fault.line}: {fault.what}; {fault.remedy}")
    return written.data
