"""What an agent hears before the caller: short, without secrets, and as much as matters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.handoff.briefing import Pace, briefing, shortened
from pipeline.handoff.story import story
from pipeline.handoff.words import languages, words
from tests.fakes.told_calls import ABOUT, ToldCall, refund_that_fails
from tests.pipeline.handoff.test_summary import TURNS

pytestmark = pytest.mark.unit


def spoken(call: ToldCall, language: str = "en", pace: Pace | None = None) -> str:
    return briefing(story(call.events, ABOUT), words(language), pace or Pace())


def test_a_briefing_says_who_what_went_wrong_and_how_they_feel():
    assert spoken(refund_that_fails()) == (
        "Transfer from Ana Ruiz, verified by pin. Says: I want a refund of order 10482, the tent arrived broken. "
        "Refund failed: the system was not reached. They are angry."
    )


def test_a_caller_of_another_language_is_not_quoted_and_the_language_is_told():
    call = ToldCall(language="es").says("quiero devolver algo", "start_return")
    assert spoken(call) == "Transfer. Caller not verified. About: start return. Speaks Spanish."
    assert spoken(call, "es") == "Llamada. Persona sin verificar. Dice: quiero devolver algo."


def test_a_reason_that_matters_is_told():
    call = ToldCall().says("my husband died", "question")
    call.escalates("bereavement", "Somebody has died, and the caller speaks of it.", "husband died")
    assert "Somebody has died" in spoken(call)


def test_the_number_of_the_order_is_told_once_it_is_certain_and_the_customer_s_own_never():
    call = ToldCall().says("it broke", "refund").says("10482", slots={"order_number": "10482"}, via="dtmf")
    assert "Order number: 10482." in spoken(call)
    own = ToldCall().says("it broke", "refund").says("204815", slots={"customer_number": "204815"}, via="dtmf")
    assert "204815" not in spoken(own)
    unsure = ToldCall().says("it broke", "refund").says("one oh four", slots={"order_number": "10482"})
    assert "10482" not in spoken(unsure)


def test_with_less_time_what_matters_least_is_left_out():
    short = spoken(refund_that_fails(), pace=Pace(most_s=8.0))
    assert short == (
        "Transfer from Ana Ruiz, verified by pin. About: refund. Refund failed: the system was not reached. "
        "They are angry."
    )
    assert spoken(refund_that_fails(), pace=Pace(most_s=3.0)).startswith("Transfer from Ana Ruiz")


@pytest.mark.edge("packet too large for a header or a briefing")
@pytest.mark.row(78)
@given(TURNS, st.sampled_from(languages()), st.floats(1.0, 20.0), st.text(max_size=60))
def test_a_briefing_is_never_longer_than_it_may_be(turns, language, most_s, name):
    call = ToldCall().verified(name=name)
    for said, intent, used, error in turns:
        call.says(f"{said} 4155550101 and 12345678", intent, slots={"order_number": "123456789012"}, via="speech")
        if used:
            call.uses(used, {}, {}, error=error)
    pace = Pace(most_s=most_s)
    for one in (pace, Pace()):
        text = spoken(call.wants_person(), language, one)
        assert one.seconds(text, language) <= one.most_s


def test_a_text_without_room_for_a_word_is_no_text():
    assert shortened("123456789012345", "en", Pace(most_s=0.4)) == ""
