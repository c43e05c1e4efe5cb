"""Remembers what verified customers called about, when their calls are over."""

import structlog

from pipeline.assistant.memory import Memories, visits
from recordings.errors import StoreUnavailable
from recordings.feed import Missed
from recordings.store import CallStore
from voice.errors import origin_of

_log = structlog.get_logger(__name__)


async def remember(store: CallStore, memories: Memories) -> None:
    """Until cancelled. Calls that end while nobody runs are not remembered."""
    with store.subscribe(kinds=frozenset({"call.ended"})) as ended:
        async for event in ended:
            if isinstance(event, Missed):
                _log.warning("calls not remembered", count=event.count)
                continue
            try:
                for visit in visits(await store.events(event.call_id)):
                    await memories.keep(visit)
            except StoreUnavailable as error:
                _log.error("call not remembered", call_id=event.call_id, reason=str(error))
            except Exception as error:  # noqa: BLE001 one call that breaks must not keep all later ones from being kept
                _log.error("call not remembered", call_id=event.call_id, reason=origin_of(error), pii_error=repr(error))
