import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from telephony.twilio.signature import Signatures, form_values

pytestmark = pytest.mark.unit

TOKEN = "0123456789abcdef"
PUBLIC = "https://voice.example.com"
FORM = b"CallSid=CA1&From=%2B14155552671&CallerName=&To=%2B14155550100"
HMAC_SHA256 = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"


def ours(**more: str) -> Signatures:
    return Signatures(TOKEN, PUBLIC, **more)


def by_twilio(url: str, params: dict[str, str] | None = None, token: str = TOKEN, algorithm: str = "HMAC_SHA1") -> str:
    signature: str = RequestValidator(token).compute_signature(url, params or {}, algorithm)
    return signature


def test_twilios_own_example_is_accepted():
    # https://www.twilio.com/docs/usage/security#validating-requests, with its token, address and parameters.
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    signatures = Signatures("12345", "https://mycompany.com")
    assert signatures.validate_webhook("/myapp.php?foo=1&bar=2", params, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")


def test_what_we_sign_we_accept():
    values = form_values(FORM)
    assert ours().validate_webhook("/twilio/voice", values, ours().sign_webhook("/twilio/voice", values))
    assert ours().validate_websocket("/twilio/media", ours().sign_websocket("/twilio/media"))


@pytest.mark.parametrize("header", [None, "", "x", "ÄÖÜ", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_a_missing_or_wrong_signature_is_refused_without_an_exception(header):
    assert not ours().validate_webhook("/twilio/voice", form_values(FORM), header)
    assert not ours().validate_websocket("/twilio/media", header)
    json = ours().validate_webhook("/j?bodySHA256=x", (), header, raw_body=b"{}", content_type="application/json")
    assert not json


def test_every_part_of_the_request_is_signed():
    values = form_values(FORM)
    header = ours().sign_webhook("/twilio/voice?line=1", values)
    assert ours().validate_webhook("/twilio/voice?line=1", values, header)
    assert not ours().validate_webhook("/twilio/voice?line=2", values, header)
    assert not ours().validate_webhook("/twilio/voice", values, header)
    assert not ours().validate_webhook("/twilio/voice?line=1", values[1:], header)
    assert not ours().validate_webhook("/twilio/voice?line=1", [*values, ("X", "1")], header)
    assert not Signatures(TOKEN, "https://other.example.com").validate_webhook("/twilio/voice?line=1", values, header)
    assert not Signatures("another", PUBLIC).validate_webhook("/twilio/voice?line=1", values, header)


def test_blank_form_values_are_part_of_what_is_signed():
    params = {"CallSid": "CA1", "From": "+14155552671", "CallerName": "", "To": "+14155550100"}
    header = by_twilio(f"{PUBLIC}/v", params)
    assert ("CallerName", "") in form_values(FORM)
    assert ours().validate_webhook("/v", form_values(FORM), header)
    assert ours().validate_webhook("/v", params, header)


def test_a_value_that_comes_twice_is_signed_with_both():
    values = [("MediaUrl", "b"), ("MediaUrl", "a")]
    header = ours().sign_webhook("/v", values)
    assert ours().validate_webhook("/v", [("MediaUrl", "a"), ("MediaUrl", "b")], header)
    assert not ours().validate_webhook("/v", [("MediaUrl", "a")], header)


@pytest.mark.parametrize("signed", ["https://voice.example.com/v", "https://voice.example.com:443/v"])
@pytest.mark.parametrize("public", [PUBLIC, PUBLIC + ":443", PUBLIC + "/"])
def test_the_https_port_may_be_named_or_not(signed, public):
    assert Signatures(TOKEN, public).validate_webhook("/v", {"a": "b"}, by_twilio(signed, {"a": "b"}))


def json_path(body: bytes) -> str:
    return f"/events?bodySHA256={hashlib.sha256(body).hexdigest()}"


def test_a_json_body_is_signed_by_its_hash():
    body = '{"call":"CA1","ä":1}'.encode()
    header = by_twilio(PUBLIC + json_path(body))
    kind = "application/json; charset=utf-8"
    assert ours().validate_webhook(json_path(body), (), header, raw_body=body, content_type=kind)
    assert not ours().validate_webhook(json_path(body), (), header, raw_body=body + b" ", content_type=kind)


@pytest.mark.parametrize("path", ["/events", "/events?bodySHA256="])
def test_a_json_body_without_its_hash_is_refused_without_an_exception(path):
    header = by_twilio(PUBLIC + path)
    assert not ours().validate_webhook(path, (), header, raw_body=b'{"a":1}', content_type="application/json")


def test_a_json_body_that_is_no_text_is_refused():
    body = b"\xff\xfe"
    header = by_twilio(PUBLIC + json_path(body))
    assert not ours().validate_webhook(json_path(body), (), header, raw_body=body, content_type="application/json")


def test_a_json_request_without_a_body_is_signed_by_its_address():
    assert ours().validate_webhook("/v", (), by_twilio(f"{PUBLIC}/v"), content_type="application/json")


@pytest.mark.parametrize("scheme", ["wss", "https"])
@pytest.mark.parametrize("port", ["", ":443"])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("public", [PUBLIC, PUBLIC + ":443", "https://Voice.Example.com"])
@pytest.mark.parametrize("requested", ["/twilio/media", "/twilio/media/"])
def test_a_websockets_address_may_be_written_in_every_way_that_names_it(scheme, port, slash, public, requested):
    host = "Voice.Example.com" if "Voice" in public else "voice.example.com"
    header = by_twilio(f"{scheme}://{host}{port}/twilio/media{slash}")
    assert Signatures(TOKEN, public).validate_websocket(requested, header)


@pytest.mark.parametrize("public", ["http://127.0.0.1:8080", "http://[::1]:8080", "http://[::1]", "http://localhost"])
def test_a_websocket_on_loopback_is_signed_with_its_port(public):
    signatures = Signatures(TOKEN, public)
    assert signatures.validate_websocket("/m", by_twilio(public.replace("http:", "ws:") + "/m"))
    assert not signatures.validate_websocket("/m", by_twilio("ws://127.0.0.1:9/m"))
    assert signatures.validate_webhook("/v", {"a": ""}, signatures.sign_webhook("/v", {"a": ""}))


def test_a_websockets_signature_is_good_for_its_path_and_host_only():
    header = ours().sign_websocket("/twilio/media")
    assert not ours().validate_websocket("/twilio/other", header)
    assert not Signatures(TOKEN, "https://other.example.com").validate_websocket("/twilio/media", header)


def test_a_public_address_may_have_a_path():
    signatures = Signatures(TOKEN, PUBLIC + "/voice/")
    assert signatures.validate_webhook("/v", {}, by_twilio(f"{PUBLIC}/voice/v"))
    assert signatures.validate_websocket("/m", by_twilio("wss://voice.example.com:443/voice/m"))


def test_the_algorithm_is_the_requesters_choice_only_where_a_shared_key_is_configured():
    header = by_twilio(f"{PUBLIC}/v", {"a": "b"}, token="shared", algorithm="HMAC_SHA256")
    assert ours(shared_key="shared").validate_webhook("/v", {"a": "b"}, header, settings=HMAC_SHA256)
    assert not ours(shared_key="shared").validate_webhook("/v", {"a": "b"}, header)
    assert not ours().validate_webhook("/v", {"a": "b"}, header, settings=HMAC_SHA256)
    with_token = by_twilio(f"{PUBLIC}/v", {"a": "b"}, algorithm="HMAC_SHA256")
    assert not ours().validate_webhook("/v", {"a": "b"}, with_token, settings=HMAC_SHA256)
    plain = by_twilio(f"{PUBLIC}/v", {"a": "b"})
    assert not ours(shared_key="shared").validate_webhook("/v", {"a": "b"}, plain, settings=HMAC_SHA256)
    assert ours(shared_key="shared").validate_webhook("/v", {"a": "b"}, plain, settings="key=x,algorithm=MD5")


def test_the_previous_token_is_accepted_while_tokens_are_rotated():
    header = by_twilio(f"{PUBLIC}/v", token="old")
    assert not ours().validate_webhook("/v", (), header)
    assert ours(previous_auth_token="old").validate_webhook("/v", (), header)
    assert ours(previous_auth_token="old").sign_webhook("/v") == by_twilio(f"{PUBLIC}/v")


@pytest.mark.parametrize(
    "public",
    [
        "",
        "b.c",
        "wss://b.c",
        "https://",
        "https://a@b.c",
        "https://b.c?x",
        "https://b.c#x",
        "https://b.c:0",
        "https://b.c:x",
    ],
)
def test_an_address_that_is_none_is_our_mistake(public):
    with pytest.raises(ValueError, match=r"public address|Port"):
        Signatures(TOKEN, public)


def test_an_empty_token_with_which_anyone_could_sign_is_our_mistake():
    with pytest.raises(ValueError, match="empty"):
        Signatures("", PUBLIC)


@pytest.mark.parametrize("path", ["", "v", ":443/v", "@evil.example.com/v", ".evil.example.com/v", "/ä"])
def test_what_is_no_path_cannot_move_the_border_to_the_host(path):
    assert not ours().validate_webhook(path, (), by_twilio(PUBLIC + path))
    assert not ours().validate_websocket(path, by_twilio("wss://voice.example.com" + path))


@given(st.text(), st.dictionaries(st.text(), st.text()), st.none() | st.text(), st.binary(), st.booleans(), st.text())
def test_nothing_that_arrives_ever_raises(path, params, header, body, is_json, settings):
    kind = "application/json" if is_json else "application/x-www-form-urlencoded"
    for place in (path, "/" + path):
        assert not ours(shared_key="k").validate_webhook(
            place, params, header, raw_body=body, content_type=kind, settings=settings
        )
        assert not ours().validate_websocket(place, header)
    form_values(body)


def test_half_a_character_in_a_form_is_refused():
    assert not ours().validate_webhook("/v", {"a": "\ud800"}, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
