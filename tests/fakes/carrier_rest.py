"""An account's Calls and Conferences over HTTP, as an independent peer that stalls, refuses and loses answers.

It does not call anybody: it keeps what was asked for. Shapes as in Twilio's published descriptions of its API.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal

from aiohttp import encode_basic_auth, web

ACCOUNT = "AC" + "a" * 32
AUTH_TOKEN = "secret of the tests"

Mishap = int | Literal["lost", "lost before", "html", "login", "stall"]
"""A status to answer with, nothing being done; or: it was done and no answer comes; neither was it done nor does an
answer come; it was done and the answer is a proxy's, which fails, or wants a login with status 200; it is done and not
answered before the test ends."""


@dataclass(slots=True)
class Request:
    method: str
    path: str
    """Behind the account."""
    form: dict[str, list[str]]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def value(self, name: str) -> str:
        return self.form[name][0]


@dataclass
class CarrierRest:
    """One account. `mishaps` are met one each by requests that change something, `read_mishaps` by the others."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    rooms: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Participants by the name of a conference that is in progress."""
    tasks: list[dict[str, Any]] = field(default_factory=list)
    streams: dict[str, str] = field(default_factory=dict)
    """Whether they run, by the call's sid and their name."""
    reservations: dict[str, str] = field(default_factory=dict)
    """Statuses by sid."""
    answers: bool = True
    """Workers take the calls that bring them into a conference."""
    requests: list[Request] = field(default_factory=list)
    mishaps: deque[Mishap] = field(default_factory=deque)
    read_mishaps: deque[Mishap] = field(default_factory=deque)
    undiallable: dict[str, int] = field(default_factory=dict)
    """Codes by number."""
    joins: str = ""
    """A call whose markup is replaced turns up in this conference."""
    over_when_listed: bool = False
    """Conferences end right after they were found."""
    dialled: Callable[[str], None] = lambda sid: None
    """Told of each call that is made, as a webhook would be."""
    url: str = ""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def call(self, to: str, from_: str = "", *, status: str = "in-progress", age_s: int = 0, **more: Any) -> str:
        """Have one already."""
        sid = f"CA{len(self.calls):032x}"
        created = format_datetime(datetime.now(UTC) - timedelta(seconds=age_s))
        self.calls.append(
            {"sid": sid, "to": to, "from": from_, "status": status, "date_created": created, "answered_by": None} | more
        )
        return sid

    def asked(self, method: str = "", part: str = "") -> list[Request]:
        return [one for one in self.requests if one.method.startswith(method) and part in one.path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        form: dict[str, list[str]] = {}
        for name, value in (*request.query.items(), *(await request.post()).items()):
            form.setdefault(name, []).append(str(value))
        _, _, path = request.path.partition(f"/Accounts/{ACCOUNT}/")
        asked = Request(request.method, path or request.path, form)
        self.requests.append(asked)
        if request.headers.get("Authorization") != encode_basic_auth(ACCOUNT, AUTH_TOKEN):
            return _error(401, 20003)
        mishaps = self.read_mishaps if request.method == "GET" else self.mishaps
        mishap = mishaps.popleft() if mishaps else None
        if isinstance(mishap, int):
            return _error(mishap, 20429 if mishap == 429 else 20500)
        done = self._do(asked) if mishap != "lost before" else web.Response()
        if mishap in ("lost", "lost before") and request.transport is not None:
            request.transport.abort()
        if mishap == "stall":
            await self.released.wait()
        if mishap in ("html", "login"):
            return web.Response(status=502 if mishap == "html" else 200, text="<html>proxy</html>")
        return done

    def _do(self, asked: Request) -> web.Response:
        for pattern, do in (
            (r"POST Calls\.json", self._dial),
            (r"GET Calls\.json", self._list_calls),
            (r"(?:GET|POST) Calls/(\w+)\.json", self._call),
            (r"POST Calls/(\w+)/Streams\.json", self._listen),
            (r"POST Calls/(\w+)/Streams/([\w-]+)\.json", self._stop_listening),
            (r"GET Conferences\.json", self._list_rooms),
            (r"POST Conferences/([\w-]+)/Participants\.json", self._join),
            (r"GET Conferences/(CF\w+)/Participants\.json", self._list_participants),
            (r"(?:POST|DELETE) Conferences/(CF\w+)/Participants/([\w-]+)\.json", self._participant),
            (r"POST Conferences/(CF\w+)\.json", lambda asked, sid: _answer({"sid": sid})),
            (r"POST /v1/Workspaces/\w+/Tasks", self._task_made),
            (r"GET /v1/Workspaces/\w+/Tasks", self._list_tasks),
            (r"(?:GET|POST) /v1/Workspaces/\w+/Tasks/(\w+)", self._task),
            (r"(?:GET|POST) /v1/Workspaces/\w+/Tasks/\w+/Reservations/(\w+)", self._reservation),
        ):
            if found := re.fullmatch(pattern, str(asked)):
                return do(asked, *found.groups())
        return _error(404, 20404)

    def _dial(self, asked: Request) -> web.Response:
        if code := self.undiallable.get(asked.value("To")):
            return _error(400, code)
        self.call(asked.value("To"), asked.value("From"), status="queued")
        self.dialled(self.calls[-1]["sid"])
        return _answer(self.calls[-1], 201)

    def _list_calls(self, asked: Request) -> web.Response:
        listed = [
            call
            for call in reversed(self.calls)
            if asked.form.get("To", [call["to"]]) == [call["to"]] and asked.value("From") == call["from"]
        ]
        return _page("calls", listed)

    def _call(self, asked: Request, sid: str) -> web.Response:
        call = next((call for call in self.calls if call["sid"] == sid), None)
        if call is None:
            return _error(404, 20404)
        if asked.method == "POST":
            if call["status"] in ("completed", "busy", "no-answer", "failed", "canceled"):
                return _error(400, 21220)
            if "Status" in asked.form:
                call["status"] = asked.value("Status")
            elif self.joins:
                self._enter(self.joins, sid, "customer")
        return _answer(call)

    def _listen(self, asked: Request, sid: str) -> web.Response:
        key = f"{sid} {asked.value('Name')}"
        if not any(call["sid"] == sid for call in self.calls):
            return _error(404, 20404)
        if key in self.streams:
            return _error(400, 20001)
        self.streams[key] = "in-progress"
        return _answer({"sid": f"MZ{len(self.streams):032x}", "status": "in-progress"})

    def _stop_listening(self, asked: Request, sid: str, name: str) -> web.Response:
        if self.streams.get(f"{sid} {name}") != "in-progress":
            return _error(404, 20404)
        self.streams[f"{sid} {name}"] = asked.value("Status")
        return _answer({"sid": "MZ" + "0" * 32, "status": "stopped"})

    def _enter(self, room: str, sid: str, label: str, **more: Any) -> None:
        one = {"call_sid": sid, "label": label, "muted": False, "hold": False, "coaching": False, "status": "connected"}
        self.rooms.setdefault(room, []).append(one | more)

    def _sid_of(self, room: str) -> str:
        return f"CF{sorted(self.rooms).index(room):032x}"

    def _room(self, sid: str) -> list[dict[str, Any]] | None:
        return next((self.rooms[room] for room in self.rooms if self._sid_of(room) == sid), None)

    def _list_rooms(self, asked: Request) -> web.Response:
        name = asked.value("FriendlyName")
        status = "init" if len(self.rooms.get(name, ())) < 2 else "in-progress"
        listed = [
            {"sid": self._sid_of(room), "friendly_name": room, "status": status} for room in self.rooms if room == name
        ]
        listed.insert(0, {"sid": "CF" + "f" * 32, "friendly_name": name, "status": "completed"})
        return _page("conferences", listed)

    def _join(self, asked: Request, room: str) -> web.Response:
        sid = self.call(asked.value("To"), asked.value("From"))
        coach = asked.form.get("CallSidToCoach", [None])[0]
        self._enter(room, sid, asked.value("Label"), coaching=coach is not None, call_sid_to_coach=coach)
        return _answer(self.rooms[room][-1], 201)

    def _list_participants(self, asked: Request, sid: str) -> web.Response:
        room = self._room(sid)
        return _error(404, 20404) if room is None or self.over_when_listed else _page("participants", room)

    def _participant(self, asked: Request, sid: str, who: str) -> web.Response:
        room = self._room(sid) or []
        one = next((one for one in room if who in (one["call_sid"], one["label"])), None)
        if one is None:
            return _error(404, 20404)
        if asked.method == "DELETE":
            room.remove(one)
            return web.Response(status=204)
        sids = [other["call_sid"] for other in room]
        if "CallSidToCoach" in asked.form and asked.value("CallSidToCoach") not in sids:
            return _error(400, 16028)
        for name, key in (("Muted", "muted"), ("Hold", "hold"), ("Coaching", "coaching")):
            if name in asked.form:
                one[key] = asked.value(name) == "true"
        one["call_sid_to_coach"] = asked.form.get("CallSidToCoach", [None])[0]
        return _answer(one)

    def _task_made(self, asked: Request) -> web.Response:
        task = {
            "sid": f"WT{len(self.tasks):032x}",
            "attributes": asked.value("Attributes"),
            "assignment_status": "pending",
        }
        self.tasks.append(task)
        return _answer(task, 201)

    def _list_tasks(self, asked: Request) -> web.Response:
        name, wanted = re.fullmatch(r"(\w+) == '(.*)'", asked.value("EvaluateTaskAttributes")).groups()  # type: ignore[union-attr]
        return _page("tasks", [task for task in self.tasks if json.loads(task["attributes"])[name] == wanted])

    def _task(self, asked: Request, sid: str) -> web.Response:
        task = next((task for task in self.tasks if task["sid"] == sid), None)
        if task is None:
            return _error(404, 20404)
        if asked.method == "GET":
            return _answer(task)
        wanted = asked.value("AssignmentStatus")
        if (wanted == "canceled") != (task["assignment_status"] in ("pending", "reserved")):
            return _error(400, 20001)
        task["assignment_status"] = wanted
        return _answer(task)

    def _reservation(self, asked: Request, sid: str) -> web.Response:
        if sid not in self.reservations:
            return _error(404, 20404)
        if asked.method == "POST":
            if self.reservations[sid] != "pending":
                return _error(400, 20001)
            conference = asked.form.get("Instruction") == ["conference"]
            answered = "accepted" if self.answers else "pending"
            self.reservations[sid] = answered if conference else asked.value("ReservationStatus")
        return _answer({"sid": sid, "reservation_status": self.reservations[sid]})


def _answer(resource: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.json_response(dict(resource), status=status)


def _page(name: str, listed: list[dict[str, Any]]) -> web.Response:
    paging = {"first_page_uri": "", "next_page_uri": None, "page": 0, "page_size": 50}
    meta = {"key": name, "next_page_url": None, "url": "", "page": 0, "page_size": 50}
    return web.json_response({name: listed, "uri": "", "meta": meta, **paging})


def _error(status: int, code: int) -> web.Response:
    return web.json_response({"code": code, "message": "no", "more_info": "", "status": status}, status=status)


@asynccontextmanager
async def carrier_rest() -> AsyncIterator[CarrierRest]:
    """Serve one on loopback."""
    account = CarrierRest()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", account.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    account.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield account
    finally:
        account.released.set()
        await runner.cleanup()
