"""What was asked for lately, so that it is not asked for twice."""

from collections import OrderedDict
from typing import Final, TypeVar

KEPT: Final = 10_000

T = TypeVar("T")


def recent(kept: OrderedDict[str, T], key: str, value: T) -> T:
    """Keep a value under its key unless there is one; beyond KEPT the oldest are forgotten. Gives what is kept."""
    found = kept.setdefault(key, value)
    while len(kept) > KEPT:
        kept.popitem(last=False)
    return found
