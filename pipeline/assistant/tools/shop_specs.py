"""What the shop backend's tools take and give. Apart from shop.py, so that checking a line opens no database."""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from pipeline.assistant.tools.port import Arguments, Reversal, ToolSpec

OrderNumber = Annotated[
    str, StringConstraints(pattern=r"^\d{5}$"), Field(json_schema_extra={"x-id": True}, description="five digits")
]


class OrderStatusArguments(Arguments):
    """Which order."""

    order_number: OrderNumber


class DeliveryChangeArguments(Arguments):
    """Which order is to come when."""

    order_number: OrderNumber
    new_date: date


class StartReturnArguments(Arguments):
    """Which order goes back, and why."""

    order_number: OrderNumber
    reason: Annotated[str, Field(min_length=1, max_length=40)]


def _gives(required: str, **fields: str) -> dict[str, Any]:
    """A result's schema: each field with its type; all but the required one may be left out or null."""
    properties = {name: {"type": kind if name == required else [kind, "null"]} for name, kind in fields.items()}
    return {"type": "object", "properties": properties, "required": [required]}


ORDER_STATUS: Final = ToolSpec(
    name="shop.order_status",
    about="looks an order up",
    arguments=OrderStatusArguments.model_json_schema(),
    result=_gives(
        "found",
        found="boolean",
        order_number="string",
        item="string",
        status="string",
        eta="string",
        carrier="string",
        store="string",
        delivered_on="string",
        returnable="boolean",
        return_until="string",
    ),
    risk="read_only",
    may_say="what it gives, and nothing beside it",
)
REQUEST_DELIVERY_CHANGE: Final = ToolSpec(
    name="shop.request_delivery_change",
    about="asks the delivery team for another day; they confirm by text message",
    arguments=DeliveryChangeArguments.model_json_schema(),
    result=_gives("accepted", accepted="boolean", reason="string", reference="string", new_date="string"),
    risk="automated",
    deadline_ms=3000,
    idempotent=True,
    reversal=Reversal(by_hand="Delete the request with this reference in the delivery team's list."),
    may_say="that another day was asked for, and its reference; not that it will come on that day",
)
START_RETURN: Final = ToolSpec(
    name="shop.start_return",
    about="opens a return, so that a label is sent",
    arguments=StartReturnArguments.model_json_schema(),
    result=_gives("accepted", accepted="boolean", reason="string", reference="string"),
    risk="automated",
    deadline_ms=3000,
    idempotent=True,
    key=("order_number", "reason"),  # wished for again in the same call it is the same return
    reversal=Reversal(by_hand="Close the return with this reference, and tell the customer not to use the label."),
    may_say="that a return was opened, and its reference; not that money was refunded",
)
SHOP_SPECS: Final = (ORDER_STATUS, REQUEST_DELIVERY_CHANGE, START_RETURN)
