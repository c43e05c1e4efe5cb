"""Too many failed checks of one customer, over all calls, and nothing is checked any more for a while.

Stands around the tool that checks, so that no flow and no model comes by it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import sqlalchemy as sa

from pipeline.assistant.identity_tables import identity_failures as failures
from pipeline.assistant.memory import LEAST_LEVEL, Memories, Today
from pipeline.assistant.tools.kept import Database, Now, utc_now
from pipeline.assistant.tools.port import LEVELS, AnyTool, BackendBroken, RemoteTool, ToolError, ToolSpec
from pipeline.line.identity import IdentityRules, Way
from pipeline.line.verbs import Level
from recordings.errors import StoreUnavailable


class Locked(ToolError):
    """This customer had too many failures lately: nothing was checked."""

    code: ClassVar[str] = "locked"
    retryable: ClassVar[bool] = False


class Failures:
    """The failed checks of one organisation's customers."""

    def __init__(self, database: Database, org_id: str, now: Now = utc_now) -> None:
        self._database = database
        self._org_id = org_id
        self._now = now

    async def count(self, customer: str, hours: int) -> int:
        """How many there were in the last hours. Raises StoreUnavailable."""
        since = _text(self._now() - timedelta(hours=hours))
        theirs = (failures.c.org_id == self._org_id) & (failures.c.customer == customer) & (failures.c.at >= since)
        query = sa.select(sa.func.count()).select_from(failures).where(theirs)
        return await self._database.look(lambda connection: int(connection.execute(query).scalar_one()))

    async def add(self, customer: str, level: Level, call: str) -> None:
        """One more. Raises StoreUnavailable."""
        row = {"org_id": self._org_id, "customer": customer, "level": level, "call": call, "at": _text(self._now())}
        await self._database.apply(lambda connection: _done(connection.execute(sa.insert(failures).values(row))))

    async def forget(self, customer: str) -> None:
        """They proved who they are, or a person let them in again. Raises StoreUnavailable."""
        theirs = (failures.c.org_id == self._org_id) & (failures.c.customer == customer)
        await self._database.apply(lambda connection: _done(connection.execute(sa.delete(failures).where(theirs))))


@dataclass(frozen=True, slots=True)
class LockedTool:
    """A tool that checks who a caller is, asked only while its customer is not locked out."""

    inner: AnyTool
    level: Level
    way: Way
    rules: IdentityRules
    failures: Failures
    memories: Memories | None = None
    """Asked once the caller is verified: the result's `history` tells what they called about before."""
    today: Today = field(default=lambda: utc_now().date())

    @property
    def spec(self) -> ToolSpec:
        """The inner tool's."""
        return self.inner.spec

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool. Raises Locked. Where failures cannot be counted, nothing is checked."""
        try:
            return await self._ask(call, arguments, deadline_ms)
        except StoreUnavailable as error:
            raise BackendBroken(self.spec.name, str(error)) from None

    async def _ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        customer = str(arguments.get(self.way.customer) or "")
        if customer and await self.failures.count(customer, self.rules.lock_hours) >= self.rules.lock_after:
            raise Locked(self.spec.name, f"{self.rules.lock_after} failures within {self.rules.lock_hours} h")
        if isinstance(self.inner, RemoteTool):
            result = await self.inner.ask(call, arguments, deadline_ms)
        else:
            result = await asyncio.to_thread(self.inner.run, call, arguments, deadline_ms)
        if customer and result.get("verified") is True:
            await self.failures.forget(customer)
            if self.memories is not None and LEVELS.index(self.level) >= LEVELS.index(LEAST_LEVEL):
                named = str(result.get("customer") or customer)
                result = {**result, "history": dict(await self.memories.recall(named, self.today()))}
        elif customer:
            await self.failures.add(customer, self.level, call)
        return result


def _done(_result: object) -> None:
    """What a statement gives is not wanted."""


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
