"""Who spoke when, read from a call's events: what every figure is computed from. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from recordings.events import Event
from recordings.fold import fold
from recordings.metrics.spoken import Kind, kind_of
from recordings.record import CallRecord, Utterance
from recordings.silence import Span
from recordings.whose import with_a_person

QUESTIONS: Final = frozenset({"question", "check_in"})
"""Purposes of what asks for an answer."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The caller speaking once."""

    start_ms: int
    end_ms: int
    kind: Kind | None
    """None: it is not known what it was; it counts in no figure but that of such stretches."""
    used_tool: bool = False
    """A tool was called for the answer."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a span of the caller's sound really is, said by somebody who knows: a benchmark, a reviewer."""

    start_ms: int
    end_ms: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Timeline:
    """One call. Stretches and spans are in order, have a length, and those of one side do not overlap."""

    caller: tuple[Stretch, ...]
    assistant: tuple[Span, ...]
    end_ms: int
    away: tuple[Span, ...] = ()
    """While a person had the caller: an agent, or a supervisor who took over."""


def timeline(events: Sequence[Event], labels: Sequence[Label] = ()) -> Timeline:
    """Read a log. Never raises on what a log can hold. A label goes before what the words say."""
    ordered = sorted({event.seq: event for event in events}.values(), key=lambda event: event.seq)
    record = fold(ordered)
    utterances = _voiced(record)
    caller = [_labelled(stretch, labels) for stretch in _caller(ordered, record, utterances)]
    away = with_a_person(ordered, record.end_ms)
    return Timeline(tuple(caller), _assistant(ordered, utterances), record.end_ms, away)


def with_the_assistant(line: Timeline) -> Timeline:
    """The same without what was said while a person had the caller, and without turns that only a person answered."""
    if not line.away:
        return line
    assistant = outside(line.assistant, line.away)
    ours = (each for each in line.caller if not _to_a_person(each, assistant, line.away))
    return replace(line, caller=tuple(ours), assistant=assistant)


def outside(spans: Iterable[Span], away: Iterable[Span]) -> tuple[Span, ...]:
    """What of these spans lies outside those."""
    left = [*spans]
    for from_ms, to_ms in away:
        left = [
            part
            for start_ms, end_ms in left
            for part in ((start_ms, min(end_ms, from_ms)), (max(start_ms, to_ms), end_ms))
            if part[0] < part[1]
        ]
    return tuple(left)


def _to_a_person(stretch: Stretch, assistant: Iterable[Span], away: Sequence[Span]) -> bool:
    """Whether a person had the caller then, or, if it is a turn, came to them before the assistant spoke."""
    if any(overlap_ms((stretch.start_ms, stretch.end_ms), gone) for gone in away):
        return True
    gone_ms = next((from_ms for from_ms, _ in away if from_ms >= stretch.end_ms), None)
    if stretch.kind != "turn" or gone_ms is None:
        return False
    return not any(end_ms > stretch.end_ms and start_ms < gone_ms for start_ms, end_ms in assistant)


