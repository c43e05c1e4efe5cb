"""Turns of a benchmark: what the ear heard, joined with what the providers' journal says they took. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from benchmarks.client import Conversation, Said, monotonic_ms
from benchmarks.measure import heard_until, reply_gap, sounds, uncovered_ms, words_heard
from telephony.double.track import Span

FALSE_STOP_MS: Final = 200
WATCH_MS: Final = 2500
"""A pause that begins within this after the end of what was no interruption is put down to it."""
_LETTER_MS: Final = 40
_NEAR_END_MS: Final = 300

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer; every duration in ms, from the caller's last sound."""

    gap_ms: float | None
    """To the answer's first sound; None: the turn is lost."""
    first_ms: float | None
    """To the first sound of all, a fill too."""
    added_ms: float | None
    """The part of the gap in which the wait for the turn's end was over and no provider was at work for it."""
    literal_ms: float | None
    """The gap less the wait and the sum of the service times, which counts what ran at once twice."""
    stt_ms: float
    llm_ms: float
    tts_ms: float
    requests: int
    """Of the language model for this turn, at its first route."""
    second_requests: int = 0
    """The same at its second route."""
    texts: int = 0
    """That the voice was asked for."""

    @property
    def lost(self) -> bool:
        return self.gap_ms is None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Something that the caller let hear while the assistant spoke."""

    kind: str
    name: str
    stop_ms: int | None
    """From its first sample to the last audio before the assistant's pause; None: nothing was being heard."""
    stopped: bool
    """The assistant paused for longer than FALSE_STOP_MS, or for good."""


class Service:
    """The providers' journal of one run, by caller."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = sorted(entries, key=lambda entry: entry["at_s"])

    def stt(self, call: Conversation, since_ms: float, until_ms: float) -> list[tuple[float, float]]:
        """From being asked for the final words to having said them."""
        asked: list[float] = []
        served: list[tuple[float, float]] = []
        for entry in self._within(call, since_ms, until_ms, "stt"):
            at_ms = monotonic_ms(call, entry["at_s"])
            if entry["what"] == "stt.asked":
                asked.append(at_ms)
            elif asked and entry["text"]:
                served.append((asked[0], at_ms))
                asked = []
        return served

    def llm(self, call: Conversation, since_ms: float, until_ms: float) -> list[Entry]:
        """Requests of the language model, at any route."""
        return self._within(call, since_ms, until_ms, "llm")

    def tts(self, call: Conversation, since_ms: float, until_ms: float) -> list[tuple[float, float]]:
        """From a text that begins with the caller's word to its first audio."""
        served: list[tuple[float, float]] = []
        asked_ms: float | None = None
        for entry in self._within(call, since_ms, until_ms, "tts"):
            if entry["what"] == "tts.text" and asked_ms is None:
                asked_ms = monotonic_ms(call, entry["at_s"])
            elif entry["what"] == "tts.audio" and asked_ms is not None:
                served.append((asked_ms, monotonic_ms(call, entry["at_s"])))
                asked_ms = None
        return served

    def texts(self, call: Conversation, since_ms: float, until_ms: float) -> int:
        """How many texts the voice was asked for that begin with the caller's word."""
        return sum(entry["what"] == "tts.text" for entry in self._within(call, since_ms, until_ms, "tts"))

    def _within(self, call: Conversation, since_ms: float, until_ms: float, kind: str) -> list[Entry]:
        return [
            entry
            for entry in self._entries
            if entry["what"].startswith(kind)
            and since_ms <= monotonic_ms(call, entry["at_s"]) < until_ms
            and _is_of(entry, call)
        ]


def _is_of(entry: Entry, call: Conversation) -> bool:
    if "serial" in entry:
        return bool(entry["serial"] == call.serial)
    text = entry["text"].lower()
    return call.word in text if entry["what"] == "llm.asked" else text.replace(" ", "").startswith(call.word[:6])


