"""A whole office in virtual time: real cores, drivers, dialogue, tools, store and switchboard; fake ears, voice and knowledge."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Any

from pipeline import direct
from pipeline.assistant.tools.bind import runner_for
from pipeline.line.load import load_line
from pipeline.line.ready import LineRuntime
from pipeline.runtime import Runtime
from pipeline.stages import Stages
from pipeline.switchboard import TOKEN, Answer, Connect, Switchboard
from recordings.audio import AudioWriter, CallAudio
from recordings.fold import fold
from recordings.record import CallRecord
from recordings.store import SqliteCallStore
from server import migrations
from telephony.double.ear import Ear
from telephony.double.files import read_ulaw
from telephony.double.handset import Handset
from telephony.double.memory import MemoryStream
from telephony.token import CallTokens
from tests.fakes.ears import ToldStt
from tests.fakes.retrieval import DictRetrieval
from tests.fakes.understanding import KeywordUnderstanding
from tests.fakes.voice import ToneVoice
from voice.prompts import Prompts

REPOSITORY = Path(__file__).resolve().parent.parent.parent
NUMBER = "+14155550199"
SPEECH = read_ulaw(REPOSITORY / "recordings" / "samples" / "where_is_my_order_rms.wav")
"""What every fake utterance sounds like; the ears are told what it says."""


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

    async def keys(self, digits: str) -> None:
        since_ms = self.handset.now_ms
        for digit in digits:
            self.handset.press(digit)
            await self.handset.wait_ms(200)
        await self.quiet(since_ms=since_ms)

    async def over(self) -> bool:
        """Wait until the application is done with the stream; whether it was its own."""
        async with asyncio.timeout(300):
            carried = await asyncio.shield(self.carrying)
        self.clock.cancel()
        return carried


@dataclass
class VirtualOffice:
    """A switchboard and how to call it."""

    store: SqliteCallStore
    switchboard: Switchboard
    stt: ToldStt
    root: Path
    calls: list[VirtualCall] = field(default_factory=list)

    async def call(self, to: str = NUMBER, from_: str = "+14155550101") -> VirtualCall:
        """Ring, and open the stream that is answered with."""
        sid = "CA" + token_hex(16)
        answer = self.switchboard.ring(sid, from_, to)
        assert isinstance(answer, Connect), answer
        handset = Handset()
        return self.connect(sid, handset, answer, asyncio.create_task(handset.run()))

    def connect(self, sid: str, handset: Handset, answer: Answer, clock: "asyncio.Task[None]") -> VirtualCall:
        assert isinstance(answer, Connect), answer
        stream = MemoryStream(handset, sid, "MZ" + token_hex(16), {TOKEN: answer.token})

        async def carried() -> bool:
            async for started in stream:
                return await self.switchboard.carry(stream, started)
            return False

        call = VirtualCall(self.switchboard, sid, handset, stream, asyncio.create_task(carried()), clock)
        self.calls.append(call)
        return call

    async def record(self, sid: str) -> CallRecord:
        return fold(await self.store.events(sid))

    async def kinds(self, sid: str) -> list[str]:
        return [event.kind for event in await self.store.events(sid)]


@dataclass(frozen=True, slots=True)
class Parts:
    """What an office is built on, in virtual time or behind real sockets."""

    store: SqliteCallStore
    audio: AudioWriter
    stt: ToldStt
    line: LineRuntime
    runtime: Runtime
    switchboard: Switchboard


@asynccontextmanager
async def parts(
    root: Path,
    texts: Sequence[str],
    carry: Callable[[Stages], Coroutine[Any, Any, None]],
    *,
    line: Path = REPOSITORY / "lines" / "example",
    max_calls: int = 40,
) -> AsyncIterator[Parts]:
    """Real store, tools, dialogue and switchboard; fake ears, voice, understanding and knowledge."""
    database = root / "calls.sqlite"
    migrations.upgrade(f"sqlite:///{database}")
    store, audio, voice, stt = SqliteCallStore(database), AudioWriter(), ToneVoice(), ToldStt(texts)
    loaded = load_line(line)
    tools = runner_for(loaded, root, date.today)
    ready = LineRuntime(loaded, KeywordUnderstanding(), DictRetrieval(), tools)
    recording = lambda sid: CallAudio(root / f"{sid}.wav", audio)  # noqa: E731
    runtime = Runtime("test", store, recording, stt, voice, Prompts(voice, root / "prompts"), carry)
    lines = dict.fromkeys(loaded.settings.numbers, ready)
    try:
        yield Parts(store, audio, stt, ready, runtime, Switchboard(runtime, lines, CallTokens(b"0" * 16), max_calls))
    finally:
        tools.close()
        await store.close()
        audio.close()


@asynccontextmanager
async def virtual_office(root: Path, texts: Sequence[str] = (), **options: Any) -> AsyncIterator[VirtualOffice]:
    """An office whose callers will say these texts. Use it inside virtual_time.run."""
    async with parts(root, texts, direct.carry, **options) as built:
        office = VirtualOffice(built.store, built.switchboard, built.stt, root)
        try:
            yield office
        finally:
            for call in office.calls:
                call.clock.cancel()
                call.carrying.cancel()
            await asyncio.gather(*(call.carrying for call in office.calls), return_exceptions=True)
