"""The pages in a real browser: what people do with them, and what they never do."""

import dataclasses
import itertools
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.fakes.browser import readers
from tests.fakes.call_events import CALL_ID, GREETING, call_events
from tests.fakes.web import record_sound, serving

pytestmark = pytest.mark.browser

PAGE = f"/calls/{CALL_ID}"
EVENTS = call_events()
NARROW = {"viewport": {"width": 400, "height": 800}}


@pytest.fixture(scope="module")
def chromium():
    with readers() as found:
        yield found


@pytest.fixture
def read(chromium, tmp_path):
    """Do something as a reader who has signed in; afterwards the console is empty and nobody else was asked."""

    def run(use, events=(), path="/calls", **options):
        async def inside():
            async with serving(tmp_path) as web, chromium.reader(web.port, **options) as reader:
                record_sound(tmp_path, 22_000)
                web.store.append(events)
                await reader.open(path)
                await reader.sign_in()
                return await use(web, reader.page, reader)

        return chromium.run(inside)

    return run


def test_the_access_token_opens_the_page_that_was_asked_for(read):
    async def use(web, page, reader):
        await expect(page.get_by_role("heading", level=1)).to_have_text("Call from +15550100")
        assert page.url == reader.home + PAGE
        await page.get_by_role("button", name="Sign out").click()
        await reader.open("/messages")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    read(use, EVENTS, PAGE)


def test_a_wrong_token_opens_nothing_and_is_said(chromium, tmp_path):
    async def use():
        async with serving(tmp_path) as web, chromium.reader(web.port) as reader:
            await reader.open("/calls")
            await reader.sign_in("a token of somebody else")
            await expect(reader.page.get_by_role("alert")).to_contain_text(
                "ask whoever runs this server for a desk token"
            )
            refused = [said for said in reader.errors if "401" in said]
            assert len(refused) == 1  # the browser itself says that the answer was a refusal
            reader.errors.clear()
            await reader.open("/calls")
            await expect(reader.page.get_by_label("Access token")).to_be_focused()

    chromium.run(use)


def test_the_list_follows_a_call_from_the_first_ring_to_the_end(read):
    async def use(web, page, reader):
        await expect(page.get_by_text("No calls yet")).to_be_visible()
        await reader.live()
        web.store.append(EVENTS[:5])
        row = page.locator("#rows tr")
        await expect(row.locator(".pill")).to_have_text("live")
        await expect(page.get_by_text("No calls yet")).to_be_hidden()
        web.store.append(EVENTS[5:])
        await expect(row.locator(".pill")).to_have_count(0)
        await expect(row).to_contain_text("caller hung up (hang up) message")
        assert len([address for address in reader.asked if address.startswith("ws")]) == 1

    read(use)


def test_a_call_is_read_along_while_it_goes_on(read):
    async def use(web, page, reader):
        await reader.live()
        await expect(page.locator("#partial")).to_contain_text("where is …")
        web.store.append(EVENTS[11:17])
        await expect(page.locator("#u1")).to_contain_text("where is my order one two three four five")
        web.store.append(EVENTS[17:])
        await expect(page.locator("#facts")).to_contain_text("caller hung up")
        await expect(page.locator("#connection")).to_have_text("The call has ended")
        await expect(page.locator("#messages blockquote")).to_contain_text("please call me back")

    read(use, EVENTS[:11], PAGE)


def test_messages_appear_as_they_are_left(read):
    async def use(web, page, reader):
        await reader.live()
        web.store.append(EVENTS)
        message = page.locator("#left > li")
        await expect(message).to_contain_text("please call me back")
        await expect(message.locator("time")).to_have_text("5 Jan 2026, 15:30:21")
        await message.get_by_role("link").click()
        await expect(page.locator("#messages h2")).to_be_in_viewport()
        assert page.url == f"{reader.home}{PAGE}#messages"

    read(use, path="/messages")


def test_a_transcript_tells_times_sources_tools_and_what_was_not_heard(read):
    async def use(web, page, reader):
        lines = page.locator("#transcript > li")
        await expect(lines.nth(0)).to_have_text(f"0:00.0 Assistant {GREETING}", use_inner_text=False)
        await expect(page.locator(".turn").nth(0)).to_contain_text('Tool order_status(order: 12345) → {"status"')
        await expect(page.locator(".turn cite")).to_have_text("Returning used gear")
        unheard = page.locator("s.unheard")
        await expect(unheard).to_have_text("for delivery and should be with you today.")
        assert "line-through" in await unheard.evaluate("element => getComputedStyle(element).textDecoration")

    read(use, EVENTS, PAGE)


