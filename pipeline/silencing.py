"""The recording without what the transcript may not hold either: what is redacted there is silence here."""

from collections.abc import Mapping
from typing import Final, Protocol

from recordings.events import Event
from recordings.wav import CALLER, HEARD, Channel

_Channels = Mapping[str, tuple[tuple[str, Channel], ...]]
CALL: Final[_Channels] = {
    "caller.said": (("silenced", CALLER),),
    "assistant.heard": (("silenced", HEARD),),
    "agent.said": (("silenced", HEARD),),
    "supervisor.said": (("silenced", HEARD),),
    "answer.hidden": (("silenced", CALLER), ("silenced_heard", HEARD)),
}
"""Where words stand in the recording of a call."""
LEG: Final[_Channels] = {
    "caller.said": (("silenced", HEARD),),
    "agent.said": (("silenced", CALLER),),
    "supervisor.said": (("silenced", CALLER),),
}
"""In that of a person who speaks with the caller, whose own voice is its first channel."""


class Kept(Protocol):
    """What is kept of a call's sound."""

    def silence(self, channel: Channel, start_ms: int, end_ms: int) -> None:
        """Take back what was kept of this stretch."""


class Silencing:
    """A listener of a call's log."""

    def __init__(self, audio: Kept, channels: _Channels = CALL) -> None:
        """channels: where words stand in it, by the event that tells them."""
        self._audio = audio
        self._channels = channels

    def __call__(self, event: Event) -> None:
        """An event was recorded."""
        for field, channel in self._channels.get(event.kind, ()):
            for start_ms, end_ms in event.data.get(field, ()):
                self._audio.silence(channel, start_ms, end_ms)
