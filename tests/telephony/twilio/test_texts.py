"""Texts over the official client, against the double's /Messages.json."""

import asyncio
import json
import logging
import socket
from contextlib import aclosing

import pytest
from aiohttp import web

from telephony.double import TwilioDouble
from telephony.errors import CarrierFailed, CarrierLate, CarrierRefused, NotTextable
from telephony.twilio.rest import TwilioRest
from telephony.twilio.text_states import text_state
from telephony.twilio.texts import ATTEMPTS, TwilioMessages
from tests.fakes.application import Application, serving

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

ACCOUNT = "AC" + "a" * 32
AUTH_TOKEN = "secret of the tests"
SENDER = "+14155550100"
CALLER = "+14155550101"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr("telephony.twilio.texts.WAITS_S", (0.01, 0.01))


@pytest.fixture
async def double(anyio_backend):
    async with TwilioDouble(ACCOUNT, AUTH_TOKEN) as exchange:
        yield exchange


@pytest.fixture
async def served(double):
    return await double.serve_texts()


@pytest.fixture
async def messages(served):
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, served[1])) as rest:
        yield TwilioMessages(rest, SENDER)


async def test_a_text_reaches_the_handset(served, messages):
    texted = await messages.send(CALLER, "Your order is on its way.", "k1", 2_000)
    (text,) = served[0].to(CALLER)
    assert (text.sid, text.from_, text.body) == (texted.text_id, SENDER, "Your order is on its way.")


async def test_a_messaging_service_sends_without_a_number(served):
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, served[1])) as rest:
        await TwilioMessages(rest, "MG" + "b" * 32).send(CALLER, "Hello", "k1", 2_000)
    assert [text.from_ for text in served[0].texts] == [""]


async def test_the_same_key_texts_once(served, messages):
    first, second = await asyncio.gather(*(messages.send(CALLER, "Hello", "k1", 2_000) for _ in range(2)))
    assert first == second
    assert len(served[0].texts) == 1
    await messages.send(CALLER, "Hello", "k2", 2_000)
    assert len(served[0].texts) == 2


@pytest.mark.parametrize("mishaps", [[503], [429, 500], ["lost"], [500, "lost"], ["lost", "lost"]])
async def test_what_may_pass_is_tried_again_and_texts_once(served, messages, mishaps):
    served[0].mishaps.extend(mishaps)
    texted = await messages.send(CALLER, "Your code is 123456.", "k1", 5_000)
    assert [text.sid for text in served[0].texts] == [texted.text_id]


async def test_attempts_end(served, messages):
    served[0].mishaps.extend([503] * 9)
    with pytest.raises(CarrierFailed, match="HTTP 503") as failed:
        await messages.send(CALLER, "Hello", "k1", 5_000)
    assert failed.value.retryable
    assert served[0].requests == ATTEMPTS


async def test_after_a_failure_the_same_key_may_be_tried_anew(served, messages):
    served[0].mishaps.extend([503] * ATTEMPTS)
    with pytest.raises(CarrierFailed):
        await messages.send(CALLER, "Hello", "k1", 5_000)
    await messages.send(CALLER, "Hello", "k1", 5_000)
    assert len(served[0].texts) == 1


async def test_whoever_cannot_be_texted_is_asked_once(served, messages):
    served[0].opted_out.add(CALLER)
    served[0].landlines.add("+14155550102")
    for number, code in ((CALLER, 21610), ("+14155550102", 21614), ("98765", 21211)):
        with pytest.raises(NotTextable) as refused:
            await messages.send(number, "Hello", number, 2_000)
        assert (refused.value.code, refused.value.retryable) == (code, False)
        assert number not in str(refused.value)
    assert served[0].requests == 3


async def test_a_wrong_key_is_told_at_once(served):
    async with aclosing(TwilioRest(ACCOUNT, "not the token", served[1])) as rest:
        with pytest.raises(CarrierRefused, match="20003"):
            await TwilioMessages(rest, SENDER).send(CALLER, "Hello", "k1", 2_000)
    assert served[0].requests == 1


