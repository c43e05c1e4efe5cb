"""Calls that Twilio places: rung, answered by whoever is there or not, told of, and then executed like any other."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import parse_qsl

from telephony.double.call import DoubleCall
from telephony.double.entry import CallEntry, Status
from telephony.double.errors import CallOver
from telephony.double.people import (
    BEEP,
    AnsweredBy,
    Answers,
    Behaviour,
    Busy,
    Declines,
    Fails,
    NoAnswer,
    Person,
    Voicemail,
)
from telephony.double.program import Settings
from telephony.double.script import run_script
from voice.audio import ULAW_BYTES_PER_MS

if TYPE_CHECKING:
    from telephony.double.account import Account

SETUP_MS: Final = 100
"""Between the request and the first ring."""
BUFFER_S: Final = 5
"""Twilio adds this to every ring timeout."""


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether somebody wants to know who answered."""

    mode: Literal["Enable", "DetectMessageEnd"]
    callback: str = ""
    """Told without holding the call up; without it the first document waits for the answer."""
    method: str = "POST"


def parted(to: str) -> tuple[str, dict[str, str]]:
    """An address as a person has it, and the headers that a SIP address carried as URI parameters."""
    address, _, query = to.partition("?")
    return address.partition(";")[0], dict(parse_qsl(query, keep_blank_values=True))


async def place(
    account: "Account",
    entry: CallEntry,
    settings: Settings,
    *,
    timeout_s: int,
    detection: Detection | None = None,
    taken: Callable[[CallEntry], bool] = lambda _: True,
) -> None:
    """Ring, and execute what the settings say when somebody answers; returns when the call is over.

    `taken` says at the moment of the answer whether it is still wanted.
    """
    entry.tell("initiated")
    await asyncio.sleep(SETUP_MS / 1000)
    person = account.people.get(parted(entry.caller.to)[0])
    behaviour: Behaviour = Fails() if person is None else person.behaviour()
    if person is None:
        entry.problem(13224, f"there is nobody at {entry.caller.to!r}")
    else:
        person.rung += 1
    status = await _rung(entry, behaviour, timeout_s)
    if status != "in-progress" or person is None or not isinstance(behaviour, Answers | Voicemail):
        entry.finish(status)
        return
    if not taken(entry):
        entry.finish("canceled")
        return
    await _answered(account, entry, person, settings, behaviour, detection)


async def _rung(entry: CallEntry, behaviour: Behaviour, timeout_s: int) -> Status:
    if entry.give_up.is_set():
        return "canceled"
    match behaviour:
        case Busy():
            return "busy"
        case Fails():
            return "failed"
        case Answers(after_ms) | Voicemail(after_ms) | Declines(after_ms):
            waits_s = after_ms / 1000
        case NoAnswer():
            waits_s = float("inf")
    entry.status = "ringing"
    entry.tell("ringing")
    longest_s = timeout_s + BUFFER_S
    with suppress(TimeoutError):
        async with asyncio.timeout(min(waits_s, longest_s)):
            await entry.give_up.wait()
    if entry.give_up.is_set():
        return "canceled"
    if waits_s > longest_s:
        return "no-answer"
    return "busy" if isinstance(behaviour, Declines) else "in-progress"


async def _answered(
    account: "Account",
    entry: CallEntry,
    person: Person,
    settings: Settings,
    behaviour: Answers | Voicemail,
    detection: Detection | None,
) -> None:
    entry.answered()
    entry.tell("answered")
    answered_by, detected_ms = _detected(behaviour, detection)
    if detection is not None and not detection.callback:
        entry.answered_by = answered_by
        told = {"AnsweredBy": answered_by, "MachineDetectionDuration": str(detected_ms)}
        settings = replace(settings, first={**settings.first, **told}, wait_ms=detected_ms)
    call = DoubleCall(entry, settings, account)
    await person.take(call)
    async with asyncio.TaskGroup() as tasks:
        doing = tasks.create_task(_do(call, behaviour))
        detecting = tasks.create_task(_detect(entry, detection, answered_by, detected_ms))
        await call.run()
        doing.cancel()
        detecting.cancel()


async def _do(call: DoubleCall, behaviour: Answers | Voicemail) -> None:
    try:
        match behaviour:
            case Answers():
                await run_script(call, behaviour.steps, go_on_anyway=True)
            case Voicemail():
                await call.say(behaviour.greeting + BEEP)
                await call.wait(behaviour.listens_ms)
                call.hang_up()
    except CallOver:
        return


async def _detect(entry: CallEntry, detection: Detection | None, answered_by: AnsweredBy, detected_ms: int) -> None:
    if detection is None or not detection.callback:
        return
    await asyncio.sleep(detected_ms / 1000)
    if not entry.over:
        entry.answered_by = answered_by
        told = {"AnsweredBy": answered_by, "MachineDetectionDuration": str(detected_ms)}
        entry.tell_later("amd", "amd", detection.method, detection.callback, told)


def _detected(behaviour: Answers | Voicemail, detection: Detection | None) -> tuple[AnsweredBy, int]:
    if isinstance(behaviour, Answers):
        return behaviour.taken_for, behaviour.detected_after_ms
    if detection is not None and detection.mode == "DetectMessageEnd":
        return "machine_end_beep", len(behaviour.greeting + BEEP) // ULAW_BYTES_PER_MS
    return "machine_start", behaviour.detected_after_ms
