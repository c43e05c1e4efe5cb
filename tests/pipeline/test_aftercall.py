"""What stays of a call in a company's own records: only of who was verified, in names and not in words, once."""

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.aftercall import write_records
from pipeline.assistant.afterwards import records
from pipeline.assistant.tools.bind import runner_for
from pipeline.assistant.tools.business_rules import NO_RULES, Rule, Rules
from pipeline.assistant.tools.ledger import Entry, MemoryLedger
from pipeline.assistant.tools.outcome import WAITING, ToolResult
from pipeline.assistant.tools.port import ToolSpec
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.line import validate
from pipeline.line.expression import Expression
from pipeline.line.load import load_line
from pipeline.line.model import Settings
from tests.fakes.crm import AFTER, ENDED, FLOWS, RAISED, RINGING, SPEC, Crm, log, wants
from tests.fakes.small_line import data_of

pytestmark = pytest.mark.unit

SAAS = Path(__file__).resolve().parents[2] / "lines" / "saas"


def returned(tool: str, status: str, effect: str = "none") -> tuple[str, dict[str, Any]]:
    more = {"ok": status == "done", "result": {}, "error": "", "took_ms": 1, "status": status, "effect": effect}
    return ("tool.returned", {"turn": "t1", "call": "k1", "tool": tool, **more})


@pytest.mark.row(52)
def test_a_call_is_told_in_one_line_for_people():
    said = ("caller.said", {"utterance": "c1", "text": "my secret words", "via": "speech", "start_ms": 0, "end_ms": 1,
                            "confidence": 1.0, "alternatives": []})  # fmt: skip
    left = ("message.taken", {"turn": "t4", "queue": "billing", "text": "call me", "start_ms": 0, "end_ms": 0})
    events = log(
        RINGING, wants("subscription"), said, RAISED, returned("workspace", "done"), wants("refund"),
        returned("refund", "waiting"), returned("change_email", "done", "done"), returned("note", "failed"), left,
        ENDED,
    )  # fmt: skip
    (record,) = records(events)
    assert (record.customer, record.call, record.line, record.outcome) == ("30114", "CA1", "Larkdesk", "completed")
    assert record.summary == (
        "Asked about: subscription, refund. Done: change email. Waits for a person: refund. Did not work: note. "
        "Message left for: billing."
    )
    assert "secret" not in repr(record)


def test_nothing_is_kept_of_who_was_not_verified_nor_before_the_end():
    claimed = ("identity.raised", {**RAISED[1], "level": "claimed"})
    assert records(log(RINGING, wants("refund"), ENDED)) == []
    assert records(log(RINGING, claimed, ENDED)) == []
    assert records(log(RINGING, RAISED, wants("refund"))) == []


def test_another_speaker_has_a_part_of_their_own():
    dropped = ("identity.dropped", {"turn": "t3", "reason": "another_person"})
    other = ("identity.raised", {**RAISED[1], "customer": "30227"})
    both = records(log(RINGING, wants("refund"), RAISED, dropped, wants("cancel"), other, ENDED))
    assert [(one.customer, one.summary) for one in both] == [
        ("30114", "Asked about: refund."), ("30227", "Asked about: cancel."),
    ]  # fmt: skip
    assert len(records(log(RINGING, wants("refund"), RAISED, dropped, wants("cancel"), ENDED))) == 1


def test_who_speaks_again_after_somebody_else_has_one_record_of_both_parts():
    dropped = ("identity.dropped", {"turn": "t3", "reason": "another_person"})
    events = log(
        RINGING, wants("refund"), RAISED, returned("change_email", "done", "done"), dropped, wants("cancel"), dropped,
        wants("subscription"), RAISED, returned("note", "failed"), ENDED,
    )  # fmt: skip
    (record,) = records(events)
    assert record.customer == "30114"
    assert record.summary == "Asked about: refund, subscription. Done: change email. Did not work: note."


def test_two_customers_of_one_call_are_both_written_to_the_desks_records(tmp_path: Path):
    dropped = ("identity.dropped", {"turn": "t3", "reason": "another_person"})
    other = ("identity.raised", {**RAISED[1], "customer": "30227"})
    events = log(RINGING, wants("refund"), RAISED, dropped, wants("cancel"), other, ENDED)
    line = load_line(SAAS)

    async def write() -> list[ToolResult]:
        runner = runner_for(line, tmp_path, lambda: date(2026, 11, 23))
        try:
            return [*await write_records(line.settings, runner, events, "/calls/CA1")]
        finally:
            await runner.end()

    done = asyncio.run(write())
    assert [(one.status, one.result) for one in done] == [("done", {"logged": True})] * 2
    assert len({one.id for one in done}) == 2


def test_what_was_written_after_a_call_stands_in_the_ledger_with_its_line():
    ledger = MemoryLedger()

    async def write() -> Entry | None:
        settings, runner = Settings.model_validate(data_of(FLOWS, AFTER)), ToolRunner({"note": Crm()}, ledger=ledger)
        (done,) = await write_records(settings, runner, log(RINGING, wants("refund"), RAISED, ENDED), "")
        await runner.end()
        return await ledger.entry(done.id)

    entry = asyncio.run(write())
    assert entry is not None
    assert (entry.write.call_id, entry.write.line, entry.state) == ("CA1", "Larkdesk", "done")


