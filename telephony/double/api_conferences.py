"""The Conferences resource and its Participants. Errors carry Twilio's codes."""

from typing import TYPE_CHECKING, Any, Final

from telephony.double import apps, dialling
from telephony.double.api_calls import addresses, detected, outbound, subscribed
from telephony.double.conference import Conference, Participant
from telephony.double.dial_twiml import BEEPS, CONFERENCE_EVENTS, JITTER_BUFFERS, MAX_LABEL, Attendance
from telephony.double.legs import place
from telephony.double.program import Outcome, Over, Program, Settings
from telephony.double.rest_requests import Answered, Asked, Endpoint, Json, RestError, after, missing, page, rfc

if TYPE_CHECKING:
    from telephony.double.account import Account

PATH: Final = "/2010-04-01/Accounts/{account}/Conferences"
_ONE: Final = PATH + "/{conference}/Participants"


async def index(account: "Account", asked: Asked) -> Answered:
    """Conferences, the newest first."""
    wanted = {name: asked.query[name] for name in ("FriendlyName", "Status") if name in asked.query}
    listed = [
        _conference(account, each)
        for each in reversed(account.conferences)
        if wanted.get("FriendlyName", each.name) == each.name
        and wanted.get("Status", each.status) == each.status
        and after(asked, "DateCreated", each.created)
        and after(asked, "DateUpdated", each.updated)
    ]
    return 200, page(asked, "conferences", listed)


async def fetch(account: "Account", asked: Asked) -> Answered:
    """One conference, also when it is over."""
    return 200, _conference(account, _found(account, asked, "sid"))


async def update(account: "Account", asked: Asked) -> Answered:
    """End it, or play something to all."""
    conference = _live(account, asked, "sid")
    if asked.has("Status"):
        if asked.text("Status") != "completed":
            raise RestError(400, 20001, "Invalid status; completed")
        conference.end("conference-ended-via-api", "ended")
    elif asked.text("AnnounceUrl"):
        conference.announce(asked.url("AnnounceUrl"), asked.method("AnnounceMethod"), None)
    return 200, _conference(account, conference)


async def participants(account: "Account", asked: Asked) -> Answered:
    """Who is in a conference, or on the way there."""
    conference = _found(account, asked)
    wanted = {
        name: asked.query[name].lower() == "true" for name in ("Muted", "Hold", "Coaching") if name in asked.query
    }
    listed = [_participant(account, conference, each) for each in conference.participants]
    listed = [each for each in listed if all(each[name.lower()] == value for name, value in wanted.items())]
    return 200, page(asked, "participants", listed)


async def participant(account: "Account", asked: Asked) -> Answered:
    """One of them, by call or by label."""
    conference = _live(account, asked)
    return 200, _participant(account, conference, _taking_part(conference, asked))


async def invite(account: "Account", asked: Asked) -> Answered:
    """Call somebody into a conference, which begins with it when there is none."""
    to, from_ = addresses(account, asked)
    app, parameters = apps.named(to)
    if to.startswith("app:") and app not in account.apps:
        raise RestError(400, 21218, f"Invalid ApplicationSid: {app}")
    attendance = _attendance(asked)
    conference = account.conference(asked.parts["conference"])
    if (conference is None and asked.parts["conference"].startswith("CF")) or (
        conference is not None and conference.over
    ):
        raise missing(asked.path)
    _check_coach(conference, attendance.coach)
    if conference is not None and (refusal := conference.refusal(attendance)) is not None:
        raise RestError(409 if refusal[0] == 16025 else 400, *refusal)
    detection = detected(asked, "AmdStatusCallback")
    timeout_s = asked.number("Timeout", 60, 5, 600)
    entry = account.register(outbound(account, to, from_), subscribed(asked))
    conference = conference or Conference(account, attendance)
    invited = conference.expect(entry, attendance)

    async def joins(leg: Program) -> Outcome:
        await dialling.join(leg, invited, conference)
        return Over("peer")

    settings = Settings(voice_url="https://api.twilio.com/", voice=account.voice, twiml=b"<Response/>", then=joins)

    async def placed() -> None:
        if to.startswith("app:"):
            await apps.take_part(account, invited, conference, account.apps[app], parameters)
            return
        await place(account, entry, settings, timeout_s=timeout_s, detection=detection)
        conference.leave(invited, "hung_up")

    account.tasks.create_task(placed(), name=f"call {entry.sid}")
    return 201, _participant(account, conference, invited)


