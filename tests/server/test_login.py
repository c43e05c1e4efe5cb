import asyncio

import pytest

from server.api.login import own_path
from server.tokens import Tokens
from tests.fakes.web import TOKEN, serving

pytestmark = pytest.mark.adapter


def run(directory, use):
    async def inside():
        async with serving(directory) as web:
            return await use(web)

    return asyncio.run(inside())


def test_a_page_leads_to_the_form_and_the_form_back_to_the_page(tmp_path):
    async def use(web):
        asked = await web.browser.get("/calls?before=CA1")
        form = await web.browser.get(asked.headers["location"])
        entered = await web.browser.post("/login", data={"token": f" {TOKEN} ", "following": "/calls?before=CA1"})
        return asked, form, entered, await web.browser.get("/calls")

    asked, form, entered, page = run(tmp_path, use)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?following=%2Fcalls%3Fbefore%3DCA1")
    assert 'value="/calls?before=CA1"' in form.text
    assert (entered.status_code, entered.headers["location"]) == (303, "/calls?before=CA1")
    assert page.status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], "\ud83d\ude00"])
def test_a_wrong_token_does_not_let_in(tmp_path, token):
    async def use(web):
        refused = await web.browser.post(
            "/login", data={"token": token.encode("utf-16", "surrogatepass").decode("utf-16")}
        )
        return refused, await web.browser.get("/calls")

    refused, page = run(tmp_path, use)
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers
    assert 'role="alert"' in refused.text
    assert page.status_code == 303


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null"])
@pytest.mark.parametrize("path", ["/login", "/logout"])
def test_a_form_of_another_site_is_refused(tmp_path, origin, path):
    async def use(web):
        return await web.browser.post(path, data={"token": TOKEN}, headers={"Origin": origin})

    answer = run(tmp_path, use)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_an_agents_token_leads_to_their_desk_until_it_is_revoked(tmp_path):
    async def use(web):
        tokens = Tokens(web.store)
        made, token = await tokens.create("Ana", ["desk"], agent="ana")
        _, reader = await tokens.create("a dashboard", ["queues:read"])
        refused = await web.browser.post("/login", data={"token": reader, "following": "/calls"})
        entered = await web.browser.post("/login", data={"token": token, "following": "/calls"})
        calls = await web.browser.get("/calls")
        (cookie,) = web.browser.cookies.jar
        return refused, entered, calls, (made.id, token, cookie)

    refused, entered, calls, (made, token, cookie) = run(tmp_path, use)
    assert refused.status_code == 401
    assert (entered.status_code, entered.headers["location"]) == (303, "/desk")
    assert calls.headers["location"].startswith("/login")  # calls are the operator's
    assert cookie.name == "cordboard_desk"
    assert cookie.value.startswith(made)
    assert token not in cookie.value


def test_signing_out_ends_it(tmp_path):
    async def use(web):
        await web.browser.post("/login", data={"token": TOKEN})
        await web.browser.post("/logout")
        return (await web.browser.get("/calls")).status_code

    assert run(tmp_path, use) == 303


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("/calls/CA1", "/calls/CA1"),
        ("/calls?before=CA1", "/calls?before=CA1"),
        ("https://evil.example.com", "/calls"),
        ("//evil.example.com", "/calls"),
        ("/calls.evil.example.com", "/calls"),
        ("/\\evil.example.com", "/calls"),
        ("", "/calls"),
        ("/messages", "/messages"),
        ("/messages?before=CA1", "/messages?before=CA1"),
        ("/messages.evil.example.com", "/calls"),
    ],
)
def test_the_form_leads_to_our_pages_only(wanted, expected):
    assert own_path(wanted) == expected
