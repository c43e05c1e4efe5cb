"""No card, pin or social security number is in a packet, however it came into the call."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.handoff.build import packet_of
from pipeline.handoff.cleaning import kind_of_name, safe
from pipeline.handoff.header import user_to_user
from pipeline.handoff.packet import to_json
from pipeline.handoff.sheet import packet_text
from tests.fakes.told_calls import ABOUT, ToldCall
from tests.pipeline.handoff.test_build import ASKED

pytestmark = pytest.mark.unit

ENGLISH = "zero one two three four five six seven eight nine"
SPANISH = "cero uno dos tres cuatro cinco seis siete ocho nueve"
_DIGITS = dict(zip("0123456789", ENGLISH.split(), strict=True))
_CIFRAS = dict(zip("0123456789", SPANISH.split(), strict=True))
CARDS = ("4111111111111111", "5500005555555559", "378282246310005", "6011111111111117")
SSNS = ("219099999", "457555462")


def everything(call: ToldCall) -> str:
    """All that leaves the packet."""
    packet = packet_of(call.events, ABOUT, ASKED)
    assert packet.summary.source != "template"
    uui = bytes.fromhex(user_to_user(packet).partition(";")[0]).decode()
    return "\n".join([json.dumps(to_json(packet), ensure_ascii=False), packet_text(packet), uui])


def spoken(digits: str, how: str) -> str:
    """A number as people say it and recognisers write it."""
    match how:
        case "figures":
            return digits
        case "fours":
            return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
        case "dashes":
            return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))
        case "words":
            return " ".join(_DIGITS[one] for one in digits)
        case "spanish":
            return " ".join(_CIFRAS[one] for one in digits)
    return " uh ".join(" ".join(_DIGITS[one] for one in digits[at : at + 4]) for at in range(0, len(digits), 4))


def holds(text: str, digits: str) -> bool:
    """Whether a number stands in a text in any of these ways, or half of it does."""
    half = digits[: len(digits) // 2]
    plain = text.replace("-", "").replace(" ", "").lower()
    ways = (half, "".join(_DIGITS[one] for one in half), "".join(_CIFRAS[one] for one in half))
    return any(way in plain for way in ways)


WAYS = st.sampled_from(["figures", "fours", "dashes", "words", "spanish", "uh"])


@pytest.mark.edge("private data in the packet")
@given(
    st.sampled_from(CARDS), WAYS, st.sampled_from(["I want a refund, my card is {}", "{}", "it's {} and I am angry"])
)
def test_no_card_number_is_in_a_packet(digits, how, said):
    call = ToldCall().says(said.format(spoken(digits, how)), "refund").wants_person()
    assert not holds(everything(call), digits)


@given(st.sampled_from(SSNS), WAYS)
def test_no_social_security_number_is_in_a_packet(digits, how):
    call = ToldCall().says(f"my social security number is {spoken(digits, how)}", "refund").wants_person()
    assert not holds(everything(call), digits)


@given(
    st.integers(1000, 999_999).map(str), WAYS, st.sampled_from(["my pin is {}", "the password is {}", "mi clave es {}"])
)
def test_no_pin_is_in_a_packet(digits, how, said):
    text = said.format(spoken(digits, "words" if how in {"dashes", "uh", "fours"} else how))
    call = ToldCall().says(text, "refund").wants_person()
    packet = packet_of(call.events, ABOUT, ASKED)
    told = [packet.briefing, *(line.text for line in packet.transcript)]
    told += [bullet.text for bullet in packet.summary.bullets] + [wish.text for wish in packet.intents]
    assert packet.transcript[1].text == said.format("[pin]")
    assert not any(spoken(digits, way) in one for one in told for way in ("figures", "words", "spanish"))


def test_a_card_number_that_is_spread_over_two_turns_is_taken_out():
    call = ToldCall().says("four one one one one one one one").answers("Yes?")
    call.says("one one one one one one one one")
    assert "one one one" not in everything(call.wants_person())


@pytest.mark.edge("private data in the packet")
def test_what_answers_a_secret_question_is_taken_out_even_where_it_looks_like_nothing():
    call = ToldCall().says("four eight two one", slots={"telephone_pin": "4821"}).wants_person()
    written = everything(call)
    assert "4821" not in written
    assert "four eight" not in written
    assert packet_of(call.events, ABOUT, ASKED).policy.withheld == ("telephone_pin",)


def test_a_slot_is_secret_by_its_name_whatever_the_line_says_of_it():
    call = ToldCall().says("blue horse", slots={"online_password": "blue horse"}).wants_person()
    assert "horse" not in everything(call)


def test_secrets_in_what_tools_were_asked_and_gave_are_taken_out():
    call = ToldCall().says("pay it please", "refund")
    call.uses("refund", {"card_number": "4111 1111 1111 1111", "pin": 4821, "note": "card 4111111111111111"},
              {"card": 4111111111111111, "cvv": "123", "accepted": True, "nested": {"ssn": "457-55-5462"}})  # fmt: skip
    written = everything(call.wants_person())
    assert not any(one in written for one in ("4111", "4821", "123", "5462"))


def test_an_answer_that_is_kept_nowhere_is_named_and_not_told():
    call = ToldCall().says("[address]", slots={"address": "[address]"})
    call.told("answer.hidden", turn=call.turn, slot="address")
    packet = packet_of(call.wants_person().events, ABOUT, ASKED)
    assert packet.policy.withheld == ("address",)
    assert not packet.facts


def test_a_line_s_own_policy_is_kept_too():
    call = ToldCall().says("my email is ana.ruiz@example.com", "refund").wants_person()
    assert "ana.ruiz" in everything(call)
    packet = packet_of(call.events, replace(ABOUT, redact=("email",)), ASKED)
    assert "ana.ruiz" not in json.dumps(to_json(packet))
    assert "[email]" in packet.transcript[1].text
    assert packet.policy.redacted == ("email",)


def test_numbers_that_are_no_secrets_stay():
    call = ToldCall().says("my order number is 10482", "refund", slots={"order_number": "10482"})
    assert "10482" in everything(call.wants_person())


@pytest.mark.parametrize(
    ("name", "kind"),
    [("pin", "pin"), ("telephone_pin", "pin"), ("card_number", "card"), ("cvv", "card"), ("ssn", "ssn"), ("spin", ""),
     ("opinion", ""), ("last_four", ""), ("shipping", ""), ("one_time_code", "pin"), ("password", "pin")],
)  # fmt: skip
def test_fields_are_secret_by_their_names(name, kind):
    assert kind_of_name(name) == kind


def test_a_value_that_says_only_whether_stays():
    assert safe({"pin": True, "blocked": False, "cents": 4990}, ()) == {"pin": True, "blocked": False, "cents": 4990}
