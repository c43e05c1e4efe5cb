"""The packet's key fields in SIP headers, or its id alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.handoff.build import packet_of
from pipeline.handoff.header import ID_HEADER, UUI_HEADER, sip_headers, user_to_user
from tests.fakes.told_calls import ABOUT, refund_that_fails
from tests.pipeline.handoff.test_build import ASKED

pytestmark = pytest.mark.unit

WHOLE = packet_of(refund_that_fails().events, ABOUT, ASKED)


def told(value: str) -> dict[str, str]:
    hexadecimal, _, parameter = value.partition(";")
    assert parameter == "encoding=hex"
    return dict(one.split("=", 1) for one in bytes.fromhex(hexadecimal).decode().split(";"))


def test_both_headers_name_the_handoff_and_one_tells_what_it_is_about():
    headers = sip_headers(WHOLE)
    assert headers[ID_HEADER] == "tr_1"
    assert told(headers[UUI_HEADER]) == {
        "id": "tr_1", "why": "asked_for_person", "pri": "normal", "want": "refund", "ver": "pin", "lang": "en",
    }  # fmt: skip


@pytest.mark.edge("private data in the packet")
def test_a_customer_s_number_and_name_are_in_no_header():
    assert "204815" not in bytes.fromhex(user_to_user(WHOLE).partition(";")[0]).decode()
    assert "Ana" not in bytes.fromhex(user_to_user(WHOLE).partition(";")[0]).decode()


def test_what_does_not_fit_is_left_out_and_the_id_stays():
    url = "https://support.example.com/handoffs/" + "a" * 30
    assert told(user_to_user(WHOLE, url=url)) == {"id": "tr_1", "url": url, "why": "asked_for_person", "pri": "normal"}
    assert told(user_to_user(WHOLE, url="https://x.example/" + "a" * 200)) == {"id": "tr_1"}
    assert sip_headers(replace(WHOLE, transfer="x" * 300)) == {}
    assert sip_headers(replace(WHOLE, transfer="x\r\nVia: evil")).get(ID_HEADER) is None


@pytest.mark.edge("packet too large for a header or a briefing")
@given(st.text(min_size=1, max_size=40), st.text(max_size=80), st.integers(20, 300))
def test_a_header_is_never_too_long_and_always_readable(tier, url, most_bytes):
    packet = replace(WHOLE, caller=replace(WHOLE.caller, tier=tier))
    value = user_to_user(packet, url=url, most_bytes=most_bytes)
    assert len(value.encode()) <= most_bytes
    assert value.isascii()
    assert value.isprintable()
