"""Keeps the directory of agents. Nobody is dialled who is not in it (or in a line's own queue targets)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import sqlalchemy as sa

from telephony.agent_tables import agents, presences
from telephony.agents import Agent

_T = TypeVar("_T")
Said = Literal["available", "busy", "away"]


class Database(Protocol):
    """The call store's database, as the directory needs it."""

    async def apply(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Write, in the one writer's next transaction. Raises StoreUnavailable."""

    async def look(self, read: Callable[[sa.Connection], _T]) -> _T:
        """Read. Raises StoreUnavailable."""


@dataclass(slots=True)
class AgentStore:
    """All agents of an organisation, in the call store's database."""

    database: Database
    org_id: str

    async def put(self, agent: Agent, changed_at: str) -> bool:
        """Write a new agent, or one that changed. True: they are new. Raises StoreUnavailable.

        changed_at: ISO 8601 UTC, microseconds.
        """
        row = {
            "org_id": self.org_id,
            "id": agent.id,
            "name": agent.name,
            "queues": json.dumps(sorted(agent.queues)),
            "skills": json.dumps(sorted(agent.skills)),
            "languages": json.dumps(sorted(agent.languages)),
            "phone": agent.phone,
            "changed_at": changed_at,
        }

        def work(connection: sa.Connection) -> bool:
            known = connection.execute(sa.delete(agents).where(self._is(agent.id))).rowcount
            connection.execute(sa.insert(agents).values(row))
            return not known

        return await self.database.apply(work)

    async def remove(self, agent_id: str) -> bool:
        """Forget one. False: there was none. Raises StoreUnavailable."""
        gone = sa.delete(agents).where(self._is(agent_id))
        silent = sa.delete(presences).where((presences.c.org_id == self.org_id) & (presences.c.id == agent_id))

        def work(connection: sa.Connection) -> bool:
            connection.execute(silent)
            return connection.execute(gone).rowcount == 1

        return await self.database.apply(work)

    async def say(self, agent_id: str, presence: Said, changed_at: str) -> bool:
        """Write whether an agent by telephone takes calls. False: there is no such agent. Raises StoreUnavailable.

        changed_at: ISO 8601 UTC, microseconds.
        """
        row = {"org_id": self.org_id, "id": agent_id, "presence": presence, "changed_at": changed_at}
        place = (presences.c.org_id == self.org_id) & (presences.c.id == agent_id)

        def work(connection: sa.Connection) -> bool:
            if connection.execute(sa.select(agents.c.id).where(self._is(agent_id))).one_or_none() is None:
                return False
            connection.execute(sa.delete(presences).where(place))
            connection.execute(sa.insert(presences).values(row))
            return True

        return await self.database.apply(work)

    async def said(self) -> Mapping[str, tuple[Said, str]]:
        """What was said of agents by telephone, and when. Raises StoreUnavailable."""
        query = sa.select(presences).where(presences.c.org_id == self.org_id)
        rows = await self.database.look(lambda connection: connection.execute(query).all())
        return {row.id: (row.presence, row.changed_at) for row in rows}

    async def get(self, agent_id: str) -> Agent | None:
        """One. Raises StoreUnavailable."""
        return next(iter(await self._read(self._is(agent_id))), None)

    async def listed(self) -> tuple[Agent, ...]:
        """All, by id. Raises StoreUnavailable."""
        return await self._read(agents.c.org_id == self.org_id)

    async def _read(self, which: sa.ColumnElement[bool]) -> tuple[Agent, ...]:
        query = sa.select(agents).where(which).order_by(agents.c.id)
        return tuple(map(_agent, await self.database.look(lambda connection: connection.execute(query).all())))

    def _is(self, agent_id: str) -> sa.ColumnElement[bool]:
        return (agents.c.org_id == self.org_id) & (agents.c.id == agent_id)


def _agent(row: "sa.Row[Any]") -> Agent:
    return Agent(
        row.id,
        row.name,
        frozenset(json.loads(row.queues)),
        frozenset(json.loads(row.skills)),
        frozenset(json.loads(row.languages)),
        row.phone,
    )
