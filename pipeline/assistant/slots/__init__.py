"""Answers into values: pure parsers over what a recogniser wrote (lower case, words, errors) as well as typed text."""

from pipeline.assistant.slots.corrections import Correction, corrected_digits, split_correction
from pipeline.assistant.slots.dates import parse_date
from pipeline.assistant.slots.digits import find_digit_strings, parse_digits
from pipeline.assistant.slots.emails import parse_email
from pipeline.assistant.slots.money import parse_money
from pipeline.assistant.slots.names import parse_name
from pipeline.assistant.slots.phones import parse_phone
from pipeline.assistant.slots.quantities import parse_number
from pipeline.assistant.slots.spelled import parse_spelled
from pipeline.assistant.slots.yes_no import parse_yes_no

__all__ = [
    "Correction",
    "corrected_digits",
    "find_digit_strings",
    "parse_date",
    "parse_digits",
    "parse_email",
    "parse_money",
    "parse_name",
    "parse_number",
    "parse_phone",
    "parse_spelled",
    "parse_yes_no",
    "split_correction",
]
