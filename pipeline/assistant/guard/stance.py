"""What a clause does before what it says: whether it states anything at all, and whether of this call or of the rules. Pure.

A closed grammar: whoever asks, offers one of a few things, owns that they cannot or do not know, or is courteous states
nothing. Everything else does, in whatever words.
"""

import re
from typing import Final

_LEAD: Final = re.compile(
    r"^\W*(?:(?:so|well|okay|ok|and|but|or|just|also|then|now|oh|actually|honestly|unfortunately|sadly|absolutely|certainly"
    r"|i'm afraid|i am afraid|bueno|pues|lamentablemente|y|pero)\b[\s,.!;:—–-]*"
    r"|(?:yes|yeah|no|sure|of course|right|alright|great|perfect|thanks|thank you|sorry|i'm sorry|i am sorry|i apologi[sz]e"
    r"|got it|i see|i understand|no problem|no worries|gracias|claro|perfecto|vale|sí|lo siento|de acuerdo|entiendo)"
    r"(?=[,.!;:—–-])[\s,.!;:—–-]*)+"
)
_ASKS: Final = re.compile(
    r"^(?:(?:could|can|would|will|may) (?:you|i|we)\b|(?:please )?(?:tell|let|remind) (?:me|us)\b|(?:just )?to (?:confirm|be sure)\b"
    r"|(?:who|what|which|when|where|why|how|is|are|am|was|were|do|does|did|has|have|had|shall|should|would|could|can|will|may)\b.*\?"
    r"|what (?:else )?(?:can|may) i\b|is there anything\b|i(?:'d| would)? (?:just )?(?:need|like) (?:to (?:know|ask|check)|you to (?:tell|say|read)|your)\b"
    r"|if you (?:could|can|would) (?:tell|give|let|read|confirm)|dígame|díganme|indíqueme|me puede decir|podría decirme)"
)
_LIMITS: Final = re.compile(
    r"^(?:i|we)(?: (?:really|just|simply|also|still|currently))?(?:(?:'m| am|'re| are) (?:not|unable|afraid)\b"
    r"| (?:can't|cannot|can not|couldn't|could not|wasn't|was not|didn't|did not|haven't|have not|hadn't|wouldn't|am not)\b"
    r"|(?:'ve) (?:not|never)\b| (?:have no|can only|only know|only have|lack)\b"
    r"| (?:don't|do not)(?: \w+ly| yet| currently)? (?:know|have (?:any|that|an?|the|information|access|details?)|see|find|think|believe|want|mean|recall|understand)\b)"
    r"|^i tried to\b.*\b(?:but|not|n't|without)\b"
    r"|^(?:that's|that is|this is|it's) (?:not|nothing|something i (?:can't|don't)|more than|outside|beyond)\b.*\b(?:i|me|my|here)\b"
    r"|^(?:eso )?no (?:puedo|sé|veo|tengo|podemos|sabemos|he|hemos|lo sé|le puedo|me consta|estoy segur)"
)
_LIMITS_OF_US: Final = re.compile(
    r"^we (?:can't|cannot|can not|couldn't|wouldn't|don't|do not|am not|are not|aren't|'re not)\b"
)
"""What the company does not do is a rule of its own; what I cannot is none."""
_VERBS: Final = r"(?:take|leave|pass on|write down) (?:a |the |down )?(?:short |your )?message|take a message|(?:connect|put|pass|transfer|hand) you|repeat|explain|help|check|look|find out|see (?:if|whether|what)|go (?:over|through)|read|walk you|tell you|have (?:a|some|one of)|ask (?:a|one|some|the|my)|get (?:a|some|one of|you (?:a|to))|tomar|pasar(?:le|te)|ayudar|repetir|explicar|mirar|comprobar|preguntar"
_OFFERS: Final = re.compile(
    rf"^(?:if you (?:like|want|wish|prefer),? )?(?:i|we) (?:can|could|may)(?: also| gladly| happily)? (?:{_VERBS})"
    rf"|^(?:i'd|i would|i'm|i am|we'd) (?:be )?(?:happy|glad|pleased) to (?:{_VERBS})"
    rf"|^(?:let me|shall i|allow me to|permítame|déjeme|puedo|podría|podemos) (?:{_VERBS})"
    r"|^i'll (?:just |quickly |be )?(?:check|look|see|have a look|find out|repeat|explain|try|help|glad|happy|right with you|need your|wait)\b"
    r"|^i (?:can|could) [^,]*\bif you(?:'d)? (?:like|want|wish|prefer)\b"
    r"|^would you (?:like|prefer|want|rather)\b|^do you want\b|^quiere que\b|^le puedo (?:ayudar|pasar|repetir|explicar)"
    r"|^(?:one|just a|a) (?:moment|second)\b|^(?:un|deme un) (?:momento|segundo)\b"
)
_FEELS: Final = re.compile(
    r"^(?:i'm|i am|we're|we are) (?:so |very |really |truly |terribly )?(?:sorry|glad|happy|pleased|delighted) (?:to (?:hear|help|see)|for|about|(?:that )?you)\b"
    r"|^(?:sorry|thanks|thank you|i apologi[sz]e|apologies|gracias|siento|lamento|disculpe)(?: (?:so |very )?much)?(?: (?:about|for|por|que|mucho|lo)\b|$)"
    r"|^i (?:completely |fully |totally |really )?(?:understand|appreciate) (?:that|how|your|you|it|why)\b"
    r"|^(?:have a|goodbye|bye|you're welcome|you are welcome|my pleasure|take care|hello|good (?:morning|afternoon|evening)|de nada|adiós|hasta luego)\b"
)
_HEARD: Final = re.compile(
    r"^(?:i|we) (?:completely |fully |totally |really |can )?(?:understand|see|get|hear|know|appreciate|realize|realise|imagine)\b"
    r"|^(?:you (?:said|mentioned|told me|asked|were asking|want|wanted|would like|'d like))\b|^entiendo\b|^comprendo\b"
)


