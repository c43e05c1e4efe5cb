import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from recordings import events
from recordings.events import Event
from recordings.log import CallLog
from server.api import live
from server.health import Trouble
from tests.fakes.call_events import CALL_ID, call_events
from tests.fakes.web import BEARER, TOKEN, serving

pytestmark = pytest.mark.adapter

CALL = f"/api/calls/{CALL_ID}/live"
EVENTS = call_events()


def run(directory, use):
    async def inside():
        async with asyncio.timeout(30), serving(directory) as web:
            return await use(web)

    return asyncio.run(inside())


async def rest(socket):
    """All messages to the end of the socket, and its close code."""
    messages = []
    try:
        while True:
            messages.append(json.loads(await socket.recv()))
    except ConnectionClosed:
        return messages, socket.close_code


@pytest.mark.parametrize("path", [CALL, "/api/live"])
def test_without_the_token_no_socket_opens(tmp_path, path):
    async def use(web):
        refusals = []
        for options in (
            {},
            {"additional_headers": {"Authorization": "Bearer wrong"}},
            {"additional_headers": BEARER, "origin": "https://evil.example.com"},
            {"subprotocols": ["cordboard.v1", "bearer.wrong"]},
        ):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(web.socket_url(path), **options):
                    pass
            refusals.append(refused.value.response.status_code)
        return refusals

    assert run(tmp_path, use) == [403] * 4


def test_a_browser_that_has_signed_in_may_open_one_from_our_page_only(tmp_path):
    async def use(web):
        await web.browser.post("/login", data={"token": TOKEN})
        (cookie,) = web.browser.cookies.jar
        session = {"Cookie": f"{cookie.name}={cookie.value}"}
        async with connect(
            web.socket_url("/api/live"), additional_headers=session, origin=Origin(f"http://127.0.0.1:{web.port}")
        ) as socket:
            first = json.loads(await socket.recv())["type"]
        with pytest.raises(InvalidStatus):
            async with connect(
                web.socket_url("/api/live"), additional_headers=session, origin=Origin("http://localhost")
            ):
                pass
        return first

    assert run(tmp_path, use) == "calls"


