"""Phone numbers: E.164, who a caller says to be, and how a number may appear in a log."""

from dataclasses import dataclass
from typing import Final, Literal

import phonenumbers

CallerKind = Literal["number", "withheld", "sip", "client", "unknown"]

_HIDDEN: Final = "•••"
_KEYPAD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")

_WITHHELD: Final = frozenset(("anonymous", "restricted", "blocked", "private", "unknown", "unavailable", "withheld"))
# Where a number must stand, carriers spell the word on the keypad: +266696687 is ANONYMOUS, and nobody's number.
_WITHHELD_DIGITS: Final = frozenset(word.upper().translate(_KEYPAD) for word in _WITHHELD)

_MAX_CHARACTERS: Final = 256


class NotANumber(ValueError):
    """This cannot be a phone number. The message does not repeat it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a call says it comes from. Callers can lie: this identifies nobody."""

    kind: CallerKind
    e164: str
    """The number, for kinds number and sip; empty where there is none that could be called back."""

    @property
    def can_be_called_back(self) -> bool:
        """Whether there is a number to ask for and to call."""
        return self.e164 != ""


def parse_number(text: str, region: str = "US") -> str:
    """Read a phone number as a person or a carrier writes it into E.164, such as +14155552671. Raises NotANumber.

    region (ISO 3166 alpha-2) is where a number without a country code is from.
    """
    if len(text) > _MAX_CHARACTERS:
        raise NotANumber("too long for a phone number")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise NotANumber("not a phone number") from None
    if not phonenumbers.is_possible_number(number):
        raise NotANumber("a number of this length does not exist there")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_caller(value: str | None, region: str = "US") -> Caller:
    """Read a carrier's From field: a number, sip:…, client:…, or a word or number that says that it is withheld."""
    text = (value or "").strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "tel", "client", "whatsapp"):
        return _addressed(scheme.lower(), rest, region)
    if not text or text.lower() in _WITHHELD or text.lstrip("+") in _WITHHELD_DIGITS:
        return Caller("withheld", "")
    return _numbered(text, region)


def mask(value: str | None) -> str:
    """Shorten a number or an address to what a log may hold: +1415•••2671, sip:•••@example.com. Never raises."""
    caller = parse_caller(value)
    if caller.kind == "number":
        return _mask_number(caller.e164)
    text = (value or "").strip()
    scheme = text.partition(":")[0].lower()
    if caller.kind == "sip":
        host = text.rpartition("@")[2].partition(";")[0] if "@" in text else ""
        return f"{scheme}:{_HIDDEN}" + (f"@{host}" if host else "")
    return f"client:{_HIDDEN}" if caller.kind == "client" else caller.kind


def _addressed(scheme: str, rest: str, region: str) -> Caller:
    if scheme == "client":
        return Caller("client", "")
    user = rest.partition("@")[0].partition(";")[0].removeprefix("//")
    if scheme in ("tel", "whatsapp"):
        return _numbered(user, region)
    if user.lower() in _WITHHELD:
        return Caller("withheld", "")
    try:  # a user part without + may as well be an extension
        return Caller("sip", parse_number(user, region) if user.startswith("+") else "")
    except NotANumber:
        return Caller("sip", "")


def _numbered(text: str, region: str) -> Caller:
    try:
        return Caller("number", parse_number(text, region))
    except NotANumber:
        return Caller("unknown", "")


def _mask_number(e164: str) -> str:
    """Keep country and area, and the last digits by which two people can tell that they mean the same number."""
    number = phonenumbers.parse(e164)
    national = phonenumbers.national_significant_number(number)
    head, tail = (3, 4) if len(national) >= 10 else (2, 2) if len(national) >= 7 else (0, 0)
    return f"+{number.country_code}{national[:head]}{_HIDDEN}{national[len(national) - tail :] if tail else ''}"
