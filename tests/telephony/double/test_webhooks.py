import asyncio

import aiohttp
import pytest
from aiohttp import web

from telephony.double.errors import WebhookFailed
from telephony.double.webhooks import Webhooks, checked_twiml
from tests.fakes.application import Application, serving

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]


@pytest.fixture
async def webhooks(anyio_backend):
    async with aiohttp.ClientSession() as session:
        yield Webhooks(session, "token")


def failing(times: int, status: int):
    """An answer that fails so many times, and is fine afterwards."""
    left = iter([status] * times)

    def answer(form):
        return web.Response(status=next(left, 200), text="<Response/>", content_type="text/xml")

    return answer


async def test_an_error_status_is_not_repeated_unless_the_url_says_so(application, webhooks):
    application.twiml["/x"] = failing(1, 503)
    with pytest.raises(WebhookFailed, match="HTTP 503") as failed:
        await webhooks.request("POST", application.url + "/x", {})
    assert (failed.value.status, failed.value.attempts, failed.value.code) == (503, 1, 11200)


@pytest.mark.parametrize(
    ("fragment", "failures", "attempts"),
    [("#rp=5xx", 1, 2), ("#rc=3&rp=all", 3, 4), ("#rc=5&rp=4xx,5xx", 5, 6), ("#rc=99&rp=all", 5, 6)],
)
async def test_the_fragment_says_what_is_repeated_and_how_often(application, webhooks, fragment, failures, attempts):
    application.twiml["/x"] = failing(failures, 503)
    answer = await webhooks.request("POST", application.url + "/x" + fragment, {"a": "b"})
    assert answer.attempts == attempts
    assert [path for _, path, _, _ in application.requests] == ["/x"] * attempts


@pytest.mark.parametrize("fragment", ["#rc=1&rp=all", "#rc=2&rp=4xx", "#rc=0&rp=all"])
async def test_when_the_attempts_are_used_up_it_has_failed(application, webhooks, fragment):
    application.twiml["/x"] = failing(3, 503)
    with pytest.raises(WebhookFailed):
        await webhooks.request("POST", application.url + "/x" + fragment, {})


async def test_the_fragment_is_neither_sent_nor_signed(application, webhooks):
    application.twiml["/x"] = ""
    await webhooks.request("POST", application.url + "/x#rc=3", {"a": "b"})
    ((_, path, _, headers),) = application.requests
    assert path == "/x"
    assert headers["X-Twilio-Signature"] == webhooks.signature(application.url + "/x", {"a": "b"})


async def test_a_slow_answer_is_waited_for_as_long_as_the_fragment_says(webhooks):
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    app = Application()
    app.answer = slow  # type: ignore[method-assign]
    async with serving(app):
        for fragment in ("#tt=200", "#rt=200"):
            with pytest.raises(WebhookFailed, match="answer"):
                await webhooks.request("POST", app.url + "/x" + fragment, {})


async def test_a_redirect_is_followed_with_a_get_and_without_the_form(application, webhooks):
    application.twiml["/x"] = lambda form: web.Response(status=302, headers={"Location": "/y"})
    application.twiml["/y"] = ""
    answer = await webhooks.request("POST", application.url + "/x", {"a": "b"})
    assert answer.url == application.url + "/y"
    assert application.requests[1][:3] == ("GET", "/y", {})


async def test_redirects_in_a_circle_fail(application, webhooks):
    application.twiml["/x"] = lambda form: web.Response(status=302, headers={"Location": "/x"})
    with pytest.raises(WebhookFailed, match="redirects"):
        await webhooks.request("POST", application.url + "/x", {})


async def test_a_url_is_sent_as_it_was_signed(application, webhooks):
    application.twiml["/a b"] = ""
    await webhooks.request("POST", application.url + "/a%20b?q=%2B1%27", {})
    assert application.requests[0][1] == "/a%20b?q=%2B1%27"


async def test_while_the_server_is_away_attempts_can_be_spaced(unused_port):
    async with aiohttp.ClientSession() as session:
        patient = Webhooks(session, "token", retry_wait_ms=200)
        url = f"http://127.0.0.1:{unused_port}/x#rc=5"
        asking = asyncio.create_task(patient.request("POST", url, {}))
        await asyncio.sleep(0.3)
        back = Application()
        back.twiml["/x"] = ""
        async with serving(back, unused_port):
            answer = await asking
    assert answer.attempts == 3


async def test_twiml_must_say_that_it_is_xml(application, webhooks):
    application.twiml["/x"] = ""
    application.twiml["/y"] = lambda form: web.Response(text="<Response/>", content_type="text/plain")
    checked_twiml(await webhooks.request("POST", application.url + "/x", {}))
    with pytest.raises(WebhookFailed, match="text/plain") as failed:
        checked_twiml(await webhooks.request("POST", application.url + "/y", {}))
    assert failed.value.code == 12300
