"""What a recogniser's process and its server say to each other over a pipe: framed messages. Pure."""

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Final

from voice.stt.port import Expectation, Hypothesis, Vocabulary

_HEAD: Final = struct.Struct("<IBB")
MAX_PAYLOAD_BYTES: Final = 64 * 1024 * 1024


class Op(IntEnum):
    """Kinds of messages; payloads in brackets."""

    PREPARE = 1
    """To the process, first [JSON: vocabularies, cache_dir, lanes]."""
    BEGIN = 2
    """An utterance begins on a lane [JSON: Expectation]."""
    AUDIO = 3
    """[PCM16 mono 8 kHz]."""
    END = 4
    """The utterance is over; FINAL follows []."""
    READY = 5
    """From the process: models are loaded []."""
    PARTIAL = 6
    """[text, UTF-8]."""
    FINAL = 7
    """[JSON: hypotheses, best first]."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; lane 0 where none is meant."""

    op: Op
    lane: int = 0
    payload: bytes = b""


class Unframer:
    """Bytes of any cut into messages."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Messages that are whole now. Raises ValueError on bytes that are none."""
        self._bytes += data
        while len(self._bytes) >= _HEAD.size:
            length, op, lane = _HEAD.unpack_from(self._bytes)
            if length > MAX_PAYLOAD_BYTES:
                raise ValueError(f"a message of {length} bytes")
            if len(self._bytes) < _HEAD.size + length:
                return
            payload = bytes(self._bytes[_HEAD.size : _HEAD.size + length])
            del self._bytes[: _HEAD.size + length]
            yield Message(Op(op), lane, payload)


def framed(op: Op, lane: int = 0, payload: bytes = b"") -> bytes:
    """One message as bytes."""
    return _HEAD.pack(len(payload), op, lane) + payload


def preparation(vocabularies: Sequence[Vocabulary], cache_dir: str, lanes: int) -> bytes:
    """The payload of PREPARE."""
    told = {"vocabularies": [asdict(each) for each in vocabularies], "cache_dir": cache_dir, "lanes": lanes}
    return json.dumps(told).encode()


def prepared(payload: bytes) -> tuple[tuple[Vocabulary, ...], str, int]:
    """Read it back: vocabularies, cache_dir, lanes."""
    told: dict[str, Any] = json.loads(payload)
    read = (Vocabulary(each["name"], each["kind"], tuple(each["phrases"])) for each in told["vocabularies"])
    return tuple(read), told["cache_dir"], told["lanes"]


def expectation(payload: bytes) -> Expectation:
    """Read the payload of BEGIN."""
    return Expectation(**json.loads(payload))


def expecting(expected: Expectation) -> bytes:
    """The payload of BEGIN."""
    return json.dumps(asdict(expected)).encode()


def readings(payload: bytes) -> tuple[Hypothesis, ...]:
    """Read the payload of FINAL."""
    return tuple(Hypothesis(text, confidence) for text, confidence in json.loads(payload))


def read_as(found: Sequence[Hypothesis]) -> bytes:
    """The payload of FINAL."""
    return json.dumps([(each.text, each.confidence) for each in found]).encode()
