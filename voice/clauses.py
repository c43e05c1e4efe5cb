"""A text that is still being written, into clauses that can be said before it is whole. Pure.

The first clause is short, to be heard soon; later ones may grow, for what is spoken meanwhile gives them time. How
the text is split into pieces makes no difference to where it is cut.
"""

import re
from typing import Final

from voice.phrasing import LONGEST_CLAUSE, is_abbreviated

FIRST_WORDS: Final = 8
"""A first clause of so many words is cut without a pause in sight: some three seconds of speech."""
_FORCED_WORDS: Final = 14
"""Here at the latest, even where it sounds unfinished."""
_LEAST_CHARACTERS: Final = (1, 25, 60)
"""What a clause must have to be cut at a comma: the first, the second, all others."""

_SENTENCE_END: Final = re.compile(r"[.!?…]+[\"'”’)\]*_]*$")
_PAUSE: Final = re.compile(r"(?:[,;:—–][\"'”’)\]*_]*|(?:^|\s)-)$")
_LIST_MARK: Final = re.compile(r"(?:\(?\d{1,2}[.)]|[-*•–#]+)$")
_WITHIN: Final = re.compile(r"[\d$€£#%@/]")
"""What is written with any of these may be part of something larger: 5 lb, order 41729, (415) 555-2671."""
_ENGLISH_LINKS: Final = "and but or so because which who when if while then unless until although that"
_SPANISH_LINKS: Final = "y o pero porque que cuando si mientras aunque entonces"
_LINKS: Final = frozenset(f"{_ENGLISH_LINKS} {_SPANISH_LINKS}".split())
"""Before these a speaker may pause."""
_ENGLISH_LEANS: Final = (
    "a an the of to in on at by for from with as is are was be it i you he she we they my your our his her their its "
    "this that these not no can will would number and or but mr. mrs. ms. dr."
)
_SPANISH_LEANS: Final = (
    "el la los las un una unos unas de del al en con por para su sus mi tu se lo le es y o que sr. sra. dra."
)
_LEANS: Final = frozenset(f"{_ENGLISH_LEANS} {_SPANISH_LEANS}".split())
"""No clause ends with one of these unless a sign follows: they lean on what comes next."""


def ends_sentence(text: str) -> bool:
    """Whether nothing is missing behind this text."""
    return bool(_SENTENCE_END.search(text))


class Clauses:
    """The cutter of one text."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._word = ""
        self._cuts = 0

    def add(self, text: str) -> list[str]:
        """Take the next piece: the clauses that are whole now. What is said of them is not changed later."""
        found: list[str] = []
        for character in text:
            if not character.isspace():
                if self._word == "" and self._words and self._may_end_before(character):
                    found.append(self._cut(len(self._words)))
                self._word += character
            if self._word and (character.isspace() or _is_dash_after_word(self._word)):
                self._words.append(self._word)
                self._word = ""
                found += self._too_long()
            if character == "\n" and self._words and not _LIST_MARK.fullmatch(" ".join(self._words)):
                found.append(self._cut(len(self._words)))
        return found

    def finish(self) -> list[str]:
        """The text is over, or nothing more comes of it: the rest."""
        if self._word:
            self._words.append(self._word)
            self._word = ""
        return [self._cut(len(self._words))] if self._words else []

    def break_off(self) -> list[str]:
        """Nothing more comes, though more was to come: the rest if it is a sentence; a fragment is said by nobody."""
        return [rest for rest in self.finish() if ends_sentence(rest)]

    def forget(self) -> None:
        """The text begins anew: words that are in no clause yet are void."""
        self._words.clear()
        self._word = ""

    def _cut(self, words: int) -> str:
        clause = " ".join(self._words[:words])
        del self._words[:words]
        self._cuts += 1
        return clause

    def _may_end_before(self, following: str) -> bool:
        """Whether the words so far are a clause, when the next word begins with this character."""
        text = " ".join(self._words)
        if _LIST_MARK.fullmatch(text) or text.count("[") > text.count(
            "]"
        ):  # a link's text is told from its address later
            return False
        last = self._words[-1]
        if _SENTENCE_END.search(last):
            return not is_abbreviated(text, following)
        if not _PAUSE.search(text) or _joins(last, following):
            return False
        return last.endswith(";") or len(text) >= _LEAST_CHARACTERS[min(self._cuts, len(_LEAST_CHARACTERS) - 1)]

    def _too_long(self) -> list[str]:
        """Cut where no sign says so, once the clause is too long to be waited for."""
        words = len(self._words) - 1  # the last is only looked at: it may belong to the one before
        if self._cuts:
            return self._cut_long() if len(" ".join(self._words)) > LONGEST_CLAUSE else []
        if words < FIRST_WORDS:
            return []
        links = [place for place in range(FIRST_WORDS // 2, words + 1) if self._is_link(place)]
        if links:
            return [self._cut(links[-1])]
        if self._is_free(words) and (words >= _FORCED_WORDS or not self._leans(words)):
            return [self._cut(words)]
        return []

    def _cut_long(self) -> list[str]:
        places = [place for place in range(3, len(self._words)) if self._is_free(place)]
        best = [place for place in places if self._is_link(place)] or places
        middle = len(self._words) // 2
        return [self._cut(min(best, key=lambda place: abs(place - middle)))] if best else []

    def _is_link(self, place: int) -> bool:
        return self._is_free(place) and self._words[place].lower() in _LINKS and not self._leans(place)

    def _is_free(self, place: int) -> bool:
        """Whether the words before and after this place are surely apart."""
        before, after = self._words[place - 1], self._words[place]
        text = " ".join(self._words[:place])
        if text.count("[") > text.count("]") or is_abbreviated(text, after[0]):
            return False
        is_name = before[0].isupper() and after[0].isupper()  # Main St., New York
        return not (is_name or _WITHIN.search(before) or _WITHIN.search(after))

    def _leans(self, place: int) -> bool:
        return self._words[place - 1].lower() in _LEANS


def _is_dash_after_word(word: str) -> bool:
    """Models write—without blanks—dashes at which a speaker pauses."""
    return word.endswith("—") and word[-2:-1].isalpha()


def _joins(last: str, following: str) -> bool:
    """Whether a sign stands within a number, a date or an identifier: November 21, 2025; order: 4471."""
    named = last[-1] in ":-—–" and (following.isdecimal() or following == "#")
    return named or (following.isdecimal() and any(character.isdecimal() for character in last))
