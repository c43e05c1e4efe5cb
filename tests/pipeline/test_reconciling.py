"""Rounds of asking the carrier, in virtual time."""

import asyncio
from dataclasses import dataclass, field

import pytest

from pipeline.reconciling import AT_ONCE, Reconciler
from recordings.errors import StoreUnavailable
from telephony.double.virtual_time import run
from telephony.errors import CarrierFailed, LegGone
from telephony.ports import Leg, Participant
from telephony.reconcile import Known
from telephony.transfer import decide
from telephony.transfer_events import AgentAccepts, AgentsFound, AgentUnanswered, CallerLeft, PacketReady
from telephony.transfer_state import Transfer

pytestmark = pytest.mark.unit


@dataclass
class Carrier:
    legs: dict[str, Leg | Exception] = field(default_factory=dict)
    inside: tuple[Participant, ...] | Exception = ()
    takes_s: float = 0.0
    ended: list[str] = field(default_factory=list)
    asking: int = 0
    most: int = 0

    async def leg(self, sid, deadline_ms):
        self.asking += 1
        self.most = max(self.most, self.asking)
        await asyncio.sleep(self.takes_s)
        self.asking -= 1
        found = self.legs.get(sid, LegGone("carrier", "no such leg"))
        if isinstance(found, Exception):
            raise found
        return found

    async def participants(self, room, deadline_ms):
        if isinstance(self.inside, Exception):
            raise self.inside
        return self.inside

    async def end(self, sid, deadline_ms):
        self.ended.append(sid)
        raise CarrierFailed("carrier", "broken")


@dataclass
class Transfers:
    known: list[Known]
    told: list[tuple[float, str, object]] = field(default_factory=list)
    broken_once: bool = False
    breaks: list[Exception] = field(default_factory=list)

    async def live(self):
        if self.breaks:
            raise self.breaks.pop()
        return self.known

    async def tell(self, transfer_id, event):
        if self.broken_once:
            self.broken_once = False
            raise StoreUnavailable("the disk is gone")
        self.told.append((asyncio.get_running_loop().time(), transfer_id, event))
        self.known = [
            Known(decide(one.transfer, event)[0], one.caller, one.room, one.legs)
            if one.transfer.id == transfer_id
            else one
            for one in self.known
        ]


def offered(number: int = 1) -> Known:
    transfer = Transfer.asked(f"trf_{number}", f"call{number}", "sales", 0, patience_ms=600_000)
    for event in (PacketReady(0), AgentsFound(0, ("ana", "bo"))):
        transfer, _ = decide(transfer, event)
    return Known(transfer, f"CA{number}", legs={0: f"CA{number}a"})


def rounds(carrier, transfers, seconds):
    async def script():
        reconciler = Reconciler(carrier, transfers.live, transfers.tell, lambda: 1_000)
        task = asyncio.create_task(reconciler.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    run(script())


@pytest.mark.edge("news late, repeated or out of order")
def test_a_missed_callback_is_made_up_for_within_five_seconds_and_once():
    transfers = Transfers([offered()])
    rounds(Carrier({"CA1a": Leg("CA1a", "busy")}), transfers, 16)
    assert transfers.told == [(5.0, "trf_1", AgentUnanswered(1_000, 0, "busy"))]


@pytest.mark.edge("request of the carrier fails or is slow", "store down or disk full")
def test_a_carrier_or_store_in_trouble_is_asked_again_and_nothing_is_made_up():
    carrier, transfers = Carrier({"CA1a": CarrierFailed("carrier", "503")}), Transfers([offered()])
    rounds(carrier, transfers, 11)
    assert transfers.told == []
    carrier.legs["CA1a"] = Leg("CA1a", "no_answer")
    transfers.broken_once = True
    rounds(carrier, transfers, 11)
    assert [at for at, *_ in transfers.told] == [10.0]


def test_a_conference_that_cannot_be_asked_for_hides_no_leg_that_is_over():
    known = offered()
    accepted, _ = decide(known.transfer, AgentAccepts(0, 0))
    transfers = Transfers([Known(accepted, "CA1", "xfer-CA1-1", known.legs)])
    rounds(Carrier({"CA1a": Leg("CA1a", "in_progress")}, CarrierFailed("carrier", "503")), transfers, 6)
    assert [event for *_, event in transfers.told] == [CallerLeft(1_000)]


def test_a_leg_that_nobody_waits_for_is_ended_in_the_second_round_and_again_while_it_lives():
    known = offered()
    over, _ = decide(known.transfer, CallerLeft(0))
    carrier = Carrier({"CA1a": Leg("CA1a", "ringing")})
    rounds(carrier, Transfers([Known(over, "CA1", "", known.legs)]), 16)
    assert carrier.ended == ["CA1a", "CA1a"]


def test_many_transfers_are_asked_about_a_few_at_a_time():
    carrier = Carrier(takes_s=0.1)
    transfers = Transfers([offered(number) for number in range(40)])
    rounds(carrier, transfers, 6)
    assert carrier.most == AT_ONCE
    assert len(transfers.told) == 40


def test_one_transfer_that_breaks_keeps_nobody_from_looking_at_the_others_or_from_the_next_round():
    carrier = Carrier({"CA1a": RuntimeError("nobody foresaw it"), "CA2a": Leg("CA2a", "busy")})
    transfers = Transfers([offered(1), offered(2)])
    rounds(carrier, transfers, 6)
    assert [transfer for _, transfer, _ in transfers.told] == ["trf_2"]
    rounds(carrier, transfers, 11)  # fails where the first round was the last


def test_a_round_whose_transfers_cannot_be_told_is_not_the_last():
    broken = ExceptionGroup("looking at tasks", [TypeError("an answer of another shape")])
    transfers = Transfers([offered()], breaks=[broken])
    rounds(Carrier({"CA1a": Leg("CA1a", "busy")}), transfers, 11)
    assert [at for at, *_ in transfers.told] == [10.0]
