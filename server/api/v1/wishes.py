"""What supervisors want of the assistant, over HTTP: heed a note, say words, be quiet, put through, end."""

from fastapi import APIRouter, Request, Response
from pydantic import Field

from pipeline.supervision.calls import Wish
from server.api.v1.commands import Commands
from server.api.v1.door import require
from server.api.v1.supervision import CONTROL, LONGEST, Asking, CallId, Calls, Nothing, Session, Text, Wanted


class Whispers(Wanted):
    """A note for the assistant's language model; the caller never hears it."""

    text: Text


class Says(Wanted):
    """Exact words, in the assistant's voice."""

    text: Text
    interrupts: bool = False
    """At once, whoever speaks; else at the next free moment."""


class PutsThrough(Wanted):
    """A person is to take the call."""

    queue: str = Field(max_length=100, description="of the line, with people who can be put through to")


class Ends(Wanted):
    """The call is over."""

    text: str = Field(default="", max_length=LONGEST, description="last words, in the assistant's voice")


def wishes_router(calls: Calls, commands: Commands) -> APIRouter:
    """POST `/calls/{call_id}/whisper`, `say`, `hold`, `unhold`, `transfer`, `end`."""
    router = APIRouter(prefix="/calls/{call_id}", tags=["supervision"])
    asking, controls = Asking(calls, commands), require(CONTROL)

    @router.post("/whisper", operation_id="whisper", dependencies=[controls])
    async def whisper(call_id: CallId, body: Whispers, request: Request, session: Session = "") -> Response:
        """Have the language model heed a note; `supervisor.applied` tells the first turn that it was asked with it."""
        return await asking.wish(request, call_id, session, Wish("whisper", body.text))

    @router.post("/say", operation_id="say", dependencies=[controls])
    async def say(call_id: CallId, body: Says, request: Request, session: Session = "") -> Response:
        """Have the assistant say these words. `waits`: for a free moment; `supervisor.dictated` tells when it came."""
        return await asking.wish(request, call_id, session, Wish("say", body.text, interrupts=body.interrupts))

    @router.post("/hold", operation_id="hold", dependencies=[controls])
    async def hold(call_id: CallId, body: Nothing, request: Request, session: Session = "") -> Response:
        """Have the assistant be quiet: the caller is told so, and hears music."""
        del body
        return await asking.wish(request, call_id, session, Wish("hold"))

    @router.post("/unhold", operation_id="unhold", dependencies=[controls])
    async def unhold(call_id: CallId, body: Nothing, request: Request, session: Session = "") -> Response:
        """Have the assistant go on where it stood."""
        del body
        return await asking.wish(request, call_id, session, Wish("release"))

    @router.post("/transfer", operation_id="transferCall", dependencies=[controls])
    async def transfer(call_id: CallId, body: PutsThrough, request: Request, session: Session = "") -> Response:
        """Put the caller through to a person of a queue, as if they had asked for one."""
        return await asking.wish(request, call_id, session, Wish("transfer", queue=body.queue))

    @router.post("/end", operation_id="endCall", dependencies=[controls])
    async def end(call_id: CallId, body: Ends, request: Request, session: Session = "") -> Response:
        """End the call, with last words or without."""
        return await asking.wish(request, call_id, session, Wish("end", body.text.strip()))

    return router
