"""What a carrier asks about transfers: agents' legs, conferences, and callers who come out of them.

Every request is signed. Late, repeated and disordered ones are expected; the desk's core ignores what is no news.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import structlog
from fastapi import APIRouter, Depends, HTTPException, Path, Response

from pipeline.transfer_desk import (
    Accepted,
    AgentAnswer,
    Briefing,
    CallerLeft,
    Declined,
    Goodbye,
    Over,
    Taken,
    TransferDesk,
    Unknown,
)
from recordings.errors import StoreUnavailable
from server.edge import Edge, call_sid
from server.order import Latest
from server.webhooks import answer_twiml
from telephony.agent_words import AgentWords, words_of
from telephony.ports import LegStatus
from telephony.twilio import agent_twiml, twiml
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.agent_twiml import JitterBuffer, Room
from telephony.twilio.leg_states import answered_by, leg_status
from telephony.twilio.signature import Signatures

_ID = r"^[A-Za-z0-9_-]{1,64}$"
MAX_OFFER = 999_999
_LABEL = re.compile(r"[A-Za-z0-9_-]{0,64}")
"""Empty: whoever another system put into the conference."""

_T = TypeVar("_T")
Transfer = Annotated[str, Path(pattern=_ID)]
Offer = Annotated[int, Path(ge=0, le=MAX_OFFER)]


def agent_router(
    desk: TransferDesk,
    signatures: Signatures,
    addresses: TransferAddresses,
    stream_url: str,
    jitter: JitterBuffer = "small",
) -> APIRouter:
    """Routes under /twilio that TransferAddresses names. 403: not signed. 404: no such transfer. 503: ask again."""
    router = APIRouter(prefix="/twilio")
    edge, latest = Edge(signatures), Latest()
    _add_agents(router, edge, desk, lambda transfer, name: Room(name, transfer, addresses, jitter))
    _add_legs(router, edge, desk, latest)
    _add_room(router, edge, desk, latest)
    _add_caller(router, edge, desk, addresses, stream_url)
    return router


def _add_agents(router: APIRouter, edge: Edge, desk: TransferDesk, rooms: Callable[[str, str], Room]) -> None:
    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/agent/{transfer}/{offer}")
    async def answered(transfer: Transfer, offer: Offer, form: Form) -> Response:
        """An agent's leg was answered."""
        answer = await asked(desk.answered(transfer, offer, call_sid(form)))
        return _markup(answer, rooms, transfer, offer)

    @router.post("/agent/{transfer}/{offer}/choice")
    async def choice(transfer: Transfer, offer: Offer, form: Form) -> Response:
        """A key was pressed after the briefing."""
        digit = form.get("Digits", "")[:1]
        answer = await asked(desk.chose(transfer, offer, digit, call_sid(form)))
        structlog.get_logger().info("agent chose", transfer=transfer, offer=offer, answer=type(answer).__name__)
        return _markup(answer, rooms, transfer, offer)

    @router.post("/agent/{transfer}/{offer}/done")
    async def done(transfer: Transfer, offer: Offer, form: Form) -> Response:
        """The conference is over for an agent who is still there, or has hung up."""
        if (status := ended(form)) is not None:
            known = await asked(desk.leg_over(transfer, offer, status, "", call_sid(form)))
            return Response(twiml.hang_up(), 200 if known else 404, media_type="application/xml")
        answer = await asked(desk.agent_after(transfer, offer, call_sid(form)))
        return _markup(answer, rooms, transfer, offer)


def _add_legs(router: APIRouter, edge: Edge, desk: TransferDesk, latest: Latest) -> None:
    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/agent/{transfer}/{offer}/amd")
    async def amd(transfer: Transfer, offer: Offer, form: Form) -> Response:
        """What answered is known. Only a machine is news: a person shows by pressing a key."""
        sid, heard = call_sid(form), answered_by(form.get("AnsweredBy", ""))
        if heard not in ("machine", "fax"):
            return Response(status_code=204)
        return _noted(await asked(desk.heard_machine(transfer, offer, sid)))

    @router.post("/agent/{transfer}/{offer}/status")
    async def status(transfer: Transfer, offer: Offer, form: Form) -> Response:
        """How an agent's leg is."""
        sid, state = call_sid(form), leg_status(form.get("CallStatus", ""))
        if state is None:
            raise HTTPException(400, "CallStatus is missing or unknown.")
        if state not in ("queued", "ringing", "in_progress"):
            heard = answered_by(form.get("AnsweredBy", ""))
            return await _report(latest, f"leg {sid}", form, lambda: desk.leg_over(transfer, offer, state, heard, sid))
        return await _report(latest, f"leg {sid}", form, lambda: desk.ringing(transfer, offer, sid))


