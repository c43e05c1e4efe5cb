"""A language model that wants tools, lies, stalls or says nothing: what is done, and what is heard."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.assistant.events import FoundPassage
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.shop_specs import ORDER_STATUS, REQUEST_DELIVERY_CHANGE, START_RETURN
from pipeline.line.flows import Flow
from pipeline.line.load import load_line
from pipeline.line.policy import Boundary
from tests.fakes.brain import Backend, Brain, bare
from tests.peers.openai import OpenAiPeer, Scripted, ToolCall, openai_peer
from tests.peers.openai_asked import model_at

pytestmark = pytest.mark.adapter

LINE = bare(load_line(Path(__file__).resolve().parents[3] / "lines" / "example"))
PROMPTS = LINE.settings.prompts
STATUS = ToolCall("order_status", '{"order_number": "47129"}')
RETURN = ToolCall("start_return", '{"order_number": "47129", "reason": "too small"}')
WISH = "my order is 47129 and it is not right"


def with_step() -> Any:
    """The line with a stretch that the model leads, reached by the words "let us talk"."""
    step = {"model": {"prompt": "Help with returns.", "tools": ["order_status", "start_return"], "turns": 5}}
    flow = Flow.model_validate({"about": "talking", "steps": [step]})
    settings = LINE.settings
    intent = settings.intents[0].model_copy(update={"name": "talk", "flow": "talk", "examples": ("let us talk",)})
    flows = {**settings.flows, "talk": flow}
    return replace(LINE, settings=settings.model_copy(update={"flows": flows, "intents": (intent,)}))


@dataclass
class Talked:
    heard: list[list[str]]
    peer: OpenAiPeer
    tools: dict[str, Backend]
    brain: Brain

    def told(self, request: int) -> list[dict[str, Any]]:
        """What the model was told of its tools."""
        return [json.loads(one["content"]) for one in self.peer.requests[request]["messages"] if one["role"] == "tool"]

    def asked(self, tool: str) -> list[Mapping[str, Any]]:
        return [arguments for _, arguments in self.tools[tool].asked]


def talk(
    *says: str,
    replies: Callable[[Mapping[str, Any]], Scripted] | Mapping[str, Scripted],
    line: Any = LINE,
    accepted: bool = True,
    **peer_options: Any,
) -> Talked:
    async def call() -> Talked:
        stall_ms = 200
        async with openai_peer(OpenAiPeer(replies, **peer_options)) as peer, model_at(peer, stall_ms=stall_ms) as model:
            tools = {
                "order_status": Backend(ORDER_STATUS, {"found": True, "status": "shipped", "item": "trail tent"}),
                "start_return": Backend(
                    START_RETURN, {"accepted": accepted, "reference": "R-10" if accepted else None}
                ),
                "request_delivery_change": Backend(REQUEST_DELIVERY_CHANGE, {"accepted": True}),
            }
            runner = ToolRunner(dict(tools), workers=1)
            shown = [FoundPassage("returns.md", "s1", "Returns", "Unworn items can be returned within 30 days.", 0.4)]
            brain = Brain(line, model, runner, shown)
            await brain.begin()
            heard = [await brain.says(text) for text in says]
            await runner.end()
            return Talked(heard, peer, tools, brain)

    return asyncio.run(call())


def in_turn(*replies: Scripted) -> Callable[[Mapping[str, Any]], Scripted]:
    """One after another; the last one for good."""
    left = list(replies)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.row(17, 62)
def test_tools_run_side_by_side_and_their_results_are_what_the_model_speaks_from():
    both = (STATUS, ToolCall("order_status", '{"order_number": "47130"}', "call_2"))
    done = talk(
        "where are my orders 47129 and 47130",
        replies=in_turn(Scripted("", both), Scripted("Your trail tent has been shipped.")),
        fragment=2,
    )
    assert done.asked("order_status") == [{"order_number": "47129"}, {"order_number": "47130"}]
    assert [one["done"] for one in done.told(1)] == [True, True]
    assert done.heard == [["Your trail tent has been shipped."]]
    assert [one["tool"] for one in done.brain.records("tool.called")] == ["order_status", "order_status"]
    assert [one["ok"] for one in done.brain.records("tool.returned")] == [True, True]


def test_a_model_may_ask_four_times_and_then_has_to_speak():
    def restless(asked: Mapping[str, Any]) -> Scripted:
        return Scripted("", (STATUS,)) if asked.get("tools") else Scripted("It has been shipped.")

    done = talk(WISH, replies=restless)
    assert len(done.peer.requests) == 4
    assert done.heard == [["It has been shipped."]]
    assert len(done.asked("order_status")) == 3


@pytest.mark.row(141)
def test_out_of_the_blue_a_model_is_offered_nothing_that_changes_anything():
    done = talk(WISH, replies=in_turn(Scripted("", (RETURN,)), Scripted("I have opened a return.")))
    offered = {tool["function"]["name"] for tool in done.peer.requests[0]["tools"]}
    assert "order_status" in offered
    assert not offered & {"start_return", "request_delivery_change"}
    assert done.asked("start_return") == []
    assert "no such tool" in done.told(1)[0]["error"]
    assert done.heard == [[PROMPTS.not_confirmed]]


@pytest.mark.row(62)
def test_in_a_step_that_names_it_a_change_is_made_once_the_caller_has_said_yes():
    done = talk(
        "let us talk",
        WISH,
        "yes please",
        line=with_step(),
        replies=in_turn(
            Scripted("What is wrong with it?"), Scripted("", (RETURN,)), Scripted("The return is open, reference R-10.")
        ),
    )
    asked = (
        "Before I do that: this opens a return, so that a label is sent, with order number 47129, reason too small. "
        "Shall I go ahead?"
    )
    assert done.heard[1] == [asked]
    assert done.asked("start_return") == [{"order_number": "47129", "reason": "too small"}]
    assert "".join(done.heard[2]).startswith("The return is open")


@pytest.mark.parametrize("answer", ["no thanks", "what would that cost", "hm"])
def test_without_a_yes_nothing_is_changed(answer: str):
    done = talk(
        "let us talk",
        WISH,
        answer,
        "yes",
        line=with_step(),
        replies=in_turn(Scripted("Tell me."), Scripted("", (RETURN,)), Scripted("All right, then."), Scripted("Fine.")),
    )
    assert done.asked("start_return") == []


def test_a_yes_to_an_id_that_nobody_gave_changes_nothing():
    foreign = ToolCall("start_return", '{"order_number": "99999", "reason": "x"}')
    done = talk(
        "let us talk",
        "something is wrong",
        "yes",
        line=with_step(),
        replies=in_turn(Scripted("Tell me."), Scripted("", (foreign,)), Scripted("I've opened the return.")),
    )
    assert done.asked("start_return") == []
    assert done.told(-1)[0]["error"] == "unknown_id"
    assert done.heard[-1][0] == PROMPTS.not_confirmed


@pytest.mark.row(188)
def test_success_that_the_result_itself_denies_is_not_claimed():
    done = talk(
        "let us talk",
        WISH,
        "yes",
        line=with_step(),
        accepted=False,
        replies=in_turn(Scripted("Tell me."), Scripted("", (RETURN,)), Scripted("I've opened the return for you.")),
    )
    assert len(done.asked("start_return")) == 1
    assert done.heard[-1][0] == PROMPTS.not_confirmed


@pytest.mark.row(172)
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (ToolCall("issue_refund", '{"amount": 5}'), "no such tool"),
        (ToolCall("order_status", '{"order": 47129}'), "bad_arguments"),
        (ToolCall("order_status", '{"order_number": "11111"}'), "unknown_id"),
    ],
)
def test_tools_arguments_and_ids_that_are_made_up_run_nothing_and_the_model_is_told(call: ToolCall, error: str):
    done = talk(WISH, replies=in_turn(Scripted("", (call,)), Scripted("I'm sorry, I can't find that.")))
    assert done.asked("order_status") == []
    assert error in json.dumps(done.told(1)[0])
    assert " ".join(done.heard[0]) == "I'm sorry, I can't find that."


@pytest.mark.parametrize("arguments", ['{"order_number": ', "[1, 2]", "yes please", '{"order_number": NaN}'])
def test_arguments_that_are_no_object_run_nothing_and_the_caller_is_asked_again(arguments: str):
    done = talk(WISH, replies=in_turn(Scripted("", (ToolCall("order_status", arguments),))))
    assert done.asked("order_status") == []
    assert done.heard == [[PROMPTS.clarify]]


def test_a_wrong_fact_gives_way_to_what_its_source_says():
    done = talk("can i send it back", replies=in_turn(Scripted("Unworn items can be returned within 90 days.")))
    assert done.heard == [["Unworn items can be returned within 30 days."]]
    assert done.brain.records("model.refused")[0]["why"] == "fact"
    assert done.brain.records("turn.answered")[-1]["sources"][0]["section"] == "s1"


@pytest.mark.row(34)
@pytest.mark.parametrize("reply", ["The moon is 384,400 kilometres away.", "Paris is the capital of France."])
def test_what_a_model_knows_by_itself_off_the_topic_is_not_said(reply: str):
    done = talk("tell me something about the world", replies=in_turn(Scripted(reply)))
    assert done.brain.records("knowledge.found")[0]["certain"] is False
    assert done.heard == [[PROMPTS.clarify]]


@pytest.mark.row(172)
@pytest.mark.parametrize("reply", ["Vous pouvez le renvoyer dans les trente jours.", "Sie können es zurückgeben."])
def test_a_reply_in_another_language_is_not_spoken(reply: str):
    done = talk("can i send it back", replies=in_turn(Scripted(reply)))
    assert done.brain.records("model.refused")[0]["why"] == "language"
    assert done.heard == [[PROMPTS.clarify]]


@pytest.mark.row(172)
def test_a_model_that_says_nothing_twice_leads_to_a_person():
    done = talk("tell me about tents please", "and about boots please", replies={}, fault="empty")
    assert done.heard[0] == [PROMPTS.clarify]
    assert done.heard[1][0] == PROMPTS.human_instead


@pytest.mark.parametrize(
    "fault", ["stall", "cut", "unfinished", "malformed", "broken", "nonsense", "error_chunk", "filtered"]
)
def test_whatever_breaks_off_the_caller_hears_whole_sentences(fault: Any):
    reply = Scripted("Unworn items can be returned within 30 days. That holds for boots too, if they are unworn.")
    done = talk("can i return boots", replies=lambda _asked: reply, fault=fault, stop_after=9)
    assert done.heard[0]
    assert all(text.rstrip()[-1] in ".?!," for text in done.heard[0]), done.heard


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ("I've refunded order 47129.", "claim"),
        ("You can return it within 90 days.", "fact"),
        ("Sie können die Ware mit dem Formular zurück geben.", "language"),
        ("Please tell me your card number.", "secret"),
        ('{"status": "shipped"}', "form"),
    ],
)
def test_what_a_model_makes_up_is_not_spoken_and_its_reason_is_on_record(lie: str, why: str):
    done = talk(WISH, replies=in_turn(Scripted(lie)))
    assert lie not in " ".join(done.heard[0])
    assert done.brain.records("model.refused")[0]["why"] == why
    assert done.heard[0][0] == (PROMPTS.not_confirmed if why == "claim" else PROMPTS.clarify)


@pytest.mark.row(22, 151)
def test_topics_that_the_line_declines_are_declined_in_its_own_words():
    prices = Boundary(topic="weather", phrases=("sunny",), say="We sell tents, the weather is not ours.")
    line = replace(LINE, settings=LINE.settings.model_copy(update={"boundaries": (prices,)}))
    done = talk("what do i need for my tour", line=line, replies=in_turn(Scripted("It will be sunny.")))
    assert done.heard == [["We sell tents, the weather is not ours."]]
    assert done.brain.records("model.refused")[0]["why"] == "boundary"


def test_what_each_request_cost_is_on_record():
    done = talk(WISH, replies=in_turn(Scripted("", (STATUS,)), Scripted("It has been shipped.")))
    counted = [one["tokens"] for kind in ("model.wants", "model.done") for one in done.brain.records(kind)]
    assert [(one["prompt"], one["cached"]) for one in counted] == [(12, 4), (12, 4)]
    assert done.brain.records("model.done")[0]["prompt"].startswith("reply-")


def test_the_prompt_quotes_passages_between_marks_that_nobody_can_guess():
    done = talk("can i return boots", replies=in_turn(Scripted("Unworn items can be returned within 30 days.")))
    rules = done.peer.requests[0]["messages"][0]["content"].splitlines()
    marks = [line for line in rules if line.startswith("===")]
    assert len(marks) >= 4
    assert len(set(marks)) == 1
    assert len(marks[0]) >= 15
    assert LINE.settings.persona.splitlines()[0] in rules
