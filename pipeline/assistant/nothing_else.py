"""A plain no to "anything else?", in the parsers' language. Pure.

Whoever is taken to want nothing else is let go, so every word has to be known as part of a no or as a courtesy: "no,
that's all, thank you" is one, while "cancel my order", "nothing arrived" and "that's not right" are wishes.
"""

import re
from typing import Final

from pipeline.assistant.rules import normal
from pipeline.assistant.slots import parse_yes_no

_NO: Final = (
    "^know$", "^now$", "no+", "nope|noope|nah|naw|nay|negative", "nuh uh|uh uh|mm mm|nah ah", "no way|hell no", "none",
    r"(?:absolutely|of course|definitely|certainly|probably|guess|afraid|think|hope) not",
    r"not (?:really|at all|today|yet|(?:right |just |for )?now|for today|anymore|necessary)",
    "not that i (?:know|can think) of",
    r"not at (?:the moment|this (?:time|moment|point))",
    r"i (?:don't|do not)$", r"(?:i )?(?:don't|do not) (?:think|believe) so|i doubt it|rather not",
    r"i (?:don't|do not) (?:think i )?(?:need|want|have) (?:anything|nothing)(?: else| more)?",
    r"i (?:don't|do not) have any(?: other| more| further)? questions|no(?: other| more| further)? questions",
    r"(?:there's |there is |i have |i've got |i need |i want )?nothing(?: else| more| really| at all)?",
    r"(?:anything |nothing )?(?:else|more)(?: i need(?:ed)?)?$",
)  # fmt: skip
_ENOUGH: Final = (
    (
        r"that(?:'s| is| was|'ll be| will be| would be| should be)(?: about| really| just)?"
        r" (?:all|it|everything|enough)(?: i (?:need|needed|want|wanted)(?: to know)?)?"
    ),
    r"(?:that|it|everything)(?:'s| is)(?: all)? (?:fine|okay|ok|good|great|alright|perfect)|all (?:fine|okay|ok|good)",
    r"(?:all|what|everything) i (?:need|needed|want|wanted|have|had)(?: to know)?|all set|all done",
    r"(?:i'm|i am|we're|we are)(?: all| just| really)? (?:good|fine|okay|ok|set|done|great)",
    r"(?:i have|i've got|i got|you gave me) (?:everything|all|what) (?:i|we) need(?:ed)?",
)
_LIGHT: Final = (
    r"um+|uh+|er|oh|ah|hm+|well|okay|ok|alright|all right|so|but|and|yeah|great|perfect|fine|good|cool|super|right",
    r"i|think|guess|i'm|i am|believe|suppose|really|actually|just|honestly|though|then|anyway|i believe|i suppose",
    r"please|thanks|thank you|thank|thankyou|cheers|(?:very|so) much|very|a (?:lot|bunch|million)",
    r"again|sorry|no problem",
    r"sir|ma'am|madam|miss|dear|bye|goodbye",
    r"(?:for )?(?:now|today|the moment|me|right now|at the moment|at this time)",
    r"for (?:all )?(?:your|the) (?:help|time|info|information)|for (?:helping|asking)(?: me)?",
    r"you(?:'ve| have)(?: been| were) (?:a |very |really |so |most |great )*(?:helpful|great|kind|help)",
    r"(?:i )?appreciate (?:it|that|your help)|never ?mind|you too",
    r"have a (?:good|nice|great|lovely) (?:day|one|evening|night|weekend|afternoon)",
)
_PLAIN: Final = re.compile(rf"(?:(?:{'|'.join((*_NO, *_ENOUGH, *_LIGHT))})(?: |$))+")
_SAYS_NO: Final = re.compile(rf"(?:^|.* )(?:{'|'.join((*_NO[:-1], *_ENOUGH))})(?: |$)")


def is_plain_no(text: str) -> bool:
    """Whether an utterance is a no and nothing besides, courtesies aside."""
    line = normal(text)
    said = _PLAIN.fullmatch(line) is not None and _SAYS_NO.match(line) is not None
    return said and parse_yes_no(line) is not True
