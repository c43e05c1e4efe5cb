"""What a carrier is asked to do, written down before it is asked: after a crash it is known what may have been done."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import sqlalchemy as sa

from telephony.intent_tables import carrier_intents
from telephony.transfer_store import Database

Kind = Literal["dial", "join", "move", "end"]
IntentState = Literal["begun", "done", "refused"]
"""begun: it may have been done; refused: it was not."""
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Intent:
    """One request."""

    key: str
    kind: Kind
    made_ms: int
    """When it was first written: ms since the epoch."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON; empty once it is settled."""
    state: IntentState = "begun"
    sid: str = ""
    """The leg's, as soon as it is known."""


def intent_key(transfer: str, step: str, attempt: int) -> str:
    """Name a request: the same step of the same attempt is asked for once."""
    return f"{transfer}:{step}:{attempt}"


class Intents:
    """All intents of an organisation, in the call store's database. Methods raise its StoreUnavailable."""

    def __init__(self, database: Database, org_id: str) -> None:
        self._database, self._org_id = database, org_id

    async def begin(self, intent: Intent) -> Intent | None:
        """Write it down. An intent of this key that was begun or done before is given instead, and stays as it is."""
        row = {
            "org_id": self._org_id,
            "key": intent.key,
            "kind": intent.kind,
            "arguments": json.dumps(dict(intent.arguments)),
            "state": intent.state,
            "sid": intent.sid,
            "made_ms": intent.made_ms,
        }

        def work(connection: sa.Connection) -> Intent | None:
            known = connection.execute(sa.select(carrier_intents).where(self._at(intent.key))).one_or_none()
            if known is not None and known.state != "refused":
                return _intent(known)
            connection.execute(sa.delete(carrier_intents).where(self._at(intent.key)))
            connection.execute(sa.insert(carrier_intents).values(row))
            return None

        return await self._database.apply(work)

    async def learn(self, key: str, sid: str) -> bool:
        """A webhook named the leg that was made for this key. False: there is no such intent."""
        change = sa.update(carrier_intents).where(self._at(key)).values(sid=sid)
        return await self._database.apply(lambda connection: connection.execute(change).rowcount == 1)

    async def settle(self, key: str, state: Literal["done", "refused"], sid: str = "") -> None:
        """It was done, or was not and will not be. What it held of numbers and markup is deleted."""
        values = {"state": state, "arguments": ""} | ({"sid": sid} if sid else {})
        change = sa.update(carrier_intents).where(self._at(key)).values(**values)
        await self._database.apply(lambda connection: connection.execute(change))

    async def unfinished(self) -> tuple[Intent, ...]:
        """Those that may have been done, the oldest first."""
        query = (
            sa.select(carrier_intents)
            .where(carrier_intents.c.org_id == self._org_id, carrier_intents.c.state == "begun")
            .order_by(carrier_intents.c.made_ms, carrier_intents.c.key)
        )
        return tuple(map(_intent, await self._database.look(lambda connection: connection.execute(query).all())))

    async def legs(self) -> Mapping[str, str]:
        """Keys by the sid of every leg that is known: a process that starts must not take them for others'."""
        query = sa.select(carrier_intents.c.sid, carrier_intents.c.key).where(
            carrier_intents.c.org_id == self._org_id, carrier_intents.c.sid != "", carrier_intents.c.kind == "dial"
        )
        found = await self._database.look(lambda connection: connection.execute(query).all())
        return {row.sid: row.key for row in found}

    async def forget(self, before_ms: int) -> int:
        """Delete what is settled and older than this. How many there were."""
        old = sa.delete(carrier_intents).where(
            carrier_intents.c.org_id == self._org_id,
            carrier_intents.c.state != "begun",
            carrier_intents.c.made_ms < before_ms,
        )
        return await self._database.apply(lambda connection: connection.execute(old).rowcount)

    def _at(self, key: str) -> sa.ColumnElement[bool]:
        return (carrier_intents.c.org_id == self._org_id) & (carrier_intents.c.key == key)


def _intent(row: Any) -> Intent:
    arguments = json.loads(row.arguments) if row.arguments else {}
    return Intent(row.key, row.kind, row.made_ms, arguments, row.state, row.sid)
