"""Warm transfers to an agent at the desk, whole calls in virtual time."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from pipeline.supervision.calls import Who, Wish
from recordings.wav import read_samples
from telephony.double.likeness import find
from tests.fakes.agents import ANA, BEN, DeskAgent
from tests.fakes.office import SPEECH, VirtualCall, VirtualOffice, virtual_office, virtually
from voice.audio import level_db, silence_ulaw, ulaw_to_pcm

pytestmark = pytest.mark.call
WISH = "a person please"


def desk(office: VirtualOffice, agent: str) -> DeskAgent:
    """An agent who sits at the desk and is available."""
    made = DeskAgent(office.transfers, agent).sit()
    office.clocks.append(made.hearing)
    return made


async def asked(office: VirtualOffice) -> VirtualCall:
    """A caller who has just asked for a person."""
    call = await office.call()
    await call.quiet()
    await call.speak()
    return call


def loud(call: VirtualCall, start_ms: int, end_ms: int) -> bool:
    return level_db(ulaw_to_pcm(call.ear.heard.audio(start_ms, end_ms))) > -45


@pytest.mark.row(76, 77)
@virtually
async def test_the_agent_has_the_packet_before_the_call_and_both_hear_each_other(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        office.stt.texts.append("my tent is torn")
        call = await asked(office)
        offer = await ana.gets("offer")
        assert offer["packet"]["reason"]["code"] == "asked_for_person"
        assert ana.heard_ms() == 0  # nothing of the caller before they accept
        office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await ana.gets("connected")
        before_ms = call.handset.now_ms
        await ana.speaks(SPEECH + silence_ulaw(2000))
        assert loud(call, before_ms, call.handset.now_ms)
        heard = ana.heard_ms()
        await call.speak()
        await asyncio.sleep(1)
        assert ana.heard_ms() - heard >= 500
        call.stream.hang_up()
        record = await office.ended(call.sid)
        assert record.outcome == "transferred"
        kinds = await office.kinds(call.sid)
        for kind in ("requested", "packet", "offered", "answered", "bridging", "connected", "over"):
            assert f"transfer.{kind}" in kinds, kind
        assert "agent.said" in kinds


@pytest.mark.edge("two agents accept at once")
@virtually
async def test_of_two_who_are_rung_the_first_gets_the_caller_and_the_other_is_told(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA, BEN], ring="simultaneous") as office:
        ana, ben = desk(office, "ana"), desk(office, "ben")
        call = await asked(office)
        first, second = await ana.gets("offer"), await ben.gets("offer")
        assert office.transfers.accept(first["transfer"], first["offer"], "ana")
        assert office.transfers.accept(second["transfer"], second["offer"], "ben")
        assert (await ben.gets("withdrawn"))["why"] == "taken"
        await ana.gets("connected")
        call.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"


@pytest.mark.edge("agent declines with a reason")
@virtually
async def test_a_decline_with_a_reason_rings_the_next_and_the_assistant_stays(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA, BEN]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        ben = desk(office, "ben")
        office.transfers.decline(offer["transfer"], offer["offer"], "ana", "at lunch")
        await ben.accepts()
        events = await office.events(call.sid)
        answered = [event.data for event in events if event.kind == "transfer.answered"]
        assert [(one["agent"], one["how"], one["reason"]) for one in answered] == [
            ("ana", "declined", "at lunch"),
            ("ben", "accepted", ""),
        ]


@pytest.mark.edge("caller waits")
@virtually
async def test_while_the_caller_waits_they_hear_where_they_stand_and_music_and_never_more_than_two_seconds_of_silence(
    tmp_path: Path,
):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        await asyncio.sleep(15)
        texts = [event.data["text"] for event in await office.events(call.sid) if event.kind == "assistant.speaks"]
        assert "I'll play some music meanwhile; just talk to me any time." in texts
        assert "[music]" in texts
        asked_ms = next(event.at_ms for event in await office.events(call.sid) if event.kind == "transfer.requested")
        quiet = [at for at in range(asked_ms + 1000, call.handset.now_ms - 2000, 500) if not loud(call, at, at + 2000)]
        assert quiet == []
        office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await ana.gets("connected")


@pytest.mark.edge("caller hangs up while an agent is rung")
@virtually
async def test_a_caller_who_hangs_up_while_agents_are_rung_is_told_to_them(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        call.stream.hang_up()
        assert (await ana.gets("withdrawn"))["why"] == "caller_left"
        record = await office.ended(call.sid)
        assert record.outcome == "caller_hung_up"
        assert not office.transfers.hang_up(offer["transfer"], "ana")
        over = [event.data for event in await office.events(call.sid) if event.kind == "transfer.over"]
        assert [one["outcome"] for one in over] == ["abandoned"]


@pytest.mark.edge("caller says never mind")
@virtually
async def test_never_mind_takes_the_offer_back(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, "never mind"], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.gets("offer")
        await asyncio.sleep(8)
        await call.speak()
        assert (await ana.gets("withdrawn"))["why"] == "withdrawn"
        await asyncio.sleep(8)
        texts = [event.data["text"] for event in await office.events(call.sid) if event.kind == "assistant.speaks"]
        assert texts[-1].startswith("Is there anything else")


@pytest.mark.edge("agent hands the caller back")
@pytest.mark.row(86)
@virtually
async def test_a_caller_who_is_handed_back_goes_on_with_the_assistant(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, "my tent is torn", "thank you goodbye"], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.accepts()
        await call.speak()
        assert office.transfers.hand_back(offer["transfer"], "ana", "address changed")
        wrap_up = await ana.gets("wrap_up")
        assert await office.transfers.wrap_up(wrap_up["transfer"], "ana", "solved", "address changed")
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        texts = [utterance.text for utterance in record.utterances if utterance.speaker == "assistant"]
        assert "You're back with me. Is there anything else I can help you with?" in texts
        assert sum("Thanks for calling Northfield" in text for text in texts[:3]) <= 1
        (kept,) = await office.transfers.store.dispositions_of(call.sid)
        assert (kept.agent, kept.disposition) == ("ana", "solved")


@virtually
async def test_an_agent_who_hangs_up_ends_the_call(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.accepts()
        assert office.transfers.hang_up(offer["transfer"], "ana")
        assert await call.over()
        assert (await office.ended(call.sid)).outcome == "transferred"


@pytest.mark.edge("agent's desk loses its connection")
@virtually
async def test_an_agent_whose_desk_is_gone_may_come_back_and_goes_on(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        ana.leave()
        await asyncio.sleep(3)
        again = desk(office, "ana")
        await again.speaks(SPEECH)
        assert loud(call, call.handset.now_ms - 900, call.handset.now_ms)
        again.leave()
        await asyncio.sleep(12)  # the caller is the assistant's again
        call.stream.hang_up()
        await office.ended(call.sid)
        over = [event.data for event in await office.events(call.sid) if event.kind == "transfer.over"]
        assert [one["outcome"] for one in over] == ["handed_back"]


@pytest.mark.edge("nobody is there")
@virtually
async def test_nobody_at_the_desks_a_message_is_taken(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, "it is anna miller", "no thanks goodbye"], agents=[ANA]) as office:
        call = await asked(office)
        await call.quiet(since_ms=call.handset.now_ms)
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        texts = [utterance.text for utterance in record.utterances if utterance.speaker == "assistant"]
        assert "I'm sorry, nobody is free right now." in texts
        assert record.outcome == "message_taken"


@virtually
async def test_a_queue_s_own_music_is_what_its_callers_hear(tmp_path: Path):
    music = SPEECH * 8
    async with virtual_office(tmp_path, [WISH], agents=[ANA], music=music) as office:
        desk(office, "ana")
        call = await asked(office)
        await asyncio.sleep(20)
        assert find(SPEECH, call.ear.heard.audio(0, call.handset.now_ms)).same


@pytest.mark.row(89)
@virtually
async def test_before_a_promised_time_is_over_the_desks_and_the_log_are_told(tmp_path: Path):
    queue = {"sla_s": 15, "sla_warning_s": 5, "ring_s": 40}
    async with virtual_office(tmp_path, [WISH], agents=[ANA], queue=queue) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.gets("offer")
        near = await ana.gets("promise")
        assert (near["queue"], near["due_in_ms"]) == ("support", 5000)
        kinds = await office.kinds(call.sid)
        assert "transfer.promise_near" in kinds


@virtually
async def test_a_card_that_is_said_to_the_agent_or_by_them_is_in_no_text_and_no_recording(tmp_path: Path):
    card = "four one one one one one one one one one one one one one one one"
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        office.stt.of_call[call.sid] = [f"my card is {card}"]
        office.stt.of_call[f"{call.sid}.h1-0"] = [f"so that is {card}"]
        await call.speak()
        await asyncio.sleep(2)
        await ana.speaks(SPEECH + silence_ulaw(2500))
        call.stream.hang_up()
        record = await office.ended(call.sid)
        said = {str(one.speaker): one for one in record.utterances if one.speaker in {"caller", "agent"}}
        assert card not in str(await office.events(call.sid))
    whole = np.abs(read_samples(tmp_path / f"{call.sid}.wav").astype(int))
    leg = np.abs(read_samples(tmp_path / f"{call.sid}.h1-0.wav").astype(int))
    for speaker, own in (("caller", 0), ("agent", 1)):
        one = said[speaker]
        spoken = slice(one.start_ms * 8, one.end_ms * 8)
        assert whole[spoken, own].max() == 0, speaker
        assert leg[spoken, 1 - own].max() == 0, speaker


@virtually
async def test_the_assistant_is_quiet_while_an_agent_has_the_caller_who_says_nothing(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA], prepared=True) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        await asyncio.sleep(9)  # the music plays
        office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await ana.gets("connected")
        before_ms = call.handset.now_ms
        await asyncio.sleep(15)
        assert not loud(call, before_ms + 200, call.handset.now_ms)
        await call.speak()
        before_ms = call.handset.now_ms
        await asyncio.sleep(15)
        assert not loud(call, before_ms + 200, call.handset.now_ms)
        call.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"


@virtually
async def test_nothing_follows_what_a_supervisor_has_said(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA], prepared=True) as office:
        call = await office.call()
        await call.quiet()
        supervised = office.switchboard._calls[call.sid].joining.supervised  # what the API finds by the call's id
        supervised.wish(Who("t1", "Ada"), Wish("say", text="A colleague is listening in."))
        await asyncio.sleep(6)
        said = [one for one in await office.events(call.sid) if one.kind == "assistant.speaks"]
        assert said[-1].data["text"] == "A colleague is listening in."
        call.stream.hang_up()
        await office.ended(call.sid)
