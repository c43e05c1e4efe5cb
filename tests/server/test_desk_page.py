"""The agent's desk in a real browser: a caller over real sockets, and a microphone that the browser makes up."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from pipeline import graph
from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import KeptTools
from server.api.calls import calls_router
from server.api.v1.app import PREFIX, api
from server.api.v1.staff import Staff, staff_of
from server.auth import Access
from server.pages.desk import desk_page_router
from server.tokens import Tokens
from telephony.double.call import DoubleCall
from tests.fakes.agents import ANA, LOUD_DB
from tests.fakes.browser import Reader, readers
from tests.fakes.exchange import Exchange, exchange
from tests.fakes.office import REPOSITORY, SPEECH
from tests.fakes.web import TOKEN
from tests.server.test_browser import FAINT_TEXTS, SMALL_TARGETS, SPILLED
from voice.audio import level_db, ulaw_frames, ulaw_to_pcm

pytestmark = pytest.mark.browser

MICROPHONE = REPOSITORY / "recordings" / "samples" / "where_is_my_order_rms.wav"
"""What the browser's microphone hears, over and over."""
WISH = "a person please"
NOON = datetime(2026, 11, 20, 18, tzinfo=UTC)
"""A Friday on which the line's people work."""


@pytest.fixture(scope="module")
def chromium():
    with readers(
        "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={MICROPHONE}",
    ) as found:  # fmt: skip
        yield found


class House:
    """A served office, a reader of its pages, and who is there."""

    def __init__(self, served: Exchange, staff: Staff, tokens: Tokens, reader: Reader) -> None:
        self.served, self.staff, self.tokens = served, staff, tokens
        self.reader, self.page = reader, reader.page

    async def asks(self, *later: str) -> DoubleCall:
        """A caller who has asked for a person; what they will say after that."""
        call = await self.served.call([WISH, *later])
        await call.until_quiet()
        await call.say(SPEECH)
        return call

    async def loud(self, name: str) -> bool:
        """Whether the page says that its microphone (micDb) or ear (earDb) is loud."""
        return bool(await self.page.evaluate(f"Number(document.querySelector('#desk').dataset.{name}) > {LOUD_DB}"))

    async def disposition(self, transfer: str) -> Any:
        found = await self.staff.listing.disposition(transfer)
        return found and (found.agent, found.disposition, found.note)

    async def both_ms(self) -> int:
        """From the click that accepts to the first sound at the ear and from the microphone, whichever is later."""
        times = await self.page.evaluate("({...document.querySelector('#desk').dataset})")
        both_ms = max(int(times["earMs"]), int(times["micMs"]))
        print(f"accept to sound both ways: {both_ms} ms")  # noqa: T201 a figure for the benchmark, no promise
        return both_ms


@pytest.fixture
def at_desk(chromium, tmp_path):
    """Do something as Ana, who has signed in; afterwards the console is empty and nobody else was asked."""

    def run(use: Callable[[House], Any], **options: Any) -> Any:
        async def inside() -> Any:
            began = asyncio.get_running_loop().time()
            clock = lambda: NOON + timedelta(seconds=asyncio.get_running_loop().time() - began)  # noqa: E731
            async with exchange(tmp_path, graph.carry, agents=[ANA], wall_clock=clock) as served:
                staff, tokens = _serve(served, tmp_path)
                await staff.directory.put(ANA, NOON.isoformat())
                _, token = await tokens.create("Ana", ["desk"], agent="ana")
                port = int(served.url.rpartition(":")[2])
                async with chromium.reader(port, **options) as reader:
                    await reader.open("/desk")
                    await reader.sign_in(token)
                    return await use(House(served, staff, tokens, reader))

        return chromium.run(inside)

    return run


def _serve(served: Exchange, root: Path) -> tuple[Staff, Tokens]:
    store, transfers = served.parts.store, served.parts.transfers
    assert transfers is not None
    staff, tokens, access = staff_of(transfers, store, "test"), Tokens(store), Access(TOKEN)
    kept = KeptTools(store, "test")
    served.app.include_router(calls_router(store, transfers.store.packets_of, root, access, list))
    served.app.include_router(desk_page_router(staff.directory, access, tokens))
    served.app.mount(PREFIX, api(store, kept, Approving(kept, lambda _: None), lambda _: None, staff, access))
    return staff, tokens


