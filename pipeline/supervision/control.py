"""Who controls a call: one supervisor at a time, for as long as they are there. Pure."""

from dataclasses import dataclass, replace
from typing import Final

LASTS_MS: Final = 30_000
"""Without a sign of the one who controls a call, somebody else may."""


@dataclass(frozen=True, slots=True)
class Control:
    """Held by one supervisor until an instant."""

    who: str
    """Identity: the token's, and the page's where one token serves several people."""
    by: str
    """Name, for others."""
    until_ms: int

    def over(self, now_ms: int) -> bool:
        """Whether it has run out."""
        return now_ms >= self.until_ms


def taken(control: Control | None, who: str, by: str, now_ms: int) -> Control | None:
    """Control as it is when this one takes it, or wants something with it; None: somebody else has it."""
    if control is None or control.over(now_ms):
        return Control(who, by, now_ms + LASTS_MS)
    return replace(control, until_ms=now_ms + LASTS_MS) if control.who == who else None


def released(control: Control | None, who: str) -> Control | None:
    """Control after this one has let go; nobody lets go for others."""
    return None if control is not None and control.who == who else control
