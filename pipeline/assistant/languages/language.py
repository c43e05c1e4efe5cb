"""A language as data: what its words mean to the assistant. Pure.

The parsers of slots/ and the rules of rules.py read plain English words. Every other language is a file that says which
of its phrases mean which of those: "cuarenta y siete" is "forty seven", "el martes que viene" is "next tuesday". So a
language is added by a file, and no parser knows that there is more than one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

from pipeline.assistant import nothing_else, rules
from pipeline.assistant.languages.opening import OpeningWords
from pipeline.assistant.languages.wishes import ENGLISH_WISHES, NO_WISH_WORDS, WishWords
from pipeline.assistant.rules import Rule, folded
from pipeline.assistant.slots import parse_yes_no
from voice.backchannel import Lexicon, Tongue
from voice.endpoint_words import EndpointWords

Reply = Literal["done", "not_done", "skip", "back", "not_yet"]
"""What came of an instruction."""
NOTHING: Final = "thing"
"""Stands for a word that means nothing to a parser: it ends a number, and is none of the words parsers know."""
_TOKEN: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:/-]\d+)*|\S")
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Phrases of a language and the English words that the parsers know them by."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    """Rewritten first, in order: where it is the order of words that differs."""
    meanings: Mapping[str, str]
    """By phrase, folded."""
    keeps: bool = False
    """Whether other words stay as they are: they are a name, or letters."""

    def canonical(self, text: str) -> str:
        """The text in the words of the parsers; the longest phrase wins."""
        line = folded(text) if not self.keeps else text.lower()
        for pattern, instead in self.patterns:
            line = pattern.sub(instead, line)
        tokens = _TOKEN.findall(line)
        longest = max((len(phrase.split()) for phrase in self.meanings), default=1)
        said: list[str] = []
        at = 0
        while at < len(tokens):
            word, at = self._read(tokens, at, longest)
            said.append(word)
        return " ".join(word for word in said if word)

    def _read(self, tokens: list[str], at: int, longest: int) -> tuple[str, int]:
        for length in range(min(longest, len(tokens) - at), 0, -1):
            meant = self.meanings.get(folded(" ".join(tokens[at : at + length])))
            if meant is not None:
                return meant, at + length
        token = tokens[at]
        known = self.keeps or not token[0].isalpha() or token in _MADE
        return (token if known else NOTHING), at + 1


_MADE: Final = frozenset({"am", "pm", "nth"})
"""Words that are written alike everywhere."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Whole utterances, and patterns inside one, that mean something whatever was asked."""

    whole: Mapping[str, Rule]
    anywhere: tuple[tuple[Rule, re.Pattern[str]], ...]
    courtesy: re.Pattern[str]
    """What may stand before."""
    courtesy_end: re.Pattern[str]

    def rule_of(self, text: str) -> Rule | None:
        """The rule that a whole utterance falls under, or None."""
        line = plain(text)
        bare = self.courtesy_end.sub("", self.courtesy.sub("", line))
        for candidate in (line, bare):
            if candidate in self.whole:
                return self.whole[candidate]
        return next((rule for rule, pattern in self.anywhere if pattern.search(line) or pattern.search(bare)), None)


_RECORDED: Final = re.compile(r"\b(?:record|records|recorded|recording|recordings)\b", re.IGNORECASE)
"""In English, the language of the parsers."""