def bare(clause: str) -> str:
    """A clause in small letters, without the interjections that it begins with."""
    plain = clause.lower().replace("’", "'").strip()
    rest = _LEAD.sub("", plain)
    return rest or plain


def asks(clause: str) -> bool:
    """Whether it only asks. "It is cancelled, okay?" does not."""
    plain = bare(clause)
    if plain.startswith("did you know"):
        return False
    if clause.lstrip().startswith("¿") or _ASKS.match(plain):
        return True
    return plain.rstrip("\"'”’) ").endswith("?") and not _STATES.match(plain)


_STATES: Final = re.compile(
    r"^(?:your|the|it|it's|its|i|i've|i'm|i'll|we|we've|we're|you|you've|you're|that|that's|this|he|she|they|they've|there|there's|su|sus|el|la|los|las|ya|le|he|hemos|usted)\b"
)
"""Begins a statement, whatever sign it ends with."""


def seeks_assent(clause: str) -> bool:
    """Whether it states something and asks only whether that is so."""
    return clause.rstrip().endswith("?") and not asks(clause)


def disclaims(clause: str) -> bool:
    """Whether it tells what the speaker cannot, does not know or has not done."""
    plain = bare(clause)
    return bool(_LIMITS.match(plain)) and not _LIMITS_OF_US.match(plain)


def offers(clause: str) -> bool:
    """Whether it offers one of the few things that are always to be had: a message, a person, another look."""
    return bool(_OFFERS.match(bare(clause)))


def feels(clause: str) -> bool:
    """Whether it is courteous, or sorry for what the caller told."""
    plain = clause.lower().replace("’", "'").strip(" \t\"'.!")
    return bool((_FEELS.match(plain) and "," not in plain) or _FEELS.match(bare(clause)))


def echoes(clause: str) -> bool:
    """Whether it says back what the caller said."""
    return bool(_HEARD.match(clause.lower().replace("’", "'").strip()))


