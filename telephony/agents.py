"""The people who take calls over: what the operator says of each. Pure.

An agent's phone is a number or a SIP address of this directory; nothing else of a person is ever dialled.
"""

import re
from dataclasses import dataclass
from typing import Final

from telephony.numbers import NotANumber, parse_number

TARGET: Final = "to:"
"""Begins the id that stands for a queue's own telephone; `to:sales.2` for the second of its calls at once."""
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}|to:[a-z][a-z0-9_]{0,39}(?:\.[0-9]{1,2})?")
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_SIP: Final = re.compile(
    r"sips?:[A-Za-z0-9._~+-]{1,64}@(?=.{1,253}(?::|;|$))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?"
    r"(?:;transport=(?:udp|tcp|tls))?"
)
_MOST_NAME: Final = 80
_MOST_WORDS: Final = 50


def asked_as(agent_id: str) -> str:
    """Who is asked about a caller: a queue's telephone is one, however many calls it takes at once."""
    return agent_id.partition(".")[0] if agent_id.startswith(TARGET) else agent_id


class NotAnAgent(ValueError):
    """This cannot be an agent. The message says what to write; it does not repeat the phone."""


@dataclass(frozen=True, slots=True)
class Agent:
    """One human of the queues. Raises NotAnAgent; `agent` reads what people write into one."""

    id: str
    name: str
    queues: frozenset[str]
    """Whose callers they take."""
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    """That they speak; empty: every language of the line."""
    phone: str = ""
    """E.164 or sip:user@host; empty: reached at the desk only."""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise NotAnAgent(
                "an agent's id is up to 40 small letters, digits, and . _ -, beginning with one of the first two"
            )
        if not self.name.strip() or len(self.name) > _MOST_NAME or not self.name.isprintable():
            raise NotAnAgent(f"an agent has a name, of up to {_MOST_NAME} characters")
        for what, words, form in (
            ("queue", self.queues, _WORD), ("skill", self.skills, _WORD), ("language", self.languages, _LANGUAGE),
        ):  # fmt: skip
            wrong = sorted(word for word in words if not form.fullmatch(word))
            if wrong:
                raise NotAnAgent(f"{wrong[0]!r} is no {what}; write it as the line does")
            if len(words) > _MOST_WORDS:
                raise NotAnAgent(f"more than {_MOST_WORDS} of one kind: {what}")
        if not self.queues:
            raise NotAnAgent("an agent serves at least one queue")
        if self.phone and self.phone != address(self.phone):
            raise NotAnAgent("an agent's phone is E.164 or sip:user@host")


def address(text: str, region: str = "US") -> str:
    """Read what can be dialled: a number as a person writes it into E.164, or a SIP address. Raises NotAnAgent.

    region (ISO 3166 alpha-2) is where a number without a country code is from.
    """
    text = text.strip()
    if text.lower().startswith(("sip:", "sips:")):
        scheme, _, rest = text.partition(":")
        text = f"{scheme.lower()}:{rest}"
        if not _SIP.fullmatch(text):
            raise NotAnAgent("a SIP address looks like sip:ana@example.com")
        return text
    try:
        return parse_number(text, region)
    except NotANumber as wrong:
        raise NotAnAgent(f"a phone is a number like +14155552671, or sip:user@host: {wrong}") from None
