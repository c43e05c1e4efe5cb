"""A process that recognises: several decoders, one CPU, told what to do over a socket. Run by sphinx_pool only.

It lives as long as the other end of its socket: when the server is gone, however it went, this ends within a second.
What callers wait for comes first: an utterance that has ended, before partials of those that have not.
"""

import contextlib
import os
import select
import signal
import socket
import sys
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from voice.audio import PCM_BYTES_PER_MS
from voice.stt.decoding import Decoding
from voice.stt.models import Models
from voice.stt.port import Expectation, Vocabulary
from voice.stt.wire import Kind, Message, Unpacker, saying

_PARTIAL_EVERY_BYTES: Final = 240 * PCM_BYTES_PER_MS
_RECEIVED_AT_ONCE: Final = 1 << 18
_NICENESS: Final = 5
"""The server's media loop goes first: a word that comes 20 ms later is not noticed, a frame that does is."""


@dataclass(eq=False)
class _Lane:
    """One decoder and the utterance it works on; 0: none."""

    decoding: Decoding
    utterance: int = 0
    unheard_bytes: int = 0
    partial: str = ""


class Worker:
    """Takes messages, and does one piece of work at a time."""

    def __init__(self, models: Models, lanes: int) -> None:
        self._lanes = [_Lane(Decoding(models)) for _ in range(lanes)]
        self._ended: deque[_Lane] = deque()

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do until the next message."""
        return not self._ended and self._next_partial() is None

    def take(self, message: Message) -> None:
        """Note what is to be done; cheap."""
        if message.kind is Kind.BEGIN:
            lane = next(lane for lane in self._lanes if not lane.utterance)
            lane.decoding.begin(Expectation(**message.content()))
            lane.utterance, lane.unheard_bytes, lane.partial = message.utterance, 0, ""
            return
        found = next((lane for lane in self._lanes if lane.utterance == message.utterance), None)
        if found is None:
            return
        if message.kind is Kind.AUDIO:
            found.decoding.hear(message.body)
            found.unheard_bytes += len(message.body)
        elif message.kind is Kind.END:
            self._ended.append(found)
        elif message.kind is Kind.DROP:
            found.utterance = 0
            with contextlib.suppress(ValueError):
                self._ended.remove(found)

    def work(self) -> Message | None:
        """Do the most urgent piece of work: up to some 100 ms. Gives what there is to say, if anything."""
        if self._ended:
            lane = self._ended.popleft()
            readings = [[one.text, one.confidence] for one in lane.decoding.finish()]
            utterance, lane.utterance = lane.utterance, 0
            return saying(Kind.FINAL, utterance, readings)
        waiting = self._next_partial()
        if waiting is None:
            return None
        waiting.unheard_bytes = 0
        text = waiting.decoding.partial()
        if not text or text == waiting.partial:
            return None
        waiting.partial = text
        return Message(Kind.PARTIAL, waiting.utterance, text.encode())

    def _next_partial(self) -> _Lane | None:
        most = max(self._lanes, key=lambda lane: lane.unheard_bytes if lane.utterance else 0)
        return most if most.utterance and most.unheard_bytes >= _PARTIAL_EVERY_BYTES else None


def setup(vocabularies: tuple[Vocabulary, ...], cache_dir: Path, lanes: int) -> Message:
    """The first message to a worker."""
    told = {"vocabularies": [asdict(one) for one in vocabularies], "cache_dir": str(cache_dir), "lanes": lanes}
    return saying(Kind.SETUP, 0, told)


def serve(connection: socket.socket) -> None:
    """Set up as told, then work until the connection ends."""
    unpacker = Unpacker()
    worker: Worker | None = None
    while True:
        if worker is None or worker.idle or select.select([connection], [], [], 0)[0]:
            data = connection.recv(_RECEIVED_AT_ONCE)
            if not data:
                return
            for message in unpacker.feed(data):
                if worker is None:
                    worker = _set_up(message)
                    connection.sendall(Message(Kind.READY, 0).packed())
                else:
                    worker.take(message)
        else:
            said = worker.work()
            if said is not None:
                connection.sendall(said.packed())


def main() -> None:
    """Serve the socket whose descriptor is the first argument."""
    # Ctrl-C goes to the whole terminal; the server decides when its processes end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    with socket.socket(fileno=int(sys.argv[1])) as connection, contextlib.suppress(ConnectionError):
        serve(connection)


def _set_up(message: Message) -> Worker:
    told = message.content()
    vocabularies = [Vocabulary(one["name"], one["kind"], tuple(one["phrases"])) for one in told["vocabularies"]]
    models = Models(vocabularies, Path(told["cache_dir"]))
    models.prepare()
    return Worker(models, told["lanes"])


if __name__ == "__main__":
    main()
