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

from telephony.double.call import DoubleCall
from telephony.double.program import Caller, Settings, Voice
from telephony.double.texts import TextsApi
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
        self._calls: list[DoubleCall] = []
        self._tasks: asyncio.TaskGroup | None = None
        self._webhooks: Webhooks | None = None

    async def __aenter__(self) -> Self:
        session = await self._exits.enter_async_context(
            aiohttp.ClientSession(
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                connector=aiohttp.TCPConnector(limit=0, force_close=True),
            )
        )
        self._webhooks = Webhooks(session, self._auth_token, route=self._route, retry_wait_ms=self._retry_wait_ms)
        self._tasks = await self._exits.enter_async_context(asyncio.TaskGroup())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up_all()
        await self._exits.__aexit__(kind, error, trace)

    async def serve_texts(self, port: int = 0) -> tuple[TextsApi, str]:
        """Serve /Messages.json on loopback until the context is left; gives it, and where it stands in for the API.

        Raises RuntimeError outside the context.
        """
        if self._tasks is None or self._webhooks is None:
            raise RuntimeError("texts are served inside `async with TwilioDouble(...)`")
        texts = TextsApi(self._account_sid, self._auth_token, self._webhooks, self._tasks)
        app = web.Application()
        app.router.add_routes(texts.routes())
        runner = web.AppRunner(app, shutdown_timeout=0.2, access_log=None)
        await runner.setup()
        self._exits.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return texts, f"http://127.0.0.1:{runner.addresses[0][1]}"

    def hang_up_all(self) -> None:
        """Every caller hangs up, also those whose call still rings."""
        for call in self._calls:
            call.hang_up()

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
        if self._tasks is None or self._webhooks is None:
            raise RuntimeError("calls are placed inside `async with TwilioDouble(...)`")
        call = DoubleCall(
            Caller(account_sid=self._account_sid, call_sid="CA" + token_hex(16), from_=from_, to=to),
            Settings(
                voice_url=voice_url,
                voice_method=voice_method,
                fallback_url=fallback_url,
                status_callback=status_callback,
                voice=self._voice,
                on_broken=on_broken,
            ),
            self._webhooks,
        )
        self._calls.append(call)
        self._tasks.create_task(call.run(), name=f"call {call.call_sid}")
        await call.answered()
        return call
