from typing import Any

import pytest

from pipeline.line.load import examine, unstaffed_of
from pipeline.line.model import Settings
from pipeline.line.queue_checks import check_queues, doubts, unstaffed
from pipeline.line.source import read
from telephony.agents import Agent
from tests.fakes.english import ENGLISH, english_line

pytestmark = pytest.mark.unit

DATA: dict[str, Any] = dict(read(ENGLISH.read_bytes()).data)
SPOKEN = ("en", "es")
ALL_HANDS = Agent("eve", "Eve", frozenset({"delivery", "repairs"}))


def line(*queues: Any) -> Settings:
    return Settings.model_validate({**DATA, "queues": [*queues, "support", "delivery", "repairs"]})


def doubted(*queues: Any) -> list[tuple[Any, str]]:
    return [(one.path[2], one.what) for one in doubts(line(*queues), SPOKEN) if len(one.path) > 2]


def test_a_line_as_the_example_is_gives_no_doubt():
    assert list(doubts(line(), SPOKEN)) == []
    assert list(check_queues(line(), SPOKEN)) == []


def test_overflow_in_a_circle_is_told_once_and_a_chain_is_not():
    circle = doubted({"name": "one", "overflow": "two"}, {"name": "two", "overflow": "one"})
    assert circle == [("overflow", "queues overflow in a circle (one → two → one), and nobody comes to a queue twice")]
    assert doubted({"name": "one", "overflow": "two"}, {"name": "two", "overflow": "support"}) == []
    into_it = [
        {"name": "in", "overflow": "one"},
        {"name": "one", "overflow": "two"},
        {"name": "two", "overflow": "one"},
    ]
    assert len(doubted(*into_it)) == 1


def test_a_queue_that_speaks_no_language_of_the_line_is_wrong_and_one_too_many_is_a_doubt():
    (wrong,) = check_queues(line({"name": "one", "languages": ["english"]}), SPOKEN)
    assert wrong.path == ("queues", 0, "languages")
    assert "speaks english, and the line en, es" in wrong.what
    assert list(check_queues(line({"name": "one", "languages": ["es", "fr"]}), SPOKEN)) == []
    assert doubted({"name": "one", "languages": ["es", "fr"]}) == [
        ("languages", "queue 'one' speaks fr, which this line does not")
    ]


@pytest.mark.parametrize(
    ("field", "says"), [("overflow", "overflows into itself"), ("instead", "names itself instead")]
)
def test_a_queue_that_names_itself_is_told_so(field, says):
    (wrong,) = check_queues(line({"name": "one", field: "one"}), SPOKEN)
    assert (wrong.path, wrong.what) == (("queues", 0, field), f"queue 'one' {says}")
    assert wrong.remedy == "drop it, or name another queue; known here: delivery, repairs, support"


def test_callers_of_another_language_than_the_queue_of_a_step_are_told():
    def told(*queues: Any) -> list[str]:
        settings = Settings.model_validate({**DATA, "queues": [*queues, "delivery", "repairs"]})
        return [one.what for one in doubts(settings, SPOKEN)]

    spanish = {"name": "support", "languages": ["es"]}
    lost = "callers who speak en come to queue 'support', which speaks es only: nobody there is for them"
    assert told(spanish) == [lost]
    assert told({**spanish, "instead": "english"}, {"name": "english", "languages": ["en"]}) == []
    assert told({**spanish, "languages": ["es", "en"]}) == []
    assert told("support", {"name": "soporte", "languages": ["es"]}) == []


@pytest.mark.parametrize(
    ("queue", "where", "says"),
    [
        ({"max_wait_s": 30, "sla_s": 60}, "sla_s", "promises an answer within 60 s, and its callers wait 30 s"),
        ({"max_wait_s": 30}, "max_wait_s", "promises an answer within 60 s (the default)"),
        ({"max_wait_s": 15, "sla_s": 10, "ring_s": 20}, "ring_s", "rings an agent for 20 s, and its callers wait 15 s"),
    ],
)
def test_times_that_cannot_be_kept_are_told_where_they_are_written(queue, where, says):
    (found,) = doubted({"name": "one", **queue})
    assert found[0] == where
    assert says in found[1]


