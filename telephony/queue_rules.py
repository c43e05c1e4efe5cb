"""Who may wait in which queue, and who is served there. A part of telephony.queue. Pure."""

from dataclasses import dataclass, field, replace

from telephony.queue_entries import Entry, idle, may_come
from telephony.queue_events import State, Why
from telephony.queue_people import People
from telephony.queue_settings import QueueSettings


@dataclass(slots=True)
class Room:
    """All queues, who waits in them, and the agents."""

    people: People
    queues: dict[str, QueueSettings] = field(default_factory=dict)
    deleted: dict[str, QueueSettings] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    def settings(self, queue: str) -> QueueSettings | None:
        """Of a queue, also of one that was deleted while somebody waits in it."""
        return self.queues.get(queue) or self.deleted.get(queue)

    def state(self, queue: str) -> State:
        """Whether a queue's people work now."""
        return self.states.get(queue, "closed")

    def size(self, queue: str) -> int:
        """Callers who wait and for whom nobody is rung."""
        return sum(one.queue == queue and one.callback is None and not one.rung for one in self.entries.values())


def why_not(room: Room, entry: Entry, now_ms: int) -> Why | None:
    """Why somebody cannot stay in their queue. None: they can."""
    settings = room.queues.get(entry.queue)
    if settings is None:
        return "queue_deleted"
    return (
        _caller_why_not(room, entry, settings, now_ms) if entry.callback is None else _callback_why_not(entry, now_ms)
    )


def _callback_why_not(entry: Entry, now_ms: int) -> Why | None:
    if entry.callback is None or not entry.callback.consent_id:
        return "no_consent"
    if entry.attempts >= entry.callback.most_attempts:
        return "too_many_attempts"
    return "window_over" if max(now_ms, entry.next_ms) >= entry.callback.not_after_ms else None


def _caller_why_not(room: Room, entry: Entry, settings: QueueSettings, now_ms: int) -> Why | None:
    state, somebody = room.state(entry.queue), may_come(entry, room.people, now_ms)
    if state == "emergency":
        return "emergency"
    if state != "open" and not (entry.admitted and settings.at_closing == "serve" and somebody):
        return "closed"
    if now_ms >= entry.entered_ms + settings.max_wait_s * 1000:
        return "waited_too_long"
    if entry.new and room.size(entry.queue) > settings.max_size:
        return "full"
    return None if somebody or settings.wait_for_agents else "no_agents"


def served(room: Room, entry: Entry, now_ms: int) -> bool:
    """Whether their queue looks for somebody for them now."""
    settings, state = room.queues.get(entry.queue), room.state(entry.queue)
    if settings is None or state == "emergency":
        return False
    if entry.callback is not None:
        return state == "open" and _callback_why_not(entry, now_ms) is None
    return state == "open" or (entry.admitted and settings.at_closing == "serve")


def onward(room: Room, entry: Entry, now_ms: int) -> str | None:
    """The first queue of the overflow chain that can take them; none twice."""
    been, name = set(entry.been_in), entry.queue
    while (settings := room.settings(name)) is not None and settings.overflow and settings.overflow not in been:
        name = settings.overflow
        been.add(name)
        if _takes(room, replace(entry, queue=name), now_ms):
            return name
    return None


def _takes(room: Room, there: Entry, now_ms: int) -> bool:
    settings = room.queues.get(there.queue)
    if settings is None or room.state(there.queue) != "open":
        return False
    has_room = room.size(there.queue) < settings.max_size or bool(idle(there, room.people, now_ms))
    return has_room and (settings.wait_for_agents or may_come(there, room.people, now_ms))
