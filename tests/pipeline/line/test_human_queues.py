import wave
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from pipeline.line import shape
from pipeline.line.errors import LineInvalid
from pipeline.line.human_queues import Queue
from pipeline.line.load import load_line
from pipeline.line.model import Settings
from pipeline.line.schema import json_schema
from pipeline.line.source import read
from pipeline.line.validate import check
from telephony.queue_settings import QueueSettings, Weights
from tests.fakes.english import ENGLISH, english_line
from tests.pipeline.line.test_shape import LIBRARY, STRANGE

pytestmark = pytest.mark.unit

DATA: dict[str, Any] = dict(read(ENGLISH.read_bytes()).data)


def queue(**more: Any) -> Queue:
    return Queue.model_validate({"name": "billing", **more})


def line(*queues: Any) -> dict[str, Any]:
    return {**DATA, "queues": [*DATA["queues"], *queues]}


def said(data: dict[str, Any]) -> list[str]:
    try:
        Settings.model_validate(data)
    except ValidationError as wrong:
        return [f"{one.what}; {one.remedy}" for one in shape.findings(wrong.errors(include_url=False), data)]
    return []


def test_a_queue_of_which_only_the_name_is_said_is_as_the_core_has_it():
    assert queue().settings() == QueueSettings("billing")
    assert queue().to.to_agents
    assert queue(to="agents").to.to_agents


def test_all_that_is_written_reaches_the_core():
    written = queue(
        ring="simultaneous", ring_s=15, max_wait_s=120, max_size=0, overflow="sales", at_closing="give_up",
        wait_for_agents=True, sla_s=30, wrap_up_s=0, auto_away_after=1, weights={"tier": {"gold": 300}, "most_s": 400},
    )  # fmt: skip
    assert written.settings() == QueueSettings(
        "billing", "simultaneous", 1, 15, 120, 0, "sales", "give_up", wait_for_agents=True, sla_s=30, sla_warning_s=10,
        wrap_up_s=0, auto_away_after=1, weights=Weights(tier={"gold": 300}, most_s=400),
    )  # fmt: skip


@pytest.mark.parametrize(
    "to",
    [
        {"number": "+14155550100"},
        {"sip": "sip:sales@pbx.example.com", "headers": {"X-Queue": "sales"}},
        {"taskrouter": "WW" + "0a" * 16},
    ],
)
def test_callers_may_go_elsewhere_than_to_agents(to):
    assert not queue(to=to).to.to_agents
    assert Draft202012Validator(json_schema()).is_valid(line({"name": "elsewhere", "to": to}))
    assert Draft202012Validator(json_schema()).is_valid(line({"name": "agents_here", "to": "agents"}))
    assert said(line({"name": "elsewhere", "to": to})) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"to": "nobody"}, "must hold settings"),
        ({"to": {"number": "555"}}, "is not a telephone number"),
        ({"to": {"number": "+14155550100", "sip": "sip:a@example.com"}}, "keep one of number, sip and taskrouter"),
        ({"to": {"sip": "sales@example.com"}}, "write it like sip:"),
        ({"to": {"sip": "+14155550100"}}, "write it like sip:"),
        ({"to": {"number": "+14155550100", "headers": {"X-A": "b"}}}, "no SIP address"),
        ({"to": {"sip": "sip:a@example.com", "headers": {"Route": "b"}}}, "begins with X-"),
        ({"to": {"sip": "sip:a@example.com", "headers": {"X-Handoff-Id": "b"}}}, "is set already"),
        ({"to": {"sip": "sip:a@example.com", "headers": {"X-A": "b\r\nVia: c"}}}, "plain letters"),
        ({"to": {"sip": "sip:a@example.com", "headers": {f"X-{at}": "b" for at in range(11)}}}, "more than 10"),
        ({"to": {"taskrouter": "WF1"}}, "write its SID"),
        ({"ring": "round_robin"}, "longest_idle"),
        ({"ring": "simultaneous", "at_once": 2}, "remove at_once"),
        ({"sla_s": 30, "sla_warning_s": 30}, "less than sla_s"),
        ({"music": "../hold.wav"}, "in the line's folder"),
        ({"music": "hold.mp3"}, "like hold.wav"),
        ({"callbacks": True}, "did you mean 'callback'"),
        ({"weights": {"tier": {"Gold!": 5}}}, "is not a name"),
        ({"weights": {"tier": {"gold": -5}}}, "must be 0 or more"),
    ],
)
def test_what_cannot_be_is_said_with_its_remedy(wrong, says):
    (found,) = said(line({"name": "elsewhere", **wrong}))
    assert says in found


def test_whatever_stands_in_a_queue_is_answered_in_our_words():
    for name in Queue.model_fields:
        for value in STRANGE:
            try:
                queue(**{name: value})
            except ValidationError as wrong:
                errors = wrong.errors(include_url=False)
                for error in errors:
                    error["loc"] = ("queues", 0, *error["loc"])
                data = {"queues": [{"name": "billing", name: value}]}
                for found in shape.findings(errors, data):
                    told = f"{found.what}; {found.remedy}".lower().replace(repr(value).lower(), "")
                    assert not any(words in told for words in LIBRARY), told


@pytest.mark.parametrize("overflow", ["elsewhere", "nowhere"])
def test_callers_overflow_into_another_queue_of_the_line(overflow):
    settings = Settings.model_validate(line({"name": "elsewhere", "overflow": overflow}))
    assert [one.path[2:] for one in check(settings) if "overflows" in one.what] == [("overflow",)]


def test_where_callers_are_is_said_of_the_line_and_not_of_a_queue():
    (told,) = said(line({"name": "elsewhere", "topology": "conference_first"}))
    assert told == "'topology' is not known in queues[4]; it is said of the whole line: move it to the top of the file"
    assert said({**DATA, "topology": "conference_first"}) == []


def test_the_music_of_a_queue_is_a_file_of_the_line(tmp_path):
    folder = tmp_path / "line"
    english_line(folder)
    file = folder / "line.yaml"
    text = file.read_text()
    assert "queues: [support," in text
    file.write_text(text.replace("queues: [support,", "queues: [{name: elsewhere, music: hold.wav}, support,", 1))
    with pytest.raises(LineInvalid, match=r"no file 'hold.wav'"):
        load_line(folder)
    (folder / "hold.wav").write_bytes(b"RIFF")
    with pytest.raises(LineInvalid, match=r"put music there, or drop 'music'"):
        load_line(folder)
    with wave.open(str(folder / "hold.wav"), "wb") as music:
        music.setparams((1, 2, 8_000, 0, "NONE", ""))
        music.writeframes(bytes(2 * 2 * 8_000))
    found = load_line(folder).settings.queue("elsewhere")
    assert found is not None
    assert found.music == "hold.wav"
