"""A call's sound, kept as it happens: channel 1 the caller, channel 2 what the caller hears, on the call's own clock.

Giving audio costs the event loop an append. One thread for all calls writes it every 30 ms, so that what was given is
with the kernel 100 ms later at the latest, and SIGKILL takes no more than that. Where the disk refuses, audio waits in
memory, bounded, and `health()` says so; a call never notices.
"""

import asyncio
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from recordings.errors import AudioUnavailable, StoreUnavailable
from recordings.wav import CALLER, HEARD, LONGEST_MS, Channel, Piece, StereoWav
from voice.audio import ULAW_BYTES_PER_MS, silence_ulaw

LINGER_MS: Final = 30
CALL_PENDING_BYTES: Final = 1024 * 1024
"""A minute of both channels of one call."""
ALL_PENDING_BYTES: Final = 64 * 1024 * 1024
_RETRY_S: Final = 0.25

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AudioHealth:
    """How the recordings are doing."""

    degraded: str | None
    """What keeps audio from the disk right now, in one sentence; None: nothing does."""
    pending_bytes: int
    lost_ms: int
    """Audio that was refused because memory was full or its time was impossible, since the start."""


@dataclass(slots=True, eq=False)
class _Track:
    """One recording, shared by its call and the thread under the writer's lock; `wav` is the thread's alone."""

    path: Path
    pieces: list[Piece] = field(default_factory=list)
    pending_bytes: int = 0
    until_ms: int = 0
    closing: bool = False
    touched: int = 0
    """Counts what was asked for; `done`, how much of it is with the kernel."""
    done: int = 0
    fault: str | None = None
    retry_at: float = 0.0
    wav: StereoWav | None = None


class CallAudio:
    """One call's recording. Every method returns at once and never raises.

    A new one with the same path goes on with the file, on the same clock: `at_ms` is the place.
    """

    def __init__(self, path: Path, writer: "AudioWriter") -> None:
        """The writer's thread creates the file, at once."""
        self.path = path
        self._writer = writer
        self._track = _Track(path)
        writer.touch(self._track)

    @property
    def fault(self) -> str | None:
        """What keeps this recording from the disk right now, in one sentence; None: nothing does."""
        return self._track.fault

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """The caller's sound from this instant on. What is given again for the same time replaces it."""
        self._give(CALLER, at_ms, ulaw)

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """What the caller hears from this instant on; silence given for a time takes back what was not heard."""
        self._give(HEARD, at_ms, ulaw)

    def silence(self, channel: Channel, start_ms: int, end_ms: int) -> None:
        """Take back what was kept of this stretch: it must not be."""
        start_ms = max(start_ms, 0)
        self._give(channel, start_ms, silence_ulaw(max(0, end_ms - start_ms)))

    def advance(self, now_ms: int) -> None:
        """The call has lasted so long: where nothing was given there is silence."""
        if not self._track.closing and self._track.until_ms < now_ms <= LONGEST_MS:
            self._track.until_ms = now_ms
            self._writer.touch(self._track)

    def close(self) -> None:
        """Nothing more comes. What was given is still written. Safe to call twice."""
        if not self._track.closing:
            self._track.closing = True
            self._writer.touch(self._track)

    def _give(self, channel: Channel, at_ms: int, ulaw: bytes) -> None:
        if at_ms < 0:  # before the clock began
            ulaw, at_ms = ulaw[-at_ms * ULAW_BYTES_PER_MS :], 0
        if ulaw and not self._track.closing:
            self._writer.give(self._track, Piece(channel, at_ms, ulaw))


