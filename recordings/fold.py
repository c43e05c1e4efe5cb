"""From a call's events to its record: the one reading of the log that pages, `--json`, metrics and tests share. Pure.

Any prefix of a log, with duplicates, in any order, with kinds and fields of later versions, gives a record: a log is
what happened, and what happened cannot be refused. Indexes of utterances and turns never change as a log grows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from recordings import fields
from recordings.events import Event
from recordings.handing import Handings
from recordings.record import CallRecord, Message, Speaker, Utterance
from recordings.silence import Span, silences
from recordings.turns import TURN_READERS, Turns
from recordings.whose import with_a_person

PURPOSES: Final = ("greeting", "reply", "question", "check_in", "apology", "fill", "hold", "goodbye", "introduction")
"""Why the assistant speaks; the `purpose` of assistant.speaks."""


def fold(events: Iterable[Event]) -> CallRecord:
    """Make one call's record of its events. Never raises on what a log can hold."""
    folding = _Folding()
    for event in sorted(events, key=lambda event: event.seq):
        folding.add(event)
    return folding.record()


class _Folding:
    """What has been read so far. One method per kind, named in _READERS."""

    def __init__(self) -> None:
        self._facts = CallRecord()
        self._utterances: dict[tuple[str, str], Utterance] = {}  # by side and id, in order of first mention
        self._turns = Turns()
        self._messages: dict[str, Message] = {}
        self._handings = Handings()
        self._among_people: list[Event] = []  # of transfers and of supervisors
        self._faults: dict[str, int] = {}
        self._floors: list[tuple[int, str]] = []
        self._held: dict[str, list[list[int | None]]] = {}  # by utterance of the assistant: from, to
        self._other_speech: list[Span] = []
        self._speaking_since_ms: int | None = None
        self._sure_from_seq = 0  # what was being spoken when the media broke never gets its `heard`
        self._spoken_at: dict[str, int] = {}  # seq of each assistant.speaks
        self._ended_ms: int | None = None
        self._latest_ms = 0
        self._call_id = ""
        self._last_seq = 0

    def add(self, event: Event) -> None:
        if event.seq <= self._last_seq:
            return  # a duplicate
        self._call_id, self._last_seq = self._call_id or event.call_id, event.seq
        if self._ended_ms is None:
            self._latest_ms = max(self._latest_ms, event.at_ms)
        reader = _READERS.get(event.kind)
        if reader is not None:
            reader(self, event, event.data)
        self._handings.add(event.kind, event.at_ms, event.data)
        if event.kind.startswith(("transfer.", "supervisor.")):
            self._among_people.append(event)
        of_turn = TURN_READERS.get(event.kind)
        if of_turn is not None:
            of_turn(self._turns, event.data)

    def record(self) -> CallRecord:
        end_ms = self._latest_ms if self._ended_ms is None else self._ended_ms
        spans = [*self._spans(end_ms)]
        return replace(
            self._facts,
            call_id=self._call_id,
            last_seq=self._last_seq,
            utterances=tuple(self._utterances.values()),
            turns=self._turns.all(self._utterances, with_a_person(self._among_people, end_ms)),
            silences=silences(spans, self._floors, end_ms),
            messages=tuple(self._messages.values()),
            transfers=self._handings.all(),
            faults=dict(self._faults),
            floor=self._floors[-1][1] if self._floors else "nobody",
            end_ms=max([end_ms, *(stop_ms for _, stop_ms in spans)]),
        )

    # The call and its media

    def ringing(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(
            self._facts,
            from_number=fields.text(data, "from_number"),
            to_number=fields.text(data, "to_number"),
            line=fields.text(data, "line"),
            language=fields.text(data, "language"),
        )

    def language_changed(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(self._facts, language=fields.text(data, "to") or self._facts.language)

    def media_started(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(self._facts, wall_clock=self._facts.wall_clock or fields.text(data, "wall_clock") or None)

    def media_broke(self, event: Event, data: Mapping[str, Any]) -> None:
        del data
        self._sure_from_seq = event.seq
        self._speaking_since_ms = None

    def ended(self, event: Event, data: Mapping[str, Any]) -> None:
        if self._ended_ms is None:  # a call ends in exactly one way: the first that was recorded
            self._ended_ms = event.at_ms
            outcome, reason = fields.text(data, "outcome") or "failed", fields.text(data, "reason") or None
            self._facts = replace(self._facts, outcome=outcome, reason=reason, partial="")

    def fault(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        fault = fields.text(data, "fault")
        self._faults[fault] = self._faults.get(fault, 0) + fields.whole(data, "count", 1)

    def recording(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(self._facts, recording=fields.text(data, "audio") or None)

    # The caller

    def speech_started(self, event: Event, data: Mapping[str, Any]) -> None:
        del data
        self._speaking_since_ms = event.at_ms

    def speech_ended(self, event: Event, data: Mapping[str, Any]) -> None:
        del event, data
        self._speaking_since_ms = None

    def partial(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(self._facts, partial="" if self._facts.outcome else fields.text(data, "text"))

    def said(self, event: Event, data: Mapping[str, Any]) -> None:
        start_ms, end_ms = fields.span(event, data)
        text = fields.text(data, "text")
        utterance = fields.text(data, "utterance")
        self._utterances["caller", utterance] = Utterance(
            utterance, "caller", fields.via(data), text, heard_text=text, start_ms=start_ms, end_ms=end_ms
        )
        self._facts = replace(self._facts, partial="")

    def person_said(self, event: Event, data: Mapping[str, Any]) -> None:
        """An agent or a supervisor who speaks with the caller."""
        start_ms, end_ms = fields.span(event, data)
        text, utterance = fields.text(data, "text"), fields.text(data, "utterance")
        speaker: Speaker = "supervisor" if event.kind.startswith("supervisor.") else "agent"
        self._utterances[speaker, utterance] = Utterance(
            utterance, speaker, "speech", text, heard_text=text, start_ms=start_ms, end_ms=end_ms
        )

    def unrecognised(self, event: Event, data: Mapping[str, Any]) -> None:
        self._other_speech.append(fields.span(event, data))
        self._facts = replace(self._facts, partial="")

    # The assistant

    def speaks(self, event: Event, data: Mapping[str, Any]) -> None:
        key = ("assistant", fields.text(data, "utterance"))
        if key not in self._utterances:
            self._spoken_at[key[1]] = event.seq
            self._utterances[key] = Utterance(
                key[1],
                "assistant",
                "speech",
                fields.text(data, "text"),
                heard_text="",
                start_ms=event.at_ms,
                end_ms=event.at_ms,
                purpose=fields.text(data, "purpose"),
                complete=False,
                played=False,
            )
        if turn := fields.text(data, "turn"):
            self._turns.join(turn, key)

    def heard(self, event: Event, data: Mapping[str, Any]) -> None:
        key = ("assistant", fields.text(data, "utterance"))
        start_ms, end_ms = fields.span(event, data)
        heard_text, complete = fields.text(data, "heard_text"), data.get("complete") is True
        known = self._utterances.get(key)
        if known is None:
            known = Utterance(key[1], "assistant", "speech", heard_text, "", start_ms, end_ms, played=False)
        elif known.played:  # paused and resumed: one utterance, heard in parts
            start_ms, end_ms = min(start_ms, known.start_ms), max(end_ms, known.end_ms)
        self._utterances[key] = replace(
            known, heard_text=heard_text, start_ms=start_ms, end_ms=end_ms, complete=complete, played=True
        )

    def floor_changed(self, event: Event, data: Mapping[str, Any]) -> None:
        self._floors.append((event.at_ms, fields.text(data, "floor") or "nobody"))

    def held(self, event: Event, data: Mapping[str, Any]) -> None:
        self._held.setdefault(fields.text(data, "utterance"), []).append([event.at_ms, None])

    def resumed(self, event: Event, data: Mapping[str, Any]) -> None:
        pauses = self._held.get(fields.text(data, "utterance"))
        if pauses and pauses[-1][1] is None:
            pauses[-1][1] = event.at_ms

    def message(self, event: Event, data: Mapping[str, Any]) -> None:
        start_ms, end_ms = fields.span(event, data)
        # A caller who goes on speaking makes the same message longer: the latest one of its id stands.
        kept_as = fields.text(data, "message") or f"event {event.seq}"
        self._messages[kept_as] = Message(
            fields.text(data, "queue"), fields.text(data, "text"), start_ms, end_ms, fields.text(data, "recording_url")
        )
        self._other_speech.append((start_ms, end_ms))

    # Putting it together

    def _spans(self, end_ms: int) -> Iterable[Span]:
        for utterance in self._utterances.values():
            if utterance.played:
                yield from _without(self._held.get(utterance.id, ()), utterance.start_ms, utterance.end_ms)
            elif self._ended_ms is None and self._spoken_at.get(utterance.id, 0) > self._sure_from_seq:
                yield utterance.start_ms, end_ms  # being spoken
        yield from self._other_speech
        if self._speaking_since_ms is not None:
            yield self._speaking_since_ms, end_ms


_READERS: Final[Mapping[str, Callable[[_Folding, Event, Mapping[str, Any]], None]]] = {
    "call.ringing": _Folding.ringing,
    "language.changed": _Folding.language_changed,
    "call.media_started": _Folding.media_started,
    "call.media_lost": _Folding.media_broke,
    "call.resumed": _Folding.media_broke,
    "call.ended": _Folding.ended,
    "media.fault": _Folding.fault,
    "recording.started": _Folding.recording,
    "caller.speech_started": _Folding.speech_started,
    "caller.speech_ended": _Folding.speech_ended,
    "caller.partial": _Folding.partial,
    "caller.said": _Folding.said,
    "caller.unrecognised": _Folding.unrecognised,
    "agent.said": _Folding.person_said,
    "supervisor.said": _Folding.person_said,
    "assistant.speaks": _Folding.speaks,
    "assistant.heard": _Folding.heard,
    "floor.changed": _Folding.floor_changed,
    "assistant.held": _Folding.held,
    "assistant.resumed": _Folding.resumed,
    "message.taken": _Folding.message,
}
"""The kinds that say something about the call and what was said; turns.py reads others, and the rest pass by."""


def _without(pauses: Iterable[Sequence[int | None]], start_ms: int, end_ms: int) -> Iterator[Span]:
    """A span of speech without the pauses in it, which are in order."""
    for from_ms, to_ms in pauses:
        if from_ms is not None and start_ms < from_ms < end_ms:
            yield start_ms, from_ms
            start_ms = min(end_ms, to_ms if to_ms is not None else end_ms)
    if start_ms <= end_ms:
        yield start_ms, end_ms
