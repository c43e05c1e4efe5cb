"""A telephone number in what a caller said or keyed. Pure."""

import re
from typing import Final

import phonenumbers

from pipeline.assistant.slots.digits import parse_digits

REGION: Final = "US"
"""Where a number without a country's code is."""
_PLUS: Final = re.compile(r"\bplus\b|\+")


def parse_phone(text: str) -> str | None:
    """The number in E.164 ("+14155550101"), or None when there is none, two, or one that cannot be dialled."""
    digits = parse_digits(text)
    if digits is None:
        return None
    try:
        number = phonenumbers.parse(f"+{digits}" if _PLUS.search(text.lower()) else digits, REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
