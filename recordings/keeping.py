"""What of an event is kept: texts without what the line's policy says must not be stored. Pure.

A number may be said over several turns ("four one one one" … "one one one one"): digits that end one utterance and
those that begin the next are read together, and what was kept already is taken back (`Kept.amended`). A pin may be
announced in one and said in the next ("my pin is" … "seven three" … "one six"), unless a number was asked for then.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from recordings.private_answers import Amended, Kept, PrivateAnswers, span_of
from recordings.redact import MASKS, Kind, found, is_card, is_secret, masked, redacted, unfinished
from recordings.spoken_digits import SpokenRun, digit_runs

_OURS: Final = ("call.", "media.", "recording.", "provider.", "line.")
"""Kinds that hold no words of anybody."""
_NEVER: Final = frozenset({
    "utterance", "turn", "call", "tool", "intent", "by", "via", "queue", "reason", "purpose", "document", "section",
    "began", "expecting", "floor", "voice", "language", "recording_url",
})  # fmt: skip
"""Fields that hold names of ours."""
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]+)?(Z|[+-]\d\d:\d\d)?")
"""ISO 8601: with microseconds it has as many digits as a card."""
_ONE_SPAN: Final = frozenset({"assistant.heard", "agent.said", "supervisor.said"})
"""Kinds whose words were said from `start_ms` to `end_ms`, beside the caller's."""
_TURNS: Final = 4
"""Utterances over which a number may be spread."""


_MORE: Final = " 0 0"
"""Digits that may still come: two of a pin's are known for such when the third is there."""


@dataclass(frozen=True, slots=True)
class _Said:
    seq: int
    at_ms: int
    data: Mapping[str, Any]
    text: str
    """As it was said."""


