"""Which clauses state nothing, and which tell of the call's own matter."""

import pytest

from pipeline.assistant.guard.stance import asks, disclaims, feels, lately, offers, seeks_assent

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "clause", ["How old is the crown?", "Have you opened the box?", "¿Necesita algo más?", "In which season?"]
)
def test_a_question_states_nothing(clause: str):
    assert asks(clause)


@pytest.mark.parametrize("clause", ["Your refund is on its way, okay?", "Did you know your refund is on its way?"])
def test_a_statement_is_none_for_its_question_mark(clause: str):
    assert not asks(clause)
    assert seeks_assent(clause)


@pytest.mark.parametrize(
    "clause", ["I can't see your account.", "So, I don't know that.", "I haven't booked a hotel.", "No puedo ver eso."]
)
def test_who_owns_a_limit_states_nothing(clause: str):
    assert disclaims(clause)


@pytest.mark.parametrize("clause", ["We don't accept cheques.", "We can't ship to islands.", "No fee is charged."])
def test_what_the_company_does_not_do_is_a_rule(clause: str):
    assert not disclaims(clause)


@pytest.mark.parametrize(
    "clause",
    [
        "I can take a message.",
        "Let me check that.",
        "Shall I connect you with a colleague?",
        "Le puedo pasar con un compañero.",
    ],
)
def test_a_message_a_person_and_another_look_are_always_to_be_had(clause: str):
    assert offers(clause) or asks(clause)


@pytest.mark.parametrize("clause", ["I can refund it.", "Let me cancel it for you.", "I'll send you a new one."])
def test_nothing_else_is_offered_for_nothing(clause: str):
    assert not offers(clause)


def test_courtesy_ends_at_the_comma():
    assert feels("I'm sorry about your crown.")
    assert not feels("Thank you, the driver has it.")


@pytest.mark.parametrize(
    "clause",
    [
        "Your parcel has been found.",
        "The driver is coming.",
        "It was handed in at noon.",
        "You're on the Plus plan.",
        "Su cita está confirmada.",
    ],
)
def test_what_happened_or_is_now_is_told_of_the_call(clause: str):
    assert lately(clause)


@pytest.mark.parametrize(
    "clause", ["Parcels are kept for a week.", "If it was damaged, we replace it.", "You can cancel in the settings."]
)
def test_what_holds_for_all_is_not(clause: str):
    assert not lately(clause)
