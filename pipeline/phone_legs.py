"""Agents who are reached by telephone: their legs are dialled, briefed, bridged with the caller and let go again.

Decides nothing: telephony.transfer does. Every effect has a key and happens once, over restarts too. An agent who is
on the line when an offer ends is told why; one whose telephone still rings is not rung any more.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal

from telephony.agent_words import AgentWords, words_of
from telephony.errors import CarrierError, LegGone
from telephony.intended import IntendedControl, Settled
from telephony.intents import intent_key
from telephony.ports import Dialling, Leg, ListeningStream
from telephony.rooms import room_of
from telephony.sip import with_handoff
from telephony.transfer_state import State, Transfer
from telephony.twilio import agent_twiml, twiml
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.agent_twiml import JitterBuffer, Listening, Room

DIAL_MS: Final = 5_000
"""A carrier answers in a fraction of it; within it a lost answer is looked up and the request made again."""
MOVE_MS: Final = 5_000
END_MS: Final = 5_000
ASK_MS: Final = 2_000
RING_S: Final = 20
CALLER_RING_S: Final = 30

Why = Literal["taken", "caller_left", "withdrawn", "timeout", "not_connected", "not_reached", "handed_back", "left"]
"""Why an agent is not wanted any more, as telephony.transfer says it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Who is dialled for an offer. Only addresses of the operator's directory, or of the line's queues, come here."""

    to: str
    """E.164 or a SIP address."""
    from_: str
    """A number of ours."""
    language: str = "en"
    uui: str = ""
    """User-to-User, on SIP: what the other side's exchange shows."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """X- headers, on SIP."""
    ring_s: int = RING_S
    """No more than RING_S: the briefing has to fit behind it (telephony.transfer, RING_MS)."""


