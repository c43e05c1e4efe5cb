"""The example line's backend: a shop's orders in a SQLite file, made once from a readable seed (database.py)."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from pipeline.assistant.tools.database import BackendUnusable, Database, database_state
from pipeline.assistant.tools.port import Arguments, Tool, ToolSpec
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

__all__ = ["BackendUnusable", "open_shop", "shop_state"]


def open_shop(seed: Path, directory: Path, today: Callable[[], date]) -> dict[str, Tool]:
    """The shop's tools by their registry names, on a database in this directory; it is made from the seed if need be.

    today gives the shop's local date. Raises BackendUnusable.
    """
    shop = Shop(Database.made_from(seed, directory), today)
    tools = [
        _ShopTool(ORDER_STATUS, OrderStatusArguments, shop.order_status),
        _ShopTool(REQUEST_DELIVERY_CHANGE, DeliveryChangeArguments, shop.request_delivery_change),
        _ShopTool(START_RETURN, StartReturnArguments, shop.start_return),
    ]
    return {tool.spec.name: tool for tool in tools}


shop_state = database_state


@dataclass(frozen=True, slots=True)
class _ShopTool:
    spec: ToolSpec
    takes: type[Arguments]
    act: Callable[[str, Any, int], Mapping[str, Any]]

    def run(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        return self.act(call, self.takes.model_validate(dict(arguments)), deadline_ms)


class Shop:
    """Orders, returns, delivery requests."""

    def __init__(self, database: Database, today: Callable[[], date]) -> None:
        self._database = database
        self._today = today

    def order_status(self, call: str, arguments: OrderStatusArguments, deadline_ms: int) -> Mapping[str, Any]:
        """What has become of an order."""
        del call
        with self._database.reading("shop.order_status", deadline_ms) as connection:
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
        return self._database.once(tool, call, arguments.model_dump_json(), deadline_ms, decide)


def _order(connection: sqlite3.Connection, number: str) -> sqlite3.Row | None:
    query = """
        SELECT number, item, status, carrier, store, days_left, days_since_delivery
        FROM orders WHERE number = ?
    """
    row = connection.execute(query, (number,)).fetchone()
    return row if isinstance(row, sqlite3.Row) else None
