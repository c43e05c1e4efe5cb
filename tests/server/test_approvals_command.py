"""`cordboard approvals` against a server on a loopback port."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from typer.testing import CliRunner

from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import KeptTools
from pipeline.assistant.tools.ledger import Entry, Write
from pipeline.assistant.tools.port import Retry, Reversal, ToolSpec
from pipeline.assistant.tools.runner import Asked, ToolRunner
from server.api.v1.app import PREFIX, api
from server.auth import Access
from server.cli.main import app as program
from tests.fakes.agents import nobody_there
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

ACCESS = "the access token of this test"
CENTS = {"type": "object", "properties": {"cents": {"type": "integer"}}}
BY_HAND = Reversal(by_hand="Charge the amount again.")
REFUND = ToolSpec("crm.refund", "refunds", CENTS, {"type": "object"}, "approval_only", retry=Retry(1), reversal=BY_HAND)


@dataclass
class Bank:
    spec: ToolSpec = REFUND
    done: list[Mapping[str, Any]] = field(default_factory=list)

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del call, deadline_ms
        self.done.append(arguments)
        return {"id": "r1"}


ODD = "CA3/k 1?x=1#2%41"
"""A write's key with everything that means something else in an address."""


def no_line(name: str) -> None:
    del name


@contextmanager
def serving(directory: Path, bank: Bank) -> Iterator[tuple[int, list[str]]]:
    """A server in a thread of its own with two approvals in its queue: its port, and their ids."""
    ready, stop, told = threading.Event(), threading.Event(), list[Any]()

    async def serve() -> None:
        async with open_store(directory) as store:
            kept = KeptTools(store, "local")
            runner = ToolRunner({"refund": bank}, ledger=kept, approvals=kept)
            for key in ("CA1/k1", "CA2/k1"):
                write = Write(key, "refund", {"cents": 300}, key[:3], "Northfield")
                told.append((await kept.ask(Asked(write, "approval_only", "t1", "+14155550101", "pin"))).id)
            odd = Write(ODD, "refund", {"cents": 5}, "CA3", "Northfield")
            await kept.begin(odd)
            await kept.settle(Entry(odd, "done"))
            app = FastAPI()
            staff, approving = await nobody_there(store), Approving(kept, {"Northfield": runner}.get)
            app.mount(PREFIX, api(store, kept, approving, no_line, staff, Access(ACCESS)))
            server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(server.serve())
                while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
                    await asyncio.sleep(0.01)
                told.append(server.servers[0].sockets[0].getsockname()[1])
                ready.set()
                await asyncio.to_thread(stop.wait)
                server.should_exit = True
                await running
            await staff.transfers.close()
            await runner.end()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield told[2], told[:2]
    finally:
        stop.set()
        thread.join(20)


def test_people_work_through_the_queue_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setenv("CORDBOARD_API_TOKEN", ACCESS)
    bank = Bank()
    with serving(tmp_path, bank) as (port, (first, second)):

        def run(*words: str) -> Any:
            return CliRunner().invoke(program, ["approvals", *words, "--url", f"http://127.0.0.1:{port}"])

        listed = run("list")
        assert listed.exit_code == 0, listed.output
        assert listed.output.count("pending") == 2
        assert run("edit", first, '{"cents": 100}').exit_code == 0
        assert run("edit", first, '{"cents": "many"}').exit_code == 2
        assert run("edit", first, "cents").exit_code == 2
        assert run("reassign", first, "billing").exit_code == 0
        assert "billing" in run("list", "--assignee", "billing").output
        assert '{"id": "r1"}' in run("approve", first, "--note", "fine").output
        assert run("reject", second).exit_code == 0
        assert run("approve", second).exit_code == 1
        assert run("approve", "apr_none").exit_code == 1
        assert run("list").output == ""
        assert run("list", "--state", "all", "--json").output.count('"state"') == 2
        tools = ["tools", "reverse", "CA1/k1", "--url", f"http://127.0.0.1:{port}"]
        assert "Charge the amount again." in CliRunner().invoke(program, [*tools, "--show"]).output
        assert CliRunner().invoke(program, tools).exit_code == 1
        assert "reversed" in CliRunner().invoke(program, [*tools, "--by-hand", "--note", "wrong one"]).output
        assert "wrong one" in CliRunner().invoke(program, [*tools, "--show"]).output
        waiting = run("outbox", "--kind", "callback").output.split()
        assert run("done", waiting[0], "--note", "told them").output == f"{waiting[0]}  done\n"
        assert run("done", waiting[0]).exit_code == 1
        assert waiting[0] not in run("outbox").output
        monkeypatch.setenv("CORDBOARD_API_TOKEN", "a token that opens nothing")
        assert run("list").exit_code == 2
    assert bank.done == [{"cents": 100}]


def test_keys_and_ids_go_into_addresses_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("CORDBOARD_API_TOKEN", ACCESS)
    bank = Bank()
    with serving(tmp_path, bank) as (port, (first, _)):
        url = ["--url", f"http://127.0.0.1:{port}"]
        shown = CliRunner().invoke(program, ["tools", "reverse", ODD, "--show", *url])
        assert (shown.exit_code, "Charge the amount again." in shown.output) == (0, True), shown.output
        assert CliRunner().invoke(program, ["tools", "reverse", ODD, "--by-hand", *url]).exit_code == 0
        for wrong in (f"{first}#x", f"{first}/approve?x", f"../approvals/{first}"):
            assert CliRunner().invoke(program, ["approvals", "reassign", wrong, "billing", *url]).exit_code == 1
            assert CliRunner().invoke(program, ["approvals", "approve", wrong, *url]).exit_code == 1
    assert bank.done == []


def test_a_server_that_is_not_there_is_said_so(monkeypatch):
    monkeypatch.setenv("CORDBOARD_API_TOKEN", ACCESS)
    result = CliRunner().invoke(program, ["approvals", "list", "--url", "http://127.0.0.1:1"])
    assert result.exit_code == 3
