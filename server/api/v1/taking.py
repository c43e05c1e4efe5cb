"""What agents do with callers, over HTTP: each command is answered once it is known what came of it."""

from collections.abc import Awaitable, Callable, Collection
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from server.api.replies import private_json
from server.api.v1.commands import Commands
from server.api.v1.problems import Problem
from server.api.v1.staff import Staff, at_desk
from server.api.v1.transfers import to_json
from server.tokens import Principal
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Kept

TransferId = Annotated[str, Path(max_length=100)]
AtDesk = Annotated[str, Depends(at_desk)]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Accepts(_Said):
    """A yes to an offer."""

    offer: int = Field(ge=0, le=10_000)


class Declines(Accepts):
    """A no to an offer."""

    reason: str = Field(default="", max_length=200)


class HandsBack(_Said):
    """The caller goes back to the assistant."""

    note: str = Field(default="", max_length=2000, description="for whoever reads the call later")


class HangsUp(_Said):
    """The agent leaves."""


class WrapsUp(_Said):
    """What came of it."""

    disposition: str = Field(
        pattern="^[a-z][a-z0-9_]{0,39}$",
        description="one of the transfer's `dispositions`; any word where its line names none",
    )
    note: str = Field(default="", max_length=2000)


def taking_router(staff: Staff, commands: Commands) -> APIRouter:
    """POST `/transfers/{id}/accept`, `decline`, `hand_back`, `hang_up`, `wrap_up`: for whoever sits at the desk."""
    router = APIRouter(prefix="/transfers/{transfer_id}", tags=["transfers"])

    async def once(request: Request, do: Callable[[], Awaitable[Kept]]) -> Response:
        who: Principal = request.state.principal

        async def told() -> dict[str, Any]:
            return to_json(await do())

        return private_json(await commands.once(request, who, told))

    @router.post("/accept", operation_id="acceptTransfer")
    async def accept(transfer_id: TransferId, body: Accepts, request: Request, agent: AtDesk) -> Response:
        """Take the caller; 409 where somebody was first, or nobody is wanted any more. Their desk must be open."""
        return await once(request, lambda: accepted(staff, transfer_id, agent, body))

    @router.post("/decline", operation_id="declineTransfer")
    async def decline(transfer_id: TransferId, body: Declines, request: Request, agent: AtDesk) -> Response:
        """Do not take the caller: somebody else is asked."""
        return await once(request, lambda: declined(staff, transfer_id, agent, body))

    @router.post("/hand_back", operation_id="handBack")
    async def hand_back(transfer_id: TransferId, body: HandsBack, request: Request, agent: AtDesk) -> Response:
        """Give the caller back to the assistant."""
        return await once(request, lambda: handed_back(staff, transfer_id, agent, body))

    @router.post("/hang_up", operation_id="leaveTransfer")
    async def hang_up(transfer_id: TransferId, body: HangsUp, request: Request, agent: AtDesk) -> Response:
        """Leave: the call ends, or goes back to the assistant, as the queue has it."""
        del body
        return await once(request, lambda: left(staff, transfer_id, agent))

    @router.post("/wrap_up", operation_id="wrapUp")
    async def wrap_up(transfer_id: TransferId, body: WrapsUp, request: Request, agent: AtDesk) -> Response:
        """Say what came of it, and be free again; said twice, the last word holds."""
        return await once(request, lambda: wrapped_up(staff, transfer_id, agent, body))

    return router


async def accepted(staff: Staff, transfer_id: str, agent: str, said: Accepts) -> Kept:
    """Raises Problem 404 and 409, StoreUnavailable."""
    kept = await _offered(staff, transfer_id, agent, said.offer)
    check_here(staff, transfer_id, said.offer)
    if staff.transfers.desk.seat(agent) is None:
        raise Problem(409, "Open the desk first: there is nowhere to hear the caller.", name="desk")
    staff.transfers.accept(transfer_id, said.offer, agent)
    after = await _once(staff, kept, lambda transfer: transfer.offers[said.offer].standing != "ringing")
    standing = after.transfer.offers[said.offer].standing
    if standing != "accepted":
        raise Problem(409, f"It was not theirs to take any more: {standing}.", name="state")
    return after


async def declined(staff: Staff, transfer_id: str, agent: str, said: Declines) -> Kept:
    """Raises Problem 404 and 409, StoreUnavailable."""
    kept = await _offered(staff, transfer_id, agent, said.offer)
    staff.transfers.decline(transfer_id, said.offer, agent, said.reason)
    after = await _once(staff, kept, lambda transfer: transfer.offers[said.offer].standing != "ringing")
    standing = after.transfer.offers[said.offer].standing
    if standing != "declined":
        raise Problem(409, f"It is not offered any more: {standing}.", name="state")
    return after


