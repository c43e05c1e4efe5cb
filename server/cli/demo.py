"""The call of `make call`: an order, a question, and a person who takes the caller over."""

from dataclasses import replace
from pathlib import Path

from server.cli.caller import Plan, plan
from server.cli.warm import Colleague
from telephony.double.files import read_ulaw
from telephony.double.script import HangUp, Speak

SAMPLES = Path(__file__).resolve().parent.parent.parent / "recordings" / "samples"
LINES = (
    "where_is_my_order_rms",
    "order_number_rms",
    "thats_right_rms",
    "how_long_to_return_rms",
    "a_person_rms",
)
TO_THE_AGENT = ("to_the_agent_rms", "thank_you_goodbye_rms")
ANA = ("agent_hello_slt", "agent_answer_slt")


def demo_plan() -> Plan:
    """What the recorded caller says, one line a turn; keys help where speech fails."""
    called = plan([_sample(name) for name in LINES], ["ask=47129#"])
    spoken = (Speak(read_ulaw(_sample(name)), name) for name in TO_THE_AGENT)
    return replace(called, to_agent=(*spoken, HangUp()))


def demo_colleague() -> Colleague:
    """Who takes the call over, by telephone."""
    return Colleague("ana", "Ana", "support", "+14155550177", tuple(read_ulaw(_sample(name)) for name in ANA))


def _sample(name: str) -> Path:
    return SAMPLES / f"{name}.wav"
