"""What the shop backend's tools take and give. Apart from shop.py, so that checking a line opens no database."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from pipeline.assistant.tools.port import Arguments, ToolSpec

OrderNumber = Annotated[str, StringConstraints(pattern=r"^\d{5}$")]


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


ORDER_STATUS: Final = ToolSpec(
    name="shop.order_status",
    about="looks an order up",
    arguments=OrderStatusArguments,
    result_fields=frozenset(
        {
            "found",
            "order_number",
            "item",
            "status",
            "eta",
            "carrier",
            "store",
            "delivered_on",
            "returnable",
            "return_until",
        }
    ),
    risk="read_only",
)
REQUEST_DELIVERY_CHANGE: Final = ToolSpec(
    name="shop.request_delivery_change",
    about="asks the delivery team for another day; they confirm by text message",
    arguments=DeliveryChangeArguments,
    result_fields=frozenset({"accepted", "reason", "reference", "new_date"}),
    risk="automated",
)
START_RETURN: Final = ToolSpec(
    name="shop.start_return",
    about="opens a return, so that a label is sent",
    arguments=StartReturnArguments,
    result_fields=frozenset({"accepted", "reason", "reference"}),
    risk="automated",
)
SHOP_SPECS: Final = (ORDER_STATUS, REQUEST_DELIVERY_CHANGE, START_RETURN)
