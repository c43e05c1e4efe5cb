import pytest

from telephony.agents import Agent, NotAnAgent, address

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("+1 415 555 2671", "+14155552671"),
        ("(415) 555-2671", "+14155552671"),
        ("sip:ana@example.com", "sip:ana@example.com"),
        ("SIP:ana.ruiz@pbx.example.com:5060;transport=tls", "sip:ana.ruiz@pbx.example.com:5060;transport=tls"),
    ],
)
def test_a_phone_is_a_number_or_a_sip_address(text, read):
    assert address(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "911",
        "ana",
        "sip:",
        "sip:ana",
        "sip:@example.com",
        "sip:ana@",
        "sip:ana@example.com?Replaces=x",
        "sip:ana@example.com;transport=tcp;x=y",
        "sip:a b@example.com",
        "sip:ana@example.com\r\nVia: x",
        "client:ana",
        "+1" * 200,
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(NotAnAgent):
        address(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "Ana Ruiz"},
        {"id": ""},
        {"id": "a" * 41},
        {"name": " "},
        {"name": "x" * 81},
        {"name": "An\na"},
        {"queues": frozenset()},
        {"queues": frozenset({"Billing Dept"})},
        {"skills": frozenset({"a b"})},
        {"skills": frozenset({f"s{number}" for number in range(51)})},
        {"languages": frozenset({"Spanish"})},
        {"phone": "415 555 2671"},
        {"phone": "sip:ana"},
    ],
)
def test_what_cannot_be_an_agent_is_refused_without_repeating_the_phone(wrong):
    fields = {"id": "ana", "name": "Ana Ruiz", "queues": frozenset({"billing"}), "phone": "+14155552671", **wrong}
    with pytest.raises(NotAnAgent) as caught:
        Agent(**fields)
    assert "555" not in str(caught.value)