def test_a_client_without_headers_brings_the_token_as_a_subprotocol(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fakes.web.TOKEN", "0123456789abcdef")

    async def use(web):
        offers = [Subprotocol("cordboard.v1"), Subprotocol("bearer.0123456789abcdef")]
        async with connect(web.socket_url("/api/live"), subprotocols=offers) as socket:
            return socket.subprotocol

    assert run(tmp_path, use) == "cordboard.v1"


def test_a_finished_call_is_sent_from_where_one_asks_and_the_socket_closes(tmp_path):
    async def use(web):
        web.store.append(EVENTS)
        async with connect(web.socket_url(f"{CALL}?after=38"), additional_headers=BEARER) as socket:
            late = await rest(socket)
        async with connect(web.socket_url(f"{CALL}?after=1000"), additional_headers=BEARER) as socket:
            nothing = await rest(socket)
        return late, nothing

    (messages, code), nothing = run(tmp_path, use)
    assert messages == [events.to_json(event) for event in EVENTS[38:]]
    assert code == 1000
    assert nothing == ([], 1000)


def test_a_live_call_arrives_event_by_event_each_once_in_order(tmp_path):
    async def use(web):
        log = CallLog(web.store, "local", CALL_ID)

        async def call():
            for event in EVENTS:
                log.record(event.kind, event.at_ms, **event.data)
                await asyncio.sleep(0)

        log.record("caller.speech_started", 0)
        async with connect(web.socket_url(CALL), additional_headers=BEARER) as socket:
            calling = asyncio.create_task(call())
            found = await rest(socket)
            await calling
            return found

    messages, code = run(tmp_path, use)
    assert [message["seq"] for message in messages] == list(range(1, len(EVENTS) + 2))
    assert (messages[-1]["kind"], code) == ("call.ended", 1000)


def test_a_viewer_that_falls_behind_reads_what_it_missed_and_loses_nothing(tmp_path, monkeypatch):
    """The feed holds two events only; a burst of hundreds passes it by."""

    async def use(web):
        subscribe = web.store.subscribe
        monkeypatch.setattr(web.store, "subscribe", lambda *given: subscribe(*given, size=2))
        log = CallLog(web.store, "local", CALL_ID)
        log.record("caller.speech_started", 0)
        async with connect(web.socket_url(CALL), additional_headers=BEARER) as socket:
            first = json.loads(await socket.recv())
            for _ in range(20):
                for _ in range(30):
                    log.record("caller.partial", 0, text="well")
                await asyncio.sleep(0.002)
            log.record("call.ended", 0, outcome="completed", reason="")
            return first, *await rest(socket)

    first, messages, code = run(tmp_path, use)
    assert [first["seq"], *(message["seq"] for message in messages)] == list(range(1, 603))
    assert code == 1000


def test_a_paused_viewer_never_slows_the_call(tmp_path):
    async def use(web):
        log = CallLog(web.store, "local", CALL_ID)
        log.record("caller.speech_started", 0)
        async with connect(web.socket_url(CALL), additional_headers=BEARER, max_queue=1, compression=None) as socket:
            await socket.recv()
            loop = asyncio.get_running_loop()
            slowest_s = 0.0
            for _ in range(300):
                began = loop.time()
                log.record("caller.partial", 0, text="word " * 8000)
                slowest_s = max(slowest_s, loop.time() - began)
                await asyncio.sleep(0.001)
            socket.transport.abort()
        await web.store.flush()
        return slowest_s, len(await web.store.events(CALL_ID))

    slowest_s, kept = run(tmp_path, use)
    assert kept == 301
    assert slowest_s < 0.1


def test_an_unknown_call_closes_with_a_code_of_its_own(tmp_path):
    async def use(web):
        async with connect(web.socket_url("/api/calls/CA9/live"), additional_headers=BEARER) as socket:
            return await rest(socket)

    assert run(tmp_path, use) == ([], 4404)


def test_the_list_says_what_is_and_then_what_changes(tmp_path):
    async def use(web):
        web.store.append(call_events("CA1"))
        async with connect(web.socket_url("/api/live"), additional_headers=BEARER) as socket:
            snapshot = json.loads(await socket.recv())
            web.store.append(call_events("CA2")[:5])
            ringing = [json.loads(await socket.recv()) for _ in range(3)]
            web.store.append(call_events("CA2")[-1:])
            ended = json.loads(await socket.recv())
            await socket.send("nothing that a viewer says is for the server")
            web.store.append(call_events("CA3")[:1])
            return snapshot, ringing, ended, json.loads(await socket.recv())

    snapshot, ringing, ended, later = run(tmp_path, use)
    assert (snapshot["type"], [call["call_id"] for call in snapshot["calls"]]) == ("calls", ["CA1"])
    assert {(message["type"], message["call"]["call_id"], message["call"]["outcome"]) for message in ringing} == {
        ("call", "CA2", None)
    }
    assert ended["call"]["outcome"] == "caller_hung_up"
    assert later["call"]["call_id"] == "CA3"


def test_the_list_says_when_a_message_is_left(tmp_path):
    async def use(web):
        web.store.append(EVENTS[:-3])
        async with connect(web.socket_url("/api/live"), additional_headers=BEARER) as socket:
            await socket.recv()
            web.store.append(EVENTS[-3:-1])
            return json.loads(await socket.recv())

    told = run(tmp_path, use)
    assert (told["type"], told["call"]["message_for"], told["call"]["outcome"]) == ("call", "customer_care", None)


def test_the_list_says_when_the_disk_refuses(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "HEALTH_S", 0.05)

    async def use(web):
        async with connect(web.socket_url("/api/live"), additional_headers=BEARER) as socket:
            await socket.recv()
            with web.store._write.connect() as connection:
                pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            for number in range(50):
                web.store.append(call_events(f"CA{number}")[3:4])
            messages: list[dict[str, Any]] = []
            while not messages or messages[-1]["type"] != "health":
                messages.append(json.loads(await socket.recv()))
            with web.store._write.connect() as connection:
                connection.exec_driver_sql("PRAGMA max_page_count=100000")
            return messages[-1], json.loads(await socket.recv())

    full, well = run(tmp_path, use)
    assert "database or disk is full" in full["degraded"]
    assert well == {"type": "health", "degraded": None}


def test_the_list_says_when_an_edit_of_a_line_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "HEALTH_S", 0.05)

    async def use(web):
        async with connect(web.socket_url("/api/live"), additional_headers=BEARER) as socket:
            await socket.recv()
            web.troubles.append(Trouble("The edit is not used:", ("line.yaml:3: wrong; mend it",)))
            wrong = json.loads(await socket.recv())
            web.troubles.clear()
            return wrong, json.loads(await socket.recv())

    wrong, right = run(tmp_path, use)
    assert wrong == {"type": "health", "degraded": "The edit is not used:\nline.yaml:3: wrong; mend it"}
    assert right == {"type": "health", "degraded": None}


def test_sockets_that_went_away_leave_nothing_behind(tmp_path):
    async def use(web):
        web.store.append(EVENTS[:5])
        for _ in range(3):
            async with connect(web.socket_url(CALL), additional_headers=BEARER) as socket:
                await socket.recv()
                socket.transport.abort()
        while web.store._feed._subscriptions:  # noqa: ASYNC110 - the test's time limit ends it
            await asyncio.sleep(0.01)

    run(tmp_path, use)


def test_too_many_viewers_are_told_to_try_again(tmp_path, monkeypatch):
    monkeypatch.setattr("recordings.feed.MOST_SUBSCRIPTIONS", 1)

    async def use(web):
        web.store.append(EVENTS[:5])
        async with connect(web.socket_url(CALL), additional_headers=BEARER) as first:
            await first.recv()
            async with connect(web.socket_url(CALL), additional_headers=BEARER) as second:
                return await rest(second)

    assert run(tmp_path, use) == ([], 1013)


def test_a_viewer_that_takes_nothing_is_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr(live, "SEND_S", 0.2)

    async def use(web):
        web.store.append(EVENTS[:5])
        async with connect(web.socket_url(CALL), additional_headers=BEARER, max_queue=1, compression=None) as socket:
            await socket.recv()
            text = "word " * 50_000
            for seq in range(6, 66):
                web.store.append([Event("local", CALL_ID, seq, 0, "", "caller.partial", {"text": text})])
            while web.answering:  # noqa: ASYNC110 - the test's time limit ends it
                await asyncio.sleep(0.01)
            socket.transport.abort()

    run(tmp_path, use)
