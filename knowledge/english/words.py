"""Text into comparable words: contractions opened, spellings joined, endings taken off. Pure."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from knowledge.stemming import stemming

_TOKEN: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+")
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "`": "'"})
_ENDINGS: Final = {"n't": "not", "'m": "am", "'ve": "have", "'d": "would", "'ll": "will", "'re": "are"}
_OPENED: Final = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not", "it's": "it is",
    "that's": "that is",
    "what's": "what is", "where's": "where is", "there's": "there is", "how's": "how is", "who's": "who is",
    "he's": "he is",
    "she's": "she is", "here's": "here is", "when's": "when is", "why's": "why is", "let's": "let us", "dont": "do not",
    "cant": "can not", "didnt": "did not", "doesnt": "does not", "isnt": "is not", "wont": "will not",
    "hasnt": "has not",
    "havent": "have not", "wasnt": "was not", "im": "i am", "ive": "i have", "whats": "what is", "gonna": "going to",
    "wanna": "want to", "gotta": "got to", "gimme": "give me", "lemme": "let me", "pls": "please", "plz": "please",
    "thx": "thanks", "info": "information", "acc": "account", "acct": "account", "atms": "atm", "msg": "message",
    "u": "you", "ur": "your", "r": "are", "whens": "when is", "wheres": "where is", "thats": "that is",
}  # fmt: skip
_SPELLINGS: Final = re.compile(r"(?<=[a-z]{2})(?:is(?=e[ds]?$|ing$|ation)|our(?=[s]?$|ed$|ing$))")

_english = stemming("english")


def words(text: str) -> list[str]:
    """Plain words in order: lower case, "can't" → can not, punctuation gone, numbers kept as they are."""
    opened: list[str] = []
    for token in _TOKEN.findall(_folded(text.translate(_APOSTROPHES).lower())):
        opened.extend(_open(token))
    return opened


def _folded(line: str) -> str:
    """Without accents: "dónde" is one word, with or without."""
    if line.isascii():
        return line
    return "".join(sign for sign in unicodedata.normalize("NFD", line) if not unicodedata.combining(sign))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without its endings, British spelling made American: cancelled, canceling → cancel."""
    spelled = _SPELLINGS.sub(lambda found: "iz" if found[0] == "is" else "or", word)
    return _english(spelled)


@lru_cache(maxsize=50_000)
def _open(token: str) -> tuple[str, ...]:
    if token in _OPENED:
        return tuple(_OPENED[token].split())
    for ending, full in _ENDINGS.items():
        if token.endswith(ending) and len(token) > len(ending):
            return token[: -len(ending)], full
    return (token.removesuffix("'s").replace("'", ""),)
