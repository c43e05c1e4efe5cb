"""The words in which opening hours are said: sentences with places, and how a time of day is called. Data; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Final


@dataclass(frozen=True, slots=True)
class OpeningWords:
    """One language's; what stands here is English. `{time}`, `{day}`, `{days}`, `{spans}` are filled in."""

    open_until: str = "We're open right now, until {time}."
    opens_today: str = "We're closed right now, and open today at {time}."
    opens_again: str = "We're closed right now, and open again {day} at {time}."
    closed_now: str = "We're closed right now."
    day_open: str = "{day} we're open {spans}."
    day_closed: str = "{day} we're closed."
    holiday: str = "{day}, {name},"
    """A day with the holiday that it is."""
    today: str = "today"
    tomorrow: str = "tomorrow"
    on_day: str = "on {day}"
    week: str = "We're open {days}."
    never: str = "We have no regular opening hours."
    every_day: str = "every day"
    days_between: str = "{first} to {last}"
    two_days: str = "{first} and {last}"
    closed_on: str = "closed on {days}"
    span: str = "from {opens} to {closes}"
    listed: str = "{most}, and {last}"
    hours: tuple[str, ...] = ()
    """How each hour of the day is called, with `{minutes}`: "las nueve{minutes} de la mañana". Empty: 9:30 AM."""
    minutes: Mapping[str, str] = field(default_factory=dict)
    """What a number of minutes adds; "" stands for any other, with `{minutes}`."""

    def time(self, at: time) -> str:
        """A time of day as people say it: "9 AM", "6:30 PM", "noon"; the end of a day is midnight."""
        if at == time.max:
            at = time.min
        if self.hours:
            usual = self.minutes.get("", " {minutes}").format(minutes=at.minute) if at.minute else ""
            return self.hours[at.hour].format(minutes=self.minutes.get(str(at.minute), usual))
        if (at.hour, at.minute) in {(12, 0), (0, 0)}:
            return "noon" if at.hour else "midnight"
        minutes = f":{at.minute:02d}" if at.minute else ""
        return f"{at.hour % 12 or 12}{minutes} {'PM' if at.hour >= 12 else 'AM'}"

    def list_of(self, parts: list[str]) -> str:
        """Several in one sentence."""
        return parts[0] if len(parts) == 1 else self.listed.format(most=", ".join(parts[:-1]), last=parts[-1])


ENGLISH_OPENING: Final = OpeningWords()
