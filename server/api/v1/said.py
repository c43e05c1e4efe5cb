"""What is said in a call, told as it is said."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import structlog

from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.feed import Missed
from recordings.store import CallStore

Tell = Callable[[Mapping[str, Any]], None]


async def follow(store: CallStore, call_id: str, after: int, tell: Tell) -> None:
    """Tell what is said after the event with this seq, until cancelled or the call has ended."""
    try:
        async for event in events_of(store, call_id, after):
            told = words(event)
            if told is not None:
                tell(told)
            if event.kind == "call.ended":
                return
    except StoreUnavailable as error:
        structlog.get_logger().warning("words of a call not read", call_id=call_id, reason=str(error))


async def events_of(store: CallStore, call_id: str, after: int) -> AsyncIterator[Event]:
    """Each once, in order, those that are still to come as well. Raises StoreUnavailable."""
    last = after
    with store.subscribe(call_id) as feed:
        while True:
            for event in await store.events(call_id, last):
                last = event.seq
                yield event
            async for entry in feed:
                if isinstance(entry, Missed) or entry.seq > last + 1:
                    break  # it has passed by, and the store has it
                if entry.seq > last:
                    last = entry.seq
                    yield entry


def words(event: Event) -> Mapping[str, Any] | None:
    """The message for what somebody said; None: the event is none of that."""
    data = event.data
    match event.kind:
        case "caller.partial":
            return {"type": "partial", "text": data["text"]}
        case "caller.said":
            return _said("caller", data, data["text"])
        case "assistant.heard" if data["heard_text"]:
            return _said("assistant", data, data["heard_text"])
        case "agent.said":
            return {**_said("agent", data, data["text"]), "agent": data["agent"]}
        case _:
            return None


def _said(who: str, data: Mapping[str, Any], text: str) -> dict[str, Any]:
    times = {"start_ms": data["start_ms"], "end_ms": data["end_ms"]}
    return {"type": "said", "who": who, "utterance": data["utterance"], "text": text, **times}
