"""Callers whom an earlier process had put through at the carrier, and whose transfer it ended as it was killed.

Nobody fetches them back, or sees that they hung up: no transfer runs that would be looked after.
"""

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from pipeline.joining import Joining
from pipeline.transfers.ports import Phones
from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError, LegGone
from telephony.transfer_state import Transfer

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers

ASKS_WITHIN_S: Final = 3.0
"""The carrier asks what becomes of a caller whose conference is over; who was asked about is not fetched, too."""
_log = structlog.get_logger(__name__)


async def fetch_back(office: "Transfers", phones: Phones | None, call: Joining) -> None:
    """Have the caller back, or know that they are gone, where no transfer of the call is live."""
    await asyncio.sleep(ASKS_WITHIN_S)
    try:
        stored = [kept.transfer for kept in await office.store.of_call(call.call_id)]
    except StoreUnavailable as error:
        _log.error("transfers not read", call_id=call.call_id, reason=str(error))
        return
    left = office.call(call.call_id) is not call
    if left or not call.is_away() or not stored or any(one.outcome is None for one in stored):
        return
    last = stored[-1]
    if last.outcome != "completed":
        call.with_agent(False)
    elif last.after == "end":
        call.end("transferred", "told by the next process")
        return
    await _fetch(phones, last, call)


async def _fetch(phones: Phones | None, last: Transfer, call: Joining) -> None:
    try:
        if phones is not None and last.moved is not None:
            await phones.take_back(last, last.moved, lambda: not call.is_away())
    except LegGone:
        call.caller_gone()
        return
    except (CarrierError, StoreUnavailable) as error:  # their TwiML brings them back when the conference ends
        _log.warning("caller not brought back", transfer=last.id, reason=str(error))
    call.come_back()