def written(crm: Crm, times: int = 1, more: str = AFTER) -> list[str]:
    settings = Settings.model_validate(data_of(FLOWS, more))

    async def write() -> list[str]:
        runner = ToolRunner({"note": crm})
        try:
            events = log(RINGING, wants("refund"), RAISED, ENDED)
            done = [one for _ in range(times) for one in await write_records(settings, runner, events, "/calls/CA1")]
            return [one.status for one in done]
        finally:
            await runner.end()

    return asyncio.run(write())


@pytest.mark.row(52)
def test_it_is_written_once_for_a_call_and_customer():
    crm = Crm()
    assert written(crm, times=3) == ["done", "done", "done"]
    assert crm.notes == [{"who": "30114", "what": "Asked about: refund.", "where": "see /calls/CA1"}]


def test_a_record_that_is_down_is_a_failure_that_can_be_tried_again():
    assert written(Crm(down=9)) == ["failed"]


def test_a_line_that_keeps_no_records_writes_none():
    assert written(Crm(), more="") == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("{tool: notes}", "there is no tool 'notes'"),
        ('{tool: note, arguments: {who: "{custmer}", what: x}}', "there is no 'custmer'"),
        ('{tool: note, arguments: {who: "{customer}"}}', "also needs 'what'"),
        ('{tool: note, arguments: {who: "{customer}", what: x, when: x}}', "takes no 'when'"),
    ],
)
def test_what_does_not_fit_is_said(wrong, says):
    more = f"tools: [{{name: note, runs: crm.note}}]\nafter_call: {wrong}"
    found = validate.check(Settings.model_validate(data_of(FLOWS, more)), {"crm.note": SPEC})
    assert [one.what for one in found if says in one.what], found


def outcome(spec: ToolSpec = SPEC, rules: Rules = NO_RULES, events: Any = None, after: str = AFTER) -> Any:
    """What comes of the record with a tool like this, under these rules; and what was asked of people and written."""
    crm, people = Crm(), Asked()
    crm.spec = spec
    settings = Settings.model_validate(data_of(FLOWS, after))

    async def write() -> ToolResult:
        runner = ToolRunner({"note": crm}, rules=rules, approvals=people)
        try:
            (done,) = await write_records(settings, runner, events or log(RINGING, wants("refund"), RAISED, ENDED), "")
            return done
        finally:
            await runner.end()

    return asyncio.run(write()), people.asked, crm.notes


class Asked:
    """A queue in which nobody looks."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def ask(self, asked: Any) -> ToolResult:
        self.asked.append(asked)
        return ToolResult(ok=False, error=WAITING, id="apr_1")


def ruled(then: Any) -> Rules:
    return Rules((Rule("Only billing", "note", Expression.parse('verified == "knowledge"'), then),))


def test_a_record_is_held_to_the_lines_rules():
    refused, _, notes = outcome(rules=ruled("refuse"))
    assert (refused.error, notes) == ("ruled_out", [])
    waits, (asked,), notes = outcome(rules=ruled("approve"))
    assert (waits.status, asked.reason, asked.verified, notes) == ("waiting", "rule: Only billing", "knowledge", [])
    assert asked.turn == ""  # no caller waits for what a person says


def test_a_record_that_needs_a_persons_yes_waits_for_it():
    waits, (asked,), notes = outcome(replace(SPEC, risk="approval_only"))
    assert (waits.status, asked.write.arguments["who"], notes) == ("waiting", "30114", [])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"verification": "one_time_code"}, "not_verified"),
        ({"consent": "text"}, "no_consent"),
    ],
)
def test_a_record_needs_the_verification_and_the_consent_that_the_tool_needs(changes: Any, error: str):
    refused, _, notes = outcome(replace(SPEC, **changes))
    assert (refused.error, notes) == (error, [])


def test_ids_of_a_record_are_those_of_the_call_or_of_the_line():
    texts = {name: {"type": "string", "x-id": True} for name in ("who", "what", "where")}
    spec = replace(SPEC, arguments={"type": "object", "properties": texts})
    theirs = AFTER.replace('"{summary}"', "desk-7").replace('"see {link}"', '"{call}"')
    assert outcome(spec, after=theirs)[0].ok
    assert outcome(spec)[0].error == "unknown_id"  # a summary is no id


def test_who_was_known_better_before_somebody_else_spoke_is_served_as_such():
    dropped = ("identity.dropped", {"turn": "t3", "reason": "another_person"})
    better = ("identity.raised", {**RAISED[1], "level": "one_time_code"})
    spec = replace(SPEC, verification="one_time_code")
    assert outcome(spec, events=log(RINGING, wants("refund"), better, dropped, RAISED, ENDED))[0].ok
    assert outcome(spec, events=log(RINGING, wants("refund"), RAISED, dropped, RAISED, ENDED))[0].error


def test_a_record_that_waits_for_a_person_is_refused():
    spec = ToolSpec("crm.note", "keeps", SPEC.arguments, SPEC.result, "approval_only")
    found = validate.check(Settings.model_validate(data_of(FLOWS, AFTER)), {"crm.note": spec})
    assert any("approval_only" in one.what for one in found)
