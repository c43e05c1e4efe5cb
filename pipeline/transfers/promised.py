"""Errands that were promised to callers: kept until the store has them, as long as this process lives."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from pipeline.transfers.calling_back import Errands
from recordings.errors import StoreUnavailable

AGAIN_S: Final = 5.0
"""A store that does not answer is asked again so often."""
MOST: Final = 1_000
"""Errands that wait for the store. Overflow: the newest is refused, and the log says so."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Errand:
    call_id: str
    line: str
    data: Mapping[str, Any]
    now: datetime
    """When it was promised."""


class Promised:
    """One per process."""

    def __init__(self, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        """spawn: runs what goes on beside."""
        self.errands: Errands | None = None
        """Where they are left; None: nowhere."""
        self._spawn = spawn
        self._waiting: deque[_Errand] = deque()
        self._writing = False

    async def leave(self, call_id: str, line: str, data: Mapping[str, Any], now: datetime) -> None:
        """A person is to call somebody back. now: aware."""
        errand = _Errand(call_id, line, data, now)
        if self.errands is None or (not self._waiting and await self._written(errand)):
            return
        if len(self._waiting) >= MOST:
            _log.error("errand lost: too many wait for the store", call_id=call_id)
            return
        self._waiting.append(errand)
        if not self._writing:
            self._writing = True
            self._spawn(self._until_written())

    async def _until_written(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(AGAIN_S)
                while self._waiting and await self._written(self._waiting[0]):
                    self._waiting.popleft()
        finally:
            self._writing = False
            for lost in self._waiting:  # the process ends, and the store has not answered
                _log.error("errand lost", call_id=lost.call_id, line=lost.line)

    async def _written(self, errand: _Errand) -> bool:
        try:
            if self.errands is not None:
                await self.errands.callback(errand.call_id, errand.line, errand.data, errand.now)
        except StoreUnavailable as error:
            _log.error("errand not written: it is tried again", call_id=errand.call_id, reason=str(error))
            return False
        except Exception as error:  # noqa: BLE001 tried again it breaks again, and keeps all later ones from the store
            told = {"reason": type(error).__name__, "pii_error": repr(error)}
            _log.error("errand lost: it cannot be written", call_id=errand.call_id, line=errand.line, **told)
        return True
