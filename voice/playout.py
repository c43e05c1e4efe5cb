"""The ledger of what was sent to a caller and what of it was heard, and the pace at which it is sent. Pure.

Audio waits here and leaves in slices, each followed by a mark, so that little is buffered at the carrier when the
caller interrupts. The carrier plays what it has in real time; its marks say when a slice had been played. A mark
comes back over the same way as the caller's voice, so the instant of its return *is* the instant of hearing on the
call's clock (reference: Twilio Media Streams, "mark"). On `clear` Twilio returns every mark that is still out:
hence the generation in a mark's name, and "stale generation" means cleared, not heard.

Utterances are played in the order in which they were first enqueued and each ends in exactly one Heard. Audio for
an utterance that is over (cut, lost, or followed by another) is ignored.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from voice.audio import FRAME_MS, FRAME_ULAW_BYTES, ULAW_BYTES_PER_MS, ULAW_SILENCE
from voice.heard import MS_PER_WEIGHT, Passage

SLICE_MS: Final = 200
"""Length of a slice; two of them leave at once when little is buffered."""
AHEAD_MS: Final = 600
"""Most audio that is sent ahead of real time: a stall of ours this long is not heard, and a clear loses no more."""
EAR_PIECE_MS: Final = 100
"""Longest EarAudio."""
MARK_GRACE_MS: Final = 1000
"""How long after its end by the clock an utterance waits for its last mark before the clock is believed."""
DRIFT_MS: Final = 150
"""A mark later than this says that the carrier stalled: what follows is heard later by as much."""
LAG_CEILING_MS: Final = 600
"""Longest way to the caller and back that is believed."""


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Audio to be said, and what it says. Audio with the same text as before, or with none, goes on saying that."""

    at_ms: int
    utterance: str
    text: str
    ulaw: bytes
    last: bool
    """Nothing more follows for this utterance."""


@dataclass(frozen=True, slots=True)
class MarkReturned:
    """The carrier sent one of our marks back."""

    at_ms: int
    name: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop everything that was enqueued so far."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class MediaLost:
    """The way to the caller is gone, and with it what was not played yet."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class MediaResumed:
    """A new stream reaches the caller; its buffer is empty."""

    at_ms: int


PlayoutEvent = Enqueue | MarkReturned | Interrupt | MediaLost | MediaResumed


@dataclass(frozen=True, slots=True)
class SendAudio:
    """Send this μ-law now."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    """Send a mark of this name now."""

    name: str


@dataclass(frozen=True, slots=True)
class SendClear:
    """Tell the carrier to drop what it has not played."""


@dataclass(frozen=True, slots=True)
class Began:
    """The caller begins to hear an utterance."""

    utterance: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance is over, and this is what the caller heard of it. Once per utterance."""

    utterance: str
    heard_text: str
    start_ms: int
    """Instant of its first sound; the instant at which it was dropped if none was played."""
    end_ms: int
    """Instant of its last sound."""
    complete: bool


@dataclass(frozen=True, slots=True)
class EarAudio:
    """What the caller heard from this instant on; played already, never taken back; pieces never overlap."""

    at_ms: int
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that changed nothing, and why."""

    reason: str


PlayoutAction = SendAudio | SendMark | SendClear | Began | Heard | EarAudio | Ignored


@dataclass(slots=True)
class _Slice:
    """Audio at the carrier, and when the clock says that it is played."""

    mark: str
    ulaw: bytes
    start_ms: int
    ends_at_audio_ms: int
    """Where it ends in its utterance's audio."""
    released: int = 0
    """Bytes given to the ear."""

    @property
    def end_ms(self) -> int:
        return self.start_ms + len(self.ulaw) // ULAW_BYTES_PER_MS

    @property
    def reached_ms(self) -> int:
        return self.start_ms + self.released // ULAW_BYTES_PER_MS


@dataclass(slots=True)
class _Utterance:
    """One utterance on its way."""

    name: str
    passages: list[Passage] = field(default_factory=list)
    waiting: bytearray = field(default_factory=bytearray)
    slices: deque[_Slice] = field(default_factory=deque)
    """Sent and not yet played."""
    closed: bool = False
    began_ms: int | None = None
    enqueued_ms: int = 0
    sent_ms: int = 0
    """Audio sent so far."""
    played_ms: int = 0
    """Audio played so far, by the clock."""
    reached_ms: int = 0
    """Instant up to which it was played, by the clock."""
    segments: int = 0
    last_mark: str = ""
    anchor: tuple[int, int] | None = None
    """By the last mark: (audio_ms played, at this instant)."""


