"""Supervisors of whole calls, in virtual time; the oracle is what each ear received."""

import asyncio
from pathlib import Path

import pytest

from pipeline.supervision.calls import Who
from pipeline.supervision.control import LASTS_MS
from pipeline.supervision.errors import Controlled, NoMicrophone, NotNow
from telephony.double.tones import key_tone
from tests.fakes.agents import ANA, DeskAgent
from tests.fakes.english import english_line
from tests.fakes.office import SPEECH, VirtualCall, VirtualOffice, virtual_office, virtually
from tests.fakes.supervisors import Supervisor, loud_frames, supervised
from voice.audio import level_db, silence_ulaw, ulaw_to_pcm

pytestmark = pytest.mark.call
ORDER = "where is my order"
SILENCE = b"\xff"
BYE = "no thank you goodbye"
ADA, BOB = Who("tok_ada", "Ada"), Who("tok_bob", "Bob")
BACK = "You're back with me. Is there anything else I can help you with?"


def loud(call: VirtualCall, start_ms: int, end_ms: int) -> bool:
    return level_db(ulaw_to_pcm(call.ear.heard.audio(start_ms, end_ms))) > -45


async def texts(office: VirtualOffice, call: VirtualCall) -> list[str]:
    return [event.data["text"] for event in await office.events(call.sid) if event.kind == "assistant.speaks"]


async def begun(office: VirtualOffice) -> tuple[VirtualCall, Supervisor, Supervisor]:
    call = await office.call()
    await call.quiet()
    there = supervised(call)
    return call, Supervisor(there, ADA), Supervisor(there, BOB)


class Broken:
    """A listener that raises."""

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        raise OSError("gone")

    heard = caller


async def listened(tmp_path: Path, listeners: int, *, broken: bool = False) -> bytes:
    """All that the caller hears, without silence: when a turn is over differs by a frame from run to run."""
    async with virtual_office(tmp_path, [ORDER, BYE]) as office:
        call = await office.call()
        there = supervised(call)
        made = [there.listen(Who(f"tok_{number}", "x")) for number in range(listeners)]
        if broken:
            office.switchboard._calls[call.sid].joining.taps.listen(Broken())  # as a listener of ours that has a fault
        await call.turn()
        await call.turn()
        await call.over()
        heard = call.ear.heard.audio(0, call.handset.now_ms).replace(SILENCE, b"")
        assert all(loud_frames(one, "heard") for one in made)
        return heard


@virtually
async def test_the_caller_hears_the_same_to_the_byte_whoever_listens(tmp_path: Path):
    for run in ("0", "1", "5", "broken"):
        (tmp_path / run).mkdir()  # virtual time
    alone = await listened(tmp_path / "0", 0)
    assert len(alone) > 8000
    assert await listened(tmp_path / "1", 1) == alone
    assert await listened(tmp_path / "5", 5) == alone
    assert await listened(tmp_path / "broken", 1, broken=True) == alone


@virtually
async def test_a_listener_hears_both_sides_and_stands_in_the_log(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER, BYE]) as office:
        call, ada, _ = await begun(office)
        listener = ada.call.listen(ADA)
        await call.speak()
        await call.quiet(since_ms=call.handset.now_ms)
        assert loud_frames(listener, "caller") or listener.lost_in_all
        ada.call.leave(ADA, listener)
        ada.call.leave(ADA, listener)
        kinds = await office.kinds(call.sid)
        assert kinds.count("supervisor.listens") == kinds.count("supervisor.left") == 1


def card_line(folder: Path) -> Path:
    """The example line, whose order numbers are keyed in as secrets."""
    made = english_line(folder)
    file = made / "line.yaml"
    text = file.read_text()
    asked, behind = text.split("          prompt: What's your order number?\n", 1)
    asked = asked.replace("min_digits: 5\n          max_digits: 5\n", "min_digits: 4\n          max_digits: 4\n", 1)
    secret = "          prompt: Please key it in, and end with the pound key.\n          secret: pin\n"
    behind = behind.replace("I can't find an order {order_number}. Let me", "I can't find it. Let me", 1)
    file.write_text(asked + secret + "          without: no_number\n" + behind.split("without: no_number\n", 1)[1])
    return made


