"""One call in text: the same dialogue, tools, knowledge and model as on the phone, without ears and voice.

What the assistant says counts as heard at once. `cordboard chat` types into it, `cordboard eval` runs scripts through
it; with a clock that jumps (telephony.double.virtual_time) a call takes as long as its computation.
"""

import asyncio
from collections.abc import Coroutine, Generator, Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from pipeline.answering import Answering
from pipeline.assistant.actions import AgentAction, End, Expect, Say
from pipeline.assistant.events import (
    AnswerOverdue,
    AssistantHeard,
    CallBegan,
    CallerSilent,
    CallerTurn,
    CallerUnheard,
)
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.llm.port import LanguageModel
from pipeline.assistant.tools.port import Verification
from pipeline.assistant.tools.standing import Standing
from pipeline.decisions import Decisions
from pipeline.drive import CallClock, TaskClock
from pipeline.line.constants import constants
from pipeline.line.ready import LineRuntime
from pipeline.pace import Pace
from pipeline.telling import Telling
from recordings.log import CallLog

_T = TypeVar("_T")
SETTLE_S: Final = 60.0
"""Nothing that the assistant asks outside takes longer; more is a fault of ours."""
_SOUND: Final = b"\xff"
"""In place of a fill that is made in advance: in text there is nothing to hear of it."""


class NotSettled(Exception):
    """The assistant was not done with a turn in time: our own fault, or a tool that hangs."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and when."""

    call_id: str
    number: str
    """As a carrier would give it."""
    local_time: datetime
    """The line's, aware."""
    verified: Verification = "none"
    """How well the caller is known to the tools when the call begins: for test calls."""


