from dataclasses import replace

import pytest

from pipeline.assistant.llm.port import Message, ModelRequest, ModelTool, ModelToolCall

pytestmark = pytest.mark.unit

CALL = ModelToolCall("1", "shop.order_status", {"order": "41729", "name": "Ada"})
REQUEST = ModelRequest(
    (Message("rules", "Be brief."), Message("assistant", calls=(CALL,)), Message("tool", "{}", call_id="1")),
    (ModelTool("shop.order_status", "Where an order is."),),
)


def test_the_same_request_has_the_same_key_whatever_the_order_of_names_in_it() -> None:
    again = replace(CALL, arguments={"name": "Ada", "order": "41729"})
    messages = (REQUEST.messages[0], Message("assistant", calls=(again,)), REQUEST.messages[2])
    assert replace(REQUEST, messages=messages).key == REQUEST.key


def test_the_key_is_the_same_in_every_process() -> None:
    assert ModelRequest((Message("caller", "hi"),)).key == "b67cf831aa361d9171a2379795a3f6ee"


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, messages=REQUEST.messages[:2]),
        replace(REQUEST, messages=(Message("caller", "Be brief."), *REQUEST.messages[1:])),
        replace(REQUEST, messages=(REQUEST.messages[0], Message("assistant"), REQUEST.messages[2])),
        replace(REQUEST, tools=()),
        replace(REQUEST, tools=(ModelTool("shop.order_status", "Where it is."),)),
        replace(REQUEST, max_tokens=301),
        replace(REQUEST, temperature=0.0),
        replace(REQUEST, language="es"),
    ],
)
def test_whatever_changes_the_reply_changes_the_key(other: ModelRequest) -> None:
    assert other.key != REQUEST.key
