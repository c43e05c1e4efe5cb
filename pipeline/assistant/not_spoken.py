"""A language that the line does not have is asked for: said so in that language, and a message is offered. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pipeline.assistant.rules import normal
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Guessing, Open, Words

MOST_WORDS: Final = 8
"""A longer utterance that names a language asks for something else, too."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A language in which nothing but this can be said."""

    asks: re.Pattern[str]
    """What asks for it, without accents."""
    yes: re.Pattern[str]
    only: Mapping[str, str]
    """What is said, by the language that the line speaks."""


_LANGUAGES: Final = {
    "es": Elsewhere(
        re.compile(
            r"\b(?:hablas?|hablan|hable|en|in|speaks?|spoken) (?:usted )?(?:espanol|spanish|castellano)\b"
            r"|^(?:espanol|spanish|castellano)(?: please| por favor)?$|^(?:no hablo|no entiendo) ingles\b"
        ),
        re.compile(r"^(?:si|claro|bueno|vale|por favor|mensaje|dejar un mensaje|quiero dejar un mensaje|gracias| )+$"),
        {
            "en": "Lo siento, en esta línea solo se habla inglés. ¿Quiere dejar un mensaje, para que le llame una "
            "persona? I only speak English here. Would you like to leave a message?"
        },
    ),
    "en": Elsewhere(
        re.compile(
            r"\b(?:speaks?|spoken|in|hablan?|en) (?:english|ingles)\b|^(?:english|ingles)(?: please| por favor)?$"
        ),
        re.compile(r"^(?:yes|yeah|sure|please|message|leave a message| )+$"),
        {
            "es": "I'm sorry, only Spanish is spoken on this line. Would you like to leave a message, so that someone "
            "can call you back? Aquí solo se habla español. ¿Quiere dejar un mensaje?"
        },
    ),
}


def heard(talk: Talk, words: Words) -> tuple[Words, bool]:
    """The words to go on with, and whether the turn is over: the caller was told which language is spoken here."""
    waiting, spoken = talk.state.waiting, talk.line.tongue.code
    if words.via == "dtmf" or not isinstance(waiting, Open | Guessing):
        return words, False
    here = {spoken, *(line.tongue.code for line in talk.other_lines)}
    said = normal(words.text)
    for code, language in _LANGUAGES.items():
        told = language.only.get(spoken)
        if code in here or told is None:
            continue
        if isinstance(waiting, Open) and waiting.offer and language.yes.search(said):
            return replace(words, text=_YES[spoken], alternatives=()), False
        if len(said.split()) <= MOST_WORDS and language.asks.search(said):
            talk.understood("rule", "language")
            talk.say(told, "question")
            talk.wait(Open(offer=True), talk.expect_open())
            return words, True
    return words, False


_YES: Final = {"en": "yes", "es": "sí"}
