"""SIP addresses that carry along what a call is about. Pure.

Headers go as parameters behind a question mark; with them an address has an end (1,024 bytes), so what a company's own
exchange needs to look a packet up goes first: its id. User-to-User is RFC 7433's, in hex.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

MAX_BYTES: Final = 1_024
HANDOFF_HEADER: Final = "X-Handoff-Id"
UUI_HEADER: Final = "User-to-User"
_ADDRESS: Final = re.compile(r"sips?:[^\s@?<>\"'&,]{1,256}@[A-Za-z0-9.:\[\]-]{1,255}(?:;[A-Za-z0-9=;._-]{1,256})?")
_HEADER: Final = re.compile(r"X-[A-Za-z0-9-]{1,60}")
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


def with_handoff(address: str, handoff_id: str, *, uui: str = "", headers: Mapping[str, str] | None = None) -> str:
    """Add the packet's id, the words of User-to-User, and X- headers, as far as all of them fit: else only the id.

    Raises ValueError on what is no SIP address, no id or no X- header, and if not even the id fits.
    """
    if not _ADDRESS.fullmatch(address):
        raise ValueError("this is not a SIP address such as sip:sales@pbx.example.com")
    if not _ID.fullmatch(handoff_id):
        raise ValueError("an id has up to 128 letters, digits, and _ . : -")
    for name in headers or {}:
        if not _HEADER.fullmatch(name) or name.lower() == HANDOFF_HEADER.lower():
            raise ValueError(f"{name!r} is no header that can be set: X- and letters, digits, -")
    least = f"{address}?{HANDOFF_HEADER}={quote(handoff_id, safe='')}"
    if len(least.encode()) > MAX_BYTES:
        raise ValueError(f"the address has more than {MAX_BYTES} bytes with the id alone")
    more = dict(headers or {})
    if uui:
        more[UUI_HEADER] = f"{uui.encode().hex()};encoding=hex"
    full = "&".join((least, *(f"{name}={quote(value, safe='')}" for name, value in more.items())))
    return full if len(full.encode()) <= MAX_BYTES else least
