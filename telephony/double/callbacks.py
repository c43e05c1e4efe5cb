"""Status callbacks: in order for each call or conference, unless a test wants them late, twice, in disorder or never.

Twilio promises no order between its callbacks and repeats some: an application that cannot bear it has to fail here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from telephony.double.record import Purpose

Mishap = Literal["late", "twice", "swapped", "never"]
"""late: after `by_ms`, others overtake it · twice: again after `by_ms` · swapped: after the next one of its origin, or
`by_ms` later when none comes · never: not at all."""

SWAPPED_MS: Final = 1_000
"""A callback that waits for the next one to overtake it waits no longer than this, unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One status callback."""

    purpose: Purpose
    event: str
    """What it tells, such as `answered`, `participant-join`, `stream-started`."""
    method: str
    url: str
    params: Mapping[str, str]


@dataclass(slots=True)
class Planned:
    """What is still to happen to callbacks of one kind."""

    mishap: Mishap
    purpose: str
    event: str
    params: Mapping[str, str]
    by_ms: int
    count: int

    def meets(self, callback: Callback) -> bool:
        """Whether it is for this callback."""
        told = all(callback.params.get(name) == value for name, value in self.params.items())
        return self.count > 0 and self.purpose in {"", callback.purpose} and self.event in {"", callback.event} and told


Send = Callable[[Callback], Awaitable[None]]


@dataclass(slots=True)
class CallbackMishaps:
    """The mishaps of an account. `happened` is what was done to which callback."""

    happened: list[tuple[Mishap, Callback]] = field(default_factory=list)
    _planned: list[Planned] = field(default_factory=list)

    def plan(
        self,
        mishap: Mishap,
        *,
        purpose: Purpose | Literal[""] = "",
        event: str = "",
        params: Mapping[str, str] | None = None,
        by_ms: int = SWAPPED_MS,
        count: int = 1,
    ) -> None:
        """Let this happen to the next `count` callbacks of this purpose and event whose parameters are these."""
        self._planned.append(Planned(mishap, purpose, event, dict(params or {}), by_ms, count))

    def take(self, callback: Callback) -> tuple[Mishap | None, int]:
        """What happens to this one, and by how much."""
        plan = next((each for each in self._planned if each.meets(callback)), None)
        if plan is None:
            return None, 0
        plan.count -= 1
        self.happened.append((plan.mishap, callback))
        return plan.mishap, plan.by_ms


class CallbackLine:
    """The callbacks of one origin, made one after the other. `run` ends when `close` was called and all are made."""

    def __init__(self, mishaps: CallbackMishaps, send: Send) -> None:
        self.done = asyncio.Event()
        """All were made, and no more will come."""
        self._mishaps, self._send = mishaps, send
        self._waiting: asyncio.Queue[Callback | None] = asyncio.Queue()

    def tell(self, callback: Callback) -> None:
        """Make it without holding anybody up."""
        self._waiting.put_nowait(callback)

    def close(self) -> None:
        """No more will come."""
        self._waiting.put_nowait(None)

    async def run(self) -> None:
        """Make them."""
        swapped: asyncio.Event | None = None
        async with asyncio.TaskGroup() as others:
            while (callback := await self._waiting.get()) is not None:
                mishap, by_ms = self._mishaps.take(callback)
                if mishap == "swapped":
                    swapped = asyncio.Event()
                    others.create_task(self._after(swapped, by_ms, callback))
                elif mishap in {"late", "twice"}:
                    others.create_task(self._after(None, by_ms, callback))
                if mishap in {None, "twice"}:
                    await self._send(callback)
                    if swapped is not None:
                        swapped.set()
                        swapped = None
        self.done.set()

    async def _after(self, event: asyncio.Event | None, by_ms: int, callback: Callback) -> None:
        try:
            async with asyncio.timeout(by_ms / 1000):
                await (event.wait() if event is not None else asyncio.Event().wait())
        except TimeoutError:
            pass
        await self._send(callback)
