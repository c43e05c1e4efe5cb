"""The double itself: a telephone exchange on loopback that calls applications as Twilio does."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from secrets import token_hex
from types import TracebackType
from typing import Final, Literal, Self

import aiohttp
from aiohttp import web

from telephony.double.account import Account
from telephony.double.api import Api, Door
from telephony.double.call import DoubleCall
from telephony.double.entry import Caller, Subscription, call_sid
from telephony.double.people import Behaviour, Person
from telephony.double.program import Settings, Voice
from telephony.double.taskrouter import TaskRouter
from telephony.double.texts import TextsApi
from telephony.double.verbs import VERBS
from telephony.double.webhooks import Webhooks

_ACCOUNT_SID: Final = re.compile(r"AC[0-9a-f]{32}")


class TwilioDouble:
    """Twilio and the callers' handsets, on this machine.

    `route` maps public origins to where they are really served (`{"https://voice.example.com": "http://127.0.0.1:8080"}`):
    requests are signed for the public URL and sent to the other. `voice` speaks `<Say>`; without it something of the
    same length is heard. `retry_wait_ms` passes between attempts of a webhook. Leaving the context hangs up.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        *,
        route: Mapping[str, str] | None = None,
        voice: Voice | None = None,
        retry_wait_ms: int = 0,
    ) -> None:
        if not _ACCOUNT_SID.fullmatch(account_sid):
            raise ValueError("an account sid is AC and 32 hexadecimal digits")
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._route = route
        self._voice = voice
        self._retry_wait_ms = retry_wait_ms
        self._exits = AsyncExitStack()
        self._account: Account | None = None
        self.texts: TextsApi | None = None
        """Text messages, once the API is served."""

    async def __aenter__(self) -> Self:
        session = await self._exits.enter_async_context(
            aiohttp.ClientSession(
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
            )
        )
        webhooks = Webhooks(session, self._auth_token, route=self._route, retry_wait_ms=self._retry_wait_ms)
        tasks = await self._exits.enter_async_context(asyncio.TaskGroup())
        self._account = Account(self._account_sid, self._auth_token, webhooks, tasks, VERBS, self._voice)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up_all()
        await self._exits.__aexit__(kind, error, trace)

    @property
    def account(self) -> Account:
        """What happens on the account. Raises RuntimeError outside the context."""
        if self._account is None:
            raise RuntimeError("everything happens inside `async with TwilioDouble(...)`")
        return self._account

    def person(self, address: str, *behaviours: Behaviour) -> Person:
        """Somebody who can be rung at E.164, `client:name` or a SIP address.

        One behaviour for each call, the last for all that follow; without any they answer and listen. Somebody who is
        known already changes their behaviour.
        """
        person = self.account.people.setdefault(address, Person(address))
        if behaviours:
            person.will(*behaviours)
        return person

    def app(self, voice_url: str) -> str:
        """A TwiML application whose document is here; gives what to call it by (`app:AP…`)."""
        name = "app:AP" + token_hex(16)
        self.account.apps[name] = voice_url
        return name

    def taskrouter(
        self, *, assignment_url: str = "", event_url: str = "", reservation_timeout_s: int = 120
    ) -> TaskRouter:
        """A workspace for the account; there is one. Its REST resources stand with the others."""
        made = TaskRouter(
            self.account,
            assignment_url=assignment_url,
            event_url=event_url,
            reservation_timeout_s=reservation_timeout_s,
        )
        self.account.taskrouter = made
        self._exits.push_async_callback(made.close)
        return made

    async def serve_texts(self, port: int = 0) -> tuple[TextsApi, str]:
        """Serve /Messages.json on loopback until the context is left; gives it, and where it stands in for the API.

        Raises RuntimeError outside the context.
        """
        account = self.account
        texts = TextsApi(self._account_sid, self._auth_token, account.webhooks, account.tasks)
        return texts, await self._serve(texts.routes(), port)

    async def serve_api(self, port: int = 0) -> tuple[Api, str]:
        """Serve the REST API on loopback until the context is left; gives it, and where it stands in for Twilio's.

        Texts are served with it (`texts`). Raises RuntimeError outside the context.
        """
        account = self.account
        self.texts = TextsApi(self._account_sid, self._auth_token, account.webhooks, account.tasks)
        api = Api(account)
        return api, await self._serve([*api.routes(), *self.texts.routes()], port, api)

    async def _serve(self, routes: list[web.RouteDef], port: int, api: Api | None = None) -> str:
        app = web.Application()
        app.router.add_routes(routes)
        runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None, handler_cancellation=True)
        await runner.setup()
        self._exits.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        if api is not None:
            api.door = Door(runner, site, int(runner.addresses[0][1]))
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    def hang_up_all(self) -> None:
        """Every caller hangs up, also those whose call still rings."""
        self.account.hang_up_all()

    async def call(
        self,
        voice_url: str,
        *,
        to: str,
        from_: str,
        voice_method: Literal["GET", "POST"] = "POST",
        fallback_url: str = "",
        status_callback: str = "",
        on_broken: Literal["next_verb", "wait"] = "next_verb",
    ) -> DoubleCall:
        """Place a call. Returns when the line carries sound (a media frame, a verb that plays), or the call is over.

        What goes wrong at the application is a problem of the call, not an exception. Raises RuntimeError outside
        the context.
        """
        account = self.account
        entry = account.register(
            Caller(account_sid=self._account_sid, call_sid=call_sid(), from_=from_, to=to),
            Subscription(status_callback),
        )
        call = DoubleCall(
            entry,
            Settings(
                voice_url=voice_url,
                voice_method=voice_method,
                fallback_url=fallback_url,
                voice=self._voice,
                on_broken=on_broken,
            ),
            account,
        )
        account.tasks.create_task(call.run(), name=f"call {call.call_sid}")
        await call.answered()
        return call
