"""A whole office in virtual time: what decides, the store, the switchboard are real; ears and voice not."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

from pipeline import direct
from pipeline.assistant.llm.port import LanguageModel
from pipeline.assistant.tools.bind import runner_for
from pipeline.assistant.tools.runner import ToolResult, ToolRunner
from pipeline.drive import utc_now
from pipeline.line.load import load_line
from pipeline.line.model import Line, Settings
from pipeline.line.ready import LineRuntime
from pipeline.line.vocabulary import fixed_texts
from pipeline.office_clock import OfficeClock
from pipeline.runtime import Runtime
from pipeline.stages import Stages
from pipeline.switchboard import TOKEN, Answer, Connect, Switchboard
from pipeline.transfers.office import Transfers
from pipeline.transfers.packets import WrittenPackets
from pipeline.transfers.queues import queues_of
from recordings.audio import AudioWriter, CallAudio
from recordings.events import Event
from recordings.fold import fold
from recordings.record import CallRecord
from recordings.store import CallStore, SqliteCallStore
from server import migrations
from telephony.agents import Agent
from telephony.double import virtual_time
from telephony.double.ear import Ear
from telephony.double.files import read_ulaw
from telephony.double.handset import Handset
from telephony.double.memory import MemoryStream
from telephony.ports import MediaLost, Started
from telephony.queue_settings import QueueSettings
from telephony.token import CallTokens
from tests.fakes.ears import ToldStt
from tests.fakes.mortal import MortalStore, MortalTransfers
from tests.fakes.retrieval import DictRetrieval
from tests.fakes.understanding import KeywordUnderstanding
from tests.fakes.voice import SpelledVoice, ToneVoice
from voice.prompts import Prompts
from voice.stt.port import SpeechToText
from voice.tts.port import TextToSpeech
from voice.vad import SpeechGate

REPOSITORY = Path(__file__).resolve().parent.parent.parent
NUMBER = "+14155550199"
SECRET = b"0" * 16
SPEECH = read_ulaw(REPOSITORY / "recordings" / "samples" / "where_is_my_order_rms.wav")
"""What every fake utterance sounds like; the ears are told what it says."""


@functools.cache
def _empty_database() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "calls.sqlite"
        migrations.upgrade(f"sqlite:///{path}")
        return path.read_bytes()


_loaded = functools.cache(load_line)
"""Lines of this repository, of which nobody edits a file."""


@dataclass
class VirtualCall:
    """One call and its caller. Every wait is in virtual time."""

    switchboard: Switchboard
    sid: str
    handset: Handset
    stream: MemoryStream
    carrying: "asyncio.Task[bool]"
    clock: "asyncio.Task[None]"

    @property
    def ear(self) -> Ear:
        return self.handset.ear

    async def quiet(self, quiet_ms: int = 900, since_ms: int = 0) -> None:
        """Wait until the assistant has spoken since this instant and is quiet."""
        async with asyncio.timeout(120):
            while True:
                now_ms = self.handset.now_ms
                spoken = self.ear.heard.audible_ms(since_ms, now_ms) >= 200
                if spoken and self.ear.quiet_for_ms(now_ms) >= quiet_ms:
                    return
                await self.handset.tick()

    async def speak(self, ulaw: bytes = SPEECH) -> None:
        said = self.handset.mouth.say(ulaw)
        while self.handset.mouth.spoken < said:
            await self.handset.tick()

    async def turn(self, ulaw: bytes = SPEECH) -> None:
        """Speak when the assistant is quiet, and hear the answer out."""
        await self.quiet()
        await self.speak(ulaw)
        await self.quiet(since_ms=self.handset.now_ms)

    async def press(self, digits: str, gap_ms: int = 200) -> None:
        for digit in digits:
            self.handset.press(digit)
            await self.handset.wait_ms(gap_ms)

    async def keys(self, digits: str) -> None:
        """Press keys and hear the answer out."""
        since_ms = self.handset.now_ms
        await self.press(digits)
        await self.quiet(since_ms=since_ms)

    async def over(self) -> bool:
        """Wait until the application is done with the stream; whether it was its own."""
        async with asyncio.timeout(300):
            return await asyncio.shield(self.carrying)


@dataclass
class WallClock:
    """What the wall clock shows: the loop's time since this instant, and whatever it jumped."""

    loop: asyncio.AbstractEventLoop
    began: datetime

    def __call__(self) -> datetime:
        return self.began + timedelta(seconds=self.loop.time())

    def jumps(self, by: timedelta) -> None:
        self.began += by


