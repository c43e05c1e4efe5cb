"""What happens in the calls of a benchmark: questions and answers, and what is said into an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from benchmarks.client import TURNS, Conversation, Phone, Providers, Target, dial, reply
from benchmarks.machine import Server, Serving
from benchmarks.material import Sound
from benchmarks.turns import Service

INTO_MS: Final = 1200
"""So much of the answer is heard before something is said into it."""
RESUMED_MS: Final = 1200
"""By then an assistant that only paused goes on."""
LONG_LETTERS: Final = 110
SHORT_LETTERS: Final = 45
_GREETED_MS: Final = 15_000

Script = Callable[[Phone], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Played:
    """Calls that took place at one server, at the same time."""

    calls: list[Conversation]
    service: Service
    gauge: dict[str, Any]
    """Of the server's event loop, while they did."""


async def play(session: aiohttp.ClientSession, serving: Serving, server: Server, scripts: Sequence[Script]) -> Played:
    """Have one call for each script. Raises ExceptionGroup when a call cannot be placed."""
    begun = await serving.control.length()
    await server.gauge()
    dialling = asyncio.Lock()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_call(server.target, session, serving.control, dialling, one)) for one in scripts]
    gauge = await server.gauge()
    journal = await serving.control.journal(begun)
    return Played([task.result() for task in running], Service(journal["entries"]), gauge)


async def _call(
    target: Target, session: aiohttp.ClientSession, providers: Providers, dialling: asyncio.Lock, script: Script
) -> Conversation:
    async with dial(target, session, providers, dialling) as phone:
        await phone.until_sounding(0, 300, _GREETED_MS)
        await phone.until_quiet()
        await script(phone)
    return phone.told


def questions(sounds: Sequence[Sound], count: int, letters: int = SHORT_LETTERS) -> Script:
    """Ask, hear the answer out, ask again."""

    async def script(phone: Phone) -> None:
        for turn in range(count):
            said = await phone.ask(sounds[turn % len(sounds)], turn, letters)
            await phone.until_sounding(said.end_ms, 300)
            await phone.until_quiet()

    return script


def steady(sounds: Sequence[Sound], until_s: float, every_s: float, letters: int) -> Script:
    """Ask every so many seconds, until an instant of the monotonic clock, whether or not the answer came."""

    async def script(phone: Phone) -> None:
        loop, turn = asyncio.get_running_loop(), 0
        due_s = loop.time() + every_s * ((phone.told.serial * 0.37) % 1.0)  # not all at once
        while due_s < until_s:
            while loop.time() < due_s:
                await phone.handset.tick()
            await phone.ask(sounds[turn % len(sounds)], turn, letters)
            turn += 1
            due_s += every_s
        await phone.until_sounding(phone.told.said[-1].end_ms if phone.told.said else 0, 300)

    return script


def overlapping(question: Sound, over: Sequence[tuple[str, Sound]]) -> Script:
    """Ask, and say something of each kind into the answer: backchannel, cough, noise, command, change."""

    async def script(phone: Phone) -> None:
        for turn, (kind, sound) in enumerate(over):
            said = await phone.ask(question, 2 * turn, LONG_LETTERS)
            if await phone.until_sounding(said.end_ms, INTO_MS):
                await _into(phone, kind, sound, 2 * turn + 1)
                await phone.handset.wait_ms(RESUMED_MS)
            await phone.until_quiet()

    return script


async def _into(phone: Phone, kind: str, sound: Sound, turn: int) -> None:
    if kind != "change":
        await phone.let_hear(kind, sound, sound.words)
        return
    place = TURNS[turn % len(TURNS)]
    text = f"{phone.told.word} trail near {place} instead please"
    said = await phone.let_hear(kind, sound, text, reply(phone.told.word, place, SHORT_LETTERS))
    await phone.until_sounding(said.end_ms + 300, 300)
