import asyncio
from typing import Any

import pytest
from aiohttp import web
from twilio.request_validator import RequestValidator

from telephony.double import TwilioDouble
from telephony.double.twiml import Connect, Hangup, NotPlayed, Redirect, Say
from tests.fakes.application import MediaLine, tone

pytestmark = [pytest.mark.call, pytest.mark.anyio]

PHONES: Any = {"to": "+15550100", "from_": "+15550199"}
ACCOUNT, AUTH_TOKEN = "AC" + "a" * 32, "secret of the tests"


def said(text: str, language: str) -> bytes:
    """A voice that needs 20 ms for each letter."""
    del language
    return tone(20 * len(text))


@pytest.fixture
async def double(anyio_backend):
    async with TwilioDouble(ACCOUNT, AUTH_TOKEN, voice=said) as exchange:
        yield exchange


async def hangs_up(line: MediaLine) -> None:
    await line.read_for(5)


def verbs(result) -> list[type]:
    return [type(each.verb) for each in result.executed]


async def test_the_webhook_is_a_signed_form_with_what_twilio_tells(application, double):
    application.twiml["/voice"] = "<Hangup/>"
    call = await double.call(application.url + "/voice?tenant=1", **PHONES)
    result = await call.finished()
    ((method, path, form, headers),) = application.requests
    assert (method, path) == ("POST", "/voice?tenant=1")
    validator = RequestValidator(AUTH_TOKEN)
    assert validator.validate(application.url + "/voice?tenant=1", form, headers["X-Twilio-Signature"])
    assert not validator.validate(application.url + "/voice?tenant=2", form, headers["X-Twilio-Signature"])
    assert form["CallSid"] == call.call_sid
    assert (form["AccountSid"], form["To"], form["From"]) == (ACCOUNT, "+15550100", "+15550199")
    assert (form["CallStatus"], form["Direction"], form["FromCity"]) == ("ringing", "inbound", "")
    assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert result.ended_by == "hangup"


async def test_the_websocket_is_signed_with_its_url(application, double):
    application.talk = hangs_up
    application.twiml["/voice"] = application.connect()
    await (await double.call(application.url + "/voice", **PHONES)).finished()
    (line,) = application.lines
    url = application.url.replace("http", "ws") + "/media"
    assert RequestValidator(AUTH_TOKEN).validate(url, {}, line.request.headers["X-Twilio-Signature"])
    assert line.events("start")[0]["start"]["customParameters"] == {"t": "1"}


async def test_a_get_webhook_carries_everything_in_its_signed_url(application, double):
    application.twiml["/voice"] = "<Hangup/>"
    call = await double.call(application.url + "/voice?a=b", voice_method="GET", **PHONES)
    await call.finished()
    ((method, path, form, headers),) = application.requests
    assert (method, form) == ("GET", {})
    assert path.startswith("/voice?a=b&AccountSid=")
    assert RequestValidator(AUTH_TOKEN).validate(application.url + path, {}, headers["X-Twilio-Signature"])


async def test_requests_for_a_public_origin_are_signed_for_it_and_sent_here(application):
    application.talk = hangs_up
    application.twiml["/voice"] = '<Connect><Stream url="wss://voice.example.com/media"/></Connect>'
    async with TwilioDouble(ACCOUNT, AUTH_TOKEN, route={"https://voice.example.com/": application.url}) as exchange:
        result = await (await exchange.call("https://voice.example.com/voice", **PHONES)).finished()
    validator = RequestValidator(AUTH_TOKEN)
    ((_, _, form, headers),) = application.requests
    assert validator.validate("https://voice.example.com/voice", form, headers["X-Twilio-Signature"])
    (line,) = application.lines
    assert validator.validate("wss://voice.example.com/media", {}, line.request.headers["X-Twilio-Signature"])
    assert line.request.headers["Host"] == "voice.example.com"
    assert result.problems == ()


async def test_connect_blocks_until_the_application_closes_and_then_the_next_verb_runs(application, double):
    application.talk = hangs_up
    application.twiml["/voice"] = application.connect(after="<Redirect>/resume</Redirect><Say>never</Say>")
    application.twiml["/resume"] = "<Say>bye</Say><Hangup/><Say>never</Say>"
    call = await double.call(application.url + "/voice", **PHONES)
    result = await call.finished()
    assert verbs(result) == [Connect, Redirect, Say, Hangup]
    assert result.said == ("bye",)
    assert [form["CallStatus"] for form in application.forms("/resume")] == ["in-progress"]
    (stream,) = result.streams
    assert (stream.ended_by, stream.close_code) == ("application", 1000)
    assert result.problems == ()
    assert "stop" not in [told["event"] for _, told in application.lines[0].messages]