def test_a_queue_without_promise_may_wait_as_shortly_as_it_likes():
    assert doubted({"name": "one", "max_wait_s": 20, "sla_s": 0}) == []


def test_skills_that_no_other_queue_has_are_told():
    (found,) = doubted({"name": "one", "skills": ["refunds"]})
    assert found == ("skills", "the skills of queue 'one' (refunds) do nothing")
    assert doubted({"name": "one", "skills": ["refunds"]}, {"name": "two", "skills": ["refunds", "tax"]}) == []
    assert doubted({"name": "one", "skills": ["refunds"], "instead": "support"}) == []


def test_queues_that_nobody_of_the_directory_serves_are_told():
    settings = Settings.model_validate({**DATA, "queues": ["support", "delivery", "repairs"]})
    (nobody,) = unstaffed(settings, SPOKEN, [Agent("ana", "Ana", frozenset({"delivery", "repairs"}))])
    assert nobody.what == "no agent takes callers of queue 'support': a message is taken from them"
    assert "--queue support" in nobody.remedy
    (no_spanish,) = unstaffed(
        settings, SPOKEN, [ALL_HANDS, Agent("ana", "Ana", frozenset({"support"}), frozenset(), frozenset({"en"}))]
    )
    assert no_spanish.what == "no agent of queue 'support' speaks es, as callers may"
    assert list(unstaffed(settings, SPOKEN, [ALL_HANDS, Agent("ana", "Ana", frozenset({"support"}))])) == []
    silent = [{"name": "support", "voicemail": False}, "delivery", "repairs"]
    (nobody,) = unstaffed(Settings.model_validate({**DATA, "queues": silent}), SPOKEN, [ALL_HANDS])
    assert nobody.what.endswith(": they hear that nobody is free")
    elsewhere = {"name": "support", "to": {"number": "+14155550100"}}
    assert (
        list(
            unstaffed(
                Settings.model_validate({**DATA, "queues": [elsewhere, "delivery", "repairs"]}), SPOKEN, [ALL_HANDS]
            )
        )
        == []
    )


def test_queues_that_callers_may_ask_for_by_name_need_agents_too():
    assert _callers(line()) == {"support", "repairs", "delivery"}
    told = [one.what for one in unstaffed(line(), SPOKEN, [Agent("ana", "Ana", frozenset({"support", "delivery"}))])]
    assert told == ["no agent takes callers of queue 'repairs': a message is taken from them"]
    unasked = {name: {"about": name, "steps": [{"say": "Hello."}]} for name in DATA["flows"]}
    assert _callers(Settings.model_validate({**DATA, "flows": unasked})) == set()


def _callers(settings: Settings) -> set[str]:
    return {one.remedy.split("--queue ")[1].split(";")[0] for one in unstaffed(settings, SPOKEN, [])}


def test_a_doubt_has_its_line_and_keeps_no_line_from_being_used(tmp_path):
    folder = english_line(tmp_path / "line")
    file = folder / "line.yaml"
    text = file.read_text()
    assert "queues: [support," in text
    file.write_text(text.replace("queues: [support,", "queues: [{name: one, max_wait_s: 30}, support,", 1))
    examined = examine(folder)
    assert examined.problems == ()
    (doubt,) = examined.doubts
    assert file.read_text().splitlines()[doubt.line - 1].startswith("queues:")
    assert examined.settings is not None
    (lacking,) = unstaffed_of(
        folder, examined.settings, [Agent("ana", "Ana", frozenset({"delivery", "repairs", "one"}))]
    )
    assert lacking.file == str(file)
