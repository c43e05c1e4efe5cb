"""A caller's script as data, and the caller who follows it: what to say or press, when, and what the network does.

A caller is polite unless told otherwise: each `Speak` and `Press` waits until the assistant has spoken and is quiet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from telephony.double.call import QUIET_MS, DoubleCall
from telephony.double.errors import CallError, CallOver, NotQuiet
from telephony.double.files import read_ulaw
from telephony.double.socket import Loss
from telephony.double.track import Span
from voice.audio import FRAME_MS

GAP_MS: Final = 250
PATIENCE_S: Final = 60.0
ASKED_AT_MOST: Final = 5
"""How often in a row keys are pressed because the assistant asks for them; then the caller gives up and goes on."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Say this when the assistant has finished."""

    audio: bytes | Path
    """μ-law, or an audio file."""
    label: str = ""
    """For people; the file's name when empty."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press these keys when the assistant has finished."""

    keys: str
    gap_ms: int = GAP_MS


@dataclass(frozen=True, slots=True)
class InterruptAt:
    """Say this while the assistant speaks, when it was audible for this long since the caller's last turn.

    An assistant that is quiet before is answered then.
    """

    after_ms: int
    audio: bytes | Path
    label: str = ""


@dataclass(frozen=True, slots=True)
class PressAt:
    """The same with keys."""

    after_ms: int
    keys: str
    gap_ms: int = GAP_MS


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for a while, from now."""

    duration_ms: int


@dataclass(frozen=True, slots=True)
class StaySilent:
    """Say nothing until the assistant has ended the call, at most this long; keys are still pressed when asked for."""

    at_most_ms: int = 120_000


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait until the assistant has spoken and is quiet."""


@dataclass(frozen=True, slots=True)
class LoseMedia:
    """The media socket is lost; Twilio notices after a while and goes on with the TwiML."""

    how: Loss
    noticed_after_ms: int = 0


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call, without waiting for anyone."""


Step = Speak | Press | InterruptAt | PressAt | Wait | StaySilent | Listen | LoseMedia | HangUp


@dataclass(frozen=True, slots=True)
class KeysWhenAsked:
    """Keys to press whenever the assistant asks for keys, before going on with the script."""

    keys: str
    asked: Callable[[], bool]
    """Whether the assistant asks for keys now; looked at when it is quiet."""
    gap_ms: int = GAP_MS


@dataclass(frozen=True, slots=True)
class ScriptEvent:
    """What the caller did."""

    at_ms: int
    kind: Literal["waited", "began", "done", "keys_when_asked", "gave_up", "call_over"]
    """waited: the assistant fell quiet at `at_ms` · gave_up: it did not within the patience, and the script goes on."""
    index: int
    """Of the step, from 0; the number of steps when all are done."""
    step: Step | KeysWhenAsked | None
    span: Span | None = None
    """When it was said or pressed."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ScriptEnd:
    """How the script ended."""

    done: int
    """How many steps were done."""
    complete: bool
    gave_up: int = 0
    """How often the assistant was not heard, or never stopped, in time."""


class ScriptFailed(CallError):
    """The assistant was not heard, or never stopped, in time, and the caller was told not to go on without it."""


OnEvent = Callable[[ScriptEvent], None]


async def run_script(
    call: DoubleCall,
    steps: Sequence[Step],
    on_event: OnEvent | None = None,
    *,
    when_asked: KeysWhenAsked | None = None,
    quiet_ms: int = QUIET_MS,
    patience_s: float = PATIENCE_S,
    go_on_anyway: bool = False,
) -> ScriptEnd:
    """Do every step in order; ends early, without an error, when the call does. The last step leaves the call as it is.

    A caller waits `patience_s` for the assistant, then speaks anyway (`go_on_anyway`) or raises ScriptFailed.
    Raises NotAudio before anything is done when a file cannot be spoken.
    """
    caller = _Caller(call, on_event or (lambda _: None), when_asked, quiet_ms, patience_s, go_on_anyway)
    prepared = [_prepared(step) for step in steps]
    for index, (step, ulaw) in enumerate(zip(steps, prepared, strict=True)):
        try:
            await caller.do(index, step, ulaw)
        except CallOver:
            caller.tell("call_over", index, step)
            return ScriptEnd(index, complete=False, gave_up=caller.gave_up)
    return ScriptEnd(len(steps), complete=True, gave_up=caller.gave_up)


