"""The customer record has the call soon after its end, also when the record was out of reach at first."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from pipeline.assistant.tools.runner import ToolRunner
from pipeline.line.model import Settings
from recordings.events import Event
from server import after_calls
from server.after_calls import write_after_calls
from server.app import tell_if_broken
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
            lines = {(name, "1"): (settings, runner)}

            def line_of(name: str, version: str) -> tuple[Settings, ToolRunner] | None:
                return lines.get((name, version))

            writing = asyncio.create_task(write_after_calls(store, line_of, "https://phone.example"))
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


class BrokenOnce:
    """Where lines are looked up: breaks the first time, in a way that nobody foresaw."""

    def __init__(self, line: tuple[Settings, ToolRunner]) -> None:
        self._line = line
        self._broke = False

    def __call__(self, _name: str, _version: str) -> tuple[Settings, ToolRunner]:
        if not self._broke:
            self._broke = True
            raise ZeroDivisionError("nothing to divide by")
        return self._line


def test_a_call_whose_record_breaks_does_not_end_those_of_later_calls(tmp_path):
    crm = Crm()
    later = [replace(event, call_id="CA2") for event in CALL]

    async def script() -> None:
        settings, runner = Settings.model_validate(data_of(FLOWS, AFTER)), ToolRunner({"note": crm})
        async with open_store(tmp_path) as store, asyncio.timeout(30):
            writing = asyncio.create_task(write_after_calls(store, BrokenOnce((settings, runner)), ""))
            await asyncio.sleep(0)
            with structlog.testing.capture_logs() as logs:
                store.append(CALL)
                while not logs:  # noqa: ASYNC110 what is waited for is in another task's hands
                    await asyncio.sleep(0.005)
            store.append(later)
            while not crm.notes and not writing.done():  # noqa: ASYNC110 as above
                await asyncio.sleep(0.005)
            writing.cancel()
            await asyncio.wait([writing])
            await runner.end()
        assert [log["call_id"] for log in logs] == ["CA1"]
        assert "ZeroDivisionError" in logs[0]["pii_error"]

    asyncio.run(script())
    assert len(crm.notes) == 1


def test_background_work_that_breaks_is_told_and_one_that_is_done_or_cancelled_is_not():
    async def breaks() -> None:
        raise ZeroDivisionError("nothing to divide by")

    async def script() -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(work) for work in (breaks(), asyncio.sleep(0), asyncio.sleep(9))]
        await asyncio.sleep(0.01)
        tasks[-1].cancel()
        await asyncio.wait(tasks)
        return tasks

    with structlog.testing.capture_logs() as logs:
        for task in asyncio.run(script()):
            tell_if_broken(task)
    assert [log["pii_error"] for log in logs] == ["ZeroDivisionError('nothing to divide by')"]
    assert "breaks" in logs[0]["work"]
    assert "divide" not in str({key: value for key, value in logs[0].items() if not key.startswith("pii_")})
