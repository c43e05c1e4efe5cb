"""A supervisor with a page and a headset, in virtual time."""

import asyncio
from dataclasses import dataclass, field

from pipeline.supervision.calls import Met, Supervised, Who, Wish
from pipeline.supervision.listener import Frame, Listener
from pipeline.transfers.desk import DeskPerson
from tests.fakes.office import VirtualCall
from voice.audio import FRAME_ULAW_BYTES, level_db, ulaw_frames, ulaw_to_pcm

LOUD_DB = -45.0


def supervised(call: VirtualCall) -> Supervised:
    """The call's supervisors."""
    found = call.switchboard.supervised(call.sid)
    assert found is not None
    return found


@dataclass
class Supervisor:
    """One of them. Every wait is in virtual time."""

    call: Supervised
    who: Who
    ear: bytearray = field(default_factory=bytearray)
    _person: DeskPerson | None = None

    def wants(self, verb: str, text: str = "", **more: object) -> Met:
        return self.call.wish(self.who, Wish(verb, text, **more))  # type: ignore[arg-type]  # as a test writes it

    def opens(self) -> "Supervisor":
        """Open the microphone."""
        self._person = self.call.open_microphone(self.who)
        return self

    def closes(self) -> None:
        """The page is closed, or its connection breaks."""
        assert self._person is not None
        self.call.close_microphone(self.who, self._person)

    async def speaks(self, ulaw: bytes) -> None:
        assert self._person is not None
        for frame in ulaw_frames(ulaw):
            self._person.said(frame)
            self.hears()
            await asyncio.sleep(0.02)

    async def waits(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.02)):
            self.hears()
            await asyncio.sleep(0.02)

    def hears(self) -> None:
        while self._person is not None and self._person.to_hear:
            self.ear += self._person.to_hear.popleft()

    def heard_ms(self) -> int:
        """How much of what came to the ear was loud."""
        self.hears()
        loud = [frame for frame in ulaw_frames(bytes(self.ear)) if level_db(ulaw_to_pcm(frame)) > LOUD_DB]
        return len(loud) * FRAME_ULAW_BYTES // 8


def loud_frames(listener: Listener, channel: str) -> list[Frame]:
    """What a listener has fetched of one side, where it is loud."""
    frames, _ = listener.take()
    return [one for one in frames if one.channel == channel and level_db(ulaw_to_pcm(one.ulaw)) > LOUD_DB]
