import asyncio
import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from telephony.double import DoubleCall
from telephony.double.errors import NoMedia
from telephony.double.twiml import Connect, Redirect
from tests.fakes.application import Application, MediaLine, serving, tone

pytestmark = [pytest.mark.call, pytest.mark.anyio]

WS_KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PHONES: Any = {"to": "+15550100", "from_": "+15550199"}


async def stays(line: MediaLine) -> None:
    await line.read_to_end()


async def until(call: DoubleCall, met: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not met():
            await call.wait(20)


@pytest.fixture
def application(application):
    application.talk = stays
    application.twiml |= {"/stream": "", "/resume": application.connect()}
    application.twiml["/voice"] = application.connect(
        after="<Redirect>/resume</Redirect>", attributes='statusCallback="/stream"'
    )
    return application


@pytest.mark.parametrize("how", ["clean", "reset", "limbo"])
async def test_a_lost_call_goes_on_with_what_follows_connect_on_the_same_clock(application, double, how):
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(200)
    await call.lose(how)
    assert not call.listening
    await call.wait(300)
    assert len(application.lines) == 1
    call.reconnect()
    await until(call, lambda: len(application.lines) == 2 and call.listening)
    said = await call.say(tone(200))
    call.hang_up()
    result = await call.finished()
    assert [type(each.verb) for each in result.executed] == [Connect, Redirect, Connect]
    assert [stream.ended_by for stream in result.streams] == ["lost", "call_over"]
    assert result.streams[0].stream_sid != result.streams[1].stream_sid
    assert {line.events("start")[0]["start"]["callSid"] for line in application.lines} == {call.call_sid}
    assert application.lines[1].events("media")[0]["media"]["timestamp"] == "0"
    assert tone(200) in application.lines[1].heard()
    assert said.start_ms > 500
    assert result.ear.caller_speech() == [said]


async def test_a_clean_loss_closes_the_socket_in_order(application, double):
    call = await double.call(application.url + "/voice", **PHONES)
    await call.lose("clean")
    await until(call, lambda: application.lines[0].ended)
    assert application.lines[0].ended == "CLOSE"
    assert application.lines[0].socket.close_code == 1000


async def test_a_reset_breaks_the_socket_without_a_word(application, double):
    call = await double.call(application.url + "/voice", **PHONES)
    await call.lose("reset")
    await until(call, lambda: application.lines[0].ended)
    assert application.lines[0].ended == "BROKEN"


async def test_in_limbo_nothing_comes_and_the_socket_looks_alive(application, double):
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(100)
    await call.lose("limbo")
    await call.wait(60)
    before = len(application.lines[0].raw)
    await call.wait(500)
    assert len(application.lines[0].raw) == before
    assert not application.lines[0].ended
    assert not application.lines[0].socket.closed


async def test_in_limbo_what_was_buffered_is_still_heard_and_on_a_reset_it_is_not(application, double):
    async def plays(line: MediaLine) -> None:
        await line.play(tone(800))
        await line.read_to_end()

    application.talk = plays
    for how, heard_ms in (("limbo", 800), ("reset", 200)):
        call = await double.call(application.url + "/voice", **PHONES)
        await call.wait(200)
        await call.lose(how)
        await call.wait(1000)
        call.hang_up()
        result = await call.finished()
        assert [span.length_ms for span in result.ear.speech()] == pytest.approx([heard_ms], abs=60)


async def test_a_loss_can_be_noticed_after_a_while(application, double):
    call = await double.call(application.url + "/voice", **PHONES)
    await call.lose("reset", resume_after_ms=300)
    await until(call, lambda: len(application.lines) == 2)
    call.hang_up()
    result = await call.finished()
    first, second = result.streams
    assert second.start_ms - first.end_ms == pytest.approx(0, abs=100)
    assert [form["StreamEvent"] for form in application.forms("/stream")] == [
        "stream-started",
        "stream-error",
        "stream-stopped",
    ]


async def test_only_what_is_lost_can_reconnect_and_only_what_is_open_can_be_lost(application, double):
    call = await double.call(application.url + "/voice", **PHONES)
    with pytest.raises(NoMedia):
        call.reconnect()
    await call.lose("limbo")
    with pytest.raises(NoMedia):
        await call.lose("reset")


async def breaks(line: MediaLine) -> None:
    """The process is killed: the connection is gone without a close frame."""
    await line.read_for(5)
    assert line.request.transport is not None
    line.request.transport.abort()


async def ends(line: MediaLine) -> None:
    """The process exits: the same, with FIN instead of RST."""
    await line.read_for(5)
    assert line.request.transport is not None
    line.request.transport.close()


@pytest.mark.parametrize("first", [breaks, ends])
async def test_when_the_application_breaks_the_connection_the_next_verb_runs(application, double, first):
    talks = iter([first, stays])

    async def talk(line: MediaLine) -> None:
        await next(talks)(line)

    application.talk = talk
    call = await double.call(application.url + "/voice", **PHONES)
    await until(call, lambda: len(application.lines) == 2)
    call.hang_up()
    result = await call.finished()
    assert [stream.ended_by for stream in result.streams] == ["broken", "call_over"]
    assert [each.code for each in result.problems] == [31903]
    assert [form["StreamEvent"] for form in application.forms("/stream")] == [
        "stream-started",
        "stream-error",
        "stream-stopped",
    ]


async def test_when_the_connection_breaks_the_carrier_can_wait_for_reconnect(application, double):
    application.talk = breaks
    call = await double.call(application.url + "/voice", on_broken="wait", **PHONES)
    await call.wait(500)
    assert len(application.lines) == 1
    application.talk = stays
    call.reconnect()
    await until(call, lambda: len(application.lines) == 2)
    assert [each.code for each in call.problems] == [31903]


async def test_a_server_that_is_away_fails_the_redirect_and_one_that_is_back_gets_it(double, unused_port):
    first, second = Application(talk=stays), Application(talk=stays)
    async with serving(first, unused_port):
        first.twiml["/voice"] = first.connect(after="<Redirect>/resume</Redirect>")
        call = await double.call(first.url + "/voice", on_broken="wait", **PHONES)
        await call.wait(100)
    await call.wait(300)
    assert not call.listening
    async with serving(second, unused_port):
        second.twiml["/resume"] = second.connect()
        call.reconnect()
        await until(call, lambda: second.lines)
        call.hang_up()
        result = await call.finished()
    assert result.ended_by == "caller"
    assert len(result.streams) == 2


async def test_what_is_not_a_websocket_any_more_is_a_protocol_error(application, double):
    async def garbles(line: MediaLine) -> None:
        await line.read_for(2)
        assert line.request.transport is not None
        line.request.transport.write(b"\xff\xff\xff\xff\xff\xff\xff")
        await asyncio.sleep(0.2)

    application.talk = garbles
    application.twiml["/voice"] = application.connect()
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert [each.code for each in result.problems] == [31924]
    assert result.streams[0].ended_by == "protocol"


async def test_a_caller_who_hangs_up_is_not_held_by_a_dead_application(double):
    async def ignores(line: MediaLine) -> None:
        await asyncio.sleep(20)

    async with serving(Application(talk=ignores)) as application:
        application.twiml["/voice"] = application.connect()
        call = await double.call(application.url + "/voice", **PHONES)
        await call.wait(100)
        call.hang_up()
        result = await asyncio.wait_for(call.finished(), 5)
    assert result.ended_by == "caller"


async def test_a_socket_that_is_never_accepted_times_out(application, double, monkeypatch):
    monkeypatch.setattr("telephony.double.socket.CONNECT_MS", 200)

    gone = asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()
        gone.set()

    server = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        application.twiml["/voice"] = f'<Connect><Stream url="ws://127.0.0.1:{port}/media"/></Connect>'
        result = await (await double.call(application.url + "/voice", **PHONES)).finished()
        await gone.wait()
    assert [each.code for each in result.problems] == [31901]


async def test_a_caller_who_gives_up_while_it_rings_leaves_nothing_behind(application, double):
    gone = asyncio.Event()

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()
        gone.set()

    server = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        application.twiml["/voice"] = f'<Connect><Stream url="ws://127.0.0.1:{port}/media"/></Connect>'
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(double.call(application.url + "/voice", **PHONES), 0.3)
        double.hang_up_all()
        await asyncio.wait_for(gone.wait(), 2)


async def test_a_reset_is_a_reset_on_the_wire(application, double):
    ends: asyncio.Queue[str] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(
            line.split(": ")[1] for line in request.split("\r\n") if line.lower().startswith("sec-websocket-key")
        )
        accept = base64.b64encode(hashlib.sha1(key.encode() + WS_KEY, usedforsecurity=False).digest()).decode()
        upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{upgrade}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        try:
            while await reader.read(65536):
                pass
            ends.put_nowait("fin")
        except ConnectionResetError:
            ends.put_nowait("rst")
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        application.twiml["/voice"] = f'<Connect><Stream url="ws://127.0.0.1:{port}/media"/></Connect>'
        for how, seen in (("reset", "rst"), ("clean", "fin")):
            call = await double.call(application.url + "/voice", **PHONES)
            await call.wait(100)
            await call.lose(how)
            assert await asyncio.wait_for(ends.get(), 3) == seen
            call.hang_up()
