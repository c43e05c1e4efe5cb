"""The distinct REST requests that tests make through the double, kept in a file: what test_prism.py has judged.

A request is another one when its method, its endpoint or the names of its fields are others. A new one fails the test
that makes it until it was recorded: CORDBOARD_RECORD_REQUESTS=1 pytest -n 0 with the tests that make it.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from telephony.double.api import Api, RestRequest
from telephony.double.texts import TextsApi
from tests.fakes.rest_answers import fault

KEPT = Path(__file__).resolve().parent.parent / "telephony" / "double" / "rest_requests.jsonl"
TEXTS = "/2010-04-01/Accounts/{account}/Messages.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of request, with the values of the first that was made."""

    method: str
    template: str
    path: str
    fields: tuple[tuple[str, str], ...]

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it distinct."""
        query = sorted({name for name, _ in parse_qsl(urlsplit(self.path).query, keep_blank_values=True)})
        return (self.method, self.template, *query, "|", *sorted({name for name, _ in self.fields}))


@cache
def kept() -> dict[tuple[str, ...], Kept]:
    """All that are in the file."""
    lines = KEPT.read_text().splitlines() if KEPT.exists() else []
    read = [json.loads(line) for line in lines]
    made = [Kept(each["method"], each["template"], each["path"], tuple(map(tuple, each["fields"]))) for each in read]
    return {each.key: each for each in made}


@contextmanager
def only_judged(api: Api, texts: TextsApi | None = None) -> Iterator[None]:
    """Raise an AssertionError at the end that names requests which were never judged, and answers which are wrong."""
    strange: list[Kept] = []
    wrong: list[str] = []

    def seen(request: RestRequest) -> None:
        made = Kept(request.method, request.template, request.path, request.fields)
        if not 200 <= request.status < 300:
            return  # what the double refuses or loses is no claim about Twilio
        if made.key not in kept():
            strange.append(made)
        if told := fault(request):
            wrong.append(f"{request.method} {request.path}: {told}")

    api.on_request = seen
    yield
    for method, path, fields, status in texts.made if texts is not None else ():
        seen(RestRequest(method, TEXTS, path, fields, status))
    assert not wrong, f"answers that Twilio's specification does not know: {wrong}"
    if os.environ.get("CORDBOARD_RECORD_REQUESTS") == "1":
        _record(strange)
    else:
        assert not strange, f"run with CORDBOARD_RECORD_REQUESTS=1 and let test_prism.py judge: {strange}"


def _record(strange: list[Kept]) -> None:
    kept.cache_clear()  # others record, too
    kept().update({each.key: each for each in strange})
    told = sorted(kept().values(), key=lambda each: (each.template, each.method, each.key))
    KEPT.write_text("".join(json.dumps(_json(each), ensure_ascii=False) + "\n" for each in told))


def _json(each: Kept) -> dict[str, object]:
    return {"method": each.method, "template": each.template, "path": each.path, "fields": each.fields}
