import asyncio
import time
from typing import Any

import pytest

from telephony.double.errors import NotAudio
from telephony.double.script import (
    HangUp,
    InterruptAt,
    KeysWhenAsked,
    Listen,
    LoseMedia,
    Press,
    PressAt,
    ScriptEvent,
    ScriptFailed,
    Speak,
    StaySilent,
    Wait,
    run_script,
)
from tests.fakes.application import MediaLine, tone

pytestmark = [pytest.mark.call, pytest.mark.anyio]

PHONES: Any = {"to": "+15550100", "from_": "+15550199"}
QUIET_MS = 200


class Assistant:
    """Greets, and answers every sound or run of keys of the caller's when it has been quiet for 100 ms."""

    def __init__(self, answer_ms: int = 400, turns: int = 99) -> None:
        self.answer_ms = answer_ms
        self.turns = turns
        self.keys = ""
        self.asks = False

    async def __call__(self, line: MediaLine) -> None:
        await line.read_for(1)
        await line.play(tone(400))
        silent, spoke = 0, False
        while not line.ended and self.turns:
            await line.read_until(lambda told: told["event"] in {"media", "dtmf", "stop"})
            told = line.messages[-1][1]
            if told["event"] == "dtmf":
                self.keys += told["dtmf"]["digit"]
                self.asks = False
            loud = told["event"] == "dtmf" or (told["event"] == "media" and len(set(told["media"]["payload"])) > 4)
            silent, spoke = (0, True) if loud else (silent + 1, spoke)
            if spoke and silent == 5:
                await line.play(tone(self.answer_ms))
                spoke, self.turns = False, self.turns - 1
        await asyncio.sleep(self.answer_ms / 1000 if not self.turns else 0)


async def call_with(application, double, assistant: Assistant):
    application.talk = assistant
    application.twiml["/voice"] = application.connect()
    return await double.call(application.url + "/voice", **PHONES)


async def test_each_line_waits_until_the_assistant_has_finished(application, double, tmp_path):
    file = tmp_path / "line.ulaw"
    file.write_bytes(tone(300))
    call = await call_with(application, double, Assistant())
    events: list[ScriptEvent] = []
    end = await run_script(call, [Speak(tone(300)), Speak(file), Listen(), HangUp()], events.append, quiet_ms=QUIET_MS)
    result = await call.finished()
    assert (end.done, end.complete) == (4, True)
    first, second = result.ear.caller_speech()
    greeting, answer, _ = result.ear.speech()
    assert greeting.end_ms + QUIET_MS <= first.start_ms <= greeting.end_ms + QUIET_MS + 100
    assert first.end_ms < answer.start_ms < answer.end_ms + QUIET_MS <= second.start_ms
    assert result.ear.overlaps() == []
    assert [event.kind for event in events if event.index == 0] == ["waited", "began", "done"]
    said = next(event for event in events if (event.kind, event.index) == ("done", 0))
    assert said.span == first


async def test_keys_are_pressed_in_a_turns_place(application, double):
    assistant = Assistant()
    call = await call_with(application, double, assistant)
    await run_script(call, [Press("12#", gap_ms=60), Listen(), HangUp()], quiet_ms=QUIET_MS)
    assert assistant.keys == "12#"


async def test_an_interruption_comes_while_the_assistant_speaks(application, double):
    call = await call_with(application, double, Assistant(answer_ms=1500))
    await run_script(call, [Speak(tone(200)), InterruptAt(500, tone(300)), Wait(200), HangUp()], quiet_ms=QUIET_MS)
    result = await call.finished()
    (overlap,) = result.ear.overlaps()
    answer = result.ear.speech()[1]
    assert overlap.start_ms - answer.start_ms == pytest.approx(520, abs=60)


async def test_an_interruption_of_an_assistant_that_was_shorter_follows_it(application, double):
    assistant = Assistant()
    call = await call_with(application, double, assistant)
    await run_script(call, [InterruptAt(5000, tone(300)), PressAt(100, "7"), Wait(100), HangUp()], quiet_ms=QUIET_MS)
    result = await call.finished()
    greeting, answer = result.ear.speech()[:2]
    (said,) = result.ear.caller_speech()
    assert greeting.end_ms + QUIET_MS <= said.start_ms
    assert assistant.keys == "7"
    assert answer.start_ms > said.end_ms


