"""Writes: once for their key, whatever is lost, cancelled or asked again."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from pipeline.assistant.languages.reading import languages
from pipeline.assistant.tools.business_rules import Disagreement, FactSource, Rule, Rules
from pipeline.assistant.tools.ledger import Entry, MemoryLedger, Write
from pipeline.assistant.tools.outcome import ToolResult
from pipeline.assistant.tools.port import BackendBroken, BackendFailed, LookUp, Retry, ToolSpec
from pipeline.assistant.tools.runner import Asked, ToolRunner
from pipeline.assistant.tools.standing import Standing
from pipeline.line.expression import Expression
from recordings.errors import StoreUnavailable

pytestmark = pytest.mark.unit

ORDER = {"type": "object", "properties": {"order_id": {"type": "string"}, "amount": {"type": "number"}}}
FIND = ToolSpec("crm.find", "finds", ORDER, {"type": "object"}, "read_only", retry=Retry(1))
REFUND = ToolSpec("crm.refund", "refunds", ORDER, {"type": "object"}, "automated", retry=Retry(2, 10))


@dataclass(frozen=True)
class FakeTool:
    spec: ToolSpec
    act: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del deadline_ms
        return self.act(call, arguments)


class Bank:
    """A system that remembers what was done, and loses its answers when it is told to."""

    def __init__(self, *, loses: int = 0) -> None:
        self.done: list[str] = []
        self.asked = 0
        self.loses = loses

    def refund(self, call: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        del arguments
        self.asked += 1
        self.done.append(call)
        if self.loses:
            self.loses -= 1
            raise BackendFailed("refund", "500")
        return {"id": f"r{len(self.done)}"}

    def find(self, call: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        del call
        key = arguments.get("order_id", "")
        return {"found": key in self.done, "id": "r1", "paid": 30, "days": 40}


def call(tools, *wishes, rules=None, ledger=None, approvals=None) -> list[ToolResult]:
    """Run wishes one after another: (key, tool, arguments, more)."""

    async def scenario() -> list[ToolResult]:
        runner = ToolRunner(
            tools, rules=rules or Rules(), ledger=ledger, approvals=approvals, today=lambda: date(2026, 11, 23)
        )
        results = [await runner.run(key, tool, arguments, 2000, **more) for key, tool, arguments, more in wishes]
        runner.close()
        return results

    return asyncio.run(scenario())


def refunds(bank: Bank, spec: ToolSpec = REFUND) -> dict[str, Any]:
    return {"refund": FakeTool(spec, bank.refund), "find": FakeTool(FIND, bank.find)}


WISH: tuple[str, str, dict[str, Any], dict[str, Any]] = ("CA1/k1", "refund", {"order_id": "17", "amount": 3}, {})


def test_the_same_key_gives_the_first_result_and_does_nothing():
    bank = Bank()
    first, again = call(refunds(bank), WISH, WISH)
    assert (first.ok, first.effect, first.id, first.result) == (True, "done", "CA1/k1", {"id": "r1"})
    assert again.result == first.result
    assert bank.done == ["CA1/k1"]


def test_a_key_belongs_to_one_wish():
    bank = Bank()
    _, other = call(refunds(bank), WISH, ("CA1/k1", "refund", {"order_id": "18"}, {}))
    assert other.error == "bad_arguments"
    assert bank.asked == 1


def test_a_tool_may_say_which_arguments_make_a_wish_the_same_one_in_a_call():
    bank = Bank()
    tools = refunds(bank, replace(REFUND, key=("order_id",)))
    call(tools, WISH, ("CA1/k2", *WISH[1:]), ("CA2/k1", *WISH[1:]))
    assert len(bank.done) == 2


def test_a_lost_answer_is_checking_and_asking_again_does_not_repeat_it():
    bank = Bank(loses=1)
    first, again = call(refunds(bank), WISH, WISH)
    assert [first.error, again.error] == ["checking", "checking"]
    assert (first.status, first.effect) == ("checking", "unknown")
    assert bank.asked == 1


def test_a_lost_answer_is_looked_up_where_the_line_says_how():
    bank = Bank(loses=1)
    how = LookUp("find", {"order_id": "{key}"}, "result.found", {"id": "{result.id}"})
    (result,) = call(refunds(bank, replace(REFUND, look_up=how)), WISH)
    assert (result.ok, result.effect, result.result) == (True, "done", {"id": "r1"})
    assert bank.asked == 1


def test_what_another_process_began_is_looked_up_and_not_begun_anew():
    async def scenario() -> tuple[ToolResult, int]:
        ledger, bank = MemoryLedger(), Bank()
        await ledger.begin(Write("CA1/k1", "refund", WISH[2]))
        runner = ToolRunner(refunds(bank), ledger=ledger)
        result = await runner.run(*WISH[:3], 2000)
        runner.close()
        return result, bank.asked

    result, asked = asyncio.run(scenario())
    assert (result.error, asked) == ("checking", 0)


def test_whoever_asks_while_it_runs_gets_the_same_outcome():
    go, asked = threading.Event(), []

    def slow(key: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del arguments, deadline_ms
        asked.append(key)
        go.wait(5)
        return {"id": "r1"}

    @dataclass(frozen=True)
    class Blocking:
        run: Any
        spec: ToolSpec = REFUND

    async def scenario() -> list[ToolResult]:
        runner = ToolRunner({"refund": Blocking(slow)})
        async with asyncio.TaskGroup() as tasks:
            both = [tasks.create_task(runner.run(*WISH[:3], 5000)) for _ in range(2)]
            await asyncio.sleep(0.01)
            go.set()
        runner.close()
        return [task.result() for task in both]

    one, other = asyncio.run(scenario())
    assert one.result == other.result == {"id": "r1"}
    assert asked == ["CA1/k1"]


def test_who_hangs_up_does_not_cut_a_write_in_two():
    bank, began, go = Bank(), asyncio.Event(), asyncio.Event()

    @dataclass(frozen=True)
    class Slow:
        spec: ToolSpec = REFUND

        async def ask(self, key: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
            del deadline_ms
            began.set()
            await go.wait()
            return bank.refund(key, arguments)

    async def scenario() -> Entry | None:
        ledger = MemoryLedger()
        runner = ToolRunner({"refund": Slow()}, ledger=ledger)
        asking = asyncio.create_task(runner.run(*WISH[:3], 2000))
        await began.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        go.set()
        await runner.drained()
        runner.close()
        return await ledger.entry("CA1/k1")

    entry = asyncio.run(scenario())
    assert entry is not None
    assert (entry.state, entry.result) == ("done", {"id": "r1"})


def test_without_a_ledger_that_keeps_it_nothing_is_asked_for():
    class Lost(MemoryLedger):
        async def begin(self, write: Write) -> Entry | None:
            raise StoreUnavailable(f"no disk for {write.key}")

    bank = Bank()
    (result,) = call(refunds(bank), WISH, ledger=Lost())
    assert (result.error, result.effect, bank.asked) == ("unavailable", "none", 0)


@pytest.mark.parametrize("when", ["before", "while it is noted"])
def test_a_discarded_reply_does_nothing(when):
    standing, bank = Standing("CA1", constants=["17"]), Bank()

    class Interrupts(MemoryLedger):
        async def begin(self, write: Write) -> Entry | None:
            standing.discard("m1")
            return await super().begin(write)

    if when == "before":
        standing.discard("m1")
    wish = (*WISH[:3], {"standing": standing, "reply": "m1"})
    (result,) = call(refunds(bank), wish, ledger=Interrupts())
    assert (result.error, result.status, bank.asked) == ("discarded", "refused", 0)


def test_a_made_up_id_is_refused_before_anything_is_asked():
    standing, bank = Standing("CA1"), Bank()
    standing.said("please refund order eighteen")
    wish = (*WISH[:3], {"standing": standing, "reply": "m1"})
    (made_up,) = call(refunds(bank), wish)
    standing.said("sorry, seventeen")
    (said,) = call(refunds(bank), wish)
    (step,) = call(refunds(bank), ("CA1/k2", "refund", {"order_id": "18"}, {"standing": standing}))
    assert (made_up.error, said.ok, step.ok) == ("unknown_id", True, True)
    assert bank.asked == 2


@pytest.mark.parametrize("given", [False, True])
def test_a_step_of_the_line_has_its_ids_from_the_call_too(given: bool):
    standing, bank = Standing("CA1"), Bank()
    if given:
        standing.gave("find", {"order": {"id": "99"}})
    (result,) = call(refunds(bank), ("CA1/k2", "refund", {"order_id": "99"}, {"standing": standing}))
    assert (result.ok, result.error, bank.asked) == ((True, "", 1) if given else (False, "unknown_id", 0))


def test_verification_is_enforced_by_the_runner():
    standing, bank = Standing("CA1", constants=["17"]), Bank()
    tools = refunds(bank, replace(REFUND, verification="one_time_code"))
    wish = (*WISH[:3], {"standing": standing})
    standing.verify("knowledge", {"customer_id": "c1"})
    (refused,) = call(tools, wish)
    standing.verify("one_time_code", {})
    standing.verify("claimed", {})
    (allowed,) = call(tools, wish)
    assert (refused.error, allowed.ok) == ("not_verified", True)


def rule(when, then, say="", **facts):
    return Rule(f"{then} rule", "refund", Expression.parse(when), then, say, facts)


ORDER_FACT = FactSource("find", {"order_id": "{order_id}"})


@pytest.mark.row(189)
@pytest.mark.parametrize(
    ("rules", "error", "say", "asked"),
    [
        ([rule("arguments.amount > 50.0", "refuse", "Too much.")], "", "", 1),
        ([rule("arguments.amount > 2.0", "refuse", "Too much.")], "ruled_out", "Too much.", 0),
        ([rule("order.days > 30", "refuse", "Too late.", order=ORDER_FACT)], "ruled_out", "Too late.", 0),
        ([rule("order.days > 30", "allow", order=ORDER_FACT), rule("true", "refuse")], "", "", 1),
        ([rule("order.days > 30", "refuse", "Too late.")], "ruled_out", "", 0),  # nobody said where the fact comes from
    ],
)
def test_rules_decide_before_the_tool_is_asked(rules, error, say, asked):
    bank = Bank()
    (result,) = call(refunds(bank), WISH, rules=Rules(tuple(rules)))
    assert (result.error, result.say, bank.asked) == (error, say, asked)


@pytest.mark.row(189, 8)
@pytest.mark.parametrize(("speaks", "told"), [("es", "Es demasiado."), ("en", "Too much."), ("de", "Too much.")])
def test_what_a_rule_says_is_told_in_the_callers_language(speaks, told):
    standing = Standing("CA1", constants=["17"], tongues=languages())
    standing.speaks(speaks)
    too_much = rule("arguments.amount > 2.0", "refuse", {"en": "Too much.", "es": "Es demasiado."})
    (result,) = call(refunds(Bank()), (*WISH[:3], {"standing": standing}), rules=Rules((too_much,)))
    assert result.say == told


class Queue:
    def __init__(self) -> None:
        self.asked: list[Asked] = []

    async def ask(self, asked: Asked) -> ToolResult:
        self.asked.append(asked)
        return ToolResult(ok=False, error="needs_approval", id="apr_1")


@pytest.mark.parametrize(
    ("spec", "rules", "reason"),
    [
        (replace(REFUND, risk="approval_only"), [], "approval_only"),
        (REFUND, [rule("arguments.amount > 2.0", "approve", "A colleague looks at it.")], "rule: approve rule"),
        (REFUND, [rule("nobody.knows", "refuse")], "rule: refuse rule"),
    ],
)
def test_what_needs_a_persons_yes_waits_for_it(spec, rules, reason):
    bank, queue = Bank(), Queue()
    waits, approved = call(
        refunds(bank, spec), WISH, (*WISH[:3], {"approved": True}), rules=Rules(tuple(rules)), approvals=queue
    )
    assert (waits.status, waits.id, waits.effect) == ("waiting", "apr_1", "none")
    assert [asked.reason for asked in queue.asked] == [reason]
    assert approved.ok
    assert bank.asked == 1


def test_what_is_supervised_waits_for_a_persons_yes_when_it_changes_something():
    bank, queue = Bank(), Queue()
    waits, finds = call(
        refunds(bank),
        (*WISH[:3], {"supervised": True}),
        ("CA1/k9", "find", {"order_id": "17"}, {"supervised": True}),
        approvals=queue,
    )
    assert (waits.status, bank.asked, len(queue.asked)) == ("waiting", 0, 1)
    assert finds.ok


def test_two_systems_that_disagree_are_said_so():
    bank, standing = Bank(), Standing("CA1", constants=["17"])
    standing.gave("order", {"status": "shipped"})
    apart = Disagreement("shipped or not", Expression.parse('order.status == "shipped" && !find.found'))
    (result,) = call(
        refunds(bank), ("CA1/k2", "find", {"order_id": "17"}, {"standing": standing}), rules=Rules((), (apart,))
    )
    assert (result.error, result.status) == ("contradiction", "failed")


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda *_: [], "malformed"),
        (lambda *_: {"n": "x"}, "malformed"),
        (lambda *_: int("x"), "unavailable"),
    ],
)
def test_a_read_that_makes_no_sense_is_typed(act, error):
    spec = replace(FIND, result={"type": "object", "properties": {"n": {"type": "integer"}}})
    (result,) = call({"find": FakeTool(spec, act)}, ("CA1/k1", "find", {}, {}))
    assert (result.ok, result.error, result.effect) == (False, error, "none")


def test_a_read_that_failed_once_is_asked_again():
    answers: list[Any] = [BackendBroken("find", "503"), {"n": 1}]

    def act(*_: Any) -> Mapping[str, Any]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        found: Mapping[str, Any] = answer
        return found

    (result,) = call({"find": FakeTool(replace(FIND, retry=Retry(2, 1)), act)}, ("CA1/k1", "find", {}, {}))
    assert (result.ok, result.attempts) == (True, 2)