def _add_room(router: APIRouter, edge: Edge, desk: TransferDesk, latest: Latest) -> None:
    Form = Annotated[dict[str, str], Depends(edge.form)]  # noqa: N806 a type

    @router.post("/conf/{transfer}")
    async def room(transfer: Transfer, form: Form) -> Response:
        """Somebody comes into a conference, or leaves it."""
        event, label = form.get("StatusCallbackEvent", ""), form.get("ParticipantLabel", "")
        change = {"participant-join": desk.joined, "participant-leave": desk.left}.get(event)
        if change is None or not _LABEL.fullmatch(label):
            return Response(status_code=204)
        sid = call_sid(form)
        about = f"{form.get('ConferenceSid', '')} {sid}"
        return await _report(latest, about, form, lambda: change(transfer, label, sid))

    @router.post("/conf/{transfer}/wait/{language}")
    async def wait(transfer: Transfer, language: Annotated[str, Path(pattern=_ID)], form: Form) -> Response:
        """Somebody is alone in a conference."""
        del transfer, form  # whoever waits there waits for the same
        words = words_of(language)
        return _xml(agent_twiml.waiting(words.one_moment, words.tag))

    @router.post("/conf/{transfer}/say/{what}")
    async def say(transfer: Transfer, what: Annotated[str, Path(pattern=_ID)], form: Form) -> Response:
        """An announcement into a conference."""
        del form
        told = await asked(desk.announcement(transfer, what))
        if isinstance(told, Unknown):
            return Response(twiml.hang_up(), 404, media_type="application/xml")
        return _xml(agent_twiml.said(told.text, words_of(told.language).tag))


def _add_caller(
    router: APIRouter, edge: Edge, desk: TransferDesk, addresses: TransferAddresses, stream_url: str
) -> None:
    @router.post("/after/{transfer}")
    async def after(transfer: Transfer, form: Annotated[dict[str, str], Depends(edge.form)]) -> Response:
        """The caller is out of a conference, and still there. Whatever is wrong, they come to the assistant."""
        call_sid(form)
        if ended(form) is not None:  # their own leg's end is told elsewhere; what is answered now nobody hears
            return _xml(twiml.hang_up())
        try:
            answer = await desk.caller_after(transfer, form.get("DialCallStatus", ""))
        except StoreUnavailable as error:
            structlog.get_logger().error("caller after a transfer", transfer=transfer, reason=str(error))
            answer = Unknown()
        if isinstance(answer, Unknown):
            return _xml(twiml.redirect(addresses.resume))
        return _xml(answer_twiml(answer, addresses.public_url, stream_url))


def ended(form: dict[str, str]) -> LegStatus | None:
    """How the leg ended of whoever was in the conference, if it did: the carrier asks what now all the same."""
    status = leg_status(form.get("CallStatus", ""))
    return status if status in ("completed", "failed", "canceled") else None


async def asked(answer: Awaitable[_T]) -> _T:
    """The desk's answer; 503 while the store is in trouble: the carrier asks again."""
    try:
        return await answer
    except StoreUnavailable as error:
        structlog.get_logger().error("transfer not kept", reason=str(error))
        raise HTTPException(503, "Not now; ask again.") from error


async def _report(latest: Latest, about: str, form: dict[str, str], tell: Callable[[], Awaitable[bool]]) -> Response:
    """Tell the desk, unless something later about the same was told before."""
    number = form.get("SequenceNumber", "")
    if not latest.is_news(about, number):
        return Response(status_code=204)
    try:
        return _noted(await asked(tell()))
    except HTTPException:
        latest.forget(about, number)
        raise


def _noted(known: bool) -> Response:
    return Response(status_code=204 if known else 404)


def _markup(answer: AgentAnswer, rooms: Callable[[str, str], Room], transfer: str, offer: int) -> Response:
    match answer:
        case Briefing(text=text, language=language):
            room = rooms(transfer, "")
            return _xml(agent_twiml.briefing(transfer, offer, text, words_of(language), room.addresses))
        case Accepted(room=name, language=language):
            return _xml(agent_twiml.agent_joins(rooms(transfer, name), offer, language))
        case Unknown():
            return Response(twiml.hang_up(), 404, media_type="application/xml")
        case _:
            words = words_of(answer.language)
            return _xml(twiml.speak_and_hang_up(_last_words(answer, words), words.tag))


def _last_words(answer: Declined | Taken | CallerLeft | Over | Goodbye, words: AgentWords) -> str:
    match answer:
        case Declined():
            return words.declined
        case Taken():
            return words.taken
        case CallerLeft():
            return words.caller_left
        case Over():
            return words.over
        case Goodbye():
            return words.goodbye


def _xml(document: str) -> Response:
    return Response(document, media_type="application/xml")
