"""Runs about what agents are told."""

import asyncio
import json

from telephony.double.twiml import Gather, Say
from tests.edge_runs.cases import edge
from tests.edge_runs.office import Office
from tests.edge_runs.people import both_hear
from tests.edge_runs.rung import ACCEPTS

CARD = "4111 1111 1111 1111"
SIP = "sip:sales@pbx.example.com"
LONGEST_BRIEFING_CHARACTERS = 500
"""About thirty seconds of speech; the briefing is meant to be 20 s."""
LONGEST_HEADER = 256
STORY = " ".join(f"and then the {word} of my tent was torn on the way to the lake" for word in (
    "door", "floor", "roof", "pole", "bag", "peg", "rope", "zip", "net", "seam",
))  # fmt: skip


@edge("packet too large for a header or a briefing", queue={"to": {"sip": SIP, "headers": {"X-Queue": "tents"}}})
async def too_large(office: Office) -> None:
    """A caller with a long story, who is put through to a SIP address."""
    there = office.double.person(SIP, ACCEPTS)
    caller = await office.call()
    for _ in range(4):
        await caller.says(STORY)
    await caller.says("a person please")
    agent = await office.answered(there)
    transfer = await office.until(caller, "CONNECTED")
    headers = agent.call.entry.caller.sip_headers
    assert headers["X-Handoff-Id"] == transfer["id"]
    assert headers["X-Queue"] == "tents"
    assert all(len(value) <= LONGEST_HEADER for value in headers.values()), headers
    briefing = " ".join(
        one.text
        for executed in agent.call.log.executed
        if isinstance(executed.verb, Gather)
        for one in executed.verb.prompts
        if isinstance(one, Say)
    )
    assert 0 < len(briefing) <= LONGEST_BRIEFING_CHARACTERS, briefing
    packet = (await office.http.get(f"/api/v1/transfers/{transfer['id']}/packet")).json()
    assert json.dumps(packet).count("zip of my tent") >= 1
    office.humming.append(asyncio.create_task(agent.hums()))
    await both_hear(caller, agent)


@edge("private data in the packet")
async def private(office: Office) -> None:
    """A card number, said and keyed in, is in nothing that is told or kept for agents."""
    ana = await office.desk("ana")
    caller = await office.call()
    await caller.says(f"my card number is {CARD} and i want to return something")
    await caller.says("a person please")
    offer = await ana.accepts()
    told = json.dumps([message for message in ana.all if message["type"] != "levels"])
    packet = (await office.http.get(f"/api/v1/transfers/{offer['transfer']}/packet")).text
    for text in (told, packet):
        digits = "".join(sign for sign in text if sign.isdigit() or sign.isalpha())
        assert CARD.replace(" ", "") not in digits
        assert CARD not in text
    assert "return" in packet
    await both_hear(caller, ana)
