"""Something that does not fit together in a line."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, at a place in the file's data."""

    path: tuple[str | int, ...]
    what: str
    remedy: str
