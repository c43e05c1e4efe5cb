import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assistant.llm.openai_wire import LONGEST_EVENT_BYTES, Events, Reply, ReplyUnusable, body
from pipeline.assistant.llm.port import (
    Message,
    ModelPart,
    ModelRequest,
    ModelText,
    ModelTool,
    ModelToolBegins,
    ModelToolCall,
    ModelUsage,
)

pytestmark = pytest.mark.unit

STREAM = (
    b': comment\r\nevent: x\r\ndata: {"a": 1}\r\n\r\n'
    b"data:one\ndata: two \xc3\xa9\n\n\n\nid: 7\n\ndata: [DONE]\n\ndata: late\n\n"
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_events_are_the_same_however_the_bytes_arrive(places: list[int]) -> None:
    events = Events()
    ends = sorted({0, *places, len(STREAM)})
    pieces = [STREAM[start:end] for start, end in pairwise(ends)]
    assert [event for piece in pieces for event in events.add(piece)] == ['{"a": 1}', "one\ntwo é"]


def test_an_event_without_end_is_not_waited_for() -> None:
    events = Events()
    with pytest.raises(ReplyUnusable, match="without end"):
        events.add(b"data: " + b"x" * LONGEST_EVENT_BYTES)


def test_lines_of_an_event_without_end_are_not_kept() -> None:
    events, line = Events(), b"data: " + b"x" * 1000 + b"\n"
    assert [events.add(line) for _ in range(LONGEST_EVENT_BYTES // len(line))].count([]) > 900
    with pytest.raises(ReplyUnusable, match="without end"):
        [events.add(line) for _ in range(10)]


def chunk(finish: str | None = None, **delta: Any) -> str:
    return json.dumps({"choices": [{"delta": delta, "finish_reason": finish}]})


def fragment(**of: Any) -> str:
    function = {key: of.pop(key) for key in ("name", "arguments") if key in of}
    return chunk(tool_calls=[{**of, "function": function}])


def parts(*events: str, tools: tuple[ModelTool, ...] = ()) -> list[ModelPart]:
    reply = Reply(tools)
    found = [part for event in events for part in reply.add(event)[0]]
    reply.end()
    return found


def test_what_the_assistant_said_clause_by_clause_is_one_message() -> None:
    called = ModelToolCall("c1", "look", {})
    messages = (
        Message("rules", "Be brief."),
        Message("assistant", "They do not,"),
        Message("assistant", "I am happy to say."),
        Message("caller", "good"),
        Message("assistant", "Wait.", calls=(called,)),
        Message("assistant", "Here."),
    )
    sent = body(ModelRequest(messages), "m", "max_tokens")["messages"]
    assert [message["content"] for message in sent] == [
        "Be brief.",
        "They do not, I am happy to say.",
        "good",
        "Wait.",
        "Here.",
    ]


def test_a_server_that_does_not_number_its_tool_calls_is_understood() -> None:
    found = parts(
        fragment(id="a", name="one", arguments='{"x"'),
        fragment(arguments=": 1}"),
        fragment(id="b", name="two", arguments="{}"),
        chunk("stop"),
    )
    assert found[-2:] == [ModelToolCall("a", "one", {"x": 1}), ModelToolCall("b", "two", {})]


def test_a_tool_call_gets_a_name_of_its_own_where_the_server_gives_none() -> None:
    assert parts(fragment(index=0, name="one"), chunk("tool_calls")) == [
        ModelToolBegins("one"),
        ModelToolCall("call-0", "one", {}),
    ]


def test_a_tool_is_called_by_the_name_the_line_has_for_it() -> None:
    tools = (ModelTool("shop.order_status", "x"),)
    found = parts(fragment(index=0, name="shop-order_status"), chunk("tool_calls"), tools=tools)
    assert found[-1] == ModelToolCall("call-0", "shop.order_status", {})


def test_a_tool_that_nobody_offered_keeps_the_name_the_model_gave_it() -> None:
    assert parts(fragment(index=0, name="refund_all"), chunk("tool_calls"))[-1] == ModelToolCall(
        "call-0", "refund_all", {}
    )


def test_tools_that_could_not_be_told_apart_are_our_mistake() -> None:
    with pytest.raises(ValueError, match="the same on the wire"):
        Reply((ModelTool("a.b", "x"), ModelTool("a-b", "x")))


UNUSABLE = {
    "cut off": [fragment(index=0, name="one", arguments="{}"), chunk("length")],
    "without a name": [fragment(index=0, arguments="{}"), chunk("tool_calls")],
    "no JSON": [fragment(index=0, name="one", arguments='{"x": Infinity}'), chunk("tool_calls")],
    "withheld": [chunk(content="Your card is"), chunk("content_filter")],
    "empty reply": [chunk(content=" \n"), chunk("stop")],
    "an error in the stream \\(429\\)": ['{"error": {"message": "a secret", "code": 429}}'],
    "an error in the stream$": ['{"error": "a secret"}'],
    "that is none": ['{"choices": [{"delta": {"content": 7}}]}'],
    "empty stream": [],
    "ended before": [chunk(content="Your order")],
}


@pytest.mark.parametrize("why", UNUSABLE)
def test_what_is_no_reply_is_said_to_be_none(why: str) -> None:
    with pytest.raises(ReplyUnusable, match=why) as raised:
        parts(*UNUSABLE[why])
    assert "secret" not in str(raised.value)


def test_a_text_that_is_cut_off_by_its_limit_is_a_reply() -> None:
    assert parts(chunk(content="Your order is"), chunk("length")) == [ModelText("Your order is")]


def test_a_refusal_is_what_the_model_says() -> None:
    assert parts(chunk(refusal="I cannot help with that."), chunk("stop")) == [ModelText("I cannot help with that.")]


def test_chunks_in_which_nothing_comes_are_no_progress() -> None:
    reply = Reply()
    for event in ('{"choices": []}', chunk(role="assistant", content=""), chunk(reasoning_content="hm")):
        assert reply.add(event) == ([], False)
    assert reply.add(chunk(content="Yes.")) == ([ModelText("Yes.")], True)


def test_what_it_cost_is_read_where_it_is_told() -> None:
    usage = '{"model": "m", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "x": null}}'
    assert parts(chunk(content="Yes."), chunk("stop"), usage)[-1] == ModelUsage("m", 5, 2, 0)


def test_the_body_says_what_the_server_calls_the_limit_and_a_temperature_only_when_asked() -> None:
    request = ModelRequest((Message("caller", "hi"),), temperature=0.0)
    asked = body(request, "m", "max_completion_tokens")
    assert (asked["max_completion_tokens"], asked["temperature"]) == (300, 0.0)
    assert not {"max_tokens", "tools"} & set(asked)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["choices", "delta", "index"])
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "delta", "content", "tool_calls", "function", "usage", "index", "error"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.lists(ANYTHING, max_size=5))
def test_whatever_a_server_sends_it_is_a_reply_or_unusable(sent: list[Any]) -> None:
    try:
        found = parts(*map(json.dumps, sent))
    except ReplyUnusable:
        return
    assert found == [] or any(isinstance(part, ModelText | ModelToolCall) for part in found)


@given(st.binary(max_size=80))
def test_whatever_bytes_a_server_sends_events_are_texts(sent: bytes) -> None:
    assert all(isinstance(event, str) for event in Events().add(b"data: " + sent + b"\n\n"))
