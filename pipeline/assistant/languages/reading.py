"""Reads what is known of a language from its file. Whatever is wrong with one is said at once, with its place."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.assistant.languages.language import Language, Phrasebook, Phrases, Reply, plain
from pipeline.assistant.languages.opening import OpeningWords
from pipeline.assistant.languages.wishes import ENGLISH_WISHES, NO_WISH_WORDS, WishWords
from pipeline.assistant.rules import Rule, folded
from pipeline.line import source
from voice.backchannel import Lexicon
from voice.endpoint_words import EndpointWords

CANON: Final = "en"
"""The language of the parsers."""

_Table = dict[str, tuple[str, ...]]
_Pair = tuple[str, str]


def _split(value: Any) -> Any:
    return value.split() if isinstance(value, str) else value


Tokens = Annotated[tuple[str, ...], BeforeValidator(_split)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Book(_Written):
    patterns: tuple[_Pair, ...] = ()
    words: _Table = Field(default_factory=dict)


class _Rule(_Written):
    phrases: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


_NEVER: Final = "(?!)"


class _Listening(_Written):
    """What callers say over the assistant, and what tells that they have not finished."""

    backchannels: Tokens = ()
    answers: Tokens = ()
    stops: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    hanging: Tokens = ()
    openers: tuple[str, ...] = ()
    opener_words: int = 8
    preludes: tuple[str, ...] = ()
    nays: Tokens = ()
    units: Tokens = ()
    zeros: Tokens = ()
    pairs: Tokens = ()
    tens: Tokens = ()
    joins: Tokens = ()
    repeats: dict[str, int] = Field(default_factory=dict)
    mail: str = _NEVER
    mail_whole: str = _NEVER
    address: str = _NEVER

    @property
    def lexicon(self) -> Lexicon:
        return Lexicon(frozenset(self.backchannels), frozenset(self.answers), self.stops, self.harmless)

    @property
    def endings(self) -> EndpointWords:
        return EndpointWords(
            hanging=frozenset(self.hanging),
            openers=self.openers,
            opener_words=self.opener_words,
            preludes=frozenset(self.preludes),
            nays=frozenset(self.nays),
            units=frozenset(self.units),
            pairs=frozenset(self.pairs),
            tens=frozenset(self.tens),
            repeats=self.repeats,
            mail=re.compile(self.mail),
            mail_whole=re.compile(self.mail_whole),
            address=re.compile(self.address),
            zeros=frozenset(self.zeros),
            joins=frozenset(self.joins),
        )


class _Wishes(_Written):
    """How several wishes are joined in one sentence: patterns of words without accents."""

    between: str
    begins: str
    refers: str = _NEVER

    @property
    def words(self) -> WishWords:
        return WishWords(re.compile(rf"\b(?:{self.between})\b"), re.compile(self.begins), re.compile(self.refers))


class LanguageFile(_Written):
    """A language's file, whole (docs/languages.md)."""

    code: str = Field(pattern=r"^[a-z]{2,3}$")
    name: str
    engines: dict[str, str] = Field(default_factory=dict)
    asked_for: tuple[str, ...] = Field(min_length=1)
    common: Tokens = Field(min_length=30)
    answers: _Table = Field(default_factory=dict)
    numbers: _Table = Field(default_factory=dict)
    dates: _Table = Field(default_factory=dict)
    money: _Table = Field(default_factory=dict)
    patterns: tuple[_Pair, ...] = ()
    spelling: _Book = Field(default_factory=_Book)
    names: _Book = Field(default_factory=_Book)
    courtesy: tuple[str, ...] = ()
    courtesy_end: tuple[str, ...] = ()
    rules: dict[Rule, _Rule] = Field(default_factory=dict)
    empty: Tokens = ()
    asks: Tokens = ()
    instead: tuple[str, ...] = ()
    spoken: dict[Literal["digits", "weekdays", "months", "date", "yes_no", "money", "signs"], tuple[str, ...]] = Field(
        default_factory=dict
    )
    opening: OpeningWords | None = None
    listening: _Listening | None = None
    instructed: tuple[tuple[Reply, str], ...] = ()
    contractions: tuple[_Pair, ...] = ()
    wishes: _Wishes | None = None
    nothing_else: tuple[str, ...] = ()
    farewells: tuple[str, ...] = ()
    machine: tuple[str, ...] = ()
    waiting: dict[Literal["never_mind", "call_back", "leave_message", "how_long"], tuple[str, ...]] = Field(
        default_factory=dict
    )
    recorded: tuple[str, ...] = ()
    offer: str
    prompts: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)


class LanguageInvalid(ValueError):
    """A language's file cannot be used; the message says where and why."""


