"""Twilio's conferences: who takes part and how, when they start and end, what the application is told of them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Final, Literal

from telephony.double import tones
from telephony.double.callbacks import Callback, CallbackLine
from telephony.double.dial_twiml import Attendance
from telephony.double.entry import CallEntry
from telephony.double.errors import WebhookFailed
from telephony.double.mixer import DelayLine, Loop, Once
from telephony.double.record import WebhookMade
from telephony.double.room import DELAYS_MS, LeftBy, Member, Room, Side
from telephony.double.sounds import Sound, sound
from voice.audio import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from telephony.double.account import Account

_EVENT_OF: Final = {
    "conference-start": "start", "conference-end": "end", "participant-join": "join", "participant-leave": "leave",
    "participant-mute": "mute", "participant-unmute": "mute", "participant-hold": "hold", "participant-unhold": "hold",
    "participant-modify": "modify", "announcement-end": "announcement",
}  # fmt: skip
_REASON_LEFT: Final[Mapping[LeftBy, str]] = {
    "hung_up": "participant_hung_up",
    "moved": "participant_updated_via_api",
    "removed": "participant_updated_via_api",
    "ended": "conference_ended_via_api",
    "conference_over": "moderator_ended_conference",
}
_BEEP: Final = tones.tone((880.0,), 200)


@dataclass(slots=True, eq=False)
class Participant:
    """One call in a conference, or on its way there."""

    entry: CallEntry
    attendance: Attendance
    member: Member | None = None
    """None while it is dialled."""
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    waiting: "asyncio.Task[None] | None" = None

    @property
    def status(self) -> Literal["queued", "connecting", "ringing", "connected", "failed", "complete"]:
        """As the Participants resource tells it."""
        if self.member is not None:
            return "connected"
        match self.entry.status:
            case "queued" | "ringing" as early:
                return early
            case "in-progress":
                return "connecting"
            case _:
                return "failed"


class Conference:
    """One conference. It begins with the first participant and is over when the last one has left, or is made to."""

    def __init__(self, account: "Account", attendance: Attendance) -> None:
        self.sid = "CF" + token_hex(16)
        self.name = attendance.name
        self.status: Literal["init", "in-progress", "completed"] = "init"
        self.reason_ended = ""
        self.ended_by_call = ""
        self.created = self.updated = datetime.now(UTC)
        self.participants: list[Participant] = []
        self.told: list[WebhookMade] = []
        """The callbacks that were made."""
        self._account = account
        self._room = Room()
        self._room.started = False
        self._first = attendance
        """Only the first participant's callback counts."""
        self._sequence = 0
        self._callbacks = CallbackLine(account.callbacks, self._make)
        account.conferences.append(self)
        account.tasks.create_task(self._callbacks.run(), name=f"callbacks {self.sid}")
        account.tasks.create_task(self._keep_time(), name=f"conference {self.sid}")

    @property
    def over(self) -> bool:
        """Whether nobody can enter any more."""
        return self.status == "completed"

    @property
    def members(self) -> list[Participant]:
        """Who is in it now."""
        return [each for each in self.participants if each.member is not None]

    def participant(self, sid_or_label: str) -> Participant | None:
        """Whoever has this call or this label."""
        named = (each for each in self.participants if sid_or_label in {each.entry.sid, each.attendance.label})
        return next(named, None)

    def refusal(self, attendance: Attendance) -> tuple[int, str] | None:
        """Why somebody cannot enter so, with Twilio's code."""
        if attendance.label and self.participant(attendance.label) is not None:
            return 16025, f"a participant {attendance.label!r} is there already"
        if attendance.coach and attendance.coach not in {each.entry.sid for each in self.members}:
            return 13240, f"the call to coach is not connected to {self.name!r}"
        if len(self.participants) >= min(attendance.max_participants, self._first.max_participants):
            return 13000, f"{self.name!r} is full"
        return None

    def expect(self, entry: CallEntry, attendance: Attendance) -> Participant:
        """Somebody is being dialled into it."""
        expected = Participant(entry, attendance)
        self.participants.append(expected)
        return expected

    def enter(self, participant: Participant, handset: Side) -> Member:
        """Somebody comes in."""
        attendance = participant.attendance
        member = Member(
            participant.entry.sid,
            handset,
            DelayLine(DELAYS_MS[attendance.jitter_buffer]),
            muted=attendance.muted,
            coach=attendance.coach,
        )
        participant.member, participant.since = member, datetime.now(UTC)
        if participant not in self.participants:
            self.participants.append(participant)
        self._beep({"true", "onEnter"}, attendance.beep)
        self._room.enter(member)
        self.tell("participant-join", participant)
        self._start_if_met()
        if not self._room.started:
            self._music(participant, attendance.wait_url, attendance.wait_method)
        return member

    def leave(self, participant: Participant, why: LeftBy) -> None:
        """Somebody goes, or could not be had."""
        if participant not in self.participants:
            return
        self.participants.remove(participant)
        if participant.waiting is not None:
            participant.waiting.cancel()
        member, participant.member = participant.member, None
        if member is not None:
            self._room.leave(member, why)
        reason = _REASON_LEFT[why] if member is not None else "participant_add_failed"
        status = participant.entry.status if why != "hung_up" or member is None else "completed"
        self.tell("participant-leave", participant, ReasonParticipantLeft=reason, ParticipantCallStatus=status)
        if self.over or (member is None and self.members):
            return
        self._beep({"true", "onExit"}, participant.attendance.beep)
        kicked = why == "removed"
        if participant.attendance.end_on_exit and member is not None:
            reason = "participant-with-end-conference-on-exit-" + ("kicked" if kicked else "left")
            self.end(reason, "conference_over", participant)
        elif not self.participants:
            self.end("last-participant-" + ("kicked" if kicked else "left"), "conference_over", participant)

    def end(self, reason: str, why: LeftBy, by: Participant | None = None) -> None:
        """It is over for everybody."""
        if self.over:
            return
        self.status, self.reason_ended, self.updated = "completed", reason, datetime.now(UTC)
        self.ended_by_call = "" if by is None else by.entry.sid
        for each in list(self.participants):
            self.leave(each, why)
            if each.entry.call is None:
                each.entry.give_up.set()
        ending = {} if by is None else {"CallSidEndingConference": by.entry.sid}
        if by is not None and by.attendance.label:
            ending["ParticipantLabelEndingConference"] = by.attendance.label
        self.tell("conference-end", None, ReasonConferenceEnded=reason, Reason=reason.replace("-", " "), **ending)
        self._callbacks.close()

    # What can be changed

    def mute(self, participant: Participant, muted: bool) -> None:
        """Let somebody be heard or not."""
        if participant.member is not None and participant.attendance.muted != muted:
            participant.member.muted = muted
            participant.attendance = replace(participant.attendance, muted=muted)
            self.tell("participant-mute" if muted else "participant-unmute", participant)

    def hold(self, participant: Participant, hold: bool, url: str | None, method: str) -> None:
        """Let somebody wait outside, with music, or come back."""
        if participant.member is None or participant.member.hold == hold:
            return
        participant.member.hold = hold
        if hold:
            self._music(participant, url, method)
        elif participant.waiting is not None:
            participant.waiting.cancel()
        self.tell("participant-hold" if hold else "participant-unhold", participant)

    def modify(self, participant: Participant, **changed: object) -> None:
        """Change how somebody takes part: coach, end_on_exit, beep."""
        before, participant.attendance = participant.attendance, replace(participant.attendance, **changed)  # type: ignore[arg-type]
        if participant.member is not None:
            participant.member.coach = participant.attendance.coach
        if before != participant.attendance:
            self.tell("participant-modify", participant)

    def announce(self, url: str, method: str, to: Participant | None) -> None:
        """Play a document to one or to all."""
        self._account.tasks.create_task(self._announced(url, method, to), name=f"announcement {self.sid}")

    # What is told

    def standard(self, event: str, participant: Participant | None) -> dict[str, str]:
        """The parameters of a callback."""
        told = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": self._account.sid,
            "SequenceNumber": str(self._sequence),
            "Timestamp": format_datetime(datetime.now(UTC)),
            "StatusCallbackEvent": event,
        }
        if participant is None:
            return told
        attendance = participant.attendance
        told |= {
            "CallSid": participant.entry.sid,
            "Muted": str(attendance.muted).lower(),
            "Hold": str(participant.member is not None and participant.member.hold).lower(),
            "Coaching": str(bool(attendance.coach)).lower(),
            "EndConferenceOnExit": str(attendance.end_on_exit).lower(),
            "StartConferenceOnEnter": str(attendance.start_on_enter).lower(),
        }
        return told | ({"ParticipantLabel": attendance.label} if attendance.label else {})

    def tell(self, event: str, participant: Participant | None, **more: str) -> None:
        """Tell whoever asked for it."""
        self.updated = datetime.now(UTC)
        self._sequence += 1
        first = self._first
        if first.status_callback and _EVENT_OF[event] in first.status_callback_events:
            params = {**self.standard(event, participant), **more}
            callback = Callback("conference", event, first.status_callback_method, first.status_callback, params)
            self._callbacks.tell(callback)

    async def _make(self, callback: Callback) -> None:
        status, error, attempts = None, "", 1
        try:
            answer = await self._account.webhooks.request(callback.method, callback.url, callback.params)
            status, attempts = answer.status, answer.attempts
        except WebhookFailed as failed:
            status, error, attempts = failed.status, failed.detail, failed.attempts
            self._account.problem(failed.code, failed.detail)
        params = dict(callback.params)
        self.told.append(
            WebhookMade(0, "conference", callback.method, callback.url, params, status, 0, attempts, error)
        )

    # Sound

    async def _keep_time(self) -> None:
        await self._room.run(lambda: self.over)

    def _start_if_met(self) -> None:
        ready = len(self.members) > 1 and any(each.attendance.start_on_enter for each in self.members)
        if self._room.started or not ready:
            return
        self._room.started, self.status = True, "in-progress"
        for each in self.members:
            if each.waiting is not None and each.member is not None and not each.member.hold:
                each.waiting.cancel()
        self.tell("conference-start", None)

    def _beep(self, when: set[str], beep: str) -> None:
        if beep in when and self._room.started:
            for member in self._room.members:
                member.announced.put(_BEEP)

    def _music(self, participant: Participant, url: str | None, method: str) -> None:
        if participant.member is None:
            return
        participant.member.music = Loop(tones.hold_music()) if url is None else Once()
        if url:
            waits = self._waits(participant, participant.member, url, method)
            participant.waiting = self._account.tasks.create_task(waits, name=f"music {participant.entry.sid}")

    async def _waits(self, participant: Participant, member: Member, url: str, method: str) -> None:
        music = member.music
        assert isinstance(music, Once)  # noqa: S101 set one line before the task is made
        while url:
            made = await self._sound(participant, url, method)
            music.put(made.ulaw)
            url = made.follows
            await asyncio.sleep(max(1.0, len(made.ulaw) / SAMPLE_RATE_HZ))

    async def _announced(self, url: str, method: str, to: Participant | None) -> None:
        listening = [to] if to is not None else list(self.members)
        if not listening:
            return
        made = await self._sound(listening[0], url, method)
        members = [each.member for each in listening if each.member is not None]
        for member in members:
            member.announced.put(made.ulaw)
        if members:
            await asyncio.sleep(len(made.ulaw) / SAMPLE_RATE_HZ)
        if not self.over:
            self.tell("announcement-end", to, AnnounceUrl=url)

    async def _sound(self, participant: Participant, url: str, method: str) -> Sound:
        told = {"ConferenceSid": self.sid, "FriendlyName": self.name}
        return await sound(participant.entry, self._account.voice, "wait", method, url, told)
