"""What an answer says, given what was asked. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from pipeline.assistant.languages.language import Language
from pipeline.assistant.rules import mentions, normal
from pipeline.assistant.slots import (
    find_digit_strings,
    parse_date,
    parse_digits,
    parse_email,
    parse_money,
    parse_name,
    parse_number,
    parse_phone,
    parse_spelled,
    parse_yes_no,
    split_correction,
)
from pipeline.assistant.waiting import Words
from pipeline.line.flows import Question
from pipeline.secrets_kept import referred

T = TypeVar("T")
YES_KEY: Final = "1"
NO_KEY: Final = "2"


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer that was understood."""

    value: Any
    """str for digits, dates (ISO), names, choices, text, phones (E.164), e-mails and what is spelled (upper case); bool
    for yes/no; int or float for numbers and money."""
    certain: bool
    """Keyed, or of a kind that is not read back."""


def read(
    question: Question, words: Words, today: date, refused: tuple[str, ...] = (), *, asked: bool = True
) -> Reading | None:
    """The answer in what the caller said or keyed, or None. Values that were refused are not read again.

    asked: the words answer the question; else they were said before it, and a choice counts only in its own words.
    """
    hidden = referred(words.text)
    if question.secret is not None or hidden is not None:
        kept = hidden is not None and hidden.kind == question.secret and fits(question, "0" * hidden.length)
        return Reading(words.text, certain=True) if kept else None
    if words.via == "dtmf":
        value = _keyed(question, words.text, today)
        return None if value is None else Reading(value, certain=True)
    values = (value for text in words.readings for value in _spoken(question, text, today, words.language, asked=asked))
    found = next((value for value in values if value not in refused), None)
    return None if found is None else Reading(found, certain=question.read_back is None)


def yes_no(words: Words) -> bool | None:
    """Yes or no in words or keys; other readings count only when the first says neither."""
    if words.via == "dtmf":
        return {YES_KEY: True, NO_KEY: False}.get(words.text)
    return next((answer for answer in map(_yes_no(words.language), words.readings) if answer is not None), None)


_CONDITION: Final = re.compile(r"\b(?:if|whether)\b")
_SETTLED: Final = re.compile(r"^(?:yes|yeah|yep|yup|no|nope|nah)\b")


def _settles(text: str) -> bool:
    """Whether a yes or no in these words of the parsers is one: in "I'd like to know if that's right" it is not."""
    line = normal(text)
    return _CONDITION.search(line) is None or _SETTLED.search(line) is not None


def fits(question: Question, digits: str) -> bool:
    """Whether a digits question can have this answer."""
    return question.kind == "digits" and question.min_digits <= len(digits) <= question.max_digits


def partial_digits(question: Question, words: Words) -> str:
    """The first part of a number whose rest is still to come, or "" if it is none."""
    digits = parse_digits(words.answer) if words.via != "dtmf" else None
    return digits if digits and 2 <= len(digits) < question.min_digits else ""


def joined(question: Question, partial: str, words: Words) -> Reading | None:
    """The first part and this one together, if they make a number of the right length."""
    digits = parse_digits(words.answer) if partial else None
    return Reading(partial + digits, certain=False) if digits and fits(question, partial + digits) else None


def _keyed(question: Question, keys: str, today: date) -> Any:
    match question.kind:
        case "digits":
            return keys if fits(question, keys) else None
        case "yes_no":
            return {YES_KEY: True, NO_KEY: False}.get(keys)
        case "choice":
            return next((choice.value for choice in question.choices if str(choice.key) == keys), None)
        case "date":
            day = parse_date(f"{keys[:2]}/{keys[2:]}", today) if len(keys) == 4 else None
            return day.isoformat() if day else None
        case "phone":
            return parse_phone(keys)
        case "number":
            return int(keys)
        case "money":
            return int(keys) / 100
        case _:
            return None