def read_language(content: bytes, name: str) -> Language:
    """The language that a file describes. name: of the file, for messages. Raises LanguageInvalid."""
    written = source.read(content)
    if written.faults:
        fault = written.faults[0]
        raise LanguageInvalid(f"{name}:{fault.line}: {fault.what}: {fault.remedy}")
    try:
        return _made(LanguageFile.model_validate(written.data))
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        raise LanguageInvalid(f"{name}:{written.line_of(first['loc'])}: {first['msg']}") from wrong
    except re.error as wrong:
        raise LanguageInvalid(f"{name}: {wrong.pattern!r} is no pattern ({wrong})") from wrong


@cache
def languages(folder: Path | None = None) -> Mapping[str, Language]:
    """Every language by its code: those of Cordboard, and those of a folder beside. Raises LanguageInvalid, OSError."""
    found = [read_language(content, name) for name, content in _files(folder)]
    return {language.code: language for language in found}


def language(code: str) -> Language:
    """One of Cordboard's languages. Raises KeyError."""
    return languages()[code]


def _files(folder: Path | None) -> Iterator[tuple[str, bytes]]:
    ours = files("pipeline.assistant.languages")
    for entry in sorted(ours.iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".yaml"):
            yield entry.name, entry.read_bytes()
    if folder is not None:
        for path in sorted(folder.glob("*.yaml")):
            yield str(path), path.read_bytes()


def _made(written: LanguageFile) -> Language:
    answers = {**written.answers, **written.numbers, **written.dates, **written.money}
    digits = {**written.spelling.words, **written.numbers}
    canon = written.code == CANON
    return Language(
        code=written.code,
        name=written.name,
        answers=None if canon else _book(answers, written.patterns),
        spelling=None if canon else _book(digits, written.spelling.patterns, keeps=True),
        names=None if canon else _book(written.names.words, written.names.patterns, keeps=True),
        phrases=None if canon else _phrases(written),
        empty=frozenset(map(plain, written.empty)),
        asks=frozenset(map(plain, written.asks)),
        instead=frozenset(map(plain, written.instead)),
        asked_for=tuple(map(plain, written.asked_for)),
        common=frozenset(map(plain, written.common)),
        engines=written.engines,
        prompts=written.prompts,
        offer=written.offer,
        machine=tuple(map(plain, written.machine)),
        recorded=tuple(map(plain, written.recorded)),
        spoken={str(what): said for what, said in written.spoken.items()},
        nothing_else=_tiles(written.nothing_else),
        farewells=tuple(map(plain, written.farewells)),
        opening=written.opening,
        lexicon=written.listening.lexicon if written.listening else None,
        endings=written.listening.endings if written.listening else None,
        instructed=tuple((reply, re.compile(pattern)) for reply, pattern in written.instructed),
        waiting={what: re.compile("|".join(patterns)) for what, patterns in written.waiting.items()},
        contractions=tuple((re.compile(apart), joined) for apart, joined in written.contractions),
        wishes=written.wishes.words if written.wishes else ENGLISH_WISHES if canon else NO_WISH_WORDS,
        yes_or_no=frozenset(_agreeing(written)),
    )


def _agreeing(written: LanguageFile) -> Iterator[str]:
    """Yes and no, with accents and without."""
    for phrase in (*written.answers.get("yes", ()), *written.answers.get("no", ())):
        yield from (phrase.lower(), folded(phrase))


def _book(table: _Table, patterns: tuple[_Pair, ...], *, keeps: bool = False) -> Phrasebook:
    meanings = {folded(phrase): meaning for meaning, phrases in table.items() for phrase in phrases}
    for meaning in table:  # what a pattern wrote is what it means
        for word in meaning.split():
            meanings.setdefault(word, word)
    made = tuple((re.compile(pattern), instead) for pattern, instead in patterns)
    for _, instead in patterns:
        for word in re.findall(r"(?<!\\)\b[a-z]+\b", instead):
            meanings.setdefault(word, word)
    return Phrasebook(made, meanings, keeps)


def _tiles(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """What is made of these phrases and nothing else; None: there are none."""
    one = "|".join(sorted(map(plain, phrases), key=len, reverse=True))
    return re.compile(rf"(?:(?:{one})(?: |$))+") if one else None


def _phrases(written: LanguageFile) -> Phrases:
    whole = {plain(phrase): rule for rule, one in written.rules.items() for phrase in one.phrases}
    anywhere = tuple((rule, re.compile(pattern)) for rule, one in written.rules.items() for pattern in one.anywhere)
    before = "|".join(sorted(map(plain, written.courtesy), key=len, reverse=True)) or "(?!)"
    behind = "|".join(sorted(map(plain, written.courtesy_end), key=len, reverse=True)) or "(?!)"
    return Phrases(whole, anywhere, re.compile(rf"^(?:(?:{before}) )+"), re.compile(rf"(?: (?:{behind}))+$"))