def _prepared(step: Step) -> bytes:
    match step:
        case Speak(audio) | InterruptAt(_, audio):
            return read_ulaw(audio) if isinstance(audio, Path) else audio
        case _:
            return b""


class _Caller:
    def __init__(
        self,
        call: DoubleCall,
        on_event: OnEvent,
        when_asked: KeysWhenAsked | None,
        quiet_ms: int,
        patience_s: float,
        go_on_anyway: bool,
    ) -> None:
        self.gave_up = 0
        self._call = call
        self._on_event = on_event
        self._when_asked = when_asked
        self._quiet_ms = quiet_ms
        self._patience_s = patience_s
        self._go_on_anyway = go_on_anyway

    def tell(
        self,
        kind: Literal["waited", "began", "done", "keys_when_asked", "gave_up", "call_over"],
        index: int,
        step: Step | KeysWhenAsked,
        *,
        span: Span | None = None,
        detail: str = "",
    ) -> None:
        at_ms = self._call.now_ms if span is None else span.end_ms
        self._on_event(ScriptEvent(at_ms, kind, index, step, span, detail))

    async def do(self, index: int, step: Step, ulaw: bytes) -> None:
        if isinstance(step, Speak | Press | Listen):
            await self._until_my_turn(index, step)
        self.tell("began", index, step)
        began_ms = self._call.now_ms
        try:
            said = await self._act(step, ulaw)
        except NotQuiet as never:
            self._give_up(index, step, never)
            return
        self.tell("done", index, step, span=said or Span(began_ms, max(began_ms, self._call.now_ms)))

    async def _act(self, step: Step, ulaw: bytes) -> Span | None:
        call = self._call
        match step:
            case Speak():
                return await call.say(ulaw)
            case InterruptAt(after_ms, _):
                await self._until_heard(after_ms)
                return await call.say(ulaw)
            case Press(keys, gap_ms):
                await call.press(keys, gap_ms=gap_ms)
            case PressAt(after_ms, keys, gap_ms):
                await self._until_heard(after_ms)
                await call.press(keys, gap_ms=gap_ms)
            case Wait(duration_ms):
                await call.wait(duration_ms)
            case StaySilent(at_most_ms):
                await self._stay_silent(at_most_ms)
            case LoseMedia(how, noticed_after_ms):
                await call.lose(how, resume_after_ms=noticed_after_ms)
            case HangUp():
                call.hang_up()
            case Listen():
                pass
        return None

    async def _until_my_turn(self, index: int, step: Step) -> None:
        await self._until_quiet(index, step)
        asked = self._when_asked
        for _ in range(ASKED_AT_MOST):
            if asked is None or not asked.asked():
                return
            self.tell("keys_when_asked", index, asked)
            await self._call.press(asked.keys, gap_ms=asked.gap_ms)
            await self._until_quiet(index, step)

    async def _until_quiet(self, index: int, step: Step) -> None:
        try:
            quiet_ms = await self._call.until_quiet(quiet_ms=self._quiet_ms, timeout_s=self._patience_s)
        except NotQuiet as never:
            self._give_up(index, step, never)
        else:
            self.tell("waited", index, step, span=Span(quiet_ms, quiet_ms))

    async def _until_heard(self, after_ms: int) -> None:
        await self._call.until_heard(after_ms, or_quiet_ms=self._quiet_ms, timeout_s=self._patience_s)

    async def _stay_silent(self, at_most_ms: int) -> None:
        call, asked = self._call, self._when_asked
        until_ms = call.now_ms + at_most_ms
        while call.now_ms < until_ms:
            if asked is not None and asked.asked() and call.my_turn(quiet_ms=self._quiet_ms):
                await call.press(asked.keys, gap_ms=asked.gap_ms)
            await call.wait(FRAME_MS)

    def _give_up(self, index: int, step: Step, never: NotQuiet) -> None:
        self.gave_up += 1
        self.tell("gave_up", index, step, detail=str(never))
        if not self._go_on_anyway:
            raise ScriptFailed(f"step {index + 1}: {never}") from never
