"""The summary without a model: what is chosen, that it is short, and that every line says where it stands."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.handoff.build import packet_of
from pipeline.handoff.packet import Reason
from pipeline.handoff.story import story
from pipeline.handoff.summary import LEAST_BULLETS, MOST_BULLETS, MOST_WORDS, extracted, quoted
from pipeline.handoff.words import clipped, languages, words
from tests.fakes.told_calls import ABOUT, ToldCall, refund_that_fails
from tests.pipeline.handoff.test_build import ASKED

pytestmark = pytest.mark.unit


def texts(call: ToldCall, language: str = "en") -> dict[str, str]:
    told = story(call.events, ABOUT)
    return {one.kind: one.text for one in extracted(told, words(language), told.wishes.reason).bullets}


@pytest.mark.row(78)
def test_a_summary_says_what_is_wanted_what_happened_what_is_open_and_why_a_person():
    assert texts(refund_that_fails()) == {
        "wish": "Refund: “I want a refund of order 10482, the tent arrived broken”.",
        "said": "Said: “this is ridiculous, I have called three times”.",
        "done": "Changed nothing; looked up: order status (delivered, tent).",
        "open": "Open: refund failed: the system was not reached.",
        "reason": "Why: The caller asked for a person.",
    }


def test_what_the_agent_reads_is_in_the_agent_s_language_and_quotations_are_as_they_were_said():
    told = texts(refund_that_fails(), "es")
    assert told["wish"] == "Refund: «I want a refund of order 10482, the tent arrived broken»."
    assert told["reason"] == "Por qué: Pidió una persona."


def test_the_latest_wish_stands_first_not_the_one_that_was_served():
    call = ToldCall().says("how long do I have to return boots", "question").answers("Thirty days.", expects="open")
    call.wants_person("I want my money back, get me a manager", "get me a manager")
    assert texts(call)["wish"] == "In their words: “I want my money back”."


def test_who_only_asks_for_a_person_is_not_given_another_wish():
    assert texts(ToldCall().wants_person())["wish"] == "Asked for a person without saying why."
    served = ToldCall().says("where is my order", "order_status").answers("In the post.", expects="open")
    assert texts(served.wants_person())["wish"] == "Asked for a person without saying why, after: order status."


def test_what_a_tool_did_is_told_and_what_its_own_result_denies_is_not():
    did = ToldCall().says("send it back", "start_return").uses("start_return", {"order": "1"}, {"reference": "R701"})
    assert texts(did)["done"] == "Done: start return (R701)."
    did_not = ToldCall().says("send it back", "start_return").uses("start_return", {}, {"accepted": False})
    assert texts(did_not)["done"] == "Nothing was done in any system."
    assert texts(did_not)["open"] == "Open: start return failed: the system did not do it."


def test_of_a_result_is_told_what_says_something():
    result = {"found": True, "eta": 35, "phone": "+12125550131", "item": "trail tent", "status": "out_for_delivery"}
    call = ToldCall().says("where is it", "order_status").uses("order_status", {"item": "1"}, result)
    assert texts(call)["done"] == "Changed nothing; looked up: order status (out for delivery, trail tent)."
    none = ToldCall().says("where is it", "order_status").uses("order_status", {}, {"found": False, "item": "tent"})
    assert texts(none)["done"] == "Changed nothing; looked up: order status (not found)."


def test_what_failed_and_was_done_after_all_is_no_trouble():
    call = ToldCall().says("send it back", "start_return").uses("start_return", {}, error="late")
    call.uses("start_return", {}, {"reference": "R701"})
    assert "open" not in texts(call)


def test_what_waits_for_approval_is_open():
    call = ToldCall().says("my money please", "refund").uses("refund", {}, error="needs_approval", status="waiting")
    assert texts(call)["open"] == "Open: refund waits for approval."


def test_a_silent_call_has_no_summary_and_a_greeted_one_has():
    assert extracted(story([], ABOUT), words("en"), Reason()).bullets == ()
    assert len(texts(ToldCall())) >= 3


SENTENCES = ["yes", "I want my money back and I want it now because it broke. It broke twice!", "no"]
LETTERS = st.sampled_from("abc ñé,.!?;…“” I want refund not 123")
SAID = st.text(LETTERS, min_size=1, max_size=120) | st.sampled_from(SENTENCES)
INTENTS = st.sampled_from(["", "refund", "order_status", "question"])
USED = st.sampled_from(["", "refund", "start_return", "order_status"])
TURNS = st.lists(st.tuples(SAID, INTENTS, USED, st.sampled_from(["", "late", "refused"])), max_size=6)
"""What is said, wished, used, and how that fails."""


@pytest.mark.row(78)
@given(TURNS, st.sampled_from(languages()), st.booleans())
def test_a_summary_has_three_to_five_linked_bullets_of_sixty_words_at_most(turns, language, asks):
    call = ToldCall()
    for said, intent, used, error in turns:
        call.says(said, intent, by="" if intent else "clarify", missing=("order_number", "reason"))
        if used:
            call.uses(used, {"order_number": said[:9]}, {"reference": said, "found": False}, error=error)
        call.answers("Is there anything else?", expects="open" if len(said) % 2 else "text")
    if asks:
        call.wants_person()
    told = story(call.events, ABOUT)
    made = extracted(told, words(language), told.wishes.reason)
    said = {line.utterance for line in told.transcript}
    assert made.source == "extract"
    assert LEAST_BULLETS <= len(made.bullets) <= MOST_BULLETS
    assert sum(len(one.text.split()) for one in made.bullets) <= MOST_WORDS
    assert all(one.spans and {span.utterance for span in one.spans} <= said for one in made.bullets)


def test_every_bullet_points_at_the_words_it_is_made_of():
    packet = packet_of(refund_that_fails().events, ABOUT, ASKED)
    spans = {one.kind: [span.utterance for span in one.spans] for one in packet.summary.bullets}
    assert spans == {"wish": ["c1"], "said": ["c3"], "done": ["c2"], "open": ["c2"], "reason": ["c4"]}


def test_a_text_is_cut_between_words_and_says_so():
    assert clipped("one two three four", 3) == "one two three…"
    assert clipped("one two three", 3) == "one two three"


def test_a_quotation_is_cut_between_clauses_where_most_of_it_has_room():
    assert quoted("I want a refund of order five, it broke twice", 7) == "I want a refund of order five…"
    assert quoted("I want a refund of order five", 4) == "I want a refund…"
    assert quoted("he said “no”", 9) == "he said 'no'"


def test_of_a_long_story_the_clause_that_wishes_is_quoted():
    story_told = (
        "um yeah so I uh I bought this jacket right and the zipper it like broke after two days "
        "and I was wondering if I can get my money back or a new one or something"
    )
    assert quoted(story_told, 11) == "…and I was wondering if I can get my money back…"


def test_room_that_the_other_bullets_leave_is_the_caller_s():
    said = "the zipper of my jacket that I bought in spring is broken, it came off when I closed it"
    call = ToldCall().says(said, "refund")
    assert texts(call.wants_person())["wish"] == f"Refund: “{said}”."


def test_what_a_caller_begins_with_goes_before_what_only_has_more_words():
    said = "my jacket is broken and I wrote to anna dot miller at gmail dot com three long weeks ago and heard nothing"
    assert quoted(said, 12) == "my jacket is broken…"


def test_a_quotation_is_cut_with_one_mark():
    cut = quoted("first a thing and then I want to tell you all of a very long story that never ends and more", 7)
    assert "……" not in cut


def test_finding_out_who_calls_is_nothing_that_was_looked_up_for_them():
    call = ToldCall().says("my money", "refund").uses("check_pin", {}, {"verified": False})
    told = story(call.events, replace(ABOUT, checks=frozenset({"check_pin"})))
    bullets = {one.kind: one.text for one in extracted(told, words("en"), told.wishes.reason).bullets}
    assert bullets["done"] == "Nothing was done in any system."
