"""Agents, queues and transfers over HTTP, over whole calls in virtual time."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.agents import ANA, BEN, DeskAgent
from tests.fakes.desk_office import DeskOffice, desk_office
from tests.fakes.office import VirtualCall, virtually

pytestmark = pytest.mark.call
WISH = "a person please"


def desk(house: DeskOffice, agent: str, *, available: bool = True) -> DeskAgent:
    made = DeskAgent(house.office.transfers, agent).sit(available=available)
    house.office.clocks.append(made.hearing)
    return made


async def asked(house: DeskOffice) -> VirtualCall:
    call = await house.office.call()
    await call.quiet()
    await call.speak()
    return call


@virtually
async def test_whoever_accepts_first_has_the_caller_and_the_other_hears_why_not(tmp_path: Path):
    async with desk_office(tmp_path, [WISH], agents=(ANA, BEN), ring="simultaneous") as house:
        ana, ben = desk(house, "ana"), desk(house, "ben")
        call = await asked(house)
        first, second = await ana.gets("offer"), await ben.gets("offer")
        path = f"/transfers/{first['transfer']}/accept"
        took = await house.send("POST", path, {"offer": first["offer"]}, "ana", Idempotency_Key="k1")
        late = await house.send("POST", path, {"offer": second["offer"]}, "ben")
        assert (took.status_code, took.json()["agent"]) == (200, "ana")
        assert (late.status_code, late.json()["type"]) == (409, "urn:cordboard:problem:state")
        again = await house.send("POST", path, {"offer": first["offer"]}, "ana", Idempotency_Key="k1")
        assert again.json() == took.json()
        await ana.gets("connected")
        call.stream.hang_up()


@virtually
async def test_a_caller_is_handed_back_and_the_call_wrapped_up_over_http(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house:
        ana = desk(house, "ana")
        call = await asked(house)
        offer = await ana.gets("offer")
        path = f"/transfers/{offer['transfer']}"
        early = await house.send("POST", path + "/hand_back", {}, "ana")
        assert early.status_code == 409
        await house.send("POST", path + "/accept", {"offer": offer["offer"]}, "ana")
        await ana.gets("connected")
        soon = await house.send("POST", path + "/wrap_up", {"disposition": "solved"}, "ana")
        assert soon.status_code == 409
        back = await house.send("POST", path + "/hand_back", {"note": "all is said"}, "ana")
        assert back.json()["outcome"] == "handed_back"
        words = {"solved": "Solved", "pole": "A pole was sent"}
        house.office.use_line(lambda settings: settings.model_copy(update={"dispositions": words}))
        shown = (await house.send("GET", path, who="ana")).json()["dispositions"]
        assert shown == [{"word": word, "text": text} for word, text in words.items()]
        assert (await house.send("GET", "/queues/support")).json()["dispositions"] == shown
        wrong = await house.send("POST", path + "/wrap_up", {"disposition": "follow_up"}, "ana")
        assert (wrong.status_code, wrong.json()["type"]) == (422, "urn:cordboard:problem:disposition")
        assert "'follow_up' is no disposition of the queue support; write one of: solved, pole." in wrong.text
        done = await house.send("POST", path + "/wrap_up", {"disposition": "solved", "note": "a pole"}, "ana")
        assert done.status_code == 200
        listed = (await house.send("GET", "/dispositions", who="ana")).json()
        assert [one["disposition"] for one in listed["items"]] == ["solved"]
        assert "solved" in listed["suggested"]
        assert (await house.send("GET", "/agents/ana")).json()["presence"] == "available"
        call.stream.hang_up()


@virtually
async def test_who_wraps_up_without_a_desk_is_not_offered_what_nobody_could_answer(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house:
        ana = desk(house, "ana")
        call = await asked(house)
        offer = await ana.gets("offer")
        path = f"/transfers/{offer['transfer']}"
        await house.send("POST", path + "/accept", {"offer": offer["offer"]}, "ana")
        await ana.gets("connected")
        await house.send("POST", path + "/hang_up", {}, "ana")
        ana.leave()
        assert (await house.send("POST", path + "/wrap_up", {"disposition": "solved"}, "ana")).status_code == 200
        assert (await house.send("GET", "/agents/ana")).json()["presence"] == "away"
        call.stream.hang_up()


@virtually
async def test_a_decline_with_a_reason_is_kept_with_the_offer(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house:
        ana = desk(house, "ana")
        call = await asked(house)
        offer = await ana.gets("offer")
        body = {"offer": offer["offer"], "reason": "at lunch"}
        declined = await house.send("POST", f"/transfers/{offer['transfer']}/decline", body, "ana")
        assert declined.json()["offers"][0] == {
            "offer": 0,
            "agent": "ana",
            "standing": "declined",
            "reason": "at lunch",
        }
        missing = await house.send("POST", f"/transfers/{offer['transfer']}/decline", {"offer": 7}, "ana")
        assert missing.status_code == 404
        call.stream.hang_up()


@virtually
async def test_a_caller_who_has_left_cannot_be_taken(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house:
        ana = desk(house, "ana")
        call = await asked(house)
        offer = await ana.gets("offer")
        call.stream.hang_up()
        await ana.gets("withdrawn")
        path, body = f"/transfers/{offer['transfer']}/accept", {"offer": offer["offer"]}
        assert (await house.send("POST", path, body, "ana")).status_code == 409
        await asyncio.sleep(60)
        assert (await house.send("POST", path, body, "ana")).status_code == 409


@virtually
async def test_queues_tell_who_waits_who_is_there_and_how_long_it_took(tmp_path: Path):
    async with desk_office(tmp_path, [WISH], agents=(ANA, BEN)) as house:
        desk(house, "ben", available=False)
        house.office.transfers.presence("ben", "busy")
        ana = desk(house, "ana")
        call = await asked(house)
        offer = await ana.gets("offer")
        await asyncio.sleep(2)
        queue = (await house.send("GET", "/queues/support")).json()
        assert queue["state"] == "open"
        assert [(one["transfer"], one["position"]) for one in queue["waiting"]] == [(offer["transfer"], 1)]
        assert queue["waiting"][0]["waited_ms"] >= 2000
        assert {one["id"]: one["presence"] for one in queue["agents"]} == {"ana": "available", "ben": "busy"}
        await house.send("POST", f"/transfers/{offer['transfer']}/accept", {"offer": offer["offer"]}, "ana")
        await ana.gets("connected")
        figures = (await house.send("GET", "/queues/support")).json()["figures"]
        assert (figures["answered"], figures["waiting"], figures["service_level"]) == (1, 0, 1.0)
        assert figures["median_answer_ms"] >= 2000
        assert "support" in {one["id"] for one in (await house.send("GET", "/queues")).json()["items"]}
        assert (await house.send("GET", "/queues/none")).status_code == 404
        call.stream.hang_up()


@virtually
async def test_the_directory_is_kept_over_http_and_holds_at_once(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house:
        carl: dict[str, Any] = {"name": "Carl", "queues": ["support"], "phone": "415 555 2671"}
        made = await house.send("PUT", "/agents/carl", carl)
        assert (made.status_code, made.json()["phone"]) == (201, "+14155552671")
        changed = await house.send("PUT", "/agents/carl", {**carl, "name": "Karl", "queues": ["support", "suport"]})
        assert (changed.status_code, changed.json()["unknown_queues"]) == (200, ["suport"])
        listed = (await house.send("GET", "/agents?limit=1")).json()
        assert [one["id"] for one in listed["items"]] == ["ana"]
        rest = (await house.send("GET", f"/agents?limit=1&cursor={listed['next_cursor']}")).json()
        assert [(one["id"], one["name"]) for one in rest["items"]] == [("carl", "Karl")]
        there = await house.send("POST", "/agents/carl/presence", {"presence": "available"})
        assert (there.status_code, "account" in there.json()["detail"]) == (409, True)
        away = await house.send("POST", "/agents/carl/presence", {"presence": "away"})
        assert away.json()["presence"] == "away"
        assert (await house.send("DELETE", "/agents/carl")).status_code == 204
        assert (await house.send("DELETE", "/agents/carl")).status_code == 404
        assert "carl" not in {one.agent.id for one in house.office.transfers.counted.agents()}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/agents/Ana", {"name": "Ana", "queues": ["support"]}, 422),
        ("PUT", "/agents/ben", {"name": "Ben", "queues": []}, 422),
        ("PUT", "/agents/ben", {"name": "Ben", "queues": ["support"], "phone": "911; rm"}, 422),
        ("PUT", "/agents/ben", {"name": "Ben", "queues": ["support"], "admin": True}, 422),
        ("GET", "/agents/none", None, 404),
        ("POST", "/agents/none/presence", {"presence": "away"}, 404),
        ("POST", "/agents/ana/presence", {"presence": "available"}, 409),
        ("POST", "/agents/ana/presence", {"presence": "wrap_up"}, 422),
        ("GET", "/transfers/none", None, 404),
        ("GET", "/transfers/none/packet", None, 404),
        ("GET", "/transfers?state=lost", None, 422),
        ("GET", "/transfers?cursor=!!", None, 400),
        ("POST", "/transfers/none/accept", {"offer": 0}, 422),
        ("POST", "/transfers/none/accept?agent=ana", {"offer": 0}, 404),
        ("POST", "/transfers/none/accept?agent=ana", {"offer": -1}, 422),
        ("POST", "/transfers/none/wrap_up?agent=ana", {"disposition": "<b>"}, 422),
    ],
)
@virtually
async def test_what_cannot_be_is_a_problem(tmp_path: Path, method: str, path: str, body: Any, status: int):
    async with desk_office(tmp_path) as house:
        answer = await house.send(method, path, body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


@virtually
async def test_an_agents_token_is_for_that_agent_alone(tmp_path: Path):
    async with desk_office(tmp_path, agents=(ANA, BEN)) as house:
        desk(house, "ana", available=False)
        own = await house.send("POST", "/agents/ana/presence", {"presence": "available"}, "ana")
        others = await house.send("POST", "/agents/ben/presence", {"presence": "away"}, "ana")
        as_another = await house.send("POST", "/transfers/x/accept?agent=ben", {"offer": 0}, "ana")
        directory = await house.send("GET", "/agents", who="ana")
        filtered = await house.send("GET", "/transfers?agent=ben", who="ana")
        answers = (own, others, as_another, directory, filtered)
        assert [one.status_code for one in answers] == [200, 403, 403, 403, 403]


@virtually
async def test_transfers_come_in_pages_the_latest_first(tmp_path: Path):
    async with desk_office(tmp_path, [WISH] * 3) as house:
        ana = desk(house, "ana")
        made = []
        for _ in range(3):
            call = await asked(house)
            made.append((await ana.gets("offer"))["transfer"])
            call.stream.hang_up()
            await ana.gets("withdrawn")
            await asyncio.sleep(60)
        first = (await house.send("GET", "/transfers?limit=2&state=over")).json()
        assert [one["id"] for one in first["items"]] == made[:0:-1]
        second = (await house.send("GET", f"/transfers?limit=2&cursor={first['next_cursor']}")).json()
        assert [one["id"] for one in second["items"]] == made[:1]
        one = made[1].rpartition("-")[0]
        assert [each["id"] for each in (await house.send("GET", f"/transfers?call={one}")).json()["items"]] == [made[1]]
