"""What a carrier asks and tells of callers who are called back: their calls are ours from the answer on."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Response

from pipeline.switchboard import Connect, EnterRoom, Switchboard
from pipeline.transfer_desk import CallbackDesk, Unknown
from server.agent_webhooks import MAX_OFFER, Transfer, asked
from server.edge import Edge, call_sid
from server.webhooks import answer_twiml
from telephony.twilio import twiml
from telephony.twilio.leg_states import answered_by, leg_status
from telephony.twilio.signature import Signatures

Attempt = Annotated[int, Path(ge=0, le=MAX_OFFER)]


def callback_router(
    desk: CallbackDesk, switchboard: Switchboard, signatures: Signatures, public_url: str, stream_url: str
) -> APIRouter:
    """Routes under /twilio/back. 403: not signed. 404: no such transfer. 503: ask again."""
    router, edge = APIRouter(prefix="/twilio/back"), Edge(signatures)
    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/{transfer}/{attempt}")
    async def answered(transfer: Transfer, attempt: Attempt, form: Form) -> Response:
        """Somebody, or something, has answered."""
        sid = call_sid(form)
        reached = await asked(desk.caller_answered(transfer, attempt, sid))
        if isinstance(reached, Unknown):
            return Response(twiml.hang_up(), 404, media_type="application/xml")
        answer = await switchboard.ring(sid, reached.caller_number, reached.line_number, reached.calls_back)
        if not isinstance(answer, Connect | EnterRoom):
            await asked(desk.caller_unreached(transfer, attempt, "refused", sid))
        return Response(answer_twiml(answer, public_url, stream_url), media_type="application/xml")

    @router.post("/{transfer}/{attempt}/amd")
    async def amd(transfer: Transfer, attempt: Attempt, form: Form) -> Response:
        """What answered is known."""
        sid = call_sid(form)
        if answered_by(form.get("AnsweredBy", "")) not in ("machine", "fax"):
            return Response(status_code=204)
        return _noted(await asked(desk.caller_unreached(transfer, attempt, "machine", sid)))

    @router.post("/{transfer}/{attempt}/status")
    async def status(transfer: Transfer, attempt: Attempt, form: Form) -> Response:
        """How that leg is."""
        sid, state = call_sid(form), leg_status(form.get("CallStatus", ""))
        if state is None:
            raise HTTPException(400, "CallStatus is missing or unknown.")
        switchboard.status(sid, form["CallStatus"])
        if state in ("queued", "ringing", "in_progress"):
            return Response(status_code=204)
        return _noted(await asked(desk.caller_unreached(transfer, attempt, state, sid)))

    return router


def _noted(known: bool) -> Response:
    return Response(status_code=204 if known else 404)
