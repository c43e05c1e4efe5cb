"""Ids that sort as time does: a kind and a ULID (48 bits of milliseconds, 80 random ones, Crockford's base 32)."""

import secrets
from datetime import datetime
from typing import Final

_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(kind: str, now: datetime) -> str:
    """A new one: apr_01KASD…; now is aware."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return f"{kind}_" + "".join(_SIGNS[(number >> shift) & 31] for shift in range(125, -1, -5))
