"""Callers who are in a conference of their own from the beginning: the assistant comes there, and later the agent.

Nobody moves the caller. What it takes instead is that somebody sees to it that they are not alone there: the carrier
asks nothing about a leg that is in a conference. The assistant's leg is called in when the caller is there, and again
whenever it is lost, also by the next process; a caller to whom it cannot be brought gets a stream of their own, as
where calls are direct. What is lost of the carrier's news is found by asking.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import structlog

from pipeline.ending import Ending
from pipeline.leaving_rooms import Leaving, LeavingCall
from pipeline.own_tasks import OwnTasks
from pipeline.session import CallOrigin
from telephony.call_events import CarrierStatus
from telephony.call_state import State
from telephony.errors import CarrierError, LegGone
from telephony.in_room import (
    STREAMS_MS,
    WAITING,
    AskForCaller,
    BringBack,
    CallAssistant,
    EndLeg,
    Memory,
    MoveOut,
    Remove,
    steps,
)
from telephony.intended import IntendedControl
from telephony.ports import Joining, Participant
from telephony.rooms import ASSISTANT, CALLER, call_room
from telephony.twilio.addresses import TransferAddresses

BEGIN_S: Final = 0.7
"""The news that the caller is in the conference comes within so much of our answer, or is lost."""
AGAIN_S: Final = 0.5
LEFT_S: Final = 0.3
"""Who has hung up is told so within it: then nothing need be asked."""
EVERY_S: Final = 5.0
TROUBLE_S: Final = 60.0
"""After a call for which the assistant could not be had, new ones are answered directly so long."""
ASK_MS: Final = 2_000
ACT_MS: Final = 4_000
AT_ONCE: Final = 8
"""So many callers are asked about at the same time: a carrier has limits, and calls come first."""
MOST_LEGS: Final = 1_000

_log = structlog.get_logger(__name__)


class Side(Protocol):
    """What of pipeline.joining is needed here."""

    def others_hear(self, whether: bool) -> None:
        """Whether an agent may be where the caller and the assistant are."""

    def come_back(self) -> None:
        """The caller is the assistant's again."""


class RoomCall(LeavingCall, Protocol):
    """What of pipeline.livecall is needed here."""

    origin: CallOrigin

    @property
    def joining(self) -> Side:
        """See Side."""

    def close_stream(self) -> None:
        """The assistant leaves a caller who stays."""


class Calls(Protocol):
    """What of pipeline.switchboard is needed here."""

    def call(self, call_sid: str) -> RoomCall | None:
        """A live call."""

    async def is_over(self, call_sid: str) -> bool:
        """Whether it has certainly ended. Raises StoreUnavailable."""

    def calls(self) -> Iterable[RoomCall]:
        """All of them."""


