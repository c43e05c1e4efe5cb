"""The call's sound as it happens: into the recording, and to whoever listens. Listening changes nothing of it."""

from collections.abc import Callable
from typing import Protocol

import structlog


class Sound(Protocol):
    """Who gets both sides of a call."""

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """The caller's sound from this instant on."""

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """What the caller hears from this instant on."""


class Taps:
    """The recording of a stream, and those who listen in. Belongs to the call's event loop."""

    def __init__(self) -> None:
        self._recording: Sound | None = None
        self._listeners: list[Sound] = []

    def record(self, audio: Sound | None) -> None:
        """Where it is kept from now on; None: nowhere."""
        self._recording = audio

    def listen(self, listener: Sound) -> Callable[[], None]:
        """Give a copy of everything to this one too; returns what ends that. One that raises is left out after it."""
        self._listeners.append(listener)
        return lambda: self.leave(listener)

    def leave(self, listener: Sound) -> None:
        """Give it nothing more. Safe to call twice."""
        self._listeners = [one for one in self._listeners if one is not listener]

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """The caller's sound from this instant on."""
        if self._recording is not None:
            self._recording.caller(at_ms, ulaw)
        for listener in tuple(self._listeners):
            self._give(listener, listener.caller, at_ms, ulaw)

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """What the caller hears from this instant on."""
        if self._recording is not None:
            self._recording.heard(at_ms, ulaw)
        for listener in tuple(self._listeners):
            self._give(listener, listener.heard, at_ms, ulaw)

    def _give(self, listener: Sound, give: Callable[[int, bytes], None], at_ms: int, ulaw: bytes) -> None:
        try:
            give(at_ms, ulaw)
        except Exception as error:  # noqa: BLE001 a call never breaks because somebody listens to it
            structlog.get_logger().error("listener left out", pii_error=repr(error))
            self.leave(listener)
