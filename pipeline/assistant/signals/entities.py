"""References, dates and amounts in what a caller said, for people and rules to see. Pure.

A guess: what an action uses is asked for and read back by the steps of a flow.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Final

from pipeline.assistant.languages.language import PARSERS, Language
from pipeline.assistant.signals.phrases import language_files, words_in, words_of
from pipeline.assistant.slots import find_digit_strings, parse_date, parse_money, parse_spelled

REFERENCES: Final = ("order_number", "invoice", "subscription")
FEWEST_SIGNS: Final = 3
_BEHIND: Final = 14
"""Words behind a reference's name among which it is looked for."""


def entities(text: str, today: date, language: Language = PARSERS) -> Mapping[str, str]:
    """What was named: references as digits or capitals, `date` as an ISO date, `money` as a plain number."""
    words = words_of(text)
    found = {name: value for name in REFERENCES if (value := _reference(words, _names(name), language))}
    said = language.answer(text)
    day = parse_date(said, today)
    if day is not None and not found:
        found["date"] = day.isoformat()
    amount = parse_money(said) if "$" in text or _names("currency").intersection(words) else None
    return found if amount is None else {**found, "money": str(amount)}


def _reference(words: list[str], names: frozenset[str], language: Language) -> str:
    for at, word in enumerate(words):
        if word not in names:
            continue
        behind = " ".join(words[at + 1 : at + 1 + _BEHIND])
        spelled = (parse_spelled(language.spelled(behind)) or "").upper()
        if len(spelled) >= FEWEST_SIGNS and any(map(str.isdigit, spelled)):
            return spelled
        said = find_digit_strings(language.answer(behind))
        digits = next((digits for digits in said if len(digits) >= FEWEST_SIGNS), "")
        if digits:
            return digits
    return ""


@cache
def _names(section: str) -> frozenset[str]:
    """The words of a section of every language."""
    return frozenset(word for language in language_files("words") for word in words_in(language, section))
