"""What the tool for texts takes and gives. Apart from texting.py, so that checking a line opens nothing. Pure."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from pipeline.assistant.tools.port import Arguments, Reversal, ToolSpec

TEXT_CHARACTERS: Final = 480
"""Three parts of a long text message."""


class SendTextArguments(Arguments):
    """What is texted, and where to."""

    number: Annotated[
        str, Field(max_length=40, description="the number on file, or the one that the caller calls from")
    ]
    text: Annotated[str, StringConstraints(min_length=1, max_length=TEXT_CHARACTERS)]


SEND_TEXT: Final = ToolSpec(
    name="messages.text",
    about="texts the caller what they agreed to be texted",
    arguments=SendTextArguments.model_json_schema(),
    result={
        "type": "object",
        "properties": {"sent": {"type": "boolean"}, "text_id": {"type": "string"}, "number_end": {"type": "string"}},
        "required": ["sent"],
    },
    risk="automated",
    consent="text",
    deadline_ms=4000,
    idempotent=True,
    reversal=Reversal(by_hand="A text cannot be taken back: text a correction, with the customer's consent."),
    may_say="that a text was sent, and the last two digits of the number",
)
