"""A tool that is one HTTP request."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx2

from pipeline.assistant.tools.egress import AddressRefused, AnswerTooLarge
from pipeline.assistant.tools.places import PLACE, PlaceEmpty, filled
from pipeline.assistant.tools.port import (
    ArgumentsInvalid,
    BackendBroken,
    BackendFailed,
    EgressRefused,
    ToolLate,
    ToolMalformed,
    ToolRefused,
    ToolSpec,
)
from pipeline.assistant.tools.request import Request
from pipeline.assistant.tools.secrets import SecretMissing, SecretOf, hidden, names, with_secrets

_NOT_DONE: Final = frozenset({408, 425, 429, 503})
"""The system says that it did not take the request: it may be sent again."""
_NOT_OURS: Final = frozenset({401, 403, 407})
"""Our own credentials are refused: nothing that the caller can mend."""


class HttpTool:
    """Sends its request through a client whose transport checks addresses (egress.CheckedTransport)."""

    def __init__(self, spec: ToolSpec, request: Request, client: httpx2.AsyncClient, secret_of: SecretOf) -> None:
        self.spec = spec
        self._request = request
        self._client = client
        self._secret_of = secret_of

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        sent = self._sent(call, arguments)
        try:
            answer = await self._client.send(sent, follow_redirects=False)
        except httpx2.RequestError as failed:
            raise self._failure(failed, deadline_ms) from failed
        secrets = {name: self._secret_of(name) for name in names(self._request.secret_headers)}
        return dict(hidden(self._result(answer), secrets))

    def _sent(self, call: str, arguments: Mapping[str, Any]) -> httpx2.Request:
        wanted, name = self._request, self.spec.name
        try:
            secret = {header: with_secrets(value, self._secret_of) for header, value in wanted.secret_headers.items()}
        except SecretMissing as missing:
            raise BackendBroken(name, f"the secret {missing} is not set") from None
        key = {wanted.key_header: quote(call, safe="/")} if self.spec.writes and wanted.key_header else {}
        headers = {"Accept": "application/json", **_given(wanted.headers, arguments), **key, **secret}
        body = {} if wanted.body is None else {"json": _given(wanted.body, arguments)}
        query = {field: _query(value) for field, value in _given(wanted.query, arguments).items()}
        url = httpx2.URL(_path_filled(name, wanted.url, arguments))
        url = url.copy_merge_params(query) if query else url
        return self._client.build_request(wanted.method, url, headers=headers, **body)

    def _failure(self, failed: httpx2.RequestError, deadline_ms: int) -> Exception:
        name = self.spec.name
        match failed:
            case AddressRefused():
                return EgressRefused(name, str(failed))
            case AnswerTooLarge():
                return ToolMalformed(name, str(failed))
            case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
                return BackendBroken(name, "it cannot be reached")
            case httpx2.TimeoutException():
                return ToolLate(name, f"no result within {deadline_ms} ms")
        return BackendFailed(name, f"{type(failed).__name__} on the way")

    def _result(self, answer: httpx2.Response) -> Mapping[str, Any]:
        name, status = self.spec.name, answer.status_code
        if status == 404 and self._request.not_found is not None:
            return self._request.not_found
        if 300 <= status < 400:
            # A system that answers a form with "see there" may well have done it; 307 and 308 say that it did not.
            lost = self.spec.writes and status not in {307, 308}
            error = ToolMalformed if lost else EgressRefused
            raise error(name, f"it redirects ({status}), and redirects are not followed")
        if status in _NOT_DONE or status in _NOT_OURS:
            raise BackendBroken(name, f"status {status}")
        if 400 <= status < 500:
            raise ToolRefused(name, f"status {status}")
        if not answer.is_success:
            raise BackendFailed(name, f"status {status}")
        return self._read(answer)

    def _read(self, answer: httpx2.Response) -> Mapping[str, Any]:
        name = self.spec.name
        if answer.status_code == 204 or not answer.content:
            return {}
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not (kind == "application/json" or kind.endswith("+json")) or "content-encoding" in answer.headers:
            raise ToolMalformed(name, f"the answer is {kind or 'of no kind'}, not JSON")
        try:
            value = json.loads(answer.content, parse_constant=_no_constant)
            for part in filter(None, self._request.at.split(".")):
                value = value[part]
        except (ValueError, RecursionError, LookupError, TypeError) as wrong:
            raise ToolMalformed(name, "the answer is not the JSON that was expected") from wrong
        return value if isinstance(value, dict) else {"value": value}


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _given(template: Any, arguments: Mapping[str, Any]) -> Any:
    """A template with its places filled, without the values whose places nothing fills."""
    if isinstance(template, Mapping):
        kept = {}
        for key, value in template.items():
            try:
                kept[key] = _given(value, arguments)
            except PlaceEmpty:
                continue
        return kept
    return filled(template, arguments)


def _query(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return [_query(one) for one in value] if isinstance(value, list) else str(value)


def _path_filled(name: str, url: str, arguments: Mapping[str, Any]) -> str:
    """The URL with its places filled; no argument leaves its own segment of the path."""

    def segment(value: Any) -> str:
        text = quote(str(value), safe="")
        if text in {"", ".", ".."}:
            raise ArgumentsInvalid(name, "an argument that would lead elsewhere")
        return text

    try:
        return PLACE.sub(lambda place: segment(filled(place[0], arguments)), url)
    except PlaceEmpty as empty:
        raise ArgumentsInvalid(name, f"{empty} is missing") from None
