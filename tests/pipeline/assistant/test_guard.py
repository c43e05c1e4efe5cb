"""What a language model may say to a caller."""

import pytest

from pipeline.assistant.guard import objection

pytestmark = pytest.mark.unit

SOURCES = "Returns\nYou can return it within 30 days. Shipping costs 4.99.\nmy order is 47129"


@pytest.mark.parametrize(
    "clause",
    [
        "I've cancelled your order.",
        "I have just sent you an email,",
        "I'll refund that for you.",
        "Your order has been shipped.",
        "We are going to process your return,",
        "I went ahead and updated it, I changed the address.",
        "I am going to transfer you now.",
        "Your account is now closed, it was removed.",
    ],
)
def test_claims_of_actions_are_not_spoken(clause):
    assert "claims" in objection(clause, SOURCES)


@pytest.mark.parametrize("clause", ["It takes 45 days.", "That is $12.50.", "Call us at 555-0100.", "By 5:30."])
def test_figures_that_nobody_gave_are_not_spoken(clause):
    assert "figure" in objection(clause, SOURCES)


@pytest.mark.parametrize(
    "clause",
    [
        "You can return it within 30 days,",
        "shipping costs 4.99.",
        "Is 47129 your order?",
        "Unpaid orders are not shipped.",
        "I'm sorry, I don't know that.",
        "Would you like me to take a message?",
        "You can cancel an order on our website.",
    ],
)
def test_what_rests_on_the_sources_is_spoken(clause):
    assert objection(clause, SOURCES) == ""
