"""Everybody of an office, doing what they like, while the carrier and our process fail: what a random schedule plays.

People hum a tone of their own into whatever they hold, so that an ear tells whom it hears (tests/fakes/judged.py).
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, Literal

from pipeline.line.human_queues import Target
from pipeline.supervision.calls import Who, Wish
from pipeline.supervision.errors import NotSupervised
from pipeline.transfers.desk import DeskPerson
from telephony.agents import Agent
from telephony.double.call import DoubleCall
from telephony.double.errors import CallOver
from telephony.double.people import Answers, Behaviour, Busy, Declines, Fails, NoAnswer, Voicemail
from telephony.double.script import HangUp, Press, PressAt, Wait
from telephony.double.taskrouter import TaskRouter
from telephony.errors import CarrierError
from telephony.rooms import CALLER as CUSTOMER
from telephony.transfer_state import State
from tests.fakes.agents import DeskAgent
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, CALLER, OTHER
from tests.fakes.office import SPEECH
from tests.fakes.phone_office import ACCEPTS, SUPPORT, PhoneOffice, phone_agent

Kind = Literal["people", "sip", "tasks"]
"""Who takes the queue's callers: people at desks and by telephone, these and a SIP address, or TaskRouter's workers."""
SIP: Final = "sip:sales@pbx.example.com"
SUPERVISOR: Final = "+14155550104"
HUMS: Final = {"ana": 820.0, "ben": 1_100.0, "dan": 1_700.0, "eva": 2_300.0, "to:support": 2_900.0}
PHONES: Final = {"ana": AGENT, "ben": OTHER}
SAM: Final = Agent("sam", "Sam", frozenset({"supervisors"}), phone=SUPERVISOR)
PEOPLE: Final = (
    phone_agent("ana", AGENT),
    phone_agent("ben", OTHER),
    Agent("dan", "Dan", SUPPORT),
    Agent("eva", "Eva", SUPPORT),
    SAM,
)
REFUSALS: Final = (503, 503, 500, 429, "lost_before", "lost_after", "stalled_before", "stalled_after")
LOSSES: Final = ("late", "late", "twice", "swapped", "never")
AT_DESK: Final = ("accept", "accept", "decline", "leave", "reload", "hang_up", "hand_back", "available", "")


@dataclass(frozen=True, slots=True)
class Plan:
    """What kind of schedule it is."""

    kind: Kind
    calls_back: bool
    supervised: bool
    trouble: bool
    """Whether the carrier fails, too."""
    queue: Mapping[str, Any]

    @classmethod
    def drawn(cls, random: Random) -> "Plan":
        """One of many."""
        kind: Kind = random.choice(("people", "people", "people", "sip", "tasks", "tasks"))
        calls_back, supervised = random.random() < 0.25, random.random() < 0.3
        queue: dict[str, Any] = {
            "ring": random.choice(("simultaneous", "longest_idle")),
            "after": random.choice(("assistant", "end")),
            "max_wait_s": random.choice((60, 120)),
            "ring_s": 15,
            "wrap_up_s": 10,
            "callback": calls_back,
            "callback_spacing_s": 60,
            "callback_attempts": 2,
        }
        return cls(
            kind,
            calls_back,
            supervised,
            random.random() < 0.7,
            queue | ({"to": Target(sip=SIP)} if kind == "sip" else {}),
        )

    @property
    def workers(self) -> Mapping[str, str] | None:
        """Of TaskRouter."""
        return {"Ana": AGENT, "Ben": OTHER} if self.kind == "tasks" else None

    @property
    def people(self) -> Sequence[Agent]:
        """The directory."""
        return (SAM,) if self.kind == "tasks" else PEOPLE

    @property
    def texts(self) -> Sequence[str]:
        """What the caller says after their wish."""
        return ("call me back please", "yes please", "no thanks goodbye") if self.calls_back else ("okay",) * 9

    def __str__(self) -> str:
        more = (
            self.queue["ring"],
            self.queue["after"],
            *["callback"] * self.calls_back,
            *["supervised"] * self.supervised,
        )
        return " ".join((self.kind, *more))


@dataclass
class Trouble:
    """One schedule, played."""

    office: PhoneOffice
    random: Random
    plan: Plan
    did: list[str] = field(default_factory=list)
    """What happened, for whoever reads why a schedule failed."""
    desks: list[DeskAgent] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    """Whose desks are closed."""
    begun_s: float = 0.0
    """When this process began."""
    _microphone: DeskPerson | None = None
    _dying: "asyncio.Task[None] | None" = None

    @property
    def kind(self) -> Kind:
        return self.plan.kind

    @property
    def now_s(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def phones(self) -> dict[str, str]:
        """Where who is rung."""
        return {**PHONES, "to:support": SIP} if self.kind == "sip" else PHONES

    @property
    def router(self) -> TaskRouter:
        found = self.office.at.account.taskrouter
        assert found is not None
        return found

    def note(self, what: str) -> None:
        self.did.append(f"{self.now_s:.2f} {what}")

    # Voices

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

    # Telephones

    def answers(self) -> Behaviour:
        """How somebody takes the next call."""
        if self.kind == "tasks":
            return self.as_worker()
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

    def as_worker(self) -> Behaviour:
        """The same, of a worker: whoever answers has accepted."""
        wait_ms = self.random.choice((300, 1_500, 4_000, 12_000))
        if self.random.random() < 0.4:
            return Answers(wait_ms)
        leaves = Answers(wait_ms, [Wait(self.random.choice((0, 100, 900, 4_000, 12_000))), HangUp()])
        return self.random.choice((leaves, leaves, leaves, NoAnswer(), Busy(), Declines(), Fails()))

    def answers_back(self) -> Behaviour:
        """How a caller takes the call that they asked for."""
        leaves = Answers(900, [Wait(self.random.choice((500, 4_000, 9_000))), HangUp()])
        return self.random.choice((Answers(500), Answers(3_000), leaves, Voicemail(1_000), NoAnswer(), Busy()))

    async def workers_come_and_go(self) -> None:
        """Workers become unavailable, and available again."""
        while True:
            await asyncio.sleep(self.random.choice((2.0, 6.0)))
            worker = self.random.choice(self.router.workers)
            self.router.away(worker, available=self.random.random() < 0.8)
            if self.random.random() < 0.2:
                self.router.unasked += 1
                self.note("nobody is asked about a reservation")

    # Desks

    async def at_desk(self, desk: DeskAgent) -> None:
        """An agent does one thing after the other."""
        while True:
            await asyncio.sleep(self.random.choice((0.1, 0.7, 2.0, 5.0, 9.0)))
            if not self.office.down:
                self.acts(desk)

    def acts(self, desk: DeskAgent) -> None:
        transfers, random = self.office.transfers, self.random
        if desk.id in self.away:
            self.comes(desk, available=random.random() < 0.8)
            return
        offers = [message for message in desk.told if message["type"] == "offer"]
        offer = random.choice(offers[-2:]) if offers else None
        what = random.choice(AT_DESK)
        if what == "leave":
            self.leaves(desk)
        elif what == "reload":
            self.leaves(desk)
            self.comes(desk, available=random.random() < 0.8)
        elif what == "available":
            transfers.presence(desk.id, random.choice(("available", "available", "away", "busy")))
        elif offer is None:
            return
        elif what == "accept" and offer["by"] == "desk":  # else the page has no such key
            transfers.accept(offer["transfer"], offer["offer"], desk.id)
        elif what == "decline":
            transfers.decline(offer["transfer"], offer["offer"], desk.id, "not now")
        elif what == "hang_up":
            transfers.hang_up(offer["transfer"], desk.id)
        elif what == "hand_back":
            transfers.hand_back(offer["transfer"], desk.id, "done")
        self.note(f"{desk.id} {what} {offer and offer['offer']}")

    def leaves(self, desk: DeskAgent) -> None:
        desk.leave()
        self.away.add(desk.id)

    def comes(self, desk: DeskAgent, *, available: bool = True) -> None:
        self.away.discard(desk.id)
        desk.office = self.office.transfers
        desk.sit(available=available, by_phone=desk.id in PHONES)
        self.note(f"{desk.id} sits")

    def all_leave(self) -> None:
        """Every desk is closed, and stays so."""
        for desk in self.desks:
            if desk.id not in self.away:
                self.leaves(desk)
        self.note("all desks are closed")

    async def ends_well(self, seconds: int = 16) -> None:
        """Somebody is there for whoever waits, and stays."""
        if self.kind == "tasks":
            for worker, phone in zip(self.router.workers, PHONES.values(), strict=True):
                self.office.at.double.person(phone, Answers(500))
                self.router.away(worker, available=True)
            await asyncio.sleep(seconds)
            return
        desk = self.desks[0]
        if desk.id in self.away:
            self.comes(desk)
        self.office.transfers.presence(desk.id, "available")
        for _ in range(seconds):
            await asyncio.sleep(1)
            for running in self.office.transfers.live():
                for offer in running.transfer.ringing:
                    if self.office.transfers.accept(running.id, offer, desk.id):
                        self.note(f"{desk.id} accepts {offer}")
        waits = [one.transfer for one in self.office.transfers.live() if one.transfer.state is State.QUEUED]
        unasked = [one for one in waits if one.reached and desk.id not in one.asked_already]
        assert not unasked, ("somebody is there and is not rung", unasked)

    # A supervisor

    def everybody(self, call: DoubleCall) -> list[Coroutine[Any, Any, None]]:
        """What they all do."""
        works = [*map(self.at_desk, self.desks), self.dies()]
        works += [self.carrier_fails(call.call_sid)] if self.plan.trouble else []
        works.append(self.wants_a_callback(call) if self.plan.calls_back else self.calls(call))
        works += [self.supervises(call)] if self.plan.supervised else []
        return works + ([self.workers_come_and_go()] if self.kind == "tasks" else [])

    def arrive(self) -> None:
        """Everybody is where they will be rung."""
        double, random = self.office.at.double, self.random
        for phone in self.phones.values():
            double.person(phone, *(self.answers() for _ in range(4)))
        double.person(SUPERVISOR, ACCEPTS)
        double.person(CALLER, *(self.answers_back() for _ in range(2)))
        if self.kind == "tasks":
            return
        self.desks += [DeskAgent(self.office.transfers, name).sit() for name in ("dan", "eva")]
        if random.random() < 0.4:
            self.desks.append(DeskAgent(self.office.transfers, "ana").sit(by_phone=True))

    async def supervises(self, call: DoubleCall) -> None:
        """Somebody listens, takes over, puts through, coaches, and gives back."""
        ada = Who("t1", "Ada")
        while True:
            await asyncio.sleep(self.random.choice((0.5, 2.0, 4.0)))
            supervised = None if self.office.down else self.office.switchboard.supervised(call.call_sid)
            if supervised is None:
                continue
            what: Any = self.random.choice(
                (
                    "take_over",
                    "take_over",
                    "hand_back",
                    "hold",
                    "release",
                    "say",
                    "queue",
                    "agent",
                    "coach",
                    "telephone",
                )
            )
            modes: tuple[Literal["listen", "whisper", "barge"], ...] = ("listen", "whisper", "barge")
            try:
                self._microphone = supervised.open_microphone(ada)
                match what:
                    case "queue":
                        supervised.wish(ada, Wish("transfer", queue="support"))
                    case "agent":
                        supervised.wish(ada, Wish("transfer", agent=self.random.choice(("dan", "ana", "sam"))))
                    case "coach":
                        supervised.coach(ada, self.random.choice(modes))
                    case "telephone":
                        at = self.office.conferences
                        await at.coach(call.call_sid, "sam", self.random.choice(modes), lambda: None)
                    case verb:
                        supervised.wish(ada, Wish(verb, "A colleague is with us." if verb == "say" else ""))
            except (NotSupervised, CarrierError):
                continue
            self.note(f"the supervisor: {what}")

    def supervisor_goes(self, call: DoubleCall) -> None:
        """The page is closed."""
        supervised = self.office.switchboard.supervised(call.call_sid)
        if supervised is not None and self._microphone is not None:
            supervised.close_microphone(Who("t1", "Ada"), self._microphone)

    # Our process

    async def dies(self) -> None:
        """The process is killed, now or in some state, and the next one begins."""
        for _ in range(self.random.choice((0, 1, 1, 2))):
            at = self.random.choice((None, State.QUEUED, State.ACCEPTED, State.BRIDGING, State.CONNECTED, *State))
            within_s = self.random.choice((1.0, 4.0, 9.0, 18.0))
            self.office.process.dies_at = at
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self.office.process.died.wait()
            self._dying = asyncio.create_task(self.killed(at))
            await asyncio.shield(self._dying)

    async def killed(self, at: State | None = None) -> None:
        """Kill it, begin the next one, and have the desks connect with that."""
        self.note(f"killed {at if self.office.process.dead else ''}")
        here = [desk for desk in self.desks if desk.id not in self.away]
        for desk in here:
            desk.hearing.cancel()
            self.away.add(desk.id)
        await self.office.die()
        await asyncio.sleep(self.random.choice((0.0, 0.3, 1.0)))
        await self.office.begin()
        self.begun_s = self.now_s
        self.note("another process")
        for desk in here:
            await asyncio.sleep(self.random.choice((0.2, 1.0, 4.0)))
            if desk.id in self.away and self.random.random() < 0.9:
                self.comes(desk)

    async def lives(self) -> None:
        """Nothing is killed any more; whoever was being is followed by another process."""
        if self._dying is not None:
            await self._dying
        self.office.process.dies_at = None
        if self.office.process.dead:
            await self.killed()

    # The carrier

    async def carrier_fails(self, call_sid: str) -> None:
        if self.random.random() < 0.5:  # when the caller is to be moved
            moving: Any = self.random.choice(REFUSALS)
            count = self.random.randint(1, 4)
            self.office.at.api.plan(moving, method="POST", path=call_sid, count=count)
            self.note(f"REST {moving} for the caller {count}")
        if self.random.random() < 0.35:
            self.office.at.account.callbacks.plan("never", count=200)
            self.note("nobody tells anything any more")
        if self.random.random() < 0.2:
            arrives = {"ParticipantLabel": CUSTOMER}
            self.office.at.account.callbacks.plan("never", event="participant-join", params=arrives)
            self.note("nobody tells that the caller arrives")
        paths = ("/Calls.json", call_sid, call_sid, "/Calls/CA", "", *(("/Tasks",) * 3 if self.kind == "tasks" else ()))
        for _ in range(self.random.randint(0, 6)):
            await asyncio.sleep(self.random.choice((0.0, 0.5, 2.0, 6.0)))
            if self.random.random() < 0.5:
                mishap: Any = self.random.choice(REFUSALS)
                path, count = self.random.choice(paths), self.random.randint(1, 4)
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
        with suppress(CallOver):
            for _ in range(self.random.randint(0, 3)):
                await asyncio.sleep(self.random.choice((2.0, 6.0)))
                await call.say(SPEECH)
            if leaves_s is not None:
                await asyncio.sleep(leaves_s)
                self.note("the caller hangs up")
                call.hang_up()

    async def wants_a_callback(self, call: DoubleCall) -> None:
        """Says so when asked, and hangs up afterwards."""
        with suppress(CallOver, TimeoutError):
            for _ in range(3):
                await asyncio.sleep(self.random.choice((3.0, 9.0)))
                await call.say(SPEECH)
                await call.until_quiet()

    @property
    def called_back(self) -> Sequence[DoubleCall]:
        """The calls that a caller got whom we called back."""
        return self.office.at.double.person(CALLER).calls

    @property
    def voices(self) -> list[Coroutine[Any, Any, None]]:
        """Everybody's hum."""
        hums = [self.hums(desk, HUMS[desk.id]) for desk in self.desks]
        return hums + [self.hums_by_phone(phone, HUMS[who]) for who, phone in self.phones.items()]
