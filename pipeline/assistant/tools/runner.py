"""Runs a line's tools: in worker threads, each within its deadline, never more at once than there are workers."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from pipeline.assistant.tools.port import (
    Arguments,
    ArgumentsInvalid,
    BackendBroken,
    Tool,
    ToolBusy,
    ToolError,
    ToolLate,
    ToolUnknown,
)

WORKERS: Final = 8
"""Tools are I/O; a local SQLite lookup takes under 1 ms."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a call of a tool went."""

    ok: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    """ToolError.code; empty when ok."""
    took_ms: int = 0


class ToolRunner:
    """The tools of one line, shared by its calls. Safe to use from one event loop."""

    def __init__(self, tools: Mapping[str, Tool], workers: int = WORKERS) -> None:
        """tools: by the names that the line's steps use."""
        self._tools = dict(tools)
        self._workers = workers
        self._running = 0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="tool")

    async def run(self, call: str, name: str, arguments: Mapping[str, Any], deadline_ms: int) -> ToolResult:
        """Run a tool; its failures are results, not exceptions.

        call is the idempotency key: unique among all calls of all callers (say f"{call_id}/{call}"), and the same when
        the same wish is run again. A result that is late may still take effect; running it again with its key tells.
        Cancelling abandons the result, not the effect.
        """
        began = time.monotonic()
        try:
            result = await self._run(call, name, arguments, deadline_ms)
        except ToolError as wrong:
            return ToolResult(ok=False, error=wrong.code, took_ms=_ms_since(began))
        return ToolResult(ok=True, result=result, took_ms=_ms_since(began))

    def close(self) -> None:
        """Take no more calls. What runs is waited for, so that no write is cut in two."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _run(self, call: str, name: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        tool = self._tools.get(name)
        if tool is None:
            raise ToolUnknown(name, "the line binds no such tool")
        checked = _checked(tool, name, arguments)
        if self._running >= self._workers:
            raise ToolBusy(name, f"all {self._workers} workers are taken")
        self._running += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, tool.run, call, checked, deadline_ms)
        future.add_done_callback(self._done)
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                return await asyncio.shield(future)
        except TimeoutError as late:
            raise ToolLate(name, f"no result within {deadline_ms} ms") from late
        except ToolError:
            raise
        except (ArithmeticError, AssertionError, LookupError, OSError, RuntimeError, TypeError, ValueError) as wrong:
            # A tool's own bug must not end a call: the caller hears that it did not work.
            raise BackendBroken(name, f"{type(wrong).__name__} in the tool") from wrong

    def _done(self, future: "asyncio.Future[Mapping[str, Any]]") -> None:
        self._running -= 1
        if not future.cancelled():
            future.exception()  # seen: a result that nobody waits for any more is no error of the loop


def _checked(tool: Tool, name: str, arguments: Mapping[str, Any]) -> Arguments:
    try:
        return tool.spec.arguments.model_validate(dict(arguments))
    except ValidationError as wrong:
        raise ArgumentsInvalid(name, f"{wrong.error_count()} arguments are not what the tool takes") from wrong


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
