"""What a call's log tells of a supervisor who took part by telephone while another process had the call. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from recordings.events import Event


@dataclass(frozen=True, slots=True)
class TookPart:
    """In the carrier's conference, or on the way there."""

    who: str
    """Their identity."""
    by: str
    """Their name."""
    agent: str
    """Whose telephone of the directory it is."""


def took_part(past: Iterable[Event]) -> TookPart | None:
    """Whoever did last, and was not said to have parted; None: nobody."""
    found: TookPart | None = None
    for event in past:
        data = event.data
        if event.kind == "supervisor.parted":
            found = None
        elif event.kind == "supervisor.joined":
            known = data.get("over") == "phone" and bool(data.get("agent"))
            found = TookPart(str(data.get("who", "")), str(data["by"]), str(data["agent"])) if known else None
    return found
