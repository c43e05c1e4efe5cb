"""Legs and conferences through Twilio's REST API.

It has no idempotency key: a leg that is made again after a lost answer rings somebody twice. So whenever an answer was
lost, the account's own lists are asked what there is before anything is asked for again. Tried again are only a
network, 429 and 5xx.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from twilio.base.exceptions import TwilioException

from telephony.errors import CarrierFailed, LegGone, Overtaken
from telephony.ports import Dialling, Joining, Leg, LegStatus, ListeningStream, Participant
from telephony.twilio.asking import CARRIER, UNREADABLE, attempts, http_status, once, unless_gone, within
from telephony.twilio.hearing import start_listening
from telephony.twilio.leg_states import answered_by, leg_status
from telephony.twilio.recent import recent
from telephony.twilio.rest import TwilioRest

MAX_MARKUP_CHARACTERS: Final = 4_000
"""Twilio's limit on markup in a request."""
EVENTS: Final = ("initiated", "ringing", "answered", "completed")
MOST_LISTED: Final = 20
MOST_ROOMS: Final = 1_000
_SAME_S: Final = 2
"""The account's times are whole seconds, of a clock that is not ours."""
_STATES: Final[dict[str, LegStatus]] = {"connected": "in_progress", "ringing": "ringing"}
"""Of participants, as far as they are not yet to be called queued."""
_T = TypeVar("_T")


