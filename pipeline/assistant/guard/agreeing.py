"""Whether a figure of a clause is one that the evidence has, however either is said. Pure."""

from typing import Final

from pipeline.assistant.guard.figures import Figure


def supported(figure: Figure, known: frozenset[Figure], named: frozenset[Figure], *, asks: bool = False) -> bool:  # noqa: C901, PLR0912 one case for each kind of figure
    """Whether a figure of a clause is among those of the evidence, or names something that the caller named."""
    if figure in known or (asks and figure in named):
        return True
    bare = Figure("number", figure.value)
    if figure.value == "2" and figure.kind == "number":
        return asks or any(one.value == "2" for one in known | named)
    match figure.kind:
        case "raw":
            return True  # what it measures is looked at
        case "number":
            if figure.value in _COMMON or (figure in named and len(figure.value) >= _LEAST_OF_AN_ID):
                return True
            return any(one.value == figure.value for one in known) or _as_time(figure, known)
        case "money" | "percent" | "hours" | "days" | "months":
            if any(figure in once and Figure("per", unit) in known for unit, once in _ONCE_IN.items()):
                return True
            return bare in known and not any(one.kind == figure.kind for one in known)
        case "per":
            return bool(known & _ONCE_IN.get(figure.value, frozenset()))
        case "time":
            return _as_twelve(figure, known) or any(one.kind == "id" and one.value == figure.value for one in known)
        case "day":
            return any(one.kind == "date" and one.value.endswith(f"-{figure.value}") for one in known) or bare in known
        case "date":
            return False
        case "month":
            return any(one.kind == "date" and one.value.startswith(f"{figure.value}-") for one in known)
        case "id":
            return figure in named
    return figure in named and figure.kind in {"weekday", "relative"}


_ONCE_IN: Final = {
    "day": frozenset({Figure("days", "1")}), "week": frozenset({Figure("days", "7")}),
    "month": frozenset({Figure("months", "1")}), "year": frozenset({Figure("months", "12")}),
    "hour": frozenset({Figure("hours", "1")}),
}  # fmt: skip
_COMMON: Final = frozenset({"0", "1"})
"""Words of speech more than facts: one moment, the other one."""
_LEAST_OF_AN_ID: Final = 3


def _as_time(figure: Figure, known: frozenset[Figure]) -> bool:
    """An hour without its half of the day: "at seven", where the evidence says 7 a.m."""
    hours = {one.value for one in known if one.kind == "time"}
    return figure.value.isdecimal() and any(
        hour[3:] == "00" and int(hour[:2]) % 12 == int(figure.value) % 12 for hour in hours
    )


def _as_twelve(figure: Figure, known: frozenset[Figure]) -> bool:
    """Half past six, where the evidence says 18:30; or seven in the morning, where it says from seven."""
    hour, minute = int(figure.value[:2]), figure.value[3:]
    if hour < 12 and Figure("time", f"{hour + 12:02d}:{minute}") in known:
        return True
    if hour <= 12 and Figure("time", f"{(hour + 12) % 24:02d}:{minute}") in known and hour != 0:
        return True
    return minute == "00" and Figure("number", str(hour % 12 or 12)) in known
