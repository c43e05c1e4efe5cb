"""Replays a list of tool calls through the runner, on backends of its own, with faults thrown in when asked to.

Faults are what networks and processes do: nothing arrives, the answer is lost after the effect, a 500 before or after
it, an answer that makes no sense, a process killed between the effect and its note, the same wish asked again. The
backend must end up as without them.
"""

import asyncio
import json
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.assistant.tools.bind import NOTHING_AROUND, Surroundings, runner_for
from pipeline.assistant.tools.outcome import CHECKING, WAITING, ToolResult
from pipeline.assistant.tools.port import (
    LEVELS,
    AnyTool,
    ArgumentsInvalid,
    BackendBroken,
    BackendFailed,
    RemoteTool,
    Retry,
    ToolLate,
    ToolMalformed,
    ToolSpec,
    Verification,
)
from pipeline.assistant.tools.runner import Asked, ToolRunner
from pipeline.assistant.tools.shop import shop_state
from pipeline.assistant.tools.standing import Standing
from pipeline.line.model import Line

MAX_BYTES: Final = 16 * 1024 * 1024
DEADLINE_MS: Final = 5000
_MISHAPS: Final = (
    "down", "late before", "late after", "broken before", "broken after", "malformed after", "killed after",
)  # fmt: skip
_MOST_MISHAPS: Final = 5
"""In a row on one wish: faults pass."""
_PASSING: Final = frozenset({ToolLate.code, BackendBroken.code, ToolMalformed.code, CHECKING, "busy"})
"""Errors with which whoever waits would ask again."""
_ASKED_AGAIN: Final = 0.3


_NO_OBJECT: Final = ToolResult(ok=False, error=ArgumentsInvalid.code)


class _Killed(Exception):
    """The process died after the effect, before anybody noted it: the ledger says no more than that it was begun."""


class TraceInvalid(ValueError):
    """The trace is not a list of tool calls; the text says which entry and why."""


class Step(BaseModel):
    """One call of one tool, as a trace holds it."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    tool: str
    """By its name on the line, or the one that `runs` names."""
    arguments: Any = Field(default_factory=dict)
    """As whoever wrote the trace would have sent them: what is no object is refused as a call's would be."""
    expected: Any = Field(default=None, alias="expected result")
    """What its result must hold, {"error": …}, or an error or status by its name; None: nothing is said of it."""
    expected_result: Any = None
    """The same, written otherwise."""
    result: Any = None
    """The same."""
    said: str | None = None
    """What the caller had said; with it, or with `verified`, ids and verification are enforced as in a call."""
    verified: Verification | None = None

    @property
    def wanted(self) -> Any:
        """What is expected, however it is written."""
        return next((one for one in (self.expected, self.expected_result, self.result) if one is not None), None)


@dataclass(frozen=True, slots=True)
class StepDone:
    """How a step of the trace went."""

    step: Step
    result: ToolResult
    as_expected: bool
    asked: int
    """How often whoever waits had to ask."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay led to."""

    steps: tuple[StepDone, ...]
    state: Mapping[str, Any]
    """The backend's tables, rows in order; empty where the line has no backend of its own."""
    mishaps: int = 0

    @property
    def good(self) -> bool:
        """Whether every step went as expected."""
        return all(done.as_expected for done in self.steps)


def read_trace(path: Path) -> list[Step]:
    """A trace: a JSON list, or an object with the list under `trace`, `steps` or `calls`. Raises TraceInvalid."""
    try:
        content = path.read_bytes()[: MAX_BYTES + 1]
        if len(content) > MAX_BYTES:
            raise TraceInvalid(f"{path} has more than {MAX_BYTES} bytes")
        told = json.loads(content)
    except (OSError, ValueError, RecursionError) as wrong:
        raise TraceInvalid(f"{path} cannot be read: {wrong}") from wrong
    if isinstance(told, dict):
        told = next((told[name] for name in ("trace", "steps", "calls") if name in told), told)
    try:
        return TypeAdapter(list[Step]).validate_python(told)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise TraceInvalid(f"{path}: {where}: {first['msg']}; write a list of {{tool, arguments, expected}}") from wrong


async def replay(
    line: Line,
    steps: Sequence[Step],
    directory: Path,
    today: Callable[[], date],
    *,
    seed: int | None = None,
    approve: bool = False,
    around: Surroundings = NOTHING_AROUND,
) -> Replayed:
    """Run every step on a fresh backend in this empty directory. Raises BackendUnusable.

    seed: throw faults in, the same for the same seed. approve: say yes to what needs a person's.
    """
    runner = await asyncio.to_thread(runner_for, line, directory, today, replace(around, approvals=_Waiting()))
    chance = _Chance(random.Random(seed)) if seed is not None else None  # noqa: S311 the same for the same seed
    names = {tool.runs: tool.name for tool in line.settings.tools} | {
        tool.name: tool.name for tool in line.settings.tools
    }
    standing = Standing("replay", line.settings.name) if any(_as_in_a_call(step) for step in steps) else None
    if chance is not None:
        runner.wrap(lambda tool: _Faulty(tool, chance))
    done = []
    try:
        for number, step in enumerate(steps, 1):
            name = names.get(step.tool, step.tool)
            done.append(await _stepped(runner, f"replay/{number}", name, step, standing, chance, approve=approve))
    finally:
        await runner.end()
    backends = directory / "backends"
    state = await asyncio.to_thread(shop_state, backends) if backends.is_dir() else {}
    return Replayed(tuple(done), state, chance.thrown if chance is not None else 0)


