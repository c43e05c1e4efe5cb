"""Runs a line's test calls, each on a store and a backend of its own, in virtual time unless asked otherwise."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipeline.assistant.llm.port import LanguageModel
from pipeline.assistant.tools.port import (
    AnyTool,
    BackendBroken,
    BackendFailed,
    RemoteTool,
    ToolMalformed,
    ToolSpec,
)
from pipeline.assistant.tools.shop import shop_state
from pipeline.testcalls.judging import (
    at_path,
    call_failures,
    holds,
    step_failures,
    text_failures,
    value_failure,
)
from pipeline.testcalls.script import Fault, Scripted, State, Step, TestCall
from pipeline.text import NotSettled, TextCall
from recordings.events import Event
from server.text_office import TextLine, TextOffice, text_office
from telephony.double import virtual_time

OpenModel = Callable[[AsyncExitStack], Awaitable[LanguageModel | None]]
"""Opens the language model for a call; the stack closes it."""
BACK_OFFICE: Final = "test"
"""Who approves in a test call."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that should have been otherwise."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a test call went."""

    scripted: Scripted
    failures: tuple[Failure, ...]
    events: tuple[Event, ...]
    took_s: float
    """Of computation, when the clock is virtual."""

    @property
    def passed(self) -> bool:
        """Whether everything was as it should."""
        return not self.failures


def run_call(line: TextLine, scripted: Scripted, *, real_time: bool = False, model: OpenModel | None = None) -> Outcome:
    """Run one, without an event loop around it. Raises BackendUnusable, ProviderError.

    real_time: for tools and models that are reached over sockets, which know no virtual time.
    """
    began_s = time.process_time()
    playing = _play(line, scripted.call, model)
    played = asyncio.run(playing) if real_time else virtual_time.run(playing)
    return Outcome(scripted, tuple(played.failures), tuple(played.events), time.process_time() - began_s)


@dataclass
class _Played:
    """A call while it goes on."""

    events: list[Event] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def fail(self, where: str, *failures: str) -> None:
        self.failures += [Failure(where, what) for what in failures]


async def _play(line: TextLine, wanted: TestCall, open_model: OpenModel | None) -> _Played:
    played = _Played()
    local_time = wanted.at.replace(tzinfo=ZoneInfo(line.line.settings.hours.time_zone))
    spoilt = {tool.runs: wanted.faults[tool.name] for tool in line.line.settings.tools if tool.name in wanted.faults}
    unknown = set(wanted.faults) - {tool.name for tool in line.line.settings.tools}
    played.fail("faults", *(f"the line binds no tool {name}" for name in sorted(unknown)))
    async with AsyncExitStack() as stack:
        model = await open_model(stack) if open_model is not None else None
        opened = text_office(line, local_time.date, model, lambda tool: _spoilt(tool, spoilt))
        office = await stack.enter_async_context(opened)
        try:
            await _call(office, wanted, local_time, played)
        except NotSettled as late:
            played.fail("the call", str(late))
        await office.finish(played.events)
        played.fail("after the call", *call_failures(wanted.after, played.events))
        sent = [(text.to, text.body) for text in office.texts.texts]
        if wanted.after.texts is not None:
            played.fail("texts", *text_failures(wanted.after.texts, sent))
        played.fail("approvals", *await _approval_failures(office, wanted))
        for state in wanted.after.state:
            found = await asyncio.to_thread(_state_failure, office.directory / "backends", state)
            played.fail(state.sql or state.path or "", *([found] if found else ()))
    return played


async def _call(office: TextOffice, wanted: TestCall, local_time: datetime, played: _Played) -> None:
    async with office.call(wanted.caller_number, local_time, played.events.append, wanted.verified) as call:
        for number, step in enumerate(wanted.steps, 1):
            where = f"step {number}, {step.doing}"
            if call.ended is not None and not (step.approve or step.reject):
                played.fail(where, "the call is over already")
                return
            before, texted = len(played.events), len(office.texts.texts)
            try:
                await _do(office, call, step)
            except LookupError as nothing:
                played.fail(where, str(nothing))
            played.fail(where, *step_failures(step, played.events[before:]))
            bodies = [text.body for text in office.texts.texts[texted:]]
            missing = [text for text in step.texts if not any(text.lower() in body.lower() for body in bodies)]
            played.fail(where, *(f"should text “{text}”, and texts {bodies or 'nothing'}" for text in missing))


async def _do(office: TextOffice, call: TextCall, step: Step) -> None:
    if step.caller is not None:
        await call.say(step.caller)
    elif step.keys is not None:
        await call.press(step.keys)
    elif step.keys_from_text:
        await call.press(_number_texted(office))
    elif step.silence:
        await call.silence()
    elif step.noise:
        await call.noise()
    elif step.approve is not None:
        await office.approving.approve(await _waiting(office, step.approve), BACK_OFFICE)
        await call.news()
    elif step.reject is not None:
        await office.approving.reject(await _waiting(office, step.reject), BACK_OFFICE)
        await call.news()


def _number_texted(office: TextOffice) -> str:
    """The longest number in the latest text. Raises LookupError."""
    bodies = [text.body for text in office.texts.texts]
    found = re.findall(r"\d{4,}", bodies[-1]) if bodies else []
    if not found:
        raise LookupError("no text with a number was sent")
    return str(max(found, key=len))


async def _waiting(office: TextOffice, tool: str) -> str:
    pending = [one for one in await office.kept.approvals(states=("pending",)) if one.tool == tool]
    if not pending:
        raise LookupError(f"nothing waits for approval of {tool}")
    return pending[0].id


async def _approval_failures(office: TextOffice, wanted: TestCall) -> Sequence[str]:
    if wanted.after.approvals is None:
        return ()
    queue = await office.kept.approvals()
    got = [{"tool": one.tool, "state": one.state, "arguments": dict(one.arguments)} for one in queue]
    should = [one.model_dump() for one in wanted.after.approvals]
    fits = len(got) == len(should) and all(any(holds(one, there) for there in got) for one in should)
    return () if fits else (f"the queue should hold {should!r}, and holds {got!r}",)


def _state_failure(backends: Path, wanted: State) -> str:
    if wanted.path is not None:
        got = at_path(shop_state(backends), wanted.path)
        return "" if holds(wanted.gives, got) else f"should give {wanted.gives!r}, and gives {got!r}"
    try:
        return value_failure(wanted.gives, _rows(backends, wanted.sql or ""))
    except sqlite3.Error as wrong:
        return f"cannot be looked at: {wrong}"


def _rows(backends: Path, sql: str) -> list[dict[str, Any]]:
    """Of the first backend that has what is asked for. Raises sqlite3.Error."""
    failed: sqlite3.Error = sqlite3.OperationalError("the line has no backend of its own")
    for database in sorted(backends.glob("*.sqlite")):
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(sql).fetchall()]
        except sqlite3.Error as wrong:
            failed = wrong
        finally:
            connection.close()
    raise failed


def _spoilt(tool: AnyTool, faults: Mapping[str, Fault]) -> AnyTool:
    fault = faults.get(tool.spec.name)
    return tool if fault is None else _Faulty(tool, fault)


class _Faulty:
    """A tool with something wrong with it."""

    def __init__(self, tool: AnyTool, fault: Fault) -> None:
        self._tool = tool
        self._fault = fault
        self._left = fault.times
        self.spec: ToolSpec = tool.spec

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        if self._left == 0:
            return await self._asked(call, arguments, deadline_ms)
        self._left = None if self._left is None else self._left - 1
        name, fault = self.spec.name, self._fault
        if fault.answers is not None:
            return fault.answers
        match fault.how:
            case "down":
                raise BackendBroken(name, "the test call has it down")
            case "slow":
                await asyncio.sleep(3600)
            case "broken":
                await self._asked(call, arguments, deadline_ms)
                raise BackendFailed(name, "the test call has it break after it was done")
        raise ToolMalformed(name, "the test call has it answer nonsense")

    async def _asked(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        tool = self._tool
        if isinstance(tool, RemoteTool):
            return await tool.ask(call, arguments, deadline_ms)
        return await asyncio.to_thread(tool.run, call, arguments, deadline_ms)
