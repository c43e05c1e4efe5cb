"""The process in which pocketsphinx runs: its binding holds the interpreter's lock, so never the server's own.

`python -m voice.stt.sphinx_worker` speaks sphinx_wire over stdin and stdout. It ends when its stdin does: with its server.
"""

import ctypes
import os
import select
import signal
import sys
from collections import deque
from pathlib import Path
from typing import Final

from voice.audio import PCM_BYTES_PER_MS
from voice.stt.decoding import Decoding
from voice.stt.models import Models
from voice.stt.sphinx_wire import Message, Op, Unframer, expectation, framed, prepared, read_as

PARTIAL_MS: Final = 240
"""New audio on a lane before another partial is worth its time."""
_READ_BYTES: Final = 1 << 16
_PR_SET_PDEATHSIG: Final = 1


class Lanes:
    """The decoders of one process. Ends of utterances come before partials: somebody waits for those."""

    def __init__(self, decoders: list[Decoding]) -> None:
        self._decoders = decoders
        self._speaking: dict[int, int] = {}
        """Lanes with an utterance, and how many bytes came since their last partial."""

    def take(self, message: Message) -> bytes:
        """Carry one message out; gives what is to be answered."""
        lane, decoder = message.lane, self._decoders[message.lane]
        if message.op is Op.BEGIN:
            decoder.begin(expectation(message.payload))
            self._speaking[lane] = 0
        elif message.op is Op.AUDIO and lane in self._speaking:
            decoder.hear(message.payload)
            self._speaking[lane] += len(message.payload)
        elif message.op is Op.END and self._speaking.pop(lane, None) is not None:
            return framed(Op.FINAL, lane, read_as(decoder.finish()))
        return b""

    def partial(self) -> bytes:
        """A partial of the lane that has most to tell; nothing if no lane has enough."""
        lane = max(self._speaking, key=lambda each: self._speaking[each], default=None)
        if lane is None or self._speaking[lane] < PARTIAL_MS * PCM_BYTES_PER_MS:
            return b""
        self._speaking[lane] = 0
        text = self._decoders[lane].partial()
        return framed(Op.PARTIAL, lane, text.encode()) if text else b""


def main() -> None:
    """Serve until stdin ends."""
    _die_with_parent()
    unframer, inbox = Unframer(), deque[Message]()
    lanes: Lanes | None = None
    while True:
        if not inbox or _waiting():
            data = os.read(sys.stdin.fileno(), _READ_BYTES) if inbox or _waiting() or lanes is None else _idle(lanes)
            if data is None:
                continue
            if not data:
                return
            inbox.extend(unframer.feed(data))
            continue
        message = inbox.popleft()
        if message.op is Op.PREPARE:
            lanes = _prepare(message.payload)
            _answer(framed(Op.READY))
        elif lanes is not None:
            _answer(lanes.take(message))


def _idle(lanes: Lanes) -> bytes | None:
    """Nothing is asked: work on a partial, or wait for more."""
    partial = lanes.partial()
    if partial:
        _answer(partial)
        return None
    return os.read(sys.stdin.fileno(), _READ_BYTES)


def _prepare(payload: bytes) -> Lanes:
    vocabularies, cache_dir, count = prepared(payload)
    models = Models(vocabularies, Path(cache_dir))
    models.prepare()
    return Lanes([Decoding(models) for _ in range(count)])


def _waiting() -> bool:
    return bool(select.select([sys.stdin.fileno()], [], [], 0)[0])


def _answer(data: bytes) -> None:
    if data:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _die_with_parent() -> None:
    """A server that is killed takes its recognisers along, also in the middle of an utterance. Linux only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends us by closing our stdin
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
