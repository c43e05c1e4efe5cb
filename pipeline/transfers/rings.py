"""How rings end that nobody answered, and what agents press at the desk of calls that they take by telephone.

Whether a ring is over the transfer decides, in the order of its events: who has accepted by then keeps the caller.
"""

import asyncio
from typing import TYPE_CHECKING

from pipeline.transfers.lost_desks import await_desk
from telephony.transfer_events import AgentDeclines, AgentLeft, RingOver, Unanswered

if TYPE_CHECKING:
    from pipeline.transfers.acting import Acting
    from pipeline.transfers.office import Transfers
    from pipeline.transfers.running import Running


async def ring_out(running: "Running", acting: "Acting", offer: int, agent: str, ring_ms: int, now_ms: int) -> None:
    """End an agent's offer at the desk, this or the next one, when it rang long enough; telephones ring out."""
    await asyncio.sleep(ring_ms / 1000)
    if running.over:
        return
    offers = running.transfer.offers
    theirs = next((number for number in range(offer, len(offers)) if offers[number].agent == agent), -1)
    if theirs in running.transfer.ringing and acting.by(running.transfer, theirs) == "desk":
        running.post(RingOver(now_ms + ring_ms, agent, "no_answer"))


def desk_gone(office: "Transfers", agent: str, now_ms: int) -> None:
    """An agent's desk is gone: it rings there no more, and who has accepted has a moment to come back."""
    for running in office.live():
        offers = enumerate(running.transfer.offers)
        theirs = [number for number, offer in offers if offer.agent == agent]
        if not running.over and any(office.acting.by(running.transfer, number) == "desk" for number in theirs):
            running.post(RingOver(now_ms, agent, "hung_up"))
            office.spawn(_until_decided(office, running, agent))


async def _until_decided(office: "Transfers", running: "Running", agent: str) -> None:
    """Their yes may have come just before."""
    await running.settled()
    accepted = running.transfer.accepted
    if not running.over and accepted is not None and running.transfer.offers[accepted].agent == agent:
        await_desk(office, running, accepted)


def declined(office: "Transfers", running: "Running", offer: int, event: AgentDeclines) -> None:
    """An agent says no at the desk; their telephone stops ringing, or is let go if they had accepted there."""
    running.post(event)
    if office.acting.by(running.transfer, offer) == "phone":
        office.spawn(_let_go(office, running, offer))


def hung_up(office: "Transfers", running: "Running", now_ms: int) -> None:
    """An agent who accepted leaves, said at the desk; by telephone they are let go at once."""
    offer = running.transfer.accepted or 0
    running.post(AgentLeft(now_ms, offer))
    if office.acting.by(running.transfer, offer) == "phone":
        office.spawn(_let_go(office, running, offer))


async def _let_go(office: "Transfers", running: "Running", offer: int) -> None:
    """Once it is decided: who got the caller meanwhile is not cut off."""
    await running.settled()
    standing = running.transfer.offers[offer].standing
    if standing == "declined":
        office.acting.ringing.stop_ringing(running, offer, "withdrawn")
    elif running.over or standing == "lost":
        await office.acting.ringing.let_go(running.id, offer, "left")


def how(why: str) -> Unanswered:
    """What the queue's reason to give up a ring amounts to."""
    return "no_answer" if why == "unanswered" else "hung_up"
