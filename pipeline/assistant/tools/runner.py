"""Runs a line's tools: admitted, ruled, each within its deadline, every write once, every outcome of one kind.

The decisions are in cores (admission, business_rules, errand); here is what they need done.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Protocol

import structlog

from pipeline.assistant.tools.admission import admit, admit_arguments, key_of
from pipeline.assistant.tools.asking import Asking, now_ms
from pipeline.assistant.tools.business_rules import NO_RULES, Rules, Ruling, in_language
from pipeline.assistant.tools.errand import (
    Attempt,
    Check,
    Errand,
    ErrandEvent,
    LookedUp,
    Pause,
    Settle,
    Waited,
)
from pipeline.assistant.tools.judging import Judging
from pipeline.assistant.tools.ledger import Entry, Ledger, MemoryLedger, Write, WriteState, same
from pipeline.assistant.tools.outcome import WAITING, ToolResult
from pipeline.assistant.tools.port import (
    AnyTool,
    ArgumentsInvalid,
    BackendBroken,
    Contradiction,
    Discarded,
    RuledOut,
    ToolError,
    ToolUnknown,
)
from pipeline.assistant.tools.standing import Standing
from recordings.errors import StoreUnavailable

__all__ = ["Approvals", "Asked", "ToolResult", "ToolRunner"]

WORKERS: Final = 8
"""Tools are I/O; a local SQLite lookup takes under 1 ms."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A write that needs a person's yes."""

    write: Write
    reason: str
    """The tool's risk class, or the rule that asks."""
    turn: str
    caller_number: str
    verified: str


