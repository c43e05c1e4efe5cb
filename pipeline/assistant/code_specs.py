"""What the tools for one-time codes take and give. Apart from codes.py, so that checking a line opens nothing. Pure."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from pipeline.assistant.tools.port import Arguments, Retry, Reversal, ToolSpec

TEXT: Final = "Your code is {code}. It is good for 5 minutes. We never ask for it unless you called us."
_TEXT_CHARACTERS: Final = 300


class SendCodeArguments(Arguments):
    """To whom."""

    customer: Annotated[str, StringConstraints(min_length=1, max_length=80), Field(json_schema_extra={"x-id": True})]
    number: Annotated[str, Field(max_length=40, description="the number on file, never one that the caller says")]
    text: Annotated[str, Field(max_length=_TEXT_CHARACTERS, description="with {code} where the code stands")] = TEXT


class CheckCodeArguments(Arguments):
    """Whose code, and what the caller keyed in."""

    customer: Annotated[str, StringConstraints(min_length=1, max_length=80), Field(json_schema_extra={"x-id": True})]
    code: Annotated[str, StringConstraints(pattern=r"^\d{6}$"), Field(json_schema_extra={"x-id": False})]


SEND_CODE: Final = ToolSpec(
    name="identity.send_code",
    about="texts a one-time code to the number on file",
    arguments=SendCodeArguments.model_json_schema(),
    result={
        "type": "object",
        "properties": {"sent": {"type": "boolean"}, "number_end": {"type": "string"}},
        "required": ["sent"],
    },
    risk="automated",
    verification="claimed",
    deadline_ms=4000,
    idempotent=True,
    reversal=Reversal(by_hand="nothing: the code ends by itself after five minutes"),
    may_say="a code was texted",
)
CHECK_CODE: Final = ToolSpec(
    name="identity.check_code",
    about="checks a one-time code",
    arguments=CheckCodeArguments.model_json_schema(),
    result={
        "type": "object",
        "properties": {"verified": {"type": "boolean"}, "customer": {"type": "string"}},
        "required": ["verified"],
    },
    risk="read_only",
    verification="claimed",
    retry=Retry(attempts=1),
)


class ForgetArguments(Arguments):
    """Whom."""

    customer: Annotated[
        str, StringConstraints(min_length=1, max_length=80), Field(json_schema_extra={"x-id": True, "x-customer": True})
    ]


FORGET: Final = ToolSpec(
    name="identity.forget",
    about="forgets what a customer called about before",
    arguments=ForgetArguments.model_json_schema(),
    result={"type": "object", "properties": {"forgotten": {"type": "boolean"}}, "required": ["forgotten"]},
    risk="automated",
    verification="knowledge",
    idempotent=True,
    reversal=Reversal(by_hand="nothing: what is deleted is gone"),
    may_say="what was remembered of the customer is deleted",
)
CODE_SPECS: Final = (SEND_CODE, CHECK_CODE, FORGET)
