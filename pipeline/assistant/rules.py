"""What always wins, whatever was asked: "a person please", "repeat that", goodbye, "never mind", "one moment". Pure.

Two kinds of pattern. PHRASES are whole utterances, once courtesies are dropped: "never mind" cancels, "never mind the
colour, where is it" does not. _ANYWHERE match inside an utterance and need a verb: "talk to a person" is a wish, "the
person I bought it from" is not.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final, Literal

Rule = Literal[
    "person", "repeat", "goodbye", "cancel", "wait", "without", "greeting", "thanks", "other_person", "machine"
]

PHRASES: Final[Mapping[Rule, tuple[str, ...]]] = {
    "person": (
        "operator", "representative", "agent", "human", "a human", "person", "a person", "a real person", "real person",
        "a live person", "live person", "live agent", "a human being", "customer service", "customer support",
        "someone real",
        "a representative", "an agent", "an operator", "somebody", "someone", "a live agent", "speak to someone",
        "receptionist",
        "talk to someone", "talk to somebody", "transfer me", "connect me", "put me through",
        "are you a robot let me talk to someone",
        "i don't want to talk to a machine", "i don't want to talk to a robot", "manager", "a manager", "supervisor",
    ),
    "repeat": (
        "repeat that", "repeat", "repeat it", "say that again", "say it again", "again", "what", "pardon", "pardon me",
        "come again", "what was that", "what did you say", "sorry what", "i didn't catch that", "i didn't hear you",
        "i didn't hear that", "i didn't get that", "one more time", "once more", "huh", "excuse me", "what's that",
        "i couldn't hear you", "repeat the question", "repeat the options", "could you repeat", "can you repeat",
    ),
    "goodbye": (
        "goodbye", "good bye", "bye", "bye bye", "bye now", "thanks bye", "thank you bye", "thank you goodbye",
        "thanks goodbye",
        "no thank you goodbye", "no thanks goodbye", "no thanks bye", "no thank you bye", "no goodbye", "no bye",
        "okay bye",
        "that's all", "that is all", "that's all thanks", "that's all thank you", "that's it", "that's it thanks",
        "that's everything",
        "that will be all", "that'll be all", "no that's all", "no that's it", "no that's everything", "nothing else",
        "no nothing else",
        "i'm done", "we're done", "i'm all set", "all set", "hang up", "no i'm good", "no i'm fine", "no i'm all set",
        "have a nice day",
        "have a good day", "you too bye", "that's all i needed", "no that's all i needed", "no that's all thank you",
    ),
    "cancel": (
        "never mind", "nevermind", "never mind that", "cancel", "cancel that", "forget it", "forget about it",
        "start over",
        "go back", "main menu", "stop", "start again", "no never mind", "that's not what i wanted",
        "that's not what i asked",
    ),
    "wait": (
        "wait", "hold on", "hang on", "one moment", "one second", "just a second", "just a moment", "just a minute",
        "one minute",
        "give me a second", "give me a moment", "give me a minute", "let me look", "let me check", "let me see",
        "let me find it",
        "hold on a second", "hang on a second", "wait a second", "wait a minute", "let me get it",
        "let me look it up", "one sec",
        "i have to look", "i need to look", "i'm looking", "let me find my order", "hold on let me look", "a moment",
    ),
    "without": (
        "i don't have it", "i don't have one", "i don't know", "i don't know it", "no idea", "i can't find it",
        "i lost it",
        "i don't have the number", "i don't have an order number", "i don't have my order number", "i don't have that",
        "i don't have it with me", "i don't remember", "i forgot", "i don't have it here", "i don't know the number",
        "i don't know my order number", "i can't remember", "don't have it", "don't know", "i'm not sure", "not sure",
        "i don't have the order number", "i don't know the order number", "i never got one", "what order number",
    ),
    "greeting": (
        "hello", "hi", "hey", "good morning", "good afternoon", "good evening", "hello hello", "hi how are you",
        "how are you",
        "hello how are you", "can you help me", "can you help me with something", "i have a question", "i need help",
        "help",
        "hi there", "hello there", "help me", "i need some help", "could you help me", "i'd like to ask something",
        "is anyone there", "is anybody there", "are you there", "can you hear me", "hello can you hear me",
        "who is this",
    ),
    "thanks": (
        "thank you", "thanks", "thank you very much", "thanks a lot", "thank you so much", "many thanks",
        "great thank you",
        "okay thank you", "okay thanks", "great thanks", "perfect thank you", "perfect thanks", "okay great thank you",
    ),
    "other_person": (
        "my wife will talk", "my husband will talk", "here's my wife", "here's my husband", "here is my wife",
        "here is my husband", "i'm not the account holder", "i am not the account holder", "this is somebody else",
        "you're talking to someone else now", "i'll put my wife on", "i'll put my husband on", "i'm somebody else",
    ),
    "machine": (
        "are you a robot", "are you a real person", "are you human", "are you a human", "are you a machine",
        "are you real", "am i talking to a machine", "am i talking to a robot", "am i talking to a real person",
        "is this a recording",
        "is this a robot", "is this a real person", "are you a person", "are you an ai", "are you a bot",
    ),
}  # fmt: skip
"""Whole utterances in lower case, best-known first; offline recognisers listen for them too."""

_SOMEONE: Final = (
    r"(?:person|human|human being|agent|representative|rep|operator|someone|somebody|manager|supervisor"
    r"|customer service|customer support|member of staff|employee|advisor|adviser)"
)
_GETS: Final = r"(?:get|give|find|want|need|like|have|connect|transfer|put|pass)"
_MOMENT: Final = (
    r"(?:hold on|hang on|just a (?:second|moment|minute)|one (?:second|moment|minute)"
    r"|give me a (?:second|moment|minute))"
)
_NOT_HERE: Final = r"(?: (?:with me|here|right now|anymore))?"
_PERSON_WANTED: Final = (
    rf"\b{_GETS}\b(?: me)?(?: \w+){{0,2}}? (?:a|an|the|another|any|some|real|live|actual)"
    rf"(?: (?:real|live|actual|human))? {_SOMEONE}\b(?!'s| (?:who|that|i|my|from))"
)
_NOT_AT_HAND: Final = (
    r"^(?:no )?i (?:don't|do not|didn't|can't|cannot) (?:have|know|remember|find|see)\b(?: \w+){0,3}"
    rf" (?:number|it|one|that){_NOT_HERE}$"
)
_RELATION: Final = (
    r"(?:wife|husband|partner|mother|mom|mum|father|dad|son|daughter|brother|sister|friend|boyfriend|girlfriend"
    r"|grandmother|grandfather|aunt|uncle|roommate|neighbor|neighbour|colleague|boss|secretary|assistant|carer|nurse)"
)
_OTHER: Final = rf"(?:(?:my|his|her|their|the) {_RELATION}|someone else|somebody else|another person)"
_OF_OURS: Final = (
    r"(?:the|that|my) (?:\w+ )?(?:number|reference|code|date|day|time|price|amount|address|answer|options)"
)
"""What the assistant has said and a caller may want to hear again."""
_MACHINE: Final = (
    r"(?:a |an |the |some )?(?:(?:real|live|actual|human|automated|virtual|voice|answering|talking) )*"
    r"(?:robot|bot|machine|computer|recording|human|human being|person|ai|a i|artificial intelligence|chatbot"
    r"|assistant|system)"
)
_ASKED_WHAT: Final = r"(?:are you|aren't you|you're|am i (?:talking|speaking) (?:to|with)|is (?:this|that|it))"
_PATTERNS: Final[tuple[tuple[Rule, str], ...]] = (
    # Whole, and before "person": a wish for one that stands beside it wins.
    (
        "machine",
        (
            rf"^(?:\w+ ){{0,2}}?{_ASKED_WHAT}(?: (?:really|actually|just|even))? {_MACHINE}"
            rf"(?: or (?:not|what|(?:am i (?:talking|speaking) (?:to|with) )?{_MACHINE}))?"
            r"(?: (?:right|now|here|then|i'm (?:talking|speaking) (?:to|with)))*$"
        ),
    ),
    # Somebody else takes the phone: before "person", which "you'll talk to someone else now" resembles.
    ("other_person", rf"^(?:\w+ ){{0,3}}?here(?:'s| is| comes) {_OTHER}\b"),
    (
        "other_person",
        rf"\b(?:put|get|hand|pass|give|giving|handing|passing|putting)\b(?! me\b)(?: \w+){{0,4}}? {_OTHER}(?: on)?$",
    ),
    (
        "other_person",
        rf"\b{_OTHER} (?:will|would|wants to|would like to|is going to|can) (?:talk|speak|take|explain)\b",
    ),
    ("other_person", rf"\b(?:this is|i'm|i am|it's) (?:now )?{_OTHER}(?: (?:now|speaking|here))*$"),
    ("other_person", rf"\byou(?:'re| are) (?:now )?(?:talking|speaking) (?:to|with) {_OTHER}\b"),
    ("other_person", r"\b(?:i'm|i am|this is) not (?:the )?(?:account holder|card holder|cardholder|customer|owner)\b"),
    ("other_person", r"\b(?:i'm|i am|this is) not (?:mr|mrs|ms|miss|mister|missus) \w+"),
    ("person", rf"\b(?:talk|speak|chat)\b(?: \w+){{0,4}}? {_SOMEONE}\b"),
    ("person", _PERSON_WANTED),
    ("person", r"\b(?:transfer|connect|put) me (?:through )?(?:to|with)\b"),
    ("person", r"^(?:a |an )?(?:real |live |actual )?(?:person|human|agent|representative|operator)\b(?!'s)"),
    ("repeat", r"\b(?:repeat|say) (?:that|it|this|the question|what you said)(?: again)?$"),
    ("repeat", r"^(?:sorry )?(?:i )?(?:didn't|couldn't|can't) (?:catch|hear|understand) (?:that|you|what you said)$"),
    ("repeat", rf"^(?:sorry |and )?what(?:'s|'re| was| were| is) {_OF_OURS} again$"),
    (
        "repeat",
        rf"\b(?:repeat {_OF_OURS}(?: again)?|(?:say|tell me|give me|read) {_OF_OURS} (?:again|once more))$",
    ),
    (
        "goodbye",
        r"^(?:no |nope |nah |okay )?(?:thanks |thank you |great )?that's (?:it|all|everything)(?: for (?:now|today))?$",
    ),
    ("goodbye", r"^(?:\w+ ){0,5}(?:goodbye|bye bye|good bye)$"),
    ("wait", rf"^{_MOMENT}\b(?: \w+){{0,6}}$"),
    ("without", _NOT_AT_HAND),
)
_NOT_WANTED: Final = re.compile(
    rf"\b(?:don't|do not|didn't) (?:need|have|want) to (?:talk|speak)\b(?: \w+){{0,3}}? {_SOMEONE}\b"
)
_ANYWHERE: Final = tuple((rule, re.compile(pattern)) for rule, pattern in _PATTERNS)

_COURTESY: Final = re.compile(
    r"^(?:(?:um|uh|er|oh|ah|well|so|okay|ok|alright|please|yes|yeah|hi|hello|hey|and|but|just|actually|sorry|can you"
    r"|could you|would you|can i|could i|may i|i want|i want to|i'd like|i'd like to|i would like to|i need|i need to"
    r"|let me|will you) )+"
)
_COURTESY_END: Final = re.compile(r"(?: (?:please|now|then|okay|ok|for me|thanks|sir|ma'am))+$")
_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+")
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "`": "'"})

_BY_PHRASE: Final[Mapping[str, Rule]] = {phrase: rule for rule, phrases in PHRASES.items() for phrase in phrases}


def folded(text: str) -> str:
    """Lower case, straight apostrophes, no accents: recognisers and people write them or do not."""
    line = text.translate(_APOSTROPHES).lower()
    if line.isascii():
        return line
    apart = unicodedata.normalize("NFD", line)
    return unicodedata.normalize("NFC", "".join(sign for sign in apart if not unicodedata.combining(sign)))


def normal(text: str) -> str:
    """Words only, lower case, without accents, single spaces."""
    return " ".join(_WORD.findall(folded(text)))


def rule_of(text: str) -> Rule | None:
    """The rule that a whole utterance falls under, or None."""
    line = normal(text)
    bare = _COURTESY_END.sub("", _COURTESY.sub("", line))
    for candidate in (line, bare):
        if candidate in _BY_PHRASE:
            return _BY_PHRASE[candidate]
    wanted = next((rule for rule, pattern in _ANYWHERE if pattern.search(line) or pattern.search(bare)), None)
    return None if wanted == "person" and _NOT_WANTED.search(line) else wanted


def mentions(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases stands in the text, as whole words."""
    line = f" {normal(text)} "
    return any(f" {normal(phrase)} " in line for phrase in phrases)


