"""What the caller's ear receives, on the same clock as what the caller says: the oracle for promises about sound.

Twilio's playout buffer and the handset behind it, as a pure core: audio of any size is played in the order received, a
mark comes back when the audio before it has ended (at once when nothing is buffered), and `clear` drops what was not
played and sends every mark back (Twilio, "Media Streams: WebSocket Messages"). Time 0 is the first media frame.
"""

import io
import wave
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from telephony.double.track import AUDIBLE_DB, WINDOW_MS, Span, Track, gaps, levels_db
from voice.audio import SAMPLE_RATE_HZ, ULAW_BYTES_PER_MS, pcm_to_samples, ulaw_to_pcm

WITHIN_MS: Final = 400
"""A longer pause than this before the next audio is the end of an utterance, not a late frame."""


CutBy = Literal["clear", "stream_ended", "interrupted"]
"""clear: the application asked for it · stream_ended: its stream ended first · interrupted: a key or the call's end."""


@dataclass(frozen=True, slots=True)
class MarkEcho:
    """A mark that goes back to the application."""

    name: str
    at_ms: int
    why: Literal["played", "idle", "cleared"]
    """idle: nothing was buffered when the mark came."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Audio that was sent and never heard."""

    at_ms: int
    ulaw: bytes
    why: CutBy
    marks: tuple[str, ...]
    """Marks that were still pending."""

    @property
    def length_ms(self) -> int:
        """How much was thrown away."""
        return len(self.ulaw) // ULAW_BYTES_PER_MS


@dataclass(frozen=True, slots=True)
class LateFrame:
    """Audio that came after the playout clock needed it: speech broke in two in the caller's ear."""

    at_ms: int
    """When it came."""
    late_ms: int


@dataclass(frozen=True, slots=True)
class _Pending:
    sample: int
    name: str


