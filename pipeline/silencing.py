"""The recording without what the transcript may not hold either: what is redacted there is silence here."""

from typing import Protocol

from recordings.events import Event
from recordings.wav import CALLER, HEARD, Channel

_CHANNELS = {
    "caller.said": (("silenced", CALLER),),
    "assistant.heard": (("silenced", HEARD),),
    "answer.hidden": (("silenced", CALLER), ("silenced_heard", HEARD)),
}


class Kept(Protocol):
    """What is kept of a call's sound."""

    def silence(self, channel: Channel, start_ms: int, end_ms: int) -> None:
        """Take back what was kept of this stretch."""


class Silencing:
    """A listener of a call's log."""

    def __init__(self, audio: Kept) -> None:
        self._audio = audio

    def __call__(self, event: Event) -> None:
        """An event was recorded."""
        for field, channel in _CHANNELS.get(event.kind, ()):
            for start_ms, end_ms in event.data.get(field, ()):
                self._audio.silence(channel, start_ms, end_ms)
