import pytest

from recordings.events import Event
from recordings.fold import fold
from recordings.metrics.report import call_metrics, waits_to_json
from recordings.record import to_json

pytestmark = pytest.mark.unit


def events(*told):
    return [Event("test", "CA1", seq, at_ms, "", kind, data) for seq, (at_ms, kind, data) in enumerate(told, start=1)]


TOLD = (
    (0, "transfer.requested", {"turn": "t1", "transfer": "h1", "queue": "support", "reason": "asked_for_person",
                               "sentence": "The caller asked for a person.", "priority": "normal"}),
    (100, "transfer.offered", {"transfer": "h1", "offer": 0, "agent": "ana", "by": "desk"}),
    (150, "transfer.offered", {"transfer": "h1", "offer": 1, "agent": "ben", "by": "phone"}),
    (900, "transfer.answered", {"transfer": "h1", "offer": 0, "agent": "ana", "how": "declined", "reason": "lunch"}),
    (1900, "transfer.answered", {"transfer": "h1", "offer": 1, "agent": "ben", "how": "accepted", "reason": ""}),
    (2500, "transfer.connected", {"transfer": "h1", "offer": 1, "agent": "ben", "by": "phone"}),
    (4000, "agent.said", {"utterance": "p1", "agent": "ben", "text": "hello", "start_ms": 3000, "end_ms": 3900}),
    (9000, "transfer.over", {"transfer": "h1", "outcome": "completed", "why": "the caller left"}),
    (9100, "transfer.wrapped_up", {"transfer": "h1", "agent": "ben", "disposition": "solved", "note": "refunded"}),
)  # fmt: skip


def test_who_was_asked_who_took_the_call_and_how_it_ended_is_read_from_the_log():
    (one,) = fold(events(*TOLD)).transfers
    assert (one.queue, one.agent, one.connected_ms, one.outcome) == ("support", "ben", 2500, "completed")
    assert [(asked.agent, asked.by, asked.how, asked.reason) for asked in one.asked] == [
        ("ana", "desk", "declined", "lunch"),
        ("ben", "phone", "accepted", ""),
    ]
    assert (one.disposition, one.note) == ("solved", "refunded")


def test_where_they_spoke_and_nobody_listened_is_told():
    lost = (5_000, "listening.lost", {"transfer": "h1", "how": "process"})
    back = (6_000, "listening.back", {"transfer": "h1", "from_ms": 4_200})
    reset = (8_000, "listening.lost", {"transfer": "h1", "how": "reset"})
    record = fold(events(*TOLD[:7], lost, back, back, reset, *TOLD[7:]))
    assert to_json(record)["transfers"][0]["unheard"] == [
        {"from_ms": 4_200, "to_ms": 6_000, "how": "process"},
        {"from_ms": 8_000, "to_ms": None, "how": "reset"},
    ]


def test_what_an_agent_says_stands_in_the_transcript():
    record = fold(events(*TOLD))
    (said,) = record.utterances
    assert (said.speaker, said.text, said.start_ms, said.end_ms) == ("agent", "hello", 3000, 3900)
    assert to_json(record)["transfers"][0]["agent"] == "ben"


@pytest.mark.row(88)
def test_from_the_decision_to_a_persons_first_word_is_measured():
    (one,) = fold(events(*TOLD)).transfers
    assert (one.requested_ms, one.heard_ms, one.human_after_ms) == (0, 3000, 3000)
    assert to_json(fold(events(*TOLD)))["transfers"][0]["human_after_ms"] == 3000
    assert call_metrics("CA1", events(*TOLD)).human_after_ms == (3000,)


def test_a_person_who_has_not_spoken_to_the_caller_was_not_heard():
    spoke_before = (1000, "agent.said", {"utterance": "p1", "agent": "ben", "text": "hello", "start_ms": 800})
    (one,) = fold(events(*TOLD[:3], spoke_before, *TOLD[3:6])).transfers
    assert (one.heard_ms, one.human_after_ms) == (None, None)


def test_only_the_first_word_counts():
    again = (7000, "agent.said", {"utterance": "p2", "agent": "ben", "text": "bye", "start_ms": 6500, "end_ms": 6900})
    (one,) = fold(events(*TOLD[:7], again)).transfers
    assert one.heard_ms == 3000


def test_waits_of_several_calls_have_a_median_and_a_tail():
    assert waits_to_json([]) == {"n": 0, "p50_ms": None, "p95_ms": None}
    assert waits_to_json([1000, 2000, 3000]) == {"n": 3, "p50_ms": 2000, "p95_ms": 2900}


@pytest.mark.parametrize("kind", sorted({kind for _, kind, _ in TOLD}))
def test_what_another_version_wrote_is_read_as_far_as_it_goes(kind):
    fold(events((0, kind, {"transfer": "h1"}), (1, kind, {}), (2, kind, {"transfer": 7, "offer": "x"})))
