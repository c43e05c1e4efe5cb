"""Which numbers of calls a run tries, and what a gauge tells of an event loop."""

import asyncio
import gc
import math
import time

import pytest

from benchmarks.density import AROUND_S, STEPS, SUSTAINED_S, SYSTEMS, chosen, fitting, parsed, takes_s
from benchmarks.loop_watch import LoopWatch

pytestmark = pytest.mark.unit


def test_unless_some_are_named_all_systems_try_all_numbers() -> None:
    assert chosen(parsed([])) == dict.fromkeys(SYSTEMS, STEPS)
    assert chosen(parsed(["--only", "pipecat timer"])) == {"pipecat timer": STEPS}
    assert parsed([]).minutes == math.inf


def test_named_numbers_are_tried_from_few_to_many_and_no_others() -> None:
    wanted = chosen(parsed(["--ours", "50,40", "--peers", "4"]))
    assert wanted == {"cordboard": [40, 50], "pipecat smart-turn": [4], "pipecat timer": [4]}
    assert chosen(parsed(["--ours", "40"])) == {"cordboard": [40]}
    assert chosen(parsed(["--ours", "40", "--peers", "4", "--only", "pipecat timer"])) == {"pipecat timer": [4]}


@pytest.mark.parametrize("options", [["--ours", "0"], ["--peers", "four"], ["--ours", "4", "--only", "pipecat timer"]])
def test_numbers_that_make_no_run_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(options)
    assert "error" in capsys.readouterr().err


def test_steps_that_would_not_end_in_time_are_left_out() -> None:
    both_s = takes_s(40, SUSTAINED_S) + takes_s(50, SUSTAINED_S)
    assert fitting([40, 50], SUSTAINED_S, both_s + AROUND_S) == [40, 50]
    assert fitting([40, 50], SUSTAINED_S, both_s) == [40]
    assert fitting([40, 50], SUSTAINED_S, 60) == []
    assert fitting(STEPS, SUSTAINED_S, math.inf) == list(STEPS)


def test_a_gauge_tells_what_was_computed_from_what_was_late() -> None:
    async def watched() -> dict[str, object]:
        watch = LoopWatch()
        watch.read()
        await asyncio.sleep(0.03)
        time.sleep(0.2)  # noqa: ASYNC251 the loop is to be stuck without computing
        await asyncio.sleep(0.03)
        gc.collect()
        told = watch.read()
        await watch.stop()
        return told

    told = asyncio.run(watched())
    late_ms, busy_ms, collected_ms = (told[name] for name in ("late_ms", "busy_ms", "collected_ms"))
    assert isinstance(late_ms, list)
    assert isinstance(busy_ms, list)
    assert max(late_ms) > 150
    assert max(busy_ms) < 100
    assert collected_ms
