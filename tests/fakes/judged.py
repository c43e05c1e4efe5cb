"""What has to be so of an office whatever happens in it: whom a caller hears, who is rung, what is kept."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from telephony.double.call import DoubleCall
from telephony.double.entry import OVER
from telephony.double.errors import CallOver
from telephony.rooms import ASSISTANT, is_supervisor
from telephony.rooms import CALLER as CUSTOMER
from telephony.transfer_state import State, Transfer
from telephony.transfer_tables import transfers
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import SPEECH
from tests.fakes.phone_office import PhoneOffice
from tests.fakes.trouble import HUMS, PHONES, SIP, Trouble
from voice.audio import pcm_to_samples, ulaw_to_pcm

BACK_S: Final = 6.0
"""A caller whose process was killed hears us again within so much of the next one's beginning."""
HEARD_S: Final = 4.0
"""Whoever is connected with the caller is heard within it."""
NOTICED_S: Final = 9.0
"""What nobody told is noticed within it: the carrier is asked every 5 s, and an announcement may take 3 s."""
HUNG_UP_S: Final = 60.0
"""Who heard goodbye is hung up on within it, whatever the carrier does with the first requests."""
STOPPED_S: Final = 2.0
"""Who is not wanted any more is rung no longer, where the carrier does as it is asked."""
SILENCE_S: Final = 2.0
SEES_S: Final = 0.3
"""How much longer a silence looks than it is: a look each 0.1 s, and the ear's own 0.2 s windows."""


