"""Whether callers are understood in words of their own: what a line's real understanding makes of them."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.call

EXAMPLE = Path(__file__).parents[2] / "lines" / "example"
WHERE_IS_MY_ORDER = (
    "um yeah hi so i was just like wondering where my order is at",
    "where's my stuff",
    "wheres my order",
    "yo where's my package at",
    "so i ordered a tent like a week ago and uh it's still not here",
    "has my order shipped yet",
    "any news on my order",
    "i'm still waiting on my order",
    "the thing i bought hasn't shown up",
    "can you uh can you tell me the status of my order",
    "order status please",
    "what's going on with my order",
    "i wanna track my package",
    "wear is my order",
    "where is my oder",
    "where is my or der",
    "my parcel never came",
    "when's my order gonna get here",
    "is my order on its way",
    "how long till my order gets here",
    "did you guys send my order out",
    "i placed an order and i'm trying to find out where it is",
    "check on an order for me",
    "uh hello i i want to know where my my order is",
    "what's the eta on my order",
    "my stuff hasn't arrived yet",
    "looking for my order",
    "tell me where my delivery is",
    "i'd like an update on my order",
    "could you see if my order went out",
)


@pytest.mark.row(1)
def test_where_is_my_order_is_understood_however_it_is_said(opened):
    understanding = opened(EXAMPLE).understanding
    guesses = {text: understanding.intent(text) for text in WHERE_IS_MY_ORDER}
    others = {text: (one.intent, one.confidence) for text, one in guesses.items() if one.intent != "order_status"}
    assert others == {}
    # What is not sure is put to the caller as a question: "Is this about an order?"
    assert sum(one.sure for one in guesses.values()) >= 0.6 * len(guesses)
