"""Runs in which something happens while the caller waits."""

from telephony.agent_words import ENGLISH
from telephony.double.people import NoAnswer
from tests.edge_runs.cases import edge
from tests.edge_runs.line import OPEN_HOURS
from tests.edge_runs.office import WISH, Office
from tests.edge_runs.oracle import is_in
from tests.edge_runs.people import both_hear
from tests.edge_runs.rung import ACCEPTS, LISTENS
from tests.fakes.phone_office import words
from tests.peers.speech import hear
from voice.audio import ulaw_to_pcm

MUSIC_MS = 7_000
"""By then the caller has been told what there is to tell, and music plays."""


@edge("caller hangs up while an agent is rung", outcomes=["abandoned"])
async def left_while_rung(office: Office) -> None:
    """A telephone rings."""
    ana = await office.phone("ana", NoAnswer())
    caller = await office.asks()
    await office.until(caller, "OFFERED")
    await caller.call.wait(1_500)
    caller.call.hang_up()
    await office.until(caller, "OVER")
    await office.eventually(lambda: office.legs_of(ana) == ["canceled"])


@edge("caller hangs up while an agent is rung", "at the desk", outcomes=["abandoned"])
async def left_while_a_desk_rings(office: Office) -> None:
    """A desk rings."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await ana.gets("offer")
    caller.call.hang_up()
    await ana.gets("withdrawn", why="caller_left")


@edge("caller hangs up while the agent is briefed", outcomes=["abandoned"])
async def left_while_briefed(office: Office) -> None:
    """The agent listens to the briefing."""
    ana = await office.phone("ana", LISTENS)
    caller = await office.asks()
    agent = await office.answered(ana)
    await agent.call.wait(1_500)
    caller.call.hang_up()
    told = await agent.call.finished()
    assert words(told) == [ENGLISH.caller_left], words(told)
    heard = hear(ulaw_to_pcm(told.ear.heard.audio(0, told.ear.now_ms)))
    assert is_in("caller has hung up", heard), heard


@edge("caller hangs up in the queue")
async def left_in_the_queue(office: Office) -> None:
    """Somebody else has the only agent."""
    ana = await office.desk("ana")
    first = await office.asks()
    offer = await ana.accepts()
    second = await office.asks(from_="+14155550102")
    await second.hears("next in line")
    second.call.hang_up()
    assert (await office.until(second, "OVER"))["outcome"] == "abandoned"
    await ana.say("hang_up", transfer=offer["transfer"])
    await ana.gets("wrap_up")
    await first.call.finished()
    await ana.gets("presence", presence="available")
    assert len(ana.kinds("offer")) == 1


@edge("caller says never mind", outcomes=["withdrawn"])
async def never_mind(office: Office) -> None:
    """While a desk rings."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await ana.gets("offer")
    await caller.call.wait(MUSIC_MS)
    since_ms = caller.call.now_ms
    await caller.says("never mind", waits=False)
    await ana.gets("withdrawn", why="withdrawn")
    await caller.hears("anything else", since_ms)
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"


@edge("caller says never mind", "to one who has accepted", outcomes=["withdrawn"])
async def never_mind_late(office: Office) -> None:
    """While the agent is briefed by telephone."""
    ana = await office.phone("ana", LISTENS)
    caller = await office.asks()
    agent = await office.answered(ana)
    await caller.call.wait(4_000)
    await caller.says("never mind", waits=False)
    told = await agent.call.finished()
    assert words(told)[-1] in {ENGLISH.over, ENGLISH.goodbye}, words(told)
    assert told.ended_by == "hangup"


@edge("caller speaks over the announcement")
async def over_the_announcement(office: Office) -> None:
    """They tell their story to whoever is being announced."""
    ana = await office.desk("ana")
    caller = await office.asks()
    offer = await ana.gets("offer")
    await ana.say("accept", transfer=offer["transfer"], offer=offer["offer"])
    await office.eventually_kept(caller, "transfer.told", what="found")
    await caller.says("the tent is torn", waits=False)
    await ana.gets("connected")
    await both_hear(caller, ana)
    assert "Returns" not in " ".join(await office.assistant_said(caller))


@edge("caller asks something else meanwhile")
async def asks_meanwhile(office: Office) -> None:
    """While a desk rings, which then takes them."""
    ana = await office.desk("ana")
    caller = await office.asks()
    offer = await ana.gets("offer")
    await caller.call.wait(MUSIC_MS)
    since_ms = caller.call.now_ms
    await caller.says("when are you open", waits=False)
    await caller.hears("from nine to five", since_ms)
    assert OPEN_HOURS in await office.assistant_said(caller)
    await caller.call.wait(2_000)
    await ana.say("accept", transfer=offer["transfer"], offer=offer["offer"])
    await ana.gets("connected")
    await both_hear(caller, ana)


@edge("caller waits longer than the queue allows", queue={"max_wait_s": 10}, outcomes=["exhausted"])
async def waits_too_long(office: Office) -> None:
    """The only agent does not become free."""
    ana = await office.phone("ana", LISTENS)
    await office.presence("ana", "busy")
    caller = await office.asks()
    await caller.hears("nobody is free")
    await caller.says("it is anna miller")
    await caller.says("no thanks goodbye")
    assert (await caller.call.finished()).ended_by == "application"
    assert await office.ended_as(caller) == "message_taken"
    assert ana.rung == 0


@edge("caller waits")
async def waits(office: Office) -> None:
    """Half a minute; then somebody becomes free."""
    ana = await office.phone("ana", ACCEPTS)
    await office.presence("ana", "busy")
    caller = await office.asks()
    await caller.hears("next in line")
    await caller.call.wait(30_000)
    told = await office.assistant_said(caller)
    assert "[music]" in told, told
    await office.presence("ana", "available")
    agent = await office.answered(ana)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)


@edge("second transfer after a failed one", outcomes=["withdrawn", "completed"])
async def asks_again(office: Office) -> None:
    """They did not want the first, and then they do."""
    ana = await office.desk("ana")
    caller = await office.asks()
    first = await ana.gets("offer")
    await caller.call.wait(MUSIC_MS)
    await caller.says("never mind", waits=False)
    await ana.gets("withdrawn")
    await caller.says(WISH)
    second = await ana.gets("offer")
    assert second["transfer"] != first["transfer"]
    await ana.say("accept", transfer=first["transfer"], offer=first["offer"])  # too late, for the first
    await ana.say("accept", transfer=second["transfer"], offer=second["offer"])
    await ana.gets("connected", transfer=second["transfer"])
    await both_hear(caller, ana)
