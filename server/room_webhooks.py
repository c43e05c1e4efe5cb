"""What a carrier asks and tells of callers who are in a conference of their own: their room, and the assistant's leg.

Every request is signed. Late, repeated and lost ones are expected: pipeline.rooms asks for what it was not told.
"""

from typing import Annotated
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Depends, Path, Query, Response

from pipeline.rooms import Rooms
from pipeline.switchboard import Answer, Connect, Switchboard, TakeMessage
from pipeline.transfer_desk import TransferDesk
from pipeline.transfers.carrier_desk import CarrierDesk
from recordings.errors import StoreUnavailable
from server.agent_webhooks import asked, ended
from server.edge import MAX_SID_CHARACTERS, Edge, call_sid
from server.webhooks import SORRY, answer_twiml
from telephony.rooms import ASSISTANT, CALLER, offer_of
from telephony.twilio import twiml
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.signature import Signatures

_SID = rf"^[A-Za-z0-9]{{1,{MAX_SID_CHARACTERS}}}$"
Call = Annotated[str, Path(pattern=_SID)]


def room_router(
    rooms: Rooms, desk: CarrierDesk, switchboard: Switchboard, signatures: Signatures, public_url: str, stream_url: str
) -> APIRouter:
    """Routes under /twilio that TransferAddresses names. 403: not signed. 404: no such call. 503: ask again."""
    router, edge, addresses = APIRouter(prefix="/twilio"), Edge(signatures), TransferAddresses(public_url)
    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/assistant")
    async def assistant(form: Form, call: Annotated[str, Query(pattern=_SID)] = "") -> Response:
        """The assistant's leg: it is in a caller's room, or its stream is over."""
        leg = call_sid(form)
        of = call or form.get("call", "") or _named(form.get("To", "")) or await rooms.call_of(leg)
        if not of.isalnum() or len(of) > MAX_SID_CHARACTERS:
            structlog.get_logger().warning("nobody asked for this leg of the assistant", leg=leg)
            return _xml(twiml.hang_up(), 404)
        if not await rooms.asked_for(leg, of):
            structlog.get_logger().warning("a leg that is not the assistant's asks for its stream", leg=leg, call_id=of)
            return _xml(twiml.hang_up(), 404)
        rooms.learn(leg, of)
        answer = await asked(switchboard.assistant_asks(of, leg))
        if isinstance(answer, Connect):
            return _xml(twiml.connect_stream(stream_url, answer.token, addresses.assistant(of), call_sid=of))
        return _xml(twiml.hang_up())

    _add_room(router, edge, rooms, desk)
    _add_after(router, edge, switchboard, public_url, stream_url)
    return router


def _add_room(router: APIRouter, edge: Edge, rooms: Rooms, desk: CarrierDesk) -> None:
    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/room/{call}")
    async def room(call: Call, form: Form) -> Response:
        """Somebody comes into a caller's room, or leaves it."""
        event, label = form.get("StatusCallbackEvent", ""), form.get("ParticipantLabel", "")
        if event not in ("participant-join", "participant-leave"):  # of the conference itself, without a leg
            return Response(status_code=204)
        leg = call_sid(form)
        match event, label:
            case ("participant-join", _) if label == CALLER and leg == call:
                rooms.came(call)
            case ("participant-leave", _) if label == CALLER and leg == call:
                rooms.left(call)
            case ("participant-join", _) if label == ASSISTANT:
                rooms.learn(leg, call)
            case ("participant-join" | "participant-leave", _) if offer_of(label) is not None:
                await _agent(desk, event, desk.of_call(call), label, leg)
            case _:
                pass
        return Response(status_code=204)


def _add_after(router: APIRouter, edge: Edge, switchboard: Switchboard, public_url: str, stream_url: str) -> None:
    @router.post("/room/{call}/after")
    async def after(call: Call, form: Annotated[dict[str, str], Depends(edge.form)]) -> Response:
        """The caller is out of their room, and still there: they get a stream of their own."""
        del call
        sid = call_sid(form)
        if ended(form) is not None:  # their own leg's end is told elsewhere; what is answered now nobody hears
            return _xml(twiml.hang_up())
        return _xml(answer_twiml(await _resumed(switchboard, sid), public_url, stream_url))


async def _agent(desk: TransferDesk, event: str, transfer: str, label: str, leg: str) -> None:
    tell = desk.joined if event == "participant-join" else desk.left
    if transfer:
        await asked(tell(transfer, label, leg))


async def _resumed(switchboard: Switchboard, sid: str) -> Answer:
    try:
        return await switchboard.resume(sid)
    except StoreUnavailable as error:
        structlog.get_logger().error("call not resumed", call_id=sid, reason=str(error))
        return TakeMessage(SORRY)


def _named(to: str) -> str:
    """The call that the address names under which this leg was asked for; empty: none."""
    return dict(parse_qsl(to.partition("?")[2])).get("call", "")


def _xml(document: str, status: int = 200) -> Response:
    return Response(document, status, media_type="application/xml")
