"""The Calls resource: place, look up, list, redirect and end calls. Errors carry Twilio's codes."""

import re
from typing import TYPE_CHECKING, Final

from telephony.double.entry import EVENTS, CallEntry, Caller, Subscription, call_sid
from telephony.double.errors import TwimlRejected
from telephony.double.legs import Detection, parted, place
from telephony.double.program import Settings
from telephony.double.rest_requests import Answered, Asked, Endpoint, Json, RestError, after, missing, page, rfc
from telephony.double.twiml import parse

if TYPE_CHECKING:
    from telephony.double.account import Account

MAX_TWIML: Final = 4_000
PATH: Final = "/2010-04-01/Accounts/{account}/Calls"
_ADDRESS: Final = re.compile(r"\+[1-9][0-9]{6,14}|client:\S{1,256}|sips?:[^@\s]+@\S+|app:AP[0-9a-fA-F]{32}(\?\S+)?")
_AMD_FIELDS: Final = frozenset(
    f"MachineDetection{part}"
    for part in ("Timeout", "SpeechThreshold", "SpeechEndThreshold", "SilenceTimeout")
)  # fmt: skip


async def create(account: "Account", asked: Asked) -> Answered:
    """Place a call."""
    to, from_ = addresses(account, asked)
    url, twiml = asked.url("Url"), asked.text("Twiml")
    if not url and not twiml:
        raise RestError(400, 21205, "Url parameter is required.")
    document = checked(twiml, url)
    detection = detected(asked, "AsyncAmdStatusCallback")
    if detection is not None and asked.text("AsyncAmd").lower() == "true" and not detection.callback:
        account.problem(0, "AsyncAmd without a callback: nobody learns who answered")
    settings = Settings(
        voice_url=url,
        voice_method=asked.method("Method"),
        fallback_url=asked.url("FallbackUrl"),
        voice=account.voice,
        twiml=document,
    )
    timeout_s = asked.number("Timeout", 60, 1, 600)
    entry = account.register(outbound(account, to, from_), subscribed(asked))
    placed = place(account, entry, settings, timeout_s=timeout_s, detection=detection)
    account.tasks.create_task(placed, name=f"call {entry.sid}")
    return 201, resource(entry)


async def fetch(account: "Account", asked: Asked) -> Answered:
    """One call."""
    return 200, resource(found(account, asked))


async def update(account: "Account", asked: Asked) -> Answered:
    """Send a live call elsewhere, or end it."""
    entry = found(account, asked)
    url, twiml, status = asked.url("Url"), asked.text("Twiml"), asked.text("Status")
    if status and status not in {"canceled", "completed"}:
        raise RestError(400, 21218, f"Invalid status {status!r}; canceled or completed")
    document = checked(twiml, url)
    if entry.over:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status:
        _end(entry, status)
    elif entry.call is None:
        raise RestError(400, 21220, "Call is not in-progress. Cannot redirect.")
    elif url or document:
        entry.call.update(url=url, method=asked.method("Method"), twiml=document.decode())
    return 200, resource(entry)


async def index(account: "Account", asked: Asked) -> Answered:
    """Calls, the newest first."""
    wanted = {name: asked.query[name] for name in ("To", "From", "Status", "ParentCallSid") if name in asked.query}
    listed = [
        shown
        for entry in reversed(account.calls.values())
        if after(asked, "StartTime", entry.started or entry.created)
        and (entry.ended is None or after(asked, "EndTime", entry.ended))
        and _meets(shown := resource(entry), wanted)
    ]
    return 200, page(asked, "calls", listed)


def addresses(account: "Account", asked: Asked) -> tuple[str, str]:
    """Whom to call, and from which number. Raises RestError."""
    to, from_ = asked.text("To"), asked.text("From")
    if not to:
        raise RestError(400, 21201, "No 'To' number is specified")
    if not from_:
        raise RestError(400, 21213, "No 'From' number is specified")
    if not _ADDRESS.fullmatch(to):
        raise RestError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if to.startswith("+") and ((account.numbers and from_ not in account.numbers) or not _ADDRESS.fullmatch(from_)):
        raise RestError(400, 21210, f"The source phone number provided, {from_}, is not yet verified for your account.")
    return to, from_


def outbound(account: "Account", to: str, from_: str) -> Caller:
    """Who calls whom."""
    address, headers = parted(to) if to.startswith("sip") else (to, {})
    return Caller(account.sid, call_sid(), from_, address, "outbound-api", sip_headers=headers)


