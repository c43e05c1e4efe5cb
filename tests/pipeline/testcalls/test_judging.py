"""What makes a test call fail: each expectation, broken once."""

from typing import Any

import pytest

from pipeline.line.errors import LineInvalid
from pipeline.testcalls.judging import at_path, call_failures, holds, step_failures, text_failures, value_failure
from pipeline.testcalls.script import Afterwards, Step, TextSeen, read_calls
from recordings.events import Event

pytestmark = pytest.mark.unit

DATA: list[tuple[str, dict[str, Any]]] = [
    ("turn.understood", {"turn": "t1", "intent": "refund", "confidence": 1.0, "slots": {"order": "12345"}}),
    ("tool.called", {"turn": "t1", "call": "k1", "tool": "refund",
                     "arguments": {"order": "12345", "cents": 5}}),
    ("tool.returned", {"turn": "t1", "call": "k1", "tool": "refund", "ok": True, "result": {"id": "R1"},
                       "error": "", "took_ms": 1, "status": "done"}),
    ("assistant.speaks", {"utterance": "a1", "turn": "t1", "text": "Your refund is prepared.",
                          "purpose": "reply"}),
    ("turn.answered", {"turn": "t1", "sources": [{"document": "refunds.md", "section": "s", "title": "t"}]}),
    ("message.taken", {"turn": "t1", "queue": "support", "text": "hi", "start_ms": 0, "end_ms": 0}),
    ("call.ended", {"outcome": "completed", "reason": "done"}),
]  # fmt: skip
LOG = [Event("local", "CA1", number, 0, "", kind, data) for number, (kind, data) in enumerate(DATA, 1)]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"says": "refund is  PREPARED"}, {"says": "refunded"}),
        ({"not_says": "refunded"}, {"not_says": ["prepared"]}),
        ({"intent": "refund"}, {"intent": "order_status"}),
        ({"slots": {"order": "12345"}}, {"slots": {"order": "1"}}),
        ({"sources": "refunds"}, {"sources": "shipping"}),
        ({"tools": [{"name": "refund", "arguments": {"order": "12345"}}]}, {"tools": []}),
        ({"tools": [{"name": "refund", "result": {"id": "R1"}}]}, {"tools": [{"name": "refund", "result": {"id": 2}}]}),
        ({"tools": [{"name": "refund", "status": "done"}]}, {"tools": [{"name": "refund", "status": "waiting"}]}),
        ({"tools": [{"name": "refund"}]}, {"tools": [{"name": "refund", "arguments": {"cents": 6}}]}),
        ({"events": [{"kind": "message.taken", "data": {"queue": "support"}}]}, {"events": [{"kind": "call.resumed"}]}),
    ],
)
def test_an_expectation_of_a_step_fails_when_it_is_not_met(right, wrong):
    assert not list(step_failures(Step(caller="hello", **right), LOG))
    assert len(list(step_failures(Step(caller="hello", **wrong), LOG))) == 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ({"outcome": "completed"}, {"outcome": "message_taken"}),
        ({"never_said": "your refund was paid"}, {"never_said": ["is prepared"]}),
        ({"tools": {"refund": 1, "block": 0}}, {"tools": {"refund": 2}}),
        ({"messages": {"support": 1}}, {"messages": {"fraud": 1}}),
    ],
)
def test_an_expectation_of_the_call_fails_when_it_is_not_met(right, wrong):
    assert not list(call_failures(Afterwards(**right), LOG))
    assert len(list(call_failures(Afterwards(**wrong), LOG))) == 1


def test_a_state_is_a_value_or_rows_with_some_columns():
    rows = [{"item": "tent", "cents": 5}]
    assert not value_failure("tent", rows)
    assert not value_failure([{"cents": 5}], rows)
    assert value_failure([], rows)
    assert value_failure([{"cents": 6}], rows)
    assert value_failure(0, [])
    assert value_failure(None, []) == ""


def test_a_path_leads_through_tables_and_rows():
    state = {"returns": [{"reason": "damaged"}]}
    assert at_path(state, "returns.0.reason") == "damaged"
    assert at_path(state, "returns.1.reason") is None
    assert at_path(state, "refunds") is None


def test_more_fields_than_wanted_are_allowed():
    assert holds({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3})
    assert not holds({"a": {"b": 1}}, {"a": {}})
    assert holds([{"a": 1}], [{"a": 1, "b": 2}])
    assert not holds([], [{"a": 1}])


def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path):
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a.yaml").write_text(
        "calls:\n  - name: one\n    steps:\n      - {caller: hi, keys: '1'}\n  - name: two\n    steps: [{sayz: hi}]\n"
    )
    with pytest.raises(LineInvalid) as wrong:
        read_calls(tmp_path)
    told = [str(problem) for problem in wrong.value.problems]
    assert any("exactly one of caller, keys" in one and "a.yaml" in one for one in told)
    assert any("sayz" in one for one in told)


def test_two_calls_of_one_name_are_refused(tmp_path):
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a.yaml").write_text("calls:\n" + 2 * "  - {name: one, steps: [{caller: hi}]}\n")
    with pytest.raises(LineInvalid, match="two calls named"):
        read_calls(tmp_path)


SENT = (("+14155550101", "Your code is 123456."), ("+14155550102", "Booked."))


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ({"holds": "your code"},),
        ({"holds": "your code"}, {"to": "+14155550101"}),
        ({"holds": "another"}, {"to": "+14155550102"}),
    ],
)
def test_texts_are_all_that_were_sent_in_their_order(wrong):
    right = [{"to": "+14155550101", "holds": "your code"}, {"holds": "BOOKED"}]
    assert not list(text_failures([TextSeen(**one) for one in right], SENT))
    assert len(list(text_failures([TextSeen(**one) for one in wrong], SENT))) == 1
