"""Where in the transcript something was said: utterances by turn. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.handoff.packet import Line, Span
from recordings import fields
from recordings.events import Event
from recordings.record import CallRecord, Utterance


@dataclass(slots=True)
class Places:
    """One call's."""

    utterances: dict[str, Utterance] = field(default_factory=dict)
    _caller: dict[str, list[str]] = field(default_factory=dict)
    _assistant: dict[str, list[str]] = field(default_factory=dict)

    def caller(self, turn: str) -> tuple[Span, ...]:
        """What the caller said in this turn."""
        return self.spans(self._caller.get(turn, ()))

    def assistant(self, turn: str) -> tuple[Span, ...]:
        """What they were told in it, as far as they heard it."""
        return tuple(span for span in self.spans(self._assistant.get(turn, ())) if self.heard(span.utterance))

    def either(self, turn: str) -> tuple[Span, ...]:
        """What the caller said in this turn; where they said nothing, what they were told."""
        return self.caller(turn) or self.assistant(turn)

    def words(self, turn: str) -> str:
        """The caller's words of a turn; keyed digits are none."""
        said = [self.utterances[one] for one in self._caller.get(turn, ()) if one in self.utterances]
        return " ".join(one.text for one in said if one.via != "dtmf").strip()

    def keyed(self, turn: str) -> bool:
        """Whether the caller answered with keys."""
        said = [self.utterances[one] for one in self._caller.get(turn, ()) if one in self.utterances]
        return bool(said) and all(one.via == "dtmf" for one in said)

    def heard(self, utterance: str) -> str:
        """What the other side heard of it."""
        one = self.utterances.get(utterance)
        return one.heard_text if one is not None else ""

    def spans(self, utterances: Iterable[str]) -> tuple[Span, ...]:
        """Those of them that are in the transcript."""
        known = [self.utterances[one] for one in dict.fromkeys(utterances) if one in self.utterances]
        return tuple(Span(one.id, one.start_ms, one.end_ms) for one in known)

    def ends(self) -> tuple[Span, ...]:
        """The first and the last utterance: the whole call."""
        ids = list(self.utterances)
        return self.spans([*ids[:1], *ids[-1:]])

    def latest_of_caller(self) -> tuple[Span, ...]:
        """The last that the caller said."""
        return self.spans([one.id for one in self.utterances.values() if one.speaker == "caller"][-1:])

    def began(self, turn: str, utterance: str) -> None:
        """The caller's utterance leads to this turn."""
        if utterance:
            self._caller.setdefault(turn, []).append(utterance)

    def spoke(self, turn: str, utterance: str) -> None:
        """The assistant's belongs to it."""
        self._assistant.setdefault(turn, []).append(utterance)


def places(events: Iterable[Event], record: CallRecord) -> Places:
    """Those of a call's events, and of their fold."""
    found = Places({one.id: one for one in record.utterances if one.id})
    for event in events:
        turn, utterance = fields.text(event.data, "turn"), fields.text(event.data, "utterance")
        if event.kind == "turn.began":
            found.began(turn, utterance)
        elif event.kind == "assistant.speaks":
            found.spoke(turn, utterance)
    return found


def transcript(utterances: Sequence[Utterance]) -> tuple[Line, ...]:
    """What was said, in order, each as far as it reached the other side."""
    ordered = sorted(utterances, key=lambda one: one.start_ms)
    return tuple(
        Line(
            one.id,
            one.start_ms,
            one.speaker,
            one.via,
            one.text if one.complete else one.heard_text,
            one.complete,
            "" if one.complete else one.unheard_text or ("" if one.heard_text else one.text),
        )
        for one in ordered
    )
