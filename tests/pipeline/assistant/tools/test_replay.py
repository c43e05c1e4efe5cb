import asyncio
import json
from datetime import date
from pathlib import Path

import pytest

from pipeline.assistant.tools.replay import Step, TraceInvalid, read_trace, replay
from pipeline.line.load import load_line

pytestmark = pytest.mark.adapter

LINES = Path(__file__).resolve().parents[4] / "lines"
TODAY = date(2026, 11, 23)
CHANGE = {"order_number": "47129", "new_date": "2026-12-01"}
STEPS = [
    Step(tool="order_status", arguments={"order_number": "19447"}, expected={"returnable": True}),
    Step(tool="start_return", arguments={"order_number": "19447", "reason": "damaged"}, expected={"reference": "R701"}),
    Step(tool="shop.request_delivery_change", arguments=CHANGE, expected={"accepted": True, "reference": "D401"}),
    Step(tool="request_delivery_change", arguments=CHANGE, expected={"reference": "D402"}),
    Step(tool="start_return", arguments={"order_number": "90614", "reason": "x"}, expected={"accepted": False}),
    Step(tool="start_return", arguments={"order_number": "19"}, expected={"error": "bad_arguments"}),
    Step(tool="nothing", expected={"ok": False, "error": "unknown_tool"}),
]


def run(example_line, folder, steps=STEPS, **more):
    folder.mkdir()
    return asyncio.run(replay(example_line, steps, folder, lambda: TODAY, **more))


def test_a_trace_is_replayed_and_the_backends_state_given(example_line, tmp_path):
    done = run(example_line, tmp_path / "clean")
    assert done.good
    assert [(row["order_number"], row["reason"]) for row in done.state["returns"]] == [("19447", "damaged")]
    assert [row["new_date"] for row in done.state["delivery_requests"]] == ["2026-12-01"] * 2
    assert "effects" not in done.state


def test_timeouts_lost_answers_and_repetitions_change_nothing(example_line, tmp_path):
    clean = run(example_line, tmp_path / "clean")
    thrown = 0
    for seed in range(12):
        faulty = run(example_line, tmp_path / str(seed), seed=seed)
        assert faulty.state == clean.state
        assert faulty.good, [done for done in faulty.steps if not done.as_expected]
        thrown += faulty.mishaps
    assert thrown > 40


@pytest.mark.parametrize("seed", [None, 1, 2, 3, 4])
def test_the_same_return_wished_for_twice_is_one(example_line, tmp_path, seed):
    wish = Step(tool="start_return", arguments={"order_number": "19447", "reason": "damaged"})
    done = run(example_line, tmp_path / "twice", [wish, wish], seed=seed)
    assert [one.result.result.get("reference") for one in done.steps] == ["R701", "R701"]
    assert len(done.state["returns"]) == 1


@pytest.mark.parametrize("seed", range(8))
def test_what_a_rule_refuses_is_not_done_where_people_say_yes_to_everything(tmp_path, seed):
    old = Step(tool="refund", arguments={"workspace": "30114", "invoice": "7005"}, expected="ruled_out")
    done = run(load_line(LINES / "saas"), tmp_path / "saas", [old], seed=seed, approve=True)
    assert done.good
    assert done.state["refunds"] == []


@pytest.mark.parametrize("wrong", [[1], "12345", 7])
def test_arguments_that_are_no_object_are_refused_and_the_rest_goes_on(example_line, tmp_path, wrong):
    path = tmp_path / "trace.json"
    steps = [{"tool": "order_status", "arguments": wrong, "expected": "bad_arguments"}, {"tool": "order_status"}]
    path.write_text(json.dumps([*steps, {**steps[1], "arguments": None}]))
    done = run(example_line, tmp_path / "wrong", read_trace(path))
    assert done.good
    assert {one.result.error for one in done.steps} == {"bad_arguments"}


def test_the_same_seed_throws_in_the_same(example_line, tmp_path):
    one, other = (run(example_line, tmp_path / name, seed=7) for name in ("one", "other"))
    assert (one.mishaps, [done.asked for done in one.steps]) == (other.mishaps, [done.asked for done in other.steps])


def test_what_is_not_as_expected_is_told(example_line, tmp_path):
    steps = [Step(tool="order_status", arguments={"order_number": "19447"}, expected={"item": "tent"})]
    (done,) = run(example_line, tmp_path / "clean", steps).steps
    assert not done.as_expected


def test_a_trace_with_what_was_said_enforces_ids(example_line, tmp_path):
    steps = [
        Step(tool="order_status", arguments={"order_number": "19447"}, said="hello", expected={"error": "unknown_id"}),
        Step(tool="order_status", arguments={"order_number": "19447"}, said="one nine four four seven"),
    ]
    done = run(example_line, tmp_path / "clean", steps)
    assert done.good
    assert done.steps[1].result.ok


@pytest.mark.parametrize("expected", ["expected", "expected result", "expected_result", "result"])
@pytest.mark.parametrize("around", [None, "trace", "steps", "calls"])
def test_a_trace_is_read_however_it_is_written(tmp_path, expected, around):
    entries = [{"tool": "x", "arguments": {"a": 1}, expected: {"b": 2}, "note": "more"}]
    path = tmp_path / "trace.json"
    path.write_text(json.dumps({around: entries} if around else entries))
    (step,) = read_trace(path)
    assert (step.tool, step.arguments, step.wanted) == ("x", {"a": 1}, {"b": 2})


@pytest.mark.parametrize("content", ["", "{}", '[{"arguments": {}}]', '[{"tool": 3}]', "[" * 100_000])
def test_what_is_no_trace_is_said_so(tmp_path, content):
    path = tmp_path / "trace.json"
    path.write_text(content)
    with pytest.raises(TraceInvalid, match=r"trace\.json"):
        read_trace(path)
