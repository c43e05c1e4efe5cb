"""What a line writes into the company's customer record when a call is over, as an operator writes it."""

from typing import Final

from pydantic import Field

from pipeline.line.written import Name, Scalar, Written

FIELDS: Final = {
    "customer": "the company's id of the customer that a tool verified",
    "level": "how well they were known",
    "call": "the call's id",
    "line": "the line's name",
    "outcome": "how the call ended",
    "summary": "what they wanted, what was done, what is open: intents and tools by their names, no words of theirs",
    "link": "where the call is looked at",
}
"""What its arguments may name."""


class AfterCall(Written):
    """What is written when a call is over, for each customer who was verified in it."""

    tool: Name = Field(description="the line's tool that writes it")
    arguments: dict[Name, Scalar] = Field(
        default_factory=dict, max_length=20, description=f"values, or {{{'}, {'.join(FIELDS)}}}"
    )
