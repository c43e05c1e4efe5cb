"""Whose the caller is, from a call's events."""

from typing import Any

import pytest

from recordings.events import Event
from recordings.fold import fold
from recordings.whose import with_a_person

pytestmark = pytest.mark.unit


def events(*told):
    return [Event("local", "CA1", seq, at_ms, "", kind, data) for seq, (at_ms, kind, data) in enumerate(told, start=1)]


def spans(*told):
    return with_a_person(events(*told), 9000)


BRIDGING = (1000, "transfer.bridging", {"transfer": "h1", "by": "phone"})
TAKEN: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (1000, "supervisor.took_over", {}),
    (4800, "supervisor.handed_back", {}),
)
CONNECTED = (1500, "transfer.connected", {"transfer": "h1", "by": "phone"})


def test_an_agent_has_the_caller_from_the_bridging_until_the_transfer_is_over():
    assert spans(BRIDGING, CONNECTED, (4000, "transfer.over", {"outcome": "handed_back"})) == ((1000, 4000),)


@pytest.mark.parametrize("what", ["back", "lost", "nobody"])
def test_a_caller_whose_agent_is_gone_is_the_assistants_before_the_transfer_is_over(what):
    told = (3000, "transfer.told", {"what": what})
    assert spans(BRIDGING, told, (4000, "transfer.over", {"outcome": "nobody"})) == ((1000, 3000),)


def test_who_waits_for_a_person_is_the_assistants():
    waiting = (1200, "transfer.told", {"what": "waiting"})
    assert spans((1000, "transfer.requested", {}), waiting, (3000, "transfer.over", {"outcome": "abandoned"})) == ()


@pytest.mark.parametrize("kind", ["supervisor.handed_back", "supervisor.released", "supervisor.transferred"])
def test_a_supervisor_has_the_caller_until_they_are_handed_back(kind):
    assert spans((1000, "supervisor.took_over", {}), (2000, kind, {})) == ((1000, 2000),)
    assert spans((1000, "supervisor.held", {}), (2000, kind, {})) == ()


def test_whom_nobody_takes_back_a_person_has_until_the_end():
    assert spans(CONNECTED) == ((1500, 9000),)


def test_a_turn_that_a_person_answered_has_no_reply_gap():
    spoke = {"utterance": "c1", "text": "where is it", "via": "speech", "start_ms": 100, "end_ms": 900}
    says = {"utterance": "a1", "turn": "t1", "text": "Here.", "purpose": "reply"}
    heard = {"utterance": "a1", "heard_text": "Here.", "start_ms": 5000, "end_ms": 6000, "complete": True}
    asked = ((950, "caller.said", spoke), (960, "turn.began", {"turn": "t1", "utterance": "c1"}))
    answered = ((4900, "assistant.speaks", says), (6000, "assistant.heard", heard))
    assert fold(events(*asked, *answered)).turns[0].reply_gap_ms == 4100
    assert fold(events(*asked, *TAKEN, *answered)).turns[0].reply_gap_ms is None
