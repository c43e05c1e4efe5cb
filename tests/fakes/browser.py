"""A reader of the pages with a real browser: headless Chromium, as the system has it; nothing is downloaded."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, WebSocket, async_playwright

from tests.fakes.web import TOKEN

_T = TypeVar("_T")

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_MS: Final = 15_000
ONLY_HERE: Final = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""Whatever a page asks for, nothing leaves this machine; the tests look at what was asked."""


def chromium() -> str:
    """Where Chromium is; absent, a loud skip, and in CI a failure."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is not None:
        return found
    reason = "no Chromium is installed (Debian: apt-get install chromium): no page was looked at in a browser"
    if os.environ.get("CORDBOARD_CI") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Reader:
    """One page in a browser of its own, and everything that went wrong or out while it was read."""

    page: Page
    port: int
    errors: list[str] = field(default_factory=list)
    """The console's errors and warnings, exceptions, dialogs."""
    asked: list[str] = field(default_factory=list)
    """Addresses of all requests and sockets that went out; what the page's policy stopped did not."""

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self, path: str) -> None:
        await self.page.goto(self.home + path)

    async def sign_in(self, token: str = TOKEN) -> None:
        await self.page.get_by_label("Access token").fill(token)
        async with self.page.expect_navigation(wait_until="load"):  # or the page is looked at before it has its style
            await self.page.get_by_role("button", name="Sign in").click()

    async def live(self) -> None:
        """Wait until the page follows what happens."""
        await self.page.locator("#connection", has_text="Live").wait_for()

    def strangers(self) -> list[str]:
        """What was asked of anybody but our server."""
        ours = (self.home + "/", f"ws://127.0.0.1:{self.port}/", "data:")
        return [address for address in self.asked if not address.startswith(ours)]


@dataclass
class Readers:
    """Chromium, started once, and an event loop for servers and readers."""

    runner: asyncio.Runner
    browser: Browser

    def run(self, use: Callable[[], Awaitable[_T]]) -> _T:
        """Do this on the loop that the browser lives on."""

        async def inside() -> _T:
            async with asyncio.timeout(60):
                return await use()

        return self.runner.run(inside())

    @asynccontextmanager
    async def reader(self, port: int, **options: Any) -> AsyncIterator[Reader]:
        """A reader who has never been here, of the server at this port; options: of Browser.new_context.

        Fails if the console had anything to say, or anything was asked of another server.
        """
        given = {
            "locale": "en-GB",
            "timezone_id": "Asia/Kolkata",
            "viewport": {"width": 1280, "height": 800},
            **options,
        }
        context = await self.browser.new_context(**given)
        try:
            context.set_default_timeout(PATIENCE_MS)
            reader = Reader(await context.new_page(), port)
            _listen(reader)
            yield reader
            assert reader.errors == []
            assert reader.strangers() == []
        finally:
            await context.close()


def _listen(reader: Reader) -> None:
    def asked(happening: Request | WebSocket) -> None:
        reader.asked.append(happening.url)

    def said(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            reader.errors.append(message.text)

    page = reader.page
    page.on("request", asked)
    page.on("requestfailed", lambda request: _stopped(reader, request))
    page.on("websocket", asked)
    page.on("pageerror", lambda error: reader.errors.append(f"exception: {error}"))
    page.on("console", said)
    page.on("dialog", lambda dialog: reader.errors.append(f"dialog: {dialog.message}"))


def _stopped(reader: Reader, request: Request) -> None:
    if request.failure == "csp":
        reader.asked.remove(request.url)


@contextmanager
def readers(*options: str) -> Iterator[Readers]:
    """Start Chromium, and stop it again. options: of its command line."""
    program = chromium()
    with asyncio.Runner() as runner:
        driver = runner.run(async_playwright().start())
        browser = runner.run(driver.chromium.launch(executable_path=program, args=[ONLY_HERE, *options]))
        try:
            yield Readers(runner, browser)
        finally:
            runner.run(browser.close())
            runner.run(driver.stop())
