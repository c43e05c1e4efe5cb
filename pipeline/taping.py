"""A call's recording as far as it may be kept: from the first frame, from the caller's yes, or never."""

from collections.abc import Callable, Sequence
from typing import Self

from pipeline.drive import Clock
from pipeline.line.privacy import Consent
from recordings.audio import CallAudio
from recordings.events import Event
from recordings.log import CallLog
from recordings.wav import Channel, length_ms

_BEGUN = "recording.started"


class Taping:
    """Between a stream and its recording. No file is made, and nothing waits in memory, before sound may be kept.

    A listener of the call's log: it is there that a caller's yes is found.
    """

    def __init__(self, open_audio: Callable[[], CallAudio], log: CallLog, clock: Clock) -> None:
        """open_audio: opens the recording, or goes on with it."""
        self._open = open_audio
        self._log = log
        self._clock = clock
        self._audio: CallAudio | None = None
        self._from_ms = 0

    @classmethod
    def begun(
        cls, open_audio: Callable[[], CallAudio], log: CallLog, clock: Clock, consent: Consent, past: Sequence[Event]
    ) -> Self:
        """As the line's policy and the call so far want it."""
        taping = cls(open_audio, log, clock)
        earlier = next((event.at_ms for event in past if event.kind == _BEGUN), None)
        agreed = any(map(_is_yes, past))
        if earlier is not None:
            taping._audio, taping._from_ms = open_audio(), earlier if consent == "ask" else 0
        elif consent == "announce":
            taping._begin(0)
        elif consent == "ask" and agreed:  # the process died between the yes and the file
            taping._begin(clock.now_ms())
        return taping

    @property
    def on(self) -> bool:
        """Whether sound is kept now."""
        return self._audio is not None

    @property
    def kept_ms(self) -> int | None:
        """How far the recording reaches that an earlier process has begun; None: no sound is kept."""
        return length_ms(self._audio.path) if self._audio is not None else None

    def __call__(self, event: Event) -> None:
        """An event was recorded."""
        if _is_yes(event) and self._audio is None:
            self._begin(self._clock.now_ms())

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """The caller's sound from this instant on."""
        if self._audio is not None and at_ms >= self._from_ms:
            self._audio.caller(at_ms, ulaw)

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """What the caller hears from this instant on."""
        if self._audio is not None and at_ms >= self._from_ms:
            self._audio.heard(at_ms, ulaw)

    def silence(self, channel: Channel, start_ms: int, end_ms: int) -> None:
        """Take back what was kept of this stretch."""
        if self._audio is not None:
            self._audio.silence(channel, start_ms, end_ms)

    def advance(self, now_ms: int) -> None:
        """The call has lasted so long."""
        if self._audio is not None:
            self._audio.advance(now_ms)

    def close(self) -> None:
        """Nothing more comes."""
        if self._audio is not None:
            self._audio.close()

    def _begin(self, from_ms: int) -> None:
        self._audio, self._from_ms = self._open(), from_ms
        self._log.record(_BEGUN, self._clock.now_ms(), audio=str(self._audio.path))


def _is_yes(event: Event) -> bool:
    return event.kind == "consent.recorded" and event.data["to"] == "recording" and event.data["given"] is True
