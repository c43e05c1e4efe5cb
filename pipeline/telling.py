"""What people decided about a call's wishes, given to its dialogue when the floor is free: one at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import structlog

from pipeline.assistant.events import ApprovalDecided
from pipeline.decisions import Decisions
from pipeline.drive import Clock
from recordings.errors import StoreUnavailable
from voice.turn_events import FloorHolder

_log = structlog.get_logger(__name__)


class Telling:
    """One stream's. Used from one event loop."""

    def __init__(
        self, call_id: str, clock: Clock, decisions: Decisions | None, post: Callable[[ApprovalDecided], None]
    ) -> None:
        """decisions: of the process; None: nobody decides anything while calls go on."""
        self._call_id = call_id
        self._clock = clock
        self._decisions = decisions
        self._post = post
        self._waiting: deque[ApprovalDecided] = deque()
        self._free = False
        self._closed = False
        self._leave = decisions.watch(call_id, self._take) if decisions is not None else None

    def close(self) -> None:
        """The stream is gone. What was not given is told in the next one, or by a callback."""
        self._closed = True
        self._waiting.clear()
        if self._leave is not None:
            self._leave()

    async def catch_up(self) -> None:
        """What was decided while the call had no stream, or by an earlier process; the dialogue knows what it told."""
        if self._decisions is None:
            return
        try:
            decided = await self._decisions.of(self._call_id)
        except StoreUnavailable as lost:  # nobody is told twice for it: they are called back
            _log.error("decisions not read", call_id=self._call_id, reason=str(lost))
            return
        for one in decided:
            self._take(one)

    def floor_is(self, holder: FloorHolder) -> None:
        """Whose move it is now."""
        self._free = holder == "nobody"
        self._soon()

    def _take(self, event: ApprovalDecided) -> None:
        if not self._closed:
            self._waiting.append(event)
            self._soon()

    def _soon(self) -> None:
        """Not from within what changed the floor: the rest of that comes first."""
        if self._free and self._waiting:
            asyncio.get_running_loop().call_soon(self._give)

    def _give(self) -> None:
        if self._free and self._waiting and not self._closed:
            self._post(replace(self._waiting.popleft(), at_ms=self._clock.now_ms()))
