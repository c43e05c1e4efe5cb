from urllib.parse import parse_qs

import pytest

from telephony.sip import MAX_BYTES, with_handoff

pytestmark = pytest.mark.unit

ADDRESS = "sip:sales@pbx.example.com"


def headers(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(address.partition("?")[2]).items()}


def test_the_id_the_words_and_headers_of_ones_own_go_along():
    address = with_handoff(ADDRESS, "trf_1", uui="Ana, order 1 & 2", headers={"X-Queue": "sales é"})
    assert address.startswith(ADDRESS + "?")
    told = headers(address)
    assert told["X-Handoff-Id"] == "trf_1"
    assert told["X-Queue"] == "sales é"
    words, _, how = told["User-to-User"].partition(";")
    assert (bytes.fromhex(words).decode(), how) == ("Ana, order 1 & 2", "encoding=hex")


@pytest.mark.edge("packet too large for a header or a briefing")
def test_a_packet_that_is_too_large_for_a_header_leaves_the_id():
    assert with_handoff(ADDRESS, "trf_1", uui="x" * 600) == f"{ADDRESS}?X-Handoff-Id=trf_1"
    assert len(with_handoff(ADDRESS, "trf_1", uui="x" * 400).encode()) <= MAX_BYTES
    assert "User-to-User" in with_handoff(ADDRESS, "trf_1", uui="x" * 400)


@pytest.mark.parametrize("address", ["", "+14155550100", "sip:", "sip:a@b?X=1", "sip:a b@c", "sip:a@b\nX: 1", "tel:1"])
def test_what_is_no_sip_address_is_refused(address):
    with pytest.raises(ValueError, match="SIP address"):
        with_handoff(address, "trf_1")


@pytest.mark.parametrize("name", ["From", "X-", "X-A\nB", "x-lower", "X-Handoff-Id", "User-to-User"])
def test_only_headers_of_ones_own_can_be_set(name):
    with pytest.raises(ValueError, match="header"):
        with_handoff(ADDRESS, "trf_1", headers={name: "v"})


def test_an_id_is_an_id_and_fits():
    with pytest.raises(ValueError, match="id"):
        with_handoff(ADDRESS, "a&b=c")
    with pytest.raises(ValueError, match="SIP"):
        with_handoff("sip:" + "a" * 257 + "@x", "trf_1")