async def handed_back(staff: Staff, transfer_id: str, agent: str, said: HandsBack) -> Kept:
    """Raises Problem 404 and 409, StoreUnavailable."""
    kept = await _theirs(staff, transfer_id, agent)
    _check_has(kept, agent, {State.CONNECTED})
    staff.transfers.hand_back(transfer_id, agent, said.note)
    return await _once(staff, kept, lambda transfer: transfer.state is not State.CONNECTED)


async def left(staff: Staff, transfer_id: str, agent: str) -> Kept:
    """Raises Problem 404 and 409, StoreUnavailable."""
    kept = await _theirs(staff, transfer_id, agent)
    offer = _check_has(kept, agent, {State.ACCEPTED, State.BRIDGING, State.CONNECTED})
    check_hangs_up(staff, transfer_id)
    staff.transfers.hang_up(transfer_id, agent)
    return await _once(
        staff,
        kept,
        lambda transfer: transfer.state is State.OVER or transfer.offers[offer].standing != "accepted",
    )


async def wrapped_up(staff: Staff, transfer_id: str, agent: str, said: WrapsUp) -> Kept:
    """Raises Problem 404 and 409, StoreUnavailable."""
    kept = await _theirs(staff, transfer_id, agent)
    took = any(offer.agent == agent and offer.standing in {"accepted", "lost"} for offer in kept.transfer.offers)
    if not took or kept.transfer.state is not State.OVER:
        why = "they speak with the caller" if took else "they did not take the caller"
        raise Problem(409, f"There is nothing to wrap up: {why}.", name="state")
    words = staff.transfers.dispositions(kept.wanted.line, kept.transfer.queue)
    if not words.takes(said.disposition):
        known = ", ".join(words.texts)
        what = f"{said.disposition!r} is no disposition of the queue {kept.transfer.queue}; write one of: {known}."
        raise Problem(422, what, name="disposition")
    await staff.transfers.wrap_up(transfer_id, agent, said.disposition, said.note)
    return kept


def check_here(staff: Staff, transfer_id: str, offer: int) -> None:
    """Whether an offer is accepted here, and not on the telephone that it rings. Raises Problem 409."""
    running = staff.transfers.running(transfer_id)
    if running is not None and staff.transfers.acting.by(running.transfer, offer) == "phone":
        raise Problem(409, "Their telephone rings: answer it, and press 1.", name="phone")


def check_hangs_up(staff: Staff, transfer_id: str) -> None:
    """Whether an agent leaves here, and not by hanging up the telephone by which they speak. Raises Problem 409."""
    running = staff.transfers.running(transfer_id)
    if running is None or running.transfer.accepted is None or running.transfer.state is State.ACCEPTED:
        return
    if staff.transfers.acting.by(running.transfer, running.transfer.accepted) == "phone":
        raise Problem(409, "They speak by telephone: hang that up.", name="phone")


async def _theirs(staff: Staff, transfer_id: str, agent: str) -> Kept:
    """One that was offered to this agent. Raises Problem 404."""
    kept = await staff.transfer(transfer_id)
    if kept is None or agent not in {offer.agent for offer in kept.transfer.offers}:
        raise Problem(404, "There is no such transfer for this agent.")
    return kept


async def _offered(staff: Staff, transfer_id: str, agent: str, offer: int) -> Kept:
    kept = await _theirs(staff, transfer_id, agent)
    offers = kept.transfer.offers
    if offer >= len(offers) or offers[offer].agent != agent:
        raise Problem(404, "There is no such offer for this agent.")
    if staff.transfers.running(transfer_id) is None:
        raise Problem(409, "It is over.", name="state")
    return kept


def _check_has(kept: Kept, agent: str, states: Collection[State]) -> int:
    """The offer with which this agent took the caller. Raises Problem 409."""
    transfer, number = kept.transfer, kept.transfer.accepted
    if transfer.state not in states or number is None or transfer.offers[number].agent != agent:
        raise Problem(409, "They do not have this caller.", name="state")
    return number


async def _once(staff: Staff, kept: Kept, met: Callable[[Transfer], bool]) -> Kept:
    """The transfer once it is so. Raises Problem 503."""
    running = staff.transfers.running(kept.transfer.id)
    if running is None or not await running.until(met):
        raise Problem(503, "It is not known yet what came of it; look again.", headers={"Retry-After": "1"})
    return Kept(running.transfer, running.wanted)
