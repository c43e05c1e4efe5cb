"""Digit strings (order numbers, phone numbers, codes) in what a caller said. Pure."""

import re
from typing import Final

from pipeline.assistant.slots.numbers import UNITS, ZEROS, Chunk, read_chunk
from pipeline.assistant.slots.words import FILLERS, plain, tokens

_SOUND_ALIKE: Final = {
    "to": "two",
    "too": "two",
    "for": "four",
    "fore": "four",
    "won": "one",
    "ate": "eight",
    "tree": "three",
}
"""What recognisers write for digits, taken as digits only amid at least three others."""
_JOINS: Final = frozenset({"-", ",", ".", "/", "(", ")", "#", "then", "dash", "hyphen", "…"}) | FILLERS
_NOT_AN_ID: Final = re.compile(
    r"[$£€]\s?\d[\d,]*(?:\.\d+)?"  # money
    r"|\b\d+(?:\.\d+)?\s?(?:%|percent\b|dollars?\b|bucks\b|cents\b|euros?\b|pounds?\b)"
    r"|\b\d{1,2}(?:st|nd|rd|th)\b"  # 5th
    r"|\b\d{1,2}(?::\d\d)?\s?(?:am|pm|a\.m\.?|p\.m\.?)(?=\W|$)"  # 5 pm
    r"|\b\d{1,2}:\d\d\b"
)
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3}\b)")


def find_digit_strings(text: str) -> tuple[str, ...]:
    """Every run of digits that was said, in order; fillers and dashes do not end a run, other words do.

    Money, times and ordinals written with figures are not digit strings.
    """
    said = _said(text)
    found: list[str] = []
    run: list[str] = []
    at = 0
    while at < len(said):
        chunk = read_chunk(said, at)
        if chunk is not None:
            run.append(chunk.digits)
            at = chunk.end
            continue
        if said[at] not in _JOINS:
            if run:
                found.append("".join(run))
            run = []
        at += 1
    if run:
        found.append("".join(run))
    return tuple(found)


def parse_digits(text: str) -> str | None:
    """Give the one digit string that answers "what is your number", or None.

    Of several, the strictly longest is meant ("my 2 orders, 12345"); two of equal length are ambiguous: None. Words of
    correction are not looked at: ask corrections.split_correction first.
    """
    found = sorted(find_digit_strings(text), key=len, reverse=True)
    if not found or (len(found) > 1 and len(found[0]) == len(found[1]) and found[0] != found[1]):
        return None
    return found[0]


def chunks(text: str) -> list[Chunk]:
    """The numbers said, one by one, with their places among the words."""
    said = _said(text)
    read: list[Chunk] = []
    at = 0
    while at < len(said):
        chunk = read_chunk(said, at)
        if chunk is not None:
            read.append(chunk)
        at = chunk.end if chunk is not None else at + 1
    return read


def _said(text: str) -> list[str]:
    shown = _NOT_AN_ID.sub(" ; ", _THOUSANDS.sub("", plain(text)))
    return _with_sound_alikes(tokens(shown))


def _with_sound_alikes(said: list[str]) -> list[str]:
    """Replace "to", "for", "won" by the digits they sound like where they stand in a run of spoken digits."""
    spoken = [word in UNITS or word in ZEROS for word in said]
    written = list(said)
    for at, word in enumerate(said):
        if word not in _SOUND_ALIKE:
            continue
        before = _run_length(spoken, said, at - 1, -1)
        after = _run_length(spoken, said, at + 1, 1)
        starts = word in ("won", "ate", "tree") and after >= 3
        if starts or (before >= 1 and before + after >= 3 and (after >= 1 or before >= 3)):
            written[at] = _SOUND_ALIKE[word]
    return written


def _run_length(spoken: list[bool], said: list[str], at: int, step: int) -> int:
    """How many spoken digits (sound-alikes included) stand in a row from here."""
    length = 0
    while 0 <= at < len(said) and (spoken[at] or said[at] in _SOUND_ALIKE):
        length += 1
        at += step
    return length
