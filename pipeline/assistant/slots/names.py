"""A person's name in what a caller said. Pure."""

import re
from typing import Final

from pipeline.assistant.slots.spelled import parse_spelled
from pipeline.assistant.slots.words import plain

_LEAD: Final = re.compile(
    r"^(?:(?:um+|uh+|er|well|so|oh|ok|okay|yes|yeah|yep|sure|hi|hello|hey|please|of course|certainly|and"
    r"|it'll be|then)[ ,.]+)*"
    r"(?:(?:my|the|his|her|our) (?:(?:full|first|last|family|sur) ?)?name(?: on (?:it|the (?:order|account)))?"
    r"(?:'s| is| was)?"
    r"|(?:first|last) name(?:'s| is)?|name's|the name's"
    r"|it's|it is|its|this is|that's|that is|that would be|i'm|i am|call me|you can call me|they call me|under"
    r"|it's under|it is under|it should be under|for|you're speaking (?:with|to)|speaking with|put it under|i go by"
    r"|the order is under)?[ ,:]*"
    r"(?:it's|it is|under|called)?[ ,]*"
)
_TAIL: Final = re.compile(
    r"[ ,.]+(?:please|thanks|thank you|here|speaking|calling|and i(?:'m| am)? .*|and my .*|from .*"
    r"|that's (?:it|me|right)|i(?: am|'m|'ve| want| need| have| would|'d) .*)$"
)
_TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "dr", "doctor", "mister", "sir", "madam", "professor"})
_PARTICLES: Final = frozenset(
    {"van", "von", "der", "den", "de", "la", "del", "da", "di", "bin", "al", "le", "ten", "ter"}
)
_NEVER: Final = frozenset(
    {
        "i", "you", "he", "she", "it", "we", "they", "me", "him", "them", "us", "my", "your", "his", "its", "our",
        "their", "a", "an", "the", "this", "that", "these", "those", "who", "what", "where", "when", "why", "how",
        "is", "are", "was", "were", "be", "been", "am", "do", "does", "did", "don't", "didn't", "can", "can't",
        "could", "would", "will", "won't", "shall", "should", "must", "have", "has", "had", "not", "no", "yes",
        "yeah", "yep", "nope", "nah", "ok", "okay", "order", "number", "orders", "return", "refund", "tent", "boot",
        "boots", "help", "know", "want", "need", "like", "looking", "calling", "call", "speak", "talk", "to", "of",
        "in", "on", "at", "by", "with", "about", "from", "for", "and", "or", "but", "if", "because", "there", "here",
        "please", "thanks", "thank", "sorry", "hello", "hi", "agent", "person", "human", "representative", "operator",
        "somebody", "someone", "anyone", "nobody", "nothing", "something", "anything", "name", "names", "account",
        "status", "delivery", "store", "hours", "just", "really", "very", "too", "also", "one", "two", "three",
        "four", "five", "six", "seven", "eight", "nine", "zero", "ten", "right", "correct", "wrong", "sure", "maybe",
        "later", "again", "back", "wait", "tell", "say", "said", "repeat", "question", "it's", "that's", "i'm", "i'd",
        "i'll", "i've", "what's", "get", "got", "go", "going", "give", "take", "make", "put", "see", "think", "guess",
        "mean", "happy", "good", "bad", "fine", "great", "today", "tomorrow",
    }
)  # fmt: skip
_WORD: Final = re.compile(r"[a-zà-öø-ÿ]+(?:['-][a-zà-öø-ÿ]+)*\.?")


def parse_name(text: str) -> str | None:
    """The name that was given, in title case ("Jennifer Smith", "O'Brien", "van der Berg"), or None.

    A spelling that follows wins over the word it spells ("smyth, s m y t h"). At most four words; sentences give None.
    """
    line = plain(text)
    spelled = parse_spelled(line)
    if spelled is not None and len(spelled) > 2 and not any(character.isdigit() for character in spelled):
        return _with_spelling(line, spelled)
    return _titled(_candidates(line))


def _candidates(line: str) -> list[str]:
    rest = _LEAD.sub("", line, count=1)
    rest = _TAIL.sub("", rest.strip(" .!?,"))
    if not re.fullmatch(r"[^\d]+", rest):
        return []
    said = [word.rstrip(".") for word in _WORD.findall(rest)]
    while said and said[0] in _TITLES:
        said = said[1:]
    return said


def _titled(said: list[str]) -> str | None:
    if not 1 <= len(said) <= 4 or any(word in _NEVER for word in said):
        return None
    if any(len(word) == 1 for word in said[:1] + said[-1:]) or all(word in _PARTICLES for word in said):
        return None
    return " ".join(_cased(word, first=at == 0) for at, word in enumerate(said))


def _cased(word: str, *, first: bool) -> str:
    if word in _PARTICLES and not first:
        return word
    parts = [part[:1].upper() + part[1:] for part in re.split(r"(?<=[-'])", word)]
    made = "".join(parts)
    if len(made) > 4 and made.startswith("Mc"):
        made = "Mc" + made[2:3].upper() + made[3:]
    return made


def _with_spelling(line: str, spelled: str) -> str:
    """Put the spelling in the place of the last name said before it: "jen smith s m y t h" → "Jen Smyth"."""
    before = re.split(r"(?<![\w'])[a-z](?:[ .-]|\b as\b)", line, maxsplit=1)[0]
    before = re.sub(r"[ ,.]+(?:that's|that is|it's|spelled|spelt|with(?: an?)?)?[ ,.]*$", "", before + " ")
    before_name = _titled(_candidates(before))
    last = _cased(spelled.strip("-'"), first=True)
    if before_name is None:
        return last
    parts = before_name.split()
    return " ".join([*parts[:-1], last])
