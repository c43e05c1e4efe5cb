"""The example line's backend: a shop's orders in a SQLite file, made once from a readable seed.

Lookups open the file read-only. A write happens in one transaction with a row in `effects` that carries the call's
reference: asked again with the same reference, it gives its first result and does nothing.
"""

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.assistant.tools.port import Arguments, BackendBroken, Tool, ToolLate, ToolSpec
from pipeline.assistant.tools.shop_specs import (
    ORDER_STATUS,
    REQUEST_DELIVERY_CHANGE,
    START_RETURN,
    DeliveryChangeArguments,
    OrderStatusArguments,
    StartReturnArguments,
)

RETURN_DAYS: Final = 30
CHANGE_WITHIN_DAYS: Final = 21
"""How far ahead the delivery team plans."""
_EFFECTS: Final = """
CREATE TABLE effects (
    call TEXT PRIMARY KEY,      -- the idempotency key
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,    -- JSON
    result TEXT NOT NULL        -- JSON
) STRICT;
"""


class BackendUnusable(Exception):
    """The seed or the data directory is wrong; the message says which file and what to do."""


def open_shop(seed: Path, directory: Path, today: Callable[[], date]) -> dict[str, Tool]:
    """The shop's tools by their registry names, on a database in this directory; it is made from the seed if need be.

    The file's name carries the seed's hash: another seed is another shop. today gives the shop's local date.
    Raises BackendUnusable.
    """
    script = seed.read_bytes()
    database = directory / f"shop-{hashlib.sha256(script).hexdigest()[:10]}.sqlite"
    if not database.exists():
        _create(seed, script.decode(), database)
    shop = Shop(database, today)
    tools = [
        _ShopTool(ORDER_STATUS, OrderStatusArguments, shop.order_status),
        _ShopTool(REQUEST_DELIVERY_CHANGE, DeliveryChangeArguments, shop.request_delivery_change),
        _ShopTool(START_RETURN, StartReturnArguments, shop.start_return),
    ]
    return {tool.spec.name: tool for tool in tools}


def shop_state(directory: Path) -> dict[str, list[dict[str, Any]]]:
    """What the shops in this directory hold: every table but the ledger of effects, rows in the order of their keys."""
    state: dict[str, list[dict[str, Any]]] = {}
    for database in sorted(directory.glob("shop-*.sqlite")):
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            tables = (
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('effects', 'sqlite_sequence')"
            )
            for (table,) in connection.execute(f"{tables} ORDER BY name").fetchall():
                rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608 - a name of its own schema
                state.setdefault(table, []).extend(dict(row) for row in rows)
        finally:
            connection.close()
    return state


