"""Desks that were closed, and how their agents were: who opens one again soon goes on as they were. Pure.

A page that is loaded again, or opened in another tab, is a connection that is gone and one that comes: nothing tells
them from an agent who leaves. So who is gone is away at once, and is so no longer if they are back in time.
"""

from dataclasses import dataclass
from typing import Final

from telephony.queue_events import Presence

AS_BEFORE_MS: Final = 180_000
"""Back within so long, an agent is as they were."""


@dataclass(frozen=True, slots=True)
class Left:
    """How an agent was when their desk was closed."""

    presence: Presence
    until_ms: int | None
    """Of a wrap-up."""
    by_phone: bool
    speaking: bool
    """With a caller."""
    at_ms: int


@dataclass(frozen=True, slots=True)
class Return:
    """How an agent is who opens their desk."""

    presence: Presence
    until_ms: int | None = None
    by_phone: bool = False
    closed_ms: int = 0
    """How long the desk was closed, where they are away for it; 0: for nothing of the kind."""


class LeftDesks:
    """All agents'."""

    def __init__(self) -> None:
        self._left: dict[str, Left] = {}

    def left(self, agent: str, how: Left) -> None:
        """Their desk is gone. Who was away anyway is so still."""
        if how.presence == "away":
            self._left.pop(agent, None)
        else:
            self._left[agent] = how

    def said(self, agent: str) -> None:
        """They, or somebody for them, said since how they are: that holds."""
        self._left.pop(agent, None)

    def back(self, agent: str, now_ms: int, wraps_up_ms: int | None = None) -> Return | None:
        """How they are who open it at this instant; None: as the queues take them to be.

        wraps_up_ms: how long they may wrap up the call that they were in; None: there is none.
        """
        left = self._left.get(agent)
        if left is None:
            return None
        closed_ms = now_ms - left.at_ms
        if closed_ms > AS_BEFORE_MS:
            return Return("away", by_phone=left.by_phone, closed_ms=closed_ms)
        presence, until_ms = left.presence, left.until_ms
        if wraps_up_ms is not None and left.speaking:  # it ended while nobody was there to wrap it up
            presence, until_ms = "wrap_up", now_ms + wraps_up_ms
        if presence == "wrap_up" and (until_ms is None or until_ms <= now_ms):
            presence, until_ms = "available", None
        return Return(presence, until_ms if presence == "wrap_up" else None, left.by_phone)