async def test_at_the_end_of_the_twiml_the_call_ends(application, double):
    application.talk = hangs_up
    application.twiml["/voice"] = application.connect()
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert result.ended_by == "end_of_twiml"


async def test_a_close_with_an_error_code_is_a_problem_and_the_next_verb_runs(application, double):
    async def refuse(line: MediaLine) -> None:
        await line.socket.close(code=1008, message=b"bad token")

    application.talk = refuse
    application.twiml["/voice"] = application.connect(after="<Hangup/>")
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    (stream,) = result.streams
    assert (stream.close_code, stream.close_reason) == (1008, "bad token")
    assert [each.code for each in result.problems] == [31921]
    assert verbs(result) == [Connect, Hangup]


async def test_audio_that_was_not_heard_when_the_stream_closes_is_cut(application, double):
    async def talk(line: MediaLine) -> None:
        await line.play(tone(2000))
        await line.read_for(10)

    application.talk = talk
    application.twiml["/voice"] = application.connect()
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    (cut,) = result.ear.cuts
    assert (cut.why, cut.length_ms) == ("stream_ended", pytest.approx(1800, abs=60))


async def test_say_pause_and_play_are_heard(application, double):
    wav_like = tone(300)
    application.twiml["/voice"] = '<Say>0123456789</Say><Pause length="1"/><Play>/a.ulaw</Play><Play digits="w1w2"/>'
    application.twiml["/a.ulaw"] = lambda form: web.Response(body=wav_like)
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    lengths = [span.length_ms for span in result.ear.speech(join_ms=50)]
    assert lengths == pytest.approx([200, 300, 100, 100], abs=25)
    first, second, *_ = result.ear.speech(join_ms=50)
    assert 980 <= second.start_ms - first.end_ms < 2000  # the pause, and what fetching the file takes
    (play,) = [each for each in result.webhooks if each.purpose == "play"]
    assert (play.method, dict(play.params)) == ("GET", {})


async def test_what_cannot_be_played_is_a_problem_and_the_call_goes_on(application, double):
    application.twiml["/voice"] = "<Play>/missing</Play><Play>/text</Play><Say>on</Say>"
    application.twiml["/text"] = lambda form: web.Response(text="not audio")
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert [each.code for each in result.problems] == [11200, 12400]
    assert result.said == ("on",)


async def test_a_caller_who_hangs_up_during_a_prompt_ends_the_call_at_once(application, double):
    application.twiml["/voice"] = "<Say>" + "a" * 200 + "</Say>"
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(300)
    call.hang_up()
    result = await call.finished()
    assert result.ended_by == "caller"
    assert result.duration_ms < 1000
    assert result.ear.cuts[0].why == "interrupted"


async def test_reject_takes_no_call(application, double):
    application.twiml["/voice"] = '<Reject reason="busy"/>'
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert result.ended_by == "rejected"


async def test_a_verb_that_is_not_played_is_a_problem_with_its_name(application, double):
    application.twiml["/voice"] = "<Pay/><Say>on</Say>"
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert verbs(result) == [NotPlayed, Say]
    assert [each.detail for each in result.problems] == ["<Pay> is not played by this double"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda form: web.Response(status=403), 11200),
        (lambda form: web.Response(status=500), 11200),
        (lambda form: web.Response(text="<Response/>", content_type="application/json"), 12300),
        (lambda form: web.Response(text="<Response>", content_type="text/xml"), 12100),
    ],
)
async def test_an_answer_that_is_no_twiml_ends_the_call_with_twilios_code(application, double, answer, code):
    application.twiml["/voice"] = answer
    call = await double.call(application.url + "/voice", **PHONES)
    result = await call.finished()
    assert (result.ended_by, [each.code for each in result.problems]) == ("failed", [code])
    assert result.webhooks[0].status == answer({}).status


async def test_the_fallback_url_is_asked_once_with_the_error(application, double):
    application.twiml["/fallback"] = "<Say>sorry</Say>"
    result = await (
        await double.call(application.url + "/voice", fallback_url=application.url + "/fallback", **PHONES)
    ).finished()
    (form,) = application.forms("/fallback")
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", application.url + "/voice")
    assert (result.ended_by, result.said) == ("end_of_twiml", ("sorry",))


