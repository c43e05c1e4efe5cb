"""One call at the double: what the caller can do, and what is known when it is over."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from telephony.double.ear import Ear
from telephony.double.entry import CallEntry
from telephony.double.errors import CallOver, NoMedia, NotQuiet
from telephony.double.faults import Fault
from telephony.double.handset import Handset
from telephony.double.inside import Inside
from telephony.double.program import Document, Jump, Over, Program, Settings
from telephony.double.record import CallLog, DoubleResult, Pacing, Problem
from telephony.double.socket import Loss, StreamSocket
from telephony.double.track import Span, loud_until_ms
from voice.audio import FRAME_MS, ULAW_BYTES_PER_MS

if TYPE_CHECKING:
    from telephony.double.account import Account

QUIET_MS: Final = 900
SPOKEN_MS: Final = 200
"""The assistant has spoken when this much of it was audible."""
KEYS: Final = frozenset("0123456789*#ABCD")


class DoubleCall:
    """A call in progress; the caller is whoever holds it. Instants: 0 is the first media frame."""

    def __init__(self, entry: CallEntry, settings: Settings, account: "Account") -> None:
        self.entry = entry
        self.caller = entry.caller
        entry.call = self
        self._handset = Handset()
        self._program = Program(entry, settings, self._handset, account)
        self._turn_ended_ms: int | None = None
        self._result: asyncio.Future[DoubleResult] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """The call itself, from the first webhook to the end; the double runs it."""
        async with asyncio.TaskGroup() as tasks:
            clock = tasks.create_task(self._handset.run())
            by = await self._program.run()
            ended_ms, lasted_ms = self._handset.now_ms, self._handset.lasted_ms
            clock.cancel()
        self._handset.ear.tick(ended_ms)
        self._handset.ear.clear(ended_ms, "interrupted")
        await self.entry.callbacks.done.wait()
        log = self.log
        self._result.set_result(
            DoubleResult(
                call_sid=self.caller.call_sid,
                ended_by=by,
                duration_ms=lasted_ms,
                executed=tuple(log.executed),
                webhooks=tuple(log.webhooks),
                problems=tuple(log.problems),
                streams=tuple(log.streams),
                recordings=dict(log.recordings),
                pacing=self._handset.pacing,
                ear=self._handset.ear,
            )
        )

    # What is known

    @property
    def call_sid(self) -> str:
        """Twilio's id of the call."""
        return self.caller.call_sid

    @property
    def now_ms(self) -> int:
        """The instant on the call's clock."""
        return self._handset.now_ms

    @property
    def lasted_ms(self) -> int:
        """How long ago it was answered."""
        return self._handset.lasted_ms

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._handset.stopped

    @property
    def pacing(self) -> Pacing:
        """How punctual the double was so far."""
        return self._handset.pacing

    @property
    def listening(self) -> bool:
        """Whether a media stream is open: the application receives what the caller says."""
        return self._handset.listening

    @property
    def ear(self) -> Ear:
        """What the caller's ear received so far."""
        return self._handset.ear

    @property
    def log(self) -> CallLog:
        """What was requested, executed and complained about so far."""
        return self._program.log

    @property
    def program(self) -> Program:
        """What the carrier executes for this call."""
        return self._program

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What Twilio's debugger would show so far."""
        return tuple(self.log.problems)

    async def answered(self) -> None:
        """Wait until the line carries sound, or the call is over."""
        await self._handset.up.wait()

    async def finished(self) -> DoubleResult:
        """Wait for the end of the call."""
        return await asyncio.shield(self._result)

    # What the caller does

    async def say(self, ulaw: bytes) -> Span:
        """Speak now, whoever else is speaking; returns when it is said, with when that was. Raises CallOver."""
        self._check_live()
        mouth = self._handset.mouth
        said = mouth.say(ulaw)
        frames = -(-len(ulaw) // (FRAME_MS * ULAW_BYTES_PER_MS))
        while mouth.spoken < said:
            await self._tick()
        end_ms = self.ear.caller.end // ULAW_BYTES_PER_MS
        while self.now_ms < end_ms:
            await self._tick()
        span = Span(end_ms - frames * FRAME_MS, end_ms)
        self._turn_ended_ms = loud_until_ms(self.ear.caller.audio(span.start_ms, span.end_ms), span)
        return span

    async def say_over(self, ulaw: bytes, *, after_ms: int = 0, timeout_s: float = 30.0) -> Span:
        """Speak while the assistant speaks: when it has been audible for `after_ms` since the caller's last turn.

        Raises NotQuiet when it does not speak in time, and CallOver.
        """
        await self.until_heard(after_ms, timeout_s=timeout_s)
        return await self.say(ulaw)

    async def press(self, keys: str, *, gap_ms: int = 250) -> None:
        """Press keys, `gap_ms` from one to the next; `w` waits half a second. Raises ValueError, CallOver."""
        if strange := set(keys) - KEYS - {"w"}:
            raise ValueError(f"{''.join(sorted(strange))!r} is on no keypad; 0-9 * # A-D, and w to wait half a second")
        for index, key in enumerate(keys):
            self._check_live()
            if key == "w":
                await self.wait(500)
                continue
            if index:
                await self.wait(gap_ms)
            self._handset.press(key)
            self._turn_ended_ms = self.now_ms

    async def wait(self, duration_ms: int) -> None:
        """Stay silent for a while. Raises CallOver."""
        until_ms = self._handset.lasted_ms + duration_ms
        while self._handset.lasted_ms < until_ms:
            await self._tick()

    def my_turn(self, *, quiet_ms: int = QUIET_MS, spoken_ms: int = SPOKEN_MS) -> bool:
        """Whether the assistant has spoken since the caller's last turn, is quiet, and has nothing more under way.

        Judged where the caller's next frame lies: a clock that is late sends frames that belong to the past.
        """
        now_ms, heard = min(self.now_ms, self._handset.next_frame_ms), self.ear.heard
        spoken = heard.audible_ms(self._since_ms(), now_ms) >= spoken_ms
        return spoken and self.ear.quiet_for_ms(now_ms) >= quiet_ms and not heard.waits(now_ms)

    async def until_quiet(
        self, *, quiet_ms: int = QUIET_MS, timeout_s: float = 60.0, spoken_ms: int = SPOKEN_MS
    ) -> int:
        """Wait until the assistant has spoken since the caller's last turn and is quiet; gives when it fell quiet.

        Raises NotQuiet after `timeout_s`, and CallOver.
        """
        told = f"and was not quiet for {quiet_ms} ms"
        await self._until(lambda: self.my_turn(quiet_ms=quiet_ms, spoken_ms=spoken_ms), timeout_s, told)
        return self.ear.heard.quiet_since_ms(self.now_ms)

    async def until_heard(self, after_ms: int = 0, *, or_quiet_ms: int | None = None, timeout_s: float = 30.0) -> None:
        """Wait until the assistant was audible for `after_ms` since the caller's last turn, or until the caller's turn.

        The latter only with `or_quiet_ms`, as `until_quiet` waits. Raises NotQuiet after `timeout_s`, and CallOver.
        """
        wanted_ms = max(after_ms, FRAME_MS)

        def met() -> bool:
            heard_ms = self.ear.heard.audible_ms(self._since_ms(), self.now_ms)
            return heard_ms >= wanted_ms or (or_quiet_ms is not None and self.my_turn(quiet_ms=or_quiet_ms))

        await self._until(met, timeout_s, f"and not for {wanted_ms} ms")

    def hang_up(self) -> None:
        """End the call, in whatever state it is. Safe at any time."""
        self._program.interrupt(Over("caller"))

    def inside(self) -> Inside:
        """The side of a room in which this call's application takes part."""
        return Inside(self._handset)

    def let_go(self) -> None:
        """Twilio ends the call because whom it was joined with has gone."""
        self._program.interrupt(Over("peer"))

    # What the network and the carrier do

    def fault(self, fault: Fault, count: int = 1) -> None:
        """Spoil the next `count` media messages in this way. Raises NoMedia."""
        self._stream().faults.plan(fault, count)

    def send_raw(self, message: str | bytes) -> None:
        """Send the application anything at all. Raises NoMedia."""
        self._stream().raw(message)

    async def lose(self, how: Loss, *, resume_after_ms: int | None = None) -> None:
        """Lose the media socket.

        Twilio goes on with the verb after `<Connect>` when it notices: after `resume_after_ms`, or at `reconnect`.
        Raises NoMedia.
        """
        await self._stream().lose(how)
        if resume_after_ms is not None:
            await self.wait(resume_after_ms)
            self.reconnect()

    def reconnect(self) -> None:
        """Twilio has noticed the loss and executes what follows `<Connect>`. Raises NoMedia when nothing is lost."""
        self._stream().give_up()

    def update(
        self, *, url: str = "", method: str = "POST", twiml: str = "", status: Literal["", "completed"] = ""
    ) -> None:
        """What `calls(sid).update` does to a live call: new TwiML, or its end. The stream gets `stop` and is closed."""
        if status == "completed":
            self._program.interrupt(Over("application"))
        elif twiml:
            self._program.interrupt(Document(twiml.encode(), self._program.document_url))
        elif url:
            self._program.interrupt(Jump(url, method, purpose="update"))
        else:
            raise ValueError("say what to do: url, twiml or status")

    def _stream(self) -> StreamSocket:
        if self._program.stream is None:
            raise NoMedia(f"call {self.call_sid}: no media stream is open")
        return self._program.stream

    async def _until(self, met: Callable[[], bool], timeout_s: float, told: str) -> None:
        self._check_live()
        try:
            async with asyncio.timeout(timeout_s):
                while not met():
                    await self._tick()
        except TimeoutError as late:
            heard_ms = self.ear.heard.audible_ms(self._since_ms(), self.now_ms)
            reason = f"within {timeout_s:g} s the assistant was heard for {heard_ms} ms {told}"
            raise NotQuiet(f"call {self.call_sid}: {reason}") from late

    def _since_ms(self) -> int:
        return self.ear.heard.start_ms if self._turn_ended_ms is None else self._turn_ended_ms

    def _check_live(self) -> None:
        if self.over:
            raise CallOver(f"call {self.call_sid} is over")

    async def _tick(self) -> None:
        """Wait for the next frame or the end of the call. Raises CallOver."""
        await self._handset.tick()
        self._check_live()
