"""One utterance on its way from the voice to the ear: waiting, at the carrier, played, heard. Pure (voice.playout)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from voice.audio import FRAME_MS, FRAME_ULAW_BYTES, ULAW_BYTES_PER_MS, ULAW_SILENCE
from voice.heard import Passage, sounding

SLICE_MS: Final = 200
"""Length of a slice; two of them leave at once when little is buffered."""
EAR_PIECE_MS: Final = 100
"""Longest piece of what the ear heard."""

CLAUSE_PAUSE_MS: Final = 120
"""A pause this long divides clauses; a voice's closures inside words are shorter."""
CLAUSE_REACH_MS: Final = 1200
"""How far back a clause is begun again, when the caller was kept from its end."""
WORD_REACH_MS: Final = 400
"""How far back a word is begun again: any pause will do."""

_SLICE_BYTES: Final = SLICE_MS * ULAW_BYTES_PER_MS
_KEPT_BYTES: Final = (CLAUSE_REACH_MS + 400) * ULAW_BYTES_PER_MS


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
    broken: bool = False
    """It was closed before the end of its text."""
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
    """How far into its audio it was played."""
    _farthest_ms: int = 0
    """How far into its audio it was heard before it was taken back."""
    _played: bytearray = field(default_factory=bytearray)
    """The last that was played."""

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

    def break_off(self) -> None:
        """Nothing more is enqueued, although its text goes on."""
        self.closed = self.broken = True

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
            self._played += pieces[-1][1]
            del self._played[:-_KEPT_BYTES]
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
        heard_ms = max(self._farthest_ms, self._heard_ms(now_ms))
        return _joined(passage.heard(heard_ms, slowness) for passage in self._passages)

    def take_back(self, now_ms: int) -> None:
        """What the carrier dropped waits again, from the beginning of the clause or word that the caller was kept from.

        Release must have told what was heard up to this instant.
        """
        heard_ms = self._heard_ms(now_ms)
        self._farthest_ms = max(self._farthest_ms, heard_ms)
        before = bytes(self._played[: len(self._played) - (self._played_ms - heard_ms) * ULAW_BYTES_PER_MS])
        keep = len(before)
        self._waiting[:0] = bytes(self._played[keep:]) + b"".join(piece.ulaw[piece.released :] for piece in self.slices)
        del self._played[keep:]
        again_ms = -self._pause_skipped(before) or (_again_ms(before) if self._waiting or not self.closed else 0)
        if again_ms > 0:
            self._waiting[:0] = self._played[-again_ms * ULAW_BYTES_PER_MS :]
            del self._played[-again_ms * ULAW_BYTES_PER_MS :]
        self._sent_ms = self._played_ms = heard_ms - again_ms
        self.slices.clear()
        self.anchor = None

    def _pause_skipped(self, before: bytes) -> int:
        """Leave out what is left of a pause between clauses: the caller has had one. Its length in ms."""
        left = self._waiting[: len(self._waiting) // FRAME_ULAW_BYTES * FRAME_ULAW_BYTES]
        quiet_ms = _leading_quiet_ms(sounding(bytes(left[:_KEPT_BYTES])))
        had_ms = _leading_quiet_ms(sounding(before[len(before) % FRAME_ULAW_BYTES :])[::-1])
        if had_ms + quiet_ms < CLAUSE_PAUSE_MS:
            return 0
        size = quiet_ms * ULAW_BYTES_PER_MS
        self._played += self._waiting[:size]
        del self._waiting[:size]
        return quiet_ms

    def _heard_ms(self, now_ms: int) -> int:
        """How far into its audio it was heard: by the clock, corrected by the last mark."""
        if self.anchor is None:
            return self._played_ms
        audio_ms, at_ms = self.anchor
        kept_ms = len(self._played) // ULAW_BYTES_PER_MS
        return max(min(self._played_ms, audio_ms + now_ms - at_ms), self._played_ms - kept_ms)


def _again_ms(played: bytes) -> int:
    """How much of what was just played is to be said again, so that what follows is understood."""
    sounds = sounding(played[len(played) % FRAME_ULAW_BYTES :])
    clause_ms = _since_pause_ms(sounds, CLAUSE_PAUSE_MS)
    if clause_ms is not None and clause_ms <= CLAUSE_REACH_MS:
        return clause_ms
    word_ms = _since_pause_ms(sounds, FRAME_MS)
    return word_ms if word_ms is not None and word_ms <= WORD_REACH_MS else 0


def _leading_quiet_ms(sounds: bytes) -> int:
    return (len(sounds) - len(sounds.lstrip(b"\0"))) * FRAME_MS


def _since_pause_ms(sounds: bytes, pause_ms: int) -> int | None:
    """How long it has sounded since the last pause of this length; None if there was none."""
    end = sounds.rfind(bytes(pause_ms // FRAME_MS))
    return None if end < 0 else (len(sounds) - end) * FRAME_MS - pause_ms


def _audio_ms(ulaw: bytes | bytearray) -> int:
    return -(-len(ulaw) // FRAME_ULAW_BYTES) * FRAME_MS


def _joined(texts: Iterable[str]) -> str:
    return " ".join(text for text in texts if text)
