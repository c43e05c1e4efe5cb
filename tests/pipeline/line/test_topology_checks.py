from typing import Any

import pytest

from pipeline.line.model import Settings
from pipeline.line.source import read
from pipeline.line.topology_checks import keyless
from tests.fakes.english import ENGLISH

pytestmark = pytest.mark.unit

DATA: dict[str, Any] = dict(read(ENGLISH.read_bytes()).data)
PIN = {"slot": "pin", "kind": "digits", "prompt": "Key in your PIN.", "secret": "pin"}


def told(**more: Any) -> list[str]:
    return [f"{one.what}; {one.remedy}" for one in keyless(Settings.model_validate({**DATA, **more}))]


def test_a_line_in_whose_conferences_no_keys_arrive_is_told_which_questions_lose_by_it():
    (lost,) = told(topology="conference_first")
    assert "can be spoken only" in lost
    assert told(topology="direct") == told() == []


def test_a_secret_that_can_only_be_keyed_in_is_told_apart():
    flows = {**DATA["flows"], "sure": {"about": "being sure", "steps": [{"ask": PIN}]}}
    secret, _ = told(topology="conference_first", flows=flows)
    assert "sure.pin can be keyed in only: nobody can answer" in secret