async def readable(page: Page) -> None:
    """WCAG 2.2 AA 1.4.3, 1.4.10, 2.5.8, by day and by night, on a screen and on a telephone."""
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": width, "height": 800})
        for wrong in (FAINT_TEXTS, SPILLED, SMALL_TARGETS):
            assert await page.evaluate(wrong) == [], (scheme, width)


async def _closed_and_fresh(house: House, page: Page) -> Page:
    """Another tab, once the server knows that this one was closed."""
    fresh = await page.context.new_page()
    await page.close()

    async def away() -> bool:
        return house.staff.transfers.desk.seat("ana") is None

    await until(away)
    return fresh


async def until(met: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(15):
        while not await met():  # noqa: ASYNC110 the page's policy keeps the browser from waiting for us
            await asyncio.sleep(0.05)


async def quiet(call: DoubleCall) -> bool:
    """Whether the caller has heard nothing for a second."""
    return call.ear.quiet_for_ms(call.now_ms) >= 1_000


async def hears(call: DoubleCall, since_ms: int) -> bool:
    """Whether the caller has heard half a second of sound since then."""
    frames = ulaw_frames(call.ear.heard.audio(since_ms, call.now_ms))
    return sum(level_db(ulaw_to_pcm(frame)) > LOUD_DB for frame in frames) >= 25


@pytest.mark.row(76, 77, 84, 86)
def test_an_agent_takes_a_caller_in_the_browser_speaks_hands_back_and_wraps_up(at_desk, record_property):
    async def use(house: House) -> None:
        page = house.page
        await expect(page.get_by_role("heading", level=1)).to_have_text("Desk of Ana")
        await page.get_by_role("button", name="Available").click()
        await expect(page.locator("#desk")).to_have_attribute("data-presence", "available")
        call = await house.asks("my tent is torn", "thank you")
        offer = page.locator("#offer")
        await expect(offer).to_be_visible()
        await expect(page.locator("#packet")).to_contain_text("The caller asked for a person.")
        await expect(page.locator("#transcript")).to_contain_text(WISH)
        await readable(page)
        accepted_ms = call.now_ms
        await page.get_by_role("button", name="Accept").click()
        await expect(page.locator("#call")).to_be_visible()
        await until(lambda: hears(call, accepted_ms))
        await page.get_by_role("button", name="Mute").click()
        await expect(page.locator("#muted")).to_have_text("You are muted: the caller does not hear you.")
        await readable(page)
        await until(lambda: quiet(call))  # so it was the microphone
        await page.get_by_role("button", name="Unmute").click()
        muted_ms = call.now_ms
        await until(lambda: hears(call, muted_ms))
        speaking = asyncio.create_task(call.say(SPEECH))
        await until(lambda: house.loud("earDb"))
        await speaking
        await expect(page.locator("#transcript")).to_contain_text("my tent is torn")
        record_property("accept_to_two_way_ms", await house.both_ms())
        await page.get_by_label("with a note").fill("a spare pole is on its way")
        await page.get_by_role("button", name="Hand back").click()
        await expect(page.locator("#wrap-up")).to_be_visible()
        await expect(page.locator("#until")).to_have_text(
            re.compile(r"You are available again in 0:[0-3]\d, or once this")
        )
        await readable(page)
        await page.get_by_label("Result").select_option("solved")
        await page.get_by_label("Note", exact=True).fill("sent a pole")
        await page.get_by_role("button", name="Done").click()
        await expect(page.locator("#desk:has(#wrap-up[hidden])")).to_have_attribute("data-presence", "available")
        assert await house.disposition(f"{call.call_sid}-h1") == ("ana", "solved", "sent a pole")
        await expect(page.locator("#past-calls li")).to_have_text(re.compile(r"Solved: sent a pole$"))
        call.hang_up()

    at_desk(use)


def test_a_page_that_is_loaded_again_goes_on_with_the_call(at_desk):
    async def use(house: House) -> None:
        page = house.page
        await page.get_by_role("button", name="Available").click()
        call = await house.asks("my tent is torn")
        await page.get_by_role("button", name="Accept").click()
        await expect(page.locator("#call")).to_be_visible()
        await call.say(SPEECH)
        await expect(page.locator("#transcript")).to_contain_text("my tent is torn")
        await page.evaluate("document.querySelector('#timer').textContent = ''")
        await expect(page.locator("#timer")).to_have_text(re.compile(r"0:0[2-9]|0:[1-5]\d"))
        before = await page.locator("#timer").inner_text()
        await page.reload()
        await expect(page.locator("#call")).to_be_visible()
        await expect(page.locator("#packet")).to_contain_text("The caller asked for a person.")
        for text in (WISH, "my tent is torn"):  # before the offer, and since
            await expect(page.locator("#transcript")).to_contain_text(text)
        assert await page.locator("#timer").inner_text() >= before
        await expect(page.locator("#presence")).to_contain_text("Afterwards you are available again.")
        await expect(page.locator('[data-presence][aria-pressed="true"]')).to_have_count(0)
        again_ms = call.now_ms
        await until(lambda: hears(call, again_ms))
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.locator("#wrap-up")).to_be_visible()
        await call.finished()

    at_desk(use)


