from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.redact import KINDS, found, is_card, masked, passes_luhn, redacted, unfinished
from recordings.spoken_digits import digit_runs

pytestmark = pytest.mark.unit

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
SPANISH = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my card is 4111 1111 1111 1111 thanks", "my card is [card] thanks"),
        ("it's four one one one uh one one one one one one one one one one one one", "it's [card]"),
        ("forty one eleven eleven eleven eleven eleven eleven eleven", "[card]"),
        ("5500-0000-0000-0004 oh five twenty six one two three", "[card]"),
        ("cuatro uno uno uno, doble uno doble uno, uno uno uno uno, uno uno uno uno", "[card]"),
        (
            "it's for one one one one one one one one one one one one one one one",
            "it's for [card]",
        ),
        ("my social is 219-09-9999", "my social is [ssn]"),
        ("two one nine zero nine nine nine nine nine", "[ssn]"),
        ("my pin is 7316", "my pin is [pin]"),
        ("they asked for my pin and i told them it was 7 3 1 6", "they asked for my pin and i told them it was [pin]"),
        ("me pidieron la clave y les dije que era 7316", "me pidieron la clave y les dije que era [pin]"),
        ("somebody wanted my pin and my order is 12345", "somebody wanted my pin and my order is 12345"),
        ("my PIN number is seven three one six thanks", "my PIN number is [pin] thanks"),
        ("mi pin es siete tres uno seis", "mi pin es [pin]"),
        ("mi pin es 7316", "mi pin es [pin]"),
        ("la contraseña es 123456", "la contraseña es [pin]"),
        ("the code they sent me is 4 8 1 2 oh 5", "the code they sent me is [pin]"),
        ("my pin is 7316 and my customer number is 204815", "my pin is [pin] and my customer number is 204815"),
        ("john dot smith at example dot com please", "[email] please"),
        ("my email is maria at gmail dot com", "my email is [email]"),
        ("mi correo es ana punto ruiz arroba correo punto es", "mi correo es [email]"),
        ("send it to j.s+x@ex.co.uk", "send it to [email]"),
        ("call me at four one five five five five two six seven one", "call me at [phone]"),
        ("it's +34 612 345 678", "it's [phone]"),
        ("(415) 555-2671 or later", "([phone] or later"),
    ],
)
def test_what_must_not_be_kept_is_masked(text, kept):
    assert redacted(text) == kept
    assert redacted(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        "my order number is four seven one two nine",
        "order number 219099999 please",
        "my zip code is 94110",
        "discount code 2024 and error code 404",
        "mi código postal es 28013",
        "i typed my pin three times",
        "i forgot my pin my customer number is 204815",
        "the password for account 204815",
        "I have twenty five tents for 3 nights",
        "meet me at the store, dot",
        "at nine to five for two days",
        "it was 4111 1111 1111 1112",
        "we open at nine and close at seven",
        "",
    ],
)
def test_what_is_nobodys_secret_stays(text):
    assert redacted(text) == text


def test_only_what_the_policy_names_is_masked():
    text = "4111 1111 1111 1111 or j@ex.com"
    assert redacted(text, ["email"]) == "4111 1111 1111 1111 or [email]"
    assert redacted(text, []) == text


def test_a_number_that_is_still_coming_is_hidden():
    assert unfinished("four one one one one one") == "four one one one one one"
    assert unfinished("it is four one one one one one one") == "it is [number]"
    assert unfinished("my pin is seven three") == "my pin is [number]"


@st.composite
def cards(draw):
    length = draw(st.sampled_from([15, 16]))
    digits = draw(st.sampled_from("345")) + "".join(
        draw(st.lists(st.sampled_from("0123456789"), min_size=length - 2, max_size=length - 2))
    )
    card = next(digits + check for check in "0123456789" if passes_luhn(digits + check))
    return card if is_card(card) else "4111111111111111"


def _pair(pair):
    """Two digits as one number: "41" is "forty one"."""
    tens, unit = int(pair[0]), int(pair[1])
    if tens == 0:
        return f"oh {ENGLISH[unit]}"
    if tens == 1:
        return TEENS[unit]
    return TENS[tens - 2] + (f" {ENGLISH[unit]}" if unit else "")


def _spoken(draw, digits):
    words, at = [], 0
    language = draw(st.sampled_from([ENGLISH, SPANISH]))
    while at < len(digits):
        how = draw(st.sampled_from(["figure", "word", "pair", "double"]))
        if how == "pair" and language is ENGLISH and at + 1 < len(digits):
            words.append(_pair(digits[at : at + 2]))
            at += 2
        elif how == "double" and digits[at : at + 2] == digits[at] * 2:
            words.append(f"{'double' if language is ENGLISH else 'doble'} {language[int(digits[at])]}")
            at += 2
        else:
            words.append(digits[at] if how == "figure" else language[int(digits[at])])
            at += 1
        words.append(draw(st.sampled_from(["", "", "", "", "uh", ",", "-", "and"])))
    return " ".join(filter(None, words))


@pytest.mark.row(149)
@given(st.data())
def test_no_card_is_kept_however_it_is_said(data):
    card = data.draw(cards())
    said = _spoken(data.draw, card)
    before, after = (
        data.draw(st.sampled_from(["", "my card number is ", "sure "])),
        data.draw(st.sampled_from(["", " thanks"])),
    )
    text = f"{before}{said}{after}"
    kept = redacted(text)
    assert kept.count("[card]") == 1
    assert not any(len(run.digits) > 4 for run in digit_runs(kept))


@given(st.text(alphabet=st.sampled_from("0123456789 -+.@abcdot,"), max_size=80))
def test_any_text_is_read_and_what_is_found_lies_inside(text):
    spans = found(text, KINDS)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert redacted(redacted(text)) == redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "JOHN AT GMAIL DOT COM",
        "john\tat\ngmail dot\tcom",
        "juan arroba correo punto es",
        "john at gmail.com",
        "john at gmail .com",
        "at at at dot us",
    ],
)
def test_an_address_is_found_however_its_signs_are_written(text: str):
    assert [span.kind for span in found(text)] == ["email"]
    assert masked(text, found(text)) == redacted(text)