async def test_a_caller_whose_clock_was_late_still_leaves_the_quiet_before_speaking(application, double):
    call = await call_with(application, double, Assistant())
    await call.until_heard(380)
    asyncio.get_running_loop().call_later(0.12, time.sleep, 0.16)
    await run_script(call, [Speak(tone(300)), HangUp()], quiet_ms=QUIET_MS)
    result = await call.finished()
    assert result.ear.caller_speech()[0].start_ms - result.ear.speech()[0].end_ms >= QUIET_MS


async def test_keys_are_pressed_whenever_the_assistant_asks_for_them_and_then_the_script_goes_on(application, double):
    assistant = Assistant()
    assistant.asks = True
    call = await call_with(application, double, assistant)
    events: list[ScriptEvent] = []
    asked = KeysWhenAsked("34#", lambda: assistant.asks, gap_ms=40)
    await run_script(call, [Speak(tone(300)), Listen(), HangUp()], events.append, when_asked=asked, quiet_ms=QUIET_MS)
    assert assistant.keys == "34#"
    assert [event.kind for event in events].count("keys_when_asked") == 1
    said = [event.at_ms for event in events if event.kind in {"keys_when_asked", "done"}]
    assert said == sorted(said)


async def test_an_assistant_that_asks_forever_is_given_up(application, double):
    assistant = Assistant()
    call = await call_with(application, double, assistant)
    asked = KeysWhenAsked("1", lambda: True)
    end = await run_script(call, [Speak(tone(100)), HangUp()], when_asked=asked, quiet_ms=100)
    assert end.complete
    assert assistant.keys == "11111"


async def test_a_silent_caller_still_presses_the_keys_that_are_asked_for(application, double):
    assistant = Assistant(turns=1)
    assistant.asks = True
    call = await call_with(application, double, assistant)
    end = await run_script(
        call, [StaySilent(5000)], when_asked=KeysWhenAsked("9", lambda: assistant.asks), quiet_ms=QUIET_MS
    )
    assert (end.done, end.complete) == (0, False)
    assert assistant.keys == "9"
    assert (await call.finished()).ended_by == "end_of_twiml"


async def test_a_caller_who_stays_silent_goes_on_after_a_while(application, double):
    call = await call_with(application, double, Assistant())
    end = await run_script(call, [StaySilent(300), HangUp()])
    assert end.complete
    assert (await call.finished()).duration_ms < 1500


async def test_a_script_ends_with_the_call(application, double):
    call = await call_with(application, double, Assistant(turns=1))
    events: list[ScriptEvent] = []
    end = await run_script(call, [Speak(tone(200)), Speak(tone(200)), HangUp()], events.append, quiet_ms=2000)
    assert (end.done, end.complete) == (1, False)
    assert events[-1].kind == "call_over"


async def test_an_assistant_that_never_answers_fails_the_script_or_is_talked_to_anyway(application, double):
    call = await call_with(application, double, Assistant(answer_ms=10))
    with pytest.raises(ScriptFailed, match="step 2"):
        await run_script(call, [Speak(tone(200)), Speak(tone(200))], quiet_ms=QUIET_MS, patience_s=0.7)
    end = await run_script(call, [Speak(tone(200)), HangUp()], quiet_ms=QUIET_MS, patience_s=0.3, go_on_anyway=True)
    assert (end.complete, end.gave_up) == (True, 1)


async def test_a_script_can_lose_the_media_and_go_on_after_the_resume(application, double):
    assistant = Assistant()
    application.talk = assistant
    application.twiml["/resume"] = application.connect()
    application.twiml["/voice"] = application.connect(after="<Redirect>/resume</Redirect>")
    call = await double.call(application.url + "/voice", **PHONES)
    await run_script(
        call, [Listen(), LoseMedia("reset", 100), Wait(200), Speak(tone(200)), HangUp()], quiet_ms=QUIET_MS
    )
    result = await call.finished()
    assert [stream.ended_by for stream in result.streams] == ["lost", "call_over"]
    assert tone(200) in application.lines[1].heard()


async def test_a_file_that_is_no_audio_is_refused_before_anything_is_done(application, double, tmp_path):
    call = await call_with(application, double, Assistant())
    events: list[ScriptEvent] = []
    with pytest.raises(NotAudio):
        await run_script(call, [Speak(tone(200)), Speak(tmp_path / "missing.wav")], events.append)
    assert events == []
