"""Who calls, what they answered, and how they sound, by a call's events. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from pipeline.assistant.signals.mood import SIGNALS, level_of
from pipeline.assistant.tools.port import LEVELS
from pipeline.handoff.about import About
from pipeline.handoff.cleaning import kind_of_name, safe
from pipeline.handoff.packet import (
    UNKNOWN,
    CallerFacts,
    Consent,
    Earlier,
    Fact,
    Mood,
    Policy,
    Span,
    Unknown,
    Verified,
)
from pipeline.handoff.places import Places
from pipeline.handoff.words import Words, clipped
from pipeline.secrets_kept import referred
from recordings import fields
from recordings.events import Event
from telephony.numbers import mask, parse_caller

NOBODY: Final = Verified()
NOTHING_KNOWN: Final = Earlier()
_LONGEST_TRIED: Final = 18
"""Words of what a caller was asked to do."""
_VERIFIED: Final = LEVELS.index("knowledge")


@dataclass(slots=True)
class Known:
    """What has been read so far. One method per kind, named in _READERS."""

    about: About
    places: Places
    number: str = ""
    language: str = ""
    name: str = ""
    name_verified: bool = False
    customer: str = ""
    tier: str = ""
    verified: Verified = NOBODY
    asked_to_verify: bool = False
    facts: dict[str, Fact] = field(default_factory=dict)
    tried: dict[str, tuple[str, tuple[Span, ...]]] = field(default_factory=dict)
    """What the caller was asked to do, what came of it (done, not_done, skip), and where they said so."""
    earlier: Earlier = NOTHING_KNOWN
    wall_clock: str = ""
    consents: dict[str, bool] = field(default_factory=dict)
    withheld: dict[str, None] = field(default_factory=dict)
    redacted: dict[str, None] = field(default_factory=dict)
    announced: bool = False
    recorded: bool = False
    speaker_changed: bool = False
    levels: dict[str, float] = field(default_factory=dict)
    feelings: dict[str, float] = field(default_factory=dict)
    """The strongest signal of each of the caller's utterances."""
    sentiment: float | Unknown = "unknown"
    trend: str = UNKNOWN
    _confidence: dict[str, float] = field(default_factory=dict)
    _expected: str = ""
    _asked: str = ""
    """What the caller was expected to do when they said the latest."""
    _before: tuple[Span, ...] = ()
    """What they said the turn before."""
    _results: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """The next event."""
        for name in event.data.get("redacted", ()) if isinstance(event.data.get("redacted"), list) else ():
            self.redacted[str(name)] = None
        reader = _READERS.get(event.kind)
        if reader is not None:
            reader(self, event, event.data)

    def ringing(self, _event: Event, data: Mapping[str, Any]) -> None:
        self.number, self.language = fields.text(data, "from_number"), fields.text(data, "language")

    def language_changed(self, _event: Event, data: Mapping[str, Any]) -> None:
        self.language = fields.text(data, "to") or self.language

    def media_started(self, _event: Event, data: Mapping[str, Any]) -> None:
        self.wall_clock = self.wall_clock or fields.text(data, "wall_clock")

    def recording(self, _event: Event, _data: Mapping[str, Any]) -> None:
        self.recorded = True

    def heard(self, _event: Event, data: Mapping[str, Any]) -> None:
        if data.get("complete") is True and fields.text(data, "heard_text") in self.about.disclosures:
            self.announced = True

    def said(self, _event: Event, data: Mapping[str, Any]) -> None:
        self._asked = self._expected
        confidence = data.get("confidence")
        if isinstance(confidence, int | float) and not isinstance(confidence, bool):
            self._confidence[fields.text(data, "utterance")] = float(confidence)

    def expects(self, _event: Event, data: Mapping[str, Any]) -> None:
        self._expected = fields.text(data, "expecting")

    def understood(self, _event: Event, data: Mapping[str, Any]) -> None:
        turn = fields.text(data, "turn")
        self.tier = fields.text(data, "tier") or self.tier
        self._sounds(data, turn)
        spans = self.places.caller(turn)
        for slot, value in fields.mapping(data, "slots").items():
            asked = self.about.tried.get(f"{fields.text(data, 'intent')}.{slot}")
            if asked is not None:
                self.tried[asked] = (str(value), spans)
            else:
                self._learned(str(slot), value, turn, spans)
        self._before = spans

    def _sounds(self, data: Mapping[str, Any], turn: str) -> None:
        signals = fields.mapping(data, "signals")
        if not signals:
            return
        for name in SIGNALS:
            value = signals.get(name)
            if isinstance(value, int | float):
                self.levels[name] = max(self.levels.get(name, 0.0), float(value))
                for span in self.places.caller(turn):
                    self.feelings[span.utterance] = max(self.feelings.get(span.utterance, 0.0), float(value))
        sentiment = data.get("sentiment")
        self.sentiment = float(sentiment) if isinstance(sentiment, int | float) else self.sentiment
        self.trend = fields.text(data, "trend") or self.trend

    def _learned(self, slot: str, value: Any, turn: str, spans: tuple[Span, ...]) -> None:
        reference = isinstance(value, str) and referred(value) is not None
        if reference or slot in self.about.secrets or slot in self.about.sensitive or kind_of_name(slot):
            self.withheld[slot] = None
            return
        if not isinstance(value, str | int | float) or value == "":
            return
        keyed = self.places.keyed(turn)
        again = not keyed and self._asked == "yes_no" and not isinstance(value, bool)
        linked = (*self._before, *spans) if again else spans
        sure = [self._confidence[one.utterance] for one in linked if one.utterance in self._confidence]
        self.facts[slot] = Fact(
            slot, safe(value, self.about.redact), round(min(sure), 3) if sure else None,
            "keyed" if keyed else "read_back" if again else "no", linked,
        )  # fmt: skip
        if slot in self.about.names and isinstance(value, str):
            self.name, self.name_verified = safe(value, self.about.redact), False

    def hidden(self, _event: Event, data: Mapping[str, Any]) -> None:
        slot = fields.text(data, "slot")
        self.withheld[slot] = None
        self.facts.pop(slot, None)

    def returned(self, _event: Event, data: Mapping[str, Any]) -> None:
        result = fields.mapping(data, "result")
        if data.get("ok") is True:
            self._results[fields.text(data, "tool")] = result
            self.tier = fields.text(result, "tier") or self.tier

    def asked_who(self, _event: Event, _data: Mapping[str, Any]) -> None:
        self.asked_to_verify = True

    def raised(self, event: Event, data: Mapping[str, Any]) -> None:
        level, how = fields.text(data, "level"), fields.text(data, "how")
        self.verified = Verified(level, how, event.at_ms, self._clock(event.at_ms))
        self.customer = fields.text(data, "customer")
        result = self._results.get(how, {})
        if isinstance(result.get("name"), str) and self.known:
            self.name, self.name_verified = safe(result["name"], self.about.redact), True
        if self.known and isinstance(result.get("history"), Mapping):
            self._remembered(result["history"])

    def _remembered(self, told: Mapping[str, Any]) -> None:
        days = fields.whole(told, "days_ago", -1)
        self.earlier = Earlier(
            fields.whole(told, "calls", 0), fields.whole(told, "open_issues", 0), fields.text(told, "intent"),
            days if days >= 0 else "unknown", fields.text(told, "language") or UNKNOWN,
        )  # fmt: skip

    def dropped(self, _event: Event, _data: Mapping[str, Any]) -> None:
        """Somebody else speaks: nothing that was known of the first is theirs."""
        self.verified, self.customer, self.tier, self.name, self.name_verified = NOBODY, "", "", "", False
        self.earlier, self.speaker_changed = NOTHING_KNOWN, True
        self.facts.clear()
        self.tried.clear()
        self.consents.clear()
        self._results.clear()

    def agreed(self, _event: Event, data: Mapping[str, Any]) -> None:
        self.consents[fields.text(data, "to")] = data.get("given") is True

    def _clock(self, at_ms: int) -> str:
        try:
            began = datetime.fromisoformat(self.wall_clock)
        except ValueError:
            return ""
        return (began + timedelta(milliseconds=at_ms)).isoformat(timespec="seconds")

    @property
    def known(self) -> bool:
        """Whether a tool said who the caller is."""
        return self.verified.level in LEVELS and LEVELS.index(self.verified.level) >= _VERIFIED

    def caller(self, *, show_number: bool) -> CallerFacts:
        """Who calls. show_number: agents may see it whole."""
        kind = parse_caller(self.number).kind if self.number else "unknown"
        whole = show_number and "phone" not in self.about.redact and kind == "number"
        return CallerFacts(
            self.number if whole else mask(self.number) if self.number else UNKNOWN,
            self.name or UNKNOWN,
            self.name_verified,
            (self.customer or UNKNOWN) if self.known else UNKNOWN,
            self.tier or UNKNOWN,
            self.language or UNKNOWN,
            self.verified,
        )

    def attempts(self, words: Words) -> Iterator[Fact]:
        """What the caller was asked to do, each with what came of it."""
        for number, (asked, (came, spans)) in enumerate(self.tried.items(), 1):
            if came in {"done", "not_done"}:
                text = words.say(f"tried.{came}", text=clipped(asked, _LONGEST_TRIED))
                yield Fact(f"tried_{number}", text, None, "no", spans)

    def mood(self) -> Mood:
        """How they sound."""
        if not self.levels:
            return Mood()
        urgency, frustration, anger = (level_of(self.levels.get(name, 0.0)) for name in SIGNALS)
        return Mood(self.sentiment, self.trend, urgency, frustration, anger)

    def policy(self) -> Policy:
        """What has to be known about the call's data."""
        consents = tuple(Consent(to, given) for to, given in self.consents.items())
        return Policy(
            self.announced, self.recorded, consents, tuple(sorted(self.redacted)), tuple(self.withheld),
            self.speaker_changed,
        )  # fmt: skip


def known(events: Iterable[Event], about: About, places: Places) -> Known:
    """What these events, in order, tell of the caller."""
    found = Known(about, places)
    for event in events:
        found.take(event)
    return found


_READERS: Final[Mapping[str, Callable[[Known, Event, Mapping[str, Any]], None]]] = {
    "call.ringing": Known.ringing,
    "language.changed": Known.language_changed,
    "call.media_started": Known.media_started,
    "recording.started": Known.recording,
    "assistant.heard": Known.heard,
    "assistant.expects": Known.expects,
    "caller.said": Known.said,
    "turn.understood": Known.understood,
    "answer.hidden": Known.hidden,
    "tool.returned": Known.returned,
    "identity.asked": Known.asked_who,
    "identity.raised": Known.raised,
    "identity.dropped": Known.dropped,
    "consent.recorded": Known.agreed,
}