@virtually
async def test_while_a_secret_is_keyed_in_listeners_hear_nothing_of_either_side(tmp_path: Path):
    line = card_line(tmp_path / "line")
    (tmp_path / "data").mkdir()  # virtual time
    async with virtual_office(tmp_path / "data", [ORDER], line=line) as office:
        call, ada, _ = await begun(office)
        await call.turn()
        listener = ada.call.listen(ADA)
        for digit in "4711":
            call.handset.press(digit)
            await call.speak(key_tone(digit, 120) + silence_ulaw(80))
        frames, _ = listener.take()
        assert {one.channel for one in frames if one.hidden} >= {"caller"}
        pressed = [one.at_ms for one in await office.events(call.sid) if one.kind == "caller.pressed"]
        assert len(pressed) == 4
        silent = [one for one in frames if one.channel == "caller" or one.at_ms < pressed[-1]]
        assert all(one.ulaw == SILENCE * 160 for one in silent)


@pytest.mark.edge("two supervisors want the same call")
@pytest.mark.edge("two supervisors want the same call")
@virtually
async def test_of_two_who_press_take_over_one_wins_and_the_other_is_told_who(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER]) as office:
        _, ada, bob = await begun(office)
        ada.opens().wants("take_over")
        bob.opens()
        with pytest.raises(Controlled, match="Ada"):
            bob.wants("take_over")


@virtually
async def test_who_takes_over_speaks_with_the_caller_and_hands_back_without_a_greeting(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER, "thanks", "my tent", BYE]) as office:
        call, ada, _ = await begun(office)
        await call.turn()
        ada.opens().wants("take_over")
        before_ms, said = call.handset.now_ms, len(await texts(office, call))
        await ada.speaks(SPEECH + silence_ulaw(1500))
        assert loud(call, before_ms, call.handset.now_ms)
        heard = ada.heard_ms()
        await call.speak()
        await ada.waits(3)
        assert ada.heard_ms() - heard >= 500
        assert len(await texts(office, call)) == said  # the assistant is quiet
        ada.wants("hand_back")
        await call.quiet(since_ms=call.handset.now_ms)
        assert (await texts(office, call))[said:] == [BACK]
        await call.turn()
        await call.over()
        record = await office.ended(call.sid)
        assert record.outcome == "completed"
        assert "supervisor" in {one.speaker for one in record.utterances}
        assert (tmp_path / f"{call.sid}.s1.wav").exists()


@virtually
async def test_without_a_microphone_nobody_takes_over(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER]) as office:
        _, ada, _ = await begun(office)
        with pytest.raises(NoMicrophone):
            ada.wants("take_over")


@virtually
async def test_a_supervisor_whose_page_is_gone_leaves_nobody_in_silence(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER]) as office:
        call, ada, _ = await begun(office)
        ada.opens().wants("take_over")
        ada.closes()
        await asyncio.sleep(2)
        ada.opens()
        await ada.speaks(SPEECH)
        assert loud(call, call.handset.now_ms - 900, call.handset.now_ms)
        ada.closes()
        await asyncio.sleep(4)
        assert (await texts(office, call))[-1] == BACK


@virtually
async def test_held_the_caller_is_never_in_silence_and_is_let_go_when_nobody_cares_any_more(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER, "hello are you there"]) as office:
        call, ada, _ = await begun(office)
        ada.wants("hold")
        held_ms = call.handset.now_ms
        await asyncio.sleep(8)
        await call.speak()
        await asyncio.sleep(10)
        until_ms = call.handset.now_ms
        quiet = [at for at in range(held_ms + 500, until_ms - 2000, 500) if not loud(call, at, at + 2000)]
        assert quiet == []
        await asyncio.sleep(LASTS_MS / 1000)
        kinds = await office.kinds(call.sid)
        assert kinds.count("supervisor.held") == kinds.count("supervisor.released") == 1
        assert ada.call.control is None
        verbs = [one.data["verb"] for one in await office.events(call.sid) if one.kind == "supervisor.control"]
        assert verbs == ["take", "expire"]


