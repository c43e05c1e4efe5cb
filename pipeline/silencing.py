"""The recording without what the transcript may not hold either: what is redacted there is silence here."""

from recordings.audio import CallAudio
from recordings.events import Event
from recordings.wav import CALLER, HEARD

_CHANNELS = {"caller.said": CALLER, "answer.hidden": CALLER, "assistant.heard": HEARD}


class Silencing:
    """A listener of a call's log."""

    def __init__(self, audio: CallAudio) -> None:
        self._audio = audio

    def __call__(self, event: Event) -> None:
        """An event was recorded."""
        channel = _CHANNELS.get(event.kind)
        if channel is not None:
            for start_ms, end_ms in event.data.get("silenced", ()):
                self._audio.silence(channel, start_ms, end_ms)
