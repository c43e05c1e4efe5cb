"""A call's transfers to people: who was asked, who took it, how it ended. A part of recordings.fold. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from recordings import fields
from recordings.record import Asked, Handing, Unheard


class Handings:
    """What has been read so far, by transfer in order."""

    def __init__(self) -> None:
        self._all: dict[str, Handing] = {}

    def all(self) -> tuple[Handing, ...]:
        """Every transfer of the call."""
        return tuple(self._all.values())

    def add(self, kind: str, at_ms: int, data: Mapping[str, Any]) -> None:
        """Take an event; kinds that tell nothing of a transfer pass by."""
        if kind == "agent.said":
            self._heard(fields.text(data, "agent"), fields.whole(data, "start_ms", at_ms))
        reader = _READERS.get(kind)
        name = fields.text(data, "transfer")
        if reader is not None and name:
            self._all[name] = reader(self._all.get(name, Handing(name)), at_ms, data)

    def _heard(self, agent: str, start_ms: int) -> None:
        """Somebody speaks; the first that they say to this caller counts. Words of nobody who was connected do not."""
        for name, known in reversed(self._all.items()):
            if known.connected_ms is not None and known.agent == agent:
                if known.heard_ms is None:
                    self._all[name] = replace(known, heard_ms=max(start_ms, known.connected_ms))
                return


def _requested(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    queue, reason, sentence, priority = (
        fields.text(data, name) for name in ("queue", "reason", "sentence", "priority")
    )
    return replace(known, queue=queue, reason=reason, sentence=sentence, priority=priority, requested_ms=at_ms)


def _offered(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    del at_ms
    return replace(known, asked=(*known.asked, Asked(fields.text(data, "agent"), fields.text(data, "by"))))


def _answered(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    del at_ms
    number = fields.whole(data, "offer", -1)
    told = {"how": fields.text(data, "how"), "reason": fields.text(data, "reason")}
    asked = (replace(one, **told) if index == number else one for index, one in enumerate(known.asked))
    return replace(known, asked=tuple(asked))


def _connected(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    return replace(known, agent=fields.text(data, "agent"), connected_ms=at_ms)


def _over(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    del at_ms
    return replace(known, outcome=fields.text(data, "outcome"), why=fields.text(data, "why"))


def _wrapped_up(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    del at_ms
    return replace(known, disposition=fields.text(data, "disposition"), note=fields.text(data, "note"))


def _lost(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    return replace(known, unheard=(*known.unheard, Unheard(at_ms, None, fields.text(data, "how"))))


def _back(known: Handing, at_ms: int, data: Mapping[str, Any]) -> Handing:
    if not known.unheard or known.unheard[-1].to_ms is not None:
        return known
    *before, last = known.unheard
    from_ms = fields.whole(data, "from_ms", last.from_ms)
    return replace(known, unheard=(*before, replace(last, from_ms=min(from_ms, at_ms), to_ms=at_ms)))


_READERS: Final[Mapping[str, Callable[[Handing, int, Mapping[str, Any]], Handing]]] = {
    "transfer.requested": _requested,
    "transfer.offered": _offered,
    "transfer.answered": _answered,
    "transfer.connected": _connected,
    "listening.lost": _lost,
    "listening.back": _back,
    "transfer.over": _over,
    "transfer.wrapped_up": _wrapped_up,
}
