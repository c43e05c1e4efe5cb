"""Whether a test call went as it should: what must be in its log against what is. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.testcalls.script import Afterwards, EventSeen, Step, TextSeen, ToolCalled
from recordings.events import Event


def step_failures(step: Step, events: Sequence[Event]) -> Iterator[str]:
    """What of a step's expectations did not come true; events: those that it led to."""
    yield from _word_failures(step, _said(events))
    yield from _understanding_failures(step, events)
    if step.tools is not None:
        yield from _tool_failures(step.tools, events)
    sources = [source.get("document") for data in _data(events, "turn.answered") for source in data.get("sources", ())]
    for document in step.sources:
        if not any(str(one).startswith(document) for one in sources):
            yield f"should answer from {document}, and answers from {', '.join(map(str, sources)) or 'nothing'}"
    yield from _event_failures(step.events, events)


def call_failures(after: Afterwards, events: Sequence[Event]) -> Iterator[str]:
    """What of the whole call's expectations did not come true; events: all of it."""
    outcome = next((event.data.get("outcome") for event in reversed(events) if event.kind == "call.ended"), None)
    if after.outcome is not None and outcome != after.outcome:
        yield f"should end as {after.outcome}, and ends as {outcome}"
    for text in after.never_said:
        for said in _said(events):
            if _holds_text([said], text):
                yield f"should never say “{text}”, and says “{said}”"
    called = [data.get("tool") for data in _data(events, "tool.called")]
    for tool, times in after.tools.items():
        if called.count(tool) != times:
            yield f"should call {tool} {times} times, and calls it {called.count(tool)} times"
    queues = [data.get("queue") for data in _data(events, "message.taken")]
    for queue, count in after.messages.items():
        if queues.count(queue) != count:
            yield f"queue {queue} should get {count} messages, and gets {queues.count(queue)}"
    yield from _event_failures(after.events, events)


def text_failures(wanted: Sequence[TextSeen], sent: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Whether the texts that were sent are those that should have been; sent: number and words of each."""
    fits = len(wanted) == len(sent) and all(
        (one.to is None or one.to == to) and all(_holds_text([body], text) for text in one.holds)
        for one, (to, body) in zip(wanted, sent, strict=True)
    )
    if not fits:
        told = "; ".join(f"to {to}: “{body}”" for to, body in sent) or "none"
        yield f"{len(wanted)} texts should be sent as written here, and sent are: {told}"


def value_failure(wanted: Any, rows: Sequence[Mapping[str, Any]]) -> str:
    """Whether rows are what is wanted: one value, or rows with some of their columns; empty: they are."""
    if isinstance(wanted, list | tuple):
        fits = len(wanted) == len(rows) and all(holds(one, row) for one, row in zip(wanted, rows, strict=True))
        return "" if fits else f"should give {list(wanted)!r}, and gives {[dict(row) for row in rows]!r}"
    got = next(iter(rows[0].values()), None) if rows else None
    return "" if _same(wanted, got) else f"should give {wanted!r}, and gives {got!r}"


def at_path(state: Any, path: str) -> Any:
    """What stands at a place like returns.0.reason; None where there is none."""
    for name in path.split("."):
        if isinstance(state, Mapping):
            state = state.get(name)
        elif isinstance(state, Sequence) and not isinstance(state, str) and name.isdecimal() and int(name) < len(state):
            state = state[int(name)]
        else:
            return None
    return state


def holds(wanted: Any, found: Any) -> bool:
    """Whether what was found holds all that is wanted; more fields are allowed."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(name in found and holds(wanted[name], found[name]) for name in wanted)
    if isinstance(wanted, list | tuple):
        several = isinstance(found, Sequence) and not isinstance(found, str) and len(wanted) == len(found)
        return several and all(holds(one, there) for one, there in zip(wanted, found, strict=True))
    return _same(wanted, found)


def _word_failures(step: Step, said: Sequence[str]) -> Iterator[str]:
    for text in step.says:
        if not _holds_text(said, text):
            yield f"should say “{text}”, and says {_quoted(said)}"
    for text in step.not_says:
        if _holds_text(said, text):
            yield f"should not say “{text}”, and says {_quoted(said)}"


def _understanding_failures(step: Step, events: Sequence[Event]) -> Iterator[str]:
    understood = [event.data for event in events if event.kind == "turn.understood"]
    if step.intent is not None and step.intent not in [data.get("intent") for data in understood]:
        got = ", ".join(str(data.get("intent") or "nothing") for data in understood) or "nothing"
        yield f"should be understood as {step.intent}, and is as {got}"
    slots = {name: value for data in understood for name, value in dict(data.get("slots") or {}).items()}
    for name, value in step.slots.items():
        if not _same(value, slots.get(name)):
            yield f"slot {name} should be {value!r}, and is {slots.get(name)!r}"


def _tool_failures(wanted: Sequence[ToolCalled], events: Sequence[Event]) -> Iterator[str]:
    called = _data(events, "tool.called")
    returned = {data.get("call"): data for data in _data(events, "tool.returned")}
    names = [data.get("tool") for data in called]
    if names != [one.name for one in wanted]:
        should = ", ".join(one.name for one in wanted) or "nothing"
        yield f"should call {should}, and calls {', '.join(map(str, names)) or 'nothing'}"
        return
    for one, data in zip(wanted, called, strict=True):
        if not holds(one.arguments, data.get("arguments")):
            yield f"{one.name} should be given {one.arguments!r}, and is given {data.get('arguments')!r}"
        back = returned.get(data.get("call"), {})
        if not holds(one.result, back.get("result")):
            yield f"{one.name} should give {one.result!r}, and gives {back.get('result')!r} {back.get('error') or ''}"
        if one.status is not None and back.get("status") != one.status:
            yield f"{one.name} should be {one.status}, and is {back.get('status')} {back.get('error') or ''}".rstrip()


def _event_failures(wanted: Sequence[EventSeen], events: Sequence[Event]) -> Iterator[str]:
    for one in wanted:
        if not any(event.kind == one.kind and holds(one.data, event.data) for event in events):
            yield f"there should be an event {one.kind} {one.data or ''}".rstrip()


def _data(events: Sequence[Event], kind: str) -> list[Mapping[str, Any]]:
    return [event.data for event in events if event.kind == kind]


def _said(events: Sequence[Event]) -> list[str]:
    return [str(data.get("text", "")) for data in _data(events, "assistant.speaks")]


def _holds_text(said: Sequence[str], text: str) -> bool:
    return " ".join(text.lower().split()) in " ".join(" ".join(said).lower().split())


def _quoted(said: Sequence[str]) -> str:
    return f"“{' '.join(said)}”" if said else "nothing"


def _same(wanted: Any, found: Any) -> bool:
    """Dates in YAML are dates, in a log texts."""
    return bool(wanted == found) or (not isinstance(wanted, str | bool | int | float) and str(wanted) == str(found))
