"""Random troubles over a whole office in virtual time: two agents at desks, two by telephone, one caller.

Agents accept, decline, hang up, press keys, lose their desks; the carrier refuses, is silent, and tells late, twice or
never; the caller hangs up, or does not. After that nobody does anything any more, and everything has to end well.
CORDBOARD_OFFICES: so many schedules; CORDBOARD_OFFICE: the first one.
"""

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import pytest

from telephony.agents import Agent
from telephony.double.call import DoubleCall
from telephony.double.entry import OVER
from telephony.double.errors import CallOver
from telephony.double.people import Answers, Behaviour, Busy, Declines, Fails, NoAnswer, Voicemail
from telephony.double.script import HangUp, Press, PressAt, Wait
from telephony.rooms import CALLER
from telephony.transfer_state import State, Transfer
from tests.fakes.agents import DeskAgent
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import SUPPORT, PhoneOffice, phone_agent, phone_office
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.call

SCHEDULES: Final = int(os.environ.get("CORDBOARD_OFFICES", "12"))
FIRST: Final = int(os.environ.get("CORDBOARD_OFFICE", "0"))
PEOPLE: Final = (
    phone_agent("ana", AGENT),
    phone_agent("ben", OTHER),
    Agent("dan", "Dan", SUPPORT),
    Agent("eva", "Eva", SUPPORT),
)
REFUSALS: Final = (503, 503, 500, 429, "lost_before", "lost_after", "stalled_before", "stalled_after")
LOSSES: Final = ("late", "late", "twice", "swapped", "never")

HUMS: Final = {"ana": 700.0, "ben": 1_100.0, "dan": 1_700.0, "eva": 2_300.0}
AT_DESK: Final = ("accept", "accept", "decline", "decline", "leave", "hang_up", "hand_back", "available", "")