@dataclass
class VirtualOffice:
    """A switchboard and how to call it."""

    parts: "Parts"
    wall: "WallClock"
    calls: list[VirtualCall] = field(default_factory=list)
    clocks: "list[asyncio.Task[None]]" = field(default_factory=list)

    @property
    def store(self) -> SqliteCallStore:
        return self.parts.store

    @property
    def switchboard(self) -> Switchboard:
        return self.parts.switchboard

    @property
    def transfers(self) -> Transfers:
        assert self.parts.transfers is not None
        return self.parts.transfers

    @property
    def stt(self) -> ToldStt:
        return self.parts.stt

    @property
    def voice(self) -> ToneVoice:
        return self.parts.voice

    @property
    def tools(self) -> "SlowTools":
        return self.parts.tools

    async def call(self, to: str = NUMBER, from_: str = "+14155550101") -> VirtualCall:
        """Ring, and open the stream that is answered with."""
        sid = "CA" + token_hex(16)
        answer = await self.switchboard.ring(sid, from_, to)
        assert isinstance(answer, Connect), answer
        handset = Handset()
        return self.connect(sid, handset, answer, self.ticking(handset))

    def ticking(self, handset: Handset) -> "asyncio.Task[None]":
        """Let the handset's clock run."""
        clock = asyncio.create_task(handset.run())
        self.clocks.append(clock)
        return clock

    def die(self) -> None:
        """The process is killed: nothing of what it does from now on is kept. Another one is there."""
        for call in self.calls:
            call.carrying.cancel()
            if call.stream.closed is None:
                call.stream.lose()
        self.parts = self.parts.next_process()

    def use_line(self, changed: Callable[[Settings], Settings]) -> None:
        """The line's file is changed, and the server takes it."""
        lines = self.parts.in_use
        lines[:] = [replace(line, settings=changed(line.settings)) for line in lines]

    async def restarts(self) -> None:
        """The process is killed, and the next one takes on the transfers that it finds in the store."""
        dead = self.transfers
        self.die()
        await dead.close()
        assert self.parts.opened is not None
        self.parts = self.parts.with_transfers(await self.parts.opened(self.parts.process))
        await self.transfers.recall()

    def connect(self, sid: str, handset: Handset, answer: Answer, clock: "asyncio.Task[None]") -> VirtualCall:
        assert isinstance(answer, Connect), answer
        stream = MemoryStream(handset, sid, "MZ" + token_hex(16), {TOKEN: answer.token})

        async def carried() -> bool:
            with suppress(MediaLost):  # before it began
                async for event in stream:
                    if isinstance(event, Started):
                        return await self.switchboard.carry(stream, event)
            return False

        call = VirtualCall(self.switchboard, sid, handset, stream, asyncio.create_task(carried()), clock)
        self.calls.append(call)
        return call

    async def resume(self, call: VirtualCall) -> VirtualCall:
        """Do what the carrier does after a stream was lost: ask, and open the stream that is answered with."""
        return self.connect(call.sid, call.handset, await self.switchboard.resume(call.sid), call.clock)

    async def events(self, sid: str) -> tuple[Event, ...]:
        return await self.store.events(sid)

    async def record(self, sid: str) -> CallRecord:
        return fold(await self.events(sid))

    async def ended(self, sid: str) -> CallRecord:
        """The call as it is kept, once no call is live; what is true of every call is checked."""
        async with asyncio.timeout(300):
            await self.switchboard.drained()
        events = await self.events(sid)
        check_whole(events)
        return fold(events)

    async def kinds(self, sid: str) -> list[str]:
        return [event.kind for event in await self.events(sid)]


