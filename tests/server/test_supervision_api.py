"""Supervisors over HTTP and WebSockets, on whole calls in virtual time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.api.v1.hearing_in import HEADER, NO_SUCH_CALL, NORMAL, NOT_NOW, POLICY, REPLACED
from server.api.v1.revoking import REASON, REVOKED
from tests.fakes.agents import DeskAgent
from tests.fakes.asgi_socket import AsgiSocket
from tests.fakes.desk_office import DeskOffice, desk_office
from tests.fakes.office import SPEECH, VirtualCall, virtually
from voice.audio import level_db, ulaw_frames, ulaw_to_pcm

pytestmark = pytest.mark.call
ORDER, BYE = "where is my order", "no thank you goodbye"
ALL = ["supervise:listen", "supervise:speak", "supervise:control"]
VERBS = (
    "control", "release_control", "whisper", "say", "hold", "unhold", "take_over", "hand_back", "transfer", "end",
    "coach",
)  # fmt: skip
BODIES: dict[str, dict[str, Any]] = {
    "whisper": {"text": "x"}, "say": {"text": "x"}, "transfer": {"queue": "support"}, "coach": {"mode": "listen"},
}  # fmt: skip


@dataclass
class House:
    """An office with two supervisors, and a call whose caller has been greeted."""

    desks: DeskOffice
    call: VirtualCall
    ada: str
    bob: str

    async def post(self, verb: str, who: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        sent = BODIES.get(verb, {}) if body is None else body
        return await self.desks.send("POST", f"/calls/{self.call.sid}/{verb}", sent, who, **headers)

    async def state(self, who: str) -> dict[str, Any]:
        told: dict[str, Any] = (await self.desks.send("GET", f"/calls/{self.call.sid}/supervision", None, who)).json()
        return told

    def socket(self, kind: str, who: str) -> Any:
        return self.desks.socket(f"/calls/{self.call.sid}/{kind}", who)

    async def texts(self) -> list[str]:
        events = await self.desks.office.events(self.call.sid)
        return [event.data["text"] for event in events if event.kind == "assistant.speaks"]

    def loud(self, start_ms: int) -> bool:
        return level_db(ulaw_to_pcm(self.call.ear.heard.audio(start_ms, self.call.handset.now_ms))) > -45


@asynccontextmanager
async def house(root: Path, texts: tuple[str, ...] = (ORDER, BYE)) -> AsyncIterator[House]:
    async with desk_office(root, texts) as desks:
        call = await desks.office.call()
        await call.quiet()
        (_, ada), (_, bob) = await desks.tokens.create("Ada", ALL), await desks.tokens.create("Bob", ALL)
        yield House(desks, call, ada, bob)


async def speaks(page: AsgiSocket, ulaw: bytes = SPEECH) -> None:
    for frame in ulaw_frames(ulaw):
        page.frame(frame)
        await asyncio.sleep(0.02)


@virtually
async def test_exact_words_are_said_once_however_often_the_command_comes(tmp_path: Path):
    async with house(tmp_path) as there:
        for _ in range(3):
            answer = await there.post("say", there.ada, {"text": "Hello from Ada."}, Idempotency_Key="k1")
            assert (answer.status_code, answer.json()["command"], answer.json()["phase"]) == (200, "v1", "assistant")
        await there.call.quiet()
        assert (await there.texts()).count("Hello from Ada.") == 1
        told = await there.state(there.bob)
        assert told["control"]["by"] == "Ada"
        assert 0 < told["control"]["lasts_ms"] <= 30_000
        assert [(one["kind"], one["by"]) for one in told["actions"]] == [
            ("supervisor.control", "Ada"),
            ("supervisor.dictated", "Ada"),
        ]
        assert "who" not in told["actions"][0]


@virtually
async def test_one_controls_and_the_other_is_told_who_until_they_let_go(tmp_path: Path):
    async with house(tmp_path) as there:
        assert (await there.post("hold", there.ada)).status_code == 200
        for verb in VERBS:
            refused = await there.post(verb, there.bob)
            assert (refused.status_code, refused.json()["type"]) == (409, "urn:cordboard:problem:controlled"), verb
            assert refused.json()["errors"] == [{"pointer": "control", "detail": "Ada"}]
        assert (await there.post("release_control", there.ada)).json()["phase"] == "assistant"
        assert (await there.post("control", there.bob)).json()["control"]["by"] == "Bob"


@virtually
async def test_two_pages_that_share_a_token_are_two_supervisors(tmp_path: Path):
    async with house(tmp_path) as there:
        first = await there.post("control", there.ada, Cordboard_Session="a")
        second = await there.post("control", there.ada, Cordboard_Session="b")
        assert (first.status_code, second.status_code) == (200, 409)


@virtually
async def test_what_a_token_was_not_made_for_it_does_not_do(tmp_path: Path):
    async with house(tmp_path) as there:
        _, listens = await there.desks.tokens.create("x", ["supervise:listen"])
        _, controls = await there.desks.tokens.create("y", ["supervise:control"])
        _, other = await there.desks.tokens.create("z", ["approvals:read"])
        for verb in VERBS:
            assert (await there.post(verb, listens)).status_code == 403, verb
            assert (await there.post(verb, other)).status_code == 403, verb
            assert (await there.post(verb, "cbt_forged")).status_code == 401, verb
        assert (await there.post("take_over", controls)).status_code == 403
        assert (await there.state(other))["status"] == 403
        for kind, token in (("talk", listens), ("talk", controls), ("listen", other), ("listen", "cbt_forged")):
            async with there.socket(kind, token) as page:
                assert await page.ends() == (POLICY, "")
                assert not page.accepted
        assert (await there.state(listens))["actions"] == []


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("whisper", {"text": ""}), ("whisper", {"text": "  "}), ("say", {"text": "x" * 501}), ("say", {}),
        ("say", {"text": "x", "loudly": True}), ("transfer", {}), ("coach", {"mode": "shout"}),
        ("take_over", {"by": "pigeon"}), ("end", {"text": 7}),
    ],
)  # fmt: skip
@virtually
async def test_bad_commands_are_refused_and_nothing_is_done(tmp_path: Path, verb: str, body: dict[str, Any]):
    async with house(tmp_path) as there:
        assert (await there.post(verb, there.ada, body)).status_code == 422
        assert (await there.state(there.ada))["control"] is None


@virtually
async def test_where_a_call_is_not_or_not_any_more(tmp_path: Path):
    async with house(tmp_path) as there:
        unknown = await there.desks.send("POST", "/calls/CAnone/say", {"text": "x"}, there.ada)
        assert unknown.status_code == 404
        assert (await there.desks.send("GET", "/calls/CAnone/supervision", None, there.ada)).status_code == 404
        assert (await there.post("end", there.ada, {"text": "Goodbye now."})).status_code == 200
        assert await there.call.over()
        await there.desks.office.ended(there.call.sid)
        for verb in VERBS:
            refused = await there.post(verb, there.ada, {"by": "browser"} if verb == "take_over" else None)
            assert (refused.status_code, refused.json()["type"]) == (409, "urn:cordboard:problem:state"), verb
        told = await there.state(there.ada)
        assert (told["phase"], told["possible"], told["control"]) == ("ended", [], None)
        assert told["actions"][-1]["verb"] == "end"
        for kind in ("listen", "talk"):
            async with there.socket(kind, there.ada) as page:
                assert (await page.ends())[0] == NOT_NOW
            async with there.desks.socket(f"/calls/CAnone/{kind}", there.ada) as page:
                assert (await page.ends())[0] == NO_SUCH_CALL


@virtually
async def test_not_now_says_why(tmp_path: Path):
    async with house(tmp_path) as there:
        for verb, words in (
            ("unhold", "the assistant has the caller"),
            ("coach", "assistant"),
            ("hand_back", "assist"),
        ):
            refused = await there.post(verb, there.ada)
            assert refused.status_code == 409
            assert words in refused.json()["detail"]
        refused = await there.post("transfer", there.ada, {"queue": "+49301234567"})
        assert refused.json()["type"] == "urn:cordboard:problem:state"
        microphone = await there.post("take_over", there.ada)
        assert microphone.json()["type"] == "urn:cordboard:problem:microphone"
        phone = await there.post("take_over", there.ada, {"by": "phone"})
        assert (phone.status_code, phone.json()["type"]) == (501, "urn:cordboard:problem:by-phone")


@virtually
async def test_a_listener_gets_both_sides_with_their_instants_and_every_event(tmp_path: Path):
    async with house(tmp_path) as there, there.socket("listen", there.ada) as page:
        assert (await page.gets("event"))["event"]["kind"] == "call.ringing"
        await there.call.turn()
        await there.call.turn()
        await there.call.over()
        assert await page.ends() == (NORMAL, "The call has ended.")
        size = HEADER.size + 160
        packets = [bytes(page.sound[at : at + size]) for at in range(0, len(page.sound), size)]
        loud = {HEADER.unpack(one[:8])[0] for one in packets if level_db(ulaw_to_pcm(one[8:])) > -45}
        assert loud == {0, 1}
        assert "call.ended" in [one["event"]["kind"] for one in page.told if one["type"] == "event"]


@virtually
async def test_a_page_that_takes_nothing_is_let_go_and_the_call_goes_on(tmp_path: Path):
    async with house(tmp_path) as there, there.socket("listen", there.ada) as page:
        await page.gets("event")
        page.takes.clear()
        await there.call.turn()
        page.takes.set()
        await there.call.turn()
        await there.call.over()
        record = await there.desks.office.ended(there.call.sid)
        assert record.outcome == "completed"
        left = [one for one in await there.desks.office.events(there.call.sid) if one.kind == "supervisor.left"]
        assert len(left) == 1


@virtually
async def test_take_over_by_the_browsers_microphone_and_hand_back(tmp_path: Path):
    async with house(tmp_path) as there, there.socket("talk", there.ada) as page:
        assert (await page.gets("hello"))["by"] == "Ada"
        await speaks(page)
        before_ms = there.call.handset.now_ms
        assert not there.loud(before_ms - 500)  # nobody hears an open microphone
        assert (await there.post("take_over", there.ada)).json()["phase"] == "taken"
        before_ms = there.call.handset.now_ms
        await speaks(page)
        assert there.loud(before_ms)
        assert (await there.state(there.bob))["speaks"] == "Ada"
        await there.call.speak()
        await asyncio.sleep(3)
        assert len(page.sound) > 8000
        page.frame(b"short")
        page.text("not json")
        assert (await there.post("hand_back", there.ada)).json()["phase"] == "assistant"
        await there.call.quiet(since_ms=there.call.handset.now_ms)
        assert (await there.texts())[-1].startswith("You're back with me.")
        before_ms = there.call.handset.now_ms
        await speaks(page)
        assert not there.loud(before_ms + 100)
        async with there.socket("talk", there.ada) as second:
            await second.gets("hello")
            assert (await page.ends())[0] == REPLACED


@virtually
async def test_an_agents_supervisor_whispers_and_speaks_to_both(tmp_path: Path):
    async with house(tmp_path) as there, there.socket("talk", there.ada) as page:
        await page.gets("hello")
        ana = DeskAgent(there.desks.office.transfers, "ana").sit()
        there.desks.office.clocks.append(ana.hearing)
        assert (await there.post("transfer", there.ada)).json()["phase"] == "waiting"
        await ana.accepts()
        await asyncio.sleep(1)
        assert (await there.post("coach", there.ada, {"mode": "whisper"})).json()["phase"] == "agent"
        before_ms, heard_ms = there.call.handset.now_ms, ana.heard_ms()
        await speaks(page)
        assert ana.heard_ms() - heard_ms >= 500
        assert not there.loud(before_ms)
        await there.post("coach", there.ada, {"mode": "barge"})
        before_ms = there.call.handset.now_ms
        await speaks(page)
        assert there.loud(before_ms)
        assert (await there.post("coach", there.ada, {"mode": "off"})).status_code == 200
        assert (await there.state(there.ada))["speaks"] is None


@virtually
async def test_with_an_agent_by_telephone_there_is_a_conference_only_where_an_account_is_set(tmp_path: Path):
    async with house(tmp_path) as there:
        live = there.desks.office.switchboard._calls[there.call.sid]  # what the carrier's webhooks lead to
        live.joining.record("transfer.connected", transfer="h1", offer=0, agent="ana", by="phone")
        refused = await there.post("coach", there.ada, {"mode": "whisper", "agent": "ada"})
        assert (refused.status_code, refused.json()["type"]) == (501, "urn:cordboard:problem:by-phone")
        assert (await there.state(there.ada))["possible"] == ["listen", "end", "coach"]


@virtually
async def test_a_microphone_is_closed_when_the_call_is_over_and_there_are_not_more_than_twenty(tmp_path: Path):
    async with house(tmp_path) as there, AsyncExitStack() as pages:
        for number in range(20):
            page = await pages.enter_async_context(there.socket(f"talk?session={number}", there.ada))
            await page.gets("hello")
        async with there.socket("talk?session=more", there.ada) as more:
            assert (await more.ends())[0] == NOT_NOW
        await there.post("end", there.ada)
        assert await page.ends() == (NORMAL, "The call has ended.")


@virtually
async def test_whoever_s_token_is_revoked_hears_and_says_nothing_more(tmp_path: Path):
    async with house(tmp_path) as there, there.socket("talk", there.bob) as still:
        async with there.socket("talk", there.ada) as talk, there.socket("listen", there.ada) as listen:
            await talk.gets("hello")
            assert (await there.post("take_over", there.ada)).status_code == 200
            (ada,) = [one for one in await there.desks.tokens.listed() if one.name == "Ada"]
            assert await there.desks.tokens.revoke(ada.id)
            assert [await socket.ends(10) for socket in (talk, listen)] == 2 * [(REVOKED, REASON)]
            before_ms = there.call.handset.now_ms
            await speaks(talk)
            assert not there.loud(before_ms + 200)
        assert still.closed is None
        assert (await there.state(there.bob))["listeners"] == 0
        await there.call.quiet(since_ms=there.call.handset.now_ms)
        assert (await there.texts())[-1].startswith("You're back with me.")
