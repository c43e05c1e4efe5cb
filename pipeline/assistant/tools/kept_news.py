"""Callbacks that a call takes over while it goes on: told in the call, they are done; else people call back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final, Literal

import sqlalchemy as sa

from pipeline.assistant.tools.kept import LIVE, Database, Now, utc_now
from pipeline.assistant.tools.tables import outbox

TOLD_BY: Final = "assistant"


@dataclass(frozen=True, slots=True)
class LiveCallback:
    """A decision that the caller is to hear in their call."""

    id: str
    call_id: str
    approval: str
    tool: str
    state: str
    """The approval's: done, rejected, failed or checking."""
    result: Mapping[str, Any]


class KeptNews:
    """The outbox, as calls use it. Every method raises StoreUnavailable."""

    def __init__(self, database: Database, now: Now = utc_now) -> None:
        self._database = database
        self._now = now

    async def live(self, call_id: str = "") -> list[LiveCallback]:
        """Those of a call, or of all; read behind everything that was written before, in the writer's order."""
        query = sa.select(outbox).where(outbox.c.state == LIVE).order_by(outbox.c.id)
        if call_id:
            query = query.where(outbox.c.call_id == call_id)
        return await self._database.apply(lambda connection: [_live(row) for row in connection.execute(query)])

    async def settle(self, callback: LiveCallback, into: Literal["done", "waiting"]) -> None:
        """The call told it, or is over and did not. Settled once: what somebody settled already stays."""
        at = self._now().astimezone(UTC).isoformat(timespec="microseconds")

        def work(connection: sa.Connection) -> None:
            place = (outbox.c.id == callback.id) & (outbox.c.state == LIVE)
            data = connection.execute(sa.select(outbox.c.data).where(place)).scalar_one_or_none()
            if data is None:
                return
            values: dict[str, Any] = {"state": into}
            if into == "done":
                told = {**json.loads(data), "done_by": TOLD_BY, "done_note": "told in the call"}
                values |= {"done_at": at, "data": json.dumps(told, sort_keys=True)}
            connection.execute(sa.update(outbox).where(place).values(values))

        await self._database.apply(work)


def _live(row: "sa.Row[Any]") -> LiveCallback:
    told = json.loads(row.data)
    return LiveCallback(row.id, row.call_id, told["approval"], told["tool"], told["outcome"], told["result"])
