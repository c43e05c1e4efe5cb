"""The test calls of every line, each on a fresh backend in virtual time: what `cordboard eval` runs."""

from pathlib import Path

import pytest

from pipeline.testcalls.script import Scripted, read_calls
from server.testcalls import run_call

pytestmark = pytest.mark.call

LINES = Path(__file__).parents[2] / "lines"
CALLS = [(folder.parent, one) for folder in sorted(LINES.glob("*/calls")) for one in read_calls(folder.parent)]


@pytest.mark.parametrize(
    ("folder", "scripted"), CALLS, ids=[f"{folder.name}: {one.call.name}" for folder, one in CALLS]
)
def test_a_lines_call_goes_as_its_operator_wants(folder: Path, scripted: Scripted, opened):
    outcome = run_call(opened(folder), scripted)
    assert outcome.passed, "\n".join(f"{one.where}: {one.what}" for one in outcome.failures)


@pytest.fixture
def passes(opened):
    """Play calls of a line by their names; each must go as it should."""

    def play(line: str, *names: str) -> None:
        calls = {one.call.name: (folder, one) for folder, one in CALLS if folder.name == line}
        for name in names:
            outcome = run_call(opened(calls[name][0]), calls[name][1])
            assert outcome.passed, outcome.failures

    return play


@pytest.mark.row(16)
def test_troubleshooting_follows_what_came_of_each_step(passes):
    passes(
        "saas",
        "The second step helps, and steps are repeated when asked",
        "No step helps, so there is a ticket with a service level",
        "A wrong month is all it was",
    )


@pytest.mark.row(43)
def test_an_order_is_looked_up_and_its_day_is_said(passes):
    passes("example", "An order that comes today", "The number is keyed in, and the order has a date")


@pytest.mark.row(44)
def test_money_goes_back_by_rule_and_by_a_persons_yes_only(passes):
    passes(
        "saas",
        "A refund is looked up, held against the rules, and paid after a person's yes",
        "Without a person's yes no money moves",
        "An invoice that is too old is not refunded",
    )


@pytest.mark.row(45, 150)
def test_a_password_is_reset_after_a_code_that_was_texted_and_never_said(passes):
    passes(
        "saas",
        "A password link goes out after a code that was texted",
        "A wrong code sends no password link",
        "A code that is said aloud is heard by nobody",
        "Texts are down, so no link is sent and the way without us is told",
    )


@pytest.mark.row(150)
def test_a_support_code_or_a_pin_stands_before_what_is_a_customers_own(passes):
    passes("saas", "Without proof no plan is told", "Another workspace is not told of with the own code")
    passes("bank", "Without the pin nobody hears a balance", "Another customer's pin opens nothing")


@pytest.mark.row(46)
def test_an_address_is_changed_after_a_code_and_a_read_back_and_the_old_one_is_kept(passes):
    passes(
        "saas",
        "The address for invoices is changed after a code and a read-back",
        "Without the code no address is changed",
    )


@pytest.mark.row(23)
def test_what_was_agreed_with_one_customer_is_told_to_that_one_only(passes):
    passes(
        "saas",
        "What the contract says is told to its customer, once verified",
        "Nobody else hears what a contract says",
        "Another customer does not hear it either",
    )


@pytest.mark.row(48)
def test_invoices_payments_renewals_discounts_and_transactions_are_read(passes, opened):
    passes(
        "saas",
        "Past invoices are read to those we know",
        "A failed payment",
        "Which plan, and when it renews",
        "A discount and until when it holds",
    )
    passes("bank", "The latest transactions")
    looks_up = {"saas": ("payments", "latest_invoice", "workspace"), "bank": ("transactions", "payment_status")}
    for folder, names in looks_up.items():
        specs = [opened(LINES / folder).line.tool_spec(name) for name in names]
        assert {spec.risk for spec in specs if spec is not None} == {"read_only"}


@pytest.mark.row(50)
def test_a_ticket_has_its_tags_and_a_field_and_a_failure_to_write_them_is_seen(passes):
    passes(
        "saas",
        "No step helps, so there is a ticket with a service level",
        "A ticket that cannot be tagged is open all the same, and that is said",
    )


@pytest.mark.row(54)
def test_things_are_returned_or_exchanged_by_what_is_in_stock_and_questions_on_them_answered(passes):
    passes(
        "example",
        "A damaged tent goes back",
        "The wrong item is exchanged for the right one, which is in stock",
        "What is sold out is returned and not exchanged",
        "Who does not want the right one gets a label",
        "A question about a product",
    )


@pytest.mark.row(52)
def test_the_customer_record_is_read_and_has_the_call_when_it_is_over(passes):
    passes(
        "saas",
        "The customer record is read, and has the call when it is over",
        "Who is not verified leaves nothing in a customer record",
    )


@pytest.mark.row(53, 55)
def test_an_appointment_is_offered_booked_and_confirmed_by_a_text_to_who_agreed(passes):
    passes(
        "bank",
        "An appointment is offered and booked",
        "Who does not want to be texted is not",
        "Texts are down, and the appointment is booked all the same",
        "Who withholds the number is not asked about a text",
    )


@pytest.mark.row(47)
def test_plan_and_balance_are_told_to_those_we_know(passes):
    passes("saas", "Which plan, and when it renews", "Without proof no plan is told")
    passes("bank", "A verified caller hears the balance", "Without the pin nobody hears a balance")


@pytest.mark.row(49)
def test_what_is_not_resolved_leaves_a_ticket_with_priority_and_service_level(passes):
    passes(
        "saas",
        "No step helps, so there is a ticket with a service level",
        "Something else becomes a ticket with two days",
    )


@pytest.mark.row(51)
def test_a_known_outage_is_told_within_one_turn_and_no_ticket_is_doubled(passes):
    passes(
        "saas", "A known outage is told within one turn", "A second call about the same trouble makes no second ticket"
    )


@pytest.mark.row(56)
def test_plans_are_changed_and_cancelled_by_a_persons_yes_only(passes):
    passes(
        "saas",
        "An upgrade waits for a person, and is done after their yes",
        "A cancellation waits for a person, who says no",
    )


@pytest.mark.row(57)
def test_a_lost_card_is_blocked_for_who_is_verified_and_goes_to_the_fraud_team_else(passes):
    passes(
        "bank",
        "A verified caller's lost card is blocked at once",
        "A caller who is not verified gets the fraud team, and no block",
        "Claims and pressure do not replace proof",
        "The latest transactions",
    )


@pytest.mark.row(146)
def test_a_card_is_ordered_after_a_persons_yes(passes):
    passes("bank", "A new card is ordered only after a person's yes")


def test_the_software_line_answers_its_questions(passes):
    passes("saas", "Questions about the API and how to begin", "Is it down", "A failed payment")


def test_three_industries_are_lines_of_data():
    with_calls = {folder.name for folder, _ in CALLS}
    assert {"example", "saas", "bank"} <= with_calls
    assert not list(LINES.rglob("*.py"))


def test_what_is_keyed_in_as_a_secret_stands_in_no_event_of_a_text_call(opened):
    (scripted,) = [one for _, one in CALLS if one.call.name == "A verified caller hears the balance"]
    outcome = run_call(opened(LINES / "bank"), scripted)
    assert outcome.passed
    assert "204815" in repr(outcome.events)
    assert "7316" not in repr(outcome.events)
