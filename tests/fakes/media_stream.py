"""A carrier and the stream that reads it, both without a socket."""

from telephony.ports import Audio, Faulty
from telephony.twilio.carrier_media import CarrierStream
from telephony.twilio.media import Decision, MediaStream, Refuse

PARAMETERS = {"call_token": "t0k3n"}


def carrier() -> CarrierStream:
    return CarrierStream("MZ" + "1" * 32, "CA" + "2" * 32, "AC" + "3" * 32, PARAMETERS)


def frame(number: int) -> bytes:
    return bytes([number % 251]) * 160


def started() -> tuple[MediaStream, CarrierStream]:
    stream, peer = MediaStream(0), carrier()
    stream.receive(peer.connected(), 0)
    stream.receive(peer.start(), 0)
    return stream, peer


def audio_of(decisions: list[Decision]) -> bytes:
    return b"".join(event.ulaw for event in decisions if isinstance(event, Audio))


def faults_of(decisions: list[Decision]) -> list[str]:
    return [event.fault for event in decisions if isinstance(event, Faulty)]


def refusal(decisions: list[Decision]) -> Refuse:
    assert isinstance(decisions[-1], Refuse), decisions
    return decisions[-1]
