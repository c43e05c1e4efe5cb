"""People's decisions about waiting writes, carried out: what was approved runs once, and the caller is told."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pipeline.assistant.tools.admission import admit_arguments
from pipeline.assistant.tools.approval import (
    Approval,
    NotPossible,
    Said,
    approved,
    carried_out,
    edited,
    reassigned,
    rejected,
)
from pipeline.assistant.tools.kept import KeptTools, Now, Outdated, utc_now
from pipeline.assistant.tools.outcome import ToolResult
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.standing import Standing

RunnerOf = Callable[[str], ToolRunner | None]
"""The tools of a line, by its name."""
Tell = Callable[[Approval], None]
"""Told what was decided, once it is on the disk; returns at once."""
DEADLINE_MS: Final = 10_000
"""Nobody waits on the phone for it."""


class Unknown(LookupError):
    """There is no such approval."""


class Approving:
    """What people do with the queue. Every method raises Unknown, NotPossible, Outdated or StoreUnavailable."""

    def __init__(
        self, kept: KeptTools, runner_of: RunnerOf, now: Now = utc_now, tell: Tell = lambda _decided: None
    ) -> None:
        """tell: the call that asked, where it goes on; without it callers learn of decisions when they are called."""
        self._kept = kept
        self._runner_of = runner_of
        self._now = now
        self._tell = tell

    @property
    def runner_of(self) -> RunnerOf:
        """The tools of a line, by its name."""
        return self._runner_of

    async def approve(self, approval_id: str, who: str, note: str = "", version: int | None = None) -> Approval:
        """Yes: it runs now. The caller is told what came of it, in the call or by a callback."""
        before = await self._read(approval_id, version)
        if self._runner_of(before.line) is None:
            raise NotPossible(f"no line {before.line!r} is there to carry it out")
        after, said = approved(before, who, self._now(), note)
        await self._kept.change(before, after, said, None)
        return await self._carry_out(after)

    async def edit(
        self, approval_id: str, arguments: Mapping[str, Any], who: str, version: int | None = None
    ) -> Approval:
        """Other arguments; it goes on waiting. Raises ArgumentsInvalid too."""
        before = await self._read(approval_id, version)
        runner = self._runner_of(before.line)
        tool = runner.tools.get(before.tool) if runner is not None else None
        if tool is None:
            raise NotPossible(f"line {before.line!r} has no tool {before.tool!r} any more")
        admit_arguments(before.tool, tool.spec, arguments)
        return await self._changed(before, *edited(before, arguments, who, self._now()))

    async def reject(self, approval_id: str, who: str, note: str = "", version: int | None = None) -> Approval:
        """No: the caller is told, in the call or by a callback."""
        before = await self._read(approval_id, version)
        after, said = rejected(before, who, self._now(), note)
        return await self._decided(before, after, said)

    async def reassign(self, approval_id: str, assignee: str, who: str, version: int | None = None) -> Approval:
        """Somebody else is to look at it."""
        before = await self._read(approval_id, version)
        return await self._changed(before, *reassigned(before, assignee, who, self._now()))

    async def finish_started(self) -> None:
        """Carry out what an earlier process was told to and did not finish: the same key, so nothing happens twice."""
        after = ""
        while found := await self._kept.approvals(states=("approved",), after=after):
            for one in found:
                if self._runner_of(one.line) is not None:
                    await self._carry_out(one)
            after = found[-1].id

    async def _carry_out(self, one: Approval) -> Approval:
        runner = self._runner_of(one.line)
        result = ToolResult(ok=False, error="unknown_tool")
        if runner is not None:
            of = Standing(one.call_id, one.line)
            result = await runner.run(one.key, one.tool, one.arguments, DEADLINE_MS, standing=of, approved=True)
        after, said = carried_out(one, result, self._now())
        return await self._decided(one, after, said)

    async def _decided(self, before: Approval, after: Approval, said: Said) -> Approval:
        """Kept, and told to who asked; what no turn of a call asked for (pipeline.aftercall) no caller waits for."""
        await self._kept.change(before, after, said, _callback(after) if after.turn else None)
        self._tell(after)
        return after

    async def _changed(self, before: Approval, after: Approval, said: Said) -> Approval:
        await self._kept.change(before, after, said, None)
        return after

    async def _read(self, approval_id: str, version: int | None) -> Approval:
        found = await self._kept.approval(approval_id)
        if found is None:
            raise Unknown(approval_id)
        if version is not None and version != found.version:
            raise Outdated(approval_id)
        return found


def _callback(one: Approval) -> dict[str, Any]:
    """What is needed to call the caller back and say what became of it."""
    return {
        "approval": one.id,
        "number": one.caller_number,
        "tool": one.tool,
        "arguments": dict(one.arguments),
        "outcome": one.state,
        "result": dict(one.result),
        "note": one.note,
    }