class Ear:
    """Both sides of one call as the caller knows them. Time does not go back: an earlier instant counts as now."""

    def __init__(self) -> None:
        self.caller = Track()
        """What the caller said."""
        self.heard = Track()
        """What the ear received, and what is buffered for it."""
        self._now_ms = 0
        self._pending: deque[_Pending] = deque()
        self._cuts: list[Cut] = []
        self._gaps: list[tuple[int, int]] = []
        self._last_audio: int | None = None

    # Time

    def begin(self, at_ms: int) -> None:
        """Make this instant time 0: the first media frame. What came earlier gets negative instants."""
        shift = at_ms * ULAW_BYTES_PER_MS
        self.caller.rebase(at_ms)
        self.heard.rebase(at_ms)
        self._pending = deque(_Pending(mark.sample - shift, mark.name) for mark in self._pending)
        self._gaps = [(start - shift, end - shift) for start, end in self._gaps]
        self._cuts = [Cut(cut.at_ms - at_ms, cut.ulaw, cut.why, cut.marks) for cut in self._cuts]
        self._last_audio = None if self._last_audio is None else self._last_audio - shift
        self._now_ms -= at_ms

    @property
    def now_ms(self) -> int:
        """The latest instant it was told; after the call, the call's end."""
        return self._now_ms

    @property
    def deadline_ms(self) -> int | None:
        """When the next mark is due (call `tick` then); None without marks."""
        return -(-self._pending[0].sample // ULAW_BYTES_PER_MS) if self._pending else None

    # What happens

    def said(self, at_ms: int, ulaw: bytes) -> None:
        """The caller says this from `at_ms` on; nothing the caller said before may reach into it."""
        self._advance(at_ms)
        self.caller.put(max(at_ms * ULAW_BYTES_PER_MS, self.caller.end), ulaw)

    def queue(self, at_ms: int, ulaw: bytes) -> None:
        """Audio of any size for the caller: played behind what is buffered."""
        now = self._advance(at_ms) * ULAW_BYTES_PER_MS
        if self._last_audio is not None and now > self._last_audio:
            self._gaps.append((self._last_audio, now))
        self.heard.put(max(now, self.heard.end), ulaw)
        self._last_audio = self.heard.end

    def mark(self, at_ms: int, name: str) -> list[MarkEcho]:
        """A mark behind what is buffered: comes back at once when nothing is."""
        echoes = self.tick(at_ms)
        if self.buffered_ms(self._now_ms) > 0:
            self._pending.append(_Pending(self.heard.end, name))
            return echoes
        return [*echoes, MarkEcho(name, self._now_ms, "idle")]

    def clear(self, at_ms: int, why: CutBy = "clear") -> list[MarkEcho]:
        """Drop what was not played. Every mark that was still pending comes back."""
        echoes = self.tick(at_ms)
        unheard = self.heard.cut(self._now_ms * ULAW_BYTES_PER_MS)
        names = tuple(mark.name for mark in self._pending)
        if unheard or names:
            self._cuts.append(Cut(self._now_ms, unheard, why, names))
        self._pending.clear()
        self._last_audio = None
        return [*echoes, *(MarkEcho(name, self._now_ms, "cleared") for name in names)]

    def tick(self, at_ms: int) -> list[MarkEcho]:
        """Time has come this far: the marks whose audio has ended."""
        now = self._advance(at_ms) * ULAW_BYTES_PER_MS
        played = []
        while self._pending and self._pending[0].sample <= now:
            mark = self._pending.popleft()
            played.append(MarkEcho(mark.name, -(-mark.sample // ULAW_BYTES_PER_MS), "played"))
        return played

    # What it knows meanwhile

    def buffered_ms(self, now_ms: int) -> float:
        """How much is sent and not yet heard."""
        return max(0, self.heard.end - now_ms * ULAW_BYTES_PER_MS) / ULAW_BYTES_PER_MS

    def quiet_for_ms(self, now_ms: int) -> int:
        """How long the ear has heard nothing."""
        return max(0, now_ms - self.heard.quiet_since_ms(now_ms))

    # What it tells after the call

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """What was sent and never heard, in order."""
        return tuple(self._cuts)

    @property
    def cut(self) -> bytes:
        """All audio that `clear` threw away, joined."""
        return b"".join(cut.ulaw for cut in self._cuts if cut.why == "clear")

    def silences(self, min_ms: int) -> list[Span]:
        """Where the ear heard nothing for this long or longer, whoever was speaking."""
        return self.heard.silences(self._now_ms, min_ms)

    def dead_air(self, min_ms: int) -> list[Span]:
        """Where neither side made a sound for this long or longer."""
        both = sorted([*self.heard.sounds(self._now_ms), *self.caller.sounds(self._now_ms)])
        merged: list[Span] = []
        for span in both:
            if merged and span.start_ms <= merged[-1].end_ms:
                merged[-1] = Span(merged[-1].start_ms, max(merged[-1].end_ms, span.end_ms))
            else:
                merged.append(span)
        return gaps(merged, self._now_ms, min_ms)

    def speech(self, join_ms: int = 300) -> list[Span]:
        """Where the ear heard something; pauses shorter than `join_ms` belong to it."""
        return self.heard.sounds(self._now_ms, join_ms=join_ms)

    def caller_speech(self, join_ms: int = 300) -> list[Span]:
        """Where the caller spoke; pauses shorter than `join_ms` belong to it."""
        return self.caller.sounds(self._now_ms, join_ms=join_ms)

    def overlaps(self, min_ms: int = 0) -> list[Span]:
        """Where both were heard at once, at least this long."""
        pairs = ((mine, theirs) for mine in self.caller_speech(join_ms=100) for theirs in self.speech(join_ms=100))
        common = (mine.common(theirs) for mine, theirs in pairs)
        return sorted(span for span in common if span is not None and span.length_ms >= min_ms)

    def late_frames(self, within_ms: int = WITHIN_MS) -> list[LateFrame]:
        """Where the buffer ran dry within speech: audible before the hole and after it, at most `within_ms` long."""
        return [
            LateFrame(end // ULAW_BYTES_PER_MS, length)
            for start, end in self._gaps
            if 0 < (length := (end - start) // ULAW_BYTES_PER_MS) <= within_ms and self._breaks_speech(start, end)
        ]

    def recording(self) -> bytes:
        """A WAV file from time 0: 8 kHz PCM16, channel 1 what the caller said, channel 2 what the ear received."""
        until = max(0, self._now_ms)
        channels = [pcm_to_samples(ulaw_to_pcm(track.audio(0, until))) for track in (self.caller, self.heard)]
        with io.BytesIO() as file:
            with wave.open(file, "wb") as out:
                out.setnchannels(2)
                out.setsampwidth(2)
                out.setframerate(SAMPLE_RATE_HZ)
                out.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
            return file.getvalue()

    def _advance(self, at_ms: int) -> int:
        self._now_ms = max(self._now_ms, at_ms)
        return self._now_ms

    def _breaks_speech(self, start: int, end: int) -> bool:
        start_ms, end_ms = start // ULAW_BYTES_PER_MS, end // ULAW_BYTES_PER_MS
        around = self.heard.audio(start_ms - WINDOW_MS, start_ms), self.heard.audio(end_ms, end_ms + WINDOW_MS)
        return all(bool((levels_db(side) > AUDIBLE_DB).all()) for side in around)