@dataclass
class Judged:
    """One schedule, watched."""

    trouble: Trouble
    quietest: tuple[float, str] = (0.0, "")
    """The longest silence of a caller who waited, in s, and when."""
    since_s: dict[str, float] = field(default_factory=dict)
    """Since when something is so that may be so for a moment only."""

    async def listened(self, call: DoubleCall) -> None:
        """Two agents are never heard at once, the one who is connected is, and who waits is never left in silence."""
        since: tuple[Any, float] = (None, 0.0)
        while not call.over:
            await asyncio.sleep(0.5)
            now = self.trouble.office.transfer(call)
            with_agent = now.accepted if now is not None and now.state is State.CONNECTED else None
            about = (with_agent, self.trouble.office.lives, self.trouble.office.down)
            if about != since[0] or (now is not None and self.is_gone(now, with_agent)):
                since = (about, self.trouble.now_s)
            audio = call.ear.heard.audio(call.now_ms - 500, call.now_ms)
            heard_now = [agent for agent, hz in HUMS.items() if heard(audio, hz)]
            assert len(heard_now) <= 1, (self.trouble.now_s, heard_now)
            patience_s = HEARD_S if self.trouble.office.lives == 1 else HEARD_S + BACK_S
            if now is not None and with_agent is not None and self.trouble.now_s - since[1] > patience_s:
                assert heard_now, (self.trouble.now_s, "nobody is heard", now)
                if self.trouble.kind != "tasks":
                    assert heard_now == [now.offers[with_agent].agent], (self.trouble.now_s, heard_now, now)

    async def not_quiet(self, call: DoubleCall) -> None:
        """Who waits hears something: how long they did not is measured."""
        waits_since: float | None = None
        while not call.over:
            await asyncio.sleep(0.1)
            now = self.trouble.office.transfer(call)
            waits = now is not None and now.state not in {State.CONNECTED, State.OVER} and not self.trouble.office.down
            asked = self.trouble.office.first.voice.said[-1].count("?") > 0  # then it is their turn
            begins = self.trouble.now_s < self.trouble.begun_s + BACK_S
            if not waits or asked or begins or call.ear.caller.waits(call.now_ms):
                waits_since = None
                continue
            waits_since = self.trouble.now_s if waits_since is None else waits_since
            quiet_s = min(call.ear.quiet_for_ms(call.now_ms) / 1000, self.trouble.now_s - waits_since)
            if quiet_s > self.quietest[0]:
                self.quietest = (quiet_s, f"{self.trouble.now_s:.1f} s, {now.state if now is not None else ''}")

    def is_gone(self, now: Transfer, offer: int | None) -> bool:
        """Whether whom the caller is connected with has left their desk, or hung up, a moment ago."""
        agent = now.offers[offer].agent if offer is not None else ""
        if self.trouble.office.transfers.acting.by(now, offer or 0) == "desk":
            return agent in self.trouble.away
        phones = PHONES.values() if self.trouble.kind == "tasks" else [self.trouble.phones.get(agent, "")]
        return all(leg.over for phone in phones for leg in self.trouble.office.at.double.person(phone).calls)

    # What is watched all the time

    async def watched(self) -> None:
        while True:
            await asyncio.sleep(0.1)
            self.watch()

    def watch(self) -> None:
        """One telephone rings once for one offer, and one agent at most is in the conference with the caller."""
        account = self.trouble.office.at.account
        ringing = [entry.subscription.url for entry in account.calls.values() if self.is_leg(entry)]
        assert len(ringing) == len(set(ringing)), ringing
        for conference in account.conferences:
            labels = [each.attendance.label for each in conference.members]
            agents = [label for label in labels if label not in (CUSTOMER, ASSISTANT) and not is_supervisor(label)]
            assert len(agents) <= 1 or CUSTOMER not in labels, labels
            moved = CUSTOMER in labels and bool(agents)
            self.at_most(
                f"caller and agent together in {conference.name}", NOTICED_S, moved and self._is(State.BRIDGING)
            )
            self.at_most(f"an agent in {conference.name}", NOTICED_S, bool(agents) and self._is(State.ACCEPTED))
        for running in self.trouble.office.transfers.live():
            now = running.transfer
            for offer, leg in self.trouble.office.phoning.legs.legs(now.id).items():
                entry = account.calls.get(leg)
                rings_on = entry is not None and entry.status == "ringing" and offer not in now.ringing
                self.at_most(
                    f"offer {offer} of {now.id} rings on", STOPPED_S, rings_on and not self.trouble.plan.trouble
                )

    def at_most(self, what: str, seconds: float, is_so: bool) -> None:
        """It is so no longer than this; while a process is killed and begins, nobody counts."""
        begins = self.trouble.office.down or self.trouble.now_s < self.trouble.begun_s + 2
        if not is_so or begins:
            self.since_s.pop(what, None)
            return
        since_s = self.since_s.setdefault(what, self.trouble.now_s)
        assert self.trouble.now_s - since_s <= seconds, (self.trouble.now_s, what)

    def _is(self, state: State) -> bool:
        return any(
            now.state is state and now.reached for now in (one.transfer for one in self.trouble.office.transfers.live())
        )

    @staticmethod
    def is_leg(entry: Any) -> bool:
        """Of an agent; whom of its workers TaskRouter rings is its own decision."""
        ours = bool(entry.subscription.url) and entry.caller.to in {AGENT, OTHER, SIP}
        return ours and entry.status not in OVER

    # Whom the caller is with

    async def not_stranded(self, call: DoubleCall) -> None:
        """The call is over, or the one agent who is to hear the caller does, or no agent and the assistant does."""
        try:
            now = await self._at_rest(call)
            for _ in range(5):  # a desk that is lost has a moment to come back
                with_agents = await self.heard_by(call)
                now = self.trouble.office.transfer(call)
                if with_agents or now is None or now.state is not State.CONNECTED:
                    break
                await call.wait(3_000)
            connected = now is not None and now.state is State.CONNECTED
            assert len(with_agents) == connected, (with_agents, now)
            if not connected:
                await self._heard_by_assistant(call)
            self.trouble.note(f"with {with_agents or 'the assistant'}")
        except CallOver:
            self.trouble.note("over")

    async def _at_rest(self, call: DoubleCall) -> Transfer | None:
        """Wait until nobody is on the way."""
        on_the_way = {State.REQUESTED, State.ACCEPTED, State.BRIDGING}
        for _ in range(40):
            now = self.trouble.office.transfer(call)
            if now is None or now.state not in on_the_way:
                return now
            await call.wait(1_000)
        raise AssertionError(f"somebody is on the way for ever: {now}")

    async def _heard_by_assistant(self, call: DoubleCall) -> None:
        if await self.trouble.office.kept(call, "call.ended"):  # they heard goodbye: the carrier is slow to hang up
            async with asyncio.timeout(HUNG_UP_S):
                await call.finished()
            return
        began = await self._sounds(call)
        since_ms = call.now_ms
        await call.say(SPEECH)
        await call.wait(12_000)
        now = self.trouble.office.transfer(call)
        if now is not None and now.state is State.CONNECTED:
            return  # somebody came just now
        assert call.ear.heard.audible_ms(since_ms, call.now_ms) > 300, "the caller hears nobody"
        assert await self._sounds(call) > began, "nobody hears the caller"

    async def _sounds(self, call: DoubleCall) -> int:
        """How much of the caller is in the log."""
        events = await self.trouble.office.events(call)
        return sum(one.kind in {"caller.speech_started", "caller.said", "caller.unheard"} for one in events)

    async def heard_by(self, call: DoubleCall) -> list[str]:
        """Which agents hear the caller; supervisors may, by their telephones too."""
        await call.say(tone(500, db=-18, hz=500.0))
        await call.wait(200)
        account = self.trouble.office.at.account
        inside = [one for conference in account.conferences for one in conference.participants]
        supervising = {one.entry.sid for one in inside if is_supervisor(one.attendance.label)}
        people = account.people.values()
        legs = [leg for person in people for leg in person.calls if not leg.over and leg is not call]
        legs = [leg for leg in legs if leg.call_sid not in supervising]
        found = [leg.caller.to for leg in legs if heard(leg.ear.heard.audio(leg.now_ms - 600, leg.now_ms), 500.0)]
        return found + [desk.id for desk in self.trouble.desks if heard(bytes(desk.ear[-600 * 8 :]), 500.0)]

    # What is left when it is over

    async def ends(self, call: DoubleCall) -> None:
        """Everybody has hung up: nobody is left, and every transfer has one outcome, in store and log the same."""
        office = self.trouble.office
        live = [one.transfer for one in office.transfers.live() if one.transfer.reached]
        assert live == [], live
        waiting = {one.transfer.id for one in office.transfers.live()}
        """Callbacks that nobody has taken yet: their people are rung now and then."""
        left = {entry.caller.to: entry.status for entry in office.at.account.calls.values() if entry.status not in OVER}
        assert waiting or not left, left
        busy = [one for one in office.transfers.counted.agents() if one.on_call or one.rung_for]
        assert waiting or not busy, busy
        if self.trouble.kind == "tasks" and not waiting:
            assert {task.status for task in self.trouble.router.tasks} <= {"canceled", "completed"}
        kept = [one for one in await stored(office) if one["id"] not in waiting and one["call_id"] != one["id"]]
        outcomes = Counter((one["call_id"], one["id"].rpartition("-")[2], one["outcome"]) for one in kept)
        logged = Counter[tuple[str, str, str]]()
        for one in (call, *self.trouble.called_back):
            for over in await office.kept(one, "transfer.over"):
                logged[one.call_sid, str(over["transfer"]), str(over["outcome"])] += 1
        assert logged == outcomes
        await office.ended(call)
        assert self.quietest[0] <= SILENCE_S + SEES_S, self.quietest


async def stored(office: PhoneOffice) -> list[dict[str, Any]]:
    """All transfers as they are in the store."""
    rows = await office.first.store.look(lambda connection: connection.execute(sa.select(transfers.c.transfer)).all())
    return [json.loads(row[0]) for row in rows]


def heard(audio: bytes, hz: float) -> bool:
    """Whether this is in it."""
    samples = pcm_to_samples(ulaw_to_pcm(audio)).astype(np.float64)
    at = np.arange(len(samples)) / 8_000
    return len(samples) > 0 and bool(abs(np.exp(-2j * np.pi * hz * at) @ samples) / len(samples) > 100)
