"""Tools that are statements on a line's own database."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.assistant.tools.bound import read_toolbox
from pipeline.assistant.tools.port import BackendBroken, ToolRefused
from pipeline.assistant.tools.shop import BackendUnusable, shop_state
from pipeline.assistant.tools.sql import open_databases

pytestmark = pytest.mark.unit

SEED = """
CREATE TABLE seats (number TEXT PRIMARY KEY, free INTEGER NOT NULL, since_days INTEGER) STRICT;
CREATE TABLE bookings (id INTEGER PRIMARY KEY, seat TEXT NOT NULL, name TEXT) STRICT;
INSERT INTO seats VALUES ('11', 1, 2), ('12', 0, NULL);
"""
SEAT = """
  - name: hall.seat
    about: whether a seat is free
    risk: read_only
    arguments: {type: object, properties: {number: {type: string}}, required: [number]}
    result:
      type: object
      properties: {found: {type: boolean}, free: {type: boolean}, since: {type: string}}
    sql:
      database: hall
      row: >-
        SELECT 1 AS found, free, date(:today, '-' || since_days || ' days') AS since FROM seats WHERE number = :number
"""
BOOK = """
  - name: hall.book
    about: books a seat
    risk: automated
    reverse: {by_hand: delete the booking}
    arguments: {type: object, properties: {number: {type: string}, name: {type: string}}, required: [number]}
    result: {type: object, properties: {booked: {type: boolean}, reference: {type: string}}}
    sql:
      database: hall
      row: SELECT free AS booked FROM seats WHERE number = :number
      not_found: {booked: false}
      only_if: booked
      change:
        - UPDATE seats SET free = 0 WHERE number = :number
        - INSERT INTO bookings (seat, name) VALUES (:number, :name)
      result: SELECT 1 AS booked, 'S' || max(id) AS reference FROM bookings
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seed.sql").write_text(SEED)
    return tmp_path


def declare(folder: Path, *tools: str) -> list[str]:
    (folder / "tools.yaml").write_text("databases: {hall: seed.sql}\ntools:\n" + "".join(tools))
    return [str(problem) for problem in read_toolbox(folder)[1]]


def opened(folder: Path, *tools: str):
    assert declare(folder, *tools) == []
    box = read_toolbox(folder)[0]
    return open_databases(box, set(box.declared), folder, folder / "backends", lambda: date(2026, 11, 23))


def test_the_first_row_is_the_result(folder):
    seat = opened(folder, SEAT)["hall.seat"]
    assert seat.run("c/1", {"number": "11"}, 1000) == {"found": True, "free": True, "since": "2026-11-21"}
    assert seat.run("c/2", {"number": "12"}, 1000) == {"found": True, "free": False}
    with pytest.raises(ToolRefused):
        seat.run("c/3", {"number": "13"}, 1000)


def test_a_change_happens_once_for_a_key_and_only_if_its_column_says_so(folder):
    book = opened(folder, BOOK)["hall.book"]
    first = book.run("c/1", {"number": "11"}, 1000)
    assert first == {"booked": True, "reference": "S1"}
    assert book.run("c/1", {"number": "11"}, 1000) == first
    assert book.run("c/2", {"number": "11"}, 1000) == {"booked": False}
    assert book.run("c/3", {"number": "99"}, 1000) == {"booked": False}
    state = shop_state(folder / "backends")
    assert state["bookings"] == [{"id": 1, "seat": "11", "name": None}]


def test_arguments_are_values_and_never_statements(folder):
    tools = opened(folder, SEAT, BOOK)
    evil = "11'; DROP TABLE seats; --"
    with pytest.raises(ToolRefused):
        tools["hall.seat"].run("c/1", {"number": evil}, 1000)
    tools["hall.book"].run("c/2", {"number": "11", "name": evil}, 1000)
    assert shop_state(folder / "backends")["bookings"][0]["name"] == evil


@pytest.mark.parametrize(
    ("instead", "problem"),
    [
        ("SELECT free FROM chairs", "no such table"),
        ("SELECT free FROM seats WHERE number = :nunber", "nunber"),
        ("SELECT free AS libre FROM seats", "libre"),
        ("ATTACH 'other.sqlite' AS other", "not authorized"),
        ("PRAGMA table_info(seats)", "not authorized"),
    ],
)
def test_a_statement_that_cannot_run_is_found_before_any_call(folder, instead, problem):
    row = SEAT[SEAT.index(">-") :]
    with pytest.raises(BackendUnusable, match=problem):
        opened(folder, SEAT.replace(row, f'"{instead}"\n'))


def test_a_reading_tool_cannot_write(folder):
    box = SEAT.replace("risk: read_only", "risk: read_only\n    verification: none")
    tools = opened(folder, box)
    object.__setattr__(
        tools["hall.seat"], "way", tools["hall.seat"].way.model_copy(update={"row": "DELETE FROM seats RETURNING free"})
    )
    with pytest.raises(BackendBroken):
        tools["hall.seat"].run("c/1", {"number": "11"}, 1000)


def test_declarations_that_do_not_fit_are_said_with_file_and_line(folder):
    told = declare(folder, SEAT.replace("database: hall", "database: hell"))
    assert any("no database 'hell'" in one and "tools.yaml" in one for one in told)
    told = declare(folder, BOOK.replace("risk: automated", "risk: read_only"))
    assert any("is read_only and has statements that change" in one for one in told)
    (folder / "seed.sql").unlink()
    assert any("there is no file 'seed.sql'" in one for one in declare(folder, SEAT))
