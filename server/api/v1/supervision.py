"""Supervisors of live calls over HTTP: who controls a call, what they did. Commands are answered once they are done.

One supervisor controls a call at a time; a command takes control where nobody has it. It lasts 30 s from the latest
sign, and what it began ends with it: who is held goes on with the assistant.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from pipeline.supervision.calls import AUDIT, Supervised, Who, Wish
from pipeline.supervision.control import LASTS_MS
from pipeline.supervision.errors import Controlled, NoMicrophone, NotNow, NotSupervised
from pipeline.transfers.conference import Conferences
from recordings.events import Event
from recordings.store import CallStore
from server.api.replies import private_json
from server.api.v1.commands import Commands
from server.api.v1.door import require
from server.api.v1.problems import Problem
from server.tokens import Principal

LONGEST: Final = 500
"""Characters of a note, or of words to be said."""
LISTEN: Final = "supervise:listen"
SPEAK: Final = "supervise:speak"
CONTROL: Final = "supervise:control"

CallId = Annotated[str, Path(max_length=100)]
Session = Annotated[
    str, Header(alias="Cordboard-Session", max_length=64, description="tells apart pages that share a token")
]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"\S")]


class Wanted(BaseModel):
    """What a supervisor sends."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Wanted):
    """No more than the command itself."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Live calls, and what is kept of all."""

    supervised: Callable[[str], Supervised | None]
    """Of this process, by the call's id."""
    store: CallStore
    conferences: Conferences | None = None
    """Of callers and agents by telephone; None: no account is set."""

    async def live(self, call_id: str) -> Supervised:
        """A live call's supervisors. Raises Problem 404 and 409, StoreUnavailable."""
        found = self.supervised(call_id)
        if found is not None:
            return found
        if await self.store.call(call_id) is None:
            raise Problem(404, "There is no such call.")
        raise Problem(409, "The call is over.", name="state")


Done = dict[str, Any]
Do = Callable[[Supervised, Who], Done | Awaitable[Done]]


class Asking:
    """Carries out what supervisors ask, once each."""

    def __init__(self, calls: Calls, commands: Commands) -> None:
        self._calls = calls
        self._commands = commands

    async def once(self, request: Request, call_id: str, session: str, do: Do) -> Response:
        """Do it, or give the answer that its key had. Raises Problem 404 and 409."""
        principal: Principal = request.state.principal

        async def told() -> dict[str, Any]:
            call = await self._calls.live(call_id)
            try:
                made = do(call, who_of(principal, session))
                made = await made if isinstance(made, Awaitable) else made
            except NotSupervised as refused:
                raise refusal(refused) from None
            return {**made, "phase": call.phase, "control": _control(call)}

        return private_json(await self._commands.once(request, principal, told))

    async def wish(self, request: Request, call_id: str, session: str, wish: Wish) -> Response:
        """As `once`, for a wish of the dialogue."""

        def do(call: Supervised, who: Who) -> dict[str, Any]:
            met = call.wish(who, wish)
            return {"command": met.command or None, "waits": met.waits}

        return await self.once(request, call_id, session, do)


def supervision_router(calls: Calls, commands: Commands) -> APIRouter:
    """`/calls/{call_id}/supervision`, and who controls the call."""
    router = APIRouter(prefix="/calls/{call_id}", tags=["supervision"])
    asking, sees, controls = Asking(calls, commands), require(LISTEN, CONTROL), require(CONTROL)

    @router.get("/supervision", operation_id="getSupervision", dependencies=[sees])
    async def get_supervision(call_id: CallId) -> Response:
        """Where the call stands, who controls it, what is possible, and all that supervisors did, oldest first."""
        events = await calls.store.events(call_id)
        if not events:
            raise Problem(404, "There is no such call.")
        call = calls.supervised(call_id)
        return private_json(
            {
                "call": call_id,
                "phase": call.phase if call is not None else "ended",
                "control": _control(call) if call is not None else None,
                "possible": call.possible if call is not None else [],
                "listeners": call.listeners if call is not None else 0,
                "speaks": (call.speaks if call is not None else "") or None,
                "actions": [_action(event) for event in events if event.kind in AUDIT],
            }
        )

    @router.post("/control", operation_id="takeControl", dependencies=[controls])
    async def control(call_id: CallId, body: Nothing, request: Request, session: Session = "") -> Response:
        """Control the call, or go on with it, for 30 s; 409 `controlled` where somebody else does."""
        del body

        def do(call: Supervised, who: Who) -> dict[str, Any]:
            call.take(who)
            return {}

        return await asking.once(request, call_id, session, do)

    @router.post("/release_control", operation_id="releaseControl", dependencies=[controls])
    async def release_control(call_id: CallId, body: Nothing, request: Request, session: Session = "") -> Response:
        """Control it no longer: who is held, or was taken over, goes on with the assistant."""
        del body

        def do(call: Supervised, who: Who) -> dict[str, Any]:
            call.release(who)
            return {}

        return await asking.once(request, call_id, session, do)

    return router


def who_of(principal: Principal, session: str) -> Who:
    """A supervisor: one token may serve several people's pages."""
    who = principal.id or principal.name
    return Who(f"{who}/{session}" if session else who, principal.name)


def refusal(refused: NotSupervised) -> Problem:
    """What the one who asked is told."""
    match refused:
        case Controlled(by=by):
            told = f"{by} controls this call; ask again later."
            return Problem(409, told, name="controlled", errors=[{"pointer": "control", "detail": by}])
        case NoMicrophone():
            return Problem(409, f"{str(refused)[:1].upper()}{str(refused)[1:]}.", name="microphone")
        case NotNow():
            return Problem(409, f"{str(refused)[:1].upper()}{str(refused)[1:]}.", name="state")
    return Problem(409, str(refused), name="state")


def _control(call: Supervised) -> dict[str, Any] | None:
    control = call.control
    return None if control is None else {"by": control.by, "lasts_ms": call.control_left_ms, "of_ms": LASTS_MS}


def _action(event: Event) -> dict[str, Any]:
    told = {name: value for name, value in event.data.items() if name != "who"}
    return {"seq": event.seq, "at_ms": event.at_ms, "kind": event.kind, **told}
