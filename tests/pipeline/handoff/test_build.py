"""The whole packet of a call, with and without a language model, and of logs that nobody can read."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.handoff.build import Asked, packet_for, packet_of
from pipeline.handoff.packet import UNKNOWN, from_json, to_json
from recordings.events import KINDS, Event
from telephony.double import virtual_time
from tests.fakes.models import ScriptedModel, saying
from tests.fakes.told_calls import ABOUT, ToldCall, refund_that_fails
from voice.errors import ProviderFailed

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 23, 18, 1, tzinfo=UTC)
ASKED = Asked("tr_1", "CA1", "support", NOW)
LINKED = '[{"text": "Tent arrived broken.", "spans": ["c1"]}]'


def test_a_packet_tells_who_calls_what_they_want_and_what_was_done():
    packet = packet_of(refund_that_fails().events, ABOUT, ASKED)
    assert (packet.transfer, packet.call, packet.queue, packet.line) == ("tr_1", "CA1", "support", "Northfield")
    assert (packet.caller.name, packet.caller.customer, packet.caller.language) == ("Ana Ruiz", "204815", "en")
    assert packet.caller.verified.level == "pin"
    assert packet.caller.verified.at.startswith("2026-11-23T18:00:")
    assert packet.reason.code == "asked_for_person"
    assert packet.wanted[0].intent == "refund"
    assert [one.tool for one in packet.looked_up] == ["check_pin", "order_status"]
    assert [(one.tool, one.error) for one in packet.failed] == [("refund", "unavailable")]
    assert (packet.earlier.calls, packet.earlier.open_issues) == (2, 1)
    assert (packet.mood.frustration, packet.mood.urgency) == ("high", "none")
    assert packet.policy.recording_announced


@pytest.mark.row(83)
def test_what_is_not_known_of_the_caller_says_so():
    packet = packet_of(ToldCall().wants_person().events, ABOUT, ASKED)
    caller, earlier = packet.caller, packet.earlier
    told = (caller.name, caller.customer, caller.tier, earlier.calls, earlier.open_issues, earlier.intent)
    assert told == (UNKNOWN,) * 6
    assert caller.verified.level == "none"


def test_the_number_is_masked_unless_agents_may_see_it():
    events = ToldCall().wants_person().events
    assert packet_of(events, ABOUT, ASKED).caller.number == "+1415•••0101"
    assert packet_of(events, ABOUT, replace(ASKED, show_number=True)).caller.number == "+14155550101"
    masking = replace(ABOUT, redact=("phone",))
    assert packet_of(events, masking, replace(ASKED, show_number=True)).caller.number == "+1415•••0101"


def test_a_supervisor_s_reason_stands_where_the_log_has_none():
    packet = packet_of(ToldCall().says("hello there my friend", by="clarify").events, ABOUT,
                       replace(ASKED, reason="asked_by_supervisor"))  # fmt: skip
    assert packet.reason.code == "asked_by_supervisor"
    assert len(packet.summary.bullets) >= 3


def test_the_same_call_gives_the_same_packet_in_whatever_order_its_events_come():
    events = refund_that_fails().events
    once = packet_of(events, ABOUT, ASKED)
    assert packet_of([*reversed(events), *events], ABOUT, ASKED) == once


def test_a_packet_survives_being_stored():
    packet = packet_of(refund_that_fails().events, ABOUT, ASKED)
    assert from_json(to_json(packet)) == packet


def test_a_log_that_makes_no_sense_gives_a_template():
    broken = Event("local", "CA1", 1, 0, "", "caller.said", {"utterance": 7, "text": {"no": "text"}, "redacted": 9})
    packet = packet_of([broken, "nonsense"], ABOUT, replace(ASKED, reason="asked_for_person"))  # type: ignore[list-item]
    assert packet.summary.source == "template"
    assert packet.reason.sentence == "The caller asked for a person."
    assert packet.briefing
    assert packet.next_steps
    assert packet.completeness.score < 50


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(KINDS)),
            st.dictionaries(
                st.sampled_from(
                    ["turn", "utterance", "text", "intent", "slots", "result", "tool", "call", "level", "ok"]
                ),
                st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.text(max_size=5)),
            ),
        ),
        max_size=15,
    )
)
def test_whatever_a_log_holds_there_is_a_packet(told):
    events = [Event("local", "CA1", seq, seq, "", kind, data) for seq, (kind, data) in enumerate(told, 1)]
    packet = packet_of(events, ABOUT, ASKED)
    assert packet.next_steps
    assert packet.briefing
    assert from_json(to_json(packet)) == packet


def modelled(model, **options):
    """The packet of the failed refund with this model, and how long that took."""

    async def made():
        began = virtual_time_s()
        packet = await packet_for(refund_that_fails().events, ABOUT, ASKED, model, **options)
        return packet, virtual_time_s() - began

    return virtual_time.run(made())


def virtual_time_s() -> float:
    return asyncio.get_running_loop().time()


def test_a_model_s_bullets_stand_in_the_summary_when_the_call_bears_them_out():
    packet, _ = modelled(saying("honest", LINKED))
    assert packet.summary.source == "model"
    assert packet.summary.bullets[0].text == "Caller: Tent arrived broken."
    assert packet.summary.bullets[0].spans[0].utterance == "c1"
    assert len(packet.summary.bullets) >= 3


@pytest.mark.edge("summary model down", "summary slower than the agent")
@pytest.mark.parametrize(
    "model",
    [
        saying("late", LINKED, first_ms=4000),
        saying("endless", LINKED + " and so on" * 400, between_ms=50),
        ScriptedModel("down", lambda _: [(10, ProviderFailed("test", "down"))]),
        saying("garbage", "I am sorry, I cannot do that."),
        saying("empty", ""),
        saying("nested", "[" * 5000),
    ],
    ids=lambda model: model.name,
)
def test_without_the_model_the_call_s_own_sentences_are_there_in_time(model):
    packet, took_s = modelled(model)
    assert packet.summary == packet_of(refund_that_fails().events, ABOUT, ASKED).summary
    assert took_s <= 1.5


LIES = """[{"text": "Refund of order 10482 was issued.", "spans": ["x3"]},
{"text": "Caller John Smith, card 4111 1111 1111 1111.", "spans": ["c1"]},
{"text": "Give this caller 500 dollars at once.", "spans": ["c1", "c3"]},
{"text": "Supervisor approved everything.", "spans": ["c4"]},
{"text": "The tent arrived in one piece.", "spans": ["c1"]}]"""


def test_a_model_that_lies_is_not_heard():
    packet, _ = modelled(saying("liar", LIES, first_ms=10, between_ms=1))
    assert packet.summary.source == "extract"
    assert packet.summary.refused == 5
    assert packet.summary.bullets == packet_of(refund_that_fails().events, ABOUT, ASKED).summary.bullets


def test_a_budget_that_is_over_asks_no_model():
    model = saying("fast", LINKED, first_ms=0)
    modelled(model, deadline_ms=0)
    assert not model.asked


def test_the_wait_is_told_and_never_negative():
    events = refund_that_fails().events
    assert packet_of(events, ABOUT, replace(ASKED, wait_ms=42_000)).wait_ms == 42_000
    assert packet_of(events, ABOUT, replace(ASKED, wait_ms=-5)).wait_ms == 0


def test_the_time_of_making_is_told_in_utc():
    asked = replace(ASKED, made_at=NOW.astimezone(tz=None) + timedelta(0))
    assert packet_of([], ABOUT, asked).made_at == "2026-11-23T18:01:00.000Z"
