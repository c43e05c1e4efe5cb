"""The Streams resource of a call: streams that only listen, begun and stopped while the call does something else.

There is no list and no way to fetch one. Twilio's code for a name that was used before is not documented; 20001 stands
for it here.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from telephony.double import api_calls
from telephony.double.call import DoubleCall
from telephony.double.fork import TRACKS, Fork
from telephony.double.media_verbs import NotForked, fork_of, listen
from telephony.double.rest_requests import Answered, Asked, Endpoint, Json, RestError, missing, rfc
from telephony.double.twiml import Stream

if TYPE_CHECKING:
    from telephony.double.account import Account

PATH: Final = api_calls.PATH + "/{sid}/Streams"
MAX_PARAMETERS: Final = 99
MAX_PARAMETER_CHARACTERS: Final = 500


async def create(account: "Account", asked: Asked) -> Answered:
    """Begin to listen to a call."""
    call = _live(account, asked)
    url = asked.text("Url")
    if not url:
        raise RestError(400, 21205, "Url parameter is required.")
    if not url.startswith(("ws://", "wss://")) or "?" in url:
        raise RestError(400, 21205, f"Url is not a valid URL of a WebSocket: {url}")
    stream = Stream(
        url,
        asked.text("Name"),
        _parameters(asked),
        asked.url("StatusCallback", 21609),
        asked.method("StatusCallbackMethod"),
        asked.one_of("Track", tuple(TRACKS)),
    )
    try:
        return 200, _resource(call, listen(call.program, stream, once=True))
    except NotForked as refused:
        raise RestError(400, 20001, str(refused)) from None


async def update(account: "Account", asked: Asked) -> Answered:
    """Stop one."""
    call = _live(account, asked)
    if asked.text("Status") != "stopped":
        raise RestError(400, 20001, "Status is required, and can only be stopped")
    fork = fork_of(call.program, asked.parts["stream"])
    if fork is None or fork.over:
        raise missing(asked.path)
    fork.stop()
    return 200, _resource(call, fork)


def _live(account: "Account", asked: Asked) -> DoubleCall:
    entry = api_calls.found(account, asked)
    if entry.over or entry.call is None or entry.status != "in-progress":
        raise RestError(400, 21220, "Call is not in-progress.")
    return entry.call


def _parameters(asked: Asked) -> dict[str, str]:
    given: dict[str, str] = {}
    for number in range(1, MAX_PARAMETERS + 1):
        name, value = asked.text(f"Parameter{number}.Name"), asked.text(f"Parameter{number}.Value")
        if len(name) + len(value) > MAX_PARAMETER_CHARACTERS:
            raise RestError(400, 20001, f"Parameter{number} is too long")
        given |= {name: value} if name else {}
    return given


def _resource(call: DoubleCall, fork: Fork) -> Json:
    sid, account = fork.codec.stream_sid, call.caller.account_sid
    return {
        "sid": sid,
        "account_sid": account,
        "call_sid": call.call_sid,
        "name": fork.stream.name or None,
        "status": "stopped" if fork.over else "in-progress",
        "date_updated": rfc(datetime.now(UTC)),
        "uri": f"/2010-04-01/Accounts/{account}/Calls/{call.call_sid}/Streams/{sid}.json",
    }


_PARAMETERS: Final = frozenset(f"Parameter{number}.{part}" for number in range(1, 100) for part in ("Name", "Value"))
ENDPOINTS: Final = (
    Endpoint(
        "POST", PATH + ".json", create,
        frozenset({"Url", "Name", "Track", "StatusCallback", "StatusCallbackMethod"}) | _PARAMETERS,
    ),
    Endpoint("POST", PATH + "/{stream}.json", update, frozenset({"Status"})),
)  # fmt: skip
