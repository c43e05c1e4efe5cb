"""Requests to the REST API as the double takes them: read, checked, refused with Twilio's codes, paged."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, cast

from aiohttp import web
from multidict import MultiDict

Json = dict[str, Any]
MAX_PAGE: Final = 1_000


class RestError(Exception):
    """Twilio refuses."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message

    def answer(self) -> web.Response:
        """As Twilio writes it."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        told = {"code": self.code, "message": self.message, "more_info": more, "status": self.status}
        return web.json_response(told, status=self.status)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: where, and with what."""

    path: str
    parts: Mapping[str, str]
    """What stands for the names in the endpoint's path."""
    form: MultiDict[str]
    query: MultiDict[str]

    def has(self, name: str) -> bool:
        """Whether this field was sent."""
        return name in self.form

    def text(self, name: str, default: str = "") -> str:
        """A field's value."""
        return self.form.get(name, default)

    def url(self, name: str, code: int = 21205) -> str:
        """An address that Twilio can ask; empty when none was sent. Raises RestError."""
        given = self.form.get(name, "")
        if given and not given.startswith(("http://", "https://")):
            raise RestError(400, code, f"{name} is not a valid URL: {given}")
        return given

    def all(self, name: str, default: Iterable[str]) -> frozenset[str]:
        """All values of a field that may be repeated, each of which may hold several words."""
        values = self.form.getall(name, [])
        return frozenset(word for value in values for word in value.split()) if values else frozenset(default)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false. Raises RestError."""
        value = self.form.get(name, str(default)).lower()
        if value not in {"true", "false"}:
            raise RestError(400, 20001, f"Invalid value for {name}: {value!r}; true or false")
        return value == "true"

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds. Raises RestError."""
        value = self.form.get(name, str(default))
        if not value.lstrip("-").isdecimal() or not least <= int(value) <= most:
            raise RestError(400, 20001, f"Invalid value for {name}: {value!r}; {least} to {most}")
        return int(value)

    def method(self, name: str) -> Any:
        """GET or POST. Raises RestError."""
        return self.one_of(name, ("POST", "GET"))

    def one_of(self, name: str, choices: Sequence[str]) -> str:
        """One of these; the first when nothing was sent. Raises RestError."""
        value = self.form.get(name, choices[0])
        if value not in choices:
            raise RestError(400, 20001, f"Invalid value for {name}: {value!r}; one of {', '.join(choices)}")
        return value


Answered = tuple[int, Json | None]
Take = Callable[[Any, Asked], Awaitable[Answered]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One request that can be made."""

    method: str
    path: str
    take: Take
    fields: frozenset[str] = frozenset()
    """The fields that the double plays."""
    ignored: frozenset[str] = frozenset()
    """Fields that Twilio knows and that change nothing that can be heard or told here."""


def missing(path: str) -> RestError:
    """Twilio's answer to what is not there."""
    return RestError(404, 20404, f"The requested resource {path} was not found")


def rfc(at: datetime | None) -> str | None:
    """A date as the 2010 API writes it."""
    return None if at is None else format_datetime(at)


def iso(at: datetime) -> str:
    """A date as TaskRouter writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def page(asked: Asked, name: str, items: Sequence[Json]) -> Json:
    """One page of a list of the 2010 API. Raises RestError."""
    size, number = _asked_number(asked, "PageSize", 50), _asked_number(asked, "Page", 0)
    shown = list(items[number * size : (number + 1) * size])
    more = len(items) > (number + 1) * size
    query = "&".join(f"{key}={value}" for key, value in asked.query.items() if key not in {"Page", "PageToken"})

    def uri(at: int) -> str:
        return f"{asked.path}?{query}{'&' if query else ''}Page={at}"

    return {
        name: shown,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(0, len(shown) - 1),
        "uri": uri(number),
        "first_page_uri": uri(0),
        "previous_page_uri": uri(number - 1) if number else None,
        "next_page_uri": uri(number + 1) if more else None,
    }


def after(asked: Asked, name: str, at: datetime) -> bool:
    """Whether a date meets `Name`, `Name>` and `Name<`. Raises RestError."""
    for suffix in ("", ">", "<"):
        given = asked.query.get(name + suffix)
        if given is None:
            continue
        wanted = _date(given)
        met = {
            "": at.date() == wanted.date(),
            ">": at >= wanted.replace(microsecond=0),
            "<": at <= wanted,
        }[suffix]
        if not met:
            return False
    return True


def _date(given: str) -> datetime:
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        raise RestError(400, 20001, f"{given!r} is not a date") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _asked_number(asked: Asked, name: str, default: int) -> int:
    given = asked.query.get(name, str(default))
    if not given.isdecimal() or int(given) > MAX_PAGE:
        raise RestError(400, 20001, f"{name}: {given!r}")
    return int(given)


def multi(values: Any) -> MultiDict[str]:
    """Fields as texts."""
    return MultiDict((key, str(value)) for key, value in cast("MultiDict[Any]", values).items())
