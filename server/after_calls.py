"""Writes into companies' own records what calls came to, when they are over (`after_call` of a line)."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from pipeline.aftercall import write_records
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.line.model import Settings
from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.feed import Missed
from recordings.store import CallStore
from voice.errors import origin_of

AGAIN_S: Final = (1.0, 3.0)
"""Pauses before what failed is tried again: all of it within ten seconds."""

LineOf = Callable[[str, str], tuple[Settings, ToolRunner] | None]
"""A line by its name and the version that the call had; None: it is not served here."""

_log = structlog.get_logger(__name__)


async def write_after_calls(store: CallStore, line_of: LineOf, public_url: str) -> None:
    """Until cancelled. Of calls that end while nobody runs nothing is written."""
    with store.subscribe(kinds=frozenset({"call.ended"})) as ended:
        async with asyncio.TaskGroup() as tasks:
            async for event in ended:
                if isinstance(event, Missed):
                    _log.warning("customer records not written", count=event.count)
                    continue
                tasks.create_task(_written(store, line_of, public_url, event))


async def _written(store: CallStore, line_of: LineOf, public_url: str, ended: Event) -> None:
    try:
        await _write(store, line_of, public_url, ended)
    except Exception as error:  # noqa: BLE001 one call whose record breaks must not end those of all later calls
        _log.error("customer record not written", call_id=ended.call_id, reason=origin_of(error), pii_error=repr(error))


async def _write(store: CallStore, line_of: LineOf, public_url: str, ended: Event) -> None:
    link = f"{public_url}/calls/{ended.call_id}" if public_url else ""
    for pause_s in (*AGAIN_S, None):
        try:
            events = await store.events(ended.call_id)
        except StoreUnavailable as error:
            _log.error("customer record not written", call_id=ended.call_id, reason=str(error))
            return
        rang = next((event.data for event in events if event.kind == "call.ringing"), {})
        line = line_of(str(rang.get("line", "")), str(rang.get("line_version", "")))
        if line is None:
            return
        done = await write_records(*line, events, link)
        failed = [one.error for one in done if one.status == "failed"]
        refused = [one.error for one in done if one.status == "refused"]
        if refused:  # a rule's no is final; trying again would only be told so again
            _log.error("customer record refused", call_id=ended.call_id, reason=", ".join(refused))
        if not failed:
            return
        if pause_s is None:
            _log.error("customer record not written", call_id=ended.call_id, reason=", ".join(failed))
            return
        await asyncio.sleep(pause_s)
