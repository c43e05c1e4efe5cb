"""The simulated caller of `cordboard call`: whose turn it is to say what, and saying it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from telephony.double.call import DoubleCall
from telephony.double.errors import CallOver, NotQuiet
from telephony.double.files import read_ulaw

QUIET_MS = 1000
"""People wait this long to be sure that a machine has finished."""
PATIENCE_S = 90.0
KEYS_WHEN_ASKED = "ask"


@dataclass(frozen=True, slots=True)
class Speak:
    """Speak a file."""

    name: str
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys."""

    keys: str


Turn = Speak | Press


@dataclass(frozen=True, slots=True)
class Script:
    """What a caller will do."""

    turns: tuple[Turn, ...]
    when_asked: str = ""
    """Keys for whenever the assistant asks for keys."""
    interrupt_at_ms: tuple[int, ...] = ()
    """Instants at which the next turn is taken whether or not the assistant has finished."""


def script(files: Sequence[Path], dtmf: Sequence[str], interrupt_at_ms: Sequence[int]) -> Script:
    """Put a caller's turns in order: `N=keys` is turn N, the files are the others. Raises ValueError, NotAudio."""
    keys: dict[int, str] = {}
    when_asked = ""
    for option in dtmf:
        when, equals, pressed = option.partition("=")
        if not equals or not pressed or set(pressed) - set("0123456789*#w"):
            raise ValueError(f'--dtmf "{option}" must look like "2=12345#" or "ask=12345#" (keys 0-9 * #, w waits)')
        if when == KEYS_WHEN_ASKED:
            when_asked = pressed
        elif when.isdecimal() and int(when) > 0:
            keys[int(when)] = pressed
        else:
            raise ValueError(f'--dtmf "{option}": before the = stands a turn (1, 2, …) or "ask"')
    spoken = [Speak(str(path), read_ulaw(path)) for path in files]
    turns: list[Turn] = []
    while spoken or keys:
        number = len(turns) + 1
        if number in keys:
            turns.append(Press(keys.pop(number)))
        elif spoken:
            turns.append(spoken.pop(0))
        else:
            turns.append(Press(keys.pop(min(keys))))
    return Script(tuple(turns), when_asked, tuple(sorted(interrupt_at_ms)))


async def act(call: DoubleCall, plan: Script, asked: Callable[[], bool], on_turn: Callable[[Turn], None]) -> None:
    """Play the caller until the call is over. asked: whether the assistant's last question wants keys."""
    turns = list(plan.turns)
    interrupts = list(plan.interrupt_at_ms)
    try:
        while True:
            if interrupts and turns:
                await call.wait(max(0, interrupts.pop(0) - call.now_ms))
            else:
                await call.until_quiet(quiet_ms=QUIET_MS, timeout_s=PATIENCE_S)
            if plan.when_asked and asked():
                turn: Turn = Press(plan.when_asked)
            elif turns:
                turn = turns.pop(0)
            else:
                await _listen(call, plan, asked)
                turn = Press(plan.when_asked)
            on_turn(turn)
            if isinstance(turn, Press):
                await call.press(turn.keys)
            else:
                await call.say(turn.ulaw)
    except (CallOver, NotQuiet):
        return


async def _listen(call: DoubleCall, plan: Script, asked: Callable[[], bool]) -> None:
    """Say nothing more, but press keys when asked for them."""
    while not (plan.when_asked and asked() and call.ear.quiet_for_ms(call.now_ms) >= QUIET_MS):
        await call.wait(100)
