"""An agent at the desk, in virtual time: sees what the page would see, hears what the headset would, and speaks."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.drive import utc_now
from pipeline.office_clock import OfficeClock
from pipeline.transfers.desk import Seat
from pipeline.transfers.office import Transfers
from pipeline.transfers.packets import WrittenPackets
from pipeline.transfers.queues import queues_of
from recordings.store import SqliteCallStore
from server.api.v1.staff import Staff, staff_of
from telephony.agents import Agent
from telephony.transfer_store import TransferStore
from voice.audio import FRAME_ULAW_BYTES, level_db, ulaw_frames, ulaw_to_pcm

LOUD_DB = -45.0
ANA = Agent("ana", "Ana", frozenset({"support"}))
BEN = Agent("ben", "Ben", frozenset({"support", "repairs"}))


async def nobody_there(store: SqliteCallStore) -> Staff:
    """The people of an office in which nobody is, and no line has queues."""
    clock = OfficeClock(utc_now)
    transfers = Transfers(TransferStore(store, "local"), clock, WrittenPackets(store, clock, None), list, queues_of)
    await transfers.open(())
    return staff_of(transfers, store, "local")


@dataclass
class DeskAgent:
    """One human with a headset. Every wait is in virtual time."""

    office: Transfers
    id: str
    told: list[Mapping[str, Any]] = field(default_factory=list)
    ear: bytearray = field(default_factory=bytearray)
    hearing: "asyncio.Task[None]" = field(init=False)
    _seat: Seat | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def sit(self, *, available: bool = True, by_phone: bool = False) -> "DeskAgent":
        """Open the desk. by_phone: only to see who calls; their telephone rings."""
        self._seat = self.office.sit(self.id, self._tell)
        self._seat.by_phone = by_phone
        self.hearing = asyncio.create_task(self._hear())
        if available:
            self.office.presence(self.id, "available")
        return self

    def leave(self) -> None:
        """The page is closed, or its connection breaks."""
        assert self._seat is not None
        self.office.leave(self._seat)
        self._seat = None  # nothing that they say is heard any more
        self.hearing.cancel()

    def moves(self, to: Transfers) -> "DeskAgent":
        """The page connects to another process, with its agent as they were."""
        self.hearing.cancel()
        self.office = to
        return self.sit()

    async def gets(self, kind: str, timeout_s: float = 120.0) -> Mapping[str, Any]:
        """Wait for a message of this kind that was not waited for before."""
        async with asyncio.timeout(timeout_s):
            while True:
                for message in self.told:
                    if message["type"] == kind:
                        self.told.remove(message)
                        return message
                self._news.clear()
                await self._news.wait()

    async def accepts(self) -> Mapping[str, Any]:
        """Take the next offer; gives it once caller and agent are joined."""
        offer = await self.gets("offer")
        assert self.office.accept(offer["transfer"], offer["offer"], self.id)
        await self.gets("connected")
        return offer

    async def speaks(self, ulaw: bytes) -> None:
        """Speak into the microphone."""
        for frame in ulaw_frames(ulaw):
            person = self._seat.person if self._seat is not None else None
            if person is not None:
                person.said(frame)
            await asyncio.sleep(0.02)

    def heard_ms(self) -> int:
        """How much of what came to the ear was loud."""
        loud = [frame for frame in ulaw_frames(bytes(self.ear)) if level_db(ulaw_to_pcm(frame)) > LOUD_DB]
        return len(loud) * FRAME_ULAW_BYTES // 8

    def _tell(self, message: Mapping[str, Any]) -> None:
        self.told.append(message)
        self._news.set()

    async def _hear(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            person = self._seat.person if self._seat is not None else None
            while person is not None and person.to_hear:
                self.ear += person.to_hear.popleft()
