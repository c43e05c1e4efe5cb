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
from dataclasses import replace
from typing import Final

from voice.heard import SPEED
from voice.ledger import SLICE_MS, Utterance
from voice.playout_events import (
    Began,
    EarAudio,
    Enqueue,
    Heard,
    Hold,
    Ignored,
    Interrupt,
    MarkReturned,
    MediaLost,
    MediaResumed,
    PlayoutAction,
    PlayoutEvent,
    Resume,
    SendAudio,
    SendClear,
    SendMark,
)

AHEAD_MS: Final = 600
"""Most audio that is sent ahead of real time: a stall of ours this long is not heard, and a clear loses no more."""
MARK_GRACE_MS: Final = 1000
"""How long after its end by the clock an utterance waits for its last mark before the clock is believed."""
DRIFT_MS: Final = 150
"""A mark later than this says that the carrier stalled: what follows is heard later by as much."""
_STALL_MS: Final = 40
"""Being called later than this is a stall of our own: what arrives in the same burst waited for us."""
LAG_CEILING_MS: Final = 600
"""Longest way to the caller and back that is believed."""


class Playout:
    """Paces what is said and knows to the word what was heard. An instant earlier than the last counts as the last."""

    def __init__(self, generation: int = 0) -> None:
        """Begin silent. A caller whose stream was resumed by another process passes a generation not used before."""
        self._generation = generation
        self._utterances: deque[Utterance] = deque()
        self._over: set[str] = set()
        self._marks: dict[str, tuple[Utterance, int, int]] = {}  # name: utterance, audio_ms, end_ms by the clock
        self._now_ms = 0
        self._buffered_until_ms: int | None = None
        self._lag_ms: int | None = None
        """From sending into an empty buffer to hearing, on the call's clock; learned from marks."""
        self._run_lag_ms = 0
        """The lag that was believed when the buffer last began to fill."""
        self._drift_ms = 0
        """How far the carrier has fallen behind since then."""
        self._slowness: float = SPEED
        self._quiet_at_ms: int | None = None
        self._lost = False
        self._held = False
        """The caller may be taking the floor: nothing is sent."""
        self._stall = (0, 0)
        """When we were last called late, and how late."""

    @property
    def generation(self) -> int:
        """Counts the clears: part of every mark's name."""
        return self._generation

    @property
    def held(self) -> bool:
        """Quiet because the caller may be taking the floor."""
        return self._held

    @property
    def speaking(self) -> bool:
        """Something enqueued is neither heard nor dropped yet."""
        return bool(self._utterances)

    @property
    def quiet_at_ms(self) -> int | None:
        """Instant at which all that was enqueued will end by the clock, or has ended; None before the first."""
        if not self._utterances:
            return self._quiet_at_ms
        waiting_ms = sum(utterance.waiting_ms for utterance in self._utterances)
        return max(self._now_ms, self._buffered_until_ms or 0) + waiting_ms

    @property
    def deadline_ms(self) -> int | None:
        """Instant at which tick has something to do; None when nothing is under way."""
        due = [instant for utterance in self._utterances for instant in self._instants_due(utterance)]
        return max(min(due), self._now_ms) if due else None

    def handle(self, event: PlayoutEvent) -> list[PlayoutAction]:
        """Take an event; the actions are to be carried out in order."""
        now_ms = max(self._now_ms, event.at_ms)
        self._notice_stall(now_ms)
        return self._advance(now_ms) + self._take(event) + self._send()

    def tick(self, now_ms: int) -> list[PlayoutAction]:
        """Let time pass: release what was played, send what is due."""
        now_ms = max(self._now_ms, now_ms)
        self._notice_stall(now_ms)
        return self._advance(now_ms) + self._send()

    def _notice_stall(self, now_ms: int) -> None:
        """Called too late: marks that come now were kept from us, they do not tell of the carrier."""
        due_ms = self.deadline_ms
        if due_ms is not None and now_ms - due_ms > _STALL_MS:
            self._stall = (now_ms, now_ms - due_ms)

    # Events

    def _take(self, event: PlayoutEvent) -> list[PlayoutAction]:
        match event:
            case Enqueue():
                return self._enqueue(event)
            case MarkReturned():
                return self._mark_returned(event)
            case Interrupt():
                return self._interrupt()
            case Hold():
                return self._hold()
            case Resume():
                return self._resume()
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
            return [self._finish(Utterance(event.utterance), heard="", complete=False)]
        if not known:
            if self._utterances:
                self._learn(self._utterances[-1].close())
            self._utterances.append(Utterance(event.utterance))
        utterance = self._utterances[-1]
        self._learn(utterance.add(event.text.strip(), event.ulaw))
        if event.last and event.broken:
            utterance.break_off()
        elif event.last:
            self._learn(utterance.close())
        return self._finish_played()

    def _learn(self, slowness: float | None) -> None:
        """How fast this voice speaks, for passages whose audio is not all there."""
        if slowness is not None:
            self._slowness = slowness

    def _mark_returned(self, event: MarkReturned) -> list[PlayoutAction]:
        marked = self._marks.pop(event.name, None)
        if marked is None:
            return [Ignored(self._why_unknown(event.name))]
        utterance, audio_ms, end_ms = marked
        if utterance.anchor is None or audio_ms > utterance.anchor[0]:
            noticed_ms, stall_ms = self._stall
            kept_ms = min(stall_ms, max(0, self._now_ms - end_ms)) if self._now_ms - noticed_ms <= _STALL_MS else 0
            utterance.anchor = (audio_ms, self._now_ms - kept_ms)
            self._follow(utterance, audio_ms, self._now_ms - kept_ms - end_ms)
        return self._finish_played()

    def _why_unknown(self, name: str) -> str:
        generation = name.rpartition(":")[0].rpartition(":g")[2]
        if generation.isdecimal() and int(generation) < self._generation:
            return "mark of a stale generation: cleared, not heard"
        return "mark that is not out: unknown, returned before, or believed by the clock"

    def _follow(self, utterance: Utterance, audio_ms: int, late_ms: int) -> None:
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
            self._held = False
            return [Ignored("nothing to interrupt")]
        cleared, self._held = self._held, False
        return self._drop_all() if cleared else [*self._drop_all(), SendClear()]

    def _hold(self) -> list[PlayoutAction]:
        if self._held or not self._utterances:
            return [Ignored("held already" if self._held else "nothing to hold")]
        actions: list[PlayoutAction] = []
        for utterance in self._utterances:
            actions += self._release(utterance, partly=True)
            utterance.take_back(self._now_ms)
        self._held = True
        self._forget_buffer()
        return [*actions, SendClear(), *self._finish_played()]

    def _resume(self) -> list[PlayoutAction]:
        if not self._held:
            return [Ignored("nothing is held")]
        self._held = False
        return []

    def _media_lost(self) -> list[PlayoutAction]:
        if self._lost:
            return [Ignored("the media are lost already")]
        self._lost, self._held = True, False
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

    def _release(self, utterance: Utterance, *, partly: bool) -> list[PlayoutAction]:
        begun = utterance.began_ms is not None
        pieces = utterance.release(self._now_ms, partly=partly)
        ear: list[PlayoutAction] = [EarAudio(at_ms, ulaw) for at_ms, ulaw in pieces]
        return ear if begun or utterance.began_ms is None else [Began(utterance.name, utterance.began_ms), *ear]

    def _finish_played(self) -> list[PlayoutAction]:
        actions: list[PlayoutAction] = []
        while self._utterances:
            utterance = self._utterances[0]
            if not utterance.closed or utterance.waiting_ms or utterance.slices:
                break
            waits_for_mark = utterance.last_mark in self._marks
            if waits_for_mark and self._now_ms < utterance.reached_ms + MARK_GRACE_MS:
                break
            self._utterances.popleft()
            actions.append(self._finish_to_its_end(utterance))
        if not self._utterances:
            self._held = False  # all was heard: what is said next is not what was held
        return actions

    def _finish_to_its_end(self, utterance: Utterance) -> Heard:
        """All of its audio was played, which may be less than its text."""
        heard, text = utterance.text, utterance.text
        if utterance.broken or (text and not utterance.segments):
            heard = utterance.heard(self._now_ms, self._slowness)
        lacks = heard != text
        said = any(sign.isalnum() for sign in text)
        return replace(self._finish(utterance, heard=heard, complete=not lacks), failed=lacks and said)

    def _finish(self, utterance: Utterance, *, heard: str, complete: bool) -> Heard:
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
            heard = utterance.heard(self._now_ms, self._slowness)
            complete = utterance.closed and utterance.segments > 0 and heard == utterance.text
            actions.append(self._finish(utterance, heard=heard, complete=complete))
        self._utterances.clear()
        self._forget_buffer()
        return actions

    def _forget_buffer(self) -> None:
        """The carrier has nothing of ours any more: a new generation begins."""
        self._marks.clear()
        self._buffered_until_ms = None
        self._generation += 1

    # What is sent

    def _send(self) -> list[PlayoutAction]:
        actions: list[PlayoutAction] = []
        for utterance in () if self._held else self._utterances:
            while self._ahead_ms() + SLICE_MS <= AHEAD_MS and (ulaw := utterance.cut(self._ahead_ms())):
                actions += self._slice(utterance, ulaw)
            if utterance.waiting_ms or not utterance.closed:
                break  # what follows comes after it
        return actions

    def _slice(self, utterance: Utterance, ulaw: bytes) -> list[PlayoutAction]:
        mark = f"{utterance.name}:g{self._generation}:{utterance.segments + 1}"
        start_ms = self._buffered_until_ms or 0
        if start_ms - self._run_lag_ms <= self._now_ms:  # the carrier's buffer is empty: a new run
            self._run_lag_ms, self._drift_ms = self._lag_ms or 0, 0
            start_ms = max(start_ms, self._now_ms + self._run_lag_ms)
        piece = utterance.sent(ulaw, start_ms, mark)
        self._buffered_until_ms = piece.end_ms
        self._marks[mark] = (utterance, utterance.sent_ms, piece.end_ms)
        return [SendAudio(ulaw), SendMark(mark), *self._release(utterance, partly=False)]

    def _ahead_ms(self) -> int:
        """Audio sent ahead of real time; what is under way to the caller does not count."""
        return max(0, self._sent_until_ms - self._now_ms)

    @property
    def _sent_until_ms(self) -> int:
        return (self._buffered_until_ms or 0) - self._run_lag_ms

    def _instants_due(self, utterance: Utterance) -> list[int]:
        due: list[int] = []
        release_ms, ahead_ms = utterance.release_due_ms(), utterance.due_when_ahead_ms(AHEAD_MS)
        if release_ms is not None:
            due.append(release_ms)
        if ahead_ms is not None and not self._held:
            due.append(self._sent_until_ms - ahead_ms)
        if utterance is self._utterances[0] and utterance.closed and not utterance.waiting_ms and not utterance.slices:
            due.append(utterance.reached_ms + MARK_GRACE_MS)
        return due
