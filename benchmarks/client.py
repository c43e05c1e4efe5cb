"""One telephone for both systems: speaks Twilio's media protocol in real time and keeps what the ear receives.

Cordboard is rung by its webhook and gives the socket's address and token; a bare pipecat bot gets the socket's `start`
at once. From then on nothing differs.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, Final

import aiohttp

from benchmarks.material import Sound
from telephony.double.handset import Handset
from telephony.double.socket import StreamSocket
from telephony.double.stream import CarrierStream
from telephony.double.twiml import Connect, parse
from telephony.double.webhooks import Webhooks
from voice.audio import FRAME_MS, ULAW_BYTES_PER_MS

NUMBER: Final = "+14155550199"
_CONNECTED_S: Final = 20.0
_QUIET_MS: Final = 700
"""The assistant is done speaking."""

_CALLERS: Final = """
alder amber apple aspen badger banjo barley basil beacon birch bison bramble canyon cedar cherry clover cobalt
copper coral cotton crystal daisy desert dolphin eagle ember falcon ferret ginger granite hazel heron indigo
iris jasper juniper kettle lantern laurel lilac linden magnet maple marble meadow nectar nutmeg ocean olive
orchid otter pebble pepper quartz raven river saffron sparrow spruce sunset thistle timber tulip valley velvet
walnut willow
"""
_TURNS: Final = "brook cliff creek field forest glen grove harbor hill island lake marsh mesa moor oasis pass peak"
CALLERS: Final = tuple(_CALLERS.split())
"""A word for each caller: replies begin with it."""
TURNS: Final = tuple(_TURNS.split())
BEGINNING: Final = "is what you mean? Shall I go on about it, and may I tell you more of it"
FURTHER: Final = ", and shall I go on, and may I tell you more of it"
"""A reply of any length without a statement, which would need a source."""


@dataclass(frozen=True, slots=True)
class Target:
    """A server that takes calls."""

    name: str
    url: str
    """http://…"""
    auth_token: str = ""
    """Signs webhooks; empty: there is no webhook, the socket is at /media."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something that the caller let hear, with instants of the call."""

    kind: str
    """question, backchannel, cough, noise, command, or change (a new question)."""
    name: str
    text: str
    reply: str
    start_ms: int
    """The first sample is sent."""
    end_ms: int
    """The frame with the last sample is sent."""


@dataclass(slots=True)
class Conversation:
    """One call, afterwards."""

    serial: int
    word: str
    zero_s: float
    """The call's instant 0 on the monotonic clock."""
    said: list[Said] = field(default_factory=list)
    heard: bytes = b""
    """μ-law from instant 0."""
    late_ms: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    sender_worst_ms: float = 0.0
    """How late the benchmark's own frames left, at worst."""
    sender_late: int = 0
    """Frames of the benchmark's own that left more than 20 ms late."""


