import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.assistant.tools.port import BackendBroken, ToolRefused, ToolSpec
from pipeline.assistant.tools.runner import ToolResult, ToolRunner

pytestmark = pytest.mark.unit


NUMBER = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
SPEC = ToolSpec("test.fake", "for tests", NUMBER, {"type": "object"}, "read_only")


@dataclass(frozen=True)
class FakeTool:
    act: Callable[[str, int], Mapping[str, Any]]
    spec: ToolSpec = SPEC

    def run(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del deadline_ms
        return self.act(call, arguments["n"])


def run(tool, arguments=None, name="fake", deadline_ms=2000) -> ToolResult:
    runner = ToolRunner({"fake": tool})
    try:
        return asyncio.run(runner.run("CA1/k1", name, arguments or {"n": 1}, deadline_ms))
    finally:
        runner.close()


def raising(error: Exception) -> FakeTool:
    def act(call: str, n: int) -> Mapping[str, Any]:
        del call, n
        raise error

    return FakeTool(act)


def test_a_result_comes_with_its_time():
    result = run(FakeTool(lambda call, n: {"n": n, "call": call}))
    assert (result.ok, result.result, result.error) == (True, {"n": 1, "call": "CA1/k1"}, "")
    assert result.took_ms >= 0


def test_a_tool_runs_outside_the_event_loop():
    result = run(FakeTool(lambda *_: {"thread": threading.current_thread().name}))
    assert result.result["thread"].startswith("tool")


@pytest.mark.row(59)
@pytest.mark.parametrize(
    ("tool", "arguments", "name", "error"),
    [
        (FakeTool(lambda *_: {}), {"n": 1}, "other", "unknown_tool"),
        (FakeTool(lambda *_: {}), {"n": "many"}, "fake", "bad_arguments"),
        (FakeTool(lambda *_: {}), {"n": 1, "more": 2}, "fake", "bad_arguments"),
        (raising(ToolRefused("fake", "no")), {"n": 1}, "fake", "refused"),
        (raising(BackendBroken("fake", "down")), {"n": 1}, "fake", "unavailable"),
        (raising(KeyError("a bug")), {"n": 1}, "fake", "unavailable"),
    ],
)
def test_what_goes_wrong_is_a_result_with_a_code(tool, arguments, name, error):
    result = run(tool, arguments, name)
    assert (result.ok, result.error) == (False, error)


def test_a_late_tool_is_given_up_on_and_still_finishes():
    go, done = threading.Event(), threading.Event()

    def slow(call: str, n: int) -> Mapping[str, Any]:
        del call, n
        go.wait(5)
        done.set()
        return {}

    async def scenario() -> ToolResult:
        runner = ToolRunner({"fake": FakeTool(slow)})
        result = await runner.run("CA1/k1", "fake", {"n": 1}, 20)
        go.set()
        await asyncio.to_thread(runner.close)
        return result

    assert asyncio.run(scenario()).error == "late"
    assert done.is_set()


def test_when_all_workers_are_taken_the_next_call_is_told_at_once():
    go = threading.Event()

    def waits(call: str, n: int) -> Mapping[str, Any]:
        del call
        go.wait(5)
        return {"n": n}

    async def scenario() -> tuple[ToolResult, list[ToolResult], ToolResult]:
        runner = ToolRunner({"fake": FakeTool(waits)}, workers=2)
        async with asyncio.TaskGroup() as tasks:
            first = [tasks.create_task(runner.run(f"CA1/k{n}", "fake", {"n": n}, 5000)) for n in (1, 2)]
            await asyncio.sleep(0)
            refused = await runner.run("CA1/k3", "fake", {"n": 3}, 5000)
            go.set()
        after = await runner.run("CA1/k4", "fake", {"n": 4}, 5000)
        await asyncio.to_thread(runner.close)
        return refused, [task.result() for task in first], after

    refused, first, after = asyncio.run(scenario())
    assert refused.error == "busy"
    assert [result.result for result in first] == [{"n": 1}, {"n": 2}]
    assert after.ok


def test_cancelling_the_caller_leaves_the_tool_to_finish():
    began, go, done = threading.Event(), threading.Event(), threading.Event()

    def slow(call: str, n: int) -> Mapping[str, Any]:
        del call, n
        began.set()
        go.wait(5)
        done.set()
        raise BackendBroken("fake", "after nobody listens any more")

    async def scenario() -> None:
        runner = ToolRunner({"fake": FakeTool(slow)})
        task = asyncio.create_task(runner.run("CA1/k1", "fake", {"n": 1}, 5000))
        await asyncio.to_thread(began.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go.set()
        await asyncio.to_thread(runner.close)
        await asyncio.sleep(0)

    asyncio.run(scenario())
    assert done.is_set()