_ASKS: Final = frozenset(
    {
        "what", "what's", "how", "when", "where", "where's", "who", "which", "why", "do", "does", "is", "are", "can",
        "could", "may", "will", "would", "should", "did", "tell",
    }
)  # fmt: skip


_EMPTY: Final = frozenset(
    {
        "no", "nope", "nah", "not", "nothing", "yes", "yeah", "yep", "sure", "please", "okay", "ok", "thanks",
        "thank", "you", "i", "i'm", "i'd", "it", "it's", "its", "that", "that's", "that'll", "is", "was", "be",
        "will", "would", "do", "don't", "did", "think", "guess", "believe", "so", "all", "everything", "else",
        "needed", "need", "have", "had", "for", "now", "today", "right", "at", "the", "moment", "this", "time",
        "good", "fine", "great", "done", "set", "we're", "really", "very", "much", "a", "lot", "just", "like",
        "love", "go", "ahead", "could", "can", "help", "your", "to", "and", "um", "uh", "well",
        "yup", "yea", "absolutely", "definitely", "certainly", "exactly", "indeed", "correct", "perfect", "alright",
        "oh", "of", "course", "mhm", "mm", "hmm", "hm", "sir", "ma'am",
    }
)  # fmt: skip
"""Words that add nothing to a yes or no."""


def is_only_yes_or_no(text: str) -> bool:
    """Whether a long yes or no holds no wish besides: "no i think that's everything", but not "no my boots leak"."""
    return all(word in _EMPTY for word in normal(text).split())


_INSTEAD: Final = re.compile(r"\b(?:actually|instead|rather|never mind|nevermind|forget (?:it|that|about)|no wait)\b")


def means_instead(text: str) -> bool:
    """Whether a wish takes the place of the one before it: "actually I'd rather return it"."""
    return _INSTEAD.search(normal(text)) is not None


def is_question(text: str) -> bool:
    """Whether it reads like a question of its own rather than an answer."""
    line = normal(text)
    bare = _COURTESY.sub("", line + " ")
    firsts = {words[0] for words in (line.split(), bare.split()) if words}
    return len(line.split()) >= 3 and bool(firsts & _ASKS)
