"""The options of `cordboard call` as a caller's script."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from telephony.double.files import read_ulaw
from telephony.double.script import InterruptAt, Press, Speak, StaySilent, Step

KEYS_WHEN_ASKED = "ask"
KEYS = frozenset("0123456789*#w")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a caller will do."""

    steps: tuple[Step, ...]
    when_asked: str = ""
    """Keys for whenever the assistant asks for keys."""
    to_agent: tuple[Step, ...] = ()
    """What they say to the agent who takes the call over, once both hear each other."""


def plan(files: Sequence[Path], dtmf: Sequence[str], interrupt_at: Sequence[str] = ()) -> Plan:
    """Put a caller's turns in order: `N=keys` is turn N, the files are the others; then the caller is silent.

    interrupt_at: "2=800" speaks the second file over the assistant when that was audible for 800 ms; "800" the last.
    Raises ValueError and NotAudio.
    """
    keys, when_asked = _keys(dtmf)
    over = _interruptions(interrupt_at, len(files))
    spoken = [(over.get(place), read_ulaw(path), path.name) for place, path in enumerate(files, 1)]
    steps: list[Step] = []
    while spoken or keys:
        number = len(steps) + 1
        if number in keys or not spoken:
            steps.append(Press(keys.pop(number if number in keys else min(keys))))
            continue
        after_ms, audio, name = spoken.pop(0)
        steps.append(Speak(audio, name) if after_ms is None else InterruptAt(after_ms, audio, name))
    return Plan((*steps, StaySilent()), when_asked)


def _interruptions(options: Sequence[str], files: int) -> dict[int, int]:
    """For each file that is spoken over the assistant, after how much of it in ms."""
    over: dict[int, int] = {}
    for option in options:
        which, given, after_ms = option.rpartition("=")
        if not after_ms.isdecimal() or (given and not which.isdecimal()):
            raise ValueError(f'--interrupt-at "{option}" must look like "800" (the last file) or "2=800" (the second)')
        place = int(which) if given else files
        if not 1 <= place <= files:
            raise ValueError(f'--interrupt-at "{option}": there is no file {place}; {files} were given')
        over[place] = int(after_ms)
    return over


def _keys(dtmf: Sequence[str]) -> tuple[dict[int, str], str]:
    keys: dict[int, str] = {}
    when_asked = ""
    for option in dtmf:
        when, _, pressed = option.partition("=")
        if not pressed or set(pressed) - KEYS:
            raise ValueError(f'--dtmf "{option}" must look like "2=12345#" or "ask=12345#" (keys 0-9 * #, w waits)')
        if when == KEYS_WHEN_ASKED:
            when_asked = pressed
        elif when.isdecimal() and int(when) > 0:
            keys[int(when)] = pressed
        else:
            raise ValueError(f'--dtmf "{option}": before the = stands a turn (1, 2, …) or "ask"')
    return keys, when_asked
