"""A packet's key fields as SIP headers, for agents behind another telephone system: RFC 7433 and X-. Pure."""

from collections.abc import Mapping
from typing import Final

from pipeline.handoff.packet import UNKNOWN, Packet

ID_HEADER: Final = "X-Handoff-Id"
UUI_HEADER: Final = "User-to-User"
_ENCODING: Final = ";encoding=hex"
MOST_BYTES: Final = 256
"""Of one header's value: what telephone systems take without cutting it."""


def sip_headers(packet: Packet, *, url: str = "", most_bytes: int = MOST_BYTES) -> Mapping[str, str]:
    """Both headers. url: where the packet can be read by who may. What does not fit is left out, the last field first.

    The id stands in both; where not even id and url fit, the User-to-User header is left out, and where the id does
    not, so is the other.
    """
    headers = {}
    if len(packet.transfer.encode()) <= most_bytes and _plain(packet.transfer):
        headers[ID_HEADER] = packet.transfer
    uui = user_to_user(packet, url=url, most_bytes=most_bytes)
    if uui:
        headers[UUI_HEADER] = uui
    return headers


def user_to_user(packet: Packet, *, url: str = "", most_bytes: int = MOST_BYTES) -> str:
    """The value of the User-to-User header: hexadecimal of `key=value;…`; empty: not even the id fits."""
    needed = [("id", packet.transfer), ("url", url)]
    caller, wanted = packet.caller, packet.wanted
    more = [
        ("why", packet.reason.code), ("pri", packet.reason.priority), ("want", wanted[0].intent if wanted else ""),
        ("ver", caller.verified.level), ("lang", caller.language), ("tier", caller.tier),
    ]  # fmt: skip
    fields = [one for one in (*needed, *more) if one[1] and one[1] != UNKNOWN]
    while fields:
        text = ";".join(f"{name}={_value(value)}" for name, value in fields)
        encoded = f"{text.encode().hex()}{_ENCODING}"
        if len(encoded) <= most_bytes:
            return encoded
        fields.pop()
    return ""


def _value(value: str) -> str:
    """Without the signs that separate fields."""
    return (
        " ".join(value.replace(";", " ").replace("=", " ").split()) if "://" not in value else value.replace(";", "%3B")
    )


def _plain(text: str) -> bool:
    """Whether it can stand in a header as it is."""
    return text.isascii() and text.isprintable() and text == text.strip() and bool(text)
