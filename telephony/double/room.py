"""Where voices meet: members of a conference, or the two of a bridge, mixed every 20 ms. The clock is the caller's.

Who hears whom (Twilio's `<Conference>` and Participants pages): everybody hears everybody but themselves; who is muted
is heard by nobody; who is on hold is not heard and hears the music; a coach hears all and is heard by the coached.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from telephony.double.ear import CutBy, MarkEcho
from telephony.double.handset import Listener
from telephony.double.mixer import SILENCE, DelayLine, Loop, Once, mixed
from voice.audio import FRAME_MS

LEAD_MS: Final = 20
"""So much is in the ear's buffer ahead of time, or every tick that is late by a hair would tear the sound."""
MOST_AHEAD_MS: Final = 100
DELAYS_MS: Final = {"off": 0, "small": 160, "medium": 280, "large": 600}
"""What Twilio says of jitterBufferSize: about 150 to 200, 200 to 360, 300 to 1000 ms on average; none when off."""

LeftBy = Literal["hung_up", "moved", "removed", "ended", "conference_over"]
"""hung_up: its call ended · moved: it got other TwiML · removed: by the Participants resource · ended: by the
Conferences resource · conference_over: somebody left whose leaving ends it."""


class Hears(Protocol):
    """An ear, as a room fills it."""

    def queue(self, at_ms: int, ulaw: bytes) -> None:
        """Hear this behind what is buffered."""

    def buffered_ms(self, now_ms: int) -> float:
        """How much is buffered."""

    def clear(self, at_ms: int, why: CutBy) -> object:
        """Hear no more of it."""


class Side(Protocol):
    """A handset, or what stands for one (apps.Inside)."""

    up: asyncio.Event

    @property
    def ear(self) -> Hears:
        """What is heard."""

    @property
    def now_ms(self) -> int:
        """The instant on the call's clock."""

    def attach(self, listener: Listener) -> None:
        """Pass on what is said."""

    def detach(self, listener: Listener) -> None:
        """Pass nothing on."""


@dataclass(slots=True, eq=False)
class Member:
    """One call in the room. It is the handset's listener while it is there."""

    call_sid: str
    handset: Side
    voice: DelayLine = field(default_factory=DelayLine)
    muted: bool = False
    hold: bool = False
    coach: str = ""
    """The call that alone hears this one."""
    music: Loop | Once = field(default_factory=Once)
    """Heard while waiting or on hold."""
    announced: Once = field(default_factory=Once)
    left: "asyncio.Future[LeftBy]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    said: bytes = SILENCE

    def begin(self) -> None:
        """The next frame is the first."""

    def media(self, ulaw: bytes) -> None:
        """Take what the caller says."""
        self.voice.put(ulaw)

    def key(self, digit: str) -> None:
        """A key is no sound here: Twilio takes key tones out of the audio of a conference's members."""

    def marks(self, echoes: list[MarkEcho]) -> None:
        """No marks are set here."""


def hears(listener: Member, speaker: Member) -> bool:
    """Whether one of them hears the other."""
    if listener is speaker or speaker.muted or speaker.hold:
        return False
    return not speaker.coach or speaker.coach == listener.call_sid


class Room:
    """Members and their sound. `started` false: all hear their music."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.started = True

    def enter(self, member: Member) -> None:
        """Take somebody in."""
        self.members.append(member)
        member.handset.attach(member)
        member.handset.up.set()

    def leave(self, member: Member, why: LeftBy) -> bool:
        """Let somebody out; whether they were in."""
        if member not in self.members:
            return False
        self.members.remove(member)
        member.handset.detach(member)
        member.handset.ear.clear(member.handset.now_ms, "interrupted")
        if not member.left.done():
            member.left.set_result(why)
        return True

    def tick(self) -> None:
        """Give every ear its next 20 ms."""
        for member in self.members:
            member.said = member.voice.take()
        for member in self.members:
            self._hear(member)

    async def run(self, until: Callable[[], bool]) -> None:
        """Keep the clock until this is so."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not until():
            self.tick()
            due += FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _hear(self, member: Member) -> None:
        ear, now_ms = member.handset.ear, member.handset.now_ms
        if not self.started or member.hold:
            frame = mixed([member.music.take(), member.announced.take()])
        else:
            frame = mixed([*(each.said for each in self.members if hears(member, each)), member.announced.take()])
        ahead_ms = ear.buffered_ms(now_ms)
        if ahead_ms == 0:
            ear.queue(now_ms, SILENCE[: LEAD_MS * 8])
        if ahead_ms <= MOST_AHEAD_MS:
            ear.queue(now_ms, frame)
