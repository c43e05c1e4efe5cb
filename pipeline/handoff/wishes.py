"""What the caller wanted, which of it is still open, and why a person takes over. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from pipeline.assistant.guard.lexicon import light, stem
from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.words import sentence
from pipeline.assistant.signals.mood import HIGH
from pipeline.handoff.about import About
from pipeline.handoff.packet import Reason, SourceUsed, Span, Wish, WishState
from pipeline.handoff.places import Places
from recordings import fields
from recordings.events import Event

NOT_TOLD: Final = Reason()
OTHER: Final = "other"
"""The intent of a wish that fits none of the line's."""
_LEAST_TELLING: Final = 2
"""Telling words of what was not understood, for it to count as a wish; or else so many words in all:"""
_LEAST_WORDS: Final = 7
_HALF: Final = 0.5
_BAD: Final = frozenset({"failed", "refused", "waiting", "checking"})
_WISHES: Final = frozenset({"intent", "keys", "model", "knowledge", "clarify"})
"""Ways of understanding a turn that holds a wish; the others answer a question, or obey a rule."""
WANTING: Final = re.compile(
    r"\b(?:want|need|would like|i'd like|wonder\w*|can i|could i|could you|can you|please"
    r"|how (?:do|can|long|much)|where|when|why"
    r"|quiero|quisiera|necesito|puedo|puede|podría|me gustaría|cómo|dónde|cuándo|por qué)\b",
    re.IGNORECASE,
)
"""Words with which people say what they want."""
CLAUSES: Final = re.compile(r"(?<=[.!?;,…])\s+|\s+(?=(?:and|but|so|because|y|pero|porque|así que)\s)", re.IGNORECASE)
"""Where what people say may be cut."""
_ASKING: Final = frozenset(
    listed(
        """
    person people human agent agents representative manager supervisor operator somebody someone speak talk connect
    transfer put through real customer service want need like please now persona humano humana agente alguien hablar
    pasar comunicar encargado encargada gerente operador operadora quiero quisiera necesito puedo puede favor ahora
    um uh er erm yeah eh hello hi hola get yes okay ok sí si vale claro bueno english spanish español inglés castellano
    """
    )
)
"""Words of who wishes for a person, and says nothing of why."""


@dataclass(slots=True)
class _Wish:
    intent: str
    text: str
    confidence: float
    spans: tuple[Span, ...]
    served: bool = False
    trouble: bool = False
    missing: tuple[str, ...] = ()
    turn: str = ""
    """In which it was last said."""
    unanswered: bool = False
    """The assistant had nothing to say to it."""

    def told(self) -> Wish:
        state: WishState = ("unsettled" if self.trouble else "served") if self.served else "open"
        missing = self.missing if state == "open" else ()
        return Wish(self.intent, self.text, self.confidence, state, missing, self.spans)