class Approvals(Protocol):
    """The queue in which people approve."""

    async def ask(self, asked: Asked) -> ToolResult:
        """Put it there, once for its key: it waits, or what people decided already. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """One call of one tool, on its way."""

    tool: AnyTool
    write: Write
    standing: Standing
    reply: str
    until_ms: int
    approved: bool = False

    @property
    def name(self) -> str:
        return self.write.tool

    @property
    def arguments(self) -> Mapping[str, Any]:
        return self.write.arguments


class ToolRunner:
    """The tools of one line, shared by its calls. Safe to use from one event loop."""

    def __init__(
        self,
        tools: Mapping[str, AnyTool],
        workers: int = WORKERS,
        *,
        rules: Rules = NO_RULES,
        ledger: Ledger | None = None,
        approvals: Approvals | None = None,
        today: Callable[[], date] | None = None,
        closes: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """tools: by the names that the line's steps use. Without a ledger, writes are kept for this process only.

        closes: what ends the tools' connections.
        """
        self._asking = Asking(tools, workers)
        self._rules = rules
        self._ledger = ledger or MemoryLedger()
        self._approvals = approvals
        self._judging = Judging(self._asking, rules, today)
        self._closes = closes
        self._writes: dict[str, asyncio.Task[Settle]] = {}

    @property
    def tools(self) -> Mapping[str, AnyTool]:
        """By the names that the line's steps use."""
        return self._asking.tools

    def wrap(self, around: Callable[[AnyTool], AnyTool]) -> None:
        """Put something around every tool: before the first call."""
        self._asking.tools = {name: around(tool) for name, tool in self.tools.items()}

    async def run(
        self,
        call: str,
        name: str,
        arguments: Mapping[str, Any],
        deadline_ms: int,
        *,
        standing: Standing | None = None,
        reply: str = "",
        approved: bool = False,
        supervised: bool = False,
    ) -> ToolResult:
        """Run a tool; its failures are results, not exceptions.

        call is the idempotency key: unique among all calls of all callers (say f"{call_id}/{call}"), and the same when
        the same wish is run again. Cancelling abandons the result, not the effect.
        standing: the call's; None: an operator asks, whose ids are not doubted. reply: the model's reply that wants it.
        approved: a person said yes: rules and verification were looked at when the call asked.
        supervised: a person has to say yes to what changes anything, whatever its risk class.
        """
        began_ms = now_ms()
        try:
            outcome = await self._run(
                call, name, arguments, deadline_ms, standing, reply, approved=approved, supervised=supervised
            )
        except ToolError as wrong_way:
            outcome = ToolResult(ok=False, error=wrong_way.code, say=wrong_way.say)
        except StoreUnavailable as lost:
            _log.error("tool not run", tool=name, reason=str(lost))
            outcome = ToolResult(ok=False, error=BackendBroken.code)
        return replace(outcome, took_ms=now_ms() - began_ms)

    def close(self) -> None:
        """Take no more calls. What runs is waited for, so that no write is cut in two."""
        self._asking.close()

    async def drained(self) -> None:
        """Return once no write is on its way any more."""
        while self._writes:
            await asyncio.wait([*self._writes.values()])

    async def end(self) -> None:
        """Wait for writes on their way, then close every connection. Blocks no longer than the longest deadline."""
        await self.drained()
        for close in self._closes:
            await close()
        await asyncio.to_thread(self.close)

    async def _run(
        self,
        call: str,
        name: str,
        arguments: Mapping[str, Any],
        deadline_ms: int,
        standing: Standing | None,
        reply: str,
        *,
        approved: bool,
        supervised: bool,
    ) -> ToolResult:
        tool = self.tools.get(name)
        if tool is None:
            raise ToolUnknown(name, "the line binds no such tool")
        spec = tool.spec
        admit_arguments(name, spec, arguments)
        if standing is not None and not approved:
            admit(name, spec, arguments, standing, reply)
        here = standing or Standing(call.partition("/")[0])
        write = Write(key_of(call, name, spec, arguments), name, dict(arguments), here.call_id, here.line)
        wish = _Wish(tool, write, here, reply, now_ms() + deadline_ms, approved)
        ruling = Ruling() if approved else await self._judging.ruling(write, here, wish.until_ms)
        if ruling.verdict == "refuse":
            raise RuledOut(name, f"rule {ruling.rule!r}", in_language(ruling.say, wish.standing.language))
        watched = spec.risk == "approval_only" or (supervised and spec.writes)
        if not approved and (ruling.verdict == "approve" or watched):
            return await self._ask_people(wish, ruling)
        settled = await (self._once(wish) if spec.writes else self._carried_out(wish))
        return self._outcome(wish, settled)

    # Rules and people

    async def _ask_people(self, wish: _Wish, ruling: Ruling) -> ToolResult:
        say = in_language(ruling.say, wish.standing.language)
        if self._approvals is None:
            raise RuledOut(wish.name, "it needs approval, and nobody is there to give it", say)
        reason = f"rule: {ruling.rule}" if ruling.rule else wish.tool.spec.risk
        here = wish.standing
        told = await self._approvals.ask(Asked(wish.write, reason, here.turn, here.caller_number, here.verified))
        return replace(told, say=say) if told.error == WAITING and say else told

    # Carrying out

    async def _once(self, wish: _Wish) -> Settle:
        """A write: whoever asks for it again while it runs gets the same outcome."""
        key = wish.write.key
        running = self._writes.get(key)
        if running is None:
            running = asyncio.get_running_loop().create_task(self._written(wish), name=f"write {key}")
            self._writes[key] = running
            running.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(running)

    def _forget(self, key: str, done: "asyncio.Task[Settle]") -> None:
        self._writes.pop(key, None)
        if not done.cancelled():
            done.exception()  # seen: who asked may be gone

    async def _written(self, wish: _Wish) -> Settle:
        known = await self._ledger.begin(wish.write)
        if known is not None and not (known.write.tool == wish.name and same(known.write.arguments, wish.arguments)):
            raise ArgumentsInvalid(wish.name, "this call reference belongs to another wish")
        if known is not None and not known.open:
            return Settle(ok=True, effect="done", result=known.result)
        if wish.reply and wish.standing.discarded(wish.reply):
            await self._ledger.settle(Entry(wish.write, "failed", {}, Discarded.code))
            raise Discarded(wish.name, "the reply that wanted it was thrown away")
        settled = await self._carried_out(wish, unfinished=known is not None)
        try:
            await self._ledger.settle(_entry(wish.write, settled))
        except StoreUnavailable as lost:  # the ledger says "started": asked again, it is looked up and not repeated
            _log.error("end of a write not noted", tool=wish.name, key=wish.write.key, reason=str(lost))
        return settled

    async def _carried_out(self, wish: _Wish, *, unfinished: bool = False) -> Settle:
        errand = Errand(wish.tool.spec, now_ms(), wish.until_ms - now_ms())
        action = errand.begin(now_ms(), unfinished=unfinished)
        while not isinstance(action, Settle):
            action = errand.handle(await self._done(wish, action))
        return action

    async def _done(self, wish: _Wish, action: Attempt | Pause | Check) -> ErrandEvent:
        match action:
            case Attempt(within_ms=within_ms):
                return await self._asking.attempt(wish.tool, wish.name, wish.write.key, wish.arguments, within_ms)
            case Pause(wait_ms=wait_ms):
                await asyncio.sleep(wait_ms / 1000)
                return Waited(now_ms())
            case Check(within_ms=within_ms):
                how = wish.tool.spec.look_up
                if how is None:
                    return LookedUp(now_ms(), None)
                return await self._asking.look_up(how, wish.write.key, wish.arguments, within_ms)

    def _outcome(self, wish: _Wish, settled: Settle) -> ToolResult:
        key = wish.write.key if wish.tool.spec.writes else ""
        if not settled.ok:
            return ToolResult(
                ok=False,
                error=settled.error,
                effect=settled.effect,
                id=key,
                say=settled.say,
                attempts=settled.attempts,
            )
        results = {**wish.standing.results, wish.name: settled.result}
        against = self._rules.disagreement(results)
        if against is not None and not wish.tool.spec.writes:
            raise Contradiction(wish.name, against.name, in_language(against.say, wish.standing.language))
        return ToolResult(ok=True, result=settled.result, effect=settled.effect, id=key, attempts=settled.attempts)


def _entry(write: Write, settled: Settle) -> Entry:
    state: WriteState = "failed"
    if settled.ok:
        state = "done"
    elif settled.effect == "unknown":
        state = "checking"
    return Entry(write, state, settled.result, settled.error, settled.attempts)
