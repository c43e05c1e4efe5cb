"""Supervisors who speak themselves, over HTTP: with the caller, or with an agent who has the caller."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from pipeline.bridge import Coaching
from pipeline.supervision.calls import Supervised, Who, Wish
from pipeline.supervision.errors import NotNow
from server.api.v1.commands import Commands
from server.api.v1.door import require
from server.api.v1.problems import Problem
from server.api.v1.supervision import CONTROL, SPEAK, Asking, CallId, Calls, Nothing, Session, Wanted
from telephony.errors import CarrierError, LegGone


class TakesOver(Wanted):
    """The supervisor speaks with the caller."""

    by: Literal["browser", "phone"] = "browser"
    agent: str = Field(default="", max_length=40, description="by phone: whose telephone of the directory rings")


class Coaches(Wanted):
    """The supervisor takes part while an agent has the caller."""

    mode: Literal["listen", "whisper", "barge", "off"]
    """Heard by nobody, by the agent alone, by both; or not there any more."""
    agent: str = Field(default="", max_length=40, description="whose telephone of the directory rings, in a conference")


def taking_over_router(calls: Calls, commands: Commands) -> APIRouter:
    """POST `/calls/{call_id}/take_over`, `hand_back`, `coach`."""
    router = APIRouter(prefix="/calls/{call_id}", tags=["supervision"])
    asking, controls, speaks = Asking(calls, commands), require(CONTROL), require(SPEAK)

    @router.post("/take_over", operation_id="takeOver", dependencies=[controls, speaks])
    async def take_over(call_id: CallId, body: TakesOver, request: Request, session: Session = "") -> Response:
        """Speak with the caller, through the microphone that is open at `talk`; the assistant is quiet.

        By phone: the telephone of `agent` rings, who hears the briefing and presses 1; until then the assistant keeps
        the caller company, and from then on the call is an agent's.
        """
        if body.by == "phone":
            wish = Wish("transfer", agent=_called(calls, body.agent), by_phone=True)
            return await asking.wish(request, call_id, session, wish)
        return await asking.wish(request, call_id, session, Wish("take_over"))

    @router.post("/hand_back", operation_id="handCallBack", dependencies=[controls])
    async def hand_back(call_id: CallId, body: Nothing, request: Request, session: Session = "") -> Response:
        """Give the caller back to the assistant, who knows what it knew and greets nobody."""
        del body
        return await asking.wish(request, call_id, session, Wish("hand_back"))

    @router.post("/coach", operation_id="coach", dependencies=[speaks])
    async def coach(call_id: CallId, body: Coaches, request: Request, session: Session = "") -> Response:
        """Take part while an agent has the caller.

        Where the agent is at the desk, through the microphone that is open at `talk`. Where they are in a conference,
        through a telephone of the directory: whoever answers there presses a key, then hears and is not heard, until
        this is asked again. It takes no control of the call: one supervisor at a time takes part, whoever controls the
        call goes first.
        """

        async def do(call: Supervised, who: Who) -> dict[str, Any]:
            if body.mode == "off":
                call.stop_coaching(who)
                if body.agent and calls.conferences is not None:  # whom an earlier process knew
                    calls.conferences.let_go(call_id, body.agent)
            elif call.coaches_by_phone(who):
                return {"mode": await in_conference(calls, call_id, call, who, body.agent, body.mode)}
            else:
                call.coach(who, body.mode)
            return {"mode": body.mode}

        return await asking.once(request, call_id, session, do)

    return router


def _called(calls: Calls, agent: str) -> str:
    """Somebody whose telephone can be rung. Raises Problem 501 and 409."""
    if calls.conferences is None:
        raise Problem(501, "No carrier's account is set: nobody can be called.", name="by-phone")
    whose = calls.conferences.transfers.agent(agent)
    if whose is None or not whose.phone:
        raise Problem(409, f"{agent or 'Nobody'} has no telephone in the directory; name one by `agent`.", name="state")
    return agent


async def in_conference(calls: Calls, call_id: str, call: Supervised, who: Who, agent: str, mode: Coaching) -> Coaching:
    """What is so now. Raises NotSupervised, and Problem 501 and 502."""
    conferences = calls.conferences
    if conferences is None:
        raise Problem(501, "No carrier's account is set: there is no conference to take part in.", name="by-phone")
    telephone = call.telephone(who, agent, lambda: conferences.let_go(call_id, agent))
    try:
        now = await conferences.coach(call_id, telephone, mode, lambda: call.telephone_over(who))
    except (NotNow, CarrierError) as error:
        call.telephone_failed(who)
        if isinstance(error, CarrierError) and not isinstance(error, LegGone):
            raise Problem(502, f"The carrier did not do it: {type(error).__name__}.", name="carrier") from None
        raise NotNow("the conference is over" if isinstance(error, LegGone) else str(error)) from None
    call.coached_by_phone(who, now)
    return now