def test_the_recording_plays_from_the_time_that_is_chosen(read):
    async def use(web, page, reader):
        audio = page.locator("#audio")
        ready = (
            "audio => new Promise(done => audio.readyState ? done() : audio.addEventListener('loadedmetadata', done))"
        )
        await audio.evaluate(ready)
        assert await audio.evaluate("audio => audio.duration") == pytest.approx(22, abs=0.1)
        async with page.expect_response(lambda answer: answer.status == 206 and "/audio" in answer.url) as part:
            await audio.evaluate("audio => { audio.muted = true; audio.currentTime = 19 }")
        assert (await (await part.value).all_headers())["content-range"].startswith("bytes ")
        await page.locator("#u1 a.time").press("Enter")
        await expect(page.locator("#u1")).to_have_class("said caller playing")
        assert 5.0 <= await audio.evaluate("audio => audio.currentTime") < 6.6
        await audio.evaluate("audio => audio.pause()")

    read(use, EVENTS, PAGE)


def test_times_are_the_readers_own_and_say_utc_to_who_asks(read):
    async def use(web, page, reader):
        call = await web.store.call(CALL_ID)
        time = page.locator("#rows time")
        here = call.begun_at.astimezone(ZoneInfo("Asia/Kolkata"))
        await expect(time).to_have_text(f"{here.day} {here:%b %Y, %H:%M:%S}")
        await expect(time).to_have_attribute("title", f"{call.begun_at:%Y-%m-%d %H:%M:%S} UTC")
        await expect(page.get_by_role("columnheader", name="Began (Asia/Calcutta)")).to_be_visible()

    read(use, EVENTS)


def test_calls_are_found_by_outcome_and_number_with_the_keyboard_alone(read):
    async def use(web, page, reader):
        for number in range(3):
            web.store.append(call_events(f"CA{number}")[: 5 if number == 1 else None])
        await reader.open("/calls")
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("Skip to content")).to_be_focused()
        await expect(page.get_by_text("Skip to content")).to_be_in_viewport()
        await page.get_by_label("Outcome").focus()
        await page.keyboard.type("live")
        await page.keyboard.press("Tab")
        await page.keyboard.type("(555) 0100")
        await page.keyboard.press("Enter")
        await expect(page.locator("#rows tr")).to_have_count(1)
        await expect(page.locator("#call-CA1")).to_be_visible()
        await expect(page.get_by_label("Outcome")).to_have_value("live")
        await reader.live()
        web.store.append(call_events("CA1")[5:])
        await expect(page.get_by_text("No call is like that.")).to_be_visible()
        await page.get_by_role("link", name="Show all").press("Enter")
        await expect(page.locator("#rows tr")).to_have_count(3)

    read(use)


def calls_from(call_id, number):
    """The call, from another number."""
    return [
        dataclasses.replace(event, data={**event.data, "from_number": number})
        if event.kind == "call.ringing"
        else event
        for event in call_events(call_id)
    ]


CANARY = (
    "</p><script>window.canary = 1</script>\"'><img src=x onerror='window.canary = 1'><svg onload='window.canary=1'>"
)


def test_what_callers_say_is_never_run_neither_at_first_nor_when_it_arrives_later(read):
    def evil(event):
        told = {
            name: CANARY if isinstance(value, str) and name != "audio" else value for name, value in event.data.items()
        }
        return dataclasses.replace(event, data=told)

    events = [evil(event) for event in EVENTS]

    async def use(web, page, reader):
        await reader.live()
        web.store.append(events[11:])
        await expect(page.locator("#messages blockquote")).to_contain_text("<script>window.canary = 1</script>")
        for path in (PAGE, "/calls", "/messages"):
            await reader.open(path)
            await expect(page.locator("main")).to_contain_text(CANARY)
            assert await page.locator("main").locator("img, svg, script").count() == 0
            assert await page.evaluate("window.canary") is None

    read(use, events[:11], PAGE)


