import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.assistant.tools.port import BackendBroken, ToolLate
from pipeline.assistant.tools.schemas import wrong
from pipeline.assistant.tools.shop import BackendUnusable, open_shop

pytestmark = pytest.mark.unit

SEED = Path(__file__).resolve().parents[4] / "lines" / "example" / "backend" / "seed.sql"
TODAY = date(2026, 11, 23)
DEADLINE_MS = 2000


@pytest.fixture
def tools(tmp_path):
    return open_shop(SEED, tmp_path / "backends", lambda: TODAY)


@pytest.fixture
def database(tools, tmp_path):
    del tools
    return next((tmp_path / "backends").glob("shop-*.sqlite"))


def run(tools, name, call="CA1/k1", **arguments):
    return tools[name].run(call, arguments, DEADLINE_MS)


def rows(database, query):
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("number", "facts"),
    [
        ("12345", {"item": "trail tent", "status": "out_for_delivery", "carrier": "UPS", "eta": "2026-11-23"}),
        ("47129", {"item": "pair of hiking boots", "status": "shipped", "eta": "2026-11-25"}),
        ("12354", {"item": "down sleeping bag", "status": "shipped"}),
        (
            "19447",
            {"status": "delivered", "delivered_on": "2026-11-20", "returnable": True, "return_until": "2026-12-20"},
        ),
        ("10001", {"returnable": True, "return_until": "2026-11-23"}),
        ("36914", {"returnable": False, "return_until": "2026-11-22"}),
        ("55012", {"status": "ready_for_pickup", "store": "Portland"}),
    ],
)
def test_an_order_is_described_as_of_today(tools, number, facts):
    result = run(tools, "shop.order_status", order_number=number)
    assert result["found"] is True
    assert facts.items() <= result.items()
    assert set(result) == tools["shop.order_status"].spec.result_fields


def test_an_unknown_order_is_a_result_and_no_error(tools):
    assert run(tools, "shop.order_status", order_number="00000") == {"found": False, "order_number": "00000"}


def test_the_seed_has_a_shop_worth_calling(database):
    assert rows(database, "SELECT count(*) FROM orders")[0][0] >= 20
    assert {status for (status,) in rows(database, "SELECT DISTINCT status FROM orders")} == {
        "packing", "shipped", "out_for_delivery", "delivered", "ready_for_pickup", "backordered", "cancelled",
    }  # fmt: skip
    assert rows(database, "SELECT name FROM customers JOIN orders ON customer = id WHERE number = '12345'") == [
        ("Jennifer Smith",)
    ]


def test_a_delivery_change_is_noted_once_for_each_call_reference(tools, database):
    first = run(tools, "shop.request_delivery_change", order_number="47129", new_date="2026-12-01")
    assert first == {"accepted": True, "reference": "D401", "new_date": "2026-12-01"}
    assert run(tools, "shop.request_delivery_change", order_number="47129", new_date="2026-12-01") == first
    other = run(tools, "shop.request_delivery_change", "CA2/k1", order_number="47129", new_date="2026-12-01")
    assert other["reference"] == "D402"
    assert rows(database, "SELECT order_number, new_date FROM delivery_requests") == [("47129", "2026-12-01")] * 2


def test_the_same_reference_from_many_threads_at_once_has_one_effect(tools, database):
    with ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(lambda _: run(tools, "shop.start_return", order_number="19447", reason="damaged"), range(16))
        )
    assert results == [{"accepted": True, "reference": "R701"}] * 16
    assert rows(database, "SELECT count(*) FROM returns") == [(1,)]


@pytest.mark.parametrize(
    ("number", "day", "reason"),
    [
        ("00000", "2026-12-01", "unknown_order"),
        ("12345", "2026-12-01", "too_late"),
        ("19447", "2026-12-01", "too_late"),
        ("47129", "2026-11-23", "bad_date"),
        ("47129", "2026-12-15", "bad_date"),
        ("47129", "2025-12-01", "bad_date"),
    ],
)
def test_what_the_delivery_team_cannot_do_is_refused_and_nothing_noted(tools, database, number, day, reason):
    result = run(tools, "shop.request_delivery_change", order_number=number, new_date=day)
    assert result == {"accepted": False, "reason": reason}
    assert rows(database, "SELECT * FROM delivery_requests") == []


@pytest.mark.parametrize(
    ("number", "reason"), [("00000", "unknown_order"), ("90614", "not_returnable"), ("47129", "not_returnable")]
)
def test_what_cannot_go_back_is_refused(tools, database, number, reason):
    assert run(tools, "shop.start_return", order_number=number, reason="damaged") == {
        "accepted": False,
        "reason": reason,
    }
    assert rows(database, "SELECT * FROM returns") == []


@pytest.mark.parametrize(
    "arguments", [{}, {"order_number": "12"}, {"order_number": "12345; DROP"}, {"order_number": "12345", "x": 1}]
)
def test_arguments_are_checked(tools, arguments):
    with pytest.raises(ValidationError):
        run(tools, "shop.order_status", **arguments)
    assert wrong(tools["shop.order_status"].spec.arguments, arguments)


def test_a_lookup_cannot_write(tools, database):
    del tools
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    with pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM orders")
    connection.close()


def test_a_restart_keeps_what_was_noted_and_another_seed_is_another_shop(tools, tmp_path, database):
    run(tools, "shop.start_return", order_number="19447", reason="damaged")
    again = open_shop(SEED, tmp_path / "backends", lambda: TODAY)
    assert run(again, "shop.start_return", order_number="19447", reason="damaged")["reference"] == "R701"
    changed = tmp_path / "seed.sql"
    changed.write_text(SEED.read_text().replace("trail tent", "dome tent"))
    other = open_shop(changed, tmp_path / "backends", lambda: TODAY)
    assert run(other, "shop.order_status", order_number="12345")["item"] == "dome tent"
    assert rows(database, "SELECT count(*) FROM returns") == [(1,)]


def test_a_broken_seed_names_its_file_and_leaves_nothing_behind(tmp_path):
    seed = tmp_path / "seed.sql"
    seed.write_text("CREATE TABLE orders (;")
    with pytest.raises(BackendUnusable, match=r"seed\.sql: the seed does not make a database"):
        open_shop(seed, tmp_path / "backends", lambda: TODAY)
    assert list((tmp_path / "backends").iterdir()) == []


def test_a_data_directory_that_is_a_file_is_said(tmp_path):
    (tmp_path / "backends").write_text("")
    with pytest.raises(BackendUnusable, match="cannot be written"):
        open_shop(SEED, tmp_path / "backends", lambda: TODAY)


def test_a_database_that_went_away_or_broke_is_a_typed_error(tools, database):
    database.write_bytes(b"this is no database" * 100)
    with pytest.raises(BackendBroken):
        run(tools, "shop.order_status", order_number="12345")
    database.unlink()
    with pytest.raises(BackendBroken):
        run(tools, "shop.order_status", order_number="12345")


def test_a_locked_database_is_late(tools, database):
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ToolLate):
        tools["shop.start_return"].run("CA1/k1", {"order_number": "19447", "reason": "damaged"}, 50)
    holder.close()