class AudioWriter:
    """The thread that writes all recordings.

    Overflow policy: refuse newest, first beyond a call's bound, then beyond that of all; silence stands in its place.
    """

    def __init__(self, linger_ms: int = LINGER_MS) -> None:
        """Starts the thread."""
        self._linger_s = linger_ms / 1000
        self._changed = threading.Condition()
        self._dirty: dict[_Track, None] = {}  # in order of their first touch
        self._pending_bytes = 0
        self._lost_bytes = 0
        self._waiting: list[tuple[dict[_Track, int], Future[None]]] = []
        self._close_by: float | None = None
        self._open: set[_Track] = set()
        self._thread = threading.Thread(target=self._run, name="recordings-audio", daemon=True)
        self._thread.start()

    def give(self, track: _Track, piece: Piece) -> None:
        """Queue a piece; for CallAudio."""
        size = len(piece.ulaw)
        with self._changed:
            full = track.pending_bytes + size > CALL_PENDING_BYTES or self._pending_bytes + size > ALL_PENDING_BYTES
            if full or piece.at_ms > LONGEST_MS or self._close_by is not None:
                self._lost_bytes += size
                return
            track.pieces.append(piece)
            track.pending_bytes += size
            self._pending_bytes += size
            self._mark(track)

    def touch(self, track: _Track) -> None:
        """Something about this recording is to be done; for CallAudio."""
        with self._changed:
            self._mark(track)

    async def flush(self, deadline_ms: int = 2000) -> None:
        """Return when all that was given is with the kernel. Raises StoreUnavailable; what was given stays queued."""
        done: Future[None] = Future()
        with self._changed:
            wanted = {track: track.touched for track in self._open if track.done < track.touched}
            if not wanted:
                return
            self._waiting.append((wanted, done))
            self._changed.notify_all()
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                await asyncio.wrap_future(done)
        except TimeoutError:
            reason = self.health().degraded or "the disk is slow"
            raise StoreUnavailable(f"Audio is not on the disk after {deadline_ms} ms: {reason}") from None

    def health(self) -> AudioHealth:
        """A snapshot, from any thread."""
        with self._changed:
            fault = next((track.fault for track in self._open if track.fault is not None), None)
            if fault is None and self._close_by is None and not self._thread.is_alive():
                fault = "The recordings' writer has ended; restart the server."
            return AudioHealth(fault, self._pending_bytes, self._lost_bytes // ULAW_BYTES_PER_MS)

    def close(self, deadline_ms: int = 2000) -> None:
        """Write what is left, close every file and end the thread; blocks. Raises StoreUnavailable if audio remains."""
        with self._changed:
            self._close_by = time.monotonic() + deadline_ms / 1000
            for track in self._open:
                track.closing = True
                self._mark(track)
            self._changed.notify_all()
        self._thread.join(deadline_ms / 1000 + 1.0)
        if self._pending_bytes:
            raise StoreUnavailable(f"Some audio could not be written before the end: {self.health().degraded}")

    def _mark(self, track: _Track) -> None:
        track.touched += 1
        self._open.add(track)
        if not self._dirty:
            self._changed.notify_all()
        self._dirty[track] = None

    def _run(self) -> None:
        while due := self._next_due():
            for track, pieces, touched in due:
                self._write(track, pieces, touched)
            self._acknowledge()

    def _next_due(self) -> list[tuple[_Track, list[Piece], int]]:
        """Wait for work, then a little longer for more of it, and take it. Empty: closed, or out of time."""
        with self._changed:
            self._changed.wait_for(lambda: self._dirty or self._close_by is not None)
            self._changed.wait_for(lambda: self._waiting or self._close_by is not None, self._linger_s)
            while self._dirty:
                now = time.monotonic()
                due = [track for track in self._dirty if track.retry_at <= now]
                if due:
                    return [self._take(track) for track in due]
                if self._close_by is not None and now >= self._close_by:
                    break
                self._changed.wait(min(self._linger_s, _RETRY_S))
            return []

    def _take(self, track: _Track) -> tuple[_Track, list[Piece], int]:
        del self._dirty[track]
        pieces, track.pieces = track.pieces, []
        return track, pieces, track.touched

    def _write(self, track: _Track, pieces: list[Piece], touched: int) -> None:
        try:
            if track.wav is None:
                track.wav = StereoWav(track.path)
            track.wav.write(pieces)
            track.wav.extend(track.until_ms)
        except OSError as error:
            self._put_back(track, pieces, f"The recording {track.path} cannot be written: {error.strerror}.")
            return
        except AudioUnavailable as error:
            self._give_up(track, pieces, str(error))
        if track.fault is not None and track.wav is not None:
            _log.warning("recording_recovered", audio=track.path.name)
        with self._changed:
            self._written(track, pieces)
            track.done = touched
            if track.wav is not None:
                track.fault = None
            if not track.closing or track in self._dirty:
                return
            self._open.discard(track)
        if track.wav is not None:
            track.wav.close()
            track.wav = None

    def _written(self, track: _Track, pieces: list[Piece]) -> None:
        size = sum(len(piece.ulaw) for piece in pieces)
        track.pending_bytes -= size
        self._pending_bytes -= size

    def _put_back(self, track: _Track, pieces: list[Piece], fault: str) -> None:
        """The disk refused: keep the pieces and try again soon."""
        if track.fault is None:
            _log.error("recording_degraded", audio=track.path.name, reason=fault)
        with self._changed:
            track.fault = fault
            track.pieces[:0] = pieces
            track.retry_at = time.monotonic() + _RETRY_S
            self._dirty[track] = None

    def _give_up(self, track: _Track, pieces: list[Piece], fault: str) -> None:
        """The file is not ours: nothing of this call can be kept in it."""
        if track.fault is None:
            _log.error("recording_impossible", audio=track.path.name, reason=fault)
        with self._changed:
            track.fault = fault
            track.retry_at = time.monotonic() + _RETRY_S
            self._lost_bytes += sum(len(piece.ulaw) for piece in pieces)

    def _acknowledge(self) -> None:
        with self._changed:
            ready = [done for wanted, done in self._waiting if _all_done(wanted)]
            self._waiting = [(wanted, done) for wanted, done in self._waiting if not _all_done(wanted)]
        for done in ready:
            if done.set_running_or_notify_cancel():
                done.set_result(None)


def _all_done(wanted: dict[_Track, int]) -> bool:
    return all(track.done >= touched for track, touched in wanted.items())