async def test_a_fallback_that_fails_too_ends_the_call(application, double):
    call = await double.call(application.url + "/voice", fallback_url=application.url + "/fallback", **PHONES)
    assert (await call.finished()).ended_by == "failed"
    assert len(application.requests) == 2


async def test_redirecting_forever_is_noticed(application, double, monkeypatch):
    monkeypatch.setattr("telephony.double.program.MAX_DOCUMENTS", 5)
    application.twiml["/voice"] = "<Redirect/>"
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert result.ended_by == "failed"
    assert len(application.requests) == 5


async def test_status_callbacks_come_in_order(application, double):
    application.talk = hangs_up
    application.twiml |= {"/stream": "", "/status": ""}
    application.twiml["/voice"] = application.connect(attributes='statusCallback="/stream" name="main"')
    call = await double.call(application.url + "/voice", status_callback=application.url + "/status", **PHONES)
    result = await call.finished()
    told = application.forms("/stream")
    assert [form["StreamEvent"] for form in told] == ["stream-started", "stream-stopped"]
    assert {form["StreamName"] for form in told} == {"main"}
    assert {form["StreamSid"] for form in told} == {result.streams[0].stream_sid}
    (completed,) = application.forms("/status")
    assert completed["CallStatus"] == "completed"
    assert int(completed["CallDuration"]) >= 1


async def test_a_stream_that_cannot_be_opened_is_an_error_and_the_next_verb_runs(application, double):
    url = application.url.replace("http", "ws")
    application.twiml |= {"/stream": "", "/nowhere": lambda form: web.Response(status=401)}
    for bad in (
        url + "/nowhere",
        url + "/media?token=1",
        "ws://127.0.0.1:9/media",
        "ws://example.com/media",
        "ftp://x/",
    ):
        application.twiml["/voice"] = f'<Connect><Stream url="{bad}" statusCallback="/stream"/></Connect><Say>on</Say>'
        result = await (await double.call(application.url + "/voice", **PHONES)).finished()
        assert result.said == ("on",)
        assert [each.code for each in result.problems] != []
    assert [form["StreamEvent"] for form in application.forms("/stream")] == ["stream-error"] * 5
    assert application.lines == []


async def test_the_application_can_end_or_redirect_a_live_call(application, double):
    async def stays(line: MediaLine) -> None:
        await line.read_to_end()

    application.talk = stays
    application.twiml["/voice"] = application.connect(after="<Say>never</Say>")
    application.twiml["/elsewhere"] = "<Say>there</Say>"
    ended = await double.call(application.url + "/voice", **PHONES)
    ended.update(status="completed")
    assert (await ended.finished()).ended_by == "application"
    moved = await double.call(application.url + "/voice", **PHONES)
    moved.update(url=application.url + "/elsewhere")
    assert (await moved.finished()).said == ("there",)
    given = await double.call(application.url + "/voice", **PHONES)
    given.update(twiml="<Response><Say>given</Say></Response>")
    assert (await given.finished()).said == ("given",)
    assert [line.messages[-1][1]["event"] for line in application.lines] == ["stop"] * 3
    with pytest.raises(ValueError, match="say what to do"):
        given.update()


async def test_calls_run_side_by_side_and_leaving_hangs_them_up(application):
    async def talk(line: MediaLine) -> None:
        await line.read_to_end()

    application.talk = talk
    application.twiml["/voice"] = application.connect()
    async with TwilioDouble(ACCOUNT, AUTH_TOKEN) as exchange:
        calls = await asyncio.gather(*(exchange.call(application.url + "/voice", **PHONES) for _ in range(5)))
        await asyncio.gather(*(call.say(tone(200)) for call in calls))
    results = [await call.finished() for call in calls]
    assert {result.ended_by for result in results} == {"caller"}
    assert len({result.call_sid for result in results}) == 5
    assert all(tone(200) in line.heard() for line in application.lines)


async def test_a_call_outside_of_the_context_is_our_own_mistake():
    with pytest.raises(RuntimeError, match="async with"):
        await TwilioDouble(ACCOUNT, AUTH_TOKEN).call("http://127.0.0.1/", **PHONES)
    with pytest.raises(ValueError, match="account sid"):
        TwilioDouble("me", AUTH_TOKEN)


async def test_nothing_listens_at_the_webhook(double):
    result = await (await double.call("http://127.0.0.1:9/voice", **PHONES)).finished()
    assert result.ended_by == "failed"
    (webhook,) = result.webhooks
    assert (webhook.status, webhook.attempts) == (None, 2)
    assert "cannot connect" in webhook.error
