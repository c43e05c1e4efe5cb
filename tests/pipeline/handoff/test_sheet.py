"""A packet as a page of text."""

import pytest

from pipeline.handoff.build import packet_of
from pipeline.handoff.sheet import packet_text
from tests.fakes.told_calls import ABOUT, ToldCall, refund_that_fails
from tests.pipeline.handoff.test_build import ASKED

pytestmark = pytest.mark.unit


def test_a_page_shows_all_that_an_agent_needs():
    page = packet_text(packet_of(refund_that_fails().events, ABOUT, ASKED))
    for told in (
        "Handoff tr_1 · call CA1 · queue support",
        "Ana Ruiz, +1415•••0101, language en, tier unknown, customer 204815",
        "Verified    pin, by check_pin, 2026-11-23T18:00:08+00:00 ✔",
        "Earlier     calls 2, open issues 1, last order status",
        "refund (failed, unavailable) order number 10482, amount 49.90 → nothing",
        "  - order number: 10482 (keyed in)",
        "Complete    100 of 100",
        "  00:02  caller    I want a refund of order 10482, the tent arrived broken",
    ):
        assert told in page


def test_an_empty_list_is_named():
    page = packet_text(packet_of(ToldCall().wants_person().events, ABOUT, ASKED))
    assert "Done        none" in page
    assert "Verified    not verified ✖" in page


def test_words_that_were_not_heard_are_told_apart():
    call = ToldCall().says("stop").answers("You have thirty days.", heard="You have")
    assert "assistant You have [not heard: thirty days.]" in packet_text(packet_of(call.events, ABOUT, ASKED))


def test_who_only_claims_to_be_somebody_is_not_ticked():
    call = ToldCall().says("my order", "order_status").verified(level="claimed")
    assert "Verified    says so, not verified ✖" in packet_text(packet_of(call.events, ABOUT, ASKED))
