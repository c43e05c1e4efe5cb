"""Faults on demand in what the application receives. Pure: one media message in, what goes out in its place."""

import json
from collections import deque
from typing import Final, Literal

Fault = Literal["duplicate", "drop", "reorder", "malformed", "oversized", "wrong_stream", "binary"]
"""What happens to one media message.

duplicate: sent twice · drop: not sent, its numbers are missing · reorder: sent after the next one ·
malformed: broken JSON goes before it · oversized: a media message of `OVERSIZED_BYTES` goes before it ·
wrong_stream: the same for another stream goes before it · binary: a binary frame goes before it
"""

OVERSIZED_BYTES: Final = 1_048_576
"""Far above what an application needs to accept: Twilio's own messages stay below 1 kB."""


class Faults:
    """Faults that are still to happen, one per media message, in the order they were asked for."""

    def __init__(self) -> None:
        self._planned: deque[Fault] = deque()
        self._held: list[str] = []

    def plan(self, fault: Fault, count: int = 1) -> None:
        """Let this happen to the next `count` media messages that nothing else is planned for."""
        self._planned.extend([fault] * count)

    def apply(self, message: str) -> list[str | bytes]:
        """What is sent instead of a media message."""
        fault = self._planned.popleft() if self._planned else None
        if fault == "drop":
            return []
        if fault == "reorder":
            self._held.append(message)
            return []
        held, self._held = self._held, []
        return [*_instead(fault, message), *held]


def _instead(fault: Fault | None, message: str) -> list[str | bytes]:
    match fault:
        case "duplicate":
            return [message, message]
        case "malformed":
            return [message[: len(message) // 2], message]
        case "oversized":
            return [_changed(message, payload="/" * OVERSIZED_BYTES), message]
        case "wrong_stream":
            return [_changed(message, stream_sid="MZ" + "0" * 32), message]
        case "binary":
            return [b"\x00\x01\x02\x03", message]
        case _:
            return [message]


def _changed(message: str, *, payload: str | None = None, stream_sid: str | None = None) -> str:
    told = json.loads(message)
    if payload is not None:
        told["media"]["payload"] = payload
    if stream_sid is not None:
        told["streamSid"] = stream_sid
    return json.dumps(told)
