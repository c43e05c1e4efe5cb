"""`cordboard chat` and `cordboard eval`, run as operators run them."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli.main import app
from server.text_office import CACHES

pytestmark = pytest.mark.call

EXAMPLE = Path(__file__).parents[2] / "lines" / "example"
CALLS = """
calls:
  - name: An order
    steps:
      - {caller: where is my order, says: order number}
      - {keys: "12345", says: out for delivery}
  - name: A refund that nobody gave
    steps:
      - {caller: do you ship to canada, says: refunded}
    after:
      state:
        - {sql: SELECT count(*) FROM returns, gives: 1}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory, made):
    """A folder with a line and a data directory, in which intents are learned once."""
    root = tmp_path_factory.mktemp("home")
    made.at(root / "data" / CACHES)
    shutil.copytree(EXAMPLE, root / "line")
    shutil.rmtree(root / "line" / "calls")
    (root / "line" / "calls").mkdir()
    (root / "line" / "calls" / "some.yaml").write_text(CALLS)
    return root


@pytest.fixture
def cordboard(home, monkeypatch):
    """Run a command there."""
    monkeypatch.setenv("CORDBOARD_DATA_DIR", str(home / "data"))
    monkeypatch.chdir(home)

    def run(*arguments: object, typed: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(app, [*map(str, arguments)], input=typed)
        return result.exit_code, result.output

    return run


def test_a_line_is_talked_to_in_text(cordboard, home):
    typed = "where is my order\n#12345\ndo you ship to canada\n\nno thanks goodbye\n"
    status, told = cordboard("chat", home / "line", "--at", "2026-11-23T10:00", typed=typed)
    assert status == 0, told
    assert "understood: order_status" in told
    assert "tool: order_status" in told
    assert "trail tent is out for delivery" in told
    assert "source: " in told
    assert "shipping-canada" in told
    assert "call ended: completed" in told


def test_what_is_said_may_be_given_and_events_be_printed(cordboard, home):
    status, told = cordboard("chat", home / "line", "--say", "where is my order", "--say", "#12345", "--json")
    assert status == 0, told
    events = [json.loads(line) for line in told.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {"tool.called", "caller.said", "call.ended"} <= {event["kind"] for event in events}


def test_a_line_that_is_wrong_is_said(cordboard, home):
    status, told = cordboard("chat", home)
    assert status == 2
    assert "line.yaml" in told


def test_an_evaluation_says_what_passed_and_what_did_not(cordboard, home):
    status, told = cordboard("eval", home / "line", "--json", home / "out.json")
    assert status == 1
    assert "An order" in told
    assert "pass" in told
    assert "FAIL" in told
    assert "should say “refunded”" in told
    assert "should give 1, and gives 0" in told
    assert "1 of 2 calls" in told
    out = json.loads((home / "out.json").read_text())
    assert (out["calls"], out["passed"]) == (2, 1)
    assert [one["passed"] for one in out["results"]] == [True, False]


def test_one_call_may_be_chosen(cordboard, home):
    status, told = cordboard("eval", home / "line", "--case", "an order")
    assert status == 0, told
    assert "1 of 1 calls" in told
    assert cordboard("eval", home / "line", "--case", "nothing")[0] == 2


def test_a_code_that_is_texted_is_shown_where_it_was_sent(cordboard):
    saas = EXAMPLE.parent / "saas"
    status, told = cordboard("chat", saas, "--say", "i forgot my password", "--say", "#30114")
    assert status == 0, told
    assert "text message to +12125550131: Your code is" in told
