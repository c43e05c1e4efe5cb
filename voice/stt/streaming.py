"""One caller over a streaming recogniser: the port's Recognition, around a pure core and a socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Protocol

from websockets.asyncio.client import ClientConnection

from voice.audio import ULAW_BYTES_PER_MS, pcm_to_ulaw, silence_ulaw
from voice.stt.port import Expectation, Result
from voice.stt.results import Results
from voice.stt.speech_socket import Message, SpeechSocket
from voice.stt.stream_time import StreamTime

IDLE_S: Final = 3.0
"""Deepgram closes a connection that got nothing for 10 s (NET-0001) and asks for a sign of life every 3 to 5 s."""
SILENCE_MS: Final = 200
"""Audio of ours where a recogniser takes no other sign of life."""

Told = Sequence[Result | Message]
"""Results for the pipeline and messages for the recogniser, in order."""


class Protocols(Protocol):
    """How one provider's stream is spoken: a core and the messages around it. Synchronous."""

    @property
    def deadline_ms(self) -> int | None:
        """When tick has something to do."""

    def speech_started(self, at_ms: int, now_ms: int, written_ms: int) -> Told:
        """An utterance begins."""

    def speech_paused(self, at_ms: int, now_ms: int, written_ms: int) -> Told:
        """The caller pauses."""

    def speech_ended(self, at_ms: int, deadline_ms: int, now_ms: int, written_ms: int) -> Told:
        """The utterance is over."""

    def heard(self, message: Message, time: StreamTime, now_ms: int) -> Told:
        """The recogniser says something. Raises ProviderFailed, and any error of reading for what is unreadable."""

    def tick(self, now_ms: int) -> Told:
        """Let time pass."""

    def keep_alive(self) -> Message | None:
        """What shows that we are there; None: audio does."""

    def goodbye(self) -> Message:
        """What is said before closing."""


class Streaming:
    """A Recognition. Its one task runs from here to aclose(), or until the connection breaks, which iteration tells."""

    def __init__(self, provider: str, connection: ClientConnection, protocol: Protocols) -> None:
        self._protocol = protocol
        self._time = StreamTime()
        self._socket = SpeechSocket(provider, connection, IDLE_S, self._idle)
        self._results = Results()
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._running = asyncio.create_task(self._socket.run(self._heard), name=provider)
        self._results.come_from(self._running)

    def expect(self, expectation: Expectation) -> None:
        """Nothing: it listens for whatever is said, and knows the line's words from the start."""

    def speech_started(self, at_ms: int) -> None:
        self._do(lambda now_ms: self._protocol.speech_started(at_ms, now_ms, self._time.end_ms))

    def write(self, pcm: bytes, at_ms: int) -> None:
        if not self._closed and pcm:
            ulaw = pcm_to_ulaw(pcm)
            self._time.sent(len(ulaw) / ULAW_BYTES_PER_MS, at_ms)
            self._socket.send(ulaw)

    def speech_paused(self, at_ms: int) -> None:
        self._do(lambda now_ms: self._protocol.speech_paused(at_ms, now_ms, self._time.end_ms))

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        self._do(lambda now_ms: self._protocol.speech_ended(at_ms, deadline_ms, now_ms, self._time.end_ms))

    def __aiter__(self) -> AsyncIterator[Result]:
        """Results in order; ProviderFailed when the connection broke, after all that came before."""
        return self._results

    async def aclose(self) -> None:
        """Say goodbye and close; what was not recognised yet is dropped. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._results.close()
        if self._timer is not None:
            self._timer.cancel()
        self._running.cancel()
        await asyncio.wait([self._running])
        await self._socket.aclose(self._protocol.goodbye())

    def _heard(self, message: Message) -> None:
        self._do(lambda now_ms: self._protocol.heard(message, self._time, now_ms))

    def _idle(self) -> None:
        message = self._protocol.keep_alive()
        if message is not None:
            self._socket.send(message)
            return
        self._time.sent(SILENCE_MS, None)
        self._socket.send(silence_ulaw(SILENCE_MS))

    def _do(self, work: Callable[[int], Told]) -> None:
        """Ask the core, do what it says, and come back when it has something to do."""
        if self._closed:
            return
        for told in work(self._now_ms()):
            if isinstance(told, dict):
                self._socket.send(told)
            else:
                self._results.tell(told)
        if self._timer is not None:
            self._timer.cancel()
        deadline_ms = self._protocol.deadline_ms
        wait_ms = max(0, deadline_ms - self._now_ms()) if deadline_ms is not None else 0
        self._timer = None if deadline_ms is None else self._loop.call_later(wait_ms / 1000, self._tick)

    def _tick(self) -> None:
        self._do(self._protocol.tick)

    def _now_ms(self) -> int:
        return int(self._loop.time() * 1000)