class TextCall:
    """One call. Use it as a context manager; every method returns once the assistant waits for the caller again."""

    def __init__(
        self,
        line: LineRuntime,
        log: CallLog,
        caller: Caller,
        model: LanguageModel | None = None,
        decisions: Decisions | None = None,
    ) -> None:
        """log: the call's; it is told everything that happens, as on the phone.

        decisions: what people decide about wishes of the call, told between two turns.
        """
        self._decisions = decisions
        self._line = line
        self._log = log
        self._caller = caller
        self._model = model
        self._ended: End | None = None
        self._callers = 0
        self._silences = 0
        self._expects: Expect | None = None
        log.redact(line.line.settings.recording.redact)

    @property
    def ended(self) -> End | None:
        """How the dialogue ended; None: it goes on."""
        return self._ended

    @property
    def expects(self) -> Expect | None:
        """What the caller was last expected to do."""
        return self._expects

    async def __aenter__(self) -> Self:
        """The phone is picked up: the assistant greets. Raises NotSettled."""
        settings, caller = self._line.line.settings, self._caller
        zero = CallClock(lambda: caller.local_time)
        self._clock = TaskClock(zero)
        self._standing = standing = Standing(
            self._log.call_id, settings.name, constants(settings), tongues=self._line.line.tongues
        )
        standing.verify(caller.verified, {})
        self._deaf = self._log.listen(standing.take)
        self._record(
            "call.ringing",
            call_sid=caller.call_id,
            from_number=caller.number,
            to_number=settings.numbers[0],
            line=settings.name,
            line_version=self._line.line.version,
            language=settings.language,
        )
        self._record("call.answered", stream_sid="text", stream_number=1)
        wall_clock = zero.start()
        self._record("call.media_started", wall_clock=wall_clock.isoformat())
        self._tasks = _Tasks()
        await self._tasks.__aenter__()
        self._ticking = asyncio.create_task(self._clock.run())
        dialogue = Dialogue(
            self._line.line,
            self._line.understanding,
            model=self._model is not None,
            others=self._line.others,
        )
        self.pace = Pace(self._clock, self._log, settings, _Unsounded(), self._fill, self._give_up, 1)
        self._answering = Answering(
            self._log.call_id, dialogue, self._clock, self._log, self._line, self._tasks, self, self._model, standing
        )
        self._answering.on_say(self._said)
        self._telling = Telling(self._log.call_id, self._clock, self._decisions, self._answering.turn)
        self._answering.post(CallBegan(self._clock.now_ms(), caller.number, caller.local_time))
        await self._settled()
        return self

    async def __aexit__(
        self, failure: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The caller hangs up, unless the assistant did."""
        self._telling.close()
        self._ticking.cancel()
        await asyncio.wait([self._ticking])
        self.pace.close()
        self._answering.close()
        if self._ended is None:
            self._record("call.ended", outcome="caller_hung_up", reason="the caller hung up")
        else:
            self._record("call.ended", outcome=self._ended.outcome, reason=self._ended.reason)
        self._deaf()
        self._standing.secrets.forget()
        self._tasks.drop()
        await self._tasks.__aexit__(failure, error, trace)

    async def say(self, text: str, alternatives: Sequence[str] = ()) -> None:
        """The caller says this; while a secret is asked for, nobody hears it. Raises NotSettled."""
        if self._expects is not None and self._expects.secret:
            await self.noise()
            return
        await self._turn(text, "speech", tuple(alternatives))

    async def press(self, digits: str) -> None:
        """The caller keys this. Raises NotSettled."""
        secret = self._expects.secret if self._expects is not None else ""
        for digit in digits:
            pressed = {"secret": {"kind": secret, "length": 1}} if secret else {"digit": digit}
            self._record("caller.pressed", **pressed)
        wanted = self._expects.min_digits if self._expects is not None else 0
        if len(digits) < wanted:
            now_ms = self._clock.now_ms()
            self._record("caller.unrecognised", reason="incomplete", start_ms=now_ms, end_ms=now_ms)
            await self._posted(CallerUnheard(now_ms, "incomplete", now_ms, now_ms))
        else:
            kept = self._standing.secrets.keep(secret, digits, f"c{self._callers + 1}") if secret else digits
            await self._turn(kept, "dtmf", ())

    async def noise(self) -> None:
        """The caller makes a sound without words. Raises NotSettled."""
        now_ms = self._clock.now_ms()
        self._record("caller.unrecognised", reason="noise", start_ms=now_ms, end_ms=now_ms)
        await self._posted(CallerUnheard(now_ms, "noise", now_ms, now_ms))

    async def silence(self) -> None:
        """The caller says nothing for so long that the assistant asks. Raises NotSettled."""
        self._silences += 1
        self._record("caller.silent", count=self._silences)
        await self._posted(CallerSilent(self._clock.now_ms(), self._silences))

    async def news(self) -> None:
        """Return once what people decided meanwhile is told, as far as it may be told now. Raises NotSettled."""
        await asyncio.sleep(0)
        await self._settled()

    # What the dialogue wants (answering.Told)

    pace: Pace

    def announce(self, say: Say) -> None:
        """An utterance is on its way."""
        self._record(
            "assistant.speaks",
            utterance=say.utterance,
            turn=say.turn,
            text=say.text,
            purpose=say.purpose,
            interruptible=say.interruptible,
        )

    def play(self, say: Say) -> None:
        """Music: it lasts until something happens."""
        self.announce(say)

    def hush(self) -> None:
        """What was said is heard already."""

    def transfer(self, wanted: AgentAction) -> None:
        """Nobody can be put through to a text."""
        raise AssertionError(f"no queue can be reached in text, but {wanted} was asked for")  # our own bug

    def prepare(self, text: str) -> None:
        """Nothing is made in advance."""

    def forget(self) -> Sequence[str]:
        """Nothing was."""
        return ()

    def expect(self, wanted: Expect) -> None:
        """The caller is expected to do this next."""
        self._expects = wanted
        secret: dict[str, Any] = {"secret": wanted.secret} if wanted.secret else {}
        if wanted.private:
            secret = {**secret, "private": True}
        self._record("assistant.expects", expecting=wanted.kind, keys=wanted.keys, **secret)

    def end(self, ending: End) -> None:
        """The dialogue is over."""
        self._ended = ending

    # Inside

    async def _turn(self, text: str, via: Any, alternatives: tuple[str, ...]) -> None:
        self._callers += 1
        self._silences = 0
        now_ms, utterance = self._clock.now_ms(), f"c{self._callers}"
        self._record(
            "caller.said",
            utterance=utterance,
            text=text,
            via=via,
            start_ms=now_ms,
            end_ms=now_ms,
            confidence=1.0,
            alternatives=list(alternatives),
        )
        self.pace.endpoint(now_ms)
        self.pace.transcript()
        turn = CallerTurn(now_ms, utterance, text, alternatives, via, now_ms, now_ms)
        self._telling.floor_is("caller")
        self._answering.turn(turn)
        self.pace.floor("assistant")
        await self._settled()

    async def _posted(self, event: CallerUnheard | CallerSilent) -> None:
        self._telling.floor_is("caller")
        self._answering.turn(event)
        await self._settled()

    def _said(self, say: Say) -> None:
        now_ms = self._clock.now_ms()
        self.pace.began(say.utterance)
        self._record(
            "assistant.heard",
            utterance=say.utterance,
            heard_text=say.text,
            start_ms=now_ms,
            end_ms=now_ms,
            complete=True,
        )
        self.pace.heard(say.utterance)
        heard = AssistantHeard(now_ms, say.utterance, say.text, complete=True, start_ms=now_ms, end_ms=now_ms)
        self._answering.post(heard)

    def _fill(self, say: Say, _sound: bytes) -> None:
        self.announce(say)
        self._said(say)

    def _give_up(self, waited_ms: int) -> None:
        self._answering.post(AnswerOverdue(self._clock.now_ms(), waited_ms))

    def _record(self, kind: str, **data: object) -> None:
        self._log.record(kind, self._clock.now_ms(), **data)

    async def _settled(self) -> None:
        """Return once nothing is asked outside any more: it is the caller's move, or the call is over."""
        try:
            async with asyncio.timeout(SETTLE_S):
                await self._tasks.idle()
        except TimeoutError as late:
            raise NotSettled(f"call {self._caller.call_id}: no end of a turn within {SETTLE_S:.0f} s") from late
        if self._ticking.done():
            self._ticking.result()  # a timer of ours broke
        self._telling.floor_is("nobody")


class _Unsounded:
    """Fills and apologies as texts: always there."""

    def get(self, text: str, language: str) -> bytes | None:
        """Something for every text."""
        del text, language
        return _SOUND


class _Tasks(asyncio.TaskGroup):
    """What was asked outside and has not come back."""

    def __init__(self) -> None:
        super().__init__()
        self._alive: set[asyncio.Task[Any]] = set()
        self._none = asyncio.Event()
        self._none.set()

    def create_task(
        self,
        coro: Generator[Any, None, _T] | Coroutine[Any, Any, _T],
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> "asyncio.Task[_T]":
        """As TaskGroup does; it is counted until it is over."""
        task = super().create_task(coro, name=name, context=context)
        self._alive.add(task)
        self._none.clear()
        task.add_done_callback(self._over)
        return task

    async def idle(self) -> None:
        """Return when none runs. Raises what broke in one."""
        while self._alive:
            self._none.clear()
            await self._none.wait()

    def drop(self) -> None:
        """Nobody waits for them any more."""
        for task in list(self._alive):
            task.cancel()

    def _over(self, task: "asyncio.Task[Any]") -> None:
        self._alive.discard(task)
        if not self._alive:
            self._none.set()
