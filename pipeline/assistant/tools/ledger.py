"""The ledger of writes: every wish to change something, noted under its key before the tool is asked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

WriteState = Literal["started", "done", "failed", "checking", "reversed"]


@dataclass(frozen=True, slots=True)
class Write:
    """One wish to change something."""

    key: str
    """The idempotency key: the same wish has the same one, whoever asks again."""
    tool: str
    """By its name on the line."""
    arguments: Mapping[str, Any]
    call_id: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of a write."""

    write: Write
    state: WriteState = "started"
    """started: it was begun, and nobody noted its end; checking: its end cannot be told."""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    attempts: int = 0

    @property
    def open(self) -> bool:
        """Whether it may have happened without anybody knowing."""
        return self.state in {"started", "checking"}


class Ledger(Protocol):
    """Keeps writes. What `begin` returned survives the process."""

    async def begin(self, write: Write) -> Entry | None:
        """Note that this write begins. None: it is noted, and nobody has begun it or it is known to have failed.

        Else what is known of the one with the same key; nothing has changed then. Raises StoreUnavailable: then it must
        not be asked for.
        """

    async def settle(self, entry: Entry) -> None:
        """Note how a write ended; `checking` is told to people too. Raises StoreUnavailable."""

    async def entry(self, key: str) -> Entry | None:
        """What is known of a write. Raises StoreUnavailable."""


class MemoryLedger:
    """A ledger that ends with the process: for evaluations and replays, whose backends end with it too."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    async def begin(self, write: Write) -> Entry | None:
        """See Ledger."""
        known = self._entries.get(write.key)
        if known is not None and known.state != "failed":
            return known
        self._entries[write.key] = Entry(write)
        return None

    async def settle(self, entry: Entry) -> None:
        """See Ledger."""
        self._entries[entry.write.key] = replace(entry)

    async def entry(self, key: str) -> Entry | None:
        """See Ledger."""
        return self._entries.get(key)


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two sets of arguments are the same wish."""
    return canonical(one) == canonical(other)


def canonical(value: Any) -> str:
    """A value as JSON text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False, separators=(",", ":"))


def digest(value: Any) -> str:
    """A short name for a value."""
    return hashlib.sha256(canonical(value).encode("utf-8", "replace")).hexdigest()[:16]
