"""Runs in which caller and agent are joined, or should be, and parted again."""

import asyncio

from recordings.wav import read_samples
from server.data_dir import RECORDINGS
from telephony.agent_words import ENGLISH
from telephony.double.people import NoAnswer
from tests.edge_runs.cases import edge
from tests.edge_runs.office import Office, closed_by_us
from tests.edge_runs.oracle import has_tone
from tests.edge_runs.people import both_hear
from tests.edge_runs.rung import ACCEPTS
from tests.fakes.application import tone
from tests.fakes.phone_office import words
from voice.audio import samples_to_ulaw, ulaw_frames

BACK = "back with me"
RECORDED_HZ = 1_400.0
CUSTOMER = {"ParticipantLabel": "customer"}


@edge("caller cannot be moved")
async def cannot_be_moved(office: Office) -> None:
    """The carrier refuses to move them three times; then the next agent is rung."""
    ana = await office.phone("ana", ACCEPTS, NoAnswer())
    ben = await office.phone("ben", ACCEPTS)
    caller = await office.asks()
    office.api.plan(500, method="POST", path=caller.sid, count=3)
    agent = await office.answered(ana)
    assert words(await agent.call.finished())[-1] == ENGLISH.not_connected
    assert caller.call.listening
    agent = await office.answered(ben)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)
    told = [one["what"] for one in await office.kept(caller, "transfer.told")]
    assert [what for what in told if what in {"found", "lost"}] == ["found", "lost", "found"], told


@edge("caller does not arrive", outcomes=["exhausted"], problems=closed_by_us)
async def does_not_arrive(office: Office) -> None:
    """The only agent leaves while the caller is being moved; that they arrived is never told."""
    ana = await office.phone("ana", ACCEPTS, NoAnswer())
    office.double.account.callbacks.plan("never", event="participant-join", params=CUSTOMER)
    caller = await office.asks()
    office.api.plan(503, method="POST", path=caller.sid, count=2)
    agent = await office.answered(ana)
    await office.until(caller, "BRIDGING")
    agent.call.hang_up()
    await office.eventually(lambda: caller.call.listening and not _in_rooms(office), timeout_s=30)
    await caller.hears("nobody is free")
    assert not _in_rooms(office)
    assert caller.call.listening
    await caller.says("never mind")
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"


def _in_rooms(office: Office) -> list[str]:
    return [one.entry.caller.to for room in office.double.account.conferences for one in room.participants]


@edge("audio both ways after a reconnection")
async def reconnected(office: Office) -> None:
    """The caller's stream is torn down and opened again while they speak with a desk."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await ana.accepts()
    await both_hear(caller, ana)
    before = await office.assistant_said(caller)
    await caller.call.lose("reset", resume_after_ms=700)
    await ana.gets("connected")
    await both_hear(caller, ana)
    assert await office.assistant_said(caller) == before


@edge("agent's desk loses its connection", outcomes=["handed_back"])
async def desk_lost(office: Office) -> None:
    """It comes back within eight seconds; the second time it does not."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await ana.accepts()
    await both_hear(caller, ana)
    await ana.end(abruptly=True)
    await caller.call.wait(3_000)
    again = await office.reopens("ana", available=False)
    await again.gets("connected")
    await both_hear(caller, again)
    since_ms = caller.call.now_ms
    await again.end(abruptly=True)
    await caller.hears(BACK, since_ms)
    assert 7_000 < caller.call.now_ms - since_ms < 16_000
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"


@edge("agent hands the caller back", "by the star key", outcomes=["handed_back"], problems=closed_by_us)
async def star(office: Office) -> None:
    """On the telephone."""
    ana = await office.phone("ana", ACCEPTS)
    caller = await office.asks()
    agent = await office.answered(ana)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)
    since_ms = caller.call.now_ms
    await agent.call.press("*")
    assert words(await agent.call.finished())[-1] == ENGLISH.goodbye
    await caller.hears(BACK, since_ms)
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"
    assert sum("Northfield" in text for text in await office.assistant_said(caller)) == 1


@edge("agent hands the caller back", "at the desk", outcomes=["handed_back"])
async def hands_back(office: Office) -> None:
    """With a note, and a word of what came of it."""
    ana = await office.desk("ana")
    caller = await office.asks()
    offer = await ana.accepts()
    await both_hear(caller, ana)
    since_ms = caller.call.now_ms
    await ana.say("hand_back", transfer=offer["transfer"], note="address changed")
    await ana.gets("wrap_up")
    await ana.say("wrap_up", transfer=offer["transfer"], disposition="solved", note="address changed")
    await ana.gets("wrapped_up")
    await caller.hears(BACK, since_ms)
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"
    assert sum("Northfield" in text for text in await office.assistant_said(caller)) == 1
    kept = (await office.http.get(f"/api/v1/transfers/{offer['transfer']}")).json()["disposition"]
    assert (kept["agent"], kept["disposition"], kept["note"]) == ("ana", "solved", "address changed")


