"""How a person says a number, an amount, a date, a time or an identifier in English. Pure: words in, words out."""

from datetime import date
from typing import Final

from num2words import num2words

DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_GROUPS: Final = {6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (3, 3, 4), 11: (1, 3, 3, 4), 12: (4, 4, 4)}
_CURRENCIES: Final = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
}
_SCALES: Final = {"k": "thousand", "m": "million", "bn": "billion", "b": "billion"}


def cardinal(number: str) -> str:
    """A number as written: digits, thousands separated by commas, a decimal point, a sign."""
    sign = "minus " if number.startswith(("-", "−")) else ""
    whole, _, fraction = number.lstrip("-−+").replace(",", "").partition(".")
    words = sign + _words(int(whole or "0"))
    return f"{words} point {' '.join(DIGITS[int(digit)] for digit in fraction)}" if fraction else words


def ordinal(number: int) -> str:
    """first, twenty-second."""
    return str(num2words(number, to="ordinal")).replace(" and ", " ").replace(",", "")


def year(number: int) -> str:
    """Twenty twenty-five, two thousand five, nineteen oh four."""
    century, rest = divmod(number, 100)
    if number % 1000 < 10:
        return _words(number)
    if rest == 0:
        return f"{_words(century)} hundred"
    return f"{_words(century)} {_words(rest) if rest >= 10 else 'oh ' + DIGITS[rest]}"


def digits(text: str) -> str:
    """Digit by digit, in the groups in which people say them; what is not a digit is left out."""
    only = [character for character in text if character.isdecimal()]
    sizes = _GROUPS.get(len(only)) or ((len(only),) if len(only) < 6 else (4,) * (-(-len(only) // 4)))
    groups = []
    for size in sizes:
        groups.append(" ".join(DIGITS[int(digit)] for digit in only[:size]))
        only = only[size:]
    return ", ".join(group for group in groups if group)


def identifier(text: str) -> str:
    """Letters one by one, digits one by one, a short pause where the writing has a dash or changes kind."""
    parts: list[str] = []
    kind = ""
    for character in text:
        this = "digit" if character.isdecimal() else "letter" if character.isalpha() else ""
        if not this:
            kind = ""
        elif this == kind:
            parts[-1] += character
        else:
            parts.append(character)
            kind = this
    return ", ".join(digits(part) if part[0].isdecimal() else letters(part) for part in parts)


def letters(text: str) -> str:
    """One by one. A is written as it sounds: voices take a lone A for the article."""
    return " ".join("ay" if character in "aA" else character.upper() for character in text if character.isalpha())


def money(sign: str, amount: str, scale: str = "") -> str:
    """An amount with its currency's sign: twelve dollars and fifty cents, one point two million euros."""
    one, many, cent, cents = _CURRENCIES[sign]
    scale = _SCALES.get(scale.lower(), scale.lower())
    whole, _, fraction = amount.replace(",", "").partition(".")
    if scale or len(fraction) not in {0, 2}:
        return f"{cardinal(amount)} {scale} {many}".replace("  ", " ")
    units, hundredths = int(whole or "0"), int(fraction or "0")
    parts = []
    if units or not hundredths:
        parts.append(f"{_words(units)} {one if units == 1 else many}")
    if hundredths:
        parts.append(f"{_words(hundredths)} {cent if hundredths == 1 else cents}")
    return " and ".join(parts)


def day(number: int, month: int, in_year: int | None = None) -> str | None:
    """November twenty-first, twenty twenty-five; None if the calendar has no such day."""
    try:
        date(in_year or 2024, month, number)
    except ValueError:
        return None
    spoken = f"{MONTHS[month - 1]} {ordinal(number)}"
    return f"{spoken}, {year(in_year)}" if in_year else spoken


def clock(hour: int, minute: int, half: str) -> str | None:
    """Ten thirty a.m., noon, five p.m.; half is "a", "p" or "". None if there is no such time."""
    if minute > 59 or hour > 23 or (half and not 1 <= hour <= 12):
        return None
    if not half and hour > 12:
        hour, half = hour - 12, "p"
    elif not half and hour == 0:
        hour, half = 12, "a"
    if hour == 12 and minute == 0 and half:
        return "noon" if half == "p" else "midnight"
    spoken = _words(hour)
    if minute:
        spoken += f" {_words(minute) if minute >= 10 else 'oh ' + DIGITS[minute]}"
    elif not half:
        spoken += " o'clock"
    return f"{spoken} {half}.m." if half else spoken


def _words(number: int) -> str:
    return str(num2words(number)).replace(" and ", " ").replace(",", "")
