"""An agent's open desk: the WebSocket, over whole calls in virtual time."""

import asyncio
import json
from pathlib import Path

import pytest

from server.api.v1.desk import MOST_WAITING, NO_SUCH_AGENT, POLICY, REPLACED, SILENT
from server.api.v1.desk_state import greeting, presence_of
from server.api.v1.revoking import REASON, REVOKED
from tests.fakes.agents import ANA, BEN, LOUD_DB
from tests.fakes.asgi_socket import AsgiSocket
from tests.fakes.desk_office import ACCESS, DeskOffice, desk_office
from tests.fakes.office import SPEECH, VirtualCall, virtually
from voice.audio import FRAME_ULAW_BYTES, level_db, silence_ulaw, ulaw_frames, ulaw_to_pcm

pytestmark = pytest.mark.call
WISH = "a person please"


async def asked(house: DeskOffice) -> VirtualCall:
    """A caller who has just asked for a person."""
    call = await house.office.call()
    await call.quiet()
    await call.speak()
    return call


async def speaks(page: AsgiSocket, ulaw: bytes = SPEECH) -> None:
    for frame in ulaw_frames(ulaw):
        page.frame(frame)
        await asyncio.sleep(0.02)


async def connected(house: DeskOffice, page: AsgiSocket) -> tuple[VirtualCall, str]:
    """A caller who speaks with the agent of this page."""
    page.say(type="presence", presence="available")
    call = await asked(house)
    offer = await page.gets("offer")
    page.say(type="accept", transfer=offer["transfer"], offer=offer["offer"])
    await page.gets("connected")
    return call, offer["transfer"]


def loud_ms(ulaw: bytes) -> int:
    return 20 * sum(level_db(ulaw_to_pcm(frame)) > LOUD_DB for frame in ulaw_frames(ulaw))


@virtually
async def test_an_agent_takes_a_caller_speaks_hands_back_and_wraps_up(tmp_path: Path):
    async with desk_office(tmp_path, [WISH, "how can I help", "my tent is torn"]) as house, house.desk("ana") as page:
        hello = await page.gets("hello")
        assert (hello["agent"]["id"], hello["presence"]) == ("ana", "away")
        assert "solved" in hello["dispositions"]
        page.say(type="presence", presence="available")
        assert (await page.gets("presence"))["presence"] == "available"
        call = await asked(house)
        offer = await page.gets("offer")
        assert offer["packet"]["reason"]["code"] == "asked_for_person"
        assert page.sound == b""  # nothing of the caller before they accept
        page.say(type="accept", transfer=offer["transfer"], offer=offer["offer"])
        await page.gets("connected")
        before_ms = call.handset.now_ms
        await speaks(page, SPEECH + silence_ulaw(2000))
        assert loud_ms(call.ear.heard.audio(before_ms, call.handset.now_ms)) >= 500
        await call.speak()
        await asyncio.sleep(1)
        assert loud_ms(bytes(page.sound)) >= 500
        assert (await page.gets("levels")).keys() >= {"caller_db", "agent_db"}
        said = {one["who"]: one["text"] for one in [await page.gets("said") for _ in range(2)]}
        assert said == {"agent": "how can I help", "caller": "my tent is torn"}
        page.say(type="hand_back", transfer=offer["transfer"], note="a spare pole is on its way")
        told = await page.gets("wrap_up")
        assert (told["transfer"], told["dispositions"][0]) == (offer["transfer"], {"word": "solved", "text": "Solved"})
        page.say(type="wrap_up", transfer=offer["transfer"], disposition="solved", note="sent a pole")
        await page.gets("wrapped_up")
        shown = (await house.send("GET", f"/transfers/{offer['transfer']}", who="ana")).json()
        assert (shown["outcome"], shown["disposition"]["disposition"]) == ("handed_back", "solved")
        call.stream.hang_up()


@pytest.mark.edge("agent's desk loses its connection")
@virtually
async def test_of_two_desks_of_one_agent_the_older_is_told_and_the_newer_goes_on_speaking(tmp_path: Path):
    async with desk_office(tmp_path, [WISH, "hello"]) as house, house.desk("ana") as old:
        call, transfer = await connected(house, old)
        await asyncio.sleep(5)
        async with house.desk("ana") as new:
            await old.gets("replaced")
            assert (await old.ends())[0] == REPLACED
            again = await new.gets("connected")
            assert again["transfer"] == transfer
            assert 5_000 <= again["connected_ms"] <= 5_500
            before_ms = call.handset.now_ms
            await speaks(new)
            assert loud_ms(call.ear.heard.audio(before_ms, call.handset.now_ms)) >= 500
            await call.speak()
            await asyncio.sleep(1)
            assert loud_ms(bytes(new.sound)) >= 500
            call.stream.hang_up()