@dataclass(slots=True)
class PhoneLegs:
    """All agents' legs of a process. Methods raise the errors of telephony.errors, and StoreUnavailable."""

    control: IntendedControl
    addresses: TransferAddresses
    stream_url: str
    token: Callable[[str], str] | None = None
    """A one-time token for the stream that listens to this caller's leg and the agent's; None: nobody listens."""
    jitter: JitterBuffer = "small"
    own_room: Callable[[Transfer], str] = lambda _transfer: ""
    """The conference that a transfer's caller is in from the beginning, where agents come to it; empty: none."""
    _sids: dict[str, dict[int, str]] = field(default_factory=dict)
    _languages: dict[str, dict[int, str]] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _callers: dict[tuple[str, int], str] = field(default_factory=dict)
    """Legs to callers who are called back, by transfer and attempt."""
    _rooms: dict[str, dict[int, str]] = field(default_factory=dict)
    """Conferences that another system names, by transfer and offer."""

    def legs(self, transfer: str) -> Mapping[int, str]:
        """The sids of a transfer's legs, as far as they are known, by offer."""
        return dict(self._sids.get(transfer, {}))

    def room(self, call_sid: str, bridge: int) -> str:
        """Name the conference of a call's nth bridge."""
        return room_of(call_sid, bridge)

    def room_with(self, transfer: Transfer, offer: int | None, bridge: int) -> str:
        """The conference with the agent of this offer, at this bridge: the same in every process."""
        own = self._rooms.get(transfer.id, {}).get(offer, "") if offer is not None else ""
        return own or self.own_room(transfer) or room_of(transfer.id, bridge)

    def use_room(self, transfer: str, offer: int, room: str) -> None:
        """Another system brings the agent of this offer into a conference of its own."""
        self._rooms.setdefault(transfer, {})[offer] = room

    def adopt(self, transfer: str, offer: int, leg_sid: str, language: str) -> None:
        """A leg that another system has made is this offer's agent, who is on the line."""
        self._languages.setdefault(transfer, {})[offer] = language
        self._answered.add(leg_sid)
        self._sids.setdefault(transfer, {})[offer] = leg_sid

    async def ring(self, transfer: str, offer: int, target: Target) -> Leg:
        """Ring somebody who is to be briefed. Raises NotDiallable, and ValueError on headers that are none."""
        to = target.to
        if to.startswith(("sip:", "sips:")):
            to = with_handoff(to, transfer, uui=target.uui, headers=target.headers)
        self._languages.setdefault(transfer, {})[offer] = target.language
        wanted = Dialling(
            to,
            target.from_,
            self.addresses.answered(transfer, offer),
            self.addresses.status(transfer, offer),
            self.addresses.amd(transfer, offer),
            min(target.ring_s, RING_S),
        )
        leg = await self.control.dial(intent_key(transfer, "ring", offer), wanted, DIAL_MS)
        self._sids.setdefault(transfer, {})[offer] = leg.sid
        return leg

    async def learn(self, transfer: str, offer: int, leg_sid: str, *, answered: bool = False) -> bool:
        """A webhook spoke of this offer's leg. False: no such leg was asked for, or it is another one's."""
        if answered:
            self._answered.add(leg_sid)
        known = self._sids.get(transfer, {}).get(offer)
        if known is not None:
            return known == leg_sid
        if not await self.control.learn(intent_key(transfer, "ring", offer), leg_sid):
            return False
        self._sids.setdefault(transfer, {})[offer] = leg_sid
        return True

    async def let_go(self, transfer: str, offer: int, why: Why) -> None:
        """End an offer's leg: with a word, if somebody is on it. One that is over, or was never made, stays so."""
        sid = self._sids.get(transfer, {}).get(offer)
        if sid is None:
            return
        if sid in self._answered:
            words = words_of(self._languages.get(transfer, {}).get(offer, "en"))
            told = twiml.speak_and_hang_up(_last_words(words, why), words.tag)
            try:
                await self.control.move(intent_key(transfer, "release", offer), sid, told, MOVE_MS)
            except LegGone:
                return
        else:
            await self.hang_up(transfer, offer)

    async def send_off(self, leg_sid: str, why: Why) -> None:
        """End the leg of somebody who is there for no offer that runs, with a word."""
        words = words_of("en")
        with suppress(LegGone):
            told = twiml.speak_and_hang_up(_last_words(words, why), words.tag)
            await self.control.control.move(leg_sid, told, MOVE_MS)

    async def bridge(self, transfer: str, caller_sid: str, room: str, bridge: int) -> None:
        """Move the caller into the conference where the agent is. Raises LegGone: they hung up."""
        listening = None if self.token is None else Listening(self.stream_url, self.token(caller_sid))
        document = agent_twiml.caller_joins(Room(room, transfer, self.addresses, self.jitter), listening)
        await self.control.move(intent_key(transfer, "bridge", bridge), caller_sid, document, MOVE_MS, room=room)

    async def listen(self, caller_sid: str, name: str) -> None:
        """Have caller and agent come to us once more, by a stream of this name. Raises LegGone: the caller hung up."""
        if self.token is None:
            raise ValueError("nobody listens to caller and agent")
        stream = ListeningStream(name, self.stream_url, self.token(caller_sid))
        await self.control.control.listen(caller_sid, stream, MOVE_MS)

    async def stop_listening(self, caller_sid: str, name: str) -> None:
        """Have the stream of this name come no longer."""
        await self.control.control.stop_listening(caller_sid, name, ASK_MS)

    async def introduce(self, transfer: str, room: str) -> None:
        """Let caller and agent hear the desk's announcement `introduction`, both at once. Raises LegGone."""
        await self.control.control.announce(room, self.addresses.announced(transfer, "introduction"), MOVE_MS)

    async def take_back(self, transfer: str, caller_sid: str, number: int) -> None:
        """Bring the caller back to the assistant, by a new stream. Raises LegGone: they hung up."""
        document = twiml.redirect(self.addresses.resume)
        await self.control.move(intent_key(transfer, "take_back", number), caller_sid, document, MOVE_MS)

    async def is_over(self, sid: str) -> bool:
        """Whether nobody is on this leg for certain."""
        try:
            return (await self.control.control.leg(sid, ASK_MS)).is_over
        except LegGone:
            return True
        except CarrierError:
            return False

    async def hang_up(self, transfer: str, offer: int) -> None:
        """End an offer's leg without a word: a machine has answered."""
        sid = self._sids.get(transfer, {}).get(offer)
        if sid is not None:
            await self.control.end(intent_key(transfer, "end", offer), sid, END_MS)

    # Callers who are called back

    async def call_caller(self, transfer: str, attempt: int, to: str, from_: str) -> None:
        """Call somebody back. Raises NotDiallable."""
        wanted = Dialling(
            to,
            from_,
            self.addresses.back(transfer, attempt),
            self.addresses.back(transfer, attempt, "/status"),
            self.addresses.back(transfer, attempt, "/amd"),
            CALLER_RING_S,
        )
        leg = await self.control.dial(intent_key(transfer, "caller", attempt), wanted, DIAL_MS)
        self._callers[transfer, attempt] = leg.sid

    async def learn_caller(self, transfer: str, attempt: int, leg_sid: str) -> bool:
        """A webhook spoke of this caller's leg. False: no such leg was asked for, or it is another one's."""
        known = self._callers.get((transfer, attempt))
        if known is None and await self.control.learn(intent_key(transfer, "caller", attempt), leg_sid):
            known = self._callers[transfer, attempt] = leg_sid
        return known == leg_sid

    async def end_caller(self, transfer: str, attempt: int) -> None:
        """End this leg, or its ringing."""
        sid = self._callers.get((transfer, attempt))
        if sid is not None:
            await self.control.end(intent_key(transfer, "end_caller", attempt), sid, END_MS)

    async def recover(self, live: Mapping[str, Transfer]) -> tuple[Settled, ...]:
        """After a start: settle what an earlier process began, and know its legs again. live: transfers, by id."""
        settled = await self.control.finish(DIAL_MS, lambda key: _is_wanted(key, live))
        for sid, key in (await self.control.legs()).items():
            transfer, step, offer = key.rsplit(":", 2)
            if step == "ring":
                self._sids.setdefault(transfer, {})[int(offer)] = sid
        return settled

    def forget(self, transfer: str) -> None:
        """A transfer is over, and its legs with it."""
        self._callers = {key: sid for key, sid in self._callers.items() if key[0] != transfer}
        self._languages.pop(transfer, None)
        self._rooms.pop(transfer, None)
        self._answered -= set(self._sids.pop(transfer, {}).values())


def _is_wanted(key: str, live: Mapping[str, Transfer]) -> bool:
    """Whether a caller is still to be moved, to this bridge's agent or back from this offer's."""
    id_, step, number = key.rsplit(":", 2)
    now = live.get(id_)
    with_agent = now is not None and now.state in {State.BRIDGING, State.CONNECTED}
    if step == "bridge":
        return now is not None and now.state is State.BRIDGING and now.bridges == int(number)
    return step != "take_back" or not with_agent


def _last_words(words: AgentWords, why: Why) -> str:
    match why:
        case "taken":
            return words.taken
        case "caller_left":
            return words.caller_left
        case "not_connected":
            return words.not_connected
        case "not_reached":
            return words.not_reached
        case "withdrawn" | "timeout":
            return words.over
        case "handed_back" | "left":
            return words.goodbye
