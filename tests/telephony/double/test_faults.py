import json

import pytest

from telephony.double.faults import OVERSIZED_BYTES, Faults
from telephony.double.stream import CarrierStream

pytestmark = pytest.mark.unit


def frames(count: int) -> list[str]:
    stream = CarrierStream(account_sid="AC", call_sid="CA", stream_sid="MZ", parameters={})
    return [stream.media(b"\xff" * 160) for _ in range(count)]


def through(faults: Faults, messages: list[str]) -> list[str | bytes]:
    return [sent for message in messages for sent in faults.apply(message)]


def test_without_a_plan_messages_pass_unchanged():
    sent = frames(3)
    assert through(Faults(), sent) == sent


def test_duplicate_drop_and_reorder():
    one, _, three, four, five = sent = frames(5)
    faults = Faults()
    faults.plan("duplicate")
    faults.plan("drop")
    faults.plan("reorder")
    assert through(faults, sent) == [one, one, four, three, five]


def test_a_fault_happens_as_often_as_asked():
    faults = Faults()
    faults.plan("drop", 2)
    sent = frames(3)
    assert through(faults, sent) == sent[2:]


def test_two_reordered_frames_come_after_the_next_one_in_their_order():
    faults = Faults()
    faults.plan("reorder", 2)
    one, two, three = sent = frames(3)
    assert through(faults, sent) == [three, one, two]


def test_malformed_oversized_foreign_and_binary_messages_come_before_the_good_one():
    faults = Faults()
    for fault in ("malformed", "oversized", "wrong_stream", "binary"):
        faults.plan(fault)
    broken, _, big, _, foreign, _, binary, last = through(faults, sent := frames(4))
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken)
    assert len(big) > OVERSIZED_BYTES
    assert json.loads(foreign)["streamSid"] != json.loads(sent[2])["streamSid"]
    assert isinstance(binary, bytes)
    assert last == sent[3]