@virtually
async def test_a_desk_that_opens_is_asked_for_the_wrap_up_that_is_still_to_be_done(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house:
        async with house.desk("ana") as page:
            call, transfer = await connected(house, page)
            call.stream.hang_up()
            await page.gets("wrap_up")
        async with house.desk("ana") as again:
            assert (await again.gets("wrap_up"))["transfer"] == transfer
            again.say(type="wrap_up", transfer=transfer, disposition="other")
            await again.gets("wrapped_up")
        async with house.desk("ana") as done:
            await done.gets("hello")
            await done.gets("ping")
            assert "wrap_up" not in {message["type"] for message in done.told}


@pytest.mark.edge("agent's desk loses its connection")
@virtually
async def test_a_dead_connection_is_noticed_within_ten_seconds(tmp_path: Path):
    async with desk_office(tmp_path) as house, house.desk("ana") as page:
        page.say(type="presence", presence="available")
        await page.gets("presence")
        await asyncio.sleep(30)
        assert page.closed is None  # it answers pings
        page.answers_pings = False
        assert (await page.ends(timeout_s=10.0))[0] == SILENT
        ana = (await house.send("GET", "/agents/ana")).json()
        assert (ana["presence"], ana["desk_open"]) == ("away", False)


@virtually
async def test_a_page_that_takes_nothing_is_let_go_and_the_caller_is_not_lost(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house, house.desk("ana") as page:
        call, transfer = await connected(house, page)
        page.takes.clear()
        await call.speak()
        async with asyncio.timeout(30):
            while (await house.send("GET", "/agents/ana")).json()["desk_open"]:
                await speaks(page, SPEECH[:FRAME_ULAW_BYTES])
        await asyncio.sleep(12)
        assert (await house.send("GET", f"/transfers/{transfer}")).json()["agent"] in {"ana", None}
        running = house.office.transfers.running(transfer)
        assert running is None or running.transfer.state.value != "connected"
        page.takes.set()


@virtually
async def test_muted_the_caller_hears_nothing(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house, house.desk("ana") as page:
        call, _ = await connected(house, page)
        page.say(type="mute", muted=True)
        await page.gets("muted")
        before_ms = call.handset.now_ms
        await speaks(page)
        assert loud_ms(call.ear.heard.audio(before_ms, call.handset.now_ms)) == 0
        page.say(type="mute", muted=False)
        await page.gets("muted")
        await speaks(page)
        assert loud_ms(call.ear.heard.audio(before_ms, call.handset.now_ms)) >= 500
        call.stream.hang_up()


@virtually
async def test_who_was_muted_for_one_caller_is_heard_by_the_next(tmp_path: Path):
    async with desk_office(tmp_path, [WISH, WISH]) as house, house.desk("ana") as page:
        first, transfer = await connected(house, page)
        page.say(type="mute", muted=True)
        assert (await page.gets("muted"))["muted"]
        first.stream.hang_up()
        await page.gets("wrap_up")
        assert not (await page.gets("muted"))["muted"]
        page.say(type="wrap_up", transfer=transfer, disposition="solved")
        await page.gets("wrapped_up")
        call, _ = await connected(house, page)
        before_ms = call.handset.now_ms
        await speaks(page)
        assert loud_ms(call.ear.heard.audio(before_ms, call.handset.now_ms)) >= 500
        call.stream.hang_up()


@pytest.mark.parametrize(
    "text",
    [
        "", "no json", "[]", "{}", '{"type": "accept"}', '{"type": "sing"}',
        '{"type": "presence", "presence": "wrap_up"}', '{"type": "ping", "more": 1}',
        json.dumps({"type": "hand_back", "transfer": "x", "note": "n" * 20_000}),
        '{"type": "accept", "transfer": "CA0-h1", "offer": 0}', '{"type": "hang_up", "transfer": "CA0-h1"}',
        '{"type": "wrap_up", "transfer": "CA0-h1", "disposition": "solved"}',
        '{"type": "wrap_up", "transfer": "CA0-h1", "disposition": "Two words"}',
    ],
)  # fmt: skip
@virtually
async def test_a_bad_message_is_answered_with_an_error_and_nothing_is_lost(tmp_path: Path, text: str):
    async with desk_office(tmp_path) as house, house.desk("ana") as page:
        page.text(text)
        assert (await page.gets("error"))["detail"]
        page.frame(b"too short")
        assert (await page.gets("error"))["of"] == "sound"
        page.say(type="presence", presence="available")
        await page.gets("presence")


@virtually
async def test_a_flood_of_messages_ends_the_connection_and_a_flood_of_sound_is_left_out(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house, house.desk("ana") as page:
        call, _ = await connected(house, page)
        loud = SPEECH[800 * 8 : 800 * 8 + FRAME_ULAW_BYTES]
        before_ms = call.handset.now_ms
        for _ in range(5_000):
            page.frame(loud)
        await asyncio.sleep(5)
        assert loud_ms(call.ear.heard.audio(before_ms, call.handset.now_ms)) <= 3_000
        assert page.closed is None
        for _ in range(200):
            page.say(type="ping")
        assert (await page.ends())[0] == POLICY
        assert len(page.told) < MOST_WAITING


@virtually
async def test_only_who_may_sits_down(tmp_path: Path):
    async with desk_office(tmp_path, agents=(ANA, BEN)) as house:
        _, reader = await house.tokens.create("a dashboard", ["queues:read"])
        made, revoked = await house.tokens.create("gone", ["desk"], agent="ana")
        await house.tokens.revoke(made.id)
        evil = {"origin": "https://evil.example.com"}
        for path, token, headers in (
            ("/desk", "", {}), ("/desk", "wrong", {}), ("/desk", reader, {}), ("/desk", revoked, {}),
            ("/desk?agent=ben", house.token_of["ana"], {}), ("/desk", ACCESS, {}),
            ("/desk", house.token_of["ana"], evil),
        ):  # fmt: skip
            async with house.socket(path, token, **headers) as page:
                assert not page.accepted, (path, token)
        async with house.socket("/desk?agent=ben", ACCESS) as page:
            assert (await page.gets("hello"))["agent"]["id"] == "ben"
        async with house.socket("/desk?agent=carl", ACCESS) as page:
            assert (await page.ends())[0] == NO_SUCH_AGENT


@virtually
async def test_what_another_agent_was_offered_cannot_be_taken(tmp_path: Path):
    async with (
        desk_office(tmp_path, [WISH], agents=(ANA, BEN)) as house,
        house.desk("ana") as ana,
        house.desk("ben") as ben,
    ):
        ana.say(type="presence", presence="available")
        await ana.gets("presence")
        await asked(house)
        offer = await ana.gets("offer")
        for verb in ("accept", "decline"):
            ben.say(type=verb, transfer=offer["transfer"], offer=offer["offer"])
            assert (await ben.gets("error"))["of"] == verb
        refused = await house.send(
            "POST", f"/transfers/{offer['transfer']}/accept", {"offer": offer["offer"]}, who="ben"
        )
        assert refused.status_code == 404
        assert (await house.send("GET", f"/transfers/{offer['transfer']}/packet", who="ben")).status_code == 404
        assert (await house.send("GET", f"/transfers/{offer['transfer']}/packet", who="ana")).status_code == 200
        assert (await house.send("GET", "/transfers", who="ben")).json()["items"] == []
        assert len((await house.send("GET", "/transfers", who="ana")).json()["items"]) == 1


@virtually
async def test_who_opens_a_desk_soon_again_is_as_they_were_and_who_comes_later_is_told_that_it_was_closed(
    tmp_path: Path,
):
    async with desk_office(tmp_path) as house:
        transfers, staff = house.office.transfers, house.staff
        first = transfers.sit("ana", lambda _told: None)
        transfers.presence("ana", "available")
        transfers.leave(first)
        assert presence_of(staff, "ana") == "away"
        await asyncio.sleep(60)
        hello = greeting(staff, ANA)
        assert (hello["presence"], hello["closed_ms"]) == ("available", 0)
        again = transfers.sit("ana", lambda _told: None)
        assert presence_of(staff, "ana") == "available"
        transfers.leave(again)
        await asyncio.sleep(300)
        hello = greeting(staff, ANA)
        assert (hello["presence"], hello["closed_ms"]) == ("away", 300_000)
        transfers.sit("ana", lambda _told: None)
        assert presence_of(staff, "ana") == "away"


@virtually
async def test_an_agent_whose_call_ended_while_the_page_was_loaded_again_wraps_it_up_before_the_next(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house:
        async with house.desk("ana") as page:
            call, transfer = await connected(house, page)
        call.stream.hang_up()
        await asyncio.sleep(2)
        async with house.desk("ana") as again:
            assert (await again.gets("hello"))["presence"] == "wrap_up"
            assert (await again.gets("wrap_up"))["transfer"] == transfer
            assert presence_of(house.staff, "ana") == "wrap_up"


@virtually
async def test_a_desk_shows_who_waits_in_its_queues_and_since_when(tmp_path: Path):
    house_ = desk_office(tmp_path, [WISH], agents=(ANA, BEN), queue={"wait_for_agents": True})
    async with house_ as house, house.desk("ana") as page:
        (support,) = (await page.gets("queues"))["queues"]
        assert (support["queue"], support["state"], support["waiting"], support["others"]) == ("support", "open", 0, 0)
        async with house.desk("ben") as colleague:
            colleague.say(type="presence", presence="available")
            assert (await page.gets("queues"))["queues"][0]["others"] == 1
            colleague.say(type="presence", presence="away")
            assert (await page.gets("queues"))["queues"][0]["others"] == 0
        call = await asked(house)
        (now,) = (await page.gets("queues"))["queues"]
        assert (now["waiting"], now["callbacks"]) == (1, 0)
        assert 0 <= house.staff.transfers.now_ms() - now["since_ms"] <= 3_000
        call.stream.hang_up()
        assert (await page.gets("queues"))["queues"][0]["waiting"] == 0


@virtually
async def test_a_desk_whose_token_is_revoked_is_closed(tmp_path: Path):
    async with desk_office(tmp_path, [WISH]) as house, house.desk("ana") as page:
        await page.gets("hello")
        (token,) = [one for one in await house.tokens.listed() if one.agent == "ana"]
        assert (await house.send("DELETE", f"/tokens/{token.id}")).status_code == 204
        assert await page.ends(10) == (REVOKED, REASON)
        assert house.office.transfers.desk.seat("ana") is None