class TwilioControl:
    """`telephony.ports.CallControl` for one account. All methods belong to one event loop."""

    def __init__(self, rest: TwilioRest) -> None:
        self._rest = rest
        self._asking: OrderedDict[str, asyncio.Lock] = OrderedDict()
        self._begun: OrderedDict[str, datetime] = OrderedDict()
        self._moves: dict[str, object] = {}
        """By leg: what was asked of it last, while it is tried."""
        self._dialled: OrderedDict[str, Leg] = OrderedDict()
        self._ours: OrderedDict[str, str] = OrderedDict()

    def learn(self, key: str, sid: str) -> None:
        """A webhook, or the store, has told which leg was made for a key: dial gives it, and find passes it over."""
        recent(self._ours, sid, key)
        recent(self._dialled, key, Leg(sid, "queued"))

    async def dial(self, key: str, wanted: Dialling, deadline_ms: int, *, since: datetime | None = None) -> Leg:
        """See CallControl."""
        async with within(deadline_ms), self._alone(key):
            repeated, began = self._began(key)
            if key in self._dialled:
                return self._dialled[key]
            return await once(
                lambda: self._call(key, wanted),
                lambda: self._found(key, wanted, since or began),
                look_first=repeated or since is not None,
            )

    async def find(self, wanted: Dialling, since: datetime, deadline_ms: int) -> Leg | None:
        """See CallControl: among the latest calls of the account from and to these numbers."""
        async with within(deadline_ms):
            return await attempts(lambda: self._listed(wanted, since))

    async def move(self, sid: str, markup: str, deadline_ms: int, *, room: str = "", again: bool = False) -> None:
        """See CallControl. Raises ValueError on markup of more than MAX_MARKUP_CHARACTERS."""
        if not 0 < len(markup) <= MAX_MARKUP_CHARACTERS:
            raise ValueError(f"markup has 1 to {MAX_MARKUP_CHARACTERS} characters, not {len(markup)}")
        mine = self._moves[sid] = object()
        repeated, _ = self._began(f"{sid} {room}") if room else (False, None)

        async def there() -> bool | None:
            return any(one.sid == sid for one in await self._in_room(room)) or None

        async def moved() -> bool:
            if self._moves.get(sid) is not mine:
                raise Overtaken(CARRIER, "something else was asked of this leg since")
            await self._client.calls(sid).update_async(twiml=markup)
            return True

        try:
            async with within(deadline_ms), self._alone(sid):
                await (once(moved, there, look_first=repeated or again) if room else attempts(moved))
        finally:
            if self._moves.get(sid) is mine:
                del self._moves[sid]

    async def end(self, sid: str, deadline_ms: int) -> None:
        """See CallControl. `completed` ends ringing, too."""
        async with within(deadline_ms):
            await unless_gone(attempts(lambda: self._client.calls(sid).update_async(status="completed")))

    async def leg(self, sid: str, deadline_ms: int) -> Leg:
        """See CallControl."""

        async def fetched() -> Leg:
            return _leg(await self._client.calls(sid).fetch_async())

        async with within(deadline_ms):
            return await attempts(fetched)

    async def participants(self, room: str, deadline_ms: int) -> tuple[Participant, ...]:
        """See CallControl."""
        async with within(deadline_ms):
            return await attempts(lambda: self._in_room(room))

    async def rooms(self, deadline_ms: int) -> tuple[str, ...]:
        """See CallControl: no more than MOST_ROOMS of each kind."""

        async def listed(status: str) -> list[Any]:  # `init` while somebody waits alone
            return list(await self._client.conferences.list_async(status=status, limit=MOST_ROOMS))

        async with within(deadline_ms):
            begun = await attempts(lambda: listed("in-progress")) + await attempts(lambda: listed("init"))
        return tuple(str(one.friendly_name) for one in begun)

    async def join(self, room: str, label: str, wanted: Joining, deadline_ms: int) -> Leg:
        """See CallControl."""
        async with within(deadline_ms), self._alone(f"{room} {label}"):

            async def there() -> Leg | None:
                found = [one for one in await self._invited(room) if one.label == label]
                return Leg(str(found[0].call_sid), _STATES.get(str(found[0].status), "queued")) if found else None

            return await once(lambda: self._participant(room, label, wanted), there, look_first=True)

    async def hold(self, room: str, who: str, deadline_ms: int, *, url: str = "") -> None:
        """See CallControl."""
        await self._update(
            room, who, deadline_ms, hold=True, **({"hold_url": url, "hold_method": "POST"} if url else {})
        )

    async def unhold(self, room: str, who: str, deadline_ms: int) -> None:
        """See CallControl."""
        await self._update(room, who, deadline_ms, hold=False)

    async def mute(self, room: str, who: str, muted: bool, deadline_ms: int) -> None:
        """See CallControl."""
        await self._update(room, who, deadline_ms, muted=muted)

    async def coach(self, room: str, who: str, whom: str, deadline_ms: int) -> None:
        """See CallControl. Raises CarrierRefused (16028) if the coached leg is not in the conference."""
        coached = {"coaching": True, "call_sid_to_coach": whom} if whom else {"coaching": False}
        await self._update(room, who, deadline_ms, muted=False, **coached)

    async def announce(self, room: str, url: str, deadline_ms: int, *, who: str = "") -> None:
        """See CallControl. What was announced although its answer was lost may be heard twice."""
        told = {"announce_url": url, "announce_method": "POST"}
        if who:
            await self._update(room, who, deadline_ms, **told)
            return
        async with within(deadline_ms):
            await attempts(lambda: self._conference(room, lambda found: found.update_async(**told)))

    async def remove(self, room: str, who: str, deadline_ms: int) -> None:
        """See CallControl."""
        async with within(deadline_ms):
            await unless_gone(
                attempts(lambda: self._conference(room, lambda found: found.participants(who).delete_async()))
            )

    async def listen(self, sid: str, stream: ListeningStream, deadline_ms: int) -> None:
        """See CallControl. Raises ValueError on what Twilio would refuse once the stream is to be opened."""
        await start_listening(self._client, sid, stream, deadline_ms)

    async def stop_listening(self, sid: str, name: str, deadline_ms: int) -> None:
        """See CallControl."""
        async with within(deadline_ms):
            asked = self._client.calls(sid).streams(name)
            await unless_gone(attempts(lambda: asked.update_async(status="stopped")))

    def _alone(self, key: str) -> asyncio.Lock:
        """Nothing else is asked under this key meanwhile."""
        return recent(self._asking, key, asyncio.Lock())

    def _began(self, key: str) -> tuple[bool, datetime]:
        """Whether this was asked for before in this process, and since when it may have been done."""
        repeated = key in self._begun
        return repeated, recent(self._begun, key, datetime.now(UTC))

    @property
    def _client(self) -> Any:
        return self._rest.client

    async def _update(self, room: str, who: str, deadline_ms: int, **what: Any) -> None:
        async with within(deadline_ms):
            await attempts(lambda: self._conference(room, lambda found: found.participants(who).update_async(**what)))

    async def _conference(self, room: str, what: Callable[[Any], Awaitable[_T]]) -> _T:
        """Do something with the conference of this name. Only its sid names it in all requests."""
        listed = await self._client.conferences.list_async(friendly_name=room, limit=MOST_LISTED)
        now = [one for one in listed if one.status != "completed"]  # `init` while somebody waits alone
        if not now:
            raise LegGone(CARRIER, "there is no conference of this name now", 20404)
        return await what(self._client.conferences(str(now[0].sid)))

    async def _in_room(self, room: str) -> tuple[Participant, ...]:
        return tuple(
            Participant(
                str(one.call_sid),
                one.label or "",
                bool(one.muted),
                bool(one.hold),
                (one.call_sid_to_coach or "") if one.coaching else "",
            )
            for one in await self._invited(room)
            if one.status == "connected"
        )

    async def _invited(self, room: str) -> list[Any]:
        """Those in a conference, and those whose telephones ring for it."""
        try:
            listed = await self._conference(room, lambda found: found.participants.list_async(limit=MOST_LISTED))
        except LegGone:
            return []
        except TwilioException as error:
            if http_status(error)[0] == 404:  # it was over between the two requests
                return []
            raise
        return [one for one in listed if one.status not in ("complete", "failed")]

    async def _call(self, key: str, wanted: Dialling) -> Leg:
        amd = {
            "machine_detection": "Enable",
            "async_amd": "true",
            "async_amd_status_callback": wanted.amd_url,
            "async_amd_status_callback_method": "POST",
        }
        made = _leg(
            await self._client.calls.create_async(
                to=wanted.to,
                from_=wanted.from_,
                url=wanted.url,
                method="POST",
                status_callback=wanted.status_url,
                status_callback_event=list(EVENTS),
                status_callback_method="POST",
                timeout=wanted.ring_s,
                **(amd if wanted.amd_url else {}),
            )
        )
        self.learn(key, made.sid)
        return made

    async def _participant(self, room: str, label: str, wanted: Joining) -> Leg:
        coached = {"coaching": True, "call_sid_to_coach": wanted.coaching} if wanted.coaching else {}
        told = {
            "conference_status_callback": wanted.status_url,
            "conference_status_callback_event": ["start", "end", "join", "leave", "mute", "hold"],
            "conference_status_callback_method": "POST",
        }
        made = await self._client.conferences(room).participants.create_async(
            to=wanted.to,
            from_=wanted.from_,
            label=label,
            timeout=wanted.ring_s,
            muted=wanted.muted,
            beep="false",
            early_media=False,
            end_conference_on_exit=wanted.ends_with_it,
            jitter_buffer_size=wanted.jitter,
            **coached,
            **(told if wanted.status_url else {}),
        )
        return _leg_of(made.call_sid, "queued")

    async def _found(self, key: str, wanted: Dialling, began: datetime) -> Leg | None:
        """What was made for this key: as a webhook has told by now, or else as the account lists it."""
        found = self._dialled.get(key) or await self._listed(wanted, began)
        if found is not None:
            self.learn(key, found.sid)
        return found

    async def _listed(self, wanted: Dialling, since: datetime) -> Leg | None:
        earliest = since - timedelta(seconds=_SAME_S)
        to, _, _ = wanted.to.partition("?")  # a SIP address is listed with or without its headers
        among = {"from_": wanted.from_} | ({"to": to} if to.startswith("+") else {})
        found = [
            listed
            for listed in await self._client.calls.list_async(**among, limit=MOST_LISTED)
            if isinstance(listed.sid, str)
            and listed.sid not in self._ours
            and str(listed.to).partition("?")[0] == to
            and listed.date_created is not None
            and listed.date_created >= earliest
        ]
        if len(found) > 1:
            raise Ambiguous(CARRIER, f"{len(found)} calls to the same address, and none says which it is")
        return _leg(found[0]) if found else None


class Ambiguous(CarrierFailed):
    """Several legs could be the one that was asked for: none is taken, and none is made. A retry does not help."""

    retryable = False

    @property
    def may_be_done(self) -> bool:
        """It was: one of them is it."""
        return True


def _leg(listed: Any) -> Leg:
    """Raises ValueError on an answer that tells no leg."""
    return _leg_of(listed.sid, str(listed.status), listed.answered_by)


def _leg_of(sid: object, word: str, heard: object = "") -> Leg:
    status = leg_status(word)
    if status is None or not isinstance(sid, str):
        raise ValueError(UNREADABLE)
    return Leg(sid, status, answered_by(heard if isinstance(heard, str) else ""))
