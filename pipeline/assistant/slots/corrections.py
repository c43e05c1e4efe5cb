"""What a caller takes back and what is to stand in its place. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from pipeline.assistant.slots.digits import find_digit_strings, parse_digits
from pipeline.assistant.slots.words import plain, tokens, words
from pipeline.assistant.slots.yes_no import parse_yes_no


@dataclass(frozen=True, slots=True)
class Correction:
    """An answer to a read-back, taken apart."""

    rejected: bool
    """The caller says that something was wrong."""
    rest: str
    """What is left to parse: the right value, if it was given; the whole text when nothing was rejected."""
    wrong: str = ""
    """The fragment that the caller names as wrong: "five four" in "not five four, four five"."""


_IS: Final = (
    r"(?:it's|it is|its|it was|i said|that's|that is|this is|the number is|number is|my number is|should be"
    r"|it should be|make it|make that|try)"
)
_NO: Final = (
    r"(?:no|nope|nah|naw|negative|wrong|incorrect|that's wrong|that is wrong|that's not right|that is not right"
    r"|that isn't right"
    r"|that's not it|that's incorrect|not quite|not right|not correct|that's not correct|it's wrong|you got it wrong"
    r"|you got that wrong|i don't think so)"
)
_BETWEEN: Final = (
    r"(?:no wait|no sorry|sorry no|wait no|oh no|i mean|i meant|sorry|actually|scratch that|correction|rather|wait"
    r"|let me correct that|my mistake)"
)
_LEADING_NO: Final = re.compile(
    rf"^(?:oh |um |uh |well |sorry |i'm sorry |actually )*{_NO}(?: {_NO}| sorry| wait| actually)*\b ?(.*)$"
)
_LEADING_FIX: Final = re.compile(rf"^(?:oh |um |uh |well )*{_BETWEEN}\b ?(.*)$")
_NOT_THEN_IS: Final = re.compile(rf"^(?:{_IS} )?not (.+?) ?(?:;|,|\bbut\b|{_IS}|{_BETWEEN}) ?(?:{_IS} )?(.+)$")
_IS_NOT: Final = re.compile(r"^(.+?) (?:, ?)?(?:and )?(?:not|instead of|rather than) (.+)$")
_MIDWAY: Final = re.compile(rf"^(.*\S) (?:, ?)?(?:no|{_BETWEEN})\b[ ,]*(.*)$")
_AGREES: Final = re.compile(r"^no (?:problem|worries|that's (?:right|correct|fine|it)|thanks|thank you)\b")


def split_correction(text: str) -> Correction:
    """Tell whether the caller rejects what was read back, and what they give in its place.

    "no, it's 12354" → rejected, rest "it's 12354"; "not five four, four five" → rejected, rest "four five", wrong
    "five four"; "12345, no wait, 12354" → rejected, rest "12354"; "yes" → not rejected, rest "yes".
    """
    line = " ".join(word for word in tokens(text) if word[0].isalnum() or word in ",;")
    line = line.replace(" ,", ",").replace(" ;", ",")
    if _AGREES.match(line.replace(",", "")):
        return Correction(rejected=False, rest=plain(text))
    bare = line.replace(",", "")
    leading = _LEADING_NO.match(bare)
    if leading is not None or _LEADING_FIX.match(bare):
        return _after_no(_drop_leading(line))
    inner = _fragments(line)
    if inner is not None:
        return inner
    midway = _MIDWAY.match(line)
    if midway is not None and _worth(midway.group(1)) and _worth(midway.group(2)):
        return Correction(rejected=True, rest=midway.group(2).strip(" ,"))
    if parse_yes_no(text) is False:
        return Correction(rejected=True, rest=_without_no(line))
    return Correction(rejected=False, rest=plain(text))


def corrected_digits(previous: str, text: str) -> str | None:
    """Apply a correction to digits that were read back; None when it does not say which digits are right.

    A full-length number replaces the old one. A shorter one replaces the fragment named as wrong ("not five four, four
    five"), else the one place of the same length whose digits it holds in another order, else the end of the number
    ("it ends in 45").
    """
    correction = split_correction(text)
    given = parse_digits(correction.rest)
    if given is None:
        return None
    if len(given) >= len(previous):
        return given
    wrong = parse_digits(correction.wrong) if correction.wrong else None
    if wrong and previous.count(wrong) == 1:
        return previous.replace(wrong, given)
    size = len(given)
    places = [
        at for at in range(len(previous) - size + 1)
        if sorted(previous[at : at + size]) == sorted(given) and previous[at : at + size] != given
    ]  # fmt: skip
    if size > 1 and len(places) == 1:
        return previous[: places[0]] + given + previous[places[0] + size :]
    if re.search(r"\b(?:ends?|ending|last|end)\b", plain(text)):
        return previous[:-size] + given
    return None


def _after_no(rest: str) -> Correction:
    inner = _fragments(rest)
    if inner is not None:
        return inner
    midway = _MIDWAY.match(rest)
    if midway is not None and _worth(midway.group(1)) and _worth(midway.group(2)):
        rest = midway.group(2)
    return Correction(rejected=True, rest=_without_no(rest))


def _fragments(line: str) -> Correction | None:
    """Read "not X, Y", "it's not X it's Y", "Y not X"; and "not X Y", digits of equal halves said without a pause."""
    named = _NOT_THEN_IS.match(line)
    if named is not None:
        return Correction(rejected=True, rest=named.group(2).strip(" ,"), wrong=named.group(1).strip(" ,"))
    only = re.match(rf"^(?:{_IS} )?not (.+)$", line)
    if only is not None:
        halves = _halves(only.group(1))
        return Correction(rejected=True, rest=halves[1], wrong=halves[0]) if halves else Correction(
            rejected=True, rest="", wrong=only.group(1)
        )  # fmt: skip
    contrast = _IS_NOT.match(line)
    if contrast is not None and find_digit_strings(contrast.group(1)) and find_digit_strings(contrast.group(2)):
        return Correction(rejected=True, rest=contrast.group(1).strip(" ,"), wrong=contrast.group(2).strip(" ,"))
    return None


def _halves(fragment: str) -> tuple[str, str] | None:
    said = words(fragment)
    if len(said) < 2 or len(said) % 2:
        return None
    first, second = " ".join(said[: len(said) // 2]), " ".join(said[len(said) // 2 :])
    one, other = parse_digits(first), parse_digits(second)
    if one is None or other is None or one == other or len(one) != len(other):
        return None
    return first, second


def _drop_leading(line: str) -> str:
    """Drop the words of refusal at the start, commas between them included."""
    pattern = re.compile(rf"^(?:(?:oh|um|uh|well|sorry|i'm sorry|actually|{_NO}|{_BETWEEN})\b[ ,]*)+")
    return pattern.sub("", line, count=1)


def _without_no(rest: str) -> str:
    return re.sub(r"^(?:it isn't|it's not|that isn't it|it is not|i didn't|i don't)\b[ ,]*", "", rest).strip(" ,")


def _worth(fragment: str) -> bool:
    """Whether a fragment is a value of its own, so that a word between two of them corrects."""
    return bool(words(fragment)) and words(fragment) not in (["oh"], ["um"], ["uh"], ["well"])
