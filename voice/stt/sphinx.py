"""The offline recogniser: pocketsphinx in a bounded pool of processes, one lane an utterance, partials while it is spoken.

An utterance takes a free lane when it begins; while none is free its audio waits and is decoded faster than it was
spoken as soon as one is. What has no lane by its deadline is `busy`, what has no words by then is `late`. A process that
dies is replaced, and its utterances are decoded once more from what was kept of them.
"""

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import structlog

from voice.audio import PCM_BYTES_PER_MS
from voice.errors import ProviderAbsent, ProviderFailed
from voice.stt.models import Models
from voice.stt.port import Expectation, Hypothesis, Recognition, Transcript, Unrecognised, Vocabulary
from voice.stt.sphinx_wire import Message, Op, Unframer, expecting, framed, preparation, readings

PROVIDER: Final = "sphinx"
LONGEST_MS: Final = 30_000
"""Audio beyond this is not listened to: the gate cuts speech at 20 s."""
START_S: Final = 60.0
_READ_BYTES: Final = 1 << 16

Result = Transcript | Unrecognised


@dataclass(eq=False, slots=True)
class _Utterance:
    """One utterance on its way; kept until its result is told."""

    recognition: "_Recognition"
    expected: Expectation
    start_ms: int
    pcm: bytearray = field(default_factory=bytearray)
    end_ms: int | None = None
    lane: "_Lane | None" = None
    tries: int = 0
    result: Result | None = None
    overdue: asyncio.TimerHandle | None = None


@dataclass(eq=False, slots=True)
class _Lane:
    """One decoder of one process. Occupied until its FINAL came, also for an utterance that nobody waits for any more."""

    process: "_Process"
    number: int
    utterance: _Utterance | None = None

    def send(self, op: Op, payload: bytes = b"") -> None:
        self.process.send(framed(op, self.number, payload))


class SphinxStt:
    """A SpeechToText (voice.stt.port). `await start()` before use, `await aclose()` in the same task."""

    def __init__(self, vocabularies: Sequence[Vocabulary], cache_dir: Path, processes: int = 2, lanes: int = 3) -> None:
        """lanes: decoders in each process; they share its core, 30 to 60 MB each."""
        self._vocabularies = tuple(vocabularies)
        self._cache_dir = cache_dir
        self._lane_count = lanes
        self._processes = [_Process(self, number) for number in range(processes)]
        self._free: deque[_Lane] = deque()
        self._waiting: deque[_Utterance] = deque()
        self._exits = AsyncExitStack()

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        return "speech"

    async def start(self) -> None:
        """Make the models and start the processes: seconds for a new line. Raises ProviderAbsent and ProviderFailed."""
        try:
            await asyncio.to_thread(Models(self._vocabularies, self._cache_dir).prepare)
        except (OSError, ValueError) as error:
            raise ProviderAbsent(PROVIDER, f"its models cannot be made in {self._cache_dir}: {error}") from error
        tasks = await self._exits.enter_async_context(asyncio.TaskGroup())
        running = [tasks.create_task(process.run()) for process in self._processes]
        self._exits.callback(lambda: [task.cancel() for task in running])
        try:
            async with asyncio.timeout(START_S):
                await asyncio.gather(*(process.ready.wait() for process in self._processes))
        except TimeoutError:
            await self.aclose()
            raise ProviderFailed(PROVIDER, f"its processes were not ready within {START_S:.0f} s") from None

    async def aclose(self) -> None:
        """End the processes. Utterances on their way are late."""
        await self._exits.aclose()

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        del call_id, deadline_ms
        return _Recognition(self)

    def preparation(self) -> bytes:
        """What a process is told first."""
        return framed(Op.PREPARE, 0, preparation(self._vocabularies, str(self._cache_dir), self._lane_count))

    def add_lanes(self, process: "_Process") -> None:
        """A process is ready: its lanes are free."""
        process.lanes = [_Lane(process, number) for number in range(self._lane_count)]
        # One lane of each process before the second of any: utterances spread over the cores.
        self._free.extend(process.lanes)
        self._free = deque(sorted(self._free, key=lambda lane: lane.number))
        self._assign()

    def begin(self, utterance: _Utterance) -> None:
        """An utterance wants a lane."""
        self._waiting.append(utterance)
        self._assign()

    def told(self, lane: _Lane, found: Sequence[Hypothesis]) -> None:
        """A lane is done with its utterance."""
        utterance, lane.utterance = lane.utterance, None
        if utterance is not None:
            utterance.recognition.finish(utterance, _result(utterance, found))
        self._free.append(lane)
        self._assign()

    def died(self, process: "_Process") -> None:
        """A process is gone, with what its lanes were working on."""
        self._free = deque(lane for lane in self._free if lane.process is not process)
        for lane in process.lanes:
            utterance, lane.utterance = lane.utterance, None
            if utterance is None or utterance.result is not None:
                continue
            utterance.lane = None
            if utterance.tries > 1:
                utterance.recognition.finish(utterance, _failed(utterance, "late"))
            else:
                self._waiting.appendleft(utterance)
        process.lanes = []
        self._assign()

    def _assign(self) -> None:
        while self._free and self._waiting:
            utterance = self._waiting.popleft()
            if utterance.result is not None:
                continue
            lane = self._free.popleft()
            lane.utterance, utterance.lane = utterance, lane
            utterance.tries += 1
            lane.send(Op.BEGIN, expecting(utterance.expected))
            if utterance.pcm:
                lane.send(Op.AUDIO, bytes(utterance.pcm))
            if utterance.end_ms is not None:
                lane.send(Op.END)