def subscribed(asked: Asked) -> Subscription:
    """Who is told how far the call has come. Raises RestError."""
    events = asked.all("StatusCallbackEvent", ("completed",))
    if odd := events - set(EVENTS):
        raise RestError(400, 21626, f"Invalid StatusCallbackEvent: {', '.join(sorted(odd))}")
    return Subscription(asked.url("StatusCallback", 21609), asked.method("StatusCallbackMethod"), events)


def detected(asked: Asked, callback: str) -> Detection | None:
    """Whether it is to be found out who answers. Raises RestError."""
    mode = asked.one_of("MachineDetection", ("", "Enable", "DetectMessageEnd"))
    if not mode or asked.text("SendDigits"):
        return None  # Twilio ignores detection when digits are sent
    told = asked.url(callback, 21609) if callback.startswith("Amd") or asked.text("AsyncAmd").lower() == "true" else ""
    return Detection("Enable" if mode == "Enable" else "DetectMessageEnd", told, asked.method(callback + "Method"))


def checked(twiml: str, url: str) -> bytes:
    """TwiML that came with a request. Raises RestError."""
    if not twiml:
        return b""
    if len(twiml) > MAX_TWIML:
        raise RestError(400, 21623, f"Twiml of {len(twiml)} characters; at most {MAX_TWIML}")
    try:
        parse(twiml.encode(), url or "https://api.twilio.com/")
    except TwimlRejected as rejected:
        raise RestError(400, rejected.code, rejected.detail) from rejected
    return twiml.encode()


def found(account: "Account", asked: Asked) -> CallEntry:
    """The call that is meant. Raises RestError."""
    entry = account.calls.get(asked.parts["sid"])
    if entry is None:
        raise missing(asked.path)
    return entry


def resource(entry: CallEntry) -> Json:
    """A call as Twilio writes it."""
    caller = entry.caller
    path = f"/2010-04-01/Accounts/{caller.account_sid}/Calls/{entry.sid}"
    kinds = ("notifications", "recordings", "payments", "events", "siprec", "streams", "transcriptions")
    return {
        "sid": entry.sid,
        "account_sid": caller.account_sid,
        "parent_call_sid": caller.parent_sid or None,
        "to": caller.to,
        "to_formatted": caller.to,
        "from": caller.from_,
        "from_formatted": caller.from_,
        "phone_number_sid": None,
        "status": entry.status,
        "date_created": rfc(entry.created),
        "date_updated": rfc(entry.ended or entry.started or entry.created),
        "start_time": rfc(entry.started),
        "end_time": rfc(entry.ended),
        "duration": str(entry.duration_s) if entry.over else None,
        "direction": caller.direction,
        "answered_by": entry.answered_by or None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "trunk_sid": None,
        "queue_time": "0",
        "price": None,
        "price_unit": "USD",
        "uri": path + ".json",
        "subresource_uris": {kind: f"{path}/{kind.capitalize()}.json" for kind in kinds},
    }


def _end(entry: CallEntry, status: str) -> None:
    if entry.call is None:
        entry.give_up.set()
    elif status == "completed":
        entry.call.update(status="completed")
    # `canceled` does not touch a call that was answered.


def _meets(shown: Json, wanted: dict[str, str]) -> bool:
    names = {"To": "to", "From": "from", "Status": "status", "ParentCallSid": "parent_call_sid"}
    return all(shown[names[name]] == value for name, value in wanted.items())


ENDPOINTS: Final = (
    Endpoint(
        "POST", PATH + ".json", create,
        frozenset({
            "To", "From", "Url", "Method", "Twiml", "FallbackUrl", "FallbackMethod", "StatusCallback", "SendDigits",
            "StatusCallbackMethod", "StatusCallbackEvent", "Timeout", "MachineDetection", "AsyncAmd",
            "AsyncAmdStatusCallback", "AsyncAmdStatusCallbackMethod",
        }),
        _AMD_FIELDS | {"CallReason", "CallerId", "CallToken"},
    ),
    Endpoint("GET", PATH + ".json", index),
    Endpoint("GET", PATH + "/{sid}.json", fetch),
    Endpoint("POST", PATH + "/{sid}.json", update, frozenset({"Url", "Method", "Twiml", "Status"})),
)  # fmt: skip