@edge("assistant hears hold music")
async def hold_music(office: Office) -> None:
    """The agent's side plays music for a while, which is nothing that the caller said."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await ana.accepts()
    await both_hear(caller, ana)
    before = await office.assistant_said(caller), len(await office.kept(caller, "caller.said"))
    ana.speaks += list(ulaw_frames(b"".join(tone(250, db=-18, hz=hz) for hz in (440, 554, 659, 880) * 6)))
    await asyncio.sleep(7)
    assert (await office.assistant_said(caller), len(await office.kept(caller, "caller.said"))) == before
    await both_hear(caller, ana)


@edge("tools while a human speaks")
async def says_nothing(office: Office) -> None:
    """The caller asks the agent what the assistant could answer."""
    ana = await office.phone("ana", ACCEPTS)
    caller = await office.asks()
    agent = await office.answered(ana)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)
    before = await office.assistant_said(caller)
    office.ears.will_hear(f"{caller.sid}.caller", "when are you open")
    await caller.says("when are you open", waits=False)
    await office.eventually_kept(caller, "caller.said", text="when are you open")
    await caller.call.wait(2_000)
    assert await office.assistant_said(caller) == before
    assert await office.kept(caller, "tool.called") == []


@edge("recording of the agent's leg")
async def recorded(office: Office) -> None:
    """At the desk: a file of their own, with what they said and what they heard."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await ana.accepts()
    await ana.sounds(RECORDED_HZ)
    await both_hear(caller, ana)
    caller.call.hang_up()
    await office.ended_as(caller)
    agent, ear = read_samples(office.folder / "data" / RECORDINGS / f"{caller.sid}.h1-0.wav").T
    assert has_tone(samples_to_ulaw(agent), RECORDED_HZ)
    assert ear.max() > 1_000
    _, heard = read_samples(office.folder / "data" / RECORDINGS / f"{caller.sid}.wav").T
    assert has_tone(samples_to_ulaw(heard), RECORDED_HZ)


@edge("recording of the agent's leg", "by telephone")
async def recorded_by_telephone(office: Office) -> None:
    """Both are in the call's file, through the stream that listens to the conference."""
    ana = await office.phone("ana", ACCEPTS)
    caller = await office.asks()
    agent = await office.answered(ana)
    await office.until(caller, "CONNECTED")
    await agent.sounds(RECORDED_HZ)
    await both_hear(caller, agent)
    await caller.sounds(1_500.0)
    await caller.call.wait(500)
    caller.call.hang_up()
    assert await office.ended_as(caller) == "transferred"
    said, heard = read_samples(office.folder / "data" / RECORDINGS / f"{caller.sid}.wav").T
    assert has_tone(samples_to_ulaw(heard), RECORDED_HZ)
    assert has_tone(samples_to_ulaw(said), 1_500.0)


@edge("two supervisors want the same call", outcomes=[])
async def two_supervisors(office: Office) -> None:
    """Both press “take over” in the same instant, each with an open microphone."""
    caller = await office.call()
    await caller.call.until_quiet()
    ada, bob = await office.supervisor(caller, "Ada"), await office.supervisor(caller, "Bob")
    answers = await asyncio.gather(ada.posts("take_over"), bob.posts("take_over"))
    assert sorted(one.status_code for one in answers) == [200, 409], [one.text for one in answers]
    has, told = (ada, bob) if answers[0].status_code == 200 else (bob, ada)
    refused = next(one for one in answers if one.status_code == 409)
    assert has.name in refused.json()["detail"], refused.text
    await both_hear(caller, has)
    since_ms = caller.call.now_ms
    await told.sounds(RECORDED_HZ)
    await caller.call.wait(1_500)
    assert not has_tone(caller.call.ear.heard.audio(since_ms, caller.call.now_ms), RECORDED_HZ)


@edge("exactly one outcome", queue={"ring": "simultaneous"}, outcomes=["completed|handed_back"])
async def one_outcome(office: Office) -> None:
    """Two agents accept and everybody ends it at once; then three callers who leave while one accepts, one declines."""
    ana, ben = await office.desk("ana"), await office.desk("ben")
    first = await office.asks()
    offers = [await desk.gets("offer") for desk in (ana, ben)]
    taken = [
        desk.say("accept", transfer=one["transfer"], offer=one["offer"])
        for desk, one in zip((ana, ben), offers, strict=True)
    ]
    await asyncio.gather(*taken)
    transfer = await office.until(first, "CONNECTED")
    winner, loser = (ana, ben) if transfer["agent"] == "ana" else (ben, ana)
    await winner.gets("connected")
    await both_hear(first, winner)
    first.call.hang_up()
    for desk in (winner, winner, loser):
        for kind in ("hand_back", "hang_up"):
            await desk.say(kind, transfer=transfer["id"])
    await winner.gets("wrap_up")
    await office.until(first, "OVER")
    for number in range(3):
        caller = await office.asks(from_=f"+1415555011{number}")
        offers = [await desk.gets("offer") for desk in (ana, ben)]
        caller.call.hang_up()
        await ana.say("accept", transfer=offers[0]["transfer"], offer=offers[0]["offer"])
        await ben.say("decline", transfer=offers[1]["transfer"], offer=offers[1]["offer"])
        over = await office.until(caller, "OVER")
        assert over["outcome"] in {"abandoned", "completed"}, over
    wrapped = [told["transfer"] for told in winner.kinds("wrap_up")]
    assert wrapped.count(transfer["id"]) == 1, wrapped
    assert transfer["id"] not in [told["transfer"] for told in loser.kinds("wrap_up")]
