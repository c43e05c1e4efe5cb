"""Runs in which whoever is rung does not take the caller, or more than one does."""

import asyncio

from telephony.agent_words import ENGLISH
from telephony.double.people import Answers, Busy, Fails, NoAnswer, Person, Voicemail
from telephony.double.script import HangUp, PressAt, Speak, Wait
from tests.edge_runs.cases import edge
from tests.edge_runs.office import Office
from tests.edge_runs.people import HUM, both_hear
from tests.fakes.office import SPEECH
from tests.fakes.phone_office import words

ACCEPTS = Answers(steps=[PressAt(1_000, "1")])
LISTENS = Answers()


async def the_next_takes_them(office: Office, *hows: str) -> None:
    """Whoever is rung first comes to nothing in one of these ways, and the second one gets the caller."""
    ben = await office.phone("ben", ACCEPTS)
    caller = await office.asks()
    agent = await office.answered(ben)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)
    answered = [(one["agent"], one["how"]) for one in await office.kept(caller, "transfer.answered")]
    assert answered[-1] == ("ben", "accepted"), answered
    assert [agent for agent, _ in answered] == ["ana", "ben"], answered
    assert answered[0][1] in hows, answered


def let_go(office: Office, person: Person, status: str) -> None:
    """They were rung once, and the call came to that."""
    assert (person.rung, office.legs_of(person)) == (1, [status]), (person.rung, office.legs_of(person))


@edge("agent is busy")
async def busy(office: Office) -> None:
    """The line is taken."""
    ana = await office.phone("ana", Busy())
    await the_next_takes_them(office, "busy")
    let_go(office, ana, "busy")


@edge("agent does not answer", queue={"ring_s": 5, "auto_away_after": 1})
async def unanswered(office: Office) -> None:
    """It rings, and nobody is there."""
    ana = await office.phone("ana", NoAnswer())
    await the_next_takes_them(office, "no_answer", "timeout")
    assert office.legs_of(ana)[0] in {"no-answer", "canceled"}
    got = await office.http.get("/api/v1/agents/ana")
    assert got.json()["presence"] == "away"


@edge("telephone or SIP address refuses")
async def refused(office: Office) -> None:
    """The call cannot be put through."""
    ana = await office.phone("ana", Fails(), address="sip:ana@pbx.example.com")
    await the_next_takes_them(office, "failed")
    let_go(office, ana, "failed")


@edge("voicemail answers")
async def voicemail(office: Office) -> None:
    """A machine, which the carrier recognises."""
    ana = await office.phone("ana", Voicemail(after_ms=500))
    await the_next_takes_them(office, "voicemail")
    let_go(office, ana, "completed")


@edge("menu or hold music answers")
async def menu(office: Office) -> None:
    """A machine that is taken for a person: it plays on through the briefing."""
    ana = await office.phone("ana", Answers(after_ms=500, steps=[Wait(200), *[Speak(HUM * 4)] * 8], taken_for="human"))
    await the_next_takes_them(office, "hung_up", "no_key")
    let_go(office, ana, "completed")


@edge("agent declines with a reason")
async def declines(office: Office) -> None:
    """At the desk, with a reason."""
    ana = await office.desk("ana")
    ben = await office.phone("ben", ACCEPTS, available=False)
    caller = await office.asks()
    offer = await ana.gets("offer")
    await office.presence("ben", "available")
    await ana.say("decline", transfer=offer["transfer"], offer=offer["offer"], reason="at lunch")
    agent = await office.answered(ben)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)
    answered = [(one["agent"], one["how"], one["reason"]) for one in await office.kept(caller, "transfer.answered")]
    assert answered == [("ana", "declined", "at lunch"), ("ben", "accepted", "")], answered


@edge("agent declines with a reason", "by the key 2")
async def declines_by_key(office: Office) -> None:
    """On the telephone."""
    ana = await office.phone("ana", Answers(steps=[PressAt(500, "2")]))
    await the_next_takes_them(office, "declined")
    let_go(office, ana, "completed")


@edge("agent hangs up during the briefing")
async def hangs_up(office: Office) -> None:
    """Before any key."""
    ana = await office.phone("ana", Answers(steps=[Wait(600), HangUp()]))
    await the_next_takes_them(office, "hung_up")
    let_go(office, ana, "completed")


@edge("agent is silent")
async def silent(office: Office) -> None:
    """They hear the briefing out and press nothing."""
    ana = await office.phone("ana", LISTENS)
    await the_next_takes_them(office, "hung_up", "no_key")
    let_go(office, ana, "completed")