def test_a_desk_that_is_opened_in_a_fresh_tab_is_as_it_was_and_says_so_when_it_was_closed_for_long(at_desk):
    async def use(house: House) -> None:
        await house.page.get_by_role("button", name="Available").click()
        await expect(house.page.locator("#presence")).to_contain_text("Available: callers")
        fresh = await _closed_and_fresh(house, house.page)
        await fresh.goto(f"{house.reader.home}/desk")
        await expect(fresh.locator("#presence")).to_contain_text("Available: callers are offered to you.")
        late = await _closed_and_fresh(house, fresh)
        closed = house.staff.transfers._left_desks  # as if it had been five minutes ago
        closed.left("ana", replace(closed._left["ana"], at_ms=house.staff.transfers.now_ms() - 300_000))
        await late.goto(f"{house.reader.home}/desk")
        await expect(late.locator("#presence")).to_contain_text(
            "Away: this desk was closed for more than a few minutes"
        )
        (token,) = [one for one in await house.tokens.listed() if one.agent == "ana"]
        await house.tokens.revoke(token.id)
        await expect(late.locator("#alert")).to_have_text("Your sign-in was ended. Sign in again to go on.")
        await late.get_by_role("button", name="Sign in").click()
        await expect(late.get_by_label("Access token")).to_be_visible()

    at_desk(use)


def test_without_a_microphone_nobody_is_available_and_the_page_says_why(at_desk):
    async def use(house: House) -> None:
        page = house.page
        await page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('denied'))")
        await page.reload()
        await page.get_by_role("button", name="Available").click()
        await expect(page.get_by_role("alert")).to_contain_text("The microphone cannot be used (denied)")
        await expect(page.locator("#desk")).to_have_attribute("data-presence", "away")

    at_desk(use)


PACKET = {
    "caller": {
        "name": "Sam <img src=x onerror=alert(1)>",
        "number": "+1415•••0101",
        "verified": {"level": "pin", "at": "2026-11-20T18:00:00+00:00"},
    },
    "reason": {"sentence": "The caller asked for a person.", "evidence": ["<script>alert(1)</script>"]},
    "summary": {"bullets": [{"text": "A pole of the tent is broken.", "spans": [{"utterance": "c1"}]}]},
    "facts": [{"slot": "order_number", "value": "12345", "confirmed": "keyed"}],
    "done": [{"about": "A refund of 3 dollars was made.", "error": ""}],
    "failed": [{"about": "A text was to be sent.", "error": "no_consent"}],
    "next_steps": [{"code": "send", "text": "Send a pole."}],
    "line": "Northfield",
    "sources": [{"title": "Returning used gear", "document": "returns.md", "section": "used"}],
    "transcript": [{"utterance": "c1", "who": "caller", "text": "my tent is torn"}],
}
HELLO = {
    "type": "hello", "presence": "away", "dispositions": ["solved"],
    "agent": {"id": "ana", "name": "Ana", "queues": ["support"], "phone": True},
}  # fmt: skip
WORDS = [{"word": "solved", "text": "Money given back"}, {"word": "other", "text": "Something else"}]
OFFER = {"type": "offer", "transfer": "CA1-h1", "offer": 0, "queue": "support", "by": "phone", "packet": PACKET}


