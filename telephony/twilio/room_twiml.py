"""What a caller's leg does whose call is in a conference from its beginning: TwiML, as text. Pure.

The assistant comes as a participant, and later the agent; the caller is never moved. Where the conference ends while
they are still there, or cannot be had at all, the carrier asks what now, and is answered with a stream of their own.
"""

from twilio.twiml.voice_response import VoiceResponse

from telephony.rooms import CALLER, call_room
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.agent_twiml import ROOM_EVENTS, JitterBuffer


def caller_enters(call_sid: str, addresses: TransferAddresses, jitter: JitterBuffer = "small") -> str:
    """Put the caller into the conference of their call; it ends with them. Raises ValueError on a sid that is none.

    Silence, not the carrier's music, is heard until the assistant is there: it takes a second.
    """
    response = VoiceResponse()
    dial = response.dial(action=addresses.out_of_room(call_sid), method="POST")
    dial.conference(
        call_room(call_sid),
        participant_label=CALLER,
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        beep="false",
        wait_url="",
        jitter_buffer_size=jitter,
        status_callback=addresses.call_room(call_sid),
        status_callback_event=ROOM_EVENTS,
        status_callback_method="POST",
    )
    response.redirect(addresses.resume, method="POST")
    return str(response)
