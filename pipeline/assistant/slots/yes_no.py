"""Yes or no in what a caller said. Pure.

Decided: an answer that holds both ("no yes", "yeah no") is None, because a confirmation must never be guessed; except
when the caller corrects in between ("no wait, yes"): then the last one counts.
"""

import re
from typing import Final

from pipeline.assistant.slots.words import words

_UNDECIDED: Final = (
    "not sure", "don't know", "dunno", "no idea", "not certain", "maybe", "perhaps", "can you repeat", "what was that",
    "say that again", "yes or no", "is that right", "is that correct", "is it right", "i'm not following",
    "it depends", "pardon", "do not know",
)  # fmt: skip
_IDIOMS: Final = (  # a negative word that agrees, or a positive one that refuses
    ("no problem", "fine"), ("not a problem", "fine"), ("no worries", "fine"), ("why not", "fine"), ("don't mind",
    "fine"),
    ("can't complain", "fine"), ("no doubt", "yes"), ("no kidding", "yes"), ("you know", ""), ("i know", ""),
    ("by all means", "yes"), ("i don't see why not", "yes"),
    ("not at all", "no"), ("not really", "no"), ("not quite", "no"), ("not exactly", "no"), ("not yet", "no"),
    ("not now", "no"), ("not today", "no"), ("not that one", "no"), ("not necessary", "no"), ("not anymore", "no"),
    ("absolutely not", "no"), ("of course not", "no"), ("definitely not", "no"), ("certainly not", "no"), ("no way",
    "no"),
    ("rather not", "no"), ("don't think so", "no"), ("do not think so", "no"), ("doubt it", "no"), ("hell no", "no"),
    ("don't believe so", "no"), ("guess not", "no"), ("afraid not", "no"), ("hope not", "no"), ("that's all", "never"),
    ("that is all", "never"), ("nothing else", "no"), ("nothing", "no"), ("that'll be all", "never"),
    ("i'm good",
    "no"), ("i'm all set", "no"), ("all set", "never"),
    ("uh uh", "no"), ("nuh uh", "no"), ("mm mm", "no"), ("nah ah", "no"),
    ("uh huh", "yes"), ("mm hmm", "yes"), ("mm hm", "yes"), ("um hum", "yes"), ("uh hum", "yes"), ("a huh", "yes"),
    ("you bet", "yes"), ("you got it", "yes"), ("sounds good", "yes"), ("sounds right", "yes"), ("go ahead", "yes"),
    ("please do", "yes"), ("that works", "yes"), ("that's it", "yes"), ("that is it", "yes"), ("that's the one", "yes"),
    ("that's me", "yes"), ("of course", "yes"), ("i think so", "yes"), ("i guess so", "yes"), ("i believe so", "yes"),
    ("i suppose so", "yes"), ("i'd like that", "yes"), ("that's fine", "yes"), ("looks good", "yes"), ("spot on",
    "yes"),
    ("that would be great", "yes"), ("would be great", "yes"), ("let's do it", "yes"), ("let's do that", "yes"),
    ("you're right", "yes"), ("do it", "yes"), ("do that", "yes"), ("very well", "yes"),
)  # fmt: skip
_NEGATED: Final = re.compile(
    r"\b(?:not|isn't|ain't|wasn't|aren't|don't|doesn't|didn't|never)(?: \w+){0,2}? "
    r"(?:right|correct|it|true|me|mine|good|okay|ok|accurate|yes|fine|what i said|do|want)\b"
)
_SHORT_YES: Final = re.compile(r"^(?:i|it|we|that|they) (?:do|does|did|am|is|was|are|have|has|would|will|can)$")
_STRONG_YES: Final = frozenset(
    {
        "yes", "yeah", "yep", "yup", "yea", "yah", "ya", "yeh", "yess", "yessir", "yepper", "aye", "affirmative",
        "correct", "absolutely", "definitely", "exactly", "indeed", "certainly", "mhm", "mmhmm", "uhhuh",
        "precisely", "si", "oui", "true", "confirmed",
    }
)  # fmt: skip
_WEAK_YES: Final = frozenset(
    {
        "sure", "okay", "ok", "right", "fine", "please", "great", "perfect", "good", "accurate", "alright",
        "agreed", "cool",
    }
)  # fmt: skip
_STRONG_NO: Final = frozenset(
    ["no", "nope", "nah", "naw", "noo", "nay", "negative", "wrong", "incorrect", "false", "noope"]
)
_WEAK_NO: Final = frozenset(
    ["not", "don't", "isn't", "won't", "didn't", "doesn't", "never", "wasn't", "ain't", "cancel", "stop"]
)
_CORRECTS: Final = frozenset({"wait", "sorry", "actually", "mean", "meant", "rather", "scratch"})
_LONG: Final = 8
"""In longer utterances only a yes or no at the very start answers; the rest is about something else."""


def parse_yes_no(text: str) -> bool | None:
    """True for yes, False for no, None for neither, both, or "I don't know"."""
    said = words(text)
    if said in (["know"], ["now"], ["know", "know"]):  # what recognisers write for a lone "no"
        return False
    line = " ".join(said)
    if any(phrase in line for phrase in _UNDECIDED):
        return None
    line = re.sub(r"\b(?:that's|that is|it's|it is|is) (right|correct)\b", "correct", line)
    for phrase, meaning in _IDIOMS:
        line = re.sub(rf"\b{phrase}\b", meaning, line)
    line = _SHORT_YES.sub("yes", _NEGATED.sub("no", line))
    said = line.split()
    if len(said) > _LONG:
        said = said[:2]
        return _decide(said, _STRONG_YES, _STRONG_NO)
    strong = _decide(said, _STRONG_YES, _STRONG_NO)
    if strong is not None or not _both_missing(said):
        return strong
    return _decide(said, _WEAK_YES, _WEAK_NO)


def _both_missing(said: list[str]) -> bool:
    return not any(word in _STRONG_YES or word in _STRONG_NO for word in said)


def _decide(said: list[str], yes: frozenset[str], no: frozenset[str]) -> bool | None:
    """Which of two kinds of word was said; both count only when the caller corrects in between."""
    marks = [(at, word in yes) for at, word in enumerate(said) if word in yes or word in no]
    if not marks:
        return None
    last_at, last = marks[-1]
    others = [at for at, mark in marks if mark is not last]
    if others and not _CORRECTS & set(said[max(others) : last_at]):
        return None
    return last