_IF: Final = re.compile(
    r"^(?:if|when|whenever|once|unless|until|after|before|as soon as|in case|provided|should|si|cuando|una vez|hasta que|antes de|después de|en cuanto|en caso)\b"
)
_ON_CONDITION: Final = re.compile(
    r"(?<=\w),? (?:(?:even|only|but) )?(?:(?:if|as long as|so long as|provided(?: that)?|unless|when|whenever|si|siempre que|cuando)\b(?! (?:necessary|needed|not))"
    r"|once (?=(?:you|we|it|they|the|your|our)\b))[^,;:.!?]*"
)
"""What a rule holds under: "if you have the receipt" does not tell that the caller has it."""
_MAYBE: Final = re.compile(r"\b(?:would|could|can|may|might|should|podría|puede|pueden)\b")
_LATELY: Final = re.compile(
    r"\b(?:already|now|right now|just now|by now|so far|any ?more|any longer|no longer|at the moment|in a second|a (?:second|minute|moment) ago|as we speak|ya|ahora mismo|acaba de)\b"
)
_PERFECT: Final = re.compile(
    r"\b(?:has|have|had|i've|we've|you've|they've|'ve|ha|han|he|hemos|había) (?:(?:not|never|just|already|now|also|all|both|only|\w+ly|gone ahead and|le|les|lo|se) )*(?:been|\w+ed|\w+en|sent|put|got|made|paid|left|lost|found|held|kept|told|read|set|let|met|done|gone|come|run|won|brought|bought|caught|had|said|become|begun|\w+[aio]d[oa]s?|hecho|dicho|puesto|visto|vuelto|abierto|roto|escrito)\b|\b(?:it's|he's|she's|[a-z]+'s) (?:been|already|now|just)\b"
)
_DOING: Final = re.compile(
    r"\b(?:is|are|am|i'm|we're|you're|they're|he's|she's|it's|está|están|estamos|estoy)(?: (?:not|already|now|just|still|also|currently|\w+ly|all|both))* (?!going\b|parking\b|boarding\b|shipping\b|missing\b|according\b|interesting\b|annoying\b|frustrating\b|confusing\b|surprising\b|disappointing\b)(?:\w{2,}ing|\w+[aei]ndo)\b"
)
_WAS: Final = re.compile(r"\b(?:was|were|wasn't|weren't|fue|fueron|estaba|estaban)\b")
_PAST: Final = re.compile(
    r"(?:^(?=\w+ (?:it|that|your|the|you|them)\b)|\b(?:i|we|you|he|she|it|they|who|and|team|manager|driver|company|provider|system|somebody|someone|colleague|doctor) )(?:(?:also|just|already|even|only|actually|\w+ly|both|all) )*"
    r"(?!need|exceed|proceed|succeed|indeed|speed|feed)(?:\w{2,}ed|went|left|came|sent|got|took|made|put|found|gave|said|told|paid|spoke|let|had|did|saw|knew|kept|held|lost|met|ran|brought|bought|wrote|set|chose|began|broke|drove|heard|noted|signed)\b"
    r"|\b\w{3,}(?:ó|aron|ieron)\b"
)
_YOURS: Final = re.compile(
    r"^(?:your|su|sus|tu|her|his|their)\b(?: \S+){1,4}? (?:is|are|isn't|aren't|está|están|es|son)\b"
)


_WENT: Final = re.compile(
    r"\b(?:went|came|gave|took|spoke|began|broke|chose|wrote|drove|flew|this morning|yesterday|last (?:night|week|month)|earlier today|a moment ago|esta mañana|ayer)\b"
)
_HAS: Final = re.compile(
    r"\byou(?:'ve got| have) (?:the|an?) (?!(?:day|week|month|year|few|minute|hour|right|choice|question)\b)|\byou(?:'re| are) (?:on|in|at|with)\b|\busted tiene (?:el|la|un|una)\b"
)


def lately(clause: str) -> bool:
    """Whether it tells of what happened, happens or is now, in this call's own matter, and not of what holds for all."""
    plain = bare(clause)
    if _IF.match(plain):
        return False
    plain = _ON_CONDITION.sub("", plain)
    if _MAYBE.search(plain):
        plain = _LATELY.sub("", plain)
    return any(pattern.search(plain) for pattern in (_LATELY, _PERFECT, _DOING, _WAS, _PAST, _YOURS, _HAS, _WENT))


_SOUNDS: Final = re.compile(r"^(?:that|this|it) (?:must|sounds?|can be|would be)\b")


_LOOKED: Final = re.compile(
    r"^(?:i|we)(?:'ve| have)? (?:just |already |also )?(?:looked|checked|searched)\b|^(?:he|hemos) (?:mirado|comprobado)\b"
)
_WILL: Final = re.compile(r"\b(?:will|won't|\w+'ll)\b")


def looked(clause: str) -> bool:
    """Whether it tells only that the speaker looked."""
    return bool(_LOOKED.match(bare(clause)))


def foretells(clause: str) -> bool:
    """Whether it tells what will be."""
    return bool(_WILL.search(bare(clause)))


def sounds(clause: str) -> bool:
    """Whether it only says how something must be for the caller."""
    return bool(_SOUNDS.match(bare(clause)))
