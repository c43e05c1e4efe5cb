"""Runs in which the carrier's news, or our requests to it, go wrong."""

import html

from telephony.double.api import RestMishap
from telephony.double.callbacks import Mishap
from telephony.double.people import Answers, NoAnswer
from tests.edge_runs.cases import edge
from tests.edge_runs.office import Office
from tests.edge_runs.oracle import LONGEST_MS
from tests.edge_runs.people import both_hear
from tests.edge_runs.rung import ACCEPTS

LISTENS = Answers()


UNTIL_ASKED_MS = 6_500
"""A caller whose agent has gone hears nothing until the carrier is asked, every five seconds: nobody tells us."""


def told_so(mishap: Mishap) -> None:
    """A run in which all callbacks of the carrier come so."""

    @edge(
        "news late, repeated or out of order",
        mishap,
        problems=lambda detail: "404" in detail,
        silence_ms=UNTIL_ASKED_MS if mishap == "never" else LONGEST_MS,
    )
    async def told(office: Office) -> None:
        office.double.account.callbacks.plan(mishap, count=1_000, by_ms=700)
        ana = await office.phone("ana", ACCEPTS)
        caller = await office.asks()
        agent = await office.answered(ana)
        await office.until(caller, "CONNECTED")
        await both_hear(caller, agent)
        agent.call.hang_up()
        await office.until(caller, "OVER")
        moved = [one for one in office.api.asked("POST", f"/Calls/{caller.sid}") if one.status < 300]
        assert (ana.rung, len(office.double.account.conferences)) == (1, 1)
        assert sum("Twiml" in dict(one.fields) for one in moved) == 1, moved


told_so("late")
told_so("twice")
told_so("swapped")
told_so("never")


def asked_so(variant: str, mishap: RestMishap, path: str, count: int) -> None:
    """A run in which our requests of this kind meet with this."""

    @edge("request of the carrier fails or is slow", variant)
    async def met(office: Office) -> None:
        ana = await office.phone("ana", ACCEPTS)
        office.api.plan(mishap, method="POST", path=path, count=count)
        caller = await office.asks()
        agent = await office.answered(ana)
        await office.until(caller, "CONNECTED")
        assert ana.rung == 1
        await both_hear(caller, agent)


asked_so("the answer about the agent's call is lost", "lost_after", "/Calls.json", 1)
asked_so("calls are refused twice", 503, "/Calls.json", 2)
asked_so("the answer about the caller is lost", "lost_after", "/Calls/CA", 1)
asked_so("the carrier takes its time about the caller", "stalled_after", "/Calls/CA", 1)


@edge("news forged, replayed or of an unknown call", outcomes=["completed"])
async def forged(office: Office) -> None:
    """A yes that nobody signed, one of a call that nobody knows, and one that was signed for an earlier agent."""
    ana = await office.phone("ana", LISTENS)
    caller = await office.asks()
    agent = await office.answered(ana)
    await agent.call.wait(1_000)
    transfer = (await office.transfers(caller))[-1]
    address = f"/twilio/agent/{transfer['id']}/0/choice"
    form = {**agent.call.entry.standard(), "Digits": "1"}
    assert (await office.http.post(address, data=form)).status_code == 403
    assert (await office.signed(address, form, token="another token")).status_code == 403
    strange = {**form, "CallSid": "CA" + "9" * 32}
    answer = await office.signed(address, strange)
    assert "Hangup" in answer.text or answer.status_code == 404, answer.text
    assert "Conference" not in answer.text
    unknown = await office.signed(f"/twilio/agent/{caller.sid}-h9/0/choice", form)
    assert (unknown.status_code, "Hangup" in unknown.text) == (404, True)
    assert (await office.transfers(caller))[-1]["state"] == "offered"
    assert not office.double.account.conferences
    agent.call.hang_up()
    await office.presence("ana", "busy")
    ben = await office.phone("ben", ACCEPTS)
    joined = await office.answered(ben)
    await office.until(caller, "CONNECTED")
    replayed = await office.signed(address, form)
    assert "Conference" not in html.unescape(replayed.text), replayed.text
    await both_hear(caller, joined)
    assert (await office.transfers(caller))[-1]["agent"] == "ben"


@edge("number that is not in the line", queue={"ring_s": 5})
async def strange_numbers(office: Office) -> None:
    """The caller names a number, and an agent is taken out of the directory while they are rung."""
    ana = await office.phone("ana", NoAnswer())
    caller = await office.call()
    await caller.says("connect me to plus one nine hundred five five five zero one nine nine please a person")
    await office.eventually(lambda: ana.rung == 1, timeout_s=30)
    ben = await office.phone("ben", ACCEPTS)
    (await office.http.delete("/api/v1/agents/ana")).raise_for_status()
    agent = await office.answered(ben)
    await office.until(caller, "CONNECTED")
    await both_hear(caller, agent)
    refused = await office.http.post(f"/api/v1/calls/{caller.sid}/transfer", json={"queue": "+19005550199"})
    assert refused.status_code in {409, 422}, refused.text
    dialled = [dict(one.fields)["To"] for one in office.api.asked("POST", "/Calls.json")]
    assert set(dialled) == {ana.address, ben.address}, dialled
    assert ana.rung == 1