@dataclass(slots=True)
class Wishes:
    """What has been read so far. One method per kind, named in _READERS."""

    about: About
    places: Places
    reason: Reason = NOT_TOLD
    asked_at_ms: int | None = None
    """When a person was brought in last; None: nobody was."""
    _all: list[_Wish] = field(default_factory=list)
    _current: str = ""
    """The intent that the latest turn was about."""
    _turn: str = ""
    _by: str = ""
    """How it was understood."""
    _spoken: str = ""
    """What the assistant said last."""
    _noted: dict[str, None] = field(default_factory=dict)
    _sources: dict[tuple[str, str, str], tuple[Span, ...]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """The next event."""
        reader = _READERS.get(event.kind)
        if reader is not None:
            reader(self, event, event.data)

    def all(self) -> tuple[Wish, ...]:
        """Every wish, in order; last, those that were only mentioned."""
        named = {one.intent for one in self._all}
        noted = [Wish(intent, "", 0.0, "open", (), ()) for intent in self._noted if intent not in named]
        return (*(one.told() for one in self._all), *noted)

    def open(self) -> tuple[Wish, ...]:
        """Those that are open, the latest first, and behind them what was only mentioned."""
        left = [one for one in self.all() if one.state != "served"]
        return (*(one for one in reversed(left) if one.text), *(one for one in left if not one.text))

    def sources(self) -> tuple[SourceUsed, ...]:
        """What the caller was told something from."""
        return tuple(SourceUsed(*names, spans) for names, spans in self._sources.items())

    def understood(self, _event: Event, data: Mapping[str, Any]) -> None:
        turn, intent, by = (fields.text(data, name) for name in ("turn", "intent", "by"))
        missing = data.get("missing")
        named = map(str, missing) if isinstance(missing, list) else ()
        lacks = tuple(slot for slot in named if slot not in self.about.not_asked)
        self._current, self._by, self._turn = intent, by, turn
        if by == "clarify" and _upset(data):
            return
        if by in _WISHES and intent not in self.about.to_person and (text := self.places.words(turn)):
            known = intent in self.about.intents and not (by == "clarify" and _guessed(data))
            self._wished(intent if known else OTHER, text, data, turn)
        about_it = self._latest(intent)
        if about_it is not None and not (by == "rule" or intent in self.about.to_person):
            about_it.missing = lacks

    def _latest(self, intent: str) -> _Wish | None:
        """The latest wish of an intent; of none such, the latest."""
        return next((one for one in reversed(self._all) if one.intent == intent), self._all[-1] if self._all else None)

    def _wished(self, intent: str, text: str, data: Mapping[str, Any], turn: str) -> None:
        confidence, spans = data.get("confidence"), self.places.caller(turn)
        sure = round(float(confidence), 4) if isinstance(confidence, int | float) else 0.0
        last = self._all[-1] if self._all else None
        if last is not None and last.intent == intent and not last.served and intent != OTHER:
            last.spans, last.turn = (*last.spans, *spans), turn
            return
        telling = tells(text)
        short = len(text.split()) < _LEAST_WORDS and not WANTING.search(text)
        least = _LEAST_TELLING if self._by == "clarify" else 1
        if intent == OTHER and short and telling < least:
            return  # a yes, a no, an answer to something that was not asked
        if telling == 0 and short and last is not None and last.intent == OTHER and not last.served:
            last.intent, last.confidence, last.spans, last.turn = intent, sure, (*last.spans, *spans), turn
            return  # said before, and understood only now: in another language, or after "is this about …?"
        before = next((one for one in reversed(self._all) if one.intent == intent != OTHER), None)
        if before is not None and telling < _LEAST_TELLING < tells(before.text):
            text, spans = before.text, (*before.spans, *spans)
        self._all.append(_Wish(intent, text, sure, spans, turn=turn))

    def spoke(self, _event: Event, data: Mapping[str, Any]) -> None:
        self._spoken = fields.text(data, "text")

    def noted(self, _event: Event, data: Mapping[str, Any]) -> None:
        self._noted[fields.text(data, "intent")] = None

    def expects(self, _event: Event, data: Mapping[str, Any]) -> None:
        """Free to speak again, the caller has what they wanted; unless a flow asks, or they were not understood."""
        done = not self.about.closings or self._spoken in self.about.closings or self._by == "model"
        about_it = self._latest(self._current)
        if data.get("expecting") != "open" or about_it is None:
            return
        if not done:
            about_it.unanswered = about_it.turn == self._turn
        elif not (about_it.unanswered and self._by == "rule"):
            about_it.served = True  # not so by "never mind": nothing came of it

    def returned(self, _event: Event, data: Mapping[str, Any]) -> None:
        if self._all and (fields.text(data, "status") in _BAD or data.get("ok") is not True):
            self._all[-1].trouble = True

    def message(self, _event: Event, _data: Mapping[str, Any]) -> None:
        if self._all:
            self._all[-1].trouble = True

    def answered(self, _event: Event, data: Mapping[str, Any]) -> None:
        given = data.get("sources")
        turn = fields.text(data, "turn")
        spans = self.places.assistant(turn)
        if given and self._all and self._all[-1].turn == turn:
            self._all[-1].served = True  # a question, perhaps in the middle of something else
        for one in given if isinstance(given, list) else ():
            if isinstance(one, Mapping):
                names = fields.text(one, "document"), fields.text(one, "section"), fields.text(one, "title")
                self._sources[names] = tuple(dict.fromkeys((*self._sources.get(names, ()), *spans)))

    def escalated(self, event: Event, data: Mapping[str, Any]) -> None:
        if data.get("offered") is True:
            return
        turn, evidence = fields.text(data, "turn"), data.get("evidence")
        words = tuple(map(str, evidence)) if isinstance(evidence, list) else ()
        code, sentence_, rule, priority = (
            fields.text(data, name) for name in ("reason", "sentence", "rule", "priority")
        )
        spans = self.places.either(turn) or self.places.latest_of_caller()
        said = self.places.words(turn)
        self.reason = Reason(code or "unknown", sentence_ or "unknown", rule, priority, verbatim(words, said), spans)
        self.asked_at_ms = event.at_ms
        if not words:
            return  # how the call went, not what the caller wants
        text = beyond_asking(said, words if code == "asked_for_person" else ())
        taken = {span.utterance for one in self._all[-1:] for span in one.spans}
        if text and not taken.intersection(span.utterance for span in self.places.caller(turn)):
            self._all.append(_Wish(OTHER, text, 1.0, self.places.caller(turn)))


@cache
def _asking() -> frozenset[str]:
    return frozenset(stem(word)[0] for word in _ASKING)


def tells(text: str) -> int:
    """How many of a text's words say something, beside a wish for a person."""
    return len(sentence(text).stems - light() - _asking())


def beyond_asking(text: str, evidence: Iterable[str]) -> str:
    """What of a wish for a person says why: its clauses that say something else; empty: none does."""
    said = sentence(text).stems
    asked = frozenset(one for words in evidence if (its := sentence(words).stems) != said for one in its)
    told = [(clause, sentence(clause).stems - light() - _asking() - asked) for clause in CLAUSES.split(text)]
    if not any(stems for _, stems in told):
        return ""
    kept = [clause for clause, stems in told if stems or not (sentence(clause).stems & (_asking() | asked))]
    return " ".join(kept).strip(" ,;")


def verbatim(evidence: Iterable[str], said: str) -> tuple[str, ...]:
    """The same words as the caller said them; all that they said, where rules read it in a form of their own."""
    lower = said.lower()
    found = dict[str, None]()
    for words in evidence:
        at = re.search(rf"(?<!\w){re.escape(words.lower())}(?!\w)", lower) if len(lower) == len(said) else None
        found[said[at.start() : at.end()] if at else said] = None
    return tuple(one for one in found if one)


def _guessed(data: Mapping[str, Any]) -> bool:
    """Whether the intent of a turn is only the least unlikely one."""
    confidence = data.get("confidence")
    return isinstance(confidence, int | float) and confidence < _HALF


def _upset(data: Mapping[str, Any]) -> bool:
    """Whether a turn that was not understood tells how the caller feels, more than what they want."""
    signals = fields.mapping(data, "signals")
    return any(isinstance(value := signals.get(name), float) and value >= HIGH for name in ("frustration", "anger"))


def wishes(events: Iterable[Event], about: About, places: Places) -> Wishes:
    """What these events, in order, tell of the caller's wishes."""
    found = Wishes(about, places)
    for event in events:
        found.take(event)
    return found


_READERS: Final[Mapping[str, Callable[[Wishes, Event, Mapping[str, Any]], None]]] = {
    "turn.understood": Wishes.understood,
    "topic.noted": Wishes.noted,
    "assistant.speaks": Wishes.spoke,
    "assistant.expects": Wishes.expects,
    "tool.returned": Wishes.returned,
    "message.taken": Wishes.message,
    "turn.answered": Wishes.answered,
    "escalation.raised": Wishes.escalated,
}
