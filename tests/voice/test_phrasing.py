import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voice.phrasing import LONGEST_CLAUSE, clauses, speakable

pytestmark = pytest.mark.unit

SPOKEN = {
    # identifiers
    "Your order 41729 was sent.": "Your order four one seven two nine was sent.",
    "Order number #4471 is TK-4821.": "Order number four four seven one is T K, four eight two one.",
    "your order number is 412907": "your order number is four one two, nine zero seven",
    "Tracking number 1Z999AA1": "Tracking number one, Z, nine nine nine, ay ay, one",
    "Your zip code is 02139.": "Your zip code is zero two one three nine.",
    "I have 4 1 7 2 9": "I have four one seven two nine",
    "item 3 of order 12": "item three of order twelve",
    "your order is late": "your order is late",
    "press 1, or dial ext. 204": "press one, or dial extension two zero four",
    # phone numbers and addresses
    "Call (415) 555-2671.": "Call four one five, five five five, two six seven one.",
    "4155552671": "four one five, five five five, two six seven one",
    "or 555-2671": "or five five five, two six seven one",
    "+44 20 7946 0958": "plus four four, two zero, seven nine four six, zero nine five eight",
    "repairs@trail-head.example.com": "repairs at trail dash head dot example dot com",
    "see https://www.trailhead.com/returns.": "see trailhead dot com slash returns.",
    # money
    "$1,234.50": "one thousand two hundred thirty-four dollars and fifty cents",
    "$1, $0.99 and $0.01": "one dollar, ninety-nine cents and one cent",
    "€1.2 million or £20k": "one point two million euros or twenty thousand pounds",
    "US$5.00": "five dollars",
    # dates and times
    "by 2025-11-21.": "by November twenty-first, twenty twenty-five.",
    "on 11/02/2025": "on November second, twenty twenty-five",
    "Nov 21, 2025 at 12:00 pm": "November twenty-first, twenty twenty-five at noon",
    "Sept. 3rd": "September third",
    "arrive by 3 May.": "arrive by May third.",
    "You may take 3.": "You may take three.",
    "9am–5:30pm": "nine a.m. to five thirty p.m.",
    "10:00-16:00": "ten o'clock to four p.m.",
    "closes at 6 pm.": "closes at six p.m.",
    "at 9:05 a.m. sharp": "at nine oh five a.m. sharp",
    "midnight is 12 am": "midnight is midnight",
    "Mon–Fri 8:30am": "Monday to Friday eight thirty a.m.",
    "since 1998 and in 2005": "since nineteen ninety-eight and in two thousand five",
    # measures and plain numbers
    "a 65-liter pack": "a sixty-five-liter pack",
    "The 65L pack weighs 2.5 kg": "The sixty-five liter pack weighs two point five kilograms",
    "5 lb 8 oz": "five pounds eight ounces",
    "1 lb": "one pound",
    "a 100W panel": "a one hundred watt panel",
    "-10°C or 14 °F": "minus ten degrees Celsius or fourteen degrees Fahrenheit",
    "3-5 days": "three to five days",
    "20% off": "twenty percent off",
    "the 1st and 23rd": "the first and twenty-third",
    "1,000 of 12,345.67": "one thousand of twelve thousand three hundred forty-five point six seven",
    "1/2 the price, 24/7": "one half the price, twenty-four seven",
    "version 2.0.1": "version two point zero point one",
    # abbreviations and markup
    "Dr. Smith, 12 Main St.": "Doctor Smith, twelve Main Street",
    "tents & packs, e.g. ours": "tents and packs, for example ours",
    "**Bold**, `code` and [our page](http://x.y/z)": "Bold, code and our page",
    "and/or": "and or or",
}


@pytest.mark.parametrize(("written", "said"), SPOKEN.items())
def test_it_is_said_as_a_person_would(written, said):
    assert speakable(written) == said


@pytest.mark.parametrize("written", SPOKEN)
def test_saying_it_twice_changes_nothing(written):
    assert speakable(speakable(written)) == speakable(written)


FRAGMENTS = ["order", "#", "$", "12", "41729", "-", "–", "/", ".", ",", " ", "am", "pm", ":", "30", "Nov", "2025",
             "A1", "%", "kg", "L", "@", "x.com", "St.", "No.", "1st", "°C", "&", "+", "(", ")", "0",
             "é", "½", "²", "and"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@example(["12", ":", "30", "pm", "."])
@example(["-", "&"])
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12))
def test_no_ascii_digit_is_left_and_nothing_breaks(parts):
    said = speakable("".join(parts))
    assert not any(character in "0123456789" for character in said)
    assert speakable(said) == said


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["en", "en-GB", "es", "de", ""]))
def test_any_text_is_spoken_somehow(text, language):
    assert isinstance(speakable(text, language), str)


def test_other_languages_keep_their_numbers_but_long_ones_are_said_digit_by_digit():
    assert speakable("Su pedido 41729 cuesta 12,50 €", "fr") == "Su pedido 4 1 7 2 9 cuesta 12,50 €"


def test_clauses_end_where_sentences_do():
    text = "Hello there! Dr. J. Smith is in: it costs $12.50, e.g. today. We open at 9 a.m. on Monday. Is that all?"
    assert clauses(text) == [
        "Hello there!",
        "Dr. J. Smith is in:",
        "it costs $12.50, e.g. today.",
        "We open at 9 a.m. on Monday.",
        "Is that all?",
    ]
    assert clauses("We close at 5 p.m. Call again.") == ["We close at 5 p.m.", "Call again."]
    assert clauses("It is No. 7. No. It is not.") == ["It is No. 7.", "No.", "It is not."]
    assert clauses('He said "stop." Then left.') == ['He said "stop."', "Then left."]
    assert clauses("") == []


def test_a_long_sentence_is_cut_where_one_breathes():
    text = (
        "Your order left our warehouse in Portland on Tuesday morning, and it should reach the address that you gave "
        "us by Thursday evening unless the carrier is held up by the storm in the mountains."
    )
    parts = clauses(text)
    assert parts[0].endswith("morning,") or parts[0].endswith("us")
    assert all(len(part) <= LONGEST_CLAUSE for part in parts)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from(" abcDr.,!?:;0159—and "), max_size=400))
def test_clauses_lose_nothing(text):
    parts = clauses(text)
    assert " ".join(parts) == " ".join(text.split())
    assert all(parts)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Cuesta $12.50 y llega en 3-5 días.", "Cuesta 12 dólares con 50 centavos y llega en 3 a 5 días."),
        ("Son $1,250.", "Son 1250 dólares."),
        ("Son $12,500.", "Son 12500 dólares."),
        ("El 20% de descuento.", "El 20 por ciento de descuento."),
        ("Abrimos de 9:00 AM a 6:30 p. m.", "Abrimos de 9 de la mañana a 6 y 30 de la tarde"),
        ("Escriba a ayuda@tienda.com", "Escriba a ayuda arroba tienda punto com"),
        ("Pesa 3 kg o 7 lbs.", "Pesa 3 kilos o 7 libras."),
        ("El Sr. López, pedido No. 12345", "El señor López, pedido número 1 2 3 4 5"),
        ("Su pedido está en camino.", "Su pedido está en camino."),
    ],
)
def test_spanish_is_said_as_people_say_it(written, said):
    assert speakable(written, "es") == said
    assert speakable(said, "es-MX") == said