class Playout:
    """Paces what is said and knows to the word what was heard. An instant earlier than the last counts as the last."""

    def __init__(self, generation: int = 0) -> None:
        """Begin silent. A caller whose stream was resumed by another process passes a generation not used before."""
        self._generation = generation
        self._utterances: deque[_Utterance] = deque()
        self._over: set[str] = set()
        self._marks: dict[str, tuple[_Utterance, int, int]] = {}  # name: utterance, audio_ms, end_ms by the clock
        self._now_ms = 0
        self._buffered_until_ms: int | None = None
        self._lag_ms: int | None = None
        """From sending into an empty buffer to hearing, on the call's clock; learned from marks."""
        self._run_lag_ms = 0
        """The lag that was believed when the buffer last began to fill."""
        self._drift_ms = 0
        """How far the carrier has fallen behind since then."""
        self._ms_per_weight: float = MS_PER_WEIGHT
        self._quiet_at_ms: int | None = None
        self._lost = False

    @property
    def generation(self) -> int:
        """Counts the clears: part of every mark's name."""
        return self._generation

    @property
    def speaking(self) -> bool:
        """Something enqueued is neither heard nor dropped yet."""
        return bool(self._utterances)

    @property
    def quiet_at_ms(self) -> int | None:
        """Instant at which all that was enqueued will end by the clock, or has ended; None before the first."""
        if not self._utterances:
            return self._quiet_at_ms
        waiting_ms = sum(_audio_ms(utterance.waiting) for utterance in self._utterances)
        return max(self._now_ms, self._buffered_until_ms or 0) + waiting_ms

    @property
    def deadline_ms(self) -> int | None:
        """Instant at which tick has something to do; None when nothing is under way."""
        due = [instant for utterance in self._utterances for instant in self._instants_due(utterance)]
        return max(min(due), self._now_ms) if due else None

    def handle(self, event: PlayoutEvent) -> list[PlayoutAction]:
        """Take an event; the actions are to be carried out in order."""
        now_ms = max(self._now_ms, event.at_ms)
        return self._advance(now_ms) + self._take(event) + self._send()

    def tick(self, now_ms: int) -> list[PlayoutAction]:
        """Let time pass: release what was played, send what is due."""
        return self._advance(max(self._now_ms, now_ms)) + self._send()

    # Events

    def _take(self, event: PlayoutEvent) -> list[PlayoutAction]:
        match event:
            case Enqueue():
                return self._enqueue(event)
            case MarkReturned():
                return self._mark_returned(event)
            case Interrupt():
                return self._interrupt()
            case MediaLost():
                return self._media_lost()
            case MediaResumed():
                return self._media_resumed()

    def _enqueue(self, event: Enqueue) -> list[PlayoutAction]:
        if event.utterance in self._over:
            return [Ignored("audio for an utterance that is over")]
        known = self._utterances and self._utterances[-1].name == event.utterance
        if not known and any(utterance.name == event.utterance for utterance in self._utterances):
            return [Ignored("audio for an utterance that another has followed")]
        if known and self._utterances[-1].closed:
            return [Ignored("audio after the last of an utterance")]
        if self._lost:
            return [self._finish(_Utterance(event.utterance), heard="", complete=False)]
        if not known:
            if self._utterances:
                self._close(self._utterances[-1])
            self._utterances.append(_Utterance(event.utterance))
        self._append(self._utterances[-1], event)
        return self._finish_played()

    def _append(self, utterance: _Utterance, event: Enqueue) -> None:
        text = event.text.strip()
        if not utterance.passages or (text and text != utterance.passages[-1].text):
            if utterance.passages:
                self._close_passage(utterance.passages[-1])
            utterance.passages.append(Passage(text, utterance.enqueued_ms))
        utterance.waiting += event.ulaw
        utterance.enqueued_ms = utterance.sent_ms + _audio_ms(utterance.waiting)
        passage = utterance.passages[-1]
        passage.audio_ms = utterance.enqueued_ms - passage.start_ms
        if event.last:
            self._close(utterance)

    def _mark_returned(self, event: MarkReturned) -> list[PlayoutAction]:
        marked = self._marks.pop(event.name, None)
        if marked is None:
            return [Ignored(self._why_unknown(event.name))]
        utterance, audio_ms, end_ms = marked
        if utterance.anchor is None or audio_ms > utterance.anchor[0]:
            utterance.anchor = (audio_ms, self._now_ms)
            self._follow(utterance, audio_ms, self._now_ms - end_ms)
        return self._finish_played()

    def _why_unknown(self, name: str) -> str:
        generation = name.rpartition(":")[0].rpartition(":g")[2]
        if generation.isdecimal() and int(generation) < self._generation:
            return "mark of a stale generation: cleared, not heard"
        return "mark that is not out: unknown, returned before, or believed by the clock"

    def _follow(self, utterance: _Utterance, audio_ms: int, late_ms: int) -> None:
        """Learn how far hearing lags behind sending; after a stall of the carrier, move what was not played yet."""
        lag_ms = self._run_lag_ms + self._drift_ms + late_ms
        learned_ms = lag_ms if self._lag_ms is None else round(self._lag_ms + (lag_ms - self._lag_ms) / 4)
        self._lag_ms = min(max(0, learned_ms), LAG_CEILING_MS)
        if late_ms <= DRIFT_MS:
            return
        self._drift_ms += late_ms
        for each in self._utterances:
            for piece in each.slices:
                if each is not utterance or piece.ends_at_audio_ms > audio_ms:
                    piece.start_ms += late_ms
        marks = self._marks.items()
        self._marks = {name: (owner, upto_ms, end_ms + late_ms) for name, (owner, upto_ms, end_ms) in marks}
        if self._buffered_until_ms is not None:
            self._buffered_until_ms += late_ms

    def _interrupt(self) -> list[PlayoutAction]:
        if not self._utterances:
            return [Ignored("nothing to interrupt")]
        return [*self._drop_all(), SendClear()]

    def _media_lost(self) -> list[PlayoutAction]:
        if self._lost:
            return [Ignored("the media are lost already")]
        self._lost = True
        return self._drop_all()

    def _media_resumed(self) -> list[PlayoutAction]:
        if not self._lost:
            return [Ignored("the media were not lost")]
        self._lost = False
        return []

    # What was heard

    def _advance(self, now_ms: int) -> list[PlayoutAction]:
        self._now_ms = now_ms
        actions: list[PlayoutAction] = []
        for utterance in self._utterances:
            actions += self._release(utterance, partly=False)
        return actions + self._finish_played()

    def _release(self, utterance: _Utterance, *, partly: bool) -> list[PlayoutAction]:
        """Give the ear what was played: whole pieces, or up to this very instant."""
        actions: list[PlayoutAction] = []
        while utterance.slices:
            piece = utterance.slices[0]
            if utterance.began_ms is None and piece.start_ms <= self._now_ms:
                utterance.began_ms = piece.start_ms
                actions.append(Began(utterance.name, piece.start_ms))
            at_ms = piece.reached_ms
            end_ms = min(at_ms + EAR_PIECE_MS, piece.end_ms)
            if end_ms > self._now_ms:
                if not partly or at_ms >= self._now_ms:
                    break
                end_ms = self._now_ms
            upto = piece.released + (end_ms - at_ms) * ULAW_BYTES_PER_MS
            actions.append(EarAudio(at_ms, piece.ulaw[piece.released : upto]))
            piece.released = upto
            utterance.played_ms += end_ms - at_ms
            utterance.reached_ms = end_ms
            if upto == len(piece.ulaw):
                utterance.slices.popleft()
        return actions

    def _finish_played(self) -> list[PlayoutAction]:
        actions: list[PlayoutAction] = []
        while self._utterances:
            utterance = self._utterances[0]
            if not utterance.closed or utterance.waiting or utterance.slices:
                break
            waits_for_mark = utterance.last_mark in self._marks
            if waits_for_mark and self._now_ms < utterance.reached_ms + MARK_GRACE_MS:
                break
            self._utterances.popleft()
            text = _joined(passage.text for passage in utterance.passages)
            silent = bool(text) and not utterance.segments
            actions.append(self._finish(utterance, heard="" if silent else text, complete=not silent))
        return actions

    def _finish(self, utterance: _Utterance, *, heard: str, complete: bool) -> Heard:
        self._over.add(utterance.name)
        self._marks = {name: marked for name, marked in self._marks.items() if marked[0] is not utterance}
        start_ms = self._now_ms if utterance.began_ms is None else utterance.began_ms
        end_ms = start_ms if utterance.began_ms is None else max(start_ms, utterance.reached_ms)
        self._quiet_at_ms = end_ms
        return Heard(utterance.name, heard, start_ms, end_ms, complete)

    def _drop_all(self) -> list[PlayoutAction]:
        """End every utterance here; a new generation begins."""
        actions: list[PlayoutAction] = []
        for utterance in self._utterances:
            actions += self._release(utterance, partly=True)
            heard_ms = self._heard_ms(utterance)
            heard = _joined(passage.heard(heard_ms, self._ms_per_weight) for passage in utterance.passages)
            whole = _joined(passage.text for passage in utterance.passages)
            complete = utterance.closed and bool(utterance.segments) and heard == whole
            actions.append(self._finish(utterance, heard=heard, complete=complete))
        self._utterances.clear()
        self._marks.clear()
        self._buffered_until_ms = None
        self._generation += 1
        return actions

    def _heard_ms(self, utterance: _Utterance) -> int:
        """Audio that reached the ear: by the clock, corrected by the last mark."""
        if utterance.anchor is None:
            return utterance.played_ms
        audio_ms, at_ms = utterance.anchor
        return min(utterance.played_ms, audio_ms + self._now_ms - at_ms)

    # What is sent

    def _send(self) -> list[PlayoutAction]:
        actions: list[PlayoutAction] = []
        for utterance in self._utterances:
            while self._ahead_ms() + SLICE_MS <= AHEAD_MS and (ulaw := self._cut(utterance)):
                actions += self._slice(utterance, ulaw)
            if utterance.waiting or not utterance.closed:
                break  # what follows comes after it
        return actions

    def _cut(self, utterance: _Utterance) -> bytes:
        """Take the next slice: whole frames; a short one only when the caller would else hear a gap, or at the end."""
        size = min(len(utterance.waiting), SLICE_MS * ULAW_BYTES_PER_MS)
        if not utterance.closed:
            size -= size % FRAME_ULAW_BYTES
            if size < SLICE_MS * ULAW_BYTES_PER_MS and self._ahead_ms() >= SLICE_MS:
                return b""
        ulaw = bytes(utterance.waiting[:size])
        del utterance.waiting[:size]
        return ulaw + bytes([ULAW_SILENCE]) * (-len(ulaw) % FRAME_ULAW_BYTES)

    def _slice(self, utterance: _Utterance, ulaw: bytes) -> list[PlayoutAction]:
        utterance.segments += 1
        utterance.last_mark = f"{utterance.name}:g{self._generation}:{utterance.segments}"
        utterance.sent_ms += _audio_ms(ulaw)
        start_ms = self._buffered_until_ms or 0
        if start_ms - self._run_lag_ms <= self._now_ms:  # the carrier's buffer is empty: a new run
            self._run_lag_ms, self._drift_ms = self._lag_ms or 0, 0
            start_ms = max(start_ms, self._now_ms + self._run_lag_ms)
        piece = _Slice(utterance.last_mark, ulaw, start_ms, utterance.sent_ms)
        utterance.slices.append(piece)
        self._buffered_until_ms = piece.end_ms
        self._marks[piece.mark] = (utterance, utterance.sent_ms, piece.end_ms)
        return [SendAudio(ulaw), SendMark(piece.mark), *self._release(utterance, partly=False)]

    def _ahead_ms(self) -> int:
        """Audio sent ahead of real time; what is under way to the caller does not count."""
        return max(0, (self._buffered_until_ms or 0) - self._run_lag_ms - self._now_ms)

    def _instants_due(self, utterance: _Utterance) -> list[int]:
        due: list[int] = []
        if utterance.slices:
            piece = utterance.slices[0]
            if utterance.began_ms is None:
                due.append(piece.start_ms)
            due.append(min(piece.reached_ms + EAR_PIECE_MS, piece.end_ms))
        enough = SLICE_MS * ULAW_BYTES_PER_MS if not utterance.closed else 1
        if len(utterance.waiting) >= enough:
            due.append((self._buffered_until_ms or 0) - self._run_lag_ms - (AHEAD_MS - SLICE_MS))
        elif len(utterance.waiting) >= FRAME_ULAW_BYTES:
            due.append((self._buffered_until_ms or 0) - self._run_lag_ms - SLICE_MS + 1)
        if utterance is self._utterances[0] and utterance.closed and not utterance.waiting and not utterance.slices:
            due.append(utterance.reached_ms + MARK_GRACE_MS)
        return due

    def _close(self, utterance: _Utterance) -> None:
        utterance.closed = True
        if utterance.passages:
            self._close_passage(utterance.passages[-1])

    def _close_passage(self, passage: Passage) -> None:
        passage.closed = True
        speed = passage.speed()
        if speed is not None:
            self._ms_per_weight = speed


def _audio_ms(ulaw: bytes | bytearray) -> int:
    """Length in whole frames, as it will be sent."""
    return -(-len(ulaw) // FRAME_ULAW_BYTES) * FRAME_MS


def _joined(texts: Iterable[str]) -> str:
    return " ".join(text for text in texts if text)
