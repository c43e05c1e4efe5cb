"""Random troubles over a whole office in virtual time: desks, telephones, a SIP address, workers, a supervisor.

Agents accept, decline, hang up, press keys, lose and reload their desks; a supervisor takes over, puts through,
coaches; the carrier refuses, is silent, and tells late, twice or never; the process is killed; the caller hangs up,
wants to be called back, or does neither. After that nobody does anything any more, and everything has to end well.
CORDBOARD_OFFICES: so many schedules; CORDBOARD_OFFICE: the first one; CORDBOARD_TOPOLOGY: that of their line, where not
every third is to be conference_first.
"""

import asyncio
import os
from pathlib import Path
from random import Random
from typing import Final, Literal, cast

import pytest

from telephony.double.call import DoubleCall
from tests.fakes.judged import Judged
from tests.fakes.office import virtually
from tests.fakes.phone_office import phone_office
from tests.fakes.trouble import Plan, Trouble

pytestmark = pytest.mark.call

Topology = Literal["direct", "conference_first"]

SCHEDULES: Final = int(os.environ.get("CORDBOARD_OFFICES", "6"))
TOPOLOGY: Final = os.environ.get("CORDBOARD_TOPOLOGY", "")
FIRST: Final = int(os.environ.get("CORDBOARD_OFFICE", "0"))


async def troubled(trouble: Trouble, call: DoubleCall) -> None:
    """For a while everybody does what they like; then somebody is there for whoever waits, or nobody."""
    acting = [asyncio.create_task(work) for work in trouble.everybody(call)]
    try:
        await asyncio.sleep(trouble.random.choice((3.0, 6.0, 10.0, 18.0, 35.0)))
    finally:
        for task in acting:
            task.cancel()
        ended = await asyncio.gather(*acting, return_exceptions=True)
        await trouble.lives()
    assert not [one for one in ended if isinstance(one, Exception)], ended
    trouble.supervisor_goes(call)
    ending = trouble.random.random()
    if ending < 0.7:
        await trouble.ends_well()
    if 0.4 < ending < 0.8:
        trouble.all_leave()
    await asyncio.sleep(trouble.random.choice((9, 20)))
    now = trouble.office.transfer(call)
    trouble.note(f"then {now.state, now.outcome}" if now is not None else "then nobody is wanted")


async def all_hang_up(trouble: Trouble, call: DoubleCall) -> None:
    """The calls end; callbacks that are still owed are tried for a while."""
    for one in (call, *trouble.called_back):
        one.hang_up()
    for desk in trouble.desks:
        desk.hearing.cancel()
    await asyncio.sleep(30)


async def play(root: Path, seed: int, did: list[str]) -> None:
    random = Random(seed)
    plan = Plan.drawn(random)
    topology = TOPOLOGY or ("conference_first" if seed % 3 == 2 else "direct")
    async with phone_office(
        root, *plan.people, queue=plan.queue, workers=plan.workers, topology=cast("Topology", topology)
    ) as office:
        trouble = Trouble(office, random, plan, did)
        trouble.note(f"{topology}: {plan}")
        trouble.arrive()
        judged = Judged(trouble)
        call = await office.asks(*plan.texts, told=random.random() < 0.8)
        hears = (*trouble.voices, judged.listened(call), judged.not_quiet(call))
        voices = [asyncio.create_task(work) for work in hears]
        watched = asyncio.create_task(judged.watched())
        await troubled(trouble, call)
        for one in (call, *trouble.called_back):
            if not one.over:
                await judged.not_stranded(one)
        call.hang_up()
        for task in voices:
            if task.done():
                await task
            task.cancel()
        await all_hang_up(trouble, call)
        assert not watched.done(), watched.exception()
        watched.cancel()  # looking every 0.1 s for so long would be paid for
        await asyncio.sleep(600)
        for one in trouble.called_back:
            one.hang_up()
        await asyncio.sleep(60)
        await judged.ends(call)


@pytest.mark.edge("news late, repeated or out of order", "exactly one outcome")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SCHEDULES))
def test_whatever_agents_carrier_and_caller_do_the_caller_is_with_one_of_us_and_nobody_is_left(
    tmp_path: Path, seed: int
):
    did: list[str] = []
    try:
        virtually(play)(tmp_path, seed, did)
    except BaseException as error:
        error.add_note("\n".join(did))
        raise
