"""One run's world: a server process, the carrier's double, people at telephones and desks; and what is true in the end.

Nothing is handed over in memory: the double calls the server over HTTP and opens its media sockets, the server asks the
double's REST API for calls to agents, desks are WebSockets. What the run knows of the server it knows from its API, its
store on the disk, its log, and from everybody's ears.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final, Literal

import httpx
from twilio.request_validator import RequestValidator

from recordings.events import Event
from recordings.store import SqliteCallStore
from server.data_dir import DATABASE
from telephony.double.api import Api
from telephony.double.call import DoubleCall
from telephony.double.exchange import TwilioDouble
from telephony.double.people import Behaviour, Person
from tests.edge_runs import server
from tests.edge_runs.line import NUMBER, QUEUE, write_line
from tests.edge_runs.oracle import LONGEST_MS
from tests.edge_runs.people import Caller, Desk, Ears, Phoned, Supervisor, open_page
from tests.edge_runs.process import Served, free_port
from tests.peers.speech import say
from voice.audio import pcm_to_ulaw

ACCESS: Final = "the access token of these runs"
AUTH_TOKEN: Final = "0123456789abcdef0123456789abcdef"
Topology = Literal["direct", "conference_first"]
CALLER: Final = "+14155550101"
FRIDAY: Final = datetime(2026, 11, 20, 18, tzinfo=UTC)
"""Ten in the morning where the callers are: when every run begins."""
WISH: Final = "a person please"


def closed_by_us(detail: str) -> bool:
    """The carrier's debugger shows that we closed the stream that listened: the caller is the assistant's again."""
    return "closed a stream that it was to listen to" in detail


@dataclass
class Edge:
    """How one case's world differs."""

    queue: Mapping[str, Any] = field(default_factory=dict)
    line: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    outcomes: Sequence[str] = ("completed",)
    """Of the first caller's transfers; where either may be, both, with a bar between them."""
    silence_ms: int = LONGEST_MS
    problems: Callable[[str], bool] = lambda _detail: False
    """Which of the carrier's complaints belong to the case."""
    logs: Sequence[str] = ()
    """What the server may complain of in its log."""
    slow: bool = False
    """It takes more than a minute: it is begun first."""


@dataclass
class Office:
    """What a case works with."""

    folder: Path
    url: str
    edge: Edge
    double: TwilioDouble
    api: Api
    http: httpx.AsyncClient
    ears: Ears
    server: Served
    store: SqliteCallStore = field(init=False)
    callers: list[Caller] = field(default_factory=list)
    desks: list[Desk] = field(default_factory=list)
    humming: "list[asyncio.Task[None]]" = field(default_factory=list)
    silences: list[int] = field(default_factory=list)
    """The longest of ears that are nobody's of `callers`."""
    phones: int = 0

    # People

    async def phone(self, agent: str, *will: Behaviour, available: bool = True, address: str = "") -> Person:
        """An agent with a telephone, who behaves so."""
        self.phones += 1
        number = address or f"+141555502{self.phones:02d}"
        person = self.double.person(number, *will)
        await self.put(agent, phone=number)
        if available:
            await self.presence(agent, "available")
        self.humming.append(asyncio.create_task(self._hums(person)))
        return person

    async def _hums(self, person: Person) -> None:
        """Whoever takes calls makes a sound while nothing else is to be said."""
        seen = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                for call in person.calls[seen:]:
                    tasks.create_task(self._once_joined(call))
                seen = len(person.calls)
                await asyncio.sleep(0.1)

    async def _once_joined(self, call: DoubleCall) -> None:
        while not call.over:
            members = [one.entry.sid for room in self.double.account.conferences for one in room.members]
            if call.call_sid in members and len(members) > 1:
                await Phoned(call).hums()
            await asyncio.sleep(0.1)

    async def desk(self, agent: str, *, available: bool = True, phone: str = "") -> Desk:
        """An agent who opens the desk."""
        await self.put(agent, phone=phone)
        return await self.reopens(agent, available=available)

    async def reopens(self, agent: str, *, available: bool = True) -> Desk:
        """An agent who is known opens the desk."""
        desk = await open_page(self.url, f"/desk?agent={agent}", ACCESS, agent)
        self.desks.append(desk)
        if available:
            await desk.say("presence", presence="available")
            await desk.gets("presence", presence="available")
        return desk

    async def put(self, agent: str, phone: str = "", queues: Sequence[str] = (QUEUE,)) -> None:
        """Enter an agent into the directory."""
        body = {"name": agent.title(), "queues": list(queues), "phone": phone}
        (await self.http.put(f"/api/v1/agents/{agent}", json=body)).raise_for_status()

    async def presence(self, agent: str, presence: str) -> None:
        """Say whether they take calls."""
        (await self.http.post(f"/api/v1/agents/{agent}/presence", json={"presence": presence})).raise_for_status()

    async def call(self, from_: str = CALLER, **options: Any) -> Caller:
        """Somebody calls."""
        options.setdefault("status_callback", f"{self.url}/twilio/status")
        call = await self.double.call(f"{self.url}/twilio/voice", to=NUMBER, from_=from_, **options)
        self.callers.append(Caller(call, self.ears))
        return self.callers[-1]

    async def asks(self, from_: str = CALLER, **options: Any) -> Caller:
        """Somebody calls and asks for a person."""
        caller = await self.call(from_, **options)
        await caller.says(WISH)
        return caller

    async def supervisor(self, caller: Caller, name: str) -> Supervisor:
        """Somebody with a token of their own and an open microphone."""
        scopes = ["supervise:listen", "supervise:speak", "supervise:control"]
        made = await self.http.post("/api/v1/tokens", json={"name": name, "scopes": scopes})
        token = made.raise_for_status().json()["token"]
        page = await open_page(self.url, f"/calls/{caller.sid}/talk", token, name)
        self.desks.append(page)
        await page.gets("hello")
        headers = {"Authorization": f"Bearer {token}"}

        async def posts(verb: str, **body: Any) -> httpx.Response:
            return await self.http.post(f"/api/v1/calls/{caller.sid}/{verb}", json=body, headers=headers)

        return Supervisor(name, page, posts)

    async def signed(self, path: str, form: Mapping[str, str], token: str = AUTH_TOKEN) -> httpx.Response:
        """A request as the carrier makes it, signed with this token."""
        signature = RequestValidator(token).compute_signature(self.url + path, dict(form))
        return await self.http.post(path, data=dict(form), headers={"X-Twilio-Signature": str(signature)})

    async def answered(self, person: Person, count: int = 1) -> Phoned:
        """Wait until they have taken so many calls."""
        return Phoned(await person.answered(count, timeout_s=90))

    # What is known

    async def transfers(self, caller: Caller) -> list[dict[str, Any]]:
        """The call's, the first one first."""
        got = await self.http.get("/api/v1/transfers", params={"call": caller.sid})
        got.raise_for_status()
        return list(reversed(got.json()["items"]))

    async def until(self, caller: Caller, state: str, number: int = -1, timeout_s: float = 60.0) -> dict[str, Any]:
        """Wait until the call's latest transfer, or this one, is there. Raises AssertionError."""
        found: list[dict[str, Any]] = []
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            found = await self.transfers(caller)
            if found and -len(found) <= number < len(found) and found[number]["state"] == state.lower():
                return found[number]
            await asyncio.sleep(0.15)
        raise AssertionError(f"no transfer became {state} in {timeout_s:.0f} s: {found}")

    async def events(self, caller: Caller) -> tuple[Event, ...]:
        """What the store has of a call."""
        return await self.store.events(caller.sid)

    async def kept(self, caller: Caller, kind: str) -> list[Mapping[str, Any]]:
        """What it has of this kind."""
        return [event.data for event in await self.events(caller) if event.kind == kind]

    async def assistant_said(self, caller: Caller) -> list[str]:
        """What the assistant began to say."""
        return [str(one["text"]) for one in await self.kept(caller, "assistant.speaks")]

    async def eventually(self, holds: Callable[[], bool], timeout_s: float = 15.0) -> None:
        """Wait until it holds. Raises AssertionError."""
        deadline_s = time.monotonic() + timeout_s
        while not holds() and time.monotonic() < deadline_s:  # noqa: ASYNC110 of other processes
            await asyncio.sleep(0.05)
        assert holds(), f"it does not hold after {timeout_s:.0f} s"

    async def eventually_kept(
        self, caller: Caller, kind: str, timeout_s: float = 40.0, **like: Any
    ) -> Mapping[str, Any]:
        """Wait until the store has such an event; gives its data. Raises AssertionError."""
        deadline_s = time.monotonic() + timeout_s
        found: list[Mapping[str, Any]] = []
        while time.monotonic() < deadline_s:
            found = await self.kept(caller, kind)
            for one in found:
                if like.items() <= one.items():
                    return one
            await asyncio.sleep(0.15)
        raise AssertionError(f"no {kind} with {like}: {found}")

    async def ended_as(self, caller: Caller) -> str:
        """The call's own outcome."""
        return str((await self.eventually_kept(caller, "call.ended"))["outcome"])

    def legs_of(self, person: Person) -> list[str]:
        """How every call to them stands."""
        return [entry.status for entry in self.double.account.calls.values() if entry.caller.to == person.address]