def _create(seed: Path, script: str, database: Path) -> None:
    """Make the database beside its place and move it there, so that a killed process leaves none that is half made."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=database.parent, prefix=".shop-", suffix=".sqlite")
        os.close(handle)
    except OSError as wrong:
        raise BackendUnusable(
            f"{database.parent}: cannot be written ({wrong.strerror}); set another data directory"
        ) from wrong
    made = Path(name)
    try:
        connection = sqlite3.connect(made)
        try:
            connection.executescript(script + _EFFECTS)
        finally:
            connection.close()
        made.replace(database)
    except sqlite3.Error as wrong:
        made.unlink(missing_ok=True)
        raise BackendUnusable(f"{seed}: the seed does not make a database ({wrong}); correct the SQL") from wrong


@dataclass(frozen=True, slots=True)
class _ShopTool:
    spec: ToolSpec
    takes: type[Arguments]
    act: Callable[[str, Any, int], Mapping[str, Any]]

    def run(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        return self.act(call, self.takes.model_validate(dict(arguments)), deadline_ms)


class Shop:
    """Orders, returns, delivery requests. Every method opens its own connection: threads share nothing."""

    def __init__(self, database: Path, today: Callable[[], date]) -> None:
        self._database = database
        self._today = today

    def order_status(self, call: str, arguments: OrderStatusArguments, deadline_ms: int) -> Mapping[str, Any]:
        """What has become of an order."""
        del call
        with self._reading("shop.order_status", deadline_ms) as connection:
            row = _order(connection, arguments.order_number)
        if row is None:
            return {"found": False, "order_number": arguments.order_number}
        return {"found": True, **self._described(row)}

    def request_delivery_change(
        self, call: str, arguments: DeliveryChangeArguments, deadline_ms: int
    ) -> Mapping[str, Any]:
        """Note that an order is to come on another day. Refusals are results: the caller is told why."""

        def decide(connection: sqlite3.Connection) -> dict[str, Any]:
            row = _order(connection, arguments.order_number)
            reason = self._why_not(row, arguments.new_date)
            if reason:
                return {"accepted": False, "reason": reason}
            cursor = connection.execute(
                "INSERT INTO delivery_requests (order_number, new_date) VALUES (?, ?)",
                (arguments.order_number, arguments.new_date.isoformat()),
            )
            return {
                "accepted": True,
                "reference": f"D{400 + (cursor.lastrowid or 0)}",
                "new_date": arguments.new_date.isoformat(),
            }

        return self._once("shop.request_delivery_change", call, arguments, deadline_ms, decide)

    def start_return(self, call: str, arguments: StartReturnArguments, deadline_ms: int) -> Mapping[str, Any]:
        """Open a return for an order that can still go back."""

        def decide(connection: sqlite3.Connection) -> dict[str, Any]:
            row = _order(connection, arguments.order_number)
            if row is None:
                return {"accepted": False, "reason": "unknown_order"}
            if not self._described(row)["returnable"]:
                return {"accepted": False, "reason": "not_returnable"}
            cursor = connection.execute(
                "INSERT INTO returns (order_number, reason) VALUES (?, ?)", (arguments.order_number, arguments.reason)
            )
            return {"accepted": True, "reference": f"R{700 + (cursor.lastrowid or 0)}"}

        return self._once("shop.start_return", call, arguments, deadline_ms, decide)

    def _described(self, row: sqlite3.Row) -> dict[str, Any]:
        """An order as the line's texts need it; dates are ISO, computed from today as the carrier's estimates are."""
        today = self._today()
        facts: dict[str, Any] = {
            "order_number": row["number"],
            "item": row["item"],
            "status": row["status"],
            "carrier": row["carrier"],
            "store": row["store"],
            "eta": None,
            "delivered_on": None,
            "returnable": False,
            "return_until": None,
        }
        if row["days_left"] is not None:
            facts["eta"] = (today + timedelta(days=row["days_left"])).isoformat()
        if row["days_since_delivery"] is not None:
            delivered = today - timedelta(days=row["days_since_delivery"])
            until = delivered + timedelta(days=RETURN_DAYS)
            facts.update(delivered_on=delivered.isoformat(), return_until=until.isoformat(), returnable=until >= today)
        return facts

    def _why_not(self, row: sqlite3.Row | None, new_date: date) -> str:
        if row is None:
            return "unknown_order"
        if row["status"] not in {"packing", "shipped", "backordered"}:
            return "too_late"
        if not self._today() < new_date <= self._today() + timedelta(days=CHANGE_WITHIN_DAYS):
            return "bad_date"
        return ""

    def _once(
        self,
        tool: str,
        call: str,
        arguments: Arguments,
        deadline_ms: int,
        decide: Callable[[sqlite3.Connection], dict[str, Any]],
    ) -> Mapping[str, Any]:
        """Do a write and keep its result in one transaction, or give the result that this call already had."""
        with self._connection(tool, f"file:{self._database}?mode=rw", deadline_ms) as connection:
            connection.execute("BEGIN IMMEDIATE")
            done = connection.execute("SELECT tool, result FROM effects WHERE call = ?", (call,)).fetchone()
            if done is not None:
                connection.rollback()
                if done["tool"] != tool:
                    raise BackendBroken(tool, "this call reference belongs to another tool")
                return dict(json.loads(done["result"]))
            result = decide(connection)
            connection.execute(
                "INSERT INTO effects (call, tool, arguments, result) VALUES (?, ?, ?, ?)",
                (call, tool, arguments.model_dump_json(), json.dumps(result)),
            )
            connection.commit()
            return result

    @contextmanager
    def _reading(self, tool: str, deadline_ms: int) -> Iterator[sqlite3.Connection]:
        with self._connection(tool, f"file:{self._database}?mode=ro", deadline_ms) as connection:
            yield connection

    @contextmanager
    def _connection(self, tool: str, uri: str, deadline_ms: int) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(uri, uri=True, timeout=deadline_ms / 1000, isolation_level=None)
        except sqlite3.Error as wrong:
            raise BackendBroken(tool, "the database cannot be opened") from wrong
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        except sqlite3.OperationalError as wrong:
            if "locked" in str(wrong):
                raise ToolLate(tool, "the database is locked") from wrong
            raise BackendBroken(tool, "the database does not answer") from wrong
        except sqlite3.Error as wrong:
            raise BackendBroken(tool, "the database is damaged") from wrong
        finally:
            connection.close()


def _order(connection: sqlite3.Connection, number: str) -> sqlite3.Row | None:
    query = """
        SELECT number, item, status, carrier, store, days_left, days_since_delivery
        FROM orders WHERE number = ?
    """
    row = connection.execute(query, (number,)).fetchone()
    return row if isinstance(row, sqlite3.Row) else None
