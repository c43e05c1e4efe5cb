"""Asks tools: each in its own way, within its time, and what goes wrong is a typed failure."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog

from pipeline.assistant.tools.errand import Answered, Failed, LookedUp
from pipeline.assistant.tools.places import PlaceEmpty, filled
from pipeline.assistant.tools.port import (
    AnyTool,
    BackendFailed,
    LookUp,
    RemoteTool,
    Tool,
    ToolBusy,
    ToolError,
    ToolLate,
    ToolMalformed,
)
from pipeline.assistant.tools.schemas import wrong
from pipeline.line.expression import Expression

_log: Final = structlog.get_logger(__name__)


class Asking:
    """The tools of one line, and the workers for those that block. Used from one event loop."""

    def __init__(self, tools: Mapping[str, AnyTool], workers: int) -> None:
        """tools: by the names that the line's steps use."""
        self.tools = dict(tools)
        self._workers = workers
        self._running = 0
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="tool")

    def close(self) -> None:
        """Take no more calls. What runs is waited for, so that no write is cut in two."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def attempt(
        self, tool: AnyTool, name: str, key: str, arguments: Mapping[str, Any], within_ms: int
    ) -> Answered | Failed:
        """Ask it once. within_ms: an answer that comes later is not waited for; what was begun goes on."""
        try:
            result = await self._asked(tool, name, key, arguments, within_ms)
        except ToolError as failed:
            return Failed(now_ms(), failed.code, failed.retryable, failed.effect, failed.say)
        problem = wrong(tool.spec.result, result) if isinstance(result, Mapping) else "it is no object"
        if problem:
            _log.error("tool gave what it should not", tool=name, pii_problem=problem)
            return Failed(now_ms(), ToolMalformed.code, ToolMalformed.retryable, ToolMalformed.effect)
        return Answered(now_ms(), result)

    async def _asked(self, tool: AnyTool, name: str, key: str, arguments: Mapping[str, Any], within_ms: int) -> Any:
        try:
            async with asyncio.timeout(within_ms / 1000):
                if isinstance(tool, RemoteTool):
                    return await tool.ask(key, arguments, within_ms)
                return await asyncio.shield(self._in_thread(tool, name, key, arguments, within_ms))
        except TimeoutError as late:
            raise ToolLate(name, f"no result within {within_ms} ms") from late
        except (ArithmeticError, AssertionError, LookupError, OSError, RuntimeError, TypeError, ValueError) as bug:
            # A tool's own bug must not end a call: the caller hears that it did not work.
            _log.error("tool broke", tool=name, error=type(bug).__name__)
            raise BackendFailed(name, f"{type(bug).__name__} in the tool") from bug

    def _in_thread(
        self, tool: Tool, name: str, key: str, arguments: Mapping[str, Any], within_ms: int
    ) -> "asyncio.Future[Mapping[str, Any]]":
        if self._running >= self._workers:
            raise ToolBusy(name, f"all {self._workers} workers are taken")
        self._running += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, tool.run, key, arguments, within_ms)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, future: "asyncio.Future[Mapping[str, Any]]") -> None:
        self._running -= 1
        if not future.cancelled():
            future.exception()  # seen: a result that nobody waits for any more is no error of the loop

    async def look_up(self, how: LookUp, key: str, arguments: Mapping[str, Any], within_ms: int) -> LookedUp:
        """Find out what became of a write whose answer was lost."""
        tool = self.tools.get(how.tool)
        if tool is None or tool.spec.writes:
            return LookedUp(now_ms(), None)
        given: dict[str, Any] = {**arguments, "key": key, "arguments": dict(arguments)}
        try:
            asked = await self.attempt(tool, how.tool, f"{key}/look-up", filled(how.arguments, given), within_ms)
            if not isinstance(asked, Answered):
                return LookedUp(now_ms(), None)
            happened = Expression.parse(how.happened).holds({**given, "result": dict(asked.result)})
            result = filled(how.gives, {**given, "result": dict(asked.result)}) if happened else {}
        except PlaceEmpty:
            return LookedUp(now_ms(), None)
        return LookedUp(now_ms(), happened, result)


def now_ms() -> int:
    """Of the loop's clock, which tests may run ahead."""
    return round(asyncio.get_running_loop().time() * 1000)