class Providers:
    """The control side of benchmarks.providers."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def announce(self, serial: int, text: str, lasts_ms: int, answer: str) -> None:
        """What this caller says next, for how long, and what the language model answers to it."""
        told = {"serial": serial, "text": text, "lasts_ms": lasts_ms, "reply": answer}
        async with self._session.post(f"{self._url}/announce", json=told) as taken:
            taken.raise_for_status()

    async def journal(self, since: int) -> dict[str, Any]:
        """Entries since a number."""
        return await self._get("journal", since)

    async def connections(self) -> int:
        """Recogniser connections so far."""
        return int((await self._get("counts"))["connections"])

    async def length(self) -> int:
        """Entries of the journal so far."""
        return int((await self._get("counts"))["entries"])

    async def _get(self, what: str, since: int = 0) -> dict[str, Any]:
        async with self._session.get(f"{self._url}/{what}", params={"since": since}) as answer:
            told: dict[str, Any] = await answer.json()
            return told


class Phone:
    """A call in progress."""

    def __init__(self, handset: Handset, providers: Providers, serial: int) -> None:
        self.handset = handset
        self._providers = providers
        loop = asyncio.get_running_loop()
        zero_s = loop.time() - handset.now_ms / 1000
        self.told = Conversation(serial, CALLERS[serial % len(CALLERS)], zero_s)

    @property
    def now_ms(self) -> int:
        return self.handset.now_ms

    async def ask(self, sound: Sound, turn: int, letters: int = 90) -> Said:
        """Ask this caller's next question; the reply has so many letters, 40 ms each."""
        place = TURNS[turn % len(TURNS)]
        text = f"{self.told.word} trail near {place} how is it there"
        return await self.let_hear("question", sound, text, reply(self.told.word, place, letters))

    async def let_hear(self, kind: str, sound: Sound, text: str, answer: str = "") -> Said:
        """Let the line hear this now; returns when it is said."""
        await self._providers.announce(self.told.serial, text, len(sound.ulaw) // ULAW_BYTES_PER_MS, answer)
        mouth, ear = self.handset.mouth, self.handset.ear
        until = mouth.say(sound.ulaw)
        while mouth.spoken < until and not self.handset.stopped:
            await self.handset.tick()
        end_ms = ear.caller.end // ULAW_BYTES_PER_MS
        frames = -(-len(sound.ulaw) // (FRAME_MS * ULAW_BYTES_PER_MS))
        said = Said(kind, sound.name, text, answer, end_ms - frames * FRAME_MS, end_ms - FRAME_MS)
        self.told.said.append(said)
        return said

    async def until_sounding(self, since_ms: int, for_ms: int, timeout_ms: int = 6000) -> bool:
        """Wait until the ear has heard so much since an instant; whether it did in time."""
        while self.handset.ear.heard.audible_ms(since_ms, self.now_ms) < for_ms:
            if self.now_ms > since_ms + timeout_ms or self.handset.stopped:
                return False
            await self.handset.tick()
        return True

    async def until_quiet(self, timeout_ms: int = 15_000) -> None:
        """Wait until nothing was heard for a while, and nothing is buffered."""
        until_ms = self.now_ms + timeout_ms
        while self.now_ms < until_ms and not self.handset.stopped:
            if self.handset.ear.quiet_for_ms(self.now_ms) >= _QUIET_MS and not self.handset.ear.heard.waits(
                self.now_ms
            ):
                return
            await self.handset.tick()


def reply(word: str, place: str, letters: int) -> str:
    """What the language model says: it begins with the caller's word and takes 40 ms a letter."""
    text = f"{word.capitalize()} {place} {BEGINNING}"
    while len(text) < letters:
        text += FURTHER
    return text[:letters].rsplit(" ", 1)[0].rstrip(",?") + "?"


@asynccontextmanager
async def dial(
    target: Target, session: aiohttp.ClientSession, providers: Providers, dialling: asyncio.Lock
) -> AsyncIterator[Phone]:
    """Place a call; it is hung up in the end, and what was heard is in `told`. One call is set up at a time."""
    handset = Handset()
    async with asyncio.TaskGroup() as tasks:
        clock = tasks.create_task(handset.run())
        async with dialling:
            serial = await providers.connections()
            problems: list[str] = []
            socket = await _open(target, session, handset, problems)
            handset.attach(socket)
            running = tasks.create_task(socket.run())
            async with asyncio.timeout(_CONNECTED_S):
                await handset.up.wait()
                while await providers.connections() <= serial:  # noqa: ASYNC110 they are another process
                    await asyncio.sleep(0.02)
        phone = Phone(handset, providers, serial)
        try:
            yield phone
        finally:
            _note(phone, problems)
            running.cancel()
            await asyncio.wait([running])
            clock.cancel()


def _note(phone: Phone, problems: list[str]) -> None:
    ear, pacing, told = phone.handset.ear, phone.handset.pacing, phone.told
    now_ms = phone.now_ms
    ear.tick(now_ms)
    told.heard = ear.heard.audio(0, now_ms)
    told.late_ms = [frame.late_ms for frame in ear.late_frames()]
    told.problems = problems + (["the application ended the call"] if not phone.handset.listening else [])
    told.sender_worst_ms, told.sender_late = pacing.worst_ms, pacing.over_20_ms


async def _open(target: Target, session: aiohttp.ClientSession, handset: Handset, problems: list[str]) -> StreamSocket:
    account, sid = "AC" + "0" * 32, "CA" + token_hex(16)
    url, parameters, signature = "ws" + target.url.removeprefix("http") + "/media", {}, ""
    if target.auth_token:
        webhooks = Webhooks(session, target.auth_token)
        form = {"CallSid": sid, "AccountSid": account, "From": "+14155550101", "To": NUMBER, "CallStatus": "ringing"}
        answer = await webhooks.request("POST", f"{target.url}/twilio/voice", form)
        verb = next((verb for verb in parse(answer.body, answer.url) if isinstance(verb, Connect)), None)
        if verb is None:
            raise RuntimeError(f"{target.name} does not take the call: {answer.body.decode()}")
        url, parameters = verb.stream.url, dict(verb.stream.parameters)
        signature = webhooks.signature(url, {})
    codec = CarrierStream(account_sid=account, call_sid=sid, stream_sid="MZ" + token_hex(16), parameters=parameters)
    socket = StreamSocket(codec, handset, lambda code, detail: problems.append(f"{code} {detail}"))
    await socket.open(url, reach=url, signature=signature)
    return socket


def monotonic_ms(told: Conversation, at_s: float) -> float:
    """An instant of the providers' journal on the call's clock."""
    return (at_s - told.zero_s) * 1000


assert time.get_clock_info("monotonic").monotonic  # noqa: S101 the event loop's clock and the journal's are the same
