"""Lists in pages: `limit` and an opaque `cursor`; {items, next_cursor}."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from server.api.v1.problems import Problem


def after(cursor: str | None) -> str:
    """The id that a cursor stands for. Raises Problem 400."""
    if cursor is None:
        return ""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Problem(400, "This is no cursor; give one that a list gave, or none.", name="cursor") from None


def paged(items: Sequence[dict[str, Any]], limit: int) -> dict[str, Any]:
    """A page of items with ids; `next_cursor` is null on the last one, as far as is known."""
    full = len(items) == limit and bool(items)
    cursor = base64.urlsafe_b64encode(str(items[-1]["id"]).encode()).decode().rstrip("=") if full else None
    return {"items": list(items), "next_cursor": cursor}