def overlap_ms(one: Span, other: Span) -> int:
    """For how long both last."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def joined(spans: Iterable[Span], gap_ms: int = 0) -> tuple[Span, ...]:
    """The spans in order, those that overlap or lie no more than gap_ms apart as one; empty ones left out."""
    found: list[Span] = []
    for start_ms, end_ms in sorted(span for span in spans if span[1] > span[0]):
        if found and start_ms <= found[-1][1] + gap_ms:
            found[-1] = (found[-1][0], max(found[-1][1], end_ms))
        else:
            found.append((start_ms, end_ms))
    return tuple(found)


def _voiced(record: CallRecord) -> tuple[Utterance, ...]:
    return tuple(each for each in record.utterances if each.speaker == "assistant" and each.played)


# The assistant


def _assistant(events: Iterable[Event], utterances: Iterable[Utterance]) -> tuple[Span, ...]:
    """What was heard, without the time in which it was held back because the caller might be taking the floor."""
    holds = _holds(events)
    pieces: list[Span] = []
    for utterance in utterances:
        at_ms = utterance.start_ms
        for held_ms, resumed_ms in holds.get(utterance.id, ()):
            pieces.append((at_ms, min(max(at_ms, held_ms), utterance.end_ms)))
            at_ms = min(max(at_ms, resumed_ms), utterance.end_ms)
        pieces.append((at_ms, utterance.end_ms))
    return joined(pieces)


def _holds(events: Iterable[Event]) -> dict[str, list[Span]]:
    """Of each utterance, from when to when it was held; one that was never resumed has no span."""
    since: dict[str, int] = {}
    found: dict[str, list[Span]] = {}
    for event in events:
        utterance = str(event.data.get("utterance", ""))
        if event.kind == "assistant.held":
            since.setdefault(utterance, event.at_ms)
        elif event.kind == "assistant.resumed" and utterance in since:
            found.setdefault(utterance, []).append((since.pop(utterance), event.at_ms))
    return {utterance: sorted(spans) for utterance, spans in found.items()}


# The caller


def _caller(events: Sequence[Event], record: CallRecord, spoken: Sequence[Utterance]) -> list[Stretch]:
    """Surest first: words, then speech without words, then sound that nothing was made of. Nothing is read twice."""
    found: list[Stretch] = []
    for stretch in (*_said(record, spoken), *_listening(events, spoken), *_unrecognised(events, spoken)):
        _place(found, stretch)
    for start_ms, end_ms in joined(_sounds(events, record.end_ms)):
        if not any(overlap_ms((start_ms, end_ms), (each.start_ms, each.end_ms)) for each in found):
            found.append(Stretch(start_ms, end_ms, None))
    return _dictated_as_one(sorted(found, key=lambda each: each.start_ms), record, spoken)


def _said(record: CallRecord, spoken: Sequence[Utterance]) -> Iterable[Stretch]:
    with_tools = {index for turn in record.turns if turn.tools for index in turn.caller}
    for index, each in enumerate(record.utterances):
        if each.speaker == "caller" and each.via == "speech":
            stretch = _with_words(each.text, (each.start_ms, each.end_ms), spoken)
            yield replace(stretch, used_tool=index in with_tools)


def _listening(events: Iterable[Event], spoken: Sequence[Utterance]) -> Iterable[Stretch]:
    for event in events:
        if event.kind == "caller.backchannelled" and (span := _span(event)) is not None:
            yield _with_words(str(event.data.get("text", "")), span, spoken)


def _unrecognised(events: Iterable[Event], spoken: Sequence[Utterance]) -> Iterable[Stretch]:
    """What the assistant took for a turn that it did not understand; over its own voice it may have been a cough."""
    for event in events:
        if event.kind != "caller.unrecognised" or event.data.get("reason") == "incomplete":  # keys, not speech
            continue
        if (span := _span(event)) is not None:
            yield Stretch(*span, None if _under(span[0], spoken) else "turn")


def _sounds(events: Iterable[Event], end_ms: int) -> Iterable[Span]:
    """What the speech gate took for speech."""
    since_ms: int | None = None
    for event in events:
        if event.kind == "caller.speech_started":
            since_ms = event.at_ms if since_ms is None else since_ms
        elif event.kind in {"caller.speech_ended", "call.media_lost"} and since_ms is not None:
            yield since_ms, event.at_ms
            since_ms = None
    if since_ms is not None:
        yield since_ms, end_ms


def _with_words(text: str, span: Span, spoken: Sequence[Utterance]) -> Stretch:
    under = _under(span[0], spoken)
    question = under is not None and (under.purpose in QUESTIONS or under.text.rstrip().endswith("?"))
    kind = kind_of(text, span[1] - span[0], over_assistant=under is not None, over_question=question)
    return Stretch(*span, kind)


def _under(at_ms: int, spoken: Iterable[Utterance]) -> Utterance | None:
    """What the assistant was saying at this instant."""
    return next((each for each in spoken if each.start_ms <= at_ms < each.end_ms), None)


def _span(event: Event) -> Span | None:
    start_ms, end_ms = event.data.get("start_ms"), event.data.get("end_ms")
    return (start_ms, end_ms) if isinstance(start_ms, int) and isinstance(end_ms, int) else None


def _place(found: list[Stretch], stretch: Stretch) -> None:
    """Add what of the stretch lies between those that were found before."""
    start_ms, end_ms = stretch.start_ms, stretch.end_ms
    for each in found:
        if each.start_ms <= start_ms < each.end_ms:
            start_ms = each.end_ms
        elif start_ms < each.start_ms < end_ms:
            end_ms = each.start_ms
    if start_ms < end_ms and not any(overlap_ms((start_ms, end_ms), (each.start_ms, each.end_ms)) for each in found):
        found.append(replace(stretch, start_ms=start_ms, end_ms=end_ms))


def _dictated_as_one(found: Iterable[Stretch], record: CallRecord, spoken: Sequence[Utterance]) -> list[Stretch]:
    """A message is one turn however often its speaker pauses: nobody answers between its sentences."""
    whole: list[Stretch] = []
    for each in found:
        before = whole[-1] if whole else None
        if before is not None and each.kind == before.kind == "turn":
            gap = (before.end_ms, each.start_ms)
            dictated = any(
                message.start_ms <= before.start_ms and each.end_ms <= message.end_ms for message in record.messages
            )
            if dictated and not any(overlap_ms(gap, (voice.start_ms, voice.end_ms)) for voice in spoken):
                whole[-1] = replace(before, end_ms=each.end_ms, used_tool=before.used_tool or each.used_tool)
                continue
        whole.append(each)
    return whole


def _labelled(stretch: Stretch, labels: Sequence[Label]) -> Stretch:
    span = (stretch.start_ms, stretch.end_ms)
    best = max(labels, key=lambda label: overlap_ms(span, (label.start_ms, label.end_ms)), default=None)
    if best is None or not overlap_ms(span, (best.start_ms, best.end_ms)):
        return stretch
    return replace(stretch, kind=best.kind)
