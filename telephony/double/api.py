"""The REST API of one account, on loopback.

Who asks and what is asked is checked; answers are refused, late or lost when a test wants it; every request is kept.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from aiohttp import encode_basic_auth, web

from telephony.double import api_calls, api_conferences, api_queues, api_streams, api_taskrouter
from telephony.double.rest_requests import Asked, Endpoint, Json, RestError, multi

if TYPE_CHECKING:
    from telephony.double.account import Account

RestMishap = Literal["lost_before", "lost_after", "stalled_before", "stalled_after"] | int
"""lost: the connection breaks without an answer · stalled: nothing comes, for as long as the client waits · before,
after: whether what was asked was done · a number: the HTTP status to refuse with, and nothing is done."""

STALLED_S: Final = 120.0
_CODES: Final = {429: 20429, 401: 20003, 403: 20403}
ENDPOINTS: Final = (
    *api_calls.ENDPOINTS,
    *api_streams.ENDPOINTS,
    *api_conferences.ENDPOINTS,
    *api_queues.ENDPOINTS,
    *api_taskrouter.ENDPOINTS,
)


@dataclass(frozen=True, slots=True)
class RestRequest:
    """One request that was made."""

    method: str
    template: str
    """The endpoint's path, with its names in braces."""
    path: str
    """With its query."""
    fields: tuple[tuple[str, str], ...]
    status: int
    """0: no answer was given."""
    code: int = 0
    """Twilio's code when it was refused."""
    mishap: RestMishap | None = None
    answer: Json | None = None
    """What was answered, unless it was lost."""


@dataclass(slots=True)
class _Planned:
    mishap: RestMishap
    method: str
    path: str
    count: int


@dataclass(slots=True)
class Door:
    """The port at which the API is served."""

    runner: web.AppRunner
    site: web.TCPSite
    port: int

    async def shut(self) -> None:
        """Refuse connections from now on."""
        await self.site.stop()

    async def open(self) -> None:
        """Take them again, at the same port. Raises OSError when somebody else has it by now."""
        self.site = web.TCPSite(self.runner, "127.0.0.1", self.port)
        await self.site.start()


@dataclass(slots=True)
class Api:
    """The served API. `requests` is all that was asked, oldest first."""

    account: "Account"
    requests: list[RestRequest] = field(default_factory=list)
    endpoints: tuple[Endpoint, ...] = ENDPOINTS
    on_request: Callable[[RestRequest], None] = lambda _: None
    door: Door | None = None
    """Where it is served; shut, connections are refused."""
    _planned: list[_Planned] = field(default_factory=list)

    def plan(self, mishap: RestMishap, *, method: str = "", path: str = "", count: int = 1) -> None:
        """Let this happen to the next `count` requests of this method whose path holds this text."""
        self._planned.append(_Planned(mishap, method, path, count))

    def well(self) -> None:
        """Nothing that was planned happens any more."""
        self._planned.clear()

    def asked(self, method: str, path: str) -> list[RestRequest]:
        """The requests of this method whose path holds this text."""
        return [each for each in self.requests if each.method == method and path in each.path]

    def routes(self) -> list[web.RouteDef]:
        """Where Twilio has them."""
        return [web.route(each.method, each.path, self._taking(each)) for each in self.endpoints]

    def _taking(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def taken(request: web.Request) -> web.StreamResponse:
            return await self._take(endpoint, request)

        return taken

    async def _take(self, endpoint: Endpoint, request: web.Request) -> web.StreamResponse:
        form = multi(await request.post())
        mishap = self._mishap(request)
        if isinstance(mishap, int):
            refused = RestError(mishap, _CODES.get(mishap, 20500), "an injected failure")
            return self._note(endpoint, request, tuple(form.items()), refused.answer(), refused.code, mishap)
        if mishap in {"lost_before", "stalled_before"}:
            return await self._no_answer(endpoint, request, tuple(form.items()), mishap)
        asked = Asked(request.path, dict(request.match_info), form, multi(request.query))
        try:
            self._check(endpoint, request, asked)
            status, told = await endpoint.take(self.account, asked)
            answer = web.Response(status=status) if told is None else web.json_response(told, status=status)
            code = 0
        except RestError as error:
            answer, code = error.answer(), error.code
        if mishap is not None:
            return await self._no_answer(endpoint, request, tuple(form.items()), mishap)
        return self._note(endpoint, request, tuple(form.items()), answer, code, None)

    def _check(self, endpoint: Endpoint, request: web.Request, asked: Asked) -> None:
        given = request.headers.get("Authorization", "")
        if given != encode_basic_auth(self.account.sid, self.account.auth_token):
            raise RestError(401, 20003, "Authenticate")
        if request.match_info.get("account", self.account.sid) != self.account.sid:
            raise RestError(404, 20404, f"The requested resource {request.path} was not found")
        for name in set(asked.form) - endpoint.fields - endpoint.ignored:
            self.account.problem(0, f"{endpoint.method} {endpoint.path}: {name} is not played by this double")

    def _mishap(self, request: web.Request) -> RestMishap | None:
        for plan in self._planned:
            if plan.count > 0 and plan.method in {"", request.method} and plan.path in request.path:
                plan.count -= 1
                return plan.mishap
        return None

    async def _no_answer(
        self, endpoint: Endpoint, request: web.Request, fields: tuple[tuple[str, str], ...], mishap: RestMishap
    ) -> web.StreamResponse:
        self._note(endpoint, request, fields, None, 0, mishap)
        if mishap in {"stalled_before", "stalled_after"}:
            await asyncio.sleep(STALLED_S)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)

    def _note(
        self,
        endpoint: Endpoint,
        request: web.Request,
        fields: tuple[tuple[str, str], ...],
        answer: web.Response | None,
        code: int,
        mishap: RestMishap | None,
    ) -> web.Response:
        status = 0 if answer is None else answer.status
        body = None if answer is None or not answer.text else json.loads(answer.text)
        made = RestRequest(request.method, endpoint.path, request.path_qs, fields, status, code, mishap, body)
        self.requests.append(made)
        self.on_request(made)
        answer = answer or web.Response()
        answer.force_close()  # a kept connection that is closed meanwhile would be an answer lost that nobody planned
        return answer
