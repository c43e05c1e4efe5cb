"""When a service that is slower than usual is asked a second time. Pure.

Asked again too soon, a service is asked twice for nothing; too late, nobody gains. The wait follows what the service
has needed lately. Second requests are bounded, so that one that is slow because it has too much to do does not get
twice as much of it.
"""

from collections import deque
from statistics import median
from typing import Final, Literal

Wait = int | Literal["auto"]
"""Milliseconds, or as the service's own times tell."""

FACTOR: Final = 1.5
"""Times the median. Of services whose 95th percentile is three times their median 27 % are slower (log-normal)."""
FLOOR_MS: Final = 120
"""Less gains nothing: the second request takes its time, too."""
SHARE: Final = 0.25
"""At most so many second requests for each first one: what issue 3 allows eager turns to waste."""
SAVED: Final = 4.0
"""Second requests that may come together after a while without any."""
WINDOW: Final = 64
"""Requests that tell what is usual."""
LEAST: Final = 5
"""Requests before anything is usual."""


class Hedge:
    """One service's, shared by all who ask it."""

    def __init__(
        self, wait: Wait = "auto", *, factor: float = FACTOR, floor_ms: int = FLOOR_MS, share: float = SHARE
    ) -> None:
        """wait: fixed, in ms; 0 for never."""
        self._wait = wait
        self._factor = factor
        self._floor_ms = floor_ms
        self._share = share
        self._took_ms: deque[float] = deque(maxlen=WINDOW)
        self._allowed = 1.0

    @property
    def usual_ms(self) -> float | None:
        """The median of what requests took lately; None while too few are known."""
        return median(self._took_ms) if len(self._took_ms) >= LEAST else None

    @property
    def wait_ms(self) -> int | None:
        """How long the first request is waited for alone; None: there is no second one."""
        if self._wait != "auto":
            return self._wait or None
        usual_ms = self.usual_ms
        return None if usual_ms is None else max(self._floor_ms, round(self._factor * usual_ms))

    def asked(self) -> None:
        """A first request goes out: it pays for a part of a second one."""
        self._allowed = min(SAVED, self._allowed + self._share)

    @property
    def may(self) -> bool:
        """Whether a second request may go out now."""
        return self._allowed >= 1.0

    def asked_again(self) -> None:
        """A second request goes out."""
        self._allowed -= 1.0

    def took(self, ms: float) -> None:
        """So long a first request took, or had taken when the second one answered: it is slow either way."""
        self._took_ms.append(ms)
