"""A call's turns, as its events tell of them: what was said, understood, done, and where the time went. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from recordings import fields
from recordings.record import Source, ToolUse, Turn, Utterance
from recordings.silence import Span

Key = tuple[str, str]
"""An utterance: its side and its id."""


class Turns:
    """What has been read so far. One method per kind, named in TURN_READERS; they take the event's data."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}
        self._joined: dict[str, list[Key]] = {}
        self._tools: dict[str, dict[str, ToolUse]] = {}  # by turn, then by call

    def all(self, utterances: Mapping[Key, Utterance], away: Sequence[Span] = ()) -> tuple[Turn, ...]:
        """Every turn, in order of first mention, with the places of its utterances among these.

        away: while a person had the caller; nobody waited for the assistant then.
        """
        index = {key: position for position, key in enumerate(utterances)}
        return tuple(self._told(turn, index, utterances, away) for turn in self._turns.values())

    def join(self, turn: str, utterance: Key) -> None:
        """An utterance belongs to a turn."""
        self._turns.setdefault(turn, Turn(turn))
        joined = self._joined.setdefault(turn, [])
        if utterance not in joined:
            joined.append(utterance)

    def began(self, data: Mapping[str, Any]) -> None:
        self.join(fields.text(data, "turn"), ("caller", fields.text(data, "utterance")))

    def understood(self, data: Mapping[str, Any]) -> None:
        turn = self._turn_of(data)
        intent = fields.text(data, "intent") or turn.intent
        slots, why = fields.mapping(data, "slots"), _why(data)
        self._turns[turn.id] = replace(turn, intent=intent, slots={**turn.slots, **slots}, why=why)

    def escalated(self, data: Mapping[str, Any]) -> None:
        turn = self._turn_of(data)
        self._turns[turn.id] = replace(turn, person=_person(data))

    def called(self, data: Mapping[str, Any]) -> None:
        calls = self._tools.setdefault(self._turn_of(data).id, {})
        calls.setdefault(
            fields.text(data, "call"), ToolUse(fields.text(data, "tool"), fields.mapping(data, "arguments"))
        )

    def returned(self, data: Mapping[str, Any]) -> None:
        calls = self._tools.setdefault(self._turn_of(data).id, {})
        call = fields.text(data, "call")
        use = calls.get(call) or ToolUse(fields.text(data, "tool"), {})
        calls[call] = replace(
            use,
            ok=data.get("ok") is True,
            result=data.get("result"),
            error=fields.text(data, "error") or None,
            took_ms=fields.whole(data, "took_ms", 0),
        )

    def answered(self, data: Mapping[str, Any]) -> None:
        turn = self._turn_of(data)
        given = data.get("sources")
        new = [_source(source) for source in given if isinstance(source, Mapping)] if isinstance(given, list) else []
        self._turns[turn.id] = replace(turn, sources=tuple(dict.fromkeys([*turn.sources, *new])))

    def timed(self, data: Mapping[str, Any]) -> None:
        turn = self._turn_of(data)
        fill_gap_ms = fields.whole(data, "fill_gap_ms", 0) if data.get("fill_gap_ms") is not None else None
        given = fields.mapping(data, "stages")
        self._turns[turn.id] = replace(
            turn, fill_gap_ms=fill_gap_ms, stages={name: fields.whole(given, name, 0) for name in given}
        )

    def _turn_of(self, data: Mapping[str, Any]) -> Turn:
        turn = fields.text(data, "turn")
        return self._turns.setdefault(turn, Turn(turn))

    def _told(
        self, turn: Turn, index: Mapping[Key, int], utterances: Mapping[Key, Utterance], away: Sequence[Span]
    ) -> Turn:
        joined = [key for key in self._joined.get(turn.id, ()) if key in index]
        return replace(
            turn,
            caller=tuple(index[key] for key in joined if key[0] == "caller"),
            assistant=tuple(index[key] for key in joined if key[0] == "assistant"),
            tools=tuple(self._tools.get(turn.id, {}).values()),
            reply_gap_ms=_reply_gap_ms([utterances[key] for key in joined], away),
        )


TURN_READERS: Final[Mapping[str, Callable[[Turns, Mapping[str, Any]], None]]] = {
    "turn.began": Turns.began,
    "turn.understood": Turns.understood,
    "escalation.raised": Turns.escalated,
    "tool.called": Turns.called,
    "tool.returned": Turns.returned,
    "turn.answered": Turns.answered,
    "turn.timed": Turns.timed,
}
"""The kinds that say something about turns."""


def _why(data: Mapping[str, Any]) -> dict[str, Any]:
    """How a turn was understood; empty in a log of an earlier version."""
    signals = {name: given for name, given in fields.mapping(data, "signals").items() if _is_number(given)}
    if not signals:
        return {}
    return {
        "by": fields.text(data, "by"),
        "confidence": data.get("confidence") if _is_number(data.get("confidence")) else None,
        "signals": signals,
        "sentiment": data.get("sentiment") if _is_number(data.get("sentiment")) else 0,
        "trend": fields.text(data, "trend"),
        "entities": fields.mapping(data, "entities"),
        "wish": fields.text(fields.mapping(data, "wish"), "label"),
    }


def _person(data: Mapping[str, Any]) -> dict[str, Any]:
    said = data.get("evidence")
    names = ("rule", "reason", "sentence", "queue", "priority")
    told: dict[str, Any] = {name: fields.text(data, name) for name in names}
    return {
        **told,
        "offered": data.get("offered") is True,
        "evidence": [words for words in said if isinstance(words, str)] if isinstance(said, list) else [],
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _reply_gap_ms(utterances: list[Utterance], away: Sequence[Span]) -> int | None:
    ends = [utterance.end_ms for utterance in utterances if utterance.speaker == "caller"]
    answers = [u for u in utterances if u.speaker == "assistant" and u.played and u.purpose != "fill"]
    starts = [u.start_ms for u in answers if u.end_ms > u.start_ms]
    if not ends or not starts:
        return None
    first_ms = min(starts)
    before = [end_ms for end_ms in ends if end_ms <= first_ms]
    last_ms = max(before) if before else min(ends)
    if any(from_ms < first_ms and last_ms < to_ms for from_ms, to_ms in away):
        return None
    return first_ms - last_ms


def _source(given: Mapping[str, Any]) -> Source:
    score = given.get("score")
    return Source(
        fields.text(given, "document"),
        fields.text(given, "section"),
        fields.text(given, "title"),
        float(score) if isinstance(score, int | float) else None,
    )
