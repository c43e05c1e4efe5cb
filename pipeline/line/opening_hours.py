"""When a line's people are there, as an operator writes it. What is said about it: hours.py."""

from datetime import date, time
from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema, model_validator

from pipeline.line.written import Phrase, Written

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip


MIDNIGHT: Final = time.max
"""The end of a day. In the file: 24:00."""


class Span(Written):
    """A stretch of a day during which a line's people are there. In the file: "09:00-18:30", "00:00-24:00"."""

    opens: time
    closes: time

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        opens, dash, closes = value.partition("-")
        if not dash:
            raise ValueError('hours look like "09:00-18:00"')
        return {"opens": opens.strip(), "closes": MIDNIGHT if closes.strip() == "24:00" else closes.strip()}

    @model_validator(mode="after")
    def _in_order(self) -> "Span":
        if self.closes <= self.opens:
            raise ValueError("a span must close after it opens; write an evening past midnight as two spans")
        return self


_SPAN_SCHEMA: Final = {"type": "string", "pattern": r"^\d\d:\d\d *- *\d\d:\d\d$", "examples": ["09:00-18:30"]}
Spans = Annotated[tuple[Annotated[Span, WithJsonSchema(_SPAN_SCHEMA)], ...], Field(max_length=4)]


class Holiday(Written):
    """A day on which other hours hold."""

    date: date
    name: Phrase = Field(description='how it is called on the phone: "Thanksgiving Day"')
    hours: Spans = Field(default=(), description='empty: closed all day; else like ["10:00-14:00"]')


class Hours(Written):
    """When people are there. A weekday that is not listed is closed."""

    time_zone: str = Field(description='a name of the IANA list, such as "America/Los_Angeles"')
    weekly: dict[Weekday, Spans] = Field(description='for each weekday, spans like ["09:00-18:00"]')
    holidays: tuple[Holiday, ...] = Field(default=(), max_length=100)

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans of a day."""
        holiday = self.holiday(day)
        return holiday.hours if holiday else self.weekly.get(WEEKDAYS[day.weekday()], ())

    def holiday(self, day: date) -> Holiday | None:
        """The holiday on a day, if it is one."""
        return next((holiday for holiday in self.holidays if holiday.date == day), None)