async def _stepped(
    runner: ToolRunner,
    key: str,
    name: str,
    step: Step,
    standing: Standing | None,
    chance: "_Chance | None",
    *,
    approve: bool,
) -> StepDone:
    if standing is not None:
        standing.said(step.said or "")
        if step.verified is not None:
            standing.verify(step.verified, {})
    reply = "trace" if standing is not None else ""
    arguments = {} if step.arguments is None else step.arguments
    if not isinstance(arguments, Mapping):
        return StepDone(step, _NO_OBJECT, _as_expected(step.wanted, _NO_OBJECT), 1)

    async def ask(**more: Any) -> ToolResult:
        return await _survived(runner.run(key, name, arguments, DEADLINE_MS, **more))

    result, asked = await _patiently(ask, chance, _PASSING | {WAITING}, standing=standing, reply=reply)
    yes = approve and result.error == WAITING
    if yes:
        result, _ = await _patiently(ask, chance, _PASSING, approved=True)
    if chance is not None and chance.asked_again():
        more: dict[str, Any] = {"approved": True} if yes else {"standing": standing, "reply": reply}
        again = await ask(**more)
        result = result if again.result == result.result or again.error in {*_PASSING, WAITING} else again
    if standing is not None and result.ok:
        standing.gave(name, result.result)
    return StepDone(step, result, _as_expected(step.wanted, result), asked)


async def _patiently(
    ask: Callable[..., Coroutine[Any, Any, ToolResult]], chance: "_Chance | None", passing: frozenset[str], **more: Any
) -> tuple[ToolResult, int]:
    """Ask as whoever waits would while faults may pass: a rule whose facts were not there waits for a person, too."""
    asked = 1
    result = await ask(**more)
    while chance is not None and result.error in passing and asked <= 2 * _MOST_MISHAPS:
        asked += 1
        result = await ask(**more)
    return result, asked


async def _survived(asking: Coroutine[Any, Any, ToolResult]) -> ToolResult:
    """What came of it, also for the process that comes after one that was killed at it: nothing, so it asks again."""
    try:
        return await asking
    except _Killed:
        return ToolResult(ok=False, error=ToolLate.code, effect="unknown")


def _as_in_a_call(step: Step) -> bool:
    return step.said is not None or step.verified in LEVELS


def _as_expected(wanted: Any, result: ToolResult) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, Mapping) and wanted and wanted.keys() <= {"ok", "error", "result", "status", "effect"}:
        shown = {
            "ok": result.ok, "error": result.error, "result": result.result, "status": result.status,
            "effect": result.effect,
        }  # fmt: skip
        return all(_holds(value, shown[name]) for name, value in wanted.items())
    if isinstance(wanted, str):
        return wanted in {result.error, result.status}
    return result.ok and _holds(wanted, result.result)


def _holds(wanted: Any, found: Any) -> bool:
    """Whether what was found holds all that is wanted; more fields are allowed."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and _holds(wanted[name], found[name]) for name in wanted
        )
    return bool(wanted == found) or (wanted is None and found == "")


@dataclass
class _Chance:
    """What goes wrong, by a seed."""

    rng: random.Random
    thrown: int = 0
    in_a_row: dict[str, int] = field(default_factory=dict)

    def mishap(self, key: str) -> str:
        """What happens to this attempt; empty: nothing."""
        if self.in_a_row.get(key, 0) >= _MOST_MISHAPS or self.rng.random() < 0.5:
            return ""
        self.in_a_row[key] = self.in_a_row.get(key, 0) + 1
        self.thrown += 1
        return self.rng.choice(_MISHAPS)

    def asked_again(self) -> bool:
        """Whether the same wish comes once more, as after a resume."""
        return self.rng.random() < _ASKED_AGAIN


class _Faulty:
    """A tool behind a bad network."""

    def __init__(self, tool: AnyTool, chance: _Chance) -> None:
        self._tool = tool
        self._chance = chance
        self.spec: ToolSpec = replace(tool.spec, retry=Retry(tool.spec.retry.attempts, 1))

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        name, mishap = self.spec.name, self._chance.mishap(call)
        match mishap:
            case "down":
                raise BackendBroken(name, "thrown in: it is down")
            case "late before":
                raise ToolLate(name, "thrown in: nothing arrived")
            case "broken before":
                raise BackendFailed(name, "thrown in: 500 before anything was done")
        tool = self._tool
        if isinstance(tool, RemoteTool):
            result = await tool.ask(call, arguments, deadline_ms)
        else:
            result = await asyncio.to_thread(tool.run, call, arguments, deadline_ms)
        match mishap:
            case "late after":
                raise ToolLate(name, "thrown in: the answer was lost")
            case "broken after":
                raise BackendFailed(name, "thrown in: 500 after it was done")
            case "killed after":
                raise _Killed
            case "malformed after":
                raise ToolMalformed(name, "thrown in: half an answer")
        return result


class _Waiting:
    """A queue in which nobody looks: what needs approval waits."""

    async def ask(self, asked: Asked) -> ToolResult:
        """See Approvals."""
        return ToolResult(ok=False, error=WAITING, id=f"waiting/{asked.write.key}")