@virtually
async def test_exact_words_wait_for_a_free_moment_unless_they_interrupt(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER]) as office:
        call = await office.call()
        ada = Supervisor(supervised(call), ADA)
        await call.handset.wait_ms(600)  # the greeting is being said
        assert ada.wants("say", "Your order is at the door.").waits
        await call.quiet()
        spoken = [one for one in (await office.record(call.sid)).utterances if one.speaker == "assistant"]
        assert spoken[-1].text == "Your order is at the door."
        assert all(one.heard_text == one.text for one in spoken)
        await call.speak()
        await call.handset.wait_ms(1500)
        met = ada.wants("say", "One thing first.", interrupts=True)
        assert not met.waits
        await call.quiet(since_ms=call.handset.now_ms)
        assert "One thing first." in await texts(office, call)


@virtually
async def test_words_that_waited_for_a_moment_that_never_came_stand_in_the_log(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER]) as office:
        call = await office.call()
        ada = Supervisor(supervised(call), ADA)
        await call.handset.wait_ms(600)
        ada.wants("say", "Never said.")
        ada.wants("hold")
        (dropped,) = [one.data for one in await office.events(call.sid) if one.kind == "supervisor.dropped"]
        assert (dropped["by"], dropped["text"]) == ("Ada", "Never said.")


@pytest.mark.parametrize("words", ["", "We will call you back. Goodbye."])
@virtually
async def test_a_supervisor_ends_the_call(tmp_path: Path, words: str):
    async with virtual_office(tmp_path, [ORDER]) as office:
        call, ada, _ = await begun(office)
        ada.wants("end", words)
        assert await call.over()
        record = await office.ended(call.sid)
        assert record.outcome == "completed"
        if words:
            assert record.utterances[-1].heard_text == words
        with pytest.raises(NotNow, match="over"):
            ada.wants("say", "x")


@virtually
async def test_before_the_call_has_begun_it_can_be_listened_to_and_ended_and_nothing_else(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER]) as office:
        call = await office.call()
        ada = Supervisor(supervised(call), ADA)
        assert ada.call.possible == ["listen", "end"]
        for verb in ("whisper", "say", "hold", "release", "hand_back", "transfer"):
            with pytest.raises(NotNow):
                ada.wants(verb, "x", queue="support")
        ada.wants("end")
        assert (await office.ended(call.sid)).outcome


@virtually
async def test_while_a_tool_runs_the_caller_can_be_held_and_hears_the_result_afterwards(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER, BYE], delay_s=3.0) as office:
        call, ada, _ = await begun(office)
        await call.turn()
        await call.press("12345#")
        async with asyncio.timeout(60):
            while not office.tools.calls:
                await call.handset.tick()
        ada.wants("hold")
        await asyncio.sleep(6)
        assert "tool.returned" not in await office.kinds(call.sid)
        ada.wants("release")
        await call.quiet(since_ms=call.handset.now_ms)
        assert len(office.tools.calls) == 1
        assert "tool.returned" in await office.kinds(call.sid)


@virtually
async def test_a_supervisor_puts_the_caller_through_to_a_queue(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER], agents=[ANA]) as office:
        _, ada, _ = await begun(office)
        ana = DeskAgent(office.transfers, "ana").sit()
        office.clocks.append(ana.hearing)
        ada.wants("transfer", queue="support")
        offer = await ana.gets("offer")
        assert offer["packet"]["reason"]["code"] == "supervisor"


async def with_agent(office: VirtualOffice) -> tuple[VirtualCall, Supervisor, DeskAgent]:
    call, ada, _ = await begun(office)
    ana = DeskAgent(office.transfers, "ana").sit()
    office.clocks.append(ana.hearing)
    ada.wants("transfer", queue="support")
    await ana.accepts()
    await asyncio.sleep(2)
    return call, ada, ana


@virtually
async def test_with_an_agent_a_supervisor_listens_whispers_to_the_agent_and_speaks_to_both(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER], agents=[ANA]) as office:
        call, ada, ana = await with_agent(office)
        with pytest.raises(NotNow):
            ada.wants("say", "x")
        ada.opens().call.coach(ADA, "listen")

        async def ears() -> tuple[bool, int, int]:
            """Ada speaks: whether the caller hears it, and how much ana and ada hear."""
            before_ms, ana_ms, ada_ms = call.handset.now_ms, ana.heard_ms(), ada.heard_ms()
            await ada.speaks(SPEECH)
            await ada.waits(0.5)
            return (
                loud(call, before_ms, call.handset.now_ms),
                ana.heard_ms() - ana_ms,
                ada.heard_ms() - ada_ms,
            )

        assert await ears() == (False, 0, 0)
        ada.call.coach(ADA, "whisper")
        caller, agent, own = await ears()
        assert (caller, own) == (False, 0)
        assert agent >= 500
        ada.call.coach(ADA, "barge")
        caller, agent, own = await ears()
        assert (caller, own) == (True, 0)
        assert agent >= 500
        before = ada.heard_ms()
        await asyncio.gather(ana.speaks(SPEECH), ada.waits(2.5))
        assert ada.heard_ms() - before >= 500
        ada.call.stop_coaching(ADA)
        assert await ears() == (False, 0, 0)
        kinds = [(one.kind, one.data.get("how")) for one in await office.events(call.sid)]
        assert [how for kind, how in kinds if kind == "supervisor.joined"] == ["listen", "whisper", "barge"]