class Keeping:
    """One call's policy at work; told every event in order."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds: Final = tuple(kinds)
        self._said: deque[_Said] = deque(maxlen=_TURNS)
        self._private = PrivateAnswers()
        self._number_asked = False
        """The line asked for a number: what is said then is its answer, and no pin that was spoken of before."""

    def recall(self, events: Iterable[tuple[int, int, str, Mapping[str, Any]]]) -> None:
        """Know what was kept before, in an earlier stream of the call: seq, at_ms, kind and data of each event."""
        for seq, at_ms, kind, data in events:
            self._private.remember(Amended(seq, at_ms, kind, data))

    def kept(self, seq: int, at_ms: int, kind: str, data: Mapping[str, Any]) -> Kept:
        """What to keep of the event with this number. The data given are not changed."""
        if kind.startswith(_OURS):
            return Kept(data)
        kept = self._by_kinds(seq, at_ms, kind, data) if self._kinds else Kept(data)
        for earlier in kept.amended:
            self._private.remember(earlier)
        private = self._private.kept(seq, at_ms, kind, kept.data)
        return Kept(private.data, (*kept.amended, *private.amended))

    def _by_kinds(self, seq: int, at_ms: int, kind: str, data: Mapping[str, Any]) -> Kept:
        if kind == "caller.partial":
            return Kept({**data, "text": self._still_coming(str(data.get("text", "")))})
        if kind == "assistant.expects":
            self._number_asked = data.get("expecting") == "digits"
        taken = set[Kind]()
        clean = {name: value if name in _NEVER else self._clean(value, taken) for name, value in data.items()}
        amended: tuple[Amended, ...] = ()
        if kind == "caller.said":
            begun = self._begun_before(_Said(seq, at_ms, data, str(data.get("text", ""))), taken)
            if begun is not None:
                amended, kinds = begun, list(taken)
                clean = {name: without_digits(value, kinds[0]) for name, value in clean.items()}
        if not taken:
            return Kept(clean)
        told = {"redacted": sorted(taken)} | self._silenced(kind, data, amended)
        return Kept({**clean, **told}, amended)

    def _silenced(self, kind: str, data: Mapping[str, Any], amended: tuple[Amended, ...]) -> dict[str, Any]:
        """Which stretches of the recording hold what was taken out."""
        if kind == "caller.said":
            spans = [*(span_of(earlier.data) for earlier in amended), span_of(data)]
        elif kind in _ONE_SPAN:
            spans = [span_of(data)]
        else:
            return {}
        return {"silenced": [span for span in spans if span is not None]}

    def _clean(self, value: Any, taken: set[Kind]) -> Any:
        match value:
            case str() if _INSTANT.fullmatch(value):
                return value
            case str():
                spans = found(value, self._kinds)
                taken |= {span.kind for span in spans}
                return redacted(masked(value, spans), self._kinds) if spans else value
            case Mapping():
                return {name: one if name in _NEVER else self._clean(one, taken) for name, one in value.items()}
            case list() | tuple():
                return [self._clean(one, taken) for one in value]
            case _:
                return value

    def _begun_before(self, said: _Said, taken: set[Kind]) -> tuple[Amended, ...] | None:
        """What to take back of earlier utterances, when a number that they began goes on here; None: none does."""
        before = list(self._said)
        self._said.append(said)
        for start in range(len(before) if "card" in self._kinds and not taken else 0):  # else it is whole in this one
            spread = before[start:]
            joined = " ".join([*(one.text for one in spread), said.text])
            if any(_reaches(run, spread[0].text, joined, said.text) for run in digit_runs(joined)):
                taken.add("card")
                return tuple(self._without_digits(one, "card") for one in spread)
        digits = self._goes_on(before, said.text) if not taken else None
        if digits is not None:
            taken.add("pin")
            return tuple(self._without_digits(one, "pin") for one in digits)
        return None

    def _goes_on(self, before: list[_Said], text: str) -> list[_Said] | None:
        """Utterances with the first digits of a secret number that goes on in this text; None: none does.

        It may be announced in one of them and begin here; more digits may follow.
        """
        if "pin" not in self._kinds or self._number_asked:
            return None
        for start in reversed(range(len(before))):
            earlier = [one.text for one in before[start:]]
            here = len(" ".join(earlier)) + 1
            joined = " ".join([*earlier, text])
            for whole, run in [(words, run) for words in (joined, joined + _MORE) for run in digit_runs(words)]:
                if is_secret(whole, run) and any(here <= place < len(joined) for place, _ in run.places):
                    ends = [len(" ".join(earlier[: index + 1])) for index in range(len(earlier))]
                    return [one for one, end in zip(before[start:], ends, strict=True) if run.start < end]
        return None

    def _still_coming(self, text: str) -> str:
        """Words of the caller that are not final."""
        if self._goes_on(list(self._said), text) is not None:
            return str(without_digits(text, "pin"))
        return unfinished(text, self._kinds)

    def _without_digits(self, said: _Said, kind: Kind) -> Amended:
        data = self._private.standing(said.seq, said.data)
        taken = sorted({*data.get("redacted", ()), kind})
        return Amended(said.seq, said.at_ms, "caller.said", {**without_digits(data, kind), "redacted": taken})


def _reaches(run: SpokenRun, first: str, joined: str, last: str) -> bool:
    """Whether a card's number begins in the first utterance and ends in the last, perhaps with its date after it.

    Stricter than within one utterance: people give several numbers one after another.
    """
    sizes = {size for size in (15, 16, len(run.digits)) if size <= len(run.digits)}
    return any(
        is_card(run.digits[:size]) and run.start < len(first) and run.place(0, size)[1] > len(joined) - len(last)
        for size in sizes
    )


def without_digits(value: Any, kind: Kind = "card") -> Any:
    """Words and readings of an utterance that holds part of such a number, without its digits."""
    match value:
        case str():
            return "".join(_masked(value, kind))
        case Mapping():
            return {name: one if name in _NEVER else without_digits(one, kind) for name, one in value.items()}
        case list() | tuple():
            return [without_digits(one, kind) for one in value]
        case _:
            return value


def _masked(text: str, kind: Kind) -> Iterator[str]:
    here, shortest = 0, 1 if kind == "pin" else 2  # of four digits a single one is much
    for run in digit_runs(text):
        if len(run.digits) >= shortest:
            yield text[here : run.start]
            yield MASKS[kind]
            here = run.end
    yield text[here:]
