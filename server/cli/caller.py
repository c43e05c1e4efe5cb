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


def plan(files: Sequence[Path], dtmf: Sequence[str], interrupt_at_ms: int | None) -> Plan:
    """Put a caller's turns in order: `N=keys` is turn N, the files are the others; then the caller is silent.

    interrupt_at_ms: the last file is spoken over the assistant, once it was audible for this long.
    Raises ValueError and NotAudio.
    """
    keys, when_asked = _keys(dtmf)
    spoken = [(read_ulaw(path), path.name) for path in files]
    steps: list[Step] = []
    while spoken or keys:
        number = len(steps) + 1
        if number in keys or not spoken:
            steps.append(Press(keys.pop(number if number in keys else min(keys))))
            continue
        audio, name = spoken.pop(0)
        last = not spoken and interrupt_at_ms is not None
        steps.append(InterruptAt(interrupt_at_ms or 0, audio, name) if last else Speak(audio, name))
    return Plan((*steps, StaySilent()), when_asked)


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
