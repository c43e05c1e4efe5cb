"""How a server is doing, for those who look: which version of each line takes calls, and what is wrong. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class LineHealth:
    """One line of a server."""

    name: str
    numbers: tuple[str, ...]
    """E.164, in the order of the line file."""
    folder: str
    """As the settings name it."""
    version: str
    """The version that takes new calls."""
    loaded_at: datetime
    """Since when it does; aware, UTC."""
    problems: tuple[str, ...] = ()
    """Why a later edit is not used, one sentence each, places relative to the folder; empty when nothing is wrong."""
    documents: tuple[str, ...] = ()
    """What is wrong with its documents, one sentence each; the others are used."""
    lacking: tuple[str, ...] = ()
    """What its tools want and this server is not set up for, one sentence each."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, as a person reads it."""

    what: str
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join((self.what, *self.details))


Troubles = Callable[[], Sequence[Trouble]]
"""What is wrong right now; empty when all is well."""


def line_trouble(line: LineHealth) -> list[Trouble]:
    """What is wrong with a line."""
    found = []
    if line.problems:
        since = f"{line.loaded_at:%Y-%m-%d %H:%M:%S} UTC"
        what = f"The line “{line.name}” was edited and the edit is not used; version {line.version} of {since} goes on:"
        found.append(Trouble(what, line.problems))
    if line.documents:
        found.append(Trouble(f"Documents of the line “{line.name}” need somebody:", line.documents))
    if line.lacking:
        found.append(Trouble(f"The line “{line.name}” wants what this server cannot do:", line.lacking))
    return found


def line_json(line: LineHealth) -> dict[str, Any]:
    """What /healthz and /api/lines say of a line; the folder is for those who hold the access token."""
    return {
        "name": line.name,
        "numbers": list(line.numbers),
        "version": line.version,
        "loaded_at": line.loaded_at.isoformat(timespec="seconds"),
        "problems": list(line.problems),
        "lacking": list(line.lacking),
    }


def degraded(troubles: Sequence[Trouble]) -> str | None:
    """All of it as one text; None when all is well."""
    return "\n".join(map(str, troubles)) or None
