"""Answers into values: tables of what people say, and round trips over the many ways to say a number."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assistant.slots import (
    corrected_digits,
    find_digit_strings,
    parse_date,
    parse_digits,
    parse_money,
    parse_name,
    parse_spelled,
    parse_yes_no,
    split_correction,
)

pytestmark = pytest.mark.unit

WEDNESDAY = date(2025, 3, 12)
UNITS = ("oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@pytest.mark.parametrize(
    "text",
    [
        "yes", "yes please", "yeah", "yep", "yup", "that's right", "correct", "sure", "uh huh", "mm hmm", "i do",
        "it is",
        "that is correct", "yes that's not a problem", "okay", "please", "no wait yes", "go ahead", "yeah that's it",
        "sounds good",
        "yes yes yes", "absolutely", "i think so", "yes i would like to do that", "Yes, that's right.", "um yeah",
        "no problem",
    ],
)  # fmt: skip
def test_ways_to_agree_are_yes(text):
    assert parse_yes_no(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "no", "nope", "nah", "not really", "that's wrong", "i don't think so", "no thanks", "no thank you",
        "that's not right",
        "it isn't", "i don't", "no it's not", "of course not", "that's not mine", "that isn't my order",
        "absolutely not",
        "no that's incorrect", "it's not correct", "no, it's 12354", "right no", "yes sorry no", "nothing else",
        "that's all thanks",
        "no i want to change the delivery date please today", "know", "uh uh", "not quite", "I’m good",
    ],
)  # fmt: skip
def test_ways_to_refuse_are_no(text):
    assert parse_yes_no(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "", "no yes", "yes no", "yeah no", "i'm not sure", "i don't know", "is that right", "twelve", "one two three",
        "maybe",
        "i want to return a tent because it is not right for me", "what was that", "can i talk to a person",
    ],
)  # fmt: skip
def test_neither_or_both_is_undecided(text):
    assert parse_yes_no(text) is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("one two three four five", "12345"), ("double four triple nine", "44999"), ("oh five", "05"),
        ("twelve thirty", "1230"),
        ("one twenty three", "123"), ("four hundred", "400"), ("nineteen eighty four", "1984"), ("1-2-3", "123"),
        ("it's 12 345", "12345"), ("twelve thousand three hundred forty five", "12345"), ("one hundred and one", "101"),
        ("two thousand twenty four", "2024"), ("nineteen oh five", "1905"), ("my 2 orders, 12345", "12345"),
        ("one two for five", "1245"), ("won two three four five", "12345"), ("one two three um four five", "12345"),
        ("order 12,345", "12345"), ("order number nf-12345", "12345"), ("double oh seven", "007"), ("007", "007"),
        ("it's one two three four five i think", "12345"), ("(415) 555-2671", "4155552671"), ("twelve hundred", "1200"),
        ("five hundred twelve", "512"), ("can you check the status of my order number 12345?", "12345"), ("zero", "0"),
        ("one two three, then four five", "12345"), ("a hundred and twenty", "120"), ("five thousand", "5000"),
    ],
)  # fmt: skip
def test_spoken_numbers_become_the_digits_a_keypad_would_send(text, digits):
    assert parse_digits(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "where is my order",
        "between three to five days",
        "it costs $12.50",
        "at 5 pm",
        "the 5th",
        "too bad for you to go",
    ],
)
def test_what_is_no_number_gives_no_digits(text):
    assert parse_digits(text) is None


def test_digit_strings_are_found_apart_when_words_stand_between():
    assert find_digit_strings("order one two three four five from account double nine one") == ("12345", "991")


def ways_to_say(digits: str) -> st.SearchStrategy[str]:
    """Say digits one by one, in pairs, with repeats: any mixture that a listener reads in one way only."""

    @st.composite
    def said(draw: st.DrawFn) -> str:
        out: list[str] = []
        at = 0
        while at < len(digits):
            rest = digits[at:]
            open_tens = bool(out) and out[-1] in TENS
            ways = ["unit"] if not (open_tens and rest[0] != "0") else ["figure"]
            if len(rest) >= 2 and rest[0] in "123456789":
                ways.append("pair")
            if len(rest) >= 2 and rest[0] == rest[1]:
                ways.append("double")
            if len(rest) >= 3 and rest[0] == rest[1] == rest[2]:
                ways.append("triple")
            way = draw(st.sampled_from(ways))
            size = {"unit": 1, "figure": 1, "pair": 2, "double": 2, "triple": 3}[way]
            out.extend(_say(way, rest, draw))
            at += size
        return " ".join(out)

    return said()


def _say(way: str, rest: str, draw: st.DrawFn) -> list[str]:
    unit = draw(st.sampled_from(["oh", "zero", "o"])) if rest[0] == "0" else UNITS[int(rest[0])]
    if way == "unit":
        return [unit, *draw(st.sampled_from([[], [], ["um"], ["-"]]))]
    if way == "figure":
        return ["then", unit]
    if way in ("double", "triple"):
        return [way, unit]
    tens, ones = int(rest[0]), int(rest[1])
    if tens == 1:
        return [TEENS[ones]]
    return [TENS[tens], UNITS[ones]] if ones else [TENS[tens]]


@given(
    st.text("0123456789", min_size=1, max_size=12).flatmap(
        lambda digits: st.tuples(st.just(digits), ways_to_say(digits))
    )
)
def test_however_a_number_is_said_the_same_digits_come_back(case):
    digits, text = case
    assert parse_digits(text) == digits
    assert find_digit_strings(f"my order is {text} thanks") == (digits,)


@given(st.text(max_size=80))
def test_no_parser_raises_on_any_text(text):
    parse_yes_no(text)
    parse_digits(text)
    parse_money(text)
    parse_spelled(text)
    parse_name(text)
    parse_date(text, WEDNESDAY)
    split_correction(text)
    corrected_digits("12345", text)


@given(
    st.lists(
        st.sampled_from(
            [
                *UNITS,
                *TEENS,
                *TENS[2:],
                "hundred",
                "thousand",
                "million",
                "double",
                "and",
                "a",
                "to",
                "march",
                "12",
                "0",
            ]
        ),
        max_size=9,
    )
)
def test_any_heap_of_number_words_is_read_without_error(said):
    text = " ".join(said)
    for found in find_digit_strings(text):
        assert found.isdecimal()
    parse_date(text, WEDNESDAY)
    parse_money(text)


@pytest.mark.parametrize(
    ("text", "rejected", "rest"),
    [
        ("no, it's 12354", True, "it's 12354"), ("not five four, four five", True, "four five"), ("no", True, ""),
        ("12345 no wait 12354", True, "12354"), ("it's 12345 not 12354", True, "it's 12345"),
        ("that's wrong", True, ""),
        ("it's not 12354 it's 12345", True, "12345"), ("not five four four five", True, "four five"),
        ("no, not 12354", True, ""),
        ("friday no saturday", True, "saturday"), ("yes", False, "yes"), ("no problem", False, "no problem"),
        ("yes that's right", False, "yes that's right"),
        ("i want to know the status", False, "i want to know the status"),
        ("12345", False, "12345"), ("sorry, it's 12354", True, "it's 12354"),
        ("no that's right", False, "no that's right"),
    ],
)  # fmt: skip
def test_corrections_are_taken_apart(text, rejected, rest):
    correction = split_correction(text)
    assert (correction.rejected, correction.rest) == (rejected, rest)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("no, it's 12345", "12345"), ("not five four, four five", "12345"), ("no it ends in four five", "12345"),
        ("no not five four four five", "12345"), ("it's 12345 not 12354", "12345"), ("no it's four five", "12345"),
        ("no", None), ("no it's seven", None), ("nope one two three four five", "12345"),
    ],
)  # fmt: skip
def test_a_correction_of_a_part_repairs_the_number_that_was_read_back(text, digits):
    assert corrected_digits("12354", text) == digits


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("march twentieth", date(2025, 3, 20)), ("march third", date(2026, 3, 3)), ("next tuesday", date(2025, 3, 18)),
        ("the 5th", date(2025, 4, 5)), ("tomorrow", date(2025, 3, 13)), ("3/14", date(2025, 3, 14)),
        ("14/3", date(2025, 3, 14)),
        ("friday", date(2025, 3, 14)), ("next friday", date(2025, 3, 21)), ("wednesday", date(2025, 3, 19)),
        ("in three days", date(2025, 3, 15)), ("a week from monday", date(2025, 3, 24)),
        ("the twenty first", date(2025, 3, 21)),
        ("may i come on the fifth of may", date(2025, 5, 5)), ("2025-04-01", date(2025, 4, 1)),
        ("two weeks from now", date(2025, 3, 26)),
        ("march 3rd 2026", date(2026, 3, 3)), ("march the third twenty twenty six", date(2026, 3, 3)),
        ("the day after tomorrow", date(2025, 3, 14)), ("tuesday at five", date(2025, 3, 18)),
        ("tuesday march eighteenth", date(2025, 3, 18)),
        ("next week tuesday", date(2025, 3, 18)), ("february twenty ninth", date(2028, 2, 29)),
        ("last monday", date(2025, 3, 10)),
    ],
)  # fmt: skip
def test_days_are_named_in_many_ways(text, day):
    assert parse_date(text, WEDNESDAY) == day


@pytest.mark.parametrize(
    "text",
    ["", "february thirtieth", "13/45", "saturday or sunday", "12345", "may", "five", "i need a tent", "2/30/2025"],
)
def test_what_is_no_single_day_is_none(text):
    assert parse_date(text, WEDNESDAY) is None


def test_a_past_day_can_be_preferred():
    assert parse_date("march third", WEDNESDAY, prefer="past") == date(2025, 3, 3)
    assert parse_date("monday", WEDNESDAY, prefer="past") == date(2025, 3, 10)
    assert parse_date("three days ago", WEDNESDAY) == date(2025, 3, 9)


@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)), st.booleans())
def test_a_full_date_round_trips(day, numeric):
    text = f"{day.month}/{day.day}/{day.year}" if numeric else day.strftime("%B %d %Y")
    assert parse_date(text, WEDNESDAY) == day


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$12.50", "12.50"), ("12 dollars and 50 cents", "12.50"), ("twelve fifty", "12.50"), ("twelve dollars fifty",
        "12.50"),
        ("a hundred and twenty bucks", "120"), ("fifty cents", "0.50"), ("1,200", "1200"),
        ("two thousand five hundred dollars", "2500"),
        ("nineteen ninety nine", "19.99"), ("twelve fifty dollars", "1250"), ("one fifty dollars", "150"),
        ("twelve point five", "12.50"),
        ("three ninety nine", "3.99"), ("nineteen oh five", "19.05"), ("i paid about forty five dollars for it", "45"),
        ("a dollar fifty", "1.50"), ("$1,299.99", "1299.99"), ("it was 49.99", "49.99"),
    ],
)  # fmt: skip
def test_amounts_are_read(text, amount):
    assert parse_money(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "one fifty", "no idea", "between ten dollars and twenty dollars"])
def test_no_amount_or_an_ambiguous_one_is_none(text):
    assert parse_money(text) is None


@given(st.integers(0, 99_999), st.integers(0, 99))
def test_a_written_amount_round_trips(whole, cents):
    assert parse_money(f"${whole:,}.{cents:02d}") == Decimal(f"{whole}.{cents:02d}")
    assert parse_money(f"{whole} dollars and {cents} cents") == Decimal(f"{whole}.{cents:02d}")


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("s as in sam m i t h", "smith"), ("sierra mike india tango hotel", "smith"), ("s m i double t h", "smitth"),
        ("s-m-i-t-h", "smith"),
        ("b for boy o b", "bob"), ("smith that's s m i t h", "smith"), ("m see d o n a l d", "mcdonald"),
        ("o apostrophe b r i e n", "o'brien"),
        ("a b 1 2 3", "ab123"), ("n f one two three", "nf123"), ("w as in whiskey o n g", "wong"),
        ("s like sugar m like mary i t h", "smith"),
        ("d as in david, a, v, i, s", "davis"), ("double you o n g", "wong"), ("b", "b"),
        ("a b seven four two", "ab742"),
        ("it's AB742 i think", "ab742"),
        ("my reference is x k nine oh three", "xk903"),
    ],
)  # fmt: skip
def test_spelled_letters_become_a_word(text, letters):
    assert parse_spelled(text) == letters


@pytest.mark.parametrize(
    "text",
    ["", "see you", "are you there", "oh why", "i have a question", "one two three", "why are you", "my name is smith"],
)
def test_words_that_sound_like_letters_spell_nothing(text):
    assert parse_spelled(text) is None


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12))
def test_a_word_spelled_letter_by_letter_comes_back(word):
    assert parse_spelled(" ".join(word)) == word
    assert parse_spelled("-".join(word)) == word


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my name is jennifer smith", "Jennifer Smith"), ("williams", "Williams"), ("it's bob", "Bob"),
        ("the name's smith", "Smith"),
        ("this is mary jane o'brien", "Mary Jane O'Brien"), ("under johnson", "Johnson"), ("smith s m i t h", "Smith"),
        ("jen smyth that's s m y t h e", "Jen Smythe"), ("mcdonald", "McDonald"), ("it's van der berg", "Van der Berg"),
        ("mr robert de niro please", "Robert de Niro"), ("yes it's ann-marie jones", "Ann-Marie Jones"),
        ("my name is li", "Li"),
        ("jennifer smith speaking", "Jennifer Smith"), ("my last name is garcia", "Garcia"),
        ("i'm tom and i need help with my order", "Tom"),
    ],
)  # fmt: skip
def test_names_are_found_in_answers(text, name):
    assert parse_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "no", "i don't know", "i want to return a tent", "12345", "what do you mean", "a person please"]
)
def test_what_is_no_name_is_none(text):
    assert parse_name(text) is None
