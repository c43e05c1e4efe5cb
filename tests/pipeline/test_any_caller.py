"""Whatever a caller, a network and a voice do, in any order: the call is kept whole and ends once. In virtual time."""

import tempfile
from pathlib import Path
from typing import Literal, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.switchboard import Connect
from telephony.double import virtual_time
from tests.fakes.ears import BUSY, LATE, NOISE
from tests.fakes.office import SPEECH, VirtualCall, VirtualOffice, virtual_office
from tests.fakes.voice import FAILINGS, Failing

pytestmark = pytest.mark.call

TEXTS = (
    "where is my order", "yes", "no", "one two three four five", "a person please", "what is your return policy",
    "hello", "say that again", "never mind", "i want to return something", "no thank you goodbye", NOISE, BUSY, LATE,
)  # fmt: skip
Step = (
    tuple[Literal["say"], str]
    | tuple[Literal["press"], str]
    | tuple[Literal["wait"], int]
    | tuple[Literal["voice fails"], Failing]
    | tuple[Literal["cough", "lose", "die", "ring_again"], None]
)
STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(TEXTS)),
    st.tuples(st.just("press"), st.sampled_from(("1", "12345", "12345#", "99", "*", "0", "#"))),
    st.tuples(st.just("wait"), st.sampled_from((20, 300, 2000, 9000))),
    st.tuples(st.just("voice fails"), st.sampled_from(FAILINGS)),
    st.tuples(st.sampled_from(("cough", "lose", "die", "ring_again")), st.none()),
)


async def live(office: VirtualOffice, steps: list[Step], *, hangs_up: bool) -> None:
    call = await office.call()
    for doing, what in steps:
        match doing:
            case "say":
                office.stt.texts = [str(what)]
                await call.speak()
                await call.handset.wait_ms(1200)
            case "cough":
                await call.speak(SPEECH[:1200])
            case "press":
                await call.press(str(what))
            case "wait":
                await call.handset.wait_ms(int(what or 0))
            case "voice fails":
                office.voice.fail("", times=2, how=cast("Failing", what))
            case "ring_again":
                await office.switchboard.ring(call.sid, "+14155550101", "+14155550199")
            case _:
                lost = await _lost(office, call, dies=doing == "die")
                if lost is None:
                    break
                call = lost
    if hangs_up and call.stream.closed is None:
        call.stream.hang_up()
    await office.ended(call.sid)


async def _lost(office: VirtualOffice, call: VirtualCall, *, dies: bool) -> VirtualCall | None:
    """Lose the stream, or the process, and ask for another stream; None: there is none."""
    if dies:
        office.die()
        await office.switchboard.finish_abandoned()
    elif call.stream.closed is None:
        call.stream.lose()
    await call.handset.wait_ms(100)
    answer = await office.switchboard.resume(call.sid)
    return office.connect(call.sid, call.handset, answer, call.clock) if isinstance(answer, Connect) else None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=8), st.booleans())
def test_every_call_is_kept_whole(steps: list[Step], hangs_up: bool):
    async def script() -> None:
        with tempfile.TemporaryDirectory() as root:
            async with virtual_office(Path(root)) as office:
                await live(office, steps, hangs_up=hangs_up)

    virtual_time.run(script())
