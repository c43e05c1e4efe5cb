"""Words of sentences by their stems, with what is denied of them, so that two sentences can be compared. Pure.

Spanish stems are those of the English words that mean the same, as far as a table goes: English knowledge is answered
from in Spanish too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from pipeline.assistant.guard.figures import NUMBER_WORDS, Figure, may_tell, read
from pipeline.assistant.guard.lexicon import Stemmed, stem
from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.numerals import in_one_piece

FREE: Final = "=free"
"""What costs nothing, however that is said."""

_HALF_DAYS: Final = re.compile(r"\b([ap])\.\s?m\.?", re.IGNORECASE)
_AT_ALL: Final = re.compile(r"\b(?:not |nothing )?at all\b", re.IGNORECASE)
_FREE: Final = re.compile(
    r"\b(?:free of charge|at no (?:extra |additional )?(?:charge|cost)|without (?:a |any )?(?:fee|charge|cost)s?"
    r"|(?:costs?|cuestan?|costing) (?:you )?nothing|(?:doesn't|does not|didn't|did not|don't|do not|won't|will not) cost (?:you )?(?:anything|a thing)"
    r"|there(?:'s| is) no (?:fee|charge|cost)|no (?:fee|charge|cost|extra charge)s?|complimentary|(?:ships?|shipped) (?:for )?free"
    r"|(?:don't|doesn't|do not|does not|won't|needn't) (?:have to |need to )?pay(?: anything| extra)?(?: for)?|pays? nothing(?: for)?|no (?:pagan?|cobramos)(?: nada)?(?: por)?"
    r"|for free|sin (?:coste|costo|cargo)s?|no (?:(?:le |te |les )?cuestan?|tienen? coste|tienen? costo) ?(?:nada)?|gratuit[oa]s?|gratis|free)\b"
)
_WORKING_DAYS: Final = re.compile(
    r"\b(?:business|working) (?=days?\b)|\bhalf (?=past\b)|\b(?:whole|full|entire) (?=(?:day|week|month|year|hour)\b)|\b(?:every|each) (?=\d|other\b|(?:two|three|four|five|six|ten|fifteen|twenty|thirty|minute|hour|day|week|month|year)\b)"
)
_AT_ONCE: Final = re.compile(r"\bat once\b|\b(?:right|straight) away\b|\bon the spot\b|\ben el acto\b")
_FINAL: Final = re.compile(
    r"(?<=s )(?:(?:is|are) (?:(?:all|always|strictly) )?(not )?|(?:is|are)(n't) )final(?: sales?)?(?=[.,;!?]|$| and\b| but\b)"
)
"""What is final is not taken back."""
_AND_CENTS: Final = re.compile(
    r"(?<=dollars|dólares) (?:and|con) (?=[\w-]+ c(?:ent|éntimo)s?\b)|(?<=euros) (?:and|con) (?=[\w-]+ c(?:ent|éntimo)s?\b)"
)
_UNLIMITED: Final = re.compile(r"\b(?:no|without (?:a|any)|sin) l[ií]mit(?:s|e|es)?\b")
_ANY: Final = re.compile(
    r"\bhowever (?:old|long|many|much|often|big|far|late)\b|\bno matter (?:when|what|how|who|which)\b|\bregardless\b|\bwhatever happens\b|\bsea cual sea\b|\bas (?:often|many|much|long) as (?:you|they|he|she) (?:like|want|wish|need)s?\b|\bwhenever (?:you|they) (?:like|want)\b|\bon the (?:same )?day\b|\bsame day\b|\btanto como quiera\b|\blas veces que quiera\b"
)
_STOP: Final = listed(
    """
    a an the of to in on at by for from with as is are was were be been being am it its it's this that these
    those i you he she we they my your our his her their me us them and or so if when while then than who which
    what where how there here also too just now already still only well okay ok yes sure do does did doing have
    has had having will would shall should can could may might must get gets got let like please thanks thank
    very really quite some about up out off over into per each afraid sorry unfortunately i'm you're we're
    they're i've you've we've i'll you'll we'll i'd you'd that's there's here's between during around against
    along among again soon later together instead under above inside outside other another same such own next
    last whole both either few several many much enough part more most less least though however always_ first
    colleague person people someone somebody human team help say ask know question el la los las un una unos
    unas de del al en con por para su sus mi mis tu tus se lo le les nos que y o es son está están ser sido fue
    fueron estar ha han hemos hay si cuando como más muy ya también esto esta este eso esa ese puede pueden
    podemos puedo siento lamento favor usted ustedes señor señora sobre desde hasta entre partir demás otro otra
    otros otras
    """
)
_NEGATORS: Final = listed(
    """
    not never no none nobody nothing neither nor cannot hardly n't isn't aren't wasn't weren't don't doesn't
    didn't can't couldn't won't wouldn't shouldn't hasn't haven't hadn't mustn't unable nunca jamás ningún
    ninguna ninguno nada tampoco
    """
)
_STRONG: Final = {
    word: stem
    for stem, words in {
        "=always": "always siempre anytime forever",
        "=any": "any every all cualquier todos todas cualquiera whatever unlimited anyone anybody everyone everybody everywhere anywhere",
        "=immediately": "immediately instantly inmediatamente instantáneamente",
        "=guaranteed": "guaranteed guarantee garantizado",
        "=whole": "full fully whole entire entirely completely entero entera",
        "=half": "half mitad",
        "=double": "double twice doble",
    }.items()
    for word in words.split()
}
"""Words that make a sentence say more than one without them."""
_TOKEN: Final = re.compile(r"[a-záéíóúñü=]+(?:'[a-z]+)?|[.,;:!?()—–]|\d[\w.,:]*")
_BREAKS: Final = frozenset(".,;:!?()—–") | {
    "but",
    "unless",
    "until",
    "except",
    "because",
    "pero",
    "salvo",
    "hasta",
    "porque",
    "otherwise",
}
_JOINS: Final = frozenset({"and", "y"})
_SCOPE: Final = 6
"""Words behind a "not" that it may deny."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A clause of a sentence."""

    stems: frozenset[Stemmed]
    denied: frozenset[Stemmed]
    lacks: frozenset[Stemmed]
    """Of the denied, those that it does "without"."""
    odd: bool
    """Whether it is denied as a whole."""
    figures: frozenset[Figure]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, ready to be compared."""

    text: str
    stems: frozenset[Stemmed]
    """Of its words that mean something; figures apart."""
    denied: frozenset[Stemmed]
    """Those that it denies."""
    affirmed: frozenset[Stemmed]
    """Those that it does not."""
    segments: tuple["Segment", ...]
    """Its clauses."""
    figures: frozenset[Figure]


_BETWEEN: Final = re.compile(r"(?<=[.!?])\s+(?=[A-ZÁÉÍÓÚÑ¿¡\d])|(?<=;)\s+|\n+")


def sentences(text: str) -> Iterator[Sentence]:
    """Those of a text."""
    for part in _BETWEEN.split(text):
        if part.strip():
            yield sentence(part)


@lru_cache(maxsize=4096)
def sentence(text: str) -> Sentence:
    """A sentence, read."""
    text = _HALF_DAYS.sub(r"\1m", text)
    text = _AT_ALL.sub(lambda said: said[0][:-7], text)
    plain = _FINAL.sub(_final, in_one_piece(text))
    plain = _AT_ONCE.sub("immediately", _WORKING_DAYS.sub("", _AND_CENTS.sub(" ", plain)))
    plain = _ANY.sub(" whatever ", _UNLIMITED.sub(" unlimited ", _FREE.sub(f" {FREE} ", plain)))
    figures = frozenset(read(text))
    kinds = {one.kind for one in figures}
    # "closes on Mondays" tells that it is closed then
    reading = _Reading(shut=("weekday" in kinds and "time" not in kinds) or bool(_SHUT.search(plain)))
    for token in _TOKEN.findall(plain):
        reading.take(token)
    if "money" in kinds:  # a price tells what something costs, whatever its verb
        reading.clauses[-1].stems.add("cost")
        reading.affirmed.add("cost")
    return Sentence(
        text,
        frozenset(one for clause in reading.clauses for one in clause.stems),
        frozenset(reading.denied),
        frozenset(reading.affirmed),
        tuple(clause.told(reading.lacking, bool(figures)) for clause in reading.clauses if clause.stems),
        figures,
    )


@dataclass(slots=True)
class _Clause:
    """One that is being read."""

    stems: set[Stemmed] = field(default_factory=set)
    against: set[Stemmed] = field(default_factory=set)
    flips: int = 0
    """How often it is denied."""
    words: list[str] = field(default_factory=list)

    def told(self, lacking: set[Stemmed], has_figures: bool) -> Segment:
        """As it is read."""
        return Segment(
            frozenset(self.stems),
            frozenset(self.against),
            frozenset(lacking & self.stems),
            self.flips % 2 == 1,
            frozenset(read(" ".join(self.words))) if has_figures and may_tell(self.words) else frozenset(),
        )


@dataclass(slots=True)
class _Reading:
    """A sentence that is read word by word."""

    shut: bool
    """Whether what "closes" is closed then."""
    clauses: list[_Clause] = field(default_factory=lambda: [_Clause()])
    denied: set[Stemmed] = field(default_factory=set)
    affirmed: set[Stemmed] = field(default_factory=set)
    lacking: set[Stemmed] = field(default_factory=set)
    left: int = 0
    """So many words more may be denied."""
    lately: Stemmed = ""
    without: bool = False
    behind: bool = False
    """Whether the word before was one that counts."""

    def take(self, token: str) -> None:
        """The next word."""
        self.clauses[-1].words.append(token)
        follows, self.behind = self.behind, False
        if token in _BREAKS or token in _JOINS:
            if token not in _JOINS:
                self.left, self.lately = 0, ""
            self.clauses.append(_Clause())
        elif token in {"without", "sin"}:
            self.left, self.without = 1, True
        elif token in _NEGATORS or token.endswith("n't"):
            self._deny(token, follows)
        elif token == FREE or token in _STRONG:
            self.clauses[-1].stems.add(_STRONG.get(token, token))
        elif token not in _STOP and not token[0].isdigit():
            self._count(token)

    def _deny(self, token: str, follows: bool) -> None:
        clause, self.left = self.clauses[-1], _SCOPE
        clause.flips += token not in _DOUBLED or clause.flips == 0
        if token in _NOUNS_DENIED and follows and self.lately in self.affirmed:
            self.affirmed.discard(self.lately)  # "needs no card": the need is denied too
            self.denied.add(self.lately)
            clause.against.add(self.lately)

    def _count(self, token: str) -> None:
        """A word that means something."""
        found, opposite = stem(token)
        opposite = opposite or (token in _CLOSES and self.shut)
        if found in _NUMBERS:
            return
        clause = self.clauses[-1]
        clause.stems.add(found)
        against = opposite is not (self.left > 0)
        (self.denied if against else self.affirmed).add(found)
        if against:
            clause.against.add(found)
        if self.without and self.left:
            self.lacking.add(found)
        self.without = False
        clause.flips += opposite
        self.left, self.lately, self.behind = max(0, self.left - 1), found, True


def _final(told: re.Match[str]) -> str:
    return "can be returned" if told[1] or told[2] else "cannot be returned"


_DOUBLED: Final = frozenset({"nunca", "jamás", "ningún", "ninguna", "ninguno", "nada", "tampoco"})
"""Spanish says "no" twice and means it once."""
_SHUT: Final = re.compile(r"\bclos(?:e|es|ing) for\b|\bcierran? por\b")
_CLOSES: Final = frozenset({"close", "closes", "closing", "cierra", "cierran", "cerramos"})
_NOUNS_DENIED: Final = frozenset({"no", "nothing", "none", "ningún", "ninguna", "nada"})
_NUMBERS: Final = frozenset(stem(word)[0] for word in NUMBER_WORDS) | frozenset(
    stem(word)[0]
    for word in listed(
        """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand first
    second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth half quarter past noon morning
    afternoon evening tonight today dollar dollars cents euro euros percent day days week weeks month months
    year years hour hours minute minutes monday tuesday wednesday thursday friday saturday
    sunday january february march april june july august september october november december uno dos tres
    cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta cuarenta cincuenta sesenta setenta
    ochenta noventa cien mil día días semana mes año horas enero febrero marzo abril mayo junio
    julio agosto septiembre octubre noviembre diciembre lunes martes miércoles jueves viernes sábado domingo
    two's number pm am
    """
    )
)
"""What figures.py reads, and what only measures."""
