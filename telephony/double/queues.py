"""Twilio's queues: callers who wait in them, what they hear meanwhile, and how they leave."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from telephony.double import tones
from telephony.double.dial_twiml import Enqueue, Leave, QueueTarget
from telephony.double.entry import CallEntry
from telephony.double.mixer import Loop
from telephony.double.program import Document, Jump, Left, Outcome, Over, Program
from telephony.double.room import Member, Room

if TYPE_CHECKING:
    from telephony.double.account import Account

DEFAULT_MAX: Final = 100
_LEAST_S: Final = 1.0
"""A document that plays nothing is asked for again no faster."""


@dataclass(frozen=True, slots=True)
class Bridged:
    """Somebody has taken the caller."""

    room: Room
    target: QueueTarget
    by_queue: "CallQueue"


@dataclass(slots=True, eq=False)
class Waiting:
    """One caller in a queue."""

    entry: CallEntry
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    began_ms: int = 0
    fate: "asyncio.Future[Bridged | Jump]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """The caller is no longer joined with whoever took them."""

    def take(self, room: Room, target: QueueTarget, queue: "CallQueue") -> None:
        """Join this caller with whoever is in the room."""
        queue.remove(self)
        if not self.fate.done():
            self.fate.set_result(Bridged(room, target, queue))

    def redirect(self, jump: Jump) -> None:
        """Send this caller elsewhere."""
        if not self.fate.done():
            self.fate.set_result(jump)


class CallQueue:
    """A queue of calls."""

    def __init__(self, account: "Account", name: str, max_size: int = DEFAULT_MAX) -> None:
        self.sid = "QU" + token_hex(16)
        self.name, self.max_size = name, max_size
        self.created = self.updated = datetime.now(UTC)
        self.waiting: list[Waiting] = []
        self.waited_s: list[int] = []
        """How long those waited who have left."""
        self._came = asyncio.Event()
        account.queues.append(self)

    @property
    def average_wait_s(self) -> int:
        """Of those who have left."""
        return sum(self.waited_s) // len(self.waited_s) if self.waited_s else 0

    def enter(self, waiting: Waiting) -> None:
        """Somebody begins to wait."""
        self.waiting.append(waiting)
        self._came.set()

    def remove(self, waiting: Waiting) -> None:
        """Somebody waits no more."""
        if waiting in self.waiting:
            self.waiting.remove(waiting)
            self.waited_s.append((waiting.entry.lasted_ms - waiting.began_ms) // 1000)

    async def first(self) -> Waiting:
        """The caller who has waited longest, waited for when there is none."""
        while not self.waiting:
            self._came.clear()
            await self._came.wait()
        return self.waiting[0]


async def enqueue(program: Program, verb: Enqueue) -> Outcome:
    """Wait until somebody takes the caller, sends them elsewhere, or the played document has them leave."""
    if verb.workflow_sid or verb.task:
        program.problem(0, "<Enqueue workflowSid> is not played by this double; create the task over REST")
        return None
    account = program.account
    queue = account.queue(verb.name) or CallQueue(account, verb.name)
    if len(queue.waiting) >= queue.max_size:
        return _action(verb, queue, "queue-full", 0)
    waiting = Waiting(program.entry, began_ms=program.handset.lasted_ms)
    queue.enter(waiting)
    program.handset.up.set()
    try:
        result, outcome = await _waited(program, verb, queue, waiting)
    except asyncio.CancelledError:
        result = "hangup" if program.leaves == "hung_up" else "redirected"
        if verb.action:
            told = _told(queue, result, program, waiting)
            program.tell_later("enqueue", verb.method, verb.action, told, result)
        raise
    finally:
        queue.remove(waiting)
        waiting.over.set()
    seconds = (program.handset.lasted_ms - waiting.began_ms) // 1000
    return outcome or _action(verb, queue, result, seconds)


async def leave(program: Program, verb: Leave) -> Outcome:
    """Outside of a document that is played in a queue it does nothing."""
    del verb
    program.problem(12200, "<Leave> is for a document that is played to whoever waits in a queue")
    return None


async def _waited(
    program: Program, verb: Enqueue, queue: CallQueue, waiting: Waiting
) -> tuple[str, Jump | Document | Over | None]:
    heard = asyncio.ensure_future(_meanwhile(program, verb, queue, waiting))
    either: list[asyncio.Future[Any]] = [heard, waiting.fate]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    finally:
        heard.cancel()
        await asyncio.gather(heard, return_exceptions=True)
    if not waiting.fate.done():
        left = heard.result()
        return ("leave", None) if isinstance(left, Left) else ("hangup", left)
    fate = waiting.fate.result()
    if isinstance(fate, Jump):
        return "redirected", fate
    await _bridged(program, fate)
    return "bridged", None


async def _meanwhile(
    program: Program, verb: Enqueue, queue: CallQueue, waiting: Waiting
) -> Left | Jump | Over | Document:
    if not verb.wait_url:
        room = Room()
        room.started = False
        music = Loop(tones.hold_music() if verb.wait_url is None else b"")
        member = Member(program.entry.sid, program.handset, music=music)
        room.enter(member)
        try:
            await room.run(lambda: False)
        finally:
            room.leave(member, "moved")
    while True:
        told = _told(queue, "", program, waiting)
        outcome = await program.perform(Jump(verb.wait_url or "", verb.wait_method, told, "wait"))
        if outcome != Over("end_of_twiml"):
            return outcome
        await asyncio.sleep(_LEAST_S)


async def _bridged(program: Program, fate: Bridged) -> None:
    if fate.target.url:
        await program.perform(Jump(fate.target.url, fate.target.method, {"QueueSid": fate.by_queue.sid}, "whisper"))
    if not fate.room.members:
        return
    member = Member(program.entry.sid, program.handset)
    fate.room.enter(member)
    try:
        await asyncio.shield(member.left)
    finally:
        fate.room.leave(member, program.leaves)


def _told(queue: CallQueue, result: str, program: Program, waiting: Waiting) -> Mapping[str, str]:
    told = {"QueueSid": queue.sid, "QueueTime": str((program.handset.lasted_ms - waiting.began_ms) // 1000)}
    if result:
        return told | {"QueueResult": result}
    place = queue.waiting.index(waiting) + 1 if waiting in queue.waiting else 0
    size, average = str(len(queue.waiting)), str(queue.average_wait_s)
    return told | {"QueuePosition": str(place), "CurrentQueueSize": size, "AvgQueueTime": average}


def _action(verb: Enqueue, queue: CallQueue, result: str, seconds: int) -> Outcome:
    told = {"QueueSid": queue.sid, "QueueTime": str(seconds), "QueueResult": result}
    return Jump(verb.action, verb.method, told, "enqueue") if verb.action else None