@edge("agent says yes instead of pressing 1")
async def says_yes(office: Office) -> None:
    """They talk into the briefing and after it."""
    ana = await office.phone("ana", Answers(steps=[Wait(500), Speak(SPEECH), Speak(SPEECH)]))
    await the_next_takes_them(office, "hung_up", "no_key")
    let_go(office, ana, "completed")


@edge("two agents accept at once", queue={"ring": "simultaneous"})
async def both_accept(office: Office) -> None:
    """Two telephones ring, and both press 1."""
    people = [await office.phone(name, ACCEPTS) for name in ("ana", "ben")]
    caller = await office.asks()
    transfer = await office.until(caller, "CONNECTED")
    winner, loser = people if transfer["agent"] == "ana" else reversed(people)
    await both_hear(caller, await office.answered(winner))
    told = await (await office.answered(loser)).call.finished()
    assert set(words(told)) == {ENGLISH.taken}, words(told)
    assert len(office.double.account.conferences) == 1


@edge("two agents accept at once", "at desks", queue={"ring": "simultaneous"})
async def both_desks_accept(office: Office) -> None:
    """Two pages, in the same instant."""
    ana, ben = await office.desk("ana"), await office.desk("ben")
    caller = await office.asks()
    offers = [await desk.gets("offer") for desk in (ana, ben)]
    said = [
        desk.say("accept", transfer=one["transfer"], offer=one["offer"])
        for desk, one in zip((ana, ben), offers, strict=True)
    ]
    await asyncio.gather(*said)
    transfer = await office.until(caller, "CONNECTED")
    winner, loser = (ana, ben) if transfer["agent"] == "ana" else (ben, ana)
    await winner.gets("connected")
    await loser.gets("withdrawn", why="taken")
    await both_hear(caller, winner)
    assert not loser.heard
    await winner.say("hang_up", transfer=transfer["id"])
    await winner.gets("wrap_up")
    assert loser.kinds("connected") == loser.kinds("wrap_up") == []


@edge("agent accepts twice")
async def accepts_twice(office: Office) -> None:
    """The key is pressed again and again."""
    ana = await office.phone("ana", Answers(steps=[PressAt(1_000, "1"), PressAt(0, "11", gap_ms=100)]))
    caller = await office.asks()
    await office.until(caller, "CONNECTED")
    await both_hear(caller, await office.answered(ana))
    assert len(await office.kept(caller, "transfer.connected")) == 1


@edge("agent accepts twice", "at the desk")
async def accepts_twice_at_the_desk(office: Office) -> None:
    """The button is pressed three times."""
    ana = await office.desk("ana")
    caller = await office.asks()
    offer = await ana.gets("offer")
    for _ in range(3):
        await ana.say("accept", transfer=offer["transfer"], offer=offer["offer"])
    await ana.gets("connected")
    await both_hear(caller, ana)
    assert len(ana.kinds("connected")) == 1
    assert ana.kinds("withdrawn") == []


@edge("agent accepts after the caller left", outcomes=["abandoned"])
async def accepts_too_late(office: Office) -> None:
    """The key, in the instant in which the caller hangs up."""
    ana = await office.phone("ana", LISTENS)
    caller = await office.asks()
    agent = await office.answered(ana)
    await agent.call.wait(1_500)
    caller.call.hang_up()
    await agent.call.press("1")
    told = await agent.call.finished()
    assert told.ended_by in {"hangup", "application"}, told.ended_by
    assert words(told)[-1] in {ENGLISH.caller_left, ENGLISH.over, ENGLISH.goodbye}, words(told)


@edge("agent accepts after the caller left", "at the desk", outcomes=["abandoned"])
async def accepts_too_late_at_the_desk(office: Office) -> None:
    """The button, after the page was told."""
    ana = await office.desk("ana")
    caller = await office.asks()
    offer = await ana.gets("offer")
    caller.call.hang_up()
    await ana.gets("withdrawn", why="caller_left")
    await ana.say("accept", transfer=offer["transfer"], offer=offer["offer"])
    await ana.gets("withdrawn")
    assert not ana.heard
    assert ana.kinds("connected") == []


@edge("agent leaves after accepting")
async def leaves_after_the_yes(office: Office) -> None:
    """They press 1 and hang up while the caller hears who comes."""
    await office.phone("ana", Answers(steps=[PressAt(1_000, "1"), Wait(900), HangUp()]))
    ben = await office.phone("ben", ACCEPTS)
    caller = await office.asks()
    agent = await office.answered(ben)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)
    told = [one["what"] for one in await office.kept(caller, "transfer.told")]
    assert [what for what in told if what in {"found", "lost"}] == ["found", "lost", "found"], told
