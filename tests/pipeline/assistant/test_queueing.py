"""Who gets a caller outside of hours, and what the caller hears."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.small_line import small_line, understands

pytestmark = pytest.mark.unit

FLOWS = """
hours:
  about: our hours
  steps:
    - say: "{hours.status}"
refund:
  about: a refund
  steps:
    - enqueue: {queue: billing, prompt: Please tell us your name.}
"""
BILLING = """
queues:
  - support
  - urgent
  - name: billing
    hours:
      time_zone: America/New_York
      weekly: {monday: ["09:00-17:00"], tuesday: ["09:00-17:00"]}
      holidays: [{date: 2027-05-31, name: Memorial Day}]
"""
SUNDAY_NIGHT = datetime(2027, 3, 15, 3, 0, tzinfo=UTC).astimezone(ZoneInfo("America/Los_Angeles"))
MONDAY = datetime(2027, 3, 15, 17, 0, tzinfo=UTC).astimezone(ZoneInfo("America/Los_Angeles"))
MEMORIAL_DAY = datetime(2027, 5, 31, 17, 0, tzinfo=UTC).astimezone(ZoneInfo("America/Los_Angeles"))


def call(now, more=""):
    line = small_line(FLOWS, BILLING + more)
    made = ScriptedCall(Dialogue(line, understands(line)))
    made.begin(now)
    return made


@pytest.mark.row(21)
def test_in_the_night_the_assistant_answers_and_a_callback_is_promised():
    night = call(SUNDAY_NIGHT)
    assert night.hears("hours")[0].startswith("We're closed right now")
    closed, prompt = night.hears("refund")
    assert closed == (
        "The people who take care of this are not there right now. "
        "We're closed right now, and open again tomorrow at 9 AM. They will call you back."
    )
    assert prompt == "Please tell us your name."
    night.hears("it is anna miller")
    (message,) = night.records("message.taken")
    assert (message["queue"], message["queue_state"]) == ("billing", "closed")


@pytest.mark.row(21)
def test_on_a_holiday_too_and_by_day_nothing_is_said_of_hours():
    assert "not there right now" in call(MEMORIAL_DAY).hears("refund")[0]
    day = call(MONDAY)
    assert day.hears("refund") == ["Please tell us your name."]
    day.hears("it is anna miller")
    assert day.records("message.taken")[0]["queue_state"] == "open"


@pytest.mark.row(3)
@pytest.mark.parametrize(
    ("said", "queue"),
    [
        ("please transfer me to billing", "billing"),
        ("can i talk to a person in accounts receivable", "billing"),
        ("let me talk to a person", "support"),
        ("a real person please it's urgent", "urgent"),
    ],
)
def test_a_person_is_looked_for_where_the_caller_says(said, queue):
    by_day = call(MONDAY, "    phrases: [accounts receivable]\n")
    by_day.hears(said)
    by_day.hears("it is anna miller about the last bill")
    assert by_day.records("message.taken")[0]["queue"] == queue


def test_another_queue_gets_the_message_where_the_line_names_one():
    night = call(SUNDAY_NIGHT, "    instead: night\n  - {name: night, hours: {time_zone: UTC, weekly: "
                 "{monday: ['00:00-23:59']}}}\n")  # fmt: skip
    assert night.hears("refund") == ["Please tell us your name."]
    night.hears("it is anna miller")
    (message,) = night.records("message.taken")
    assert (message["queue"], message["queue_state"], message["instead_of"]) == ("night", "open", "billing")


def test_an_emergency_of_a_queue_is_told_in_its_own_words():
    assert (
        call(MONDAY, '    emergency: "Our office had to be left."\n').hears("refund")[0] == "Our office had to be left."
    )


def test_a_queue_without_voicemail_takes_no_message():
    line = small_line(FLOWS, "queues: [support, urgent, {name: billing, voicemail: false}]")
    made = ScriptedCall(Dialogue(line, understands(line)))
    made.begin(MONDAY)
    assert made.hears("refund") == [
        "I'm sorry, nobody is free right now.",
        "Is there anything else I can help you with?",
    ]
    assert made.hears("hours")[0].startswith("We")
    assert made.records("message.taken") == []


def test_a_closed_queue_without_voicemail_promises_nothing():
    flows = FLOWS.replace("queue: billing, prompt", "queue: billing, unreachable: I can take a message., prompt")
    line = small_line(flows, BILLING + "    voicemail: false\n")
    made = ScriptedCall(Dialogue(line, understands(line)))
    made.begin(SUNDAY_NIGHT)
    closed, more = made.hears("refund")
    assert closed.endswith("open again tomorrow at 9 AM.")
    assert more == "Is there anything else I can help you with?"
    assert made.records("message.taken") == []
