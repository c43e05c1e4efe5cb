"""Builds what puts callers through to people, and keeps it told of the directory and of the lines."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

import structlog

from pipeline.assistant.llm.port import LanguageModel
from pipeline.line.model import Line
from pipeline.office_clock import OfficeClock
from pipeline.transfers.office import Transfers
from pipeline.transfers.packets import WrittenPackets
from pipeline.transfers.ports import Phones
from pipeline.transfers.queues import queues_of
from recordings.errors import StoreUnavailable
from recordings.store import SqliteCallStore
from telephony.agent_store import AgentStore
from telephony.transfer_store import TransferStore

DIRECTORY_EVERY_S: Final = 2.0
"""How soon an agent whom the operator added is there."""


async def open_transfers(
    store: SqliteCallStore,
    org_id: str,
    clock: OfficeClock,
    lines: Callable[[], Iterable[Line]],
    model: LanguageModel | None,
    phones: Phones | None = None,
) -> Transfers:
    """Ready to take callers; close() ends it. Call recall() once calls are known again. Raises StoreUnavailable."""
    transfers = Transfers(
        TransferStore(store, org_id), clock, WrittenPackets(store, clock, model), lines, queues_of, phones
    )
    agents = AgentStore(store, org_id)
    await transfers.open(await agents.listed())
    transfers.use_said(await agents.said())
    transfers.spawn(_follow(transfers, agents))
    return transfers


async def _follow(transfers: Transfers, agents: AgentStore) -> None:
    """People come and go while the server runs."""
    while True:
        await asyncio.sleep(DIRECTORY_EVERY_S)
        try:
            transfers.use_agents(await agents.listed())
            transfers.use_said(await agents.said())
        except StoreUnavailable as error:
            structlog.get_logger().warning("directory of agents not read", reason=str(error))
