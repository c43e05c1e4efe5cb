"""What a line lets be kept of its calls, as an operator writes it."""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from pipeline.line.flows import Written

Redacted = Literal["card", "ssn", "pin", "email", "phone"]
Consent = Literal["announce", "ask", "none"]
OFF: Final = "off"
"""In the place of all of it: nothing is recorded."""


class Recording(Written):
    """What stays of a call. What is masked in its texts, before they are stored, is silence in its recording."""

    consent: Consent = Field(
        default="announce",
        description="announce: sound is kept, and the disclosure says so; ask: the caller is asked after the greeting, "
        "and no sound is kept before their yes; none: no sound is kept, and nothing is said about it. `recording: off` "
        "is short for none (docs/privacy.md)",
    )
    redact: Annotated[tuple[Redacted, ...], Field(max_length=5)] = Field(
        default=("card", "ssn", "pin"),
        description="what is never kept, said or read back: card (payment cards), ssn (US social security numbers), "
        "pin (digits behind pin, password or code), email (addresses), phone (telephone numbers)",
    )


def _or_off(value: Any) -> Any:
    return {"consent": "none"} if value == OFF or value is False else value


def _off_in_schema(schema: dict[str, Any]) -> None:
    told = {name: schema.pop(name) for name in ("$ref", "allOf") if name in schema}
    schema["anyOf"] = [told, {"const": OFF}]


RecordingPolicy = Annotated[Recording, BeforeValidator(_or_off), Field(json_schema_extra=_off_in_schema)]
