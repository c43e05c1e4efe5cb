"""When a stream is asked for that brings us caller and agent again, whose voices reach us no more. Pure.

They speak at the carrier, and hear each other whether or not we listen: a process died, a socket broke, or the stream
never came. It is asked for soon, then more and more seldom, and not for ever; nothing else of the call is touched.
"""

from dataclasses import dataclass, replace
from typing import Final

from telephony.transfer_state import State, Transfer

EVERY_MS: Final = 1_000
"""How often it is looked after."""
MOMENT_MS: Final = 1_500
"""A stream that is on its way, and news of a call that has just ended, come within it."""
WITHIN_MS: Final = MOMENT_MS + EVERY_MS
"""The first request is made no later."""
SPACING_MS: Final = (5_000, 10_000, 20_000, 40_000, 60_000)
"""From one attempt to the next; the last one holds from then on."""
MOST_ATTEMPTS: Final = 20
"""Some 17 minutes. Nobody listens after that."""
WELL_MS: Final = 60_000
"""After a stream that lasted so long the next loss is a new one."""


@dataclass(frozen=True, slots=True)
class Earshot:
    """Whether caller and agent are heard here, and for how long that has been so."""

    open: bool
    for_ms: int


@dataclass(frozen=True, slots=True)
class Attempts:
    """What was asked for already, for one bridge."""

    bridge: int = -1
    made: int = 0
    next_ms: int = 0
    """None before this instant."""
    over: bool = False
    """The caller's leg has ended: none is made any more."""


def due(transfer: Transfer, earshot: Earshot, attempts: Attempts, now_ms: int) -> Attempts | None:
    """What was asked for once another stream is asked for now; None: none is to be."""
    if transfer.state not in {State.BRIDGING, State.CONNECTED} or earshot.open or earshot.for_ms < MOMENT_MS:
        return None
    if attempts.bridge != transfer.bridges:
        attempts = Attempts(transfer.bridges)
    if attempts.over or attempts.made >= MOST_ATTEMPTS or now_ms < attempts.next_ms:
        return None
    spacing_ms = SPACING_MS[min(attempts.made, len(SPACING_MS) - 1)]
    return replace(attempts, made=attempts.made + 1, next_ms=now_ms + spacing_ms)


def well(earshot: Earshot, attempts: Attempts) -> Attempts:
    """What counts of it once they are heard: nothing, after a while."""
    return Attempts() if earshot.open and earshot.for_ms >= WELL_MS else attempts
