"""One utterance on its way from the voice to the ear: waiting, at the carrier, played, heard. Pure (voice.playout)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from voice.audio import FRAME_MS, FRAME_ULAW_BYTES, ULAW_BYTES_PER_MS, ULAW_SILENCE
from voice.heard import Passage

SLICE_MS: Final = 200
"""Length of a slice; two of them leave at once when little is buffered."""
EAR_PIECE_MS: Final = 100
"""Longest piece of what the ear heard."""

_SLICE_BYTES: Final = SLICE_MS * ULAW_BYTES_PER_MS


@dataclass(slots=True)
class Slice:
    """Audio at the carrier, and when the clock says that it is played."""

    ulaw: bytes
    start_ms: int
    ends_at_audio_ms: int
    """Where it ends in its utterance's audio."""
    released: int = 0
    """Bytes given to the ear."""

    @property
    def end_ms(self) -> int:
        """Instant of its end."""
        return self.start_ms + len(self.ulaw) // ULAW_BYTES_PER_MS

    @property
    def reached_ms(self) -> int:
        """Instant up to which it was given to the ear."""
        return self.start_ms + self.released // ULAW_BYTES_PER_MS


@dataclass(slots=True)
class Utterance:
    """One utterance. All lengths are in whole frames, as they are sent."""

    name: str
    closed: bool = False
    """Nothing more is enqueued."""
    slices: deque[Slice] = field(default_factory=deque)
    """Sent and not yet played."""
    segments: int = 0
    """Slices sent so far."""
    last_mark: str = ""
    began_ms: int | None = None
    """Instant of its first sound."""
    reached_ms: int = 0
    """Instant up to which it was played, by the clock."""
    anchor: tuple[int, int] | None = None
    """By the last mark: (audio in ms that was played, at this instant)."""
    _passages: list[Passage] = field(default_factory=list)
    _waiting: bytearray = field(default_factory=bytearray)
    _sent_ms: int = 0
    _played_ms: int = 0

    @property
    def waiting_ms(self) -> int:
        """Audio not sent yet."""
        return _audio_ms(self._waiting)

    @property
    def sent_ms(self) -> int:
        """Audio sent so far."""
        return self._sent_ms

    @property
    def text(self) -> str:
        """All its text."""
        return _joined(passage.text for passage in self._passages)

    def add(self, text: str, ulaw: bytes) -> float | None:
        """Take more audio; text that is not the last one's begins a passage. Slowness of the one it ends."""
        slowness = None
        enqueued_ms = self._sent_ms + _audio_ms(self._waiting)
        if not self._passages or (text and text != self._passages[-1].text):
            slowness = self._passages[-1].close() if self._passages else None
            self._passages.append(Passage(text, enqueued_ms))
        self._waiting += ulaw
        self._passages[-1].add(ulaw)
        return slowness

    def close(self) -> float | None:
        """Nothing more is enqueued. Slowness of the last passage (voice.heard), if it can be told."""
        self.closed = True
        return self._passages[-1].close() if self._passages else None

    def cut(self, ahead_ms: int) -> bytes:
        """Take the next slice: a short one only at the end, or when the caller would else hear a gap. Maybe empty."""
        size = min(len(self._waiting), _SLICE_BYTES)
        if not self.closed:
            size -= size % FRAME_ULAW_BYTES
            if size < _SLICE_BYTES and ahead_ms >= SLICE_MS:
                return b""
        ulaw = bytes(self._waiting[:size])
        del self._waiting[:size]
        return ulaw + bytes([ULAW_SILENCE]) * (-len(ulaw) % FRAME_ULAW_BYTES)

    def due_when_ahead_ms(self, most_ms: int) -> int | None:
        """How little must be ahead for the next slice to go; None when there is none."""
        if len(self._waiting) >= (1 if self.closed else _SLICE_BYTES):
            return most_ms - SLICE_MS
        return SLICE_MS - 1 if len(self._waiting) >= FRAME_ULAW_BYTES else None

    def sent(self, ulaw: bytes, start_ms: int, mark: str) -> Slice:
        """A slice is at the carrier, which will play it from this instant."""
        self.segments += 1
        self.last_mark = mark
        self._sent_ms += _audio_ms(ulaw)
        piece = Slice(ulaw, start_ms, self._sent_ms)
        self.slices.append(piece)
        return piece

    def release(self, now_ms: int, *, partly: bool) -> list[tuple[int, bytes]]:
        """What the ear heard since, piece by piece with its instant: whole pieces, or up to this very instant."""
        pieces: list[tuple[int, bytes]] = []
        while self.slices:
            piece = self.slices[0]
            if self.began_ms is None and piece.start_ms <= now_ms:
                self.began_ms = piece.start_ms
            at_ms = piece.reached_ms
            end_ms = min(at_ms + EAR_PIECE_MS, piece.end_ms)
            if end_ms > now_ms:
                if not partly or at_ms >= now_ms:
                    break
                end_ms = now_ms
            upto = piece.released + (end_ms - at_ms) * ULAW_BYTES_PER_MS
            pieces.append((at_ms, piece.ulaw[piece.released : upto]))
            piece.released = upto
            self._played_ms += end_ms - at_ms
            self.reached_ms = end_ms
            if upto == len(piece.ulaw):
                self.slices.popleft()
        return pieces

    def release_due_ms(self) -> int | None:
        """Instant at which release has something to tell; None when nothing is at the carrier."""
        if not self.slices:
            return None
        piece = self.slices[0]
        due_ms = min(piece.reached_ms + EAR_PIECE_MS, piece.end_ms)
        return min(due_ms, piece.start_ms) if self.began_ms is None else due_ms

    def heard(self, now_ms: int, slowness: float) -> str:
        """The words that were heard: by the clock, corrected by the last mark."""
        played_ms = self._played_ms
        if self.anchor is not None:
            audio_ms, at_ms = self.anchor
            played_ms = min(played_ms, audio_ms + now_ms - at_ms)
        return _joined(passage.heard(played_ms, slowness) for passage in self._passages)


def _audio_ms(ulaw: bytes | bytearray) -> int:
    return -(-len(ulaw) // FRAME_ULAW_BYTES) * FRAME_MS


def _joined(texts: Iterable[str]) -> str:
    return " ".join(text for text in texts if text)
