"""Something that does not fit together in a line."""

from dataclasses import dataclass
from typing import Literal

Rest = Literal["flows", "ids", "ways", "queues", "tools", "backend"]
"""What must be readable for a finding to be true: names of flows, ids of steps, the ways between steps and what they
give, and the parts of the file that are called so."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, at a place in the file's data."""

    path: tuple[str | int, ...]
    what: str
    remedy: str
    rests_on: tuple[Rest, ...] = ()
