"""Callers whose call reaches no server of ours: the carrier's own fallback, over its double."""

import pytest
from aiohttp import web
from typer.testing import CliRunner

from server.cli.main import app
from telephony.double.call import DoubleCall
from telephony.double.people import Answers, NoAnswer
from telephony.twilio.twiml import DIAL_S
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, Carrier, carrier
from tests.fakes.office import virtually
from tests.fakes.phone_office import hears, words

pytestmark = pytest.mark.call
DEAD = "http://127.0.0.1:1/twilio/voice"


def printed(*arguments: str) -> str:
    ran = CliRunner().invoke(app, ["fallback", *arguments])
    assert ran.exit_code == 0, ran.output
    return ran.output.strip()


async def calls(at: Carrier) -> DoubleCall:
    document = printed(AGENT)  # a TwiML bin of the carrier's gives it
    at.app.twiml["/bin"] = lambda _form: web.Response(text=document, content_type="text/xml")
    return await at.double.call(DEAD, to="+14155550100", from_="+14155550101", fallback_url=at.app.url + "/bin")


@pytest.mark.edge("webhook unreachable")
@virtually
async def test_a_caller_whom_no_server_answers_is_put_through_by_the_carrier():
    async with carrier(voice=lambda _text, _language: tone(300)) as at:
        person = at.double.person(AGENT, Answers())
        call = await calls(at)
        await call.wait(4_000)
        assert await hears(call, person.calls[0], 500.0)
        assert await hears(person.calls[0], call, 900.0)
        call.hang_up()


@virtually
async def test_a_caller_whom_nobody_answers_there_either_hears_so():
    async with carrier(voice=lambda _text, _language: tone(300)) as at:
        at.double.person(AGENT, NoAnswer())
        call = await calls(at)
        result = await call.finished()
        assert words(result)[-1] == "I'm sorry, nobody answers. Goodbye."
        assert call.now_ms >= DIAL_S * 1000


@pytest.mark.parametrize("number", ["12", "+1", "not a number"])
def test_what_is_no_number_is_refused(number: str):
    ran = CliRunner().invoke(app, ["fallback", number])
    assert ran.exit_code != 0
    assert "no telephone number" in ran.output


@pytest.mark.parametrize("language", ["xx-YY", "en-YY", "english", ""])
def test_what_is_no_language_is_refused(language: str):
    ran = CliRunner().invoke(app, ["fallback", AGENT, "--language", language])
    assert ran.exit_code == 2
    assert "is no language; write it like en-US" in ran.output
    assert 'language="es-MX"' in printed(AGENT, "--language", "es-MX")
    assert 'language="cmn-CN"' in printed(AGENT, "--language", "cmn-CN")