def _speaks(text: str, language: str) -> bytes:
    """The carrier's voice: it spells as ours does."""
    del language
    return pcm_to_ulaw(say(text))


@asynccontextmanager
async def open_office(folder: Path, edge: Edge, topology: Topology = "direct") -> AsyncIterator[Office]:
    """Everything of one run; it is taken down again."""
    port, account = free_port(), f"AC{token_hex(16)}"
    url = f"http://127.0.0.1:{port}"
    write_line(folder / "line", edge.queue, {"topology": topology, **edge.line})
    (folder / "data").mkdir()
    (folder / "ears").mkdir()
    async with AsyncExitStack() as stack:
        double = await stack.enter_async_context(TwilioDouble(account, AUTH_TOKEN, voice=_speaks, retry_wait_ms=1_500))
        api, api_url = await double.serve_api()
        bearer = {"Authorization": f"Bearer {ACCESS}"}
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, headers=bearer, trust_env=False, timeout=10)
        )
        environment = {
            "CORDBOARD_PORT": str(port),
            "CORDBOARD_PUBLIC_URL": url,
            "CORDBOARD_DATA_DIR": str(folder / "data"),
            "CORDBOARD_LINES": str(folder / "line"),
            "CORDBOARD_ACCESS_TOKEN": ACCESS,
            "CORDBOARD_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "CORDBOARD_TWILIO_ACCOUNT_SID": account,
            "CORDBOARD_TWILIO_API_URL": api_url,
            "CORDBOARD_TWILIO_APP_SID": double.app(f"{url}/twilio/assistant").removeprefix("app:"),
            server.CLOCK: str(folder / "clock"),
            server.EARS: str(folder / "ears"),
            **edge.env,
        }
        served = Served(folder, environment, http)
        office = Office(folder, url, edge, double, api, http, Ears(folder / "ears"), served)
        served.clock((FRIDAY - datetime.now(UTC)).total_seconds())
        stack.callback(served.kill)
        await served.start()
        office.store = SqliteCallStore(folder / "data" / DATABASE)
        stack.push_async_callback(office.store.close)
        try:
            yield office
        finally:
            for task in office.humming:
                task.cancel()
            for desk in office.desks:
                await desk.end()
