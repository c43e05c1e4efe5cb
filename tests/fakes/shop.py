"""The shop's tools as functions, for dialogues that are not about the database; "today" is 23 November 2026."""

from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.dialogue import Tools


def _order(number: str, item: str, status: str, **more: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "found": True,
        "order_number": number,
        "item": item,
        "status": status,
        "carrier": None,
        "store": None,
        "eta": None,
        "delivered_on": None,
        "returnable": False,
        "return_until": None,
    }
    return {**facts, **more}


ORDERS: Final[Mapping[str, dict[str, Any]]] = {
    "12345": _order("12345", "trail tent", "out_for_delivery", carrier="UPS", eta="2026-11-23"),
    "47129": _order("47129", "pair of hiking boots", "shipped", carrier="FedEx", eta="2026-11-25"),
    "19447": _order(
        "19447",
        "pair of trekking poles",
        "delivered",
        carrier="UPS",
        delivered_on="2026-11-20",
        returnable=True,
        return_until="2026-12-20",
    ),
}


def shop_tools() -> Tools:
    """By the names that the example line's steps use."""
    return {
        "order_status": _status,
        "request_delivery_change": lambda wanted: {
            "accepted": True,
            "reference": "D401",
            "new_date": wanted["new_date"],
        },
        "start_return": lambda _: {"accepted": True, "reference": "R701"},
    }


def _status(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    number = str(wanted["order_number"])
    return ORDERS.get(number, {"found": False, "order_number": number})
