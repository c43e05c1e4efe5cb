"""A stream that listens to a leg, started by Twilio's REST API while the leg does something else.

Streams can neither be listed nor fetched, so that a lost answer cannot be looked up. The same name is asked for again
instead: if the first request was carried out, Twilio refuses the second, for a leg has one stream of a name.
"""

from typing import Any

from twilio.base.exceptions import TwilioException, TwilioRestException

from telephony.errors import CarrierRefused
from telephony.ports import ListeningStream
from telephony.twilio.asking import attempts, told_by, within
from telephony.twilio.rest import AnswerLost
from telephony.twilio.twiml import TOKEN_PARAMETER, check_stream
from telephony.twilio.wire import LISTENING, STREAM_PARAMETER


async def start_listening(client: Any, sid: str, stream: ListeningStream, deadline_ms: int) -> None:
    """See telephony.ports.CallControl.listen. client: the official one."""
    check_stream(stream.url, stream.token)
    told = {"status_callback": stream.status_url, "status_callback_method": "POST"} if stream.status_url else {}
    parameters = {TOKEN_PARAMETER: stream.token, STREAM_PARAMETER: LISTENING}
    for number, (name, value) in enumerate(parameters.items(), 1):
        told |= {f"parameter{number}_name": name, f"parameter{number}_value": value}
    unsure = False

    async def started() -> None:
        nonlocal unsure
        try:
            await client.calls(sid).streams.create_async(stream.url, name=stream.name, track="both_tracks", **told)
        except TwilioRestException as error:
            if unsure and isinstance(told_by(error), CarrierRefused):
                return  # of this name there is one: the request whose answer was lost
            unsure = unsure or error.status >= 500
            raise
        except (AnswerLost, TwilioException, ValueError):
            unsure = True
            raise

    async with within(deadline_ms):
        await attempts(started)
