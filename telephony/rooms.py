"""Names of conferences, and of those who are in them: what a leg is for can be read from its label. Pure."""

import hashlib
import re
from typing import Final

CALLER: Final = "customer"
ASSISTANT: Final = "assistant"
SUPERVISOR: Final = "supervisor"
_AGENT: Final = re.compile(r"agent-(\d{1,6})")
_ROOM: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_CALL: Final = "call-"
"""Begins the names of rooms that callers are in from the beginning of their call."""


def room_of(call_sid: str, number: int) -> str:
    """Name the conference of a call's nth bridge. A name is used once: who comes late comes into an empty room.

    Raises ValueError on a sid that is none.
    """
    room = f"xfer-{call_sid}-{number}"
    if not _ROOM.fullmatch(room):
        raise ValueError("a conference is named after a call's sid: letters, digits, _ and -")
    return room


def call_room(call_sid: str) -> str:
    """Name the conference that a caller is in from the beginning. Raises ValueError on a sid that is none."""
    room = f"{_CALL}{call_sid}"
    if not _ROOM.fullmatch(room):
        raise ValueError("a conference is named after a call's sid: letters, digits, _ and -")
    return room


def is_call_room(room: str) -> bool:
    """Whether this is such a conference: the caller stays in it whoever comes and goes."""
    return room.startswith(_CALL)


def caller_in(room: str) -> str:
    """The call whose caller is in this conference from the beginning; empty: it is another one's."""
    return room.removeprefix(_CALL) if is_call_room(room) and room.removeprefix(_CALL).isalnum() else ""


def first_stream(transfer: str) -> str:
    """Name the stream of caller and agent that their markup asks for, or we do where the caller is not moved."""
    return f"human-{transfer}"


def agent_label(offer: int) -> str:
    """Name the agent of this offer."""
    return f"agent-{offer}"


def supervisor_label(agent: str) -> str:
    """Name the supervisor at the telephone of this person of the directory."""
    return f"{SUPERVISOR}-{hashlib.blake2s(agent.encode(), digest_size=6).hexdigest()}"


def is_supervisor(label: str) -> bool:
    """Whether this is a supervisor's."""
    return label.startswith(f"{SUPERVISOR}-")


def offer_of(label: str) -> int | None:
    """Read which offer's agent this is; None: somebody else."""
    found = _AGENT.fullmatch(label)
    return int(found[1]) if found else None
