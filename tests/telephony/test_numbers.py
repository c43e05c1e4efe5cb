import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.numbers import Caller, NotANumber, mask, parse_caller, parse_number

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("+14155552671", "+14155552671"),
        ("(415) 555-2671", "+14155552671"),
        ("1 415 555 2671", "+14155552671"),
        ("+44 20 7946 0018", "+442079460018"),
    ],
)
def test_numbers_are_read_as_people_and_carriers_write_them(written, e164):
    assert parse_number(written) == e164


def test_a_number_without_country_is_from_the_region():
    assert parse_number("020 7946 0018", "GB") == "+442079460018"


@pytest.mark.parametrize("text", ["", "anonymous", "12", "+1", "+999123", "1" * 300, "call me", "+1415555267199999"])
def test_what_is_no_number_is_refused_and_not_repeated(text):
    with pytest.raises(NotANumber) as refused:
        parse_number(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize(
    ("sent", "caller"),
    [
        ("+14155552671", Caller("number", "+14155552671")),
        ("tel:+14155552671", Caller("number", "+14155552671")),
        (None, Caller("withheld", "")),
        ("", Caller("withheld", "")),
        ("anonymous", Caller("withheld", "")),
        ("Anonymous", Caller("withheld", "")),
        ("+266696687", Caller("withheld", "")),
        ("+7378742833", Caller("withheld", "")),
        ("+2562533", Caller("withheld", "")),
        ("+8656696", Caller("withheld", "")),
        ("+86282452253", Caller("withheld", "")),
        ("sip:anonymous@anonymous.invalid", Caller("withheld", "")),
        ("sip:+14155552671@pbx.example.com;transport=tls", Caller("sip", "+14155552671")),
        ("sip:204@pbx.example.com", Caller("sip", "")),
        ("sip:+1@pbx.example.com", Caller("sip", "")),
        ("client:desk-7", Caller("client", "")),
        ("whoever", Caller("unknown", "")),
        ("86753", Caller("unknown", "")),
    ],
)
def test_who_a_call_says_it_comes_from(sent, caller):
    assert parse_caller(sent) == caller
    assert caller.can_be_called_back is (caller.e164 != "")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("+14155552671", "+1415•••2671"),
        ("(415) 555-2671", "+1415•••2671"),
        ("+33123456789", "+3312•••89"),
        ("+442079460018", "+44207•••0018"),
        ("sip:+14155552671@pbx.example.com;user=phone", "sip:•••@pbx.example.com"),
        ("sip:desk", "sip:•••"),
        ("client:jane.doe", "client:•••"),
        ("anonymous", "withheld"),
        ("Jane Doe", "unknown"),
        (None, "withheld"),
    ],
)
def test_how_a_caller_appears_in_a_log(sent, shown):
    assert mask(sent) == shown


@given(st.text(alphabet=st.sampled_from("+0123456789 ()-"), max_size=30) | st.text())
def test_a_mask_never_raises_and_hides_three_digits_of_any_number(text):
    shown = mask(text)
    caller = parse_caller(text)
    if caller.kind == "number":
        assert sum(character.isdigit() for character in shown) <= len(caller.e164) - 1 - 3
