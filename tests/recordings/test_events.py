import json

import pytest

from recordings import events
from recordings.events import Event, UnknownEvent, checked, data_text
from tests.fakes.call_events import call_events

pytestmark = pytest.mark.unit


def test_an_export_reads_back_as_it_was():
    for event in call_events():
        assert events.from_json(json.loads(json.dumps(events.to_json(event)))) == event


def test_a_kind_that_is_not_defined_is_refused():
    with pytest.raises(UnknownEvent, match=r"no event of kind 'caller\.danced'"):
        checked("caller.danced", {})


def test_a_lacking_field_is_named():
    with pytest.raises(UnknownEvent, match="lacks outcome, reason"):
        checked("call.ended", {})


def test_a_key_may_be_a_secret_of_which_only_kind_and_length_are_known():
    assert checked("caller.pressed", {"secret": {"kind": "pin", "length": 4}})
    with pytest.raises(UnknownEvent):
        checked("caller.pressed", {})


def test_what_json_cannot_say_is_refused():
    looped: dict[str, object] = {}
    looped["self"] = looped
    for bad in ({"x": b"bytes"}, {"x": float("inf")}, looped):
        with pytest.raises(UnknownEvent, match="must be JSON"):
            data_text(bad)


def test_the_envelope_is_of_version_one():
    assert Event("local", "CA1", 1, 0, "", "caller.speech_started", {}).version == 1
