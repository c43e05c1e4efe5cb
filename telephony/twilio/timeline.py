"""Puts a stream's audio back in order and on a true timeline: 20 ms frames without gaps, whatever arrived.

In order it adds no delay. A frame that is not yet due waits for the missing one, REORDER_WINDOW_MS at most; then the
gap is filled with silence, so that the n-th millisecond that leaves here is the n-th millisecond of the call.
"""

from collections import deque
from typing import Final

from telephony.ports import Audio, Faulty, Track
from voice.audio import FRAME_MS, FRAME_ULAW_BYTES, ULAW_BYTES_PER_MS, ULAW_SILENCE, silence_ulaw

REORDER_WINDOW_MS: Final = 60
"""How long a frame waits for an earlier one (reliability.md §2, row 22)."""

MAX_FILL_MS: Final = 15_000
"""The longest gap that is filled: three times as long as a stream without any message lives (media.MEDIA_SILENT_MS)."""

LEAD_MS: Final = 2_000
"""How far filled gaps may run ahead of the clock (reliability.md §2, row 24)."""

_WINDOW_FRAMES: Final = REORDER_WINDOW_MS // FRAME_MS
_REMEMBERED_GAPS: Final = 64

Timed = Audio | Faulty


class Timeline:
    """One track's audio. Arrival instants (`at_ms`) may have any zero; only their differences count.

    Where a carrier counts the chunks of two tracks as one, each frame waits for its missing neighbour: it is late by
    REORDER_WINDOW_MS and in order.
    """

    def __init__(self, track: Track = "caller") -> None:
        self._track = track
        self._expected = 1  # Twilio numbers chunks from 1
        self._begun = False
        self._waiting: dict[int, tuple[int, bytes, int]] = {}  # chunk: timestamp_ms, μ-law, at_ms
        self._waiting_since_ms = 0
        self._given_up: deque[int] = deque(maxlen=_REMEMBERED_GAPS)
        self._base_ms = 0
        self._released_bytes = 0
        self._begun_at_ms = 0
        self._rest = b""

    @property
    def deadline_ms(self) -> int | None:
        """When to call tick, if a frame is waiting for an earlier one."""
        return self._waiting_since_ms + REORDER_WINDOW_MS if self._waiting else None

    def add(self, chunk: int, timestamp_ms: int, ulaw: bytes, at_ms: int) -> list[Timed]:
        """Take one media message; give what is due, oldest first."""
        out: list[Timed] = []
        if chunk in self._waiting:
            return [Faulty("duplicate", f"chunk {chunk}")]
        if self._begun and chunk < self._expected:
            if timestamp_ms < self._end_ms:
                return [self._stale(chunk)]
            # An old number on new audio: the carrier counts anew. Numbers serve the caller, who must not go unheard.
            out += [*self._release_all(), Faulty("out_of_order", f"chunk {chunk} after {self._expected - 1}")]
            self._expected = chunk
        if not self._begun and chunk < self._expected:
            self._expected = chunk  # one that counts from 0
        if not self._waiting:
            self._waiting_since_ms = at_ms
        self._waiting[chunk] = (timestamp_ms, ulaw, at_ms)
        out += self._release_due()
        while len(self._waiting) > _WINDOW_FRAMES:
            out += self._skip_gap()
        return out + self.tick(at_ms)

    def tick(self, now_ms: int) -> list[Timed]:
        """Stop waiting for what is overdue."""
        out: list[Timed] = []
        while self._waiting and now_ms >= self._waiting_since_ms + REORDER_WINDOW_MS:
            out += self._skip_gap()
        return out

    def flush(self) -> list[Timed]:
        """Give all that is left, the last frame padded with silence: the stream is over."""
        out = self._release_all()
        if self._rest:
            out.append(self._frame(self._rest.ljust(FRAME_ULAW_BYTES, bytes([ULAW_SILENCE]))))
            self._rest = b""
        return out

    @property
    def _end_ms(self) -> int:
        """Where the next sample belongs."""
        return self._base_ms + (self._released_bytes + len(self._rest)) // ULAW_BYTES_PER_MS

    def _stale(self, chunk: int) -> Faulty:
        if chunk in self._given_up:
            self._given_up.remove(chunk)
            return Faulty("out_of_order", f"chunk {chunk} came after its window")
        return Faulty("duplicate", f"chunk {chunk}")

    def _release_all(self) -> list[Timed]:
        out: list[Timed] = []
        while self._waiting:
            out += self._skip_gap()
        return out

    def _skip_gap(self) -> list[Timed]:
        """Give up what is missing before the oldest waiting frame."""
        oldest = min(self._waiting)
        self._given_up.extend(range(max(self._expected, oldest - _REMEMBERED_GAPS), oldest))
        self._expected = oldest
        return self._release_due()

    def _release_due(self) -> list[Timed]:
        out: list[Timed] = []
        while (due := self._waiting.pop(self._expected, None)) is not None:
            self._expected += 1
            out += self._append(*due)
        if self._waiting:
            self._waiting_since_ms = min(at_ms for _, _, at_ms in self._waiting.values())
        return out

    def _append(self, timestamp_ms: int, ulaw: bytes, at_ms: int) -> list[Timed]:
        if not self._begun:
            self._begun, self._base_ms, self._begun_at_ms = True, timestamp_ms, at_ms
        return self._fill(timestamp_ms, at_ms) + self._cut(ulaw)

    def _fill(self, timestamp_ms: int, at_ms: int) -> list[Timed]:
        """Put silence where the carrier's clock shows that whole frames are missing; less than one frame is jitter."""
        missing = (timestamp_ms - self._end_ms) // FRAME_MS
        if missing <= 0:
            return []
        gap_ms = missing * FRAME_MS
        # A clock that jumps further than time has passed proves no gap; the next frame's timestamp_ms shows the jump.
        possible_ms = at_ms - self._begun_at_ms + LEAD_MS - self._released_bytes // ULAW_BYTES_PER_MS
        filled_ms = max(0, min(gap_ms, MAX_FILL_MS, possible_ms) // FRAME_MS * FRAME_MS)
        out: list[Timed] = [Faulty("missing", f"{gap_ms} ms before {timestamp_ms} ms", missing)]
        out += self._cut(silence_ulaw(filled_ms))
        self._base_ms += gap_ms - filled_ms
        return out

    def _cut(self, ulaw: bytes) -> list[Timed]:
        if not self._rest and len(ulaw) == FRAME_ULAW_BYTES:
            return [self._frame(ulaw)]
        whole = self._rest + ulaw
        end = len(whole) - len(whole) % FRAME_ULAW_BYTES
        self._rest = whole[end:]
        return [self._frame(whole[start : start + FRAME_ULAW_BYTES]) for start in range(0, end, FRAME_ULAW_BYTES)]

    def _frame(self, ulaw: bytes) -> Audio:
        frame = Audio(ulaw, self._base_ms + self._released_bytes // ULAW_BYTES_PER_MS, self._track)
        self._released_bytes += FRAME_ULAW_BYTES
        return frame
