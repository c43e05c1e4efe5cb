"""The clock of what outlives calls: milliseconds since the epoch that never go back, whatever the wall clock does."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class OfficeClock:
    """As pipeline.drive.Clock. Set once from the wall clock, then driven by the loop's."""

    def __init__(self, wall_clock: Callable[[], datetime]) -> None:
        """Inside a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._zero_s = (wall_clock() - _EPOCH).total_seconds() - self._loop.time()

    def now_ms(self) -> int:
        """This instant."""
        return int((self._zero_s + self._loop.time()) * 1000)

    def now(self) -> datetime:
        """This instant, aware."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back at this instant, or at once if it has passed; what is returned cancels it."""
        return self._loop.call_at(at_ms / 1000 - self._zero_s, callback).cancel