def test_the_policy_stops_code_and_requests_that_got_into_a_page_all_the_same(read):
    """As if escaping had failed: the page is given what an attacker would give it."""

    async def use(web, page, reader):
        await page.evaluate(
            """() => {
                window.stopped = [];
                const note = (stop) => window.stopped.push(stop.effectiveDirective);
                document.addEventListener("securitypolicyviolation", note);
                const script = document.createElement("script");
                script.textContent = "window.canary = 1";
                document.body.append(script);
                const image = document.createElement("img");
                image.src = "https://example.com/leak.png";
                document.body.append(image);
                const button = document.createElement("button");
                button.setAttribute("onclick", "window.canary = 1");
                document.body.append(button);
                button.click();
                return fetch("https://example.com/leak").catch(() => {});
            }"""
        )
        await page.wait_for_function("window.stopped.length >= 4")
        assert await page.evaluate("window.canary") is None
        assert set(await page.evaluate("window.stopped")) == {
            "script-src-elem",
            "img-src",
            "script-src-attr",
            "connect-src",
        }
        assert reader.strangers() == []
        reader.errors.clear()  # the browser says what it stopped

    read(use, EVENTS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/calls", PAGE, "/messages"])
def test_every_text_stands_out_from_what_is_behind_it(read, path, scheme):
    """WCAG 2.2 AA, 1.4.3: 4.5 to 1."""

    async def use(web, page, reader):
        assert await page.evaluate(FAINT_TEXTS) == []

    read(use, [*EVENTS, *call_events("CA2")[:8]], path, color_scheme=scheme)


@pytest.mark.parametrize("path", ["/calls", PAGE, "/messages"])
def test_nothing_is_wider_than_a_narrow_screen_and_everything_can_be_hit(read, path):
    """WCAG 2.2 AA, 1.4.10 and 2.5.8: no scrolling in two directions; targets of 24 pixels unless in a sentence."""

    long = [
        calls_from("CA2", "+493012345678901"),
        calls_from("CA3", "sip:somebody.with.a.long.name@phones.example.com"),
    ]

    async def use(web, page, reader):
        assert await page.evaluate(SPILLED) == []
        assert await page.evaluate(SMALL_TARGETS) == []

    read(use, [*EVENTS, *itertools.chain(*long)], path, **NARROW, timezone_id="America/Argentina/Buenos_Aires")


@pytest.mark.parametrize("path", ["/calls", PAGE, "/messages"])
def test_whatever_has_the_focus_shows_it_and_is_not_covered(read, path):
    """WCAG 2.2 AA, 2.4.7 and 2.4.11."""

    async def use(web, page, reader):
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await page.evaluate("document.activeElement === document.body"):
                break
            assert await page.evaluate(HIDDEN_FOCUS) is None

    read(use, EVENTS, path, **NARROW)


FAINT_TEXTS = """() => {
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => {
        const [r, g, b] = numbers(color).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (; element; element = element.parentElement) {
            const color = getComputedStyle(element).backgroundColor;
            if ((numbers(color)[3] ?? 1) > 0) return color;
        }
        return "rgb(255, 255, 255)";
    };
    const faint = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest("option, script")) continue;
        const [low, high] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => a - b);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) faint.push(`${texts.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
    }
    return faint;
}"""

SPILLED = """() => [...document.querySelectorAll("main *")]
    .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden, svg"))
    .filter((element) => element.getBoundingClientRect().right > innerWidth - 15)
    .map((element) => element.outerHTML.slice(0, 80))"""

SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, select")]
    .filter((target) => target.checkVisibility() && !target.closest(".visually-hidden, .skip, p, dd"))
    .filter((target) => getComputedStyle(target).display !== "inline" || target.closest("nav, td, th"))
    .map((target) => [target, target.getBoundingClientRect()])
    .filter(([target, box]) => box.height < 24 || box.width < 24)
    .map(([target, box]) => `${target.outerHTML.slice(0, 80)}: ${box.width} x ${box.height}`)"""

HIDDEN_FOCUS = """() => {
    const focused = document.activeElement;
    const box = focused.getBoundingClientRect();
    const style = getComputedStyle(focused);
    const what = focused.outerHTML.slice(0, 80);
    if (style.outlineStyle === "none") return `${what} does not show that it has the focus`;
    const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const seen = at && (focused.contains(at) || at.contains(focused));
    return seen ? null : `${what} is covered by ${at?.outerHTML.slice(0, 80)}`;
}"""
