"""What all parts of a line's files are made of: names, texts, keys, conditions."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pipeline.line.expression import LONGEST, Expression

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A name: lower-case letters, digits and underscores."""
Path = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
"""A slot's name, or a tool result and one of its fields: `order.status`."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
"""What the assistant says. `{slot}` and `{result.field}` are filled in; `{result.field|date}` tells how to read it."""
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Number = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{6,14}$")]
"""A telephone number in E.164."""
Key = Annotated[int, Field(ge=0, le=9, strict=True)]
"""A number key of the telephone."""
HUMAN_KEY: Final = 0
"""The key that callers everywhere try for a human."""
Scalar = bool | int | float | str


def _is_expression(text: str) -> str:
    Expression.parse(text)  # raises ExpressionError, a ValueError
    return text


Condition = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, strip_whitespace=True),
    AfterValidator(_is_expression),
    Field(examples=["true"]),
]
"""An expression over slots, results and facts of the call (pipeline.line.expression)."""


class Written(BaseModel):
    """What all parts of a line file have in common: nothing unknown passes, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
