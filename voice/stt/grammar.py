"""What may be said in a state that expects a short answer, as a bigram language model over tokens. Pure.

A token is what the recogniser knows as one word. Whole answers are tokens (`that's_right`), so that no mixture of two
answers can be heard, and digits carry their place (`four~3`), so that a number has exactly as many digits as expected:
a grammar's strictness with an n-gram search, which stands noise better than the finite-state one (docs/speech.md).
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from voice.stt.port import Vocabulary

Bigrams = Mapping[tuple[str, str], float]

BEGIN: Final = "<s>"
END: Final = "</s>"
LONGEST_NUMBER: Final = 16
"""Most digits that can be expected: a card number."""
_DIGITS: Final = {
    **dict.fromkeys(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 0.0965),
    "oh": 0.035,
}
"""How probable each word is for a digit. "oh" is said, but noise and "four" sound like it."""
_DOUBLED: Final = 0.03
_IN_PAIRS: Final = 0.02
_PAIRS: Final = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
_TENS: Final = _PAIRS[10:]
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_SHORT_ANSWERS: Final = {
    "yes": 60.0, "no": 60.0, "yeah": 27.0, "nope": 24.0, "yep": 18.0, "yup": 12.0, "correct": 12.0, "yes please": 12.0,
    "no thanks": 12.0, "no thank you": 12.0, "that's right": 12.0, "that's correct": 12.0, "right": 9.0, "sure": 9.0,
    "okay": 9.0, "nah": 6.0,
}  # fmt: skip
"""How much likelier than any other phrase these are after a yes/no question; they are listened for in any case. A third
of these weights, and with noise 15 dB below the voice a "yeah" is now and then an "again" (docs/speech.md)."""
_FREELY: Final = -1.5
"""log10 of the weight of what follows a token unexpectedly: "yes" and, after a breath, "that's right"."""
_NEVER: Final = -9.0
"""The same for what is not expected at all. Much lower, and sounds that no path explains well end in no path."""
_NEVER_ALONE: Final = -5.0
_PLACEHOLDER: Final = re.compile(r"<(?:digits|name)>")


@dataclass(frozen=True, slots=True)
class Weights:
    """How an answer of this kind usually begins; the parts of one."""

    number: float
    led_number: float
    phrase: float
    name: float = 0.0
    led_name: float = 0.0


_WEIGHTS: Final = {
    "yes_no": Weights(0.01, 0.07, 0.92),
    "menu": Weights(0.01, 0.02, 0.97),
    "digits": Weights(0.68, 0.2, 0.12),
    "spelled": Weights(0.01, 0.02, 0.1, 0.45, 0.42),
}


def spoken(tokens: str) -> str:
    """What a person would write for these tokens: `no_it's four~1` → "no it's four"."""
    return " ".join(re.sub(r"\(\d+\)$", "", token).partition("~")[0].replace("_", " ") for token in tokens.split())


def token(phrase: str) -> str:
    """The token of a whole phrase."""
    return phrase.replace(" ", "_")


def closed_grammar(vocabulary: Vocabulary, names: Iterable[str], min_digits: int, max_digits: int) -> Bigrams:
    """Probability of each token after another, in a state of kind yes_no, digits, menu or spelled.

    max_digits 0: numbers of any length. Phrases with two placeholders are left to the open vocabulary.
    """
    fewest, most = (min_digits or 1, min(max_digits, LONGEST_NUMBER)) if max_digits else (1, 0)
    weights = _WEIGHTS[vocabulary.kind]
    phrases = _weighted_phrases(vocabulary)
    number, name = _number_begins(most), _names_begin(tuple(names), vocabulary)
    before_number = _lead_ins(vocabulary, "<digits>")
    before_name = _lead_ins(vocabulary, "<name>") if weights.led_name else ()
    bigrams: dict[tuple[str, str], float] = defaultdict(float)
    starts = [
        (weights.phrase, phrases),
        (weights.led_number, _evenly(before_number)),
        (weights.number, number if _expects(vocabulary, "<digits>") else {}),
        (weights.led_name, _evenly(before_name)),
        (weights.name, name if _expects(vocabulary, "<name>") else {}),
    ]
    total = sum(weight for weight, following in starts if following)
    for weight, following in starts:
        for word, probability in following.items():
            if weight:
                bigrams[BEGIN, word] += weight / total * probability
    for whole in {*phrases, *(word for word in name if "~" not in word and weights.name)}:
        bigrams[whole, END] = 0.9
    for lead in {*before_number, *before_name}:
        parts = [number] * (lead in before_number) + [name] * (lead in before_name)
        share = (0.1 if (lead, END) in bigrams else 0.9) / len(parts)
        bigrams.update({(lead, word): share * p for part in parts for word, p in part.items()})
    if vocabulary.kind == "spelled":
        _add_letters(bigrams)
    if _expects(vocabulary, "<digits>"):
        _add_number(bigrams, fewest, most)
    return bigrams


def arpa(bigrams: Bigrams) -> str:
    """The language model in ARPA format. Tokens with a place follow each other only as the bigrams say."""
    tokens = sorted({word for pair in bigrams for word in pair})
    free = sum(_is_free(word) for word in tokens)
    lines = ["\\data\\", f"ngram 1={len(tokens)}", f"ngram 2={len(bigrams)}", "", "\\1-grams:"]
    for word in tokens:
        alone = -math.log10(free) if _is_free(word) else _NEVER_ALONE
        lines.append(f"{alone:.4f} {word} {_FREELY if _is_free(word) and word != END else _NEVER:.4f}")
    lines += ["", "\\2-grams:"]
    lines += [f"{math.log10(p):.4f} {first} {second}" for (first, second), p in sorted(bigrams.items()) if p > 0.0]
    return "\n".join([*lines, "", "\\end\\", ""])


def number_tokens() -> Iterator[str]:
    """Every token that a number of any length may need."""
    for place in range(LONGEST_NUMBER + 1):
        yield from (f"{word}~{place}" for word in _DIGITS)
        yield from (f"double_{word}~{place}" for word in _DIGITS)
        yield from (f"{word}~{place}" for word in _PAIRS)
        yield from (f"{word}~{place}+" for word in _TENS)


def letter_tokens() -> Iterator[str]:
    """The letters, as tokens."""
    return (f"{letter}~letter" for letter in _LETTERS)


def _is_free(word: str) -> bool:
    return word != BEGIN and "~" not in word


def _weighted_phrases(vocabulary: Vocabulary) -> dict[str, float]:
    plain = dict.fromkeys((phrase for phrase in vocabulary.phrases if not _PLACEHOLDER.search(phrase)), 1.0)
    if vocabulary.kind == "yes_no":
        plain |= _SHORT_ANSWERS
    total = sum(plain.values())
    return {token(phrase): weight / total for phrase, weight in plain.items()}


def _lead_ins(vocabulary: Vocabulary, placeholder: str) -> tuple[str, ...]:
    """Tokens of what is said before the placeholder, where that is all the phrase holds besides."""
    ends = (phrase for phrase in vocabulary.phrases if phrase.endswith(f" {placeholder}"))
    found = (phrase.removesuffix(f" {placeholder}") for phrase in ends)
    return tuple(dict.fromkeys(token(lead) for lead in found if not _PLACEHOLDER.search(lead)))


def _evenly(tokens: tuple[str, ...]) -> dict[str, float]:
    return dict.fromkeys(tokens, 1.0 / len(tokens)) if tokens else {}


def _expects(vocabulary: Vocabulary, placeholder: str) -> bool:
    return any(placeholder in phrase for phrase in vocabulary.phrases)


def _names_begin(names: tuple[str, ...], vocabulary: Vocabulary) -> dict[str, float]:
    begins = {token(name): 0.8 / len(names) for name in names if _WEIGHTS[vocabulary.kind].name}
    if vocabulary.kind == "spelled":
        begins |= dict.fromkeys(letter_tokens(), 0.2 / len(_LETTERS))
    return begins


def _add_letters(bigrams: dict[tuple[str, str], float]) -> None:
    for first in letter_tokens():
        bigrams[first, END] += 0.15
        for second in letter_tokens():
            bigrams[first, second] += 0.85 / len(_LETTERS)


def _number_begins(most: int, place: int = 1) -> dict[str, float]:
    """Tokens that may stand at this place (from 1) of a number of at most so many digits; 0: of any length."""
    at = place if most else 0
    room = most - place + 1 if most else 2
    two_fit = room >= 2
    single = 1.0 - (_DOUBLED + _IN_PAIRS) * two_fit
    begins = {f"{word}~{at}": p * single for word, p in _DIGITS.items()}
    if two_fit:
        begins |= {f"double_{word}~{at}": p * _DOUBLED for word, p in _DIGITS.items()}
        begins |= {f"{word}~{at}": _IN_PAIRS / 26 for word in _PAIRS}
        begins |= {f"{word}~{at}+": _IN_PAIRS / 26 for word in _TENS}
    return begins


def _add_number(bigrams: dict[tuple[str, str], float], fewest: int, most: int) -> None:
    for place in range(1, (most or 1) + 1):
        for word in _number_begins(most, place):
            if word.endswith("+"):  # tens, completed by a digit: twenty three
                ones = [f"{one}~{place + 1 if most else 0}" for one in list(_DIGITS)[1:10]]
                bigrams.update({(word, one): 1.0 / len(ones) for one in ones})
                continue
            used = place - 1 + (2 if word.startswith("double_") or word.partition("~")[0] in _PAIRS else 1)
            end = 1.0 if used == most else (0.5 if used >= fewest and most else 0.2 if not most else 0.0)
            if end:
                bigrams[word, END] = end
            if used != most:
                following = _number_begins(most, used + 1)
                bigrams.update({(word, after): p * (1.0 - end) for after, p in following.items()})