def virtually(script: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine in virtual time."""

    @functools.wraps(script)
    def test(*given: Any, **named: Any) -> None:
        virtual_time.run(script(*given, **named))

    return test


def check_whole(events: Sequence[Event], *, killed: bool = False) -> None:
    """What is true of the log of every call that is over, whatever happened in it. killed: its process was."""
    kinds = [event.kind for event in events]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert kinds.count("call.ended") == 1, kinds
    assert kinds[-1] == "call.ended", kinds
    assert kinds.count("call.media_started") <= 1
    announced = [event.data["utterance"] for event in events if event.kind == "assistant.speaks"]
    assert len(set(announced)) == len(announced)
    heard = [event.data["utterance"] for event in events if event.kind == "assistant.heard"]
    assert len(set(heard)) == len(heard)
    killed = killed or any(event.kind == "call.media_lost" and event.data["how"] == "process" for event in events)
    assert set(heard) <= set(announced) if killed else set(heard) == set(announced)
    said = [event.data["utterance"] for event in events if event.kind == "caller.said"]
    assert said == [f"c{number}" for number in range(1, len(said) + 1)]
    for event in events:
        if "start_ms" in event.data:
            assert event.data["start_ms"] <= event.data["end_ms"], event
    speech = [event for event in events if event.kind in {"caller.speech_started", "caller.speech_ended"}]
    assert all(before.at_ms <= after.at_ms for before, after in pairwise(speech))
    if "call.media_started" in kinds:
        began = kinds.index("call.media_started")
        assert all(event.at_ms < 0 for event in events[:began] if event.kind.startswith("call."))
        assert all(event.at_ms >= 0 for event in events[began:]), [event for event in events[began:] if event.at_ms < 0]


@dataclass(frozen=True, slots=True)
class Parts:
    """What an office is built on, in virtual time or behind real sockets."""

    store: SqliteCallStore
    process: MortalStore
    stt: ToldStt
    voice: ToneVoice
    tools: "SlowTools"
    lines: Mapping[str, LineRuntime]
    runtime: Runtime
    switchboard: Switchboard
    max_calls: int
    transfers: Transfers | None = None
    opened: Callable[[MortalStore], Coroutine[Any, Any, Transfers]] | None = None
    """Opens a process's transfers; None: nobody is put through to anybody."""
    in_use: list[Line] = field(default_factory=list)
    """The lines that transfers see."""

    def next_process(self) -> "Parts":
        """Kill this process; the next one has the same store."""
        self.process.dead = True
        process = MortalStore(self.store)
        return replace(self, process=process).with_transfers(self.transfers)

    def with_transfers(self, transfers: Transfers | None) -> "Parts":
        """The same process, which puts callers through with these."""
        runtime = replace(self.runtime, store=cast("CallStore", self.process), transfers=transfers)
        switchboard = Switchboard(runtime, self.lines, CallTokens(SECRET), self.max_calls)
        return replace(self, runtime=runtime, switchboard=switchboard, transfers=transfers)


class SlowTools(ToolRunner):
    """Tools that take their time, or fail. What they would do is done by another runner."""

    def __init__(self, inner: ToolRunner, delay_s: float, error: str) -> None:
        super().__init__({}, workers=1)
        self._inner = inner
        self._delay_s = delay_s
        self._error = error
        self.calls: list[str] = []

    async def run(
        self, call: str, name: str, arguments: Mapping[str, Any], deadline_ms: int, **more: Any
    ) -> ToolResult:
        self.calls.append(call)
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        if self._error:
            return ToolResult(ok=False, error=self._error, took_ms=deadline_ms)
        return await self._inner.run(call, name, arguments, deadline_ms, **more)

    def close(self) -> None:
        super().close()
        self._inner.close()


@asynccontextmanager
async def parts(
    root: Path,
    texts: Sequence[str],
    carry: Callable[[Stages], Coroutine[Any, Any, None]],
    *,
    line: Path = REPOSITORY / "lines" / "example",
    max_calls: int = 40,
    delay_s: float = 0.0,
    error: str = "",
    ms_per_character: int = 60,
    prepared: bool = False,
    wall_clock: Callable[[], datetime] = utc_now,
    model: LanguageModel | None = None,
    ears: SpeechToText | None = None,
    speaks: TextToSpeech | None = None,
    gate: Callable[[], SpeechGate] = SpeechGate,
    spelled: bool = False,
    agents: Sequence[Agent] = (),
    music: bytes = b"",
    queue: Mapping[str, Any] | None = None,
    summaries: LanguageModel | None = None,
    ring: Literal["longest_idle", "simultaneous"] = "longest_idle",
) -> AsyncIterator[Parts]:
    """Real store, tools, dialogue and switchboard; fake ears, voice, understanding and knowledge.

    delay_s: how long tools take; error: with what they fail; prepared: prompts are made in advance, as servers do;
    ears: a real recogniser in place of one that is told what it hears; speaks: a voice in calls in place of the tone;
    spelled: what is made in advance, and the voice where there is no other, can be read back from what was heard;
    gate: with a second stage, as servers have it; the default one has none; agents: callers are put through to them;
    queue: what is different in every queue's settings; summaries: the model that is asked for them.
    """
    database = root / "calls.sqlite"
    if not database.exists():
        database.write_bytes(_empty_database())
    store, audio, stt = SqliteCallStore(database), AudioWriter(), ToldStt(texts)
    voice = SpelledVoice() if spelled else ToneVoice(ms_per_character)
    loaded = _loaded(line) if line.is_relative_to(REPOSITORY) else load_line(line)
    tools = SlowTools(runner_for(loaded, root, date.today), delay_s, error)
    others = {one.tongue.code: KeywordUnderstanding() for one in loaded.others}
    ready = LineRuntime(loaded, KeywordUnderstanding(), DictRetrieval(), tools, others)
    ready = replace(ready, music={"support": music} if music else {})
    recording = lambda sid: CallAudio(root / f"{sid}.wav", audio)  # noqa: E731
    process = MortalStore(store)
    kept = cast("CallStore", process)
    heard, prompts = ears or stt, Prompts(voice, root / "prompts")
    runtime = Runtime("test", kept, recording, heard, speaks or voice, prompts, carry, wall_clock, model, gate=gate)
    lines = dict.fromkeys(loaded.settings.numbers, ready)
    different = {"ring": ring, **(queue or {})}
    in_use = [loaded]
    opened = functools.partial(_transfers, wall_clock, in_use, agents, different, summaries) if agents else None
    transfers = await opened(process) if opened is not None else None
    runtime = replace(runtime, transfers=transfers)
    try:
        switchboard = Switchboard(runtime, lines, CallTokens(SECRET), max_calls)
        if prepared:
            await runtime.prompts.prepare(fixed_texts(loaded), loaded.settings.language)
            voice.said.clear()
        yield Parts(
            store, process, stt, voice, tools, lines, runtime, switchboard, max_calls, transfers, opened, in_use
        )
    finally:
        if transfers is not None:
            await transfers.close()
        tools.close()
        await store.close()
        audio.close()


async def _transfers(
    wall_clock: Callable[[], datetime],
    lines: list[Line],
    agents: Sequence[Agent],
    different: Mapping[str, Any],
    model: LanguageModel | None,
    process: MortalStore,
) -> Transfers:
    clock = OfficeClock(wall_clock)

    def queues(one: Line) -> Mapping[str, QueueSettings]:
        return {name: replace(settings, **different) for name, settings in queues_of(one).items()}

    packets = WrittenPackets(cast("CallStore", process), clock, model)
    made = Transfers(MortalTransfers.of(process, "test"), clock, packets, lambda: lines, queues)
    await made.open(agents)
    return made


@asynccontextmanager
async def virtual_office(root: Path, texts: Sequence[str] = (), **options: Any) -> AsyncIterator[VirtualOffice]:
    """An office whose callers will say these texts, on a Friday at ten. Use it inside virtual_time.run."""
    wall = WallClock(asyncio.get_running_loop(), options.pop("began", datetime(2026, 11, 20, 18, tzinfo=UTC)))
    async with parts(root, texts, direct.carry, wall_clock=wall, **options) as built:
        office = VirtualOffice(built, wall)
        try:
            yield office
        finally:
            tasks = [*office.clocks, *(call.carrying for call in office.calls)]
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            if office.parts.transfers is not None:
                await office.parts.transfers.close()
            assert not [end for end in ends if isinstance(end, Exception)], ends
