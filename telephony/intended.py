"""A carrier's control whose effects happen once per key, over crashes too: each is written down before it is asked for.

After a restart `finish` looks every begun one up: what was done is noted, what was not is asked for again, and a leg
that nobody waits for any more is not made.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, Protocol, TypeVar

from telephony.errors import CarrierError
from telephony.intents import DAY_MS, Intent, Intents, Kind
from telephony.ports import CallControl, Dialling, Joining, Leg

_T = TypeVar("_T")
FRESH_MS: Final = 10_000
"""A leg that was to be made longer ago is not made any more: whoever waited was told otherwise by now."""


class LearningControl(CallControl, Protocol):
    """Control that can be told which leg was made for a key."""

    def learn(self, key: str, sid: str) -> None:
        """See TwilioControl."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an intent that an earlier process had begun."""

    key: str
    kind: Kind
    leg: Leg | None
    """The leg that was made or is spoken of; None: there is none."""
    trouble: str = ""
    """Why it could not be settled; empty: it was."""


class IntendedControl:
    """The effects of CallControl that a crash must neither lose nor repeat. Methods raise StoreUnavailable as well.

    While the store takes nothing, nothing is asked for. Everything else is asked of the control itself.
    """

    def __init__(self, control: LearningControl, intents: Intents, now_ms: Callable[[], int]) -> None:
        """now_ms: ms since the epoch."""
        self.control = control
        """For questions, and for what may be asked twice."""
        self._intents, self._now_ms = intents, now_ms

    async def dial(self, key: str, wanted: Dialling, deadline_ms: int) -> Leg:
        """See CallControl. One that was made before is given, as `queued`: ask `leg` how it is."""
        earlier = await self._begin(key, "dial", asdict(wanted))
        if earlier is not None and earlier.sid:
            self.control.learn(key, earlier.sid)
        since = None if earlier is None else _when(earlier.made_ms)
        return await self._leg(key, earlier, lambda: self.control.dial(key, wanted, deadline_ms, since=since))

    async def join(self, key: str, room: str, label: str, wanted: Joining, deadline_ms: int) -> Leg:
        """See CallControl."""
        earlier = await self._begin(key, "join", {"room": room, "label": label, "wanted": asdict(wanted)})
        return await self._leg(key, earlier, lambda: self.control.join(room, label, wanted, deadline_ms))

    async def move(self, key: str, sid: str, markup: str, deadline_ms: int, *, room: str = "") -> None:
        """See CallControl."""
        earlier = await self._begin(key, "move", {"sid": sid, "markup": markup, "room": room})
        await self._change(
            key,
            earlier,
            lambda: self.control.move(sid, markup, deadline_ms, room=room, again=earlier is not None),
        )

    async def end(self, key: str, sid: str, deadline_ms: int) -> None:
        """See CallControl."""
        earlier = await self._begin(key, "end", {"sid": sid})
        await self._change(key, earlier, lambda: self.control.end(sid, deadline_ms))

    async def learn(self, key: str, sid: str) -> bool:
        """A webhook named the leg of this key. False: nobody asked for it."""
        if not await self._intents.learn(key, sid):
            return False
        self.control.learn(key, sid)
        return True

    async def legs(self) -> Mapping[str, str]:
        """The keys of every leg that was dialled in the last day, by sid."""
        return await self._intents.legs()

    async def finish(self, deadline_ms: int, wanted: Callable[[str], bool] | None = None) -> tuple[Settled, ...]:
        """Settle what an earlier process began; deadline_ms is for each. What cannot be settled now stays begun.

        wanted: by key, whether a leg is still to be moved: who was to be moved may be elsewhere by now. None: all are.
        """
        for sid, key in (await self.legs()).items():
            self.control.learn(key, sid)
        await self._intents.forget(self._now_ms() - DAY_MS)
        return tuple([await self._settled(intent, deadline_ms, wanted) for intent in await self._intents.unfinished()])

    async def _begin(self, key: str, kind: Kind, arguments: dict[str, object]) -> Intent | None:
        return await self._intents.begin(Intent(key, kind, self._now_ms(), arguments))

    async def _leg(self, key: str, earlier: Intent | None, make: Callable[[], Awaitable[Leg]]) -> Leg:
        if earlier is not None and earlier.state == "done":
            return Leg(earlier.sid, "queued")
        leg = await self._asked(key, make)
        await self._intents.settle(key, "done", leg.sid)
        return leg

    async def _change(self, key: str, earlier: Intent | None, change: Callable[[], Awaitable[None]]) -> None:
        if earlier is not None and earlier.state == "done":
            return
        await self._asked(key, change)
        await self._intents.settle(key, "done")

    async def _asked(self, key: str, ask: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await ask()
        except CarrierError as error:
            if not error.may_be_done:
                await self._intents.settle(key, "refused")
            raise

    async def _settled(self, intent: Intent, deadline_ms: int, wanted: Callable[[str], bool] | None) -> Settled:
        if intent.kind == "move" and wanted is not None and not wanted(intent.key):
            await self._intents.settle(intent.key, "refused")
            return Settled(intent.key, intent.kind, None, "not wanted any more")
        fresh = self._now_ms() - intent.made_ms <= FRESH_MS
        try:
            match intent.kind:
                case "dial":
                    leg, done = await self._dialled(intent, deadline_ms, fresh=fresh)
                case "join":
                    leg, done = await self._joined(intent, deadline_ms, fresh=fresh)
                case "move":
                    leg, done = None, await self._moved(intent, deadline_ms, fresh=fresh)
                case "end":
                    await self.control.end(intent.arguments["sid"], deadline_ms)
                    leg, done = None, True
        except CarrierError as error:
            if not error.may_be_done:
                await self._intents.settle(intent.key, "refused")
            return Settled(intent.key, intent.kind, None, str(error))
        await self._intents.settle(intent.key, "done" if done else "refused", leg.sid if leg is not None else "")
        return Settled(intent.key, intent.kind, leg)

    async def _dialled(self, intent: Intent, deadline_ms: int, *, fresh: bool) -> tuple[Leg | None, bool]:
        wanted, since = Dialling(**intent.arguments), _when(intent.made_ms)
        if intent.sid:
            return await self.control.leg(intent.sid, deadline_ms), True
        if fresh:
            return await self.control.dial(intent.key, wanted, deadline_ms, since=since), True
        leg = await self.control.find(wanted, since, deadline_ms)
        if leg is not None:
            self.control.learn(intent.key, leg.sid)
        return leg, leg is not None

    async def _joined(self, intent: Intent, deadline_ms: int, *, fresh: bool) -> tuple[Leg | None, bool]:
        room, label = intent.arguments["room"], intent.arguments["label"]
        if fresh:
            wanted = Joining(**intent.arguments["wanted"])
            return await self.control.join(room, label, wanted, deadline_ms), True
        there = [one for one in await self.control.participants(room, deadline_ms) if one.label == label]
        return (Leg(there[0].sid, "in_progress"), True) if there else (None, False)

    async def _moved(self, intent: Intent, deadline_ms: int, *, fresh: bool) -> bool:
        sid, room = intent.arguments["sid"], intent.arguments["room"]
        if fresh:
            await self.control.move(sid, intent.arguments["markup"], deadline_ms, room=room, again=True)
            return True
        return bool(room) and any(one.sid == sid for one in await self.control.participants(room, deadline_ms))


def _when(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
