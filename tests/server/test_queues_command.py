import pytest

from server.cli.queues import lines, reached, state_of

pytestmark = pytest.mark.unit

ANA = {"id": "ana", "name": "Ana", "queues": ["support"], "presence": "available", "on_call": None, "rung_for": None,
       "desk_open": True, "phone": None}  # fmt: skip
BEN = {**ANA, "id": "ben", "name": "Ben", "presence": "wrap_up", "desk_open": False, "phone": "+14155552671"}
FIGURES = {"answered": 3, "within_sla": 2, "abandoned": 1, "given_up": 0, "service_level": 0.5}
WAITING = {
    "transfer": "CA1-h1",
    "position": 1,
    "kind": "call",
    "waited_ms": 75_000,
    "expected_ms": None,
    "rung": ["ana"],
}
QUEUE = {"id": "support", "state": "open", "waiting": [WAITING], "sla_s": 60, "figures": FIGURES,
         "dispositions": [{"word": "solved", "text": "Solved"}]}  # fmt: skip


def test_a_queue_is_one_line_that_says_who_waits_how_well_they_are_answered_and_who_is_there():
    (told,) = lines(QUEUE, [ANA, BEN], whole=False)
    assert told == (
        "support  open  1 waits, longest 1:15  50% within 60 s (2 of 4; 1 abandoned, 0 given up)  "
        "agents: 1 available, 1 wrapping up"
    )


def test_a_queue_by_its_name_has_a_line_for_each_caller_and_agent():
    _, caller, ana, ben, words = lines(QUEUE, [ANA, BEN], whole=True)
    assert caller == "  1. call CA1-h1  waits 1:15, rings ana"
    assert (ana, ben) == ("  ana  Ana  available  desk open", "  ben  Ben  wrapping up  +14155552671")
    assert words == "  dispositions: solved"


def test_a_queue_without_anybody_says_so():
    empty = {**QUEUE, "waiting": [], "sla_s": None}
    (told,) = lines(empty, [{**ANA, "queues": ["repairs"]}], whole=False)
    assert told == "support  open  nobody waits  3 answered, 1 abandoned, 0 given up  agents: none in the directory"


def test_what_an_agent_does_goes_before_what_they_say():
    assert state_of({**ANA, "on_call": "CA1-h1", "rung_for": "CA2-h1"}) == "on a call"
    assert state_of({**ANA, "rung_for": "CA2-h1"}) == "rung"
    assert reached({**ANA, "desk_open": False}) == "desk closed"
