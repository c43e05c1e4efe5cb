"""From a call's events to its record: the one reading of the log that pages, `--json`, metrics and tests share. Pure.

Any prefix of a log, with duplicates, in any order, with kinds and fields of later versions, gives a record: a log is
what happened, and what happened cannot be refused. Indexes of utterances and turns never change as a log grows.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, get_args

from recordings.events import Event
from recordings.record import CallRecord, Message, Source, ToolUse, Turn, Utterance, Via, to_json
from recordings.silence import Span, silences

__all__ = ["PURPOSES", "fold", "to_json"]

PURPOSES: Final = ("greeting", "reply", "question", "check_in", "apology", "fill", "goodbye")
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
        self._turns: dict[str, Turn] = {}
        self._turn_utterances: dict[str, list[tuple[str, str]]] = {}
        self._tools: dict[str, dict[str, ToolUse]] = {}  # by turn, then by call
        self._messages: dict[str, Message] = {}
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

    def record(self) -> CallRecord:
        index = {key: position for position, key in enumerate(self._utterances)}
        end_ms = self._latest_ms if self._ended_ms is None else self._ended_ms
        spans = [*self._spans(end_ms)]
        return replace(
            self._facts,
            call_id=self._call_id,
            last_seq=self._last_seq,
            utterances=tuple(self._utterances.values()),
            turns=tuple(self._turn(turn, index) for turn in self._turns.values()),
            silences=silences(spans, self._floors, end_ms),
            messages=tuple(self._messages.values()),
            faults=dict(self._faults),
            floor=self._floors[-1][1] if self._floors else "nobody",
            end_ms=max([end_ms, *(stop_ms for _, stop_ms in spans)]),
        )

    # The call and its media

    def ringing(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(
            self._facts,
            from_number=_text(data, "from_number"),
            to_number=_text(data, "to_number"),
            line=_text(data, "line"),
        )

    def media_started(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(self._facts, wall_clock=self._facts.wall_clock or _text(data, "wall_clock") or None)

    def media_broke(self, event: Event, data: Mapping[str, Any]) -> None:
        del data
        self._sure_from_seq = event.seq
        self._speaking_since_ms = None

    def ended(self, event: Event, data: Mapping[str, Any]) -> None:
        if self._ended_ms is None:  # a call ends in exactly one way: the first that was recorded
            self._ended_ms = event.at_ms
            outcome, reason = _text(data, "outcome") or "failed", _text(data, "reason") or None
            self._facts = replace(self._facts, outcome=outcome, reason=reason, partial="")

    def fault(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        fault = _text(data, "fault")
        self._faults[fault] = self._faults.get(fault, 0) + _ms(data, "count", 1)

    def recording(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(self._facts, recording=_text(data, "audio") or None)

    # The caller

    def speech_started(self, event: Event, data: Mapping[str, Any]) -> None:
        del data
        self._speaking_since_ms = event.at_ms

    def speech_ended(self, event: Event, data: Mapping[str, Any]) -> None:
        del event, data
        self._speaking_since_ms = None

    def partial(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._facts = replace(self._facts, partial="" if self._facts.outcome else _text(data, "text"))

    def said(self, event: Event, data: Mapping[str, Any]) -> None:
        start_ms, end_ms = _span(event, data)
        text = _text(data, "text")
        utterance = _text(data, "utterance")
        self._utterances["caller", utterance] = Utterance(
            utterance, "caller", _via(data), text, heard_text=text, start_ms=start_ms, end_ms=end_ms
        )
        self._facts = replace(self._facts, partial="")

    def unrecognised(self, event: Event, data: Mapping[str, Any]) -> None:
        self._other_speech.append(_span(event, data))
        self._facts = replace(self._facts, partial="")

    # The assistant

    def speaks(self, event: Event, data: Mapping[str, Any]) -> None:
        key = ("assistant", _text(data, "utterance"))
        if key not in self._utterances:
            self._spoken_at[key[1]] = event.seq
            self._utterances[key] = Utterance(
                key[1],
                "assistant",
                "speech",
                _text(data, "text"),
                heard_text="",
                start_ms=event.at_ms,
                end_ms=event.at_ms,
                purpose=_text(data, "purpose"),
                complete=False,
                played=False,
            )
        if turn := _text(data, "turn"):
            self._join(turn, key)

    def heard(self, event: Event, data: Mapping[str, Any]) -> None:
        key = ("assistant", _text(data, "utterance"))
        start_ms, end_ms = _span(event, data)
        heard_text, complete = _text(data, "heard_text"), data.get("complete") is True
        known = self._utterances.get(key)
        if known is None:
            known = Utterance(key[1], "assistant", "speech", heard_text, "", start_ms, end_ms, played=False)
        elif known.played:  # paused and resumed: one utterance, heard in parts
            start_ms, end_ms = min(start_ms, known.start_ms), max(end_ms, known.end_ms)
        self._utterances[key] = replace(
            known, heard_text=heard_text, start_ms=start_ms, end_ms=end_ms, complete=complete, played=True
        )

    def floor_changed(self, event: Event, data: Mapping[str, Any]) -> None:
        self._floors.append((event.at_ms, _text(data, "floor") or "nobody"))

    # One turn

    def began(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        self._join(_text(data, "turn"), ("caller", _text(data, "utterance")))

    def understood(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        turn = self._turn_of(data)
        intent = _text(data, "intent") or turn.intent
        self._turns[turn.id] = replace(turn, intent=intent, slots={**turn.slots, **_mapping(data, "slots")})

    def called(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        calls = self._tools.setdefault(self._turn_of(data).id, {})
        calls.setdefault(_text(data, "call"), ToolUse(_text(data, "tool"), _mapping(data, "arguments")))

    def returned(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        calls = self._tools.setdefault(self._turn_of(data).id, {})
        call = _text(data, "call")
        use = calls.get(call) or ToolUse(_text(data, "tool"), {})
        calls[call] = replace(
            use,
            ok=data.get("ok") is True,
            result=data.get("result"),
            error=_text(data, "error") or None,
            took_ms=_ms(data, "took_ms", 0),
        )

    def answered(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        turn = self._turn_of(data)
        given = data.get("sources")
        new = [_source(source) for source in given if isinstance(source, Mapping)] if isinstance(given, list) else []
        self._turns[turn.id] = replace(turn, sources=tuple(dict.fromkeys([*turn.sources, *new])))

    def timed(self, event: Event, data: Mapping[str, Any]) -> None:
        del event
        turn = self._turn_of(data)
        fill_gap_ms = _ms(data, "fill_gap_ms", 0) if data.get("fill_gap_ms") is not None else None
        given = _mapping(data, "stages")
        self._turns[turn.id] = replace(
            turn, fill_gap_ms=fill_gap_ms, stages={name: _ms(given, name, 0) for name in given}
        )

    def held(self, event: Event, data: Mapping[str, Any]) -> None:
        self._held.setdefault(_text(data, "utterance"), []).append([event.at_ms, None])

    def resumed(self, event: Event, data: Mapping[str, Any]) -> None:
        pauses = self._held.get(_text(data, "utterance"))
        if pauses and pauses[-1][1] is None:
            pauses[-1][1] = event.at_ms

    def message(self, event: Event, data: Mapping[str, Any]) -> None:
        start_ms, end_ms = _span(event, data)
        # A caller who goes on speaking makes the same message longer: the latest one of its id stands.
        kept_as = _text(data, "message") or f"event {event.seq}"
        self._messages[kept_as] = Message(
            _text(data, "queue"), _text(data, "text"), start_ms, end_ms, _text(data, "recording_url")
        )
        self._other_speech.append((start_ms, end_ms))

    # Putting it together

    def _turn_of(self, data: Mapping[str, Any]) -> Turn:
        turn = _text(data, "turn")
        return self._turns.setdefault(turn, Turn(turn))

    def _join(self, turn: str, utterance: tuple[str, str]) -> None:
        self._turns.setdefault(turn, Turn(turn))
        joined = self._turn_utterances.setdefault(turn, [])
        if utterance not in joined:
            joined.append(utterance)

    def _turn(self, turn: Turn, index: Mapping[tuple[str, str], int]) -> Turn:
        joined = [key for key in self._turn_utterances.get(turn.id, ()) if key in index]
        return replace(
            turn,
            caller=tuple(index[key] for key in joined if key[0] == "caller"),
            assistant=tuple(index[key] for key in joined if key[0] == "assistant"),
            tools=tuple(self._tools.get(turn.id, {}).values()),
            reply_gap_ms=_reply_gap_ms([self._utterances[key] for key in joined]),
        )

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
    "assistant.speaks": _Folding.speaks,
    "assistant.heard": _Folding.heard,
    "floor.changed": _Folding.floor_changed,
    "turn.began": _Folding.began,
    "turn.understood": _Folding.understood,
    "tool.called": _Folding.called,
    "tool.returned": _Folding.returned,
    "turn.answered": _Folding.answered,
    "turn.timed": _Folding.timed,
    "assistant.held": _Folding.held,
    "assistant.resumed": _Folding.resumed,
    "message.taken": _Folding.message,
}
"""The kinds that say something about the record; all others pass by."""


def _reply_gap_ms(utterances: list[Utterance]) -> int | None:
    ends = [utterance.end_ms for utterance in utterances if utterance.speaker == "caller"]
    answers = [u for u in utterances if u.speaker == "assistant" and u.played and u.purpose != "fill"]
    starts = [u.start_ms for u in answers if u.end_ms > u.start_ms]
    if not ends or not starts:
        return None
    first_ms = min(starts)
    before = [end_ms for end_ms in ends if end_ms <= first_ms]
    return first_ms - (max(before) if before else min(ends))


def _without(pauses: Iterable[Sequence[int | None]], start_ms: int, end_ms: int) -> Iterator[Span]:
    """A span of speech without the pauses in it, which are in order."""
    for from_ms, to_ms in pauses:
        if from_ms is not None and start_ms < from_ms < end_ms:
            yield start_ms, from_ms
            start_ms = min(end_ms, to_ms if to_ms is not None else end_ms)
    if start_ms <= end_ms:
        yield start_ms, end_ms


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _ms(data: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return otherwise
    return int(value)


def _span(event: Event, data: Mapping[str, Any]) -> Span:
    start_ms = _ms(data, "start_ms", event.at_ms)
    return start_ms, max(start_ms, _ms(data, "end_ms", event.at_ms))


def _mapping(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name)
    return dict(value) if isinstance(value, Mapping) else {}


def _via(data: Mapping[str, Any]) -> Via:
    via = data.get("via")
    return next((known for known in get_args(Via) if known == via), "speech")


def _source(given: Mapping[str, Any]) -> Source:
    return Source(_text(given, "document"), _text(given, "section"), _text(given, "title"))
