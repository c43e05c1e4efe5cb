import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli.main import app

pytestmark = pytest.mark.adapter

EXAMPLE = Path(__file__).resolve().parents[2] / "lines" / "example"
RETURN = {"tool": "start_return", "arguments": {"order_number": "19447", "reason": "damaged"}}


def run(tmp_path, entries, *more):
    trace = tmp_path / "trace.json"
    trace.write_text(json.dumps(entries))
    return CliRunner().invoke(app, ["tools", "replay", str(trace), "--line", str(EXAMPLE), *more])


def test_a_replay_writes_the_state_and_the_same_one_under_faults(tmp_path):
    states: list[str] = []
    for more in ([], ["--faults", "3"]):
        out = tmp_path / f"state{len(states)}.json"
        result = run(tmp_path, [{**RETURN, "expected result": {"accepted": True}}], "--state-out", str(out), *more)
        assert result.exit_code == 0, result.output
        states.append(out.read_text())
    assert json.loads(states[0])["returns"] == [{"id": 1, "order_number": "19447", "reason": "damaged"}]
    assert states[0] == states[1]


def test_a_difference_is_shown_and_is_a_failure(tmp_path):
    result = run(tmp_path, [{**RETURN, "expected": {"accepted": False}}])
    assert result.exit_code == 1
    assert "differs" in result.output
    assert "R701" in result.output


@pytest.mark.parametrize(
    "more", [["--today", "tomorrow"], ["--state-out", "/no/such/folder/x.json"], ["--line", "/no/such/line"]]
)
def test_what_cannot_be_used_is_said_and_nothing_is_done(tmp_path, more):
    assert run(tmp_path, [RETURN], *more).exit_code == 2


def test_a_file_that_is_no_trace_is_said_so(tmp_path):
    assert run(tmp_path, {"tool": "x"}).exit_code == 2
