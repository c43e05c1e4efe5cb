import pytest

from telephony.rooms import CALLER, agent_label, call_room, caller_in, is_call_room, offer_of, room_of

pytestmark = pytest.mark.unit


def test_a_label_tells_whose_offer_it_is():
    assert offer_of(agent_label(3)) == 3
    assert [offer_of(label) for label in (CALLER, "", "agent-", "agent-x", "agent-1234567", "agent-1 ")] == [None] * 6


def test_rooms_of_one_call_differ_and_name_nothing_else():
    assert [room_of("CA1", number) for number in (1, 2)] == ["xfer-CA1-1", "xfer-CA1-2"]
    with pytest.raises(ValueError, match="letters"):
        room_of("../CA", 1)


def test_the_room_of_a_whole_call_is_told_from_that_of_one_bridge():
    assert call_room("CA1") == "call-CA1"
    assert [is_call_room(room) for room in (call_room("CA1"), room_of("CA1", 0))] == [True, False]
    with pytest.raises(ValueError, match="letters"):
        call_room("CA 1")
    assert [caller_in(room) for room in ("call-CA1", "xfer-CA1-2", "call-", "call-a b", "")] == ["CA1", "", "", "", ""]