async def test_a_service_that_is_not_there_is_not_reached(unused_tcp_port_of_nobody):
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, f"http://127.0.0.1:{unused_tcp_port_of_nobody}")) as rest:
        with pytest.raises(CarrierFailed, match="not reached"):
            await TwilioMessages(rest, SENDER).send(CALLER, "Hello", "k1", 2_000)


@pytest.fixture
def unused_tcp_port_of_nobody() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_the_deadline_ends_all_attempts(anyio_backend):
    released = asyncio.Event()

    async def never(request: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    app = Application()
    app.answer = never  # type: ignore[method-assign]
    async with serving(app), aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, app.url)) as rest:
        with pytest.raises(CarrierLate, match="200 ms"):
            await TwilioMessages(rest, SENDER).send(CALLER, "Hello", "k1", 200)
        released.set()


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=201, text="<html>proxy</html>"),
        web.Response(status=201, text="[]"),
        web.Response(status=201, text=json.dumps({"status": "queued", "date_created": "yesterday"})),
        web.Response(status=400, text="nonsense"),
    ],
    ids=["html", "list", "no sid", "error without a body"],
)
async def test_an_answer_that_is_none_is_an_error_of_the_carrier(anyio_backend, answer):
    app = Application(twiml={f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json": lambda form: _copy(answer)})
    async with serving(app), aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, app.url)) as rest:
        with pytest.raises((CarrierFailed, CarrierRefused)) as failed:
            await TwilioMessages(rest, SENDER).send(CALLER, "Hello there", "k1", 2_000)
    assert "Hello there" not in str(failed.value)


def _copy(answer: web.Response) -> web.Response:
    return web.Response(status=answer.status, text=answer.text)


@pytest.mark.parametrize("text", ["", "x" * 1601])
async def test_a_text_that_no_carrier_takes_is_our_own_error(messages, text):
    with pytest.raises(ValueError, match="1 to 1600"):
        await messages.send(CALLER, text, "k1", 2_000)


async def test_neither_number_nor_words_enter_a_log(served, messages, caplog):
    caplog.set_level(logging.DEBUG)
    served[0].mishaps.append("lost")
    await messages.send(CALLER, "Your code is 123456.", "k1", 5_000)
    assert "123456" not in caplog.text
    assert "4155550101" not in caplog.text


async def test_the_client_goes_nowhere_else(anyio_backend):
    async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, "http://127.0.0.1:1")) as rest:
        with pytest.raises(ValueError, match=r"taskrouter\.twilio\.com"):
            await rest.client.taskrouter.v1.workspaces.list_async(limit=1)


async def test_what_becomes_of_a_text_is_told_signed(anyio_backend):
    app = Application(twiml={"/text": ""})
    async with serving(app), TwilioDouble(ACCOUNT, AUTH_TOKEN) as double:  # it is left when all has been told
        texts, url = await double.serve_texts()
        texts.undeliverable.add("+14155550102")
        async with aclosing(TwilioRest(ACCOUNT, AUTH_TOKEN, url)) as rest:
            messages = TwilioMessages(rest, SENDER, f"{app.url}/text")
            await messages.send(CALLER, "Hello", "k1", 2_000)
            await messages.send("+14155550102", "Hello", "k2", 2_000)
    told = {(form["To"], form["MessageStatus"]) for form in app.forms("/text")}
    assert told == {
        (CALLER, "sent"), (CALLER, "delivered"), ("+14155550102", "sent"), ("+14155550102", "undelivered"),
    }  # fmt: skip
    assert all(headers["X-Twilio-Signature"] for *_, headers in app.requests)


def test_words_of_the_carrier_are_read_into_ours():
    assert [text_state(word) for word in ("queued", "sent", "delivered", "undelivered", "teleported")] == [
        "accepted", "sent", "delivered", "failed", None,
    ]  # fmt: skip
