"""Whether a clause tells that something is not needed which its source asks for: a receipt, a card, a visit. Pure."""

import re
from functools import lru_cache
from typing import Final

from pipeline.assistant.guard.lexicon import Stemmed, light, stem
from pipeline.assistant.guard.words import FREE, Sentence

_LEAST_LETTERS: Final = 3
_ARTICLES: Final = r"(?:(?:a|an|the|your|any|my|its|their|el|la|un|una|su|ningún|ninguna) )?"
_HAVE_IT: Final = r"(?:to )?(?:have|bring|show|present|provide|include|keep|give(?: us)?|send(?: us)?|produce|enclose)"
_DROPPED: Final = (
    re.compile(
        rf"\b(?:\w+n't|not|never|no longer) (?:\w+ly )?(?:(?:need|require)s?(?: {_HAVE_IT})?|have {_HAVE_IT}|must {_HAVE_IT})"
        rf" {_ARTICLES}(\w+(?: \w+){{0,2}})"
    ),
    re.compile(rf"\b(?:needn't|need not|needs? no|requires? no) (?:{_HAVE_IT} )?{_ARTICLES}(\w+(?: \w+){{0,2}})"),
    re.compile(
        r"(\w+(?: \w+)?) (?:is|are|'s)(?:n't| not|n't really| not really| never) (?:strictly )?(?:needed|necessary|required|obligatory|compulsory|mandatory)"
    ),
    re.compile(r"(\w+(?: \w+)?) (?:is|are) (?:optional|unnecessary|not a must)\b"),
    re.compile(r"\b(?:no|without) (\w+(?: \w+){0,2}?) (?:(?:is|are) )?(?:needed|necessary|required)\b"),
    re.compile(r"\b(?:no need|not necessary|unnecessary) (?:for|to (?:have|bring|show|present|provide)) (?:a |an |the |your |any )?(\w+(?: \w+){0,2})"),
    re.compile(
        r"\bno (?:se )?(?:necesitas?|necesitan|hace falta|es necesari[oa]|requiere|precisa)n?(?: (?:tener|traer|presentar|llevar|mostrar|enseñar))?"
        r" (?:el |la |los |un |una |su |ningún |ninguna )?(\w+(?: \w+){0,2})"
    ),
)  # fmt: skip
_ASKS_FOR: Final = re.compile(
    r"\b(?:with|if|provided|only|must|need\w*|requir\w+|necessary|have to|has to|bring|show|present|provide|include\w*|on presentation of"
    r"|con|sólo|solo|debe\w*|necesita\w*|requiere\w*|hace falta|presentar|traer|mostrar)\b"
)


def waives(told: Sentence, source: Sentence) -> bool:
    """Whether what the clause tells not to be needed is asked for by the source, which tells nothing of that kind."""
    dropped = _dropped(told.text)
    if not dropped or FREE in told.stems or not _ASKS_FOR.search(source.text.lower()):
        return False
    return bool((dropped & source.affirmed) - source.denied - _dropped(source.text))


@lru_cache(maxsize=4096)
def _dropped(text: str) -> frozenset[Stemmed]:
    """The words for what is told not to be needed."""
    plain = text.lower().replace("’", "'")
    words = [word for one in _DROPPED for match in one.finditer(plain) for word in match[1].split()]
    return frozenset(stem(word)[0] for word in words if len(word) >= _LEAST_LETTERS) - light()