@virtually
async def test_coaching_takes_no_control_and_whoever_has_it_goes_first(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER], agents=[ANA]) as office:
        call, ada, _ = await with_agent(office)
        ada.call.release(ADA)
        ada.opens().call.coach(ADA, "barge")
        assert (ada.call.control, ada.call.speaks) == (None, "Ada")
        bob = Supervisor(ada.call, BOB).opens()
        with pytest.raises(NotNow, match="Ada takes part already"):
            bob.call.coach(BOB, "listen")
        with pytest.raises(NotNow, match="Ada takes part already"):
            bob.call.stop_coaching(BOB)
        bob.call.take(BOB)
        with pytest.raises(Controlled, match="Bob"):
            ada.call.coach(ADA, "whisper")
        assert ada.call.speaks == "Ada"
        bob.call.coach(BOB, "listen")
        assert ada.call.speaks == "Bob"
        before_ms = call.handset.now_ms
        await ada.speaks(SPEECH)
        assert not loud(call, before_ms, call.handset.now_ms)
        bob.call.release(BOB)
        assert ada.call.speaks == ""


@virtually
async def test_when_two_speak_at_once_the_caller_hears_both(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER], agents=[ANA]) as office:
        call, ada, ana = await with_agent(office)
        ada.opens().call.coach(ADA, "barge")
        before_ms = call.handset.now_ms
        await ana.speaks(SPEECH)
        alone = level_db(ulaw_to_pcm(call.ear.heard.audio(before_ms, call.handset.now_ms)))
        await asyncio.sleep(1)
        before_ms = call.handset.now_ms
        await asyncio.gather(ana.speaks(SPEECH), ada.speaks(SPEECH))
        both = level_db(ulaw_to_pcm(call.ear.heard.audio(before_ms, call.handset.now_ms)))
        assert both - alone > 2.0  # the same speech twice: 6 dB, less where one of the two waited


@virtually
async def test_after_the_agent_has_left_the_supervisor_is_heard_by_nobody(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER], agents=[ANA]) as office:
        call, ada, ana = await with_agent(office)
        ada.opens().call.coach(ADA, "barge")
        assert office.transfers.hand_back(f"{call.sid}-h1", "ana", "")
        await ana.gets("wrap_up")
        await call.quiet(since_ms=call.handset.now_ms)
        before_ms = call.handset.now_ms
        await ada.speaks(SPEECH)
        assert not loud(call, before_ms + 200, call.handset.now_ms)
        assert "supervisor.parted" in await office.kinds(call.sid)


@virtually
async def test_a_killed_process_leaves_no_caller_with_a_supervisor_who_is_gone(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER, BYE]) as office:
        call, ada, _ = await begun(office)
        ada.opens().wants("take_over")
        office.die()
        call = await office.resume(call)
        await call.quiet(since_ms=call.handset.now_ms)
        spoken = await texts(office, call)
        assert spoken[-1] == BACK
        assert sum("Thanks for calling Northfield" in text for text in spoken) == 1
        await call.turn()


@virtually
async def test_after_a_killed_process_who_is_held_hears_music_and_the_same_supervisor_lets_them_go(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER, BYE]) as office:
        call, ada, _ = await begun(office)
        ada.wants("hold")
        await asyncio.sleep(3)
        office.die()
        call = await office.resume(call)
        await asyncio.sleep(6)
        assert (await texts(office, call))[-1] == "[music]"
        there = supervised(call)
        with pytest.raises(Controlled):
            Supervisor(there, BOB).wants("release")
        Supervisor(there, ADA).wants("release")
        assert there.phase == "assistant"
