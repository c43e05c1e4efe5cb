from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from server.cli.dispositions import counted
from server.cli.main import app

pytestmark = pytest.mark.unit


def test_what_came_of_calls_is_counted_by_word_and_by_agent():
    said = [("solved", "ana"), ("solved", "ben"), ("other", "ana"), ("solved", "ana")]
    found = [{"disposition": word, "agent": agent} for word, agent in said]
    assert list(counted(found)) == ["    3  solved  (ana 2, ben 1)", "    1  other  (ana 1)"]
    assert list(counted([])) == ["no call was wrapped up"]


def test_calls_that_were_not_wrapped_up_are_counted(monkeypatch):
    now = datetime.now(UTC).isoformat()
    done = {"disposition": "solved", "agent": "ana", "made_at": now, "transfer": "t1"}
    ways = {"t1": "completed", "t2": "completed", "t3": "handed_back", "t4": "abandoned"}
    over = [{"id": one, "outcome": outcome, "asked_at": now} for one, outcome in ways.items()]
    over.append({"id": "t0", "outcome": "completed", "asked_at": "2020-01-01T00:00:00+00:00"})
    pages = {"dispositions": [done], "transfers": over}
    answers = lambda _url, _method, path, _query: {"items": pages[path], "next_cursor": None}  # noqa: E731
    monkeypatch.setattr("server.cli.dispositions.asked", answers)
    told = CliRunner().invoke(app, ["dispositions"])
    assert told.output.splitlines() == ["    1  solved  (ana 1)", "    2  not wrapped up"]
