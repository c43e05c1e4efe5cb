"""The figures of a call, and whether its events and its recording tell the same."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recordings.events import Event
from recordings.metrics.panel import TICK_MS, Figure
from recordings.metrics.report import call_metrics, disagreements, measured, to_json, together, together_to_json
from recordings.metrics.timeline import Stretch, Timeline, timeline
from recordings.wav import read_samples
from telephony.double.files import read_ulaw
from tests.fakes.call_events import CALL_ID, call_events
from tests.fakes.office import REPOSITORY, virtual_office, virtually

pytestmark = pytest.mark.call

SHORT = read_ulaw(REPOSITORY / "recordings" / "samples" / "yes_rms.wav")


@virtually
async def test_events_and_ear_agree_within_a_tick_on_a_call_with_interruptions(tmp_path: Path):
    texts = ["where is my order", "mm-hm", "a person please", "", "it is me please call back", "no thank you goodbye"]
    async with virtual_office(tmp_path, texts) as office:
        call = await office.call()
        await call.turn()
        await call.press("12345")
        await call.handset.wait_ms(1500)
        await call.speak(SHORT)  # mm-hm, over the answer
        await call.handset.wait_ms(1500)
        await call.speak()  # a person please, over the answer
        await call.quiet(since_ms=call.handset.now_ms)
        await call.turn(SHORT)  # nothing that could be understood
        await call.turn()
        await call.turn()
        await call.over()
        await office.ended(call.sid)
        events = await office.events(call.sid)
    metrics = call_metrics(call.sid, events, read_samples(tmp_path / f"{call.sid}.wav"))
    assert metrics.ear is not None
    assert disagreements(metrics.events, metrics.ear) == ()
    for witness in (metrics.events, metrics.ear):
        figures = witness.fine_panel
        assert figures.response_rate == Figure(1.0, 5)
        assert 0.7 < (figures.response_latency_s.value or 0) < 1.2
        assert figures.yield_rate == Figure(1.0, 1)
        assert (figures.yield_latency_s.value or 1) < 0.15
        assert figures.interruption_rate == Figure(0.0, 5)
        assert figures.selectivity_backchannel.n == 1
        assert figures.selectivity_vocal_tic == figures.selectivity_non_directed == Figure(None, 0)
        assert [turn.route for turn in witness.turn_taking.turns] == ["latency", "caller_interrupted", *["latency"] * 3]
        assert (witness.turn_taking.score or 0) > 0.9
    received = [(span.start_ms, span.end_ms) for span in call.ear.speech()]
    for told, heard in zip(timeline(events).assistant, received, strict=True):
        assert abs(told[0] - heard[0]) <= TICK_MS
        assert abs(told[1] - heard[1]) <= TICK_MS


def late(line: Timeline, by_ms: int) -> Timeline:
    """The same, with an assistant that is slower."""
    return replace(line, assistant=tuple((start + by_ms, end + by_ms) for start, end in line.assistant))


LINE = Timeline((Stretch(1000, 2000, "turn"), Stretch(6000, 7000, "turn")), ((3000, 4000), (8000, 9000)), 20_000)


@pytest.mark.parametrize(("by_ms", "number"), [(0, 0), (200, 0), (220, 2)])
def test_latencies_that_differ_by_more_than_a_tick_are_told(by_ms, number):
    assert len(disagreements(measured(LINE), measured(late(LINE, by_ms)))) == number


def test_events_that_only_one_witness_knows_are_told():
    fewer = replace(LINE, caller=LINE.caller[:1])
    told = disagreements(measured(LINE), measured(fewer))
    assert told[0] == "response_latency_s: n is 2 and 1"


def test_rates_that_differ_are_told():
    deaf = Timeline((Stretch(1000, 2000, "turn"),), ((0, 9000),), 20_000)
    polite = replace(deaf, assistant=((0, 1200),))
    assert any(told.startswith("yield_rate: 0.0 and 1.0") for told in disagreements(measured(deaf), measured(polite)))


def test_a_call_without_a_recording_is_measured_by_its_events():
    content = to_json(call_metrics(CALL_ID, call_events()))
    assert content["ear"] is content["disagreements"] is None
    assert content["events"]["fine_panel"]["response_latency_s"] == {"value": 0.81, "n": 2}
    assert content["events"]["turn_taking"]["turns"][0]["used_tool"] is True
    assert json.loads(json.dumps(content)) == content


def test_calls_together_have_the_figures_of_all_and_the_median_of_each():
    none = Timeline((), (), 1000)
    figures = together([measured(LINE), measured(late(LINE, 1000)), measured(none)])
    assert figures.calls == 3
    assert figures.pooled.response_latency_s == Figure(1.5, 4)
    assert figures.medians["response_latency_s"] == Figure(1.5, 2)
    assert figures.medians["yield_rate"] == Figure(None, 0)
    assert figures.turn_taking == Figure(1.0, 2)
    content = together_to_json(figures)
    assert json.loads(json.dumps(content)) == content


def test_no_calls_together_have_no_figures():
    assert together([]).turn_taking_mean is None


def test_what_is_said_to_an_agent_waits_for_no_answer_of_the_assistants(transferred):
    for witness in (transferred.events, transferred.ear):
        assert witness.fine_panel.response_latency_s == Figure(0.5, 2)
        assert witness.fine_panel.response_rate == Figure(1.0, 2)
        assert witness.fine_panel.unclassified == 0
        assert (witness.turn_taking.score, witness.turn_taking.n) == (1.0, 2)
    assert disagreements(transferred.events, transferred.ear) == ()


@pytest.fixture
def transferred():
    """A caller who asks for a person, speaks with them, and asks the assistant once more."""
    told: list[tuple[int, str, dict[str, Any]]] = [
        (13_000, "transfer.connected", {"agent": "ana"}),
        (22_000, "transfer.over", {"outcome": "handed_back"}),
    ]
    caller = [(1000, 2000), (15_000, 17_000), (19_000, 20_500), (26_000, 27_000)]
    voice = [(2500, 12_000), (23_000, 25_000), (27_500, 29_000)]
    for number, (start_ms, end_ms) in enumerate(caller):
        said = {
            "utterance": f"c{number}",
            "text": "where is it",
            "via": "speech",
            "start_ms": start_ms,
            "end_ms": end_ms,
        }
        told.append((end_ms + 100, "caller.said", said))
    for number, (start_ms, end_ms) in enumerate(voice):
        spoken = {"utterance": f"a{number}", "turn": f"t{number}", "text": "Here it is.", "purpose": "reply"}
        span = {"utterance": f"a{number}", "start_ms": start_ms, "end_ms": end_ms}
        told.append((start_ms, "assistant.speaks", spoken))
        told.append((end_ms, "assistant.heard", {**span, "heard_text": "Here it is.", "complete": True}))
    told.append((30_000, "call.ended", {"outcome": "completed", "reason": ""}))
    told.sort(key=lambda one: one[0])
    events = [Event("local", "CA1", seq, at_ms, "", kind, data) for seq, (at_ms, kind, data) in enumerate(told, 1)]
    samples = np.zeros((30_000 * 8, 2), dtype=np.int16)
    agent = [(13_500, 14_500), (17_500, 18_500)]
    for channel, spans in ((0, caller), (1, [*voice, *agent])):
        for start_ms, end_ms in spans:
            samples[start_ms * 8 : end_ms * 8, channel] = 3000
    return call_metrics("CA1", events, samples)
