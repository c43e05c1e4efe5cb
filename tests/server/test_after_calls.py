"""The customer record has the call soon after its end, also when the record was out of reach at first."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.assistant.tools.runner import ToolRunner
from pipeline.line.model import Settings
from recordings.events import Event
from server import after_calls
from server.after_calls import write_after_calls
from tests.fakes.crm import AFTER, ENDED, FLOWS, RAISED, RINGING, Crm, log, wants
from tests.fakes.small_line import data_of
from tests.fakes.stores import open_store

pytestmark = pytest.mark.unit

CALL = log(RINGING, wants("refund"), RAISED, ENDED)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(after_calls, "AGAIN_S", (0.0, 0.0))


def after(root: Path, crm: Crm, events: list[Event], done: Callable[[], bool], name: str = "Larkdesk") -> None:
    """Record a call while the writer runs; return once it is done."""

    async def script() -> None:
        settings, runner = Settings.model_validate(data_of(FLOWS, AFTER)), ToolRunner({"note": crm})
        async with open_store(root) as store, asyncio.timeout(30):
            lines = {name: (settings, runner)}
            writing = asyncio.create_task(write_after_calls(store, lines.get, "https://phone.example"))
            await asyncio.sleep(0)
            store.append(events)
            while not done():  # noqa: ASYNC110 what is waited for is in another task's hands
                await asyncio.sleep(0.005)
            writing.cancel()
            await asyncio.wait([writing])
            await runner.end()

    asyncio.run(script())


@pytest.mark.row(52)
def test_a_call_that_ends_is_written_with_a_link(tmp_path):
    crm = Crm()
    after(tmp_path, crm, CALL, lambda: bool(crm.notes))
    assert crm.notes == [
        {"who": "30114", "what": "Asked about: refund.", "where": "see https://phone.example/calls/CA1"}
    ]


def test_a_record_out_of_reach_is_tried_again(tmp_path):
    crm = Crm(down=5)
    after(tmp_path, crm, CALL, lambda: bool(crm.notes))
    assert len(crm.notes) == 1
