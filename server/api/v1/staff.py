"""The people who take calls over, as the API needs them; and at whose desk somebody sits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query
from starlette.requests import HTTPConnection

from pipeline.transfers.office import Transfers
from recordings.store import CallStore, SqliteCallStore
from server.api.v1.door import require
from server.api.v1.problems import Problem
from server.scopes import ALL, DESK
from server.tokens import Principal
from telephony.agent_store import AgentStore
from telephony.transfer_listing import TransferListing
from telephony.transfer_store import Kept, TransferStore


@dataclass(frozen=True, slots=True)
class Staff:
    """Where they are kept, and where they are live."""

    transfers: Transfers
    directory: AgentStore
    listing: TransferListing
    kept: TransferStore
    calls: CallStore

    async def transfer(self, transfer_id: str) -> Kept | None:
        """One, as it is at this moment. Raises StoreUnavailable."""
        running = self.transfers.running(transfer_id)
        return Kept(running.transfer, running.wanted) if running is not None else await self.kept.get(transfer_id)

    def as_now(self, kept: Sequence[Kept]) -> list[Kept]:
        """The same, with what was not written yet."""
        running = [self.transfers.running(one.transfer.id) for one in kept]
        return [one if now is None else Kept(now.transfer, now.wanted) for one, now in zip(kept, running, strict=True)]


def staff_of(transfers: Transfers, store: SqliteCallStore, org_id: str) -> Staff:
    """Of an organisation, in the call store's database."""
    return Staff(
        transfers, AgentStore(store, org_id), TransferListing(store, org_id), TransferStore(store, org_id), store
    )


def whose_desk(who: Principal, agent: str) -> str:
    """Whose desk somebody sits at. Raises Problem 403 and 422.

    A token of an agent opens theirs. Whoever may do everything says whose they mean.
    """
    if who.agent:
        if agent not in ("", who.agent):
            raise Problem(403, "This token belongs to another agent.", name="agent")
        return who.agent
    if not who.may(ALL):
        raise Problem(403, "This token belongs to no agent.", name="agent")
    if not agent:
        raise Problem(422, "Say whose desk it is: ?agent=ID.", name="agent")
    return agent


def at_desk(
    who: Annotated[Principal, require(DESK)],
    agent: Annotated[str, Query(max_length=40, description="whose desk, for the operator's token alone")] = "",
) -> str:
    """A route's condition: somebody sits at an agent's desk; gives the agent. It raises Problem 403 and 422."""
    return whose_desk(who, agent)


def only_own(connection: HTTPConnection, scope: str) -> str:
    """The agent whose own things alone may be seen; empty: the scope allows all. Raises Problem 403."""
    who: Principal = connection.state.principal
    if who.may(scope):
        return ""
    if not who.agent:
        raise Problem(403, f"This token lacks the scope {scope}.", name="scope")
    return who.agent


def instant(at_ms: int | None) -> str | None:
    """Milliseconds since the epoch as ISO 8601."""
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