class _Process:
    """One worker process: started, listened to, started again when it dies."""

    def __init__(self, pool: SphinxStt, number: int) -> None:
        self.ready = asyncio.Event()
        self.lanes: list[_Lane] = []
        self._pool = pool
        self._number = number
        self._process: asyncio.subprocess.Process | None = None

    def send(self, data: bytes) -> None:
        """Never blocks: what the process has not read waits here, bounded by its lanes' utterances."""
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(data)

    async def run(self) -> None:
        """Keep a process running until cancelled."""
        while True:
            self._process = process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "voice.stt.sphinx_worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                self.send(self._pool.preparation())
                await self._listen(process)
            finally:
                self._process = None
                if process.returncode is None:
                    process.kill()
                await asyncio.shield(process.wait())
                self._pool.died(self)
            structlog.get_logger().error("recogniser died", number=self._number, status=process.returncode)
            await asyncio.sleep(0.1)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None  # noqa: S101 it was asked for
        unframer = Unframer()
        while data := await process.stdout.read(_READ_BYTES):
            for message in unframer.feed(data):
                self._take(message)

    def _take(self, message: Message) -> None:
        if message.op is Op.READY:
            self.ready.set()
            self._pool.add_lanes(self)
            return
        lane = self.lanes[message.lane]
        if message.op is Op.FINAL:
            self._pool.told(lane, readings(message.payload))
        elif lane.utterance is not None:
            lane.utterance.recognition.partial(lane.utterance, message.payload.decode())


class _Recognition:
    """One caller's. Results come in the order of the utterances."""

    def __init__(self, pool: SphinxStt) -> None:
        self._pool = pool
        self._expected = Expectation()
        self._speaking: _Utterance | None = None
        self._order: deque[_Utterance] = deque()
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()
        self._now_ms = 0

    def expect(self, expectation: Expectation) -> None:
        self._expected = expectation

    def speech_started(self, at_ms: int) -> None:
        if self._speaking is not None:
            self.speech_ended(at_ms, 0)
        self._speaking = utterance = _Utterance(self, self._expected, at_ms)
        self._order.append(utterance)
        self._pool.begin(utterance)

    def write(self, pcm: bytes, at_ms: int) -> None:
        utterance = self._speaking
        self._now_ms = at_ms + len(pcm) // PCM_BYTES_PER_MS
        if utterance is None or len(utterance.pcm) > LONGEST_MS * PCM_BYTES_PER_MS:
            return
        utterance.pcm += pcm
        if utterance.lane is not None:
            utterance.lane.send(Op.AUDIO, pcm)

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        utterance, self._speaking = self._speaking, None
        if utterance is None:
            return
        utterance.end_ms = at_ms
        if utterance.lane is not None:
            utterance.lane.send(Op.END)
        utterance.overdue = asyncio.get_running_loop().call_later(deadline_ms / 1000, self._overdue, utterance)

    async def __aiter__(self) -> AsyncIterator[Result]:
        while (result := await self._results.get()) is not None:
            yield result

    async def aclose(self) -> None:
        for utterance in self._order:
            if utterance.overdue is not None:
                utterance.overdue.cancel()
            utterance.result = utterance.result or _failed(utterance, "late")
            if utterance.lane is not None and utterance.end_ms is None:
                utterance.lane.send(Op.END)  # so that its lane comes free
        self._order.clear()
        self._results.put_nowait(None)

    def partial(self, utterance: _Utterance, text: str) -> None:
        """Words so far."""
        if utterance.result is None and self._order and self._order[0] is utterance:
            self._results.put_nowait(Transcript(text, False, utterance.start_ms, self._now_ms))

    def finish(self, utterance: _Utterance, result: Result) -> None:
        """The result of an utterance; later ones are ignored."""
        if utterance.result is not None:
            return
        utterance.result = result
        if utterance.overdue is not None:
            utterance.overdue.cancel()
        while self._order and self._order[0].result is not None:
            told = self._order.popleft().result
            if told is not None:
                self._results.put_nowait(told)

    def _overdue(self, utterance: _Utterance) -> None:
        self.finish(utterance, _failed(utterance, "busy" if utterance.lane is None else "late"))


def _result(utterance: _Utterance, found: Sequence[Hypothesis]) -> Result:
    if not found:
        return _failed(utterance, "noise")
    end_ms = utterance.end_ms if utterance.end_ms is not None else utterance.start_ms
    return Transcript(found[0].text, True, utterance.start_ms, end_ms, found[0].confidence, tuple(found))


def _failed(utterance: _Utterance, reason: Literal["busy", "late", "noise"]) -> Unrecognised:
    end_ms = utterance.end_ms if utterance.end_ms is not None else utterance.start_ms
    return Unrecognised(reason, utterance.start_ms, end_ms)
