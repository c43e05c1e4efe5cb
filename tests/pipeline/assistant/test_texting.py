"""Texts to callers: only with a yes that was said in this call, only by a step of the line, once."""

import asyncio

import pytest

from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.assistant.text_specs import SEND_TEXT
from pipeline.assistant.texting import SendText
from pipeline.assistant.tools.runner import ToolResult, ToolRunner
from pipeline.assistant.tools.standing import Standing
from recordings.events import Event
from telephony.double.kept_texts import KeptTexts
from telephony.errors import CarrierLate, CarrierRefused
from telephony.ports import Texted
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.small_line import found_in, small_line, understands

pytestmark = pytest.mark.unit

WISH = {"number": "+14155550101", "text": "Your reference is A201."}
FLOWS = """
    reminder:
      about: a reminder
      steps:
        - ask: {slot: may_text, kind: yes_no, consent: text, prompt: "May I text you?"}
        - say: Noted.
"""


def standing(*given: bool) -> Standing:
    made = Standing("CA1")
    for at, one in enumerate(given, 1):
        data = {"turn": "t1", "to": "text", "given": one}
        made.take(Event("local", "CA1", at, 0, "", "consent.recorded", data))
    return made


def texted(messages, here: Standing, *, number: str = WISH["number"], reply: str = "", times: int = 1) -> ToolResult:
    async def run() -> ToolResult:
        runner = ToolRunner({"text": SendText(messages)})
        try:
            for _ in range(times):
                done = await runner.run("CA1/k1", "text", {**WISH, "number": number}, 2000, standing=here, reply=reply)
            return done
        finally:
            await runner.end()

    return asyncio.run(run())


@pytest.mark.row(55)
def test_who_agreed_is_texted_once():
    there = KeptTexts()
    done = texted(there, standing(True), times=3)
    assert (done.status, done.result["number_end"]) == ("done", "01")
    assert [(text.to, text.body) for text in there.texts] == [("+14155550101", "Your reference is A201.")]


@pytest.mark.row(55)
@pytest.mark.parametrize("here", [standing(), standing(False), standing(True, False)], ids=["unasked", "no", "changed"])
def test_without_a_yes_nobody_is_texted(here):
    there = KeptTexts()
    done = texted(there, here)
    assert (done.status, done.error) == ("refused", "no_consent")
    assert there.texts == ()


def test_a_yes_of_the_one_who_spoke_before_counts_for_nobody_else():
    here = standing(True)
    here.take(Event("local", "CA1", 9, 0, "", "identity.dropped", {"turn": "t2", "reason": "another_person"}))
    assert texted(KeptTexts(), here).error == "no_consent"


def test_a_language_model_texts_nobody():
    here = standing(True)
    here.said("my number is +14155550101")
    assert texted(KeptTexts(), here, reply="m1").error == "no_consent"


@pytest.mark.parametrize("number", ["anonymous", "", "12"])
def test_what_is_no_number_is_not_texted(number):
    assert texted(KeptTexts(), standing(True), number=number).error in {"refused", "bad_arguments"}


class _Trouble:
    def __init__(self, error: Exception) -> None:
        self._error = error

    async def send(self, to: str, text: str, key: str, deadline_ms: int) -> Texted:
        raise self._error


@pytest.mark.parametrize(
    ("error", "code"), [(CarrierRefused("twilio", "wrong key"), "unavailable"), (CarrierLate("twilio", "late"), "late")]
)
def test_a_carrier_in_trouble_is_a_failure_and_no_claim(error, code):
    done = texted(_Trouble(error), standing(True))
    assert not done.ok
    assert done.error in {code, "checking"}


def call_of() -> ScriptedCall:
    line = small_line(FLOWS)
    call = ScriptedCall(Dialogue(line, understands(line)))
    call.begin(NOON)
    return call


@pytest.mark.parametrize(("words", "given"), [("yes please", True), ("no thank you", False)])
def test_what_was_answered_is_on_record(words, given):
    call = call_of()
    assert call.hears("reminder") == ["May I text you?"]
    call.hears(words)
    (record,) = call.records("consent.recorded")
    assert (record["to"], record["given"]) == ("text", given)


def test_a_call_that_is_resumed_has_the_same_record():
    call = call_of()
    call.hears("reminder")
    call.hears("yes")
    again = Dialogue(small_line(FLOWS), understands(small_line(FLOWS)))
    assert replay(again, call.log).unrecorded == ()


def test_consent_is_a_yes_or_a_no():
    (found,) = found_in(
        """
        reminder:
          about: it
          steps:
            - ask: {slot: it, kind: text, consent: text, prompt: "May I?"}
        """
    )
    assert "consent" in found.what


def test_the_tool_says_what_it_needs():
    assert (SEND_TEXT.consent, SEND_TEXT.writes, SEND_TEXT.reversal is not None) == ("text", True, True)