def turns(call: Conversation, service: Service, wait_ms: int) -> list[Turn]:
    """Every question of a call. wait_ms: what the system waits for before a turn is over; 0: not known."""
    followed = [*call.said[1:], None]
    return [
        _turn(call, said, after.start_ms if after is not None else len(call.heard) // 8, service, wait_ms)
        for said, after in zip(call.said, followed, strict=True)
        if said.kind in {"question", "change"}
    ]


def _turn(call: Conversation, said: Said, until_ms: int, service: Service, wait_ms: int) -> Turn:
    gap = reply_gap(call.heard, said.end_ms, until_ms, call.word)
    requests = service.llm(call, said.start_ms, until_ms)
    asked = [sum(one["route"] == route for one in requests) for route in ("1", "2")]
    asked.append(service.texts(call, said.start_ms, until_ms))
    if gap.answer_ms is None:
        return Turn(None, gap.first_ms, None, None, 0, 0, 0, *asked)
    heard_ms = said.end_ms + gap.answer_ms
    stt = [one for one in service.stt(call, said.start_ms, heard_ms) if one[1] > said.end_ms][-1:]
    tts = [one for one in service.tts(call, said.start_ms, heard_ms + 50) if one[1] > said.start_ms][-1:]
    tokens = [(entry["at_s"], entry["first_token"]) for entry in requests if "first_token" in entry]
    llm = [(monotonic_ms(call, asked), monotonic_ms(call, token)) for asked, token in tokens]
    llm = [one for one in llm if one[1] <= (tts[0][0] if tts else heard_ms) + 5][-1:]
    waited = (said.end_ms, said.end_ms + wait_ms)
    stt_ms, llm_ms, tts_ms = (round(sum(right - left for left, right in served), 1) for served in (stt, llm, tts))
    return Turn(
        gap.answer_ms,
        gap.first_ms,
        round(uncovered_ms(said.end_ms, heard_ms, [waited, *stt, *llm, *tts]), 1),
        round(gap.answer_ms - wait_ms - stt_ms - llm_ms - tts_ms, 1),
        stt_ms,
        llm_ms,
        tts_ms,
        *asked,
    )


def overlaps(call: Conversation) -> list[Overlap]:
    """Everything that the caller let hear over the assistant's voice, except questions."""
    found: list[Overlap] = []
    for number, said in enumerate(call.said):
        if said.kind == "question" or not number:
            continue
        end_ms = heard_until(call.heard, said.start_ms)
        if end_ms is None:
            found.append(Overlap(said.kind, said.name, None, stopped=False))
            continue
        asked = call.said[number - 1]
        over = end_ms >= _natural_end_ms(call, asked, said.start_ms) - _NEAR_END_MS
        due = end_ms <= said.end_ms + WATCH_MS
        found.append(Overlap(said.kind, said.name, end_ms - said.start_ms, stopped=due and not over))
    return found


def _natural_end_ms(call: Conversation, asked: Said, at_ms: int) -> int:
    """Where the reply that sounds at this instant would end if nothing stopped it."""
    began = next((span for span in sounds(call.heard) if span.start_ms <= at_ms < span.end_ms), Span(at_ms, at_ms))
    return began.start_ms + len(asked.reply) * _LETTER_MS


def truth_errors(call: Conversation, service: Service) -> list[int]:
    """After a question that broke in: by how many words what the model is told was heard differs from what was heard.

    The model's request for the new question quotes the assistant's last message: what the system believes was heard.
    """
    errors: list[int] = []
    for number, said in enumerate(call.said):
        if said.kind != "change" or not number:
            continue
        asked = call.said[number - 1]
        spans = [span for span in sounds(call.heard) if asked.end_ms <= span.start_ms < said.start_ms]
        requests = service.llm(call, said.end_ms - 500, said.end_ms + 6000)
        if spans and requests and spans[-1].end_ms > said.start_ms:
            believed = len(requests[-1]["said"].split())
            errors.append(abs(believed - words_heard(call.heard, spans)))
    return errors


def as_json(items: Sequence[Turn | Overlap]) -> list[dict[str, Any]]:
    """For a file of results."""
    return [asdict(item) for item in items]
