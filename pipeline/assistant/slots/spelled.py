"""Letters spelled aloud, into a word. Pure."""

import re
from typing import Final

from pipeline.assistant.slots.numbers import UNITS
from pipeline.assistant.slots.words import FILLERS, plain

_NATO: Final = {
    word: word[0]
    for word in ["alpha", "alfa", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet",
    "juliett", "kilo", "lima", "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango", "uniform",
    "victor", "whiskey", "whisky", "xray", "zulu"]
}  # fmt: skip
_SOUNDS: Final = {
    "ay": "a", "bee": "b", "be": "b", "see": "c", "sea": "c", "cee": "c", "dee": "d", "eff": "f", "ef": "f", "gee": "g",
    "aitch": "h", "haitch": "h", "eye": "i", "jay": "j", "kay": "k", "el": "l", "ell": "l", "em": "m", "en": "n",
    "oh": "o",
    "owe": "o", "pee": "p", "pea": "p", "cue": "q", "queue": "q", "are": "r", "ar": "r", "ess": "s", "es": "s",
    "tea": "t",
    "tee": "t", "you": "u", "vee": "v", "ex": "x", "why": "y", "wye": "y", "zee": "z", "zed": "z",
}  # fmt: skip
_SIGNS: Final = {"hyphen": "-", "dash": "-", "apostrophe": "'"}
_AS_IN: Final = frozenset({"as", "for", "like", "is"})
_LETTERS_TOGETHER: Final = re.compile(r"\b[a-z](?:[-.][a-z]\b)+\.?")
_MIXED: Final = re.compile(r"\b(?=[a-z]*\d)(?=\d*[a-z])(?!\d+(?:st|nd|rd|th|am|pm|gb|kg|mm|cm)\b)[a-z\d]{4,}\b")
"""A code as recognisers write it: "AB742"."""
_ENDS: Final = "ends"
"""A word that spells nothing: such a code goes no further."""
_OH: Final = re.compile(r"(?<=\d)o|o(?=\d)")
_TOKEN: Final = re.compile(r"[a-z]+(?:'[a-z]+)*|\d")


def parse_spelled(text: str) -> str | None:
    """The longest word spelled in a text, lower case, or None: "s as in sam m i double t h" → "smitth".

    Knows letters, the NATO alphabet, "b as in boy", "b for boy", "double t", letter names as recognisers write them
    ("see" → c, "you" → u), digits in codes, hyphen and apostrophe. Letter names alone are not believed: "are you"
    spells nothing.
    """
    line = _LETTERS_TOGETHER.sub(lambda found: re.sub(r"[-.]", " ", found[0]), plain(text))
    line = _MIXED.sub(lambda found: " ".join((*found[0], _ENDS)), line)
    line = line.replace("double you", "w").replace("double u", "w").replace("x-ray", "xray").replace("x ray", "xray")
    said = [word for word in _TOKEN.findall(line) if word not in FILLERS or word == "like"]
    best, at = "", 0
    while at < len(said):
        run, certain, end = _run(said, at)
        whole = end - at == len(said)
        if len(run) > len(best) and _believable(run, certain, whole=whole):
            best = run
        at = max(end, at + 1)
    return _OH.sub("0", best) or None  # "nine oh three"


def _believable(run: str, certain: int, *, whole: bool) -> bool:
    """Enough of it was surely letters; a single letter only as the whole answer, digits alone never."""
    if not re.search(r"[a-z]", run):
        return False
    if whole:
        return certain >= 1
    return len(run) >= 2 and certain * 2 >= len(run) and certain >= 2


def _run(said: list[str], start: int) -> tuple[str, int, int]:
    """Read letters from this word on: what they spell, how many were surely letters, and where they end."""
    letters, certain, at, times = "", 0, start, 1
    while at < len(said):
        word = said[at]
        if word in ("double", "triple") and at + 1 < len(said):
            times = 2 if word == "double" else 3
            at += 1
            continue
        if word in ("capital", "letter", "then", "and") and letters and at + 1 < len(said):
            at += 1
            continue
        letter, sure, at_next = _letter(said, at)
        if not letter:
            break
        letters += letter * times
        certain += times if sure else 0
        at, times = at_next, 1
    return letters, certain, at


def _letter(said: list[str], at: int) -> tuple[str, bool, int]:
    """Read one letter, digit or sign; ("", False, at) when this word is none."""
    word = said[at]
    letter, sure = word if len(word) == 1 else _SOUNDS.get(word, ""), len(word) == 1
    if len(word) == 1 or letter:
        end = _after_example(said, at, letter)
        return letter, sure or end > at + 1, end
    if word in _NATO:
        return _NATO[word], True, at + 1
    if word in UNITS or word == "zero":
        return str(UNITS.get(word, 0)), True, at + 1
    if word in _SIGNS:
        return _SIGNS[word], False, at + 1
    return "", False, at


def _after_example(said: list[str], at: int, letter: str) -> int:
    """Skip "as in sam", "for sugar", "like boy" when the example begins with the letter."""
    here = at + 1
    if here < len(said) and said[here] in _AS_IN:
        here += 2 if said[here] == "as" and said[here + 1 : here + 2] in (["in"], ["an"]) else 1
        if here < len(said) and len(said[here]) > 1 and said[here].startswith(letter):
            return here + 1
    return at + 1
