import json

import pytest
from typer.testing import CliRunner

from server.cli.main import app

pytestmark = pytest.mark.adapter


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CORDBOARD_DATA_DIR", str(tmp_path / "data"))
    return lambda *words: CliRunner().invoke(app, ["agents", *words])


def test_an_agent_is_added_changed_listed_and_removed(run):
    made = run("add", "ana", "--name", "Ana [Ruiz]", "--queue", "billing", "--queue", "sales", "--skill", "refunds",
               "--language", "es", "--phone", "(415) 555-2671")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "Added ana" in made.output
    assert "+14155552671" in run("list").output
    assert "Ana [Ruiz]" in run("list").output
    assert "Changed ana" in run("add", "ana", "--name", "Ana", "--queue", "billing").output
    assert json.loads(run("list", "--json").output) == {
        "id": "ana", "name": "Ana", "queues": ["billing"], "skills": [], "languages": [], "phone": "",
    }  # fmt: skip
    assert run("remove", "ana").exit_code == 0
    assert "there are no agents yet; add one: cordboard agents add ID" in run("list").output
    assert run("list", "--json").output == ""
    assert run("remove", "ana").exit_code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Ana Ruiz", "--name", "Ana", "--queue", "billing"), "id is up to 40"),
        (("ana", "--name", "Ana", "--queue", "billing", "--phone", "911"), "+14155552671"),
        (("ana", "--name", "Ana", "--queue", "billing", "--phone", "sip:ana"), "sip:ana@example.com"),
        (("ana", "--name", "Ana", "--queue", "Billing Department"), "no queue"),
        (("ana", "--name", "Ana", "--queue", "billing", "--language", "Spanish"), "no language"),
        (("ana", "--name", "Ana", "--queue", "billing", "--language", "xx"), "write it as the line does: en, es"),
    ],
)
def test_what_cannot_be_an_agent_is_said_and_not_kept(run, words, says):
    wrong = run("add", *words)
    assert wrong.exit_code == 2
    assert says in wrong.output
    assert run("list", "--json").output == ""


def test_whether_an_agent_by_telephone_takes_calls_can_be_said(run):
    run("add", "ana", "--name", "Ana", "--queue", "billing", "--phone", "+14155552671")
    run("add", "ben", "--name", "Ben", "--queue", "billing")
    assert run("presence", "ana", "available").exit_code == 0
    assert run("presence", "eva", "available").exit_code == 1
    no_phone = run("presence", "ben", "available")
    assert no_phone.exit_code == 2
    assert "ben has no telephone; Ben is available once their desk (/desk) is open" in no_phone.output
    assert run("presence", "ana", "asleep").exit_code == 2


def test_a_queue_that_no_line_has_is_said_with_those_there_are(run):
    made = run("add", "ana", "--name", "Ana", "--queue", "suport")
    assert made.exit_code == 0
    assert "has a queue 'suport'" in made.output
    assert "did you mean 'support'? known here: delivery, repairs, support" in made.output
    assert "warning" not in run("add", "ana", "--name", "Ana", "--queue", "support").output


def test_check_says_whose_callers_no_agent_takes_once_there_are_agents(run):
    def check():
        return CliRunner().invoke(app, ["check", "lines/example"])

    assert "warning" not in check().output
    run("add", "ana", "--name", "Ana", "--queue", "delivery")
    told = check()
    assert told.exit_code == 0
    assert "lines/example/line.yaml:" in told.output
    assert "no agent takes callers of queue 'support'" in told.output


def test_without_a_token_both_that_work_are_named(run, monkeypatch):
    for name in ("CORDBOARD_API_TOKEN", "CORDBOARD_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    told = run("list", "--live")
    assert told.exit_code == 2
    assert "CORDBOARD_API_TOKEN" in told.output
    assert "CORDBOARD_ACCESS_TOKEN" in told.output


def test_a_language_that_no_line_speaks_yet_is_taken_and_said(run):
    told = run("add", "zoe", "--name", "Zoé", "--queue", "support", "--language", "fr")
    assert told.exit_code == 0
    assert "only where a line brings it" in " ".join(told.output.split())
    assert json.loads(run("list", "--json").output)["languages"] == ["fr"]
