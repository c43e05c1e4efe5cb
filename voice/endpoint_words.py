"""Words that tell whether a caller has finished: tables for voice.endpoint, by language. Data and its look-up; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")


@dataclass(frozen=True, slots=True)
class EndpointWords:
    """One language's, lower case."""

    hanging: frozenset[str]
    """Nobody ends a sentence with these: articles, prepositions, possessives, conjunctions, auxiliaries, fillers."""
    openers: tuple[str, ...]
    """A clause that begins with these wants another after it."""
    opener_words: int
    """So many words at most are that first clause alone."""
    preludes: frozenset[str]
    """What is said before what one has to say."""
    nays: frozenset[str]
    """Answers after which people go on to say what is right."""
    units: frozenset[str]
    """Words for one digit."""
    pairs: frozenset[str]
    """Words for two digits by themselves: teens."""
    tens: frozenset[str]
    """Words for two digits, the second of which may follow."""
    repeats: Mapping[str, int]
    """Words that say the next digit so many times."""
    mail: re.Pattern[str]
    """A spoken e-mail address has begun."""
    mail_whole: re.Pattern[str]
    """It is complete at the end of the words."""
    address: re.Pattern[str]
    """A postal address has begun; five digits at its end complete it."""
    zeros: frozenset[str] = frozenset({"zero", "oh", "o"})
    """Of the units, those that do not go with a ten before them."""
    joins: frozenset[str] = frozenset()
    """What may stand between a ten and its unit: "treinta y tres"."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split(","))


_ENDINGS: Final = r"(?:com|org|net|edu|gov|io|info|biz|co uk|uk|us|es|mx|ar|de|fr)"
TABLES: Final[Mapping[str, EndpointWords]] = {
    "en": EndpointWords(
        hanging=_words(
            "a an the and or but nor so because if when while that which who whose as than to of in on at by for from "
            "with into onto about my your his her its our their this these those is are was were am be been will would "
            "can could should may might must have has had do does did i we they he she um uh er erm hmm very some any "
            "every each no not i'm i'd i'll i've it's there's he's she's we're they're what's where's how what where "
            "why please's another other's like well actually then also just only between followed otherwise"
        ),
        openers=_phrases(
            "if, when, while, because, since, although, though, before, unless, until, once, whenever, as soon as, "
            "to, in order to, instead of, other than, according to, after, at the, in the, by the, during, due to, "
            "in case, apart from, regarding, concerning"
        ),
        opener_words=8,
        preludes=frozenset(
            _phrases(
                "yes, yeah, no, hi, hello, hey, okay, ok, so, well, right, sure, sorry, i'm sorry, i am sorry, "
                "excuse me, thank you, thanks, good morning, good afternoon, good evening, hi there, oh, actually, "
                "let me see, let's see, one moment, hold on, just a second, i have a question, i've a question, "
                "otherwise, goodbye, first, first of all, my question is this"
            )
        ),
        nays=_words("no nope nah wrong incorrect"),
        units=_words("zero oh o nought one two three four five six seven eight nine"),
        pairs=_words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"),
        tens=_words("twenty thirty forty fifty sixty seventy eighty ninety"),
        repeats={"double": 2, "triple": 3},
        mail=re.compile(r"\be ?mail\b|\bat (?:gmail|yahoo|hotmail|outlook|icloud|aol)\b|\bdot\b|\bunderscore\b"),
        mail_whole=re.compile(rf"\bat\b.*\bdot {_ENDINGS}$"),
        address=re.compile(r"\b\w+ (?:street|avenue|road|lane|drive|boulevard|court|highway|apartment|suite)\b"),
    ),
    "es": EndpointWords(
        hanging=_words(
            "el la los las un una unos unas y e o u pero ni que porque si cuando mientras quien cuyo como de del a al "
            "en con por para sin sobre entre hasta desde hacia mi mis tu tus su sus nuestro nuestra este esta estos "
            "estas ese esa es son era soy está están fue ha he han hay muy más me te se le lo nos eh em este "
            "pues bueno entonces también yo él ella no cada otro otra algún alguna cual cuál qué dónde cómo"
        ),
        openers=_phrases(
            "si, cuando, mientras, porque, como, aunque, antes de, después de, para, en cuanto, hasta que, en lugar de"
        ),
        opener_words=8,
        preludes=frozenset(
            _phrases(
                "sí, si, no, hola, bueno, vale, ok, pues, claro, perdón, perdone, disculpe, lo siento, gracias, "
                "buenos días, buenas tardes, buenas noches, a ver, un momento, mire, oiga, tengo una pregunta"
            )
        ),
        nays=_words("no incorrecto mal nunca"),
        units=_words("cero uno una dos tres cuatro cinco seis siete ocho nueve"),
        pairs=_words(
            "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós "
            "veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
        ),
        tens=_words("treinta cuarenta cincuenta sesenta setenta ochenta noventa"),
        repeats={"doble": 2, "triple": 3},
        mail=re.compile(r"\bcorreo\b|\barroba\b|\bpunto\b|\bguion bajo\b"),
        mail_whole=re.compile(rf"\barroba\b.*\bpunto {_ENDINGS}$"),
        address=re.compile(r"\b(?:calle|avenida|avda|plaza|paseo|carretera|camino) \w+"),
        zeros=_words("cero"),
        joins=_words("y"),
    ),
}


def words_of(text: str) -> list[str]:
    """Lower-case words and runs of figures."""
    return _WORD.findall(text.lower().replace("’", "'"))


def digits_at_end(said: list[str], table: EndpointWords) -> int:
    """How many digits the words end with."""
    first = len(said)
    while first > 0 and is_number(said[first - 1], table):
        first -= 1
    return digits_said(said[first:], table)


def is_number(word: str, table: EndpointWords) -> bool:
    """Whether this word is part of a number."""
    known = word in table.units or word in table.pairs or word in table.tens or word in table.repeats
    return known or word.isdecimal()


def digits_said(said: list[str], table: EndpointWords) -> int:
    """How many digits the words amount to, read one by one: "twenty three double five" are four."""
    count, times, ten = 0, 1, False
    for word in said:
        if word in table.repeats:
            times = table.repeats[word]
            continue
        if word.isdecimal():
            count += len(word) * (times if len(word) == 1 else 1)
        elif word in table.units:
            count += 0 if ten and word not in table.zeros else times
        elif word in table.pairs or word in table.tens:
            count += 2
        elif ten and word in table.joins:
            continue
        times, ten = 1, word in table.tens
    return count
