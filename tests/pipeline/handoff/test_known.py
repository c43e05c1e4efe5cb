"""Who calls, what they answered, and how they sound."""

from dataclasses import replace

import pytest

from pipeline.handoff.build import packet_of
from pipeline.handoff.known import Known
from pipeline.handoff.packet import Earlier, Verified
from pipeline.handoff.story import story
from tests.fakes.told_calls import ABOUT, DISCLOSURE, ToldCall
from tests.pipeline.handoff.test_build import ASKED

pytestmark = pytest.mark.unit


def read(call: ToldCall) -> Known:
    return story(call.events, ABOUT).known


def test_who_is_verified_is_told_with_how_and_when():
    known = read(ToldCall().says("it's me").verified("204815"))
    assert known.verified == Verified("pin", "check_pin", 4000, "2026-11-23T18:00:04+00:00")
    assert known.caller(show_number=False).customer == "204815"


def test_who_only_claims_to_be_somebody_is_nobody():
    known = read(ToldCall().says("it's me").verified("204815", "claimed", name="Ana", history={"calls": 3}))
    caller = known.caller(show_number=False)
    assert (caller.customer, caller.name) == ("unknown", "unknown")
    assert known.earlier == Earlier()


def test_a_name_is_the_caller_s_own_word_until_a_tool_gives_it():
    call = ToldCall().says("Ana Ruiz", slots={"name": "Ana Ruiz"})
    assert (read(call).name, read(call).name_verified) == ("Ana Ruiz", False)
    call.verified(name="Ana María Ruiz")
    assert (read(call).name, read(call).name_verified) == ("Ana María Ruiz", True)


def test_when_somebody_else_takes_the_phone_nothing_of_the_first_is_theirs():
    call = ToldCall().says("10482", slots={"order_number": "10482"}).verified(name="Ana", history={"calls": 2})
    call.told("identity.dropped", turn=call.turn, reason="another speaker")
    known = read(call)
    caller = known.caller(show_number=False)
    assert (caller.name, caller.customer, known.verified.level) == ("unknown", "unknown", "none")
    assert not known.facts
    assert known.earlier == Earlier()
    assert known.policy().speaker_changed


def test_how_sure_a_fact_is_depends_on_how_it_was_given():
    call = ToldCall().says("broken", slots={"reason": "broken"}, confidence=0.6)
    call.answers("Number?", expects="digits").says("one oh four eight two", confidence=0.7)
    call.answers("One oh four eight two?", expects="yes_no").says("yes", slots={"order_number": "10482"})
    call.answers("Zip?", expects="digits").says("94105", slots={"zip": "94105"}, via="dtmf")
    call.answers("A label?", expects="yes_no").says("yes", slots={"wants_label": True})
    facts = read(call).facts
    told = {name: (fact.value, fact.confidence, fact.confirmed) for name, fact in facts.items()}
    assert told == {
        "reason": ("broken", 0.6, "no"),
        "order_number": ("10482", 0.7, "read_back"),
        "zip": ("94105", 0.9, "keyed"),
        "wants_label": (True, 0.9, "no"),
    }
    assert [span.utterance for span in facts["order_number"].spans] == ["c2", "c3"]


def test_an_answer_that_was_corrected_is_told_as_it_stands_now():
    call = ToldCall().says("five", slots={"count": "5"}).says("no, six", slots={"count": "6"})
    assert read(call).facts["count"].value == "6"


def test_how_a_caller_felt_is_told_by_the_worst_of_it_and_where_it_goes():
    call = ToldCall().says("I am furious", feels={"anger": 0.9}).says("thank you")
    mood = read(call).mood()
    assert (mood.anger, mood.urgency, mood.sentiment, mood.trend) == ("high", "none", 0.0, "steady")
    assert read(ToldCall()).mood().anger == "unknown"


def test_the_recording_is_announced_once_it_was_heard_to_the_end():
    assert read(ToldCall()).announced
    cut = ToldCall()
    cut.events.clear()
    cut.answers(DISCLOSURE, heard="You speak")
    assert not read(cut).announced


def test_consents_are_told_as_they_stand():
    call = ToldCall().says("yes").told("consent.recorded", turn="t1", to="text", given=True)
    call.told("consent.recorded", turn="t1", to="text", given=False)
    assert [(one.to, one.given) for one in read(call).policy().consents] == [("text", False)]


def test_the_language_is_the_one_the_call_is_held_in_now():
    call = ToldCall().told("language.changed", turn="t1", reason="asked", **{"from": "en", "to": "es"})
    assert read(call).language == "es"


@pytest.mark.parametrize(
    ("number", "told"), [("anonymous", "withheld"), ("", "unknown"), ("sip:ana@example.com", "sip:•••@example.com")]
)
def test_a_caller_without_a_number_is_told_as_such(number, told):
    assert read(ToldCall(number)).caller(show_number=True).number == told


def test_what_the_caller_was_asked_to_do_is_told_with_what_came_of_it():
    about = replace(ABOUT, tried={"question.step_2": "Open a private window.", "question.second": "Restart it."})
    call = (
        ToldCall().says("I cannot log in", "question").says("no", "question", by="step", slots={"step_2": "not_done"})
    )
    call.says("skip that", "question", by="step", slots={"second": "skip"})
    packet = packet_of(call.events, about, ASKED)
    assert [(one.slot, one.value) for one in packet.facts] == [("tried_1", "did not help: Open a private window.")]
