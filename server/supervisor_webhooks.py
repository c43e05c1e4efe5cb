"""What a carrier asks and tells of supervisors' telephones: a key first, then the conference of caller and agent."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Response

from pipeline.transfers.conference import Conferences
from server.agent_webhooks import Transfer
from server.edge import Edge, call_sid
from telephony.agent_words import words_of
from telephony.twilio import agent_twiml, twiml
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.agent_twiml import JitterBuffer
from telephony.twilio.leg_states import answered_by, leg_status
from telephony.twilio.signature import Signatures

Name = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


def supervisor_router(
    conferences: Conferences, signatures: Signatures, addresses: TransferAddresses, jitter: JitterBuffer = "small"
) -> APIRouter:
    """Routes under /twilio/supervisor. 403: not signed. 404: no such leg, which is hung up."""
    router, edge = APIRouter(prefix="/twilio/supervisor"), Edge(signatures)
    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/{transfer}/{name}")
    async def answered(transfer: Transfer, name: Name, form: Form) -> Response:
        """Somebody, or something, has answered."""
        leg = conferences.leg(transfer, name, call_sid(form))
        if leg is None:
            return _xml(twiml.hang_up(), 404)
        return _xml(agent_twiml.supervisor_rung(transfer, name, words_of(leg.language), addresses))

    @router.post("/{transfer}/{name}/key")
    async def key(transfer: Transfer, name: Name, form: Form) -> Response:
        """A key was pressed: they want to hear the call."""
        leg = conferences.leg(transfer, name, call_sid(form))
        if leg is None:
            return _xml(twiml.hang_up(), 404)
        if not form.get("Digits") or not conferences.joins(leg):
            return _xml(twiml.hang_up())
        return _xml(agent_twiml.supervisor_joins(leg.room, leg.label, jitter))

    @router.post("/{transfer}/{name}/amd")
    async def amd(transfer: Transfer, name: Name, form: Form) -> Response:
        """What answered is known."""
        sid = call_sid(form)
        if answered_by(form.get("AnsweredBy", "")) not in ("machine", "fax"):
            return Response(status_code=204)
        return Response(status_code=204 if await conferences.heard_machine(transfer, name, sid) else 404)

    @router.post("/{transfer}/{name}/status")
    async def status(transfer: Transfer, name: Name, form: Form) -> Response:
        """How that leg is."""
        sid, state = call_sid(form), leg_status(form.get("CallStatus", ""))
        if state is None:
            raise HTTPException(400, "CallStatus is missing or unknown.")
        going = state in ("queued", "ringing", "in_progress")
        tell = conferences.leg if going else conferences.leg_over
        return Response(status_code=204 if tell(transfer, name, sid) else 404)

    return router


def _xml(document: str, status: int = 200) -> Response:
    return Response(document, status, media_type="application/xml")
