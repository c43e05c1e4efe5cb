"""How the server and its recognising processes talk: length-prefixed messages over a socket pair. Pure."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

_HEADER: Final = struct.Struct("<BII")


class Kind(IntEnum):
    """What a message is. The first five go to the process, the others come from it."""

    SETUP = 1
    BEGIN = 2
    AUDIO = 3
    END = 4
    DROP = 5
    READY = 6
    PARTIAL = 7
    FINAL = 8


@dataclass(frozen=True, slots=True)
class Message:
    """One message about one utterance (0: about none)."""

    kind: Kind
    utterance: int
    body: bytes = b""

    def packed(self) -> bytes:
        """As it goes over the wire."""
        return _HEADER.pack(self.kind, self.utterance, len(self.body)) + self.body

    def content(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def saying(kind: Kind, utterance: int, content: Any) -> Message:
    """A message whose body is JSON."""
    return Message(kind, utterance, json.dumps(content).encode())


class Unpacker:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are complete now. Raises ValueError on an unknown kind: no peer of ours."""
        self._pending += data
        while len(self._pending) >= _HEADER.size:
            kind, utterance, length = _HEADER.unpack_from(self._pending)
            end = _HEADER.size + length
            if len(self._pending) < end:
                return
            body = bytes(self._pending[_HEADER.size : end])
            del self._pending[:end]
            yield Message(Kind(kind), utterance, body)
