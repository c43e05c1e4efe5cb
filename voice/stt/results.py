"""Results of one call on their way to whoever iterates over them."""

import asyncio
from collections import deque
from typing import Any, Self

from voice.stt.port import Result, Transcript


class Results:
    """What a recogniser says, in order: an iterator for one reader. Partials that nobody took give way to the next.

    Bounded by what a caller says: finals and changes of recogniser are never left out.
    """

    def __init__(self) -> None:
        self._waiting: deque[Result] = deque()
        self._news = asyncio.Event()
        self._closed = False
        self._source: asyncio.Task[Any] | None = None

    def come_from(self, source: "asyncio.Task[Any]") -> None:
        """What this task raises is raised to the reader, after all that was told before."""
        self._source = source
        source.add_done_callback(lambda _task: self._news.set())

    def tell(self, result: Result) -> None:
        """Add a result."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, Transcript) and isinstance(result, Transcript) and not last.settled:
            self._waiting.pop()
        self._waiting.append(result)
        self._news.set()

    def close(self) -> None:
        """Iteration ends; what was not taken is dropped."""
        self._closed = True
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Result:
        while not self._closed:
            if self._waiting:
                return self._waiting.popleft()
            if self._source is not None and self._source.done():
                self._source.result()
            self._news.clear()
            await self._news.wait()
        raise StopAsyncIteration