@dataclass(frozen=True, slots=True)
class Language:
    """What the assistant knows of one language."""

    code: str
    """Of ISO 639-1: "es"."""
    name: str
    """How its speakers call it: "español"."""
    answers: Phrasebook | None
    """Yes, no, numbers, dates, money, corrections. None: it is the language of the parsers."""
    spelling: Phrasebook | None
    names: Phrasebook | None
    phrases: Phrases | None
    empty: frozenset[str]
    """Words that add nothing to a yes or no."""
    asks: frozenset[str]
    """Words that a question begins with."""
    instead: frozenset[str]
    """Phrases by which a wish takes the place of the one before it."""
    asked_for: tuple[str, ...]
    """Phrases by which this language is asked for, in any language; folded."""
    common: frozenset[str]
    """Words that its speakers use all the time, folded: by them it is told from others."""
    engines: Mapping[str, str]
    """How engines call it: espeak, elevenlabs, whisper, deepgram, num2words."""
    prompts: Mapping[str, str | tuple[str, ...]]
    """What is said in it where a line has no text of its own, by the name of the prompt."""
    spoken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """How values are said: digits (0 to 9), weekdays, months, yes_no, date ("{weekday} {day} of {month}"), money (with
    and without cents, and a single one), signs (of addresses: "@ at")."""
    nothing_else: re.Pattern[str] | None = None
    """A plain no to "anything else?", folded; None: nobody wrote that down."""
    farewells: tuple[str, ...] = ()
    """Words of goodbye; folded."""
    machine: tuple[str, ...] = ()
    """Words by which a disclosure says that a machine speaks; folded."""
    recorded: tuple[str, ...] = ()
    """Words by which it says that the call is recorded; folded."""
    offer: str = ""
    """Asks, in this language, whether to go on in it."""
    opening: OpeningWords | None = None
    """How opening hours are said; None: nobody wrote that down."""
    lexicon: Lexicon | None = None
    """What callers say over the assistant; None: what voice.backchannel has for the language, if anything."""
    endings: EndpointWords | None = None
    """What tells whether a caller has finished; None: what voice.endpoint_words has for the language, if anything."""
    instructed: tuple[tuple[Reply, re.Pattern[str]], ...] = ()
    """What came of an instruction, by what callers say of it, in the order in which that is looked for."""
    waiting: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """What callers say while a person is brought in: never_mind, call_back, leave_message, how_long."""
    contractions: tuple[tuple[re.Pattern[str], str], ...] = ()
    """What becomes one word where a text is put into another."""
    wishes: WishWords = NO_WISH_WORDS
    """How several wishes are joined in one sentence."""
    yes_or_no: frozenset[str] = frozenset()
    """What callers say for yes and no, lower case, with accents and without."""

    def __deepcopy__(self, _memo: object) -> "Language":
        """Itself: nothing in it changes."""
        return self

    @property
    def heard_as(self) -> Tongue:
        """By what the floor tells acknowledgements and stop words."""
        return self.lexicon or self.code

    def filled(self, text: str, **places: object) -> str:
        """A text with its places filled, contracted as the language does: "de" and "el horario" → "del horario"."""
        made = text.format(**places)
        for apart, joined in self.contractions:
            made = apart.sub(joined, made)
        return made

    def answer(self, text: str) -> str:
        """An answer in the words of the parsers."""
        return text if self.answers is None else self.answers.canonical(text)

    def spelled(self, text: str) -> str:
        """Letters spelled aloud, in the words of the parsers."""
        return text if self.spelling is None else self.spelling.canonical(folded(text))

    def named(self, text: str) -> str:
        """A name, with what is said around it in the words of the parsers."""
        return text if self.names is None else self.names.canonical(text)

    def says_recorded(self, text: str) -> bool:
        """Whether a text speaks of recording, as far as the language has words for it."""
        if self.recorded:
            return stands_in(text, self.recorded)
        return self.answers is None and _RECORDED.search(text) is not None

    def rule_of(self, text: str) -> Rule | None:
        """The rule that always wins and that an utterance falls under, or None."""
        return rules.rule_of(text) if self.phrases is None else self.phrases.rule_of(text)

    def is_only_yes_or_no(self, text: str) -> bool:
        """Whether a long yes or no holds no wish besides."""
        if self.answers is None:
            return rules.is_only_yes_or_no(text)
        return all(word in self.empty for word in plain(text).split())

    def is_plain_no(self, text: str) -> bool:
        """Whether it says that nothing else is wanted, and nothing besides: no to "anything else?"."""
        if self.answers is None:
            return nothing_else.is_plain_no(text)
        agreed = parse_yes_no(self.answer(text))
        if self.nothing_else is None:
            return self.is_only_yes_or_no(text) and agreed is False
        line = plain(text)
        says_no = any(parse_yes_no(self.answer(word)) is False for word in line.split())
        return agreed is not True and says_no and self.nothing_else.fullmatch(line) is not None

    def is_question(self, text: str) -> bool:
        """Whether it reads like a question of its own rather than an answer."""
        if self.phrases is None:
            return rules.is_question(text)
        line = plain(text)
        bare = self.phrases.courtesy.sub("", line + " ")
        firsts = {words[0] for words in (line.split(), bare.split()) if words}
        return len(line.split()) >= _QUESTION_WORDS and ("¿" in text or bool(firsts & self.asks))

    def means_instead(self, text: str) -> bool:
        """Whether a wish takes the place of the one before it."""
        return rules.means_instead(text) if self.answers is None else stands_in(text, self.instead)

    def means(self, text: str, what: str) -> bool:
        """Whether a caller who waits for a person says this (waiting)."""
        pattern = self.waiting.get(what)
        return pattern is not None and pattern.search(rules.normal(text)) is not None

    def says_goodbye(self, text: str) -> bool:
        """Whether a farewell stands in it, which nothing else could mean."""
        return stands_in(text, self.farewells)

    def digits(self, text: str) -> str | None:
        """Digit by digit: "uno dos tres"; None: as the parsers' language says it."""
        names = self.spoken.get("digits")
        return " ".join(names[int(sign)] if sign.isdecimal() else sign for sign in text) if names else None

    def date(self, day: date) -> str | None:
        """A day as people say it: "martes 24 de noviembre"; None: as the parsers' language says it."""
        if not self.spoken.get("date"):
            return None
        weekday, month = self.spoken["weekdays"][day.weekday()], self.spoken["months"][day.month - 1]
        return self.spoken["date"][0].format(weekday=weekday, day=day.day, month=month)

    def money(self, amount: str) -> str | None:
        """An amount: "12 dólares con 50 centavos"; None: as the parsers' language says it, or no amount."""
        ways, (whole, _, cents) = self.spoken.get("money"), amount.partition(".")
        if ways is None or not whole.isdecimal() or not (cents + "0").isdecimal():
            return None
        cents = f"{cents:0<2.2}"
        way = ways[1] if int(cents) else ways[2 if whole == "1" else 0]
        return way.format(whole=whole, cents=int(cents))

    def _of_address(self, part: str) -> str:
        signs = dict(pair.split(maxsplit=1) for pair in self.spoken["signs"])
        return signs.get(part, self.digits(part) or part if part.isdecimal() else part)

    def said(self, value: Any, way: str) -> str | None:
        """A value of the line's texts as people say it; None: as the parsers' language says it, or as it is written."""
        if isinstance(value, bool):
            words = self.spoken.get("yes_no")
            return words[0 if value else 1] if words else None
        text = str(value)
        match way:
            case "digits" | "phone":
                return self.digits("".join(sign for sign in text if sign.isdecimal()) if way == "phone" else text)
            case "date":
                try:
                    return self.date(date.fromisoformat(text[:10]))
                except ValueError:
                    return None
            case "spelled" | "as_in" if self.spoken.get("digits"):
                return ", ".join((self.digits(sign) or sign).upper() for sign in text if sign.isalnum())
            case "money":
                return self.money(text)
            case "email" if self.spoken.get("signs"):
                return " ".join(map(self._of_address, _ADDRESS.findall(text.lower())))
            case _:
                return None

    def is_asked_for(self, text: str) -> bool:
        """Whether the caller asks to be served in this language: "español, por favor", "in Spanish"."""
        return stands_in(text, self.asked_for)


PARSERS: Final = Language(
    "en", "English", None, None, None, None, *(frozenset[str](),) * 3, (), frozenset(), {}, {}, wishes=ENGLISH_WISHES
)
"""The language of the parsers, where no file is needed."""
_QUESTION_WORDS: Final = 3
_ADDRESS: Final = re.compile(r"[^\W\d_]+|\d|[@._+-]")


def plain(text: str) -> str:
    """Words only, folded, single spaces."""
    return " ".join(_WORD.findall(folded(text)))


def stands_in(text: str, phrases: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether one of the folded phrases stands in the text, as whole words."""
    line = f" {plain(text)} "
    return any(f" {phrase} " in line for phrase in phrases)
