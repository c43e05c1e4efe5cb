"""What a line lets be kept of its calls, as an operator writes it."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.line.flows import Written

Redacted = Literal["card", "ssn", "pin", "email", "phone"]


class Recording(Written):
    """What stays of a call. What is masked in its texts, before they are stored, is silence in its recording."""

    redact: Annotated[tuple[Redacted, ...], Field(max_length=5)] = Field(
        default=("card", "ssn", "pin"),
        description="what is never kept, said or read back: card (payment cards), ssn (US social security numbers), "
        "pin (digits behind pin, password or code), email (addresses), phone (telephone numbers)",
    )
