import pytest
from fastapi import Response
from starlette.requests import HTTPConnection

from server.auth import SESSION_S, Access

pytestmark = pytest.mark.unit

TOKEN = "a token of this test"


def connection(kind="http", scheme=None, **headers):
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    scheme = scheme or {"http": "http", "websocket": "ws"}[kind]
    server = ("phone.example.com", 443)
    return HTTPConnection({"type": kind, "scheme": scheme, "path": "/", "headers": raw, "server": server})


def cookie_of(access, scheme="http"):
    response = Response()
    access.begin_session(connection(scheme=scheme), response)
    return response.headers["set-cookie"]


@pytest.mark.parametrize("value", [f"Bearer {TOKEN}", f"bearer   {TOKEN} "])
def test_the_token_opens(value):
    assert Access(TOKEN).allows(connection(authorization=value))


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xe9"]
)
def test_nothing_else_opens(value):
    assert not Access(TOKEN).allows(connection(authorization=value))
    assert not Access(TOKEN).allows(connection())


def test_a_short_token_is_refused_at_start():
    with pytest.raises(ValueError, match="at least 16 characters"):
        Access("too short")


def test_a_session_opens_for_twelve_hours():
    now = [1000.0]
    access = Access(TOKEN, now=lambda: now[0])
    cookie = cookie_of(access).partition(";")[0]
    assert access.allows(connection(cookie=cookie))
    now[0] += SESSION_S - 1
    assert access.allows(connection(cookie=cookie))
    now[0] += 2
    assert not access.allows(connection(cookie=cookie))


def desk_cookie_of(access):
    response = Response()
    access.begin_desk(connection(), response, "tok_1")
    return response.headers["set-cookie"].partition(";")[0]


def test_an_agents_session_opens_their_desk_for_twelve_hours_and_nothing_else():
    now = [1000.0]
    access = Access(TOKEN, now=lambda: now[0])
    cookie = desk_cookie_of(access)
    assert access.desk(connection(cookie=cookie)) == "tok_1"
    assert not access.allows(connection(cookie=cookie))
    as_operator = cookie.replace("cordboard_desk", "cordboard_session")
    assert not access.allows(connection(cookie=as_operator))
    of_another = cookie.replace("tok_1", "tok_2")
    assert access.desk(connection(cookie=of_another)) == ""
    operators = cookie_of(access).partition(";")[0].replace("cordboard_session", "cordboard_desk")
    assert access.desk(connection(cookie=operators)) == ""
    now[0] += SESSION_S + 1
    assert access.desk(connection(cookie=cookie)) == ""


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_does_not_hold_the_token():
    cookie = cookie_of(Access(TOKEN)).lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert "secure" not in cookie
    assert "secure" in cookie_of(Access(TOKEN), scheme="https").lower()
    assert "secure" in cookie_of(Access(TOKEN, public_url="https://phone.example.com")).lower()


@pytest.mark.parametrize(
    "tamper",
    [
        lambda c: c[:-1],
        lambda c: c.replace("=4", "=5"),
        lambda c: c.split(".")[0],
        lambda c: "cordboard_session=9999999999.",
    ],
)
def test_a_cookie_that_was_tampered_with_opens_nothing(tamper):
    access = Access(TOKEN, now=lambda: 1000.0)
    cookie = cookie_of(access).partition(";")[0]
    assert not access.allows(connection(cookie=tamper(cookie)))


def test_another_token_ends_every_session():
    cookie = cookie_of(Access(TOKEN)).partition(";")[0]
    assert not Access("another token of it").allows(connection(cookie=cookie))


def test_a_wrong_token_is_not_made_right_by_a_session():
    access = Access(TOKEN)
    cookie = cookie_of(access).partition(";")[0]
    assert not access.allows(connection(cookie=cookie, authorization="Bearer wrong"))


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://phone.example.com", True),
        ("https://PHONE.example.com", True),
        ("https://desk.example.com", True),
        ("https://evil.example.com", False),
        ("https://phone.example.com.evil.com", False),
        ("https://phone.example.com:8443", False),
        ("null", False),
        (None, False),
    ],
)
def test_a_socket_with_a_cookie_must_come_from_one_of_our_pages(origin, allowed):
    access = Access(TOKEN, public_url="https://desk.example.com")
    headers = {"host": "phone.example.com", "cookie": cookie_of(access).partition(";")[0]}
    if origin is not None:
        headers["origin"] = origin
    assert access.allows(connection("websocket", **headers)) is allowed


def test_a_socket_with_the_token_needs_no_origin_and_no_foreign_one():
    access = Access(TOKEN)
    bearer = {"authorization": f"Bearer {TOKEN}", "host": "phone.example.com"}
    assert access.allows(connection("websocket", **bearer))
    assert not access.allows(connection("websocket", origin="https://evil.example.com", **bearer))


def test_a_socket_may_bring_the_token_as_a_subprotocol_and_a_request_may_not():
    access = Access("0123456789abcdef")
    offer = {"sec_websocket_protocol": "cordboard.v1, bearer.0123456789abcdef", "host": "phone.example.com"}
    assert access.allows(connection("websocket", **offer))
    assert not access.allows(connection("http", **offer))
    assert not access.allows(connection("websocket", sec_websocket_protocol="bearer.wrong", host="phone.example.com"))
