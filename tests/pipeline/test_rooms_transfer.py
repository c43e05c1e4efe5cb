"""Agents who come to callers in conferences of their own. The oracle is everybody's ear."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from telephony.agents import Agent
from telephony.call_state import State as Flow
from telephony.double.people import Answers, NoAnswer
from telephony.double.script import HangUp, PressAt, Wait
from telephony.double.twiml import Connect
from telephony.ports import Joining
from telephony.transfer_state import State
from telephony.transfer_tables import transfers
from tests.fakes.agents import DeskAgent
from tests.fakes.carrier import AGENT, CALLER, OTHER
from tests.fakes.office import NUMBER, SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, WISH, hears, phone_agent
from tests.fakes.rooms import assistants, inside, room, room_office, said
from tests.pipeline.test_calling_back import CALLS_BACK, wants_callback

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
BEN = phone_agent("ben", OTHER)
EVA = Agent("eva", "Eva", frozenset({"support"}))
SAM = Agent("sam", "Sam", frozenset({"supervisors"}), phone=OTHER)
BYE = "no thanks goodbye"
BACK = "You're back with me"


@virtually
async def test_an_agent_by_telephone_comes_to_the_caller_who_is_not_moved_and_both_are_written_down(tmp_path: Path):
    async with room_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        office.says(call, caller=["my tent is torn"], agent=["I am sorry to hear that"])
        await office.until(call, State.CONNECTED)
        (agent,) = ana.calls
        assert await hears(call, agent, 500.0)
        assert await hears(agent, call, 900.0)
        assert inside(office, call) == ["agent-0", "customer"]
        await call.say(SPEECH)
        await call.wait(2_000)
        await agent.say(SPEECH)
        await agent.wait(2_000)
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        assert [one["text"] for one in await office.kept(call, "caller.said")] == [WISH, "my tent is torn"]
        told = [(one["agent"], one["text"]) for one in await office.kept(call, "agent.said")]
        assert told == [("ana", "I am sorry to hear that")]
        over = await call.finished()
        assert [type(one.verb).__name__ for one in over.executed] == ["Dial"]
        assert over.problems == agent.problems == ()
        assert len(office.at.account.conferences) == 1


@virtually
async def test_what_an_agent_says_while_the_assistant_announces_them_is_nobody_s_turn(tmp_path: Path):
    async with room_office(tmp_path, ANA, ms_per_character=60) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks("this is not what the caller says", "nor this")
        await ana.answered()
        while "agent-0" not in inside(office, call):  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.02)
        together_ms = (call.now_ms, ana.calls[0].now_ms)
        await ana.calls[0].say(SPEECH)
        await office.until(call, State.CONNECTED)
        assert call.ear.heard.audible_ms(together_ms[0], call.now_ms) > 500
        assert ana.calls[0].ear.heard.audible_ms(together_ms[1], ana.calls[0].now_ms) > 500  # the announcement
        await call.wait(4_000)
        call.hang_up()
        await office.ended(call)
        assert [one["text"] for one in await office.kept(call, "caller.said")] == [WISH]


@pytest.mark.edge("agent hands the caller back")
@pytest.mark.parametrize("how", ["star", "leaves"])
def test_a_caller_who_is_given_back_stays_where_they_are_and_goes_on_with_the_assistant(tmp_path: Path, how: str):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path, ANA, queue={"after": "assistant" if how == "leaves" else "end"}) as office:
            ana = office.at.double.person(AGENT, ACCEPTS)
            call = await office.asks(BYE)
            await office.until(call, State.CONNECTED)
            agent = ana.calls[0]
            assert await hears(agent, call, 900.0)
            parted_ms = call.now_ms
            if how == "star":
                await agent.press("*")
            else:
                agent.hang_up()
            await office.until(call, State.OVER)
            await call.until_quiet()
            heard = [one.start_ms for one in call.ear.heard.sounds(call.now_ms) if one.start_ms > parted_ms]
            assert heard[0] - parted_ms < 3_000
            assert inside(office, call) == ["assistant", "customer"]
            await call.say(SPEECH)
            assert (await office.ended(call)).outcome == "completed"
            assert sum(BACK in text for text in await said(office, call)) == 1
            assert not [one for one in call.log.executed if isinstance(one.verb, Connect)]
            assert len(assistants(office)) == 2
            over = await office.kept(call, "transfer.over")
            assert [one["outcome"] for one in over] == ["completed" if how == "leaves" else "handed_back"]
            assert len(office.at.account.conferences) == 1

    script()


@virtually
async def test_an_agent_who_hangs_up_ends_the_call_where_the_queue_says_so(tmp_path: Path):
    async with room_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await hears(call, ana.calls[0], 500.0)
        ana.calls[0].hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        assert (await call.finished()).ended_by == "application"


@virtually
async def test_of_an_agent_who_left_the_caller_is_heard_again(tmp_path: Path):
    async with room_office(tmp_path, ANA, ms_per_character=60) as office:
        office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1"), Wait(900), HangUp()]), NoAnswer())
        call = await office.asks("never mind", BYE)
        await office.until(call, State.ACCEPTED)
        while (now := office.transfer(call)) is not None and now.state is State.ACCEPTED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await call.wait(4_000)
        await call.say(SPEECH)
        await call.until_quiet()
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"
        assert [one["text"] for one in await office.kept(call, "caller.said")][:2] == [WISH, "never mind"]


@pytest.mark.edge("process killed in every state of a transfer")
@pytest.mark.parametrize("state", ["ACCEPTED", "BRIDGING"])
def test_a_process_that_is_killed_in_a_transfer_strands_nobody(tmp_path: Path, state: str):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path, ANA, ms_per_character=60) as office:
            ana = office.at.double.person(AGENT, ACCEPTS)
            if state == "BRIDGING":
                office.process.dies_at = State.BRIDGING
            call = await office.asks()
            if state != "BRIDGING":
                await office.until(call, State[state])
                await asyncio.sleep(0.3)
            else:
                await office.process.died.wait()
            await office.die()
            await asyncio.sleep(2)
            await office.begin()
            await office.until(call, State.CONNECTED)
            agent = [one for one in ana.calls if not one.over][-1]
            assert await hears(call, agent, 500.0)
            assert await hears(agent, call, 900.0)
            assert len([one for one in ana.calls if not one.over]) == 1
            await asyncio.sleep(6)
            assert inside(office, call) == ["agent-0" if len(ana.calls) == 1 else "agent-1", "customer"]
            call.hang_up()
            assert (await office.ended(call)).outcome == "transferred"
            assert not [one for one in call.log.executed if isinstance(one.verb, Connect)]

    script()


@virtually
async def test_a_caller_whose_agent_left_while_no_process_ran_gets_the_assistant_back(tmp_path: Path):
    async with room_office(tmp_path, ANA, queue={"after": "assistant"}) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks(BYE)
        await office.until(call, State.CONNECTED)
        assert await hears(call, ana.calls[0], 500.0)
        await office.die()
        await asyncio.sleep(1)
        ana.calls[0].hang_up()
        await asyncio.sleep(4)
        assert inside(office, call) == ["customer"]
        await office.begin()
        await asyncio.sleep(9)
        assert inside(office, call) == ["assistant", "customer"]
        await call.until_quiet(spoken_ms=0)
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"


@virtually
async def test_an_agent_at_the_desk_speaks_over_the_assistant_s_leg(tmp_path: Path):
    async with room_office(tmp_path, Agent("eva", "Eva", frozenset({"support"}))) as office:
        eva = DeskAgent(office.transfers, "eva").sit()
        call = await office.asks(BYE)
        await eva.accepts()
        await office.until(call, State.CONNECTED)
        before_ms, heard_ms = call.now_ms, eva.heard_ms()
        await eva.speaks(SPEECH)
        await call.wait(400)
        assert call.ear.heard.audible_ms(before_ms, call.now_ms) > 500
        await call.say(SPEECH)
        await call.wait(600)
        assert eva.heard_ms() - heard_ms >= 500
        assert inside(office, call) == ["assistant", "customer"]
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        eva.hearing.cancel()


@virtually
async def test_a_worker_of_taskrouter_gets_the_caller_in_the_task_s_conference(tmp_path: Path):
    async with room_office(tmp_path, workers={"Ana": AGENT}, queue={"after": "assistant"}) as office:
        ana = office.at.double.person(AGENT, Answers(after_ms=500))
        call = await office.asks(BYE)
        await office.until(call, State.CONNECTED)
        assert await hears(call, ana.calls[0], 500.0)
        assert await hears(ana.calls[0], call, 900.0)
        assert room(office, call).over
        ana.calls[0].hang_up()
        await office.until(call, State.OVER)
        await call.until_quiet()
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"
        assert [one["why"] for one in await office.kept(call, "call.left_room")] == ["put through elsewhere"]
        assert len(assistants(office)) == 1


@virtually
async def test_a_caller_who_is_called_back_is_in_a_room_of_their_own_until_they_come_to_the_agent_who_waits(
    tmp_path: Path,
):
    async with room_office(tmp_path, ANA, queue=CALLS_BACK) as office:
        ana, caller = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(CALLER, Answers())
        await wants_callback(office)
        office.transfers.presence("ana", "available")
        back = await caller.answered()
        await back.wait(2_000)
        assert inside(office, back) == ["assistant", "customer"]
        await office.until(back, State.CONNECTED)
        assert await hears(back, ana.calls[0], 500.0)
        assert await hears(ana.calls[0], back, 900.0)
        back.hang_up()
        assert (await office.ended(back)).outcome == "transferred"


@virtually
async def test_an_assistant_who_is_left_over_where_caller_and_agent_speak_is_hung_up(tmp_path: Path):
    async with room_office(tmp_path, ANA) as office:
        office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        office.at.app.twiml["/stuck"] = '<Pause length="60"/>'
        stuck = Joining(office.at.double.app(office.at.app.url + "/stuck"), NUMBER)
        await office.phoning.control.join(room(office, call).name, "assistant", stuck, 4_000)
        await asyncio.sleep(2)
        assert inside(office, call) == ["agent-0", "assistant", "customer"]
        await asyncio.sleep(11)
        assert inside(office, call) == ["agent-0", "customer"]
        call.hang_up()
        await office.ended(call)


@virtually
async def test_a_supervisor_hears_both_by_telephone_and_is_hung_up_when_the_agent_gives_the_caller_back(tmp_path: Path):
    async with room_office(tmp_path, ANA, SAM) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        sam = office.at.double.person(OTHER, Answers(steps=[PressAt(500, "5")]))
        call = await office.asks(BYE)
        await office.until(call, State.CONNECTED)
        await office.conferences.coach(call.call_sid, "sam", "listen", lambda: None)
        await sam.answered()
        await asyncio.sleep(2)
        assert await hears(call, sam.calls[0], 500.0)
        assert await hears(ana.calls[0], sam.calls[0], 900.0)
        await ana.calls[0].press("*")
        await office.until(call, State.OVER)
        await asyncio.sleep(4)
        assert inside(office, call) == ["assistant", "customer"]
        assert (await sam.calls[0].finished()).ended_by


@virtually
async def test_a_caller_of_whose_transfer_nothing_is_known_any_more_is_found_alone_and_gets_the_assistant(
    tmp_path: Path,
):
    async with room_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks(BYE)
        await office.until(call, State.CONNECTED)
        await office.die()
        await office.first.store.apply(lambda connection: connection.execute(sa.delete(transfers)).rowcount)
        await office.begin()
        await asyncio.sleep(12)
        assert inside(office, call) == ["agent-0", "customer"]  # whoever speaks is left alone
        ana.calls[0].hang_up()
        await asyncio.sleep(14)
        assert inside(office, call) == ["assistant", "customer"]
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"


@virtually
async def test_a_caller_who_could_not_be_moved_to_a_worker_is_still_looked_after_in_their_own_conference(
    tmp_path: Path,
):
    async with room_office(tmp_path, workers={"Ana": AGENT}) as office:
        office.at.double.person(AGENT, Answers(after_ms=500), NoAnswer())
        call = await office.asks("never mind", BYE)
        office.at.api.plan("lost_before", method="POST", path=f"/Calls/{call.call_sid}", count=3)
        while not await office.kept(call, "transfer.bridging"):  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.1)
        await asyncio.sleep(4)
        assert inside(office, call) == ["assistant", "customer"]
        assistants(office)[0].update(status="completed")
        await asyncio.sleep(3)
        assert inside(office, call) == ["assistant", "customer"]
        call.hang_up()
        await office.ended(call)
        assert await office.kept(call, "call.left_room") == []


@virtually
async def test_who_never_left_their_conference_is_not_asked_to_come_back_to_it(tmp_path: Path):
    async with room_office(tmp_path, workers={"Ana": AGENT}) as office:
        office.at.double.person(AGENT, Answers(after_ms=500), NoAnswer())
        office.process.dies_at = State.BRIDGING
        call = await office.asks()
        await office.process.died.wait()
        await office.die()
        office.at.api.plan("lost_before", method="POST", path=f"/Calls/{call.call_sid}.json", count=6)
        await office.begin()
        await asyncio.sleep(8)
        assert inside(office, call) == ["assistant", "customer"]
        assert len(office.at.api.asked("POST", f"/Calls/{call.call_sid}.json")) == 3
        call.hang_up()
        await office.ended(call)


@pytest.mark.parametrize("killed", ["while they spoke", "as the offer was taken"])
def test_the_assistant_of_the_next_process_hears_a_caller_who_was_a_desk_s(tmp_path: Path, killed: str):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path, EVA) as office:
            eva = DeskAgent(office.transfers, "eva").sit()
            call = await office.asks(BYE)
            if killed == "while they spoke":
                await eva.accepts()
                await office.until(call, State.CONNECTED)
            else:
                offer = await eva.gets("offer")
                office.process.dies_at = State.ACCEPTED
                office.transfers.accept(offer["transfer"], offer["offer"], "eva")
                await office.process.died.wait()
            await office.die()
            await asyncio.sleep(1)
            await office.begin()
            eva.moves(office.transfers) if killed == "while they spoke" else eva.hearing.cancel()
            await asyncio.sleep(8 if killed == "while they spoke" else 24)
            transfer = office.transfer(call)
            if killed == "while they spoke":
                assert transfer is not None
                assert office.transfers.hand_back(transfer.id, "eva", "done")
            office.says_to_assistant(call, "never mind", BYE)
            await asyncio.sleep(6)
            await call.say(SPEECH)
            await asyncio.sleep(10)
            eva.hearing.cancel()
            assert len(await office.kept(call, "caller.said")) == 2

    script()


@virtually
async def test_a_stream_that_was_offered_before_the_agent_came_does_not_come_between_caller_and_agent(tmp_path: Path):
    async with room_office(tmp_path, ANA, ms_per_character=60) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks("x")
        await ana.answered()
        while "agent-0" not in inside(office, call):  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.02)
        (leg,) = assistants(office)
        late = office.opens = asyncio.Event()  # the carrier asked, and its socket is slow
        await leg.lose("reset", resume_after_ms=100)
        await office.until(call, State.CONNECTED)
        late.set()
        await asyncio.sleep(5)
        live = office.switchboard.call(call.call_sid)
        assert live is not None
        assert (live.state, inside(office, call)) == (Flow.AWAY, ["agent-0", "customer"])


@pytest.mark.edge("caller cannot be moved", "process killed in every state of a transfer")
@virtually
async def test_a_caller_who_could_not_be_moved_to_a_worker_has_the_assistant_when_the_process_is_killed(tmp_path: Path):
    async with room_office(tmp_path, workers={"Ana": AGENT}) as office:
        office.at.double.person(AGENT, Answers(after_ms=500), NoAnswer())
        call = await office.asks("never mind", BYE)
        office.at.api.plan(400, method="POST", path=f"/Calls/{call.call_sid}", count=1)
        while "lost" not in [one["what"] for one in await office.kept(call, "transfer.told")]:  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.1)
        await office.die()
        await office.begin()
        await call.wait(3_000)
        assert call.ear.quiet_for_ms(call.now_ms) <= 2_000
        call.hang_up()
        await office.ended(call)


@virtually
async def test_a_first_stream_of_caller_and_agent_that_is_slow_is_stopped_before_another_is_asked_for(tmp_path: Path):
    async with room_office(tmp_path, ANA) as office:
        office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks("x")
        office.opens = asyncio.Event()
        await office.until(call, State.CONNECTED)
        await asyncio.sleep(4)
        office.opens.set()
        asked = [one.path for one in office.at.api.asked("POST", f"/Calls/{call.call_sid}/Streams")]
        assert [path.endswith("/Streams.json") for path in asked] == [True, False, True]
        call.hang_up()
        await office.ended(call)