@dataclass
class Trouble:
    """One schedule, played."""

    office: PhoneOffice
    random: Random
    desks: list[DeskAgent] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    """Whose desks are closed."""
    did: list[str] = field(default_factory=list)
    """What happened, for whoever reads why a schedule failed."""

    def note(self, what: str) -> None:
        self.did.append(f"{asyncio.get_running_loop().time():.2f} {what}")

    # Voices: every agent hums a tone of their own into whatever they hold

    async def hums(self, desk: DeskAgent, hz: float) -> None:
        while True:
            await desk.speaks(tone(1_000, db=-18, hz=hz))

    async def hums_by_phone(self, phone: str, hz: float) -> None:
        while True:
            await asyncio.sleep(0.1)
            for leg in self.office.at.double.person(phone).calls:
                if not leg.over and leg.lasted_ms > 100:
                    with suppress(CallOver):
                        await leg.say(tone(1_000, db=-18, hz=hz))

    async def listened(self, call: DoubleCall) -> None:
        """Two agents are never heard at once, and the one who is connected is."""
        since: tuple[int | None, float] = (None, 0.0)
        while not call.over:
            await asyncio.sleep(1)
            now, now_s = self.office.transfer(call), asyncio.get_running_loop().time()
            with_agent = now.accepted if now is not None and now.state is State.CONNECTED else None
            if with_agent != since[0] or (now is not None and self.is_gone(now, with_agent)):
                since = (with_agent, now_s)
            audio = call.ear.heard.audio(call.now_ms - 500, call.now_ms)
            heard_now = [agent for agent, hz in HUMS.items() if heard(audio, hz)]
            assert len(heard_now) <= 1, heard_now
            if now is not None and with_agent is not None and now_s - since[1] > 4:
                assert heard_now == [now.offers[with_agent].agent], (now_s, heard_now, now)

    def is_gone(self, now: Transfer, offer: int | None) -> bool:
        """Whether whom the caller is connected with has left their desk, or hung up, a moment ago."""
        agent = now.offers[offer].agent if offer is not None else ""
        if self.office.transfers.acting.by(now, offer or 0) == "desk":
            return agent in self.away
        phone = {"ana": AGENT, "ben": OTHER}.get(agent, "")
        return all(leg.over for leg in self.office.at.double.person(phone).calls)

    # Telephones

    def answers(self) -> Behaviour:
        """How somebody takes the next call."""
        pick, wait_ms = self.random.random(), self.random.choice((300, 1_500, 4_000))
        yes = PressAt(self.random.choice((200, 1_000, 3_000)), "1")
        if pick < 0.3:
            return Answers(wait_ms, [yes])
        if pick < 0.45:
            return Answers(wait_ms, [yes, Wait(self.random.choice((0, 100, 900, 4_000, 12_000))), HangUp()])
        if pick < 0.6:
            return Answers(wait_ms, [yes, Wait(self.random.choice((2_000, 9_000))), Press("*")])
        if pick < 0.7:
            return Answers(wait_ms, [PressAt(500, "3"), yes])
        others = (Answers(wait_ms, [PressAt(500, "2")]), Answers(wait_ms), Answers(wait_ms, [Wait(900), HangUp()]))
        return self.random.choice((*others, Voicemail(1_000), NoAnswer(), Busy(), Declines(), Fails()))

    # Desks

    async def at_desk(self, desk: DeskAgent) -> None:
        """An agent does one thing after the other."""
        while True:
            await asyncio.sleep(self.random.choice((0.1, 0.7, 2.0, 5.0, 9.0)))
            self.acts(desk)

    def acts(self, desk: DeskAgent) -> None:
        transfers, random = self.office.transfers, self.random
        if desk.id in self.away:
            self.away.discard(desk.id)
            desk.sit(available=random.random() < 0.8)
            self.note(f"{desk.id} sits")
            return
        offers = [message for message in desk.told if message["type"] == "offer"]
        offer = random.choice(offers[-2:]) if offers else None
        what = random.choice(AT_DESK)
        if what == "leave":
            desk.leave()
            self.away.add(desk.id)
        elif what == "available":
            transfers.presence(desk.id, random.choice(("available", "available", "away", "busy")))
        elif offer is None:
            return
        elif what == "accept":
            transfers.accept(offer["transfer"], offer["offer"], desk.id)
        elif what == "decline":
            transfers.decline(offer["transfer"], offer["offer"], desk.id, "not now")
        elif what == "hang_up":
            transfers.hang_up(offer["transfer"], desk.id)
        elif what == "hand_back":
            transfers.hand_back(offer["transfer"], desk.id, "done")
        self.note(f"{desk.id} {what} {offer and offer['offer']}")

    async def ends_well(self, desk: DeskAgent) -> None:
        """One of them is there for whoever waits, and stays."""
        if desk.id in self.away:
            self.away.discard(desk.id)
            desk.sit()
        self.office.transfers.presence(desk.id, "available")
        for _ in range(16):
            await asyncio.sleep(1)
            for running in self.office.transfers.live():
                for offer in running.transfer.ringing:
                    if self.office.transfers.accept(running.id, offer, desk.id):
                        self.note(f"{desk.id} accepts {offer}")

    # The carrier

    async def carrier_fails(self, call_sid: str) -> None:
        if self.random.random() < 0.5:  # when the caller is to be moved
            moving: Any = self.random.choice(REFUSALS)
            count = self.random.randint(1, 4)
            self.office.at.api.plan(moving, method="POST", path=call_sid, count=count)
            self.note(f"REST {moving} for the caller {count}")
        if self.random.random() < 0.2:
            arrives = {"ParticipantLabel": CALLER}
            self.office.at.account.callbacks.plan("never", event="participant-join", params=arrives)
            self.note("nobody tells that the caller arrives")
        for _ in range(self.random.randint(0, 6)):
            await asyncio.sleep(self.random.choice((0.0, 0.5, 2.0, 6.0)))
            if self.random.random() < 0.5:
                mishap: Any = self.random.choice(REFUSALS)
                path, count = (
                    self.random.choice(("/Calls.json", call_sid, call_sid, "/Calls/CA", "")),
                    self.random.randint(1, 4),
                )
                self.office.at.api.plan(mishap, method="POST", path=path, count=count)
                self.note(f"REST {mishap} {path} {count}")
            else:
                loss: Any = self.random.choice(LOSSES)
                by_ms, count = self.random.choice((200, 1_500, 9_000)), self.random.randint(1, 6)
                self.office.at.account.callbacks.plan(loss, by_ms=by_ms, count=count)
                self.note(f"callbacks {loss} {by_ms} {count}")

    # The caller

    async def calls(self, call: DoubleCall) -> None:
        """Speaks now and then; in some schedules they hang up, wherever they are."""
        leaves_s = self.random.choice((None, None, None, None, 3.0, 8.0, 15.0, 25.0))
        for _ in range(self.random.randint(0, 3)):
            await asyncio.sleep(self.random.choice((2.0, 6.0)))
            if call.over:
                return
            await call.say(SPEECH)
        if leaves_s is not None:
            await asyncio.sleep(leaves_s)
            self.note("the caller hangs up")
            call.hang_up()

    # What is watched all the time

    async def watched(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            self.watch()

    def watch(self) -> None:
        """One telephone rings once for one offer, and one agent at most is in the conference with the caller."""
        account = self.office.at.account
        ringing = [entry.subscription.url for entry in account.calls.values() if self.is_leg(entry)]
        assert len(ringing) == len(set(ringing)), ringing
        for conference in account.conferences:
            labels = [each.attendance.label for each in conference.members]
            agents = [label for label in labels if label.startswith("agent")]
            assert len(agents) <= 1 or CALLER not in labels, labels

    @staticmethod
    def is_leg(entry: Any) -> bool:
        return entry.caller.to in {AGENT, OTHER} and entry.status not in OVER


def heard(audio: bytes, hz: float) -> bool:
    """Whether this is in it."""
    samples = pcm_to_samples(ulaw_to_pcm(audio)).astype(np.float64)
    at = np.arange(len(samples)) / 8_000
    return len(samples) > 0 and bool(abs(np.exp(-2j * np.pi * hz * at) @ samples) / len(samples) > 100)


async def heard_by(trouble: Trouble, call: DoubleCall) -> list[str]:
    """Which agents hear the caller."""
    await call.say(tone(500, db=-18, hz=500.0))
    await call.wait(200)
    legs = [leg for phone in (AGENT, OTHER) for leg in trouble.office.at.double.person(phone).calls if not leg.over]
    found = [leg.caller.to for leg in legs if heard(leg.ear.heard.audio(leg.now_ms - 600, leg.now_ms), 500.0)]
    return found + [desk.id for desk in trouble.desks if heard(bytes(desk.ear[-600 * 8 :]), 500.0)]


async def not_stranded(trouble: Trouble, call: DoubleCall) -> None:
    """The call is over, one agent hears the caller, or the assistant does and says something."""
    try:
        with_agents = await heard_by(trouble, call)
        assert len(with_agents) <= 1, with_agents
        if with_agents:
            trouble.note(f"with {with_agents}")
            return
        since_ms = call.now_ms
        await call.say(SPEECH)
        await call.wait(20_000)
        assert call.ear.heard.audible_ms(since_ms, call.now_ms) > 300, "nobody hears the caller"
        trouble.note("with the assistant")
    except CallOver:
        trouble.note("over")


async def ends(trouble: Trouble, call: DoubleCall) -> None:
    """Whoever is still there hangs up; then nobody is left."""
    office = trouble.office
    call.hang_up()
    await asyncio.sleep(600)
    left = {entry.caller.to: entry.status for entry in office.at.account.calls.values() if entry.status not in OVER}
    assert not left, left
    assert [one.transfer for one in office.transfers.live()] == []
    assert not [one for one in office.transfers.counted.agents() if one.on_call or one.rung_for]
    over = [one["transfer"] for one in await office.kept(call, "transfer.over")]
    assert len(over) == len(set(over)), over
    await office.ended(call)


async def play(root: Path, seed: int, did: list[str]) -> None:
    random = Random(seed)
    queue = {
        "ring": random.choice(("simultaneous", "longest_idle")),
        "after": random.choice(("assistant", "end")),
        "max_wait_s": random.choice((60, 120)),
        "ring_s": 15,
        "wrap_up_s": 10,
    }
    async with phone_office(root, *PEOPLE, queue=queue) as office:
        trouble = Trouble(office, random, did=did)
        for phone in (AGENT, OTHER):
            office.at.double.person(phone, *(trouble.answers() for _ in range(4)))
        trouble.desks += [DeskAgent(office.transfers, name).sit() for name in ("dan", "eva")]
        if random.random() < 0.4:
            trouble.desks.append(DeskAgent(office.transfers, "ana").sit())
            seat = office.transfers.desk.seat("ana")
            assert seat is not None
            seat.by_phone = True
        call = await office.asks(*("okay" for _ in range(9)), told=random.random() < 0.8)
        works = (*map(trouble.at_desk, trouble.desks), trouble.carrier_fails(call.call_sid), trouble.calls(call))
        acting = [asyncio.create_task(work) for work in works]
        hums = [trouble.hums(desk, HUMS[desk.id]) for desk in trouble.desks if desk.id != "ana"]
        hums += [trouble.hums_by_phone(phone, HUMS[who]) for who, phone in (("ana", AGENT), ("ben", OTHER))]
        voices = [asyncio.create_task(work) for work in (*hums, trouble.listened(call))]
        watched = asyncio.create_task(trouble.watched())
        try:
            await asyncio.sleep(random.choice((3.0, 6.0, 10.0, 18.0, 35.0)))
        finally:
            for task in acting:
                task.cancel()
            await asyncio.gather(*acting, return_exceptions=True)
        if random.random() < 0.7:
            await trouble.ends_well(trouble.desks[0])
        await asyncio.sleep(random.choice((9, 20)))
        trouble.note(f"then {(now := office.transfer(call)) and (now.state, now.outcome)}")
        if not call.over:
            await not_stranded(trouble, call)
        call.hang_up()
        for task in voices:
            if task.done():
                await task
            task.cancel()
        await ends(trouble, call)
        assert not watched.done(), watched.exception()
        watched.cancel()
        for desk in trouble.desks:
            desk.hearing.cancel()


@pytest.mark.edge("news late, repeated or out of order", "exactly one outcome")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SCHEDULES))
def test_whatever_agents_carrier_and_caller_do_the_caller_is_with_one_of_us_and_nobody_is_left(
    tmp_path: Path, seed: int
):
    did: list[str] = []
    try:
        virtually(play)(tmp_path, seed, did)
    except BaseException as error:
        error.add_note("\n".join(did))
        raise