@dataclass(slots=True)
class Rooms:
    """All of a process. Methods belong to its event loop, and return at once unless they are coroutines."""

    control: IntendedControl
    addresses: TransferAddresses
    app: str
    """The TwiML application (AP…) whose leg is the assistant's."""
    jitter: Literal["off", "small", "medium", "large"] = "small"
    """Of the assistant's leg."""
    held: Callable[[str], bool] = lambda _call_sid: False
    """Whether a transfer has brought an agent to this call, or is about to, at the desk or by telephone."""
    near: Callable[[str], bool] = lambda _call_sid: False
    """Whether an agent by telephone is in this caller's own conference, or comes there."""
    listens: Callable[[str], None] = lambda _call_sid: None
    """Asks for a stream of caller and agent, who speak with each other."""
    _calls: Calls | None = None
    _came: dict[str, asyncio.Event] = field(default_factory=dict)
    _settled: dict[str, asyncio.Event] = field(default_factory=dict)
    _bringing: "dict[str, asyncio.Future[None]]" = field(default_factory=dict)
    _ending: Ending = field(init=False)
    _leaving: Leaving = field(init=False)
    _tasks: OwnTasks = field(default_factory=lambda: OwnTasks("rooms"))
    _looking: OwnTasks = field(default_factory=lambda: OwnTasks("rooms"))
    """Nobody waits for these."""
    _legs: "OrderedDict[str, str]" = field(default_factory=OrderedDict)
    """The calls of assistants' legs, by leg."""
    _memory: dict[str, Memory] = field(default_factory=dict)
    """What was seen of callers before."""
    _trouble_until: float = 0.0
    _closed: bool = False

    def __post_init__(self) -> None:
        self._ending = Ending(self.control, self._is_over, self._tasks)
        self._leaving = Leaving(self.control, self.addresses)

    def use(self, calls: Calls) -> None:
        """Serve these calls; those of an earlier process get the assistant back."""
        self._calls = calls
        for call in calls.calls():
            if call.in_room:
                call.joining.others_hear(self.near(call.call_sid))
                self.bring(call)

    @property
    def usable(self) -> bool:
        """Whether new callers can be put into a conference."""
        return asyncio.get_running_loop().time() >= self._trouble_until

    def close(self) -> None:
        """Do nothing more. The next process goes on."""
        self._closed = True
        self._tasks.close()
        self._looking.close()

    async def drained(self) -> None:
        """Wait until the carrier was asked what it is to be asked, such as to end a call, but not for long."""
        await self._tasks.drained(ACT_MS / 1000)

    # The assistant

    def bring(self, call: RoomCall) -> None:
        """Bring the assistant to a caller who is without, unless that is under way."""
        if self._waits(call) and not self._closed:
            running = self._bringing.get(call.call_sid)
            if running is None or running.done():
                self._bringing[call.call_sid] = self._looking.spawn(self._bring(call))

    def settled(self, call_sid: str) -> None:
        """The call has a stream, or is over."""
        self._memory.pop(call_sid, None)
        if call_sid in self._settled:
            self._settled.pop(call_sid).set()

    def bring_back(self, call_sid: str) -> bool:
        """The agent gives a caller back, or is gone. False: they are in no conference of their own."""
        call = self._in_room(call_sid)
        if call is not None:
            call.joining.come_back()
            self.bring(call)
        return call is not None

    def let_assistant_go(self, call_sid: str) -> None:
        """An agent has the caller. The assistant's stream is closed; its leg asks what now, and hangs up."""
        call = self._in_room(call_sid)
        if call is not None:
            call.close_stream()
            self.listens(call_sid)

    def agent_comes(self, call_sid: str, *, there: bool = True) -> None:
        """An agent may be in the conference from now on, or is not any more: nothing they say is the caller's."""
        call = self._in_room(call_sid)
        if call is not None:
            call.joining.others_hear(there)

    def room(self, call_sid: str) -> str:
        """The conference that this call's caller is in from the beginning; empty: none."""
        return call_room(call_sid) if self._in_room(call_sid) is not None else ""

    async def is_there(self, call_sid: str) -> bool:
        """Whether the caller is in the conference of their call for certain."""
        call = self._in_room(call_sid)
        try:
            inside = await self.control.control.participants(self._of(call), ASK_MS) if call is not None else ()
        except CarrierError:
            return False
        return any(one.label == CALLER for one in inside)

    def leave(self, call_sid: str, why: str) -> None:
        """The caller is about to be moved into another conference."""
        call = self._in_room(call_sid)
        if call is not None:
            call.leave_room(why)

    def move_out(self, call: RoomCall, why: str) -> None:
        """Give a caller a stream of their own."""
        self._tasks.spawn(self._leaving.move_out(call, why))

    def end(self, call_sid: str) -> "asyncio.Future[None]":
        """End a caller's leg, and the conference with it: nobody asks what comes after."""
        return self._ending.end(call_sid)

    # What the carrier tells

    def came(self, call_sid: str) -> None:
        """The caller is in the conference."""
        if call_sid in self._came:
            self._came[call_sid].set()

    def left(self, call_sid: str) -> None:
        """The caller is not in the conference any more: they have hung up, unless we know better."""
        call = self._in_room(call_sid)
        if call is not None:
            self._tasks.spawn(self._ask_for(call))

    def learn(self, leg_sid: str, call_sid: str) -> None:
        """The assistant's leg of a call."""
        self._legs[leg_sid] = call_sid
        if len(self._legs) > MOST_LEGS:
            self._legs.popitem(last=False)

    async def call_of(self, leg_sid: str) -> str:
        """The call for which this leg was asked for; empty: nobody asked. The request may not be answered yet."""
        for _ in range(15):
            if leg_sid in self._legs or not self._bringing:
                break
            await asyncio.sleep(0.1)
        return self._legs.get(leg_sid, "")

    async def asked_for(self, leg_sid: str, call_sid: str) -> bool:
        """Whether this leg is the assistant's of this call: ours, or the carrier says so, or cannot be asked."""
        if await self.call_of(leg_sid) == call_sid:
            return True
        try:
            inside = await self.control.control.participants(call_room(call_sid), ASK_MS)
        except CarrierError:
            return True
        return any(one.sid == leg_sid and one.label == ASSISTANT for one in inside)

    # Callers who are without anybody

    async def run(self) -> None:
        """Look after them until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._ending.run())
            both.create_task(self._keep_looking())

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 one round that breaks must not be the last
                _log.error("callers not looked after", reason=type(error).__name__, pii_error=repr(error))

    async def look(self) -> None:
        """One round."""
        calls = [call for call in self._calls.calls() if call.in_room] if self._calls is not None else []
        live, turn = {call.call_sid for call in calls}, asyncio.Semaphore(AT_ONCE)
        self._came = {sid: event for sid, event in self._came.items() if sid in live}
        self._memory = {sid: memory for sid, memory in self._memory.items() if sid in live}
        self._bringing = {sid: task for sid, task in self._bringing.items() if not task.done()}

        async def at(call: RoomCall) -> None:
            async with turn:
                await self._look_at(call)

        async with asyncio.TaskGroup() as looking:
            for call in calls:
                self.bring(call)
                if call.state is State.MESSAGE:
                    self.move_out(call, "no stream of it lasts")
                if call.state is State.AWAY:
                    looking.create_task(at(call))

    # How it is done

    async def _is_over(self, call_sid: str) -> bool:
        return self._calls is not None and await self._calls.is_over(call_sid)

    def _of(self, call: RoomCall) -> str:
        return call_room(call.call_sid)

    def _in_room(self, call_sid: str) -> RoomCall | None:
        call = self._calls.call(call_sid) if self._calls is not None else None
        return call if call is not None and call.in_room else None

    def _waits(self, call: RoomCall) -> bool:
        return call.in_room and call.state in WAITING

    async def _bring(self, call: RoomCall) -> None:
        if call.state is State.LOST:
            await asyncio.sleep(LEFT_S)
        else:
            came = self._came.setdefault(call.call_sid, asyncio.Event())
            with suppress(TimeoutError):
                async with asyncio.timeout(BEGIN_S):
                    await came.wait()
        while self._waits(call):
            await self._look_at(call)
            await asyncio.sleep(AGAIN_S)

    async def _look_at(self, call: RoomCall) -> None:
        """See who is with a caller, and do what is to be done. Whatever breaks meanwhile, they are not left alone."""
        try:
            await self._do(call, await self.control.control.participants(self._of(call), ASK_MS))
        except LegGone:
            await self._ask_for(call)
        except CarrierError as error:
            _log.warning("caller not looked after", call_id=call.call_sid, reason=str(error))
            await self._do(call, None, refused=not error.retryable)
        except Exception as error:  # noqa: BLE001 an answer that nobody foresaw is no answer: the caller waits
            told = {"reason": type(error).__name__, "pii_error": repr(error)}
            _log.error("caller not looked after", call_id=call.call_sid, **told)
            await self._do(call, None, refused=True)

    async def _do(self, call: RoomCall, inside: Sequence[Participant] | None, *, refused: bool = False) -> None:
        sid, before = call.call_sid, self._memory.get(call.call_sid, Memory())
        now_ms = round(asyncio.get_running_loop().time() * 1000)
        todo, self._memory[sid] = steps(call.state, self.held(sid), inside, now_ms, before, refused=refused)
        for one in inside or ():
            if one.label == ASSISTANT:
                self.learn(one.sid, sid)
        for step in todo:
            match step:
                case AskForCaller():
                    await self._ask_for(call)
                case Remove(leg):
                    await self.control.control.remove(self._of(call), leg, ACT_MS)
                case EndLeg(leg):
                    await self.control.control.end(leg, ACT_MS)
                case CallAssistant():
                    await self._call_in(call)
                case MoveOut():
                    self._trouble_until = asyncio.get_running_loop().time() + TROUBLE_S
                    await self._leaving.move_out(call, "the assistant could not be brought")
                case BringBack():
                    _log.warning("a caller was left alone", call_id=sid)
                    self.bring_back(sid)

    async def _call_in(self, call: RoomCall) -> None:
        """Have the assistant's leg where the caller is, and wait for its stream."""
        sid = call.call_sid
        wanted = Joining(
            f"app:{self.app}?call={sid}",
            call.origin.to_number,
            status_url=self.addresses.call_room(sid),
            jitter=self.jitter,
        )
        settled = self._settled[sid] = asyncio.Event()
        made = await self.control.control.join(self._of(call), ASSISTANT, wanted, ACT_MS)
        self.learn(made.sid, sid)
        if not settled.is_set():
            now_ms = round(asyncio.get_running_loop().time() * 1000)
            self._memory[sid] = self._memory.get(sid, Memory()).called(made.sid, now_ms)
        with suppress(TimeoutError):
            async with asyncio.timeout(STREAMS_MS / 1000):
                await settled.wait()

    async def _ask_for(self, call: RoomCall) -> None:
        """Whether the caller's leg is over: that ends the call."""
        try:
            over = (await self.control.control.leg(call.call_sid, ASK_MS)).is_over
        except LegGone:
            over = True
        except CarrierError as error:
            _log.info("carrier not asked", call_id=call.call_sid, reason=str(error))
            return
        if over:
            call.post(CarrierStatus(call.clock.now_ms(), "completed"))
