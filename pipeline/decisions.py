"""What people decide about wishes of calls that go on: told to the call; where it ends first, left for a callback.

Never both: a callback waits for people only once its call is over and its log does not say that the caller heard it
(`approval.told`). That is read from the log, so it holds too when the process died in between.
"""

from collections.abc import Callable
from typing import Final

import structlog

from pipeline.assistant.events import ApprovalDecided
from pipeline.assistant.tools.approval import Approval
from pipeline.assistant.tools.kept_news import KeptNews
from recordings.errors import StoreUnavailable
from recordings.feed import Missed
from recordings.store import CallStore

Tell = Callable[[ApprovalDecided], None]
"""Told a decision, at an instant that the call's clock does not know: 0."""
_SETTLES: Final = frozenset({"approval.told", "call.ended"})
_log = structlog.get_logger(__name__)


class Decisions:
    """Of one process. Used from one event loop."""

    def __init__(self, kept: KeptNews, store: CallStore) -> None:
        self._kept = kept
        self._store = store
        self._calls: dict[str, Tell] = {}
        self._behind = False
        """The store failed: callbacks of any call may be waiting to be settled."""

    def watch(self, call_id: str, tell: Tell) -> Callable[[], None]:
        """Tell this stream of a call what is decided about its wishes; undo it with what is returned."""
        self._calls[call_id] = tell

        def leave() -> None:
            if self._calls.get(call_id) is tell:
                del self._calls[call_id]

        return leave

    def tell(self, one: Approval) -> None:
        """A person decided, and it is on the disk."""
        tell = self._calls.get(one.call_id)
        if tell is not None:
            tell(ApprovalDecided(0, one.id, one.tool, one.state, dict(one.result)))

    async def of(self, call_id: str) -> list[ApprovalDecided]:
        """What was decided and not told yet, for a call that goes on in another process or stream.

        Raises StoreUnavailable.
        """
        return [
            ApprovalDecided(0, one.approval, one.tool, one.state, one.result) for one in await self._kept.live(call_id)
        ]

    async def settled(self) -> None:
        """Settle callbacks as calls tell their callers and end, until cancelled; first those of an earlier process."""
        with self._store.subscribe(kinds=_SETTLES) as feed:
            await self._settle("")
            async for event in feed:
                await self._settle("" if isinstance(event, Missed) else event.call_id)

    async def settle(self, call_id: str = "") -> None:
        """Settle those of a call, or of all. Raises StoreUnavailable."""
        events: dict[str, tuple[frozenset[str], bool]] = {}
        for one in await self._kept.live(call_id):
            if one.call_id not in events:
                events[one.call_id] = await self._stands(one.call_id)
            told, over = events[one.call_id]
            if one.approval in told:
                await self._kept.settle(one, "done")
            elif over:
                await self._kept.settle(one, "waiting")

    async def _stands(self, call_id: str) -> tuple[frozenset[str], bool]:
        """Which approvals the caller heard of, and whether the call is over."""
        events = await self._store.events(call_id)
        told = frozenset(str(event.data["approval"]) for event in events if event.kind == "approval.told")
        return told, any(event.kind == "call.ended" for event in events)

    async def _settle(self, call_id: str) -> None:
        try:
            await self.settle("" if self._behind else call_id)
            self._behind = False
        except StoreUnavailable as lost:  # it stays as it is: with the next call that ends, all are looked at again
            self._behind = True
            _log.error("callbacks not settled", call_id=call_id, reason=str(lost))