async def change(account: "Account", asked: Asked) -> Answered:
    """Mute, hold, coach, announce."""
    conference = _live(account, asked)
    who = _taking_part(conference, asked)
    coach = _coach(asked, who.attendance.coach)
    _check_coach(conference, coach)
    changed: dict[str, Any] = {"coach": coach}
    if asked.has("EndConferenceOnExit"):
        changed["end_on_exit"] = asked.flag("EndConferenceOnExit", default=False)
    if asked.has("BeepOnExit"):
        changed["beep"] = "onExit" if asked.flag("BeepOnExit", default=False) else "false"
    muted = asked.flag("Muted", default=who.attendance.muted)
    hold = asked.flag("Hold", default=who.member is not None and who.member.hold)
    held, announced = asked.url("HoldUrl") or None, asked.url("AnnounceUrl")
    methods = asked.method("HoldMethod"), asked.method("AnnounceMethod")
    conference.modify(who, **changed)
    conference.mute(who, muted)
    conference.hold(who, hold, held, methods[0])
    if announced:
        conference.announce(announced, methods[1], who)
    return 200, _participant(account, conference, who)


async def remove(account: "Account", asked: Asked) -> Answered:
    """Take somebody out; their call goes on with what its TwiML says, and ends when that is nothing."""
    conference = _live(account, asked)
    who = _taking_part(conference, asked)
    if who.member is None:
        who.entry.give_up.set()
    conference.leave(who, "removed")
    return 204, None


def _attendance(asked: Asked) -> Attendance:
    label = asked.text("Label")
    events = asked.all("ConferenceStatusCallbackEvent", ())
    if odd := events - set(CONFERENCE_EVENTS):
        raise RestError(400, 20001, f"Invalid ConferenceStatusCallbackEvent: {', '.join(sorted(odd))}")
    if len(label) > MAX_LABEL:
        raise RestError(400, 20001, f"Label: at most {MAX_LABEL} characters")
    return Attendance(
        name=asked.parts["conference"],
        label=label,
        muted=asked.flag("Muted", default=False),
        beep=asked.one_of("Beep", BEEPS),
        start_on_enter=asked.flag("StartConferenceOnEnter", default=True),
        end_on_exit=asked.flag("EndConferenceOnExit", default=False),
        wait_url=asked.url("WaitUrl") if asked.has("WaitUrl") else None,
        wait_method=asked.method("WaitMethod"),
        jitter_buffer=asked.one_of("JitterBufferSize", tuple(reversed(JITTER_BUFFERS))),
        coach=_coach(asked, ""),
        max_participants=asked.number("MaxParticipants", 250, 2, 250),
        status_callback=asked.url("ConferenceStatusCallback", 21609),
        status_callback_method=asked.method("ConferenceStatusCallbackMethod"),
        status_callback_events=events,
    )


def _coach(asked: Asked, before: str) -> str:
    given = asked.text("CallSidToCoach", before)
    if not asked.has("Coaching"):
        return given
    if asked.flag("Coaching", default=False) and not given:
        raise RestError(400, 16027, "Coaching needs CallSidToCoach")
    return given if asked.flag("Coaching", default=False) else ""


def _check_coach(conference: Conference | None, coach: str) -> None:
    there = set() if conference is None else {each.entry.sid for each in conference.members}
    if coach and coach not in there:
        raise RestError(400, 16028, "The call to coach is not connected to the conference")


