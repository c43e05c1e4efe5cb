"""A short question right after an answer is about what was answered, where the documents say something of it there."""

import asyncio

import pytest

from knowledge.follow_up import find_after
from knowledge.ingest import ingest
from knowledge.retrieve import Found, LocalRetrieval
from tests.fakes.english import EXAMPLE

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def retrieval(tmp_path_factory: pytest.TempPathFactory) -> LocalRetrieval:
    return LocalRetrieval(ingest(EXAMPLE / "knowledge", tmp_path_factory.mktemp("data")))


def after(retrieval: LocalRetrieval, document: str, topic: str, question: str) -> Found:
    return asyncio.run(find_after(document, topic, question, retrieval, 5_000))


@pytest.mark.parametrize(
    ("document", "topic", "question", "section"),
    [
        ("returns.md", "Returns", "what about underwear", "what-cannot-be-returned"),
        ("payment.md", "Payment", "what about paypal", "ways-to-pay"),
        ("rentals.md", "Gear rental", "what about tents", "what-you-can-rent"),
        ("shipping-us.md", "Shipping in the United States", "and if it gets lost", "lost-or-stolen-parcels"),
        ("shipping-us.md", "Shipping in the United States", "and how long does it take", "how-long-shipping-takes"),
        ("repairs.md", "Repairs", "and how long does it take", "how-long-repairs-take"),
        ("gift-cards.md", "Gift cards", "and do they expire", "do-gift-cards-expire"),
        ("rentals.md", "Gear rental", "and how much is it", "what-renting-costs"),
        ("shipping-canada.md", "Shipping to Canada", "how much is it", "shipping-to-canada"),
    ],
)
def test_what_is_asked_after_an_answer_is_about_its_topic(retrieval, document, topic, question, section):
    found = after(retrieval, document, topic, question)
    assert found.certain
    assert (found.passages[0].document, found.passages[0].section) == (document, section)


@pytest.mark.parametrize("question", ["what about the moon", "and is it dangerous", "what about it", "how about a job"])
def test_what_the_topic_says_nothing_of_stays_unanswered(retrieval, question):
    for document, topic in (("shipping-us.md", "Shipping in the United States"), ("rewards.md", "Trail Rewards")):
        assert not after(retrieval, document, topic, question).certain


def test_what_the_topic_names_in_passing_is_not_what_it_says(tmp_path):
    bank = LocalRetrieval(ingest(EXAMPLE.parent / "bank" / "knowledge", tmp_path))
    assert after(bank, "savings.md", "Savings", "and checking").passages[0].document != "savings.md"
    assert after(bank, "transfers.md", "Transfers", "and how long does it take").passages[0].document == "transfers.md"


def test_who_names_another_topic_is_answered_from_that(retrieval):
    found = after(retrieval, "rewards.md", "Trail Rewards programme", "and do gift cards expire")
    assert found.passages[0].section == "do-gift-cards-expire"
    long = "well and then how long does it take you people to do that"
    assert after(retrieval, "repairs.md", "Repairs", long) == asyncio.run(retrieval.find(long, 5_000))
