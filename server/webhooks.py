"""What a carrier asks, by HTTP and by opening a media socket. Every request must be signed; none waits for a remote."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Response, WebSocket

from pipeline.switchboard import CALL, TOKEN, Answer, Connect, EnterRoom, HangUp, Refuse, Switchboard, TakeMessage
from recordings.errors import StoreUnavailable
from server.edge import Edge, call_sid
from server.media import TwilioSocket, monotonic_ms
from telephony.numbers import mask
from telephony.twilio import room_twiml, twiml
from telephony.twilio.addresses import RETRIES, TransferAddresses
from telephony.twilio.signature import Signatures
from telephony.twilio.text_states import text_state

LANGUAGE = "en-US"
SORRY_TOO = "Thank you. We will call you back. Goodbye."
SORRY = "I'm sorry, something went wrong. Please leave a message after the tone."
_POLICY, _BROKEN = 1008, 1011

# Two layers name the same parameters; telephony may not know pipeline
assert (TOKEN, CALL) == (twiml.TOKEN_PARAMETER, twiml.CALL_PARAMETER)  # noqa: S101


def carrier_router(switchboard: Switchboard, signatures: Signatures, public_url: str, stream_url: str) -> APIRouter:
    """Routes under /twilio. The carrier is told public_url and stream_url; headers of requests are not believed."""
    router = APIRouter(prefix="/twilio")
    edge = Edge(signatures)

    def markup(answer: Answer) -> Response:
        return Response(answer_twiml(answer, public_url, stream_url), media_type="application/xml")

    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/voice")
    async def voice(form: Form) -> Response:
        """A call came in."""
        answer = await switchboard.ring(call_sid(form), form.get("From", ""), form.get("To", ""))
        structlog.get_logger().info(
            "call", call_id=form["CallSid"], answer=type(answer).__name__, pii_caller=mask(form.get("From"))
        )
        return markup(answer)

    @router.post("/resume")
    async def resume(form: Form) -> Response:
        """The stream is over and the caller is still there."""
        try:
            return markup(await switchboard.resume(call_sid(form)))
        except StoreUnavailable as error:
            structlog.get_logger().error("call not resumed", call_id=form["CallSid"], reason=str(error))
            return markup(TakeMessage(SORRY))

    @router.post("/message")
    async def message(form: Form) -> Response:
        """A caller left a message with the carrier, and is still there."""
        await _note_message(switchboard, form)
        return markup(Refuse(SORRY_TOO))

    @router.post("/recorded")
    async def recorded(form: Form) -> Response:
        """A recording of the carrier is ready: the same message, or that of a caller who hung up at its end."""
        await _note_message(switchboard, form)
        return Response(status_code=204)

    @router.post("/status")
    async def status(form: Form) -> Response:
        """How a call is; comes late, twice and in any order."""
        switchboard.status(call_sid(form), form.get("CallStatus", ""))
        return Response(status_code=204)

    @router.websocket("/media")
    async def media(websocket: WebSocket) -> None:
        """A stream of a call."""
        if edge.signed_socket(websocket):
            await _carry(websocket, switchboard)
        else:
            await websocket.close(_POLICY)

    _add_texts(router, edge)
    return router


def _add_texts(router: APIRouter, edge: Edge) -> None:
    @router.post("/text")
    async def text(form: Annotated[dict[str, str], Depends(edge.form)]) -> Response:
        """How a text message is; comes late, twice and in any order."""
        _note_text(form)
        return Response(status_code=204)


async def _note_message(switchboard: Switchboard, form: dict[str, str]) -> None:
    seconds = form.get("RecordingDuration", "0")
    try:
        await switchboard.message_left(
            call_sid(form), form.get("RecordingUrl", ""), int(seconds) if seconds.isdecimal() else 0
        )
    except StoreUnavailable as error:  # the message itself is safe with the carrier
        structlog.get_logger().error("message not noted", call_id=form["CallSid"], reason=str(error))


def _note_text(form: dict[str, str]) -> None:
    state = text_state(form.get("MessageStatus", ""))
    if state == "failed":
        told = {"text_id": form.get("MessageSid", ""), "error": form.get("ErrorCode", "")}
        structlog.get_logger().warning("text not delivered", pii_to=mask(form.get("To")), **told)
    elif state is not None:
        structlog.get_logger().info("text", text_id=form.get("MessageSid", ""), state=state)


async def _carry(websocket: WebSocket, switchboard: Switchboard) -> None:
    """Carry the stream of a socket that the carrier opened."""
    await websocket.accept()
    socket = TwilioSocket(websocket, monotonic_ms)
    started = await socket.started()
    if started is None:
        return
    try:
        if not await switchboard.carry(socket, started):
            await socket.close(_POLICY, "no such call")
    except StoreUnavailable as error:  # the carrier asks again, and may get another answer then
        structlog.get_logger().error("call not carried", call_id=started.call_sid, reason=str(error))
        await socket.close(_BROKEN, "not now")


def answer_twiml(answer: Answer, public_url: str, stream_url: str) -> str:
    """What the carrier does for this answer, as TwiML."""
    match answer:
        case Connect(token=token):
            return twiml.connect_stream(stream_url, token, f"{public_url}/twilio/resume{RETRIES}")
        case EnterRoom(call_sid=sid):
            return room_twiml.caller_enters(sid, TransferAddresses(public_url))
        case Refuse(text=text):
            return twiml.speak_and_hang_up(text, LANGUAGE)
        case TakeMessage(text=text):
            return twiml.record_message(
                text,
                LANGUAGE,
                f"{public_url}/twilio/message",
                recorded_url=f"{public_url}/twilio/recorded",
                goodbye="Goodbye.",
            )
        case HangUp():
            return twiml.hang_up()
