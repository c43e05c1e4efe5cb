"""Words for days, times, lengths of time and money, English and Spanish. Pure."""

from typing import Final, Literal

from pipeline.assistant.guard.listed import listed

Kind = Literal[
    "number",
    "money",
    "percent",
    "time",
    "date",
    "weekday",
    "id",
    "day",
    "hours",
    "days",
    "months",
    "month",
    "per",
    "relative",
    "raw",
]
MONTHS: Final = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "jan feb mar apr may jun jul aug sep oct nov dec",
    )
    for number, name in enumerate(names.split(), start=1)
}
WEEKDAYS: Final = {
    name: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mondays tuesdays wednesdays thursdays fridays saturdays sundays",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lunes martes miércoles jueves viernes sábados domingos",
    )
    for number, name in enumerate(names.split())
}
RELATIVE: Final = {
    "yesterday": "yesterday", "ayer": "yesterday", "tomorrow": "tomorrow", "mañana": "tomorrow",
    "overnight": "tomorrow",
}  # fmt: skip
DURATIONS: Final[dict[str, tuple[Kind, int]]] = {
    "minute": ("hours", 0), "minuto": ("hours", 0), "hour": ("hours", 1), "hora": ("hours", 1), "day": ("days", 1),
    "día": ("days", 1), "night": ("number", 1), "noche": ("number", 1), "week": ("days", 7), "semana": ("days", 7),
    "month": ("months", 1), "mes": ("months", 1), "mese": ("months", 1), "year": ("months", 12), "año": ("months", 12),
}  # fmt: skip
MONEY: Final = listed(
    """
    dollar dollars buck bucks usd euro euros eur pound pounds gbp cent cents céntimo céntimos dólar dólares
    """
)
CENTS: Final = listed("cent cents céntimo céntimos")
AM: Final = frozenset({"am", "a.m", "a.m.", "morning"})
PM: Final = frozenset({"pm", "p.m", "p.m.", "afternoon", "evening", "night", "tarde", "noche"})
EACH: Final = frozenset({"per", "each", "every", "cada", "al", "por"})
SAME_UNIT: Final = {
    "minuto": "minute", "hora": "hour", "día": "day", "noche": "night", "semana": "week", "mes": "month",
    "mese": "month", "año": "year",
}  # fmt: skip
RATES: Final = {
    "hourly": "hour", "daily": "day", "nightly": "night", "weekly": "week", "monthly": "month", "yearly": "year",
    "annual": "year", "annually": "year", "diario": "day", "diaria": "day", "diariamente": "day", "semanal": "week",
    "mensual": "month", "anual": "year", "mensuales": "month", "anuales": "year",
}  # fmt: skip
MINUTES_TO: Final = frozenset({5, 10, 15, 20, 25})
BEHIND_A_DAY: Final = frozenset(
    {"of", "and", "or", "to", "at", "in", "on", "through", "until", "from", "is", "if", "de", "y", "a"}
)
BETWEEN: Final = frozenset({"business", "working", "calendar", "full", "more"})