class Told:
    """A page whose server is the test."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.sockets: list[WebSocketRoute] = []

    async def open(self, page: Page) -> None:
        await page.route_web_socket("**/api/v1/desk*", self._opened)
        await page.reload()
        await expect(page.locator("#connection")).to_have_text("Connected")

    def tell(self, message: dict[str, Any]) -> None:
        self.sockets[-1].send(json.dumps(message))

    async def hears(self, **message: Any) -> None:
        """Wait until the page has said this."""

        async def there() -> bool:
            return message in self.said

        await until(there)

    def _opened(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.said.append(json.loads(text)) if isinstance(text, str) else None)
        self.tell(HELLO)


def test_an_offer_that_was_accepted_and_is_released_before_the_caller_came_is_shown_no_more(at_desk):
    async def use(house: House) -> None:
        page, told = house.page, Told()
        await told.open(page)
        told.tell({**OFFER, "by": "desk"})
        await page.get_by_role("button", name="Accept").click()
        await told.hears(type="accept", transfer="CA1-h1", offer=0)
        told.tell({"type": "released", "transfer": "CA1-h1", "offer": 1, "why": "left"})
        await expect(page.locator("#offer")).to_be_visible()
        told.tell({"type": "released", "transfer": "CA1-h1", "offer": 0, "why": "not_connected"})
        await expect(page.locator("#offer")).to_be_hidden()

    at_desk(use)


@pytest.mark.row(79, 80, 81, 82, 83)
def test_with_the_keyboard_alone_a_call_that_rings_the_telephone_is_seen_and_declined(at_desk):
    async def use(house: House) -> None:
        page, told = house.page, Told()
        await told.open(page)
        await page.get_by_label("Callers reach you").focus()
        await page.keyboard.type("on your")
        await page.get_by_role("button", name="Available").press("Enter")
        await told.hears(type="presence", presence="available", by="phone")
        told.tell({"type": "presence", "presence": "available"})
        told.tell(OFFER)
        await expect(page.locator("#announcement")).to_contain_text("A caller of Support for you")
        await expect(page.locator("#rings")).to_be_visible()
        await expect(page.locator("#offer-why")).to_contain_text("Support · Sam")
        await expect(page.locator("#accept")).to_be_hidden()
        for text in (
            "Sam <img", "verified by a PIN", "A pole of the tent is broken.", "<script>", "order number: 12345",
            "A refund of 3 dollars", "(no consent)", "Send a pole.", "Returning used gear", "✔",
            "Not knownCustomer, Tier, Language, Earlier calls",
        ):  # fmt: skip
            await expect(page.locator("#packet")).to_contain_text(text)
        await page.get_by_role("link", name="A pole of the tent is broken.").press("Enter")
        await expect(page.locator("#transcript li:target")).to_contain_text("my tent is torn")
        await page.locator("#packet summary").press("Enter")
        await expect(page.locator("#packet details p")).to_have_text("This token lacks the scope knowledge:read.")
        house.reader.errors.clear()  # the browser itself says that it was refused
        assert await page.locator("#packet").locator("img, script").count() == 0
        await page.get_by_label("Decline, because").focus()
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await told.hears(type="decline", transfer="CA1-h1", offer=0, reason="busy")
        await expect(page.locator("#offer")).to_be_hidden()

    at_desk(use)


def test_a_call_by_telephone_is_read_along_until_the_desk_is_opened_elsewhere(at_desk):
    async def use(house: House) -> None:
        page, told = house.page, Told()
        await told.open(page)
        told.tell(OFFER)
        told.tell({"type": "connected", "transfer": "CA1-h1", "offer": 0, "call": "CA1", "by": "phone"})
        await expect(page.locator("#call-title")).to_be_focused()
        await expect(page.locator("#by-phone")).to_be_visible()
        await expect(page.locator("#mute")).to_be_hidden()
        told.tell({"type": "said", "who": "agent", "utterance": "p1", "text": "hello", "start_ms": 0, "end_ms": 1})
        await expect(page.locator("#transcript li")).to_have_text(["callermy tent is torn", "agenthello"])
        told.tell({"type": "replaced"})
        await told.sockets[-1].close(code=4409, reason="opened elsewhere")
        await expect(page.get_by_role("alert")).to_have_text("The desk was opened elsewhere.")
        shown = await page.locator("#desk").inner_text()
        assert shown.split("\n\n") == ["Desk of Ana", "The desk was opened elsewhere.", "Use the desk here"]
        await expect(page.get_by_role("button", name="Use the desk here")).to_be_focused()
        await readable(page)
        await page.get_by_role("button", name="Use the desk here").press("Enter")
        await expect(page.locator("#connection")).to_have_text("Connected")

    at_desk(use)


CONNECTED = {"type": "connected", "transfer": "CA1-h1", "offer": 0, "call": "CA1", "by": "phone"}


ON_SCREEN = """(ids) => ids.filter((id) => {
    const { top, bottom } = document.querySelector(id).getBoundingClientRect();
    return top < 0 || bottom > innerHeight;
})"""


def test_on_a_telephone_the_transcript_scrolls_and_what_is_to_be_done_stays_on_the_screen(at_desk):
    async def use(house: House) -> None:
        page, told = house.page, Told()
        await page.set_viewport_size({"width": 390, "height": 800})
        await told.open(page)
        told.tell({**OFFER, "by": "desk"})
        told.tell({**CONNECTED, "by": "desk"})
        await expect(page.locator("#call-title")).to_be_focused()
        said = {"type": "said", "who": "agent", "text": "hello " * 20, "start_ms": 0, "end_ms": 1}
        for one in range(12):
            told.tell({**said, "utterance": f"p{one}"})
        await expect(page.locator("#transcript li")).to_have_count(13)
        controls = ["#mute", "#hang-up", "#hand-back button"]
        assert await page.evaluate(ON_SCREEN, controls) == []
        assert await page.evaluate("(({scrollTop}) => scrollTop > 0)(document.querySelector('#transcript'))")
        await page.evaluate("scrollTo(0, document.body.scrollHeight)")  # to read the transcript
        assert await page.evaluate(ON_SCREEN, controls) == []
        await page.evaluate("document.querySelector('#transcript').scrollTop = 0")
        told.tell({**said, "utterance": "p12"})
        await expect(page.locator("#transcript li")).to_have_count(14)
        assert await page.evaluate("document.querySelector('#transcript').scrollTop") == 0  # who reads is let be
        await readable(page)

    at_desk(use)


def test_a_desk_that_is_opened_in_a_conversation_shows_all_that_was_said_and_how_long_it_lasts(at_desk):
    async def use(house: House) -> None:
        page, told = house.page, Told()
        await told.open(page)
        told.tell({**CONNECTED, "connected_ms": 754_000})
        told.tell({"type": "said", "who": "agent", "utterance": "p1", "text": "hello", "start_ms": 0, "end_ms": 1})
        told.tell({"type": "packet", "transfer": "CA1-h1", "packet": PACKET})  # comes after the first words
        await expect(page.locator("#transcript li")).to_have_text(["callermy tent is torn", "agenthello"])
        await expect(page.locator("#timer")).to_have_text(re.compile(r"12:[345]\d|13:\d\d"))
        await expect(page.locator('[data-presence][aria-pressed="true"]')).to_have_count(0)
        await expect(page.locator("#presence")).to_contain_text("On a call")
        house.reader.errors.clear()  # the browser itself says that this server knows no such packet

    at_desk(use)


def test_a_caller_who_comes_while_the_last_one_is_wrapped_up_is_seen(at_desk):
    async def use(house: House) -> None:
        page, told = house.page, Told()
        await told.open(page)
        told.tell({**OFFER, "transfer": "CA0-h1"})
        told.tell({**CONNECTED, "transfer": "CA0-h1"})
        told.tell({"type": "wrap_up", "transfer": "CA0-h1", "offer": 0, "call": "CA0", "dispositions": WORDS})
        await expect(page.locator("#wrap-up-title")).to_be_focused()
        await expect(page.locator("#announcement")).to_be_empty()
        await expect(page.get_by_label("Result").locator("option")).to_have_text(
            ["Choose …", "Money given back", "Something else"]
        )
        await page.get_by_label("Note", exact=True).fill("sent a pole")
        await page.get_by_role("button", name="Done").press("Enter")
        await expect(page.locator("#unchosen")).to_have_text("Choose what came of the call first.")
        await expect(page.get_by_label("Result")).to_be_focused()
        assert not [one for one in told.said if one["type"] == "wrap_up"]
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_label("Result")).to_have_value("solved")
        await expect(page.locator("#unchosen")).to_be_empty()
        told.tell(OFFER)
        await expect(page.locator("#offer")).to_be_visible()
        await expect(page.locator("#announcement")).to_have_text(
            "A caller of Support for you. The caller asked for a person."
        )
        told.tell(CONNECTED)
        await told.hears(type="wrap_up", transfer="CA0-h1", disposition="solved", note="sent a pole")
        await expect(page.locator("#wrap-up")).to_be_hidden()
        await expect(page.locator("#announcement")).to_be_empty()

    at_desk(use)


TONES = """async ([rate, tones]) => {
    const heard = {};
    for (const tone of tones) {
        const context = new OfflineAudioContext(1, rate, rate);
        await context.audioWorklet.addModule("/assets/desk_worklet.js");
        const node = new AudioWorkletNode(context, "telephone", { processorOptions: { talking: true } });
        const frames = [];
        node.port.onmessage = ({ data }) => { if (data.byteLength) frames.push([...new Uint8Array(data)]); };
        const source = new OscillatorNode(context, { frequency: tone });
        source.connect(new GainNode(context, { gain: 0.5 })).connect(node).connect(context.destination);
        source.start();
        await context.startRendering();
        await new Promise((done) => setTimeout(done, 100));
        heard[tone] = frames.flat();
    }
    return heard;
}"""


@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_the_microphone_is_taken_to_the_telephones_band_without_folding_back(at_desk, rate):
    async def use(house: House) -> None:
        heard = await house.page.evaluate(TONES, [rate, [300, 1000, 3000, 5000, 7000]])
        levels = {int(tone): level_db(ulaw_to_pcm(bytes(ulaw[800:-800]))) for tone, ulaw in heard.items()}
        seconds = {tone: len(ulaw) / 8000 for tone, ulaw in heard.items()}
        assert all(0.9 <= lasted <= 1.0 for lasted in seconds.values()), seconds
        assert all(abs(levels[tone] - -9.0) < 1.0 for tone in (300, 1000, 3000)), levels  # half of full scale
        assert all(levels[tone] < -55 for tone in (5000, 7000)), levels  # as a hum at 3 kHz or 1 kHz

    at_desk(use)


NO_MICROPHONE = """(() => {
    const refused = async () => { throw new DOMException("Permission denied", "NotAllowedError"); };
    navigator.mediaDevices.getUserMedia = refused;
})()"""


def test_what_is_lacking_is_told_with_what_to_do(at_desk):
    """Waiting callers, a microphone that is not allowed, nothing known of a caller, several offers, no connection."""

    async def use(house: House) -> None:
        page, told = house.page, Told()
        await told.open(page)
        now_ms = await page.evaluate("Date.now()")
        row = {"queue": "support", "state": "open", "waiting": 2, "callbacks": 0, "sla_s": 60, "others": 1}
        told.tell({"type": "queues", "queues": [{**row, "since_ms": now_ms - 75_000}], "unknown": ["suport"]})
        line = page.locator("#queues li").first
        await expect(line).to_have_text(
            re.compile(r"Support 2 callers wait, the longest for 1:1\d · 1 colleague is free")
        )
        await expect(line).to_contain_text("later than promised")
        await expect(page.locator("#queues li").last).to_contain_text("no line has this queue")
        await page.evaluate(NO_MICROPHONE)
        await page.get_by_role("button", name="Available").click()
        await expect(page.get_by_role("alert").first).to_contain_text(
            "Allow it at the symbol before the page's address"
        )
        assert not [one for one in told.said if one["type"] == "presence"]
        told.tell({**OFFER, "by": "desk", "packet": {}, "until_ms": now_ms + 60_000})
        await expect(page.locator("#offer-until")).to_contain_text(re.compile(r"It rings for (1:00|0:5\d) more"))
        told.tell({**OFFER, "by": "desk", "transfer": "CA2-h1"})
        await expect(page.locator("#no-packet")).to_contain_text("Ask the caller for their name")
        await expect(page.locator("#offer-more")).to_contain_text("One more caller is offered to you")
        told.tell(CONNECTED)
        await expect(page.locator("#call")).to_be_visible()
        await told.sockets[-1].close(code=4000, reason="a test")
        await expect(page.locator("#lost")).to_contain_text("You and your caller speak on by telephone.")
        await expect(page.get_by_role("button", name="Hand back")).to_be_disabled()
        await expect(page.locator("#lost")).to_be_empty()  # it is back
        await expect(page.get_by_role("button", name="Available")).to_be_enabled()
        house.reader.errors.clear()  # the browser itself says that this server knows no such packet

    at_desk(use)