def _found(account: "Account", asked: Asked, name: str = "conference") -> Conference:
    conference = account.conference(asked.parts[name])
    # A name instead of the sid is taken by Participants.create alone.
    if conference is None or conference.sid != asked.parts[name]:
        raise missing(asked.path)
    return conference


def _live(account: "Account", asked: Asked, name: str = "conference") -> Conference:
    conference = _found(account, asked, name)
    if conference.over:
        raise missing(asked.path)
    return conference


def _taking_part(conference: Conference, asked: Asked) -> Participant:
    who = conference.participant(asked.parts["call"])
    if who is None:
        raise missing(asked.path)
    return who


def _conference(account: "Account", each: Conference) -> Json:
    path = f"/2010-04-01/Accounts/{account.sid}/Conferences/{each.sid}"
    return {
        "sid": each.sid,
        "account_sid": account.sid,
        "friendly_name": each.name,
        "status": each.status,
        **({"reason_conference_ended": each.reason_ended} if each.reason_ended else {}),
        "call_sid_ending_conference": each.ended_by_call or None,
        "date_created": rfc(each.created),
        "date_updated": rfc(each.updated),
        "api_version": "2010-04-01",
        "region": "us1",
        "uri": path + ".json",
        "subresource_uris": {"participants": path + "/Participants.json", "recordings": path + "/Recordings.json"},
    }


def _participant(account: "Account", conference: Conference, each: Participant) -> Json:
    attendance = each.attendance
    path = f"/2010-04-01/Accounts/{account.sid}/Conferences/{conference.sid}/Participants/{each.entry.sid}.json"
    return {
        "call_sid": each.entry.sid,
        "conference_sid": conference.sid,
        "account_sid": account.sid,
        "label": attendance.label or None,
        "muted": attendance.muted,
        "hold": each.member is not None and each.member.hold,
        "coaching": bool(attendance.coach),
        "call_sid_to_coach": attendance.coach or None,
        "start_conference_on_enter": attendance.start_on_enter,
        "end_conference_on_exit": attendance.end_on_exit,
        "status": each.status,
        "queue_time": "0",
        "date_created": rfc(each.since),
        "date_updated": rfc(each.since),
        "uri": path,
    }


ENDPOINTS: Final = (
    Endpoint("GET", PATH + ".json", index),
    Endpoint("GET", PATH + "/{sid}.json", fetch),
    Endpoint("POST", PATH + "/{sid}.json", update, frozenset({"Status", "AnnounceUrl", "AnnounceMethod"})),
    Endpoint("GET", _ONE + ".json", participants),
    Endpoint("GET", _ONE + "/{call}.json", participant),
    Endpoint(
        "POST", _ONE + ".json", invite,
        frozenset({
            "To", "From", "Label", "Timeout", "StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent", "Muted",
            "Beep", "StartConferenceOnEnter", "EndConferenceOnExit", "WaitUrl", "WaitMethod", "MaxParticipants",
            "ConferenceStatusCallback", "ConferenceStatusCallbackMethod", "ConferenceStatusCallbackEvent", "Coaching",
            "CallSidToCoach", "JitterBufferSize", "MachineDetection", "AmdStatusCallback", "AmdStatusCallbackMethod",
        }),
        frozenset({"EarlyMedia", "CallerId", "CallReason", "Region", "CallToken"}),
    ),
    Endpoint(
        "POST", _ONE + "/{call}.json", change,
        frozenset({
            "Muted", "Hold", "HoldUrl", "HoldMethod", "AnnounceUrl", "AnnounceMethod", "BeepOnExit",
            "EndConferenceOnExit", "Coaching", "CallSidToCoach",
        }),
    ),
    Endpoint("DELETE", _ONE + "/{call}.json", remove),
)  # fmt: skip