def _spoken(question: Question, text: str, today: date, language: Language, *, asked: bool) -> Iterator[Any]:
    correction = split_correction(language.answer(text))
    said = correction.rest if correction.rejected and correction.rest else language.answer(text)
    match question.kind:
        case "digits":
            whole = parse_digits(said)
            numbers = [*find_digit_strings(said), *([whole] if whole else [])]
            yield from (digits for digits in numbers if fits(question, digits))
        case "yes_no":
            yield from _there(_yes_no(language)(text))
        case "choice":
            yield from _chosen(question, text, language if asked else None)
        case "date":
            yield from (day.isoformat() for day in _there(parse_date(said, today)))
        case "name":
            yield from (name for name in _there(parse_name(_name_in(language, text, said))))
        case "text":
            yield text.strip()
        case "spelled" if language.spelling is not None:
            yield from _there(_spelled(language.spelled(text)))
        case _:
            yield from _there(_MEASURED[question.kind](said))


def _money(text: str) -> float | None:
    amount = parse_money(text)
    return None if amount is None else float(amount)


def _spelled(text: str) -> str | None:
    word = parse_spelled(text)
    return word.upper() if word else None


_MEASURED: Final[Mapping[str, Callable[[str], Any]]] = {
    "phone": parse_phone,
    "email": parse_email,
    "number": parse_number,
    "money": _money,
    "spelled": _spelled,
}


def _name_in(language: Language, text: str, said: str) -> str:
    """What holds the name: the caller's own words, as the parsers' words leave out what they do not know."""
    return said if language.answers is None else language.named(text)


def _yes_no(language: Language) -> Callable[[str], bool | None]:
    return lambda text: parse_yes_no(said) if _settles(said := language.answer(text)) else None


def _there(value: T | None) -> tuple[T, ...]:
    return () if value is None else (value,)


def _chosen(question: Question, text: str, asked_in: Language | None) -> Iterator[str]:
    """The choice whose longest phrase was said; none when two are said equally well.

    asked_in: the language of an answer to the question, where other inflections and the keys count, too.
    """
    scores = {
        choice.value: max((len(phrase) for phrase in choice.phrases if mentions(text, [phrase])), default=0)
        for choice in question.choices
    }
    if not any(scores.values()) and asked_in is not None:
        scores = {choice.value: max(_loosely(text, phrase) for phrase in choice.phrases) for choice in question.choices}
    best = max(scores.values())
    winners = [value for value, score in scores.items() if score == best]
    if best and len(winners) == 1:
        yield winners[0]
    key = parse_digits(said) if asked_in is not None and _KEY.fullmatch(said := normal(asked_in.answer(text))) else None
    yield from (choice.value for choice in question.choices if key and str(choice.key) == key)


_KEY: Final = re.compile(
    r"(?:(?:um|uh|it's|the|number|option|key|press|i|said|say|thing) ){0,3}\w+(?: please| thanks)?"
)
"""A key's number said aloud: "option two", but not "this isn't the one I ordered"."""
_SMALL: Final = frozenset(
    {
        "a", "an", "the", "it", "it's", "its", "is", "was", "are", "i", "i'm", "my", "me", "of", "to", "in", "on", "at",
        "for", "and", "or", "that", "that's", "this", "there", "there's", "be", "been", "has", "have", "had", "with",
        "what", "one",
    }
)  # fmt: skip
"""Words that tell no choice from another."""
_NEGATION: Final = re.compile(r"\b(?:not|no|never|isn't|doesn't|don't|didn't|wasn't|won't|can't|without|nothing)\b")
_ENDINGS: Final = re.compile(r"(?:ing|ed|es|s|ly)$")
_SHORTEST_STEM: Final = 3


def _loosely(text: str, phrase: str) -> int:
    """How many telling words of a phrase were said, all of them in any order and inflection; else 0.

    A no among the words turns them round: then only the phrase itself counts.
    """
    if bool(_NEGATION.search(normal(text))) != bool(_NEGATION.search(normal(phrase))):
        return 0
    wanted, said = _stems(phrase), _stems(text)
    return len(wanted) if wanted and wanted <= said else 0


def _stems(text: str) -> set[str]:
    said = _NEGATION.sub("not", normal(text))
    words = [word for word in said.split() if word not in _SMALL]
    stems = (_ENDINGS.sub("", word) for word in words)
    return {stem if len(stem) >= _SHORTEST_STEM else word for stem, word in zip(stems, words, strict=True)}
