"""The call of `make call`: an order, a question, a message."""

from pathlib import Path

from server.cli.caller import Plan, plan

SAMPLES = Path(__file__).resolve().parent.parent.parent / "recordings" / "samples"
LINES = (
    "where_is_my_order_rms",
    "order_number_rms",
    "thats_right_rms",
    "how_long_to_return_rms",
    "leave_a_message_rms",
    "message_rms",
    "no_thank_you_goodbye_rms",
)


def demo_plan() -> Plan:
    """What the recorded caller says, one line a turn; keys help where speech fails."""
    return plan([SAMPLES / f"{name}.wav" for name in LINES], ["ask=47129#"])
