"""Pages as a reader without eyes or scripts finds them: by their structure and their text."""

import asyncio
import dataclasses
import json
import re

import pytest
from bs4 import BeautifulSoup

from recordings.events import Event
from recordings.fold import fold
from recordings.record import CallRecord, Silence, Utterance
from server.pages import words
from server.pages.calls import transcript
from telephony.transfer_state import Transfer
from telephony.transfer_store import Packet, TransferStore
from tests.fakes.call_events import CALL_ID, GREETING, call_events
from tests.fakes.web import TOKEN, record_sound, serving

pytestmark = pytest.mark.adapter

PAGE = f"/calls/{CALL_ID}"
SCRIPTS = ("live.js", "player.js", "times.js")


def run(directory, use):
    async def inside():
        async with serving(directory) as web:
            await web.browser.post("/login", data={"token": TOKEN})
            return await use(web)

    return asyncio.run(inside())


def parsed(answer):
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def text(element):
    return " ".join(element.get_text(" ").split())


def call_page(directory, events):
    async def use(web):
        record_sound(web.audio_root)
        web.store.append(events)
        return await web.browser.get(PAGE)

    return parsed(run(directory, use))


def test_a_transcript_says_who_said_what_and_when_and_what_was_heard(tmp_path):
    page = call_page(tmp_path, call_events())
    lines = [text(line) for line in page.select("#transcript > li")]
    assert lines[0] == f"0:00.0 Assistant {GREETING}"
    assert lines[1] == "0:05.0 Caller where is my order one two three four five"
    assert lines[3] == (
        "0:07.4 Assistant Your trail tent is out for delivery and should be with you today. (the rest was not heard)"
    )
    assert "3.5 s of silence, the caller had the floor" in lines[7]
    assert lines[8] == "0:16.5 Caller on the keypad 0"
    assert text(page.select_one("s.unheard")) == "for delivery and should be with you today."


@pytest.mark.row(29)
def test_a_turn_says_what_was_understood_done_and_known_and_how_long_it_took(tmp_path):
    page = call_page(tmp_path, call_events())
    order, returns, person = (text(turn) for turn in page.select("#transcript > li.turn"))
    assert order == (
        "Understood: order status with order 12345 "
        'Tool order_status (order: 12345) → {"status": "out for delivery"} in 14 ms Reply after 820 ms'
    )
    assert returns == "Understood: returns Source: Returning used gear returns.md § used-gear, 0.83 Reply after 800 ms"
    assert person == "Understood: person Reply after 300 ms"
    assert [text(cell) for cell in page.select("#latency td.number")] == ["820 ms", "800 ms", "300 ms"]


@pytest.mark.row(145)
def test_a_turn_says_why_it_was_understood_so_and_which_rule_brought_in_a_person(tmp_path):
    last = max(event.seq for event in call_events() if event.kind == "turn.understood")
    told = {
        "signals": {"urgency": 0.75, "frustration": 0.4, "anger": 0.0},
        "sentiment": -0.32,
        "trend": "falling",
        "entities": {"order_number": "12345"},
    }
    raised = {
        "turn": "t4", "rule": "legal_threat", "reason": "legal", "queue": "legal_team", "priority": "high",
        "sentence": "The caller speaks of lawyers.", "offered": False, "evidence": ["sue you"],
    }  # fmt: skip
    events = [
        dataclasses.replace(event, data={**event.data, **told, "turn": "t4"}) if event.seq == last else event
        for event in call_events()
    ]
    events.append(dataclasses.replace(events[-1], seq=events[-1].seq + 1, kind="escalation.raised", data=raised))
    page = call_page(tmp_path, tuple(events))
    why, person = (text(line) for line in page.select("li.why"))
    assert why == (
        "Why: by intent, 90 % sure · urgency high · frustration low · sentiment -0.32, falling · order number 12345"
    )
    assert person.startswith("A person takes over: legal · The caller speaks of lawyers. rule legal_threat, priority")
    assert person.endswith("“sue you”")


def test_facts_and_messages_stand_on_the_page(tmp_path):
    page = call_page(tmp_path, call_events())
    facts = {text(fact.dt): text(fact.dd) for fact in page.select("#facts > div")}
    assert facts["Outcome"] == "caller hung up (hang up)"
    assert (facts["Length"], facts["Line"], facts["Media faults"]) == ("22.5 s", "example", "2 × missing")
    assert text(page.select_one("#messages blockquote")) == "please call me back for customer care, 0:18.6"


@pytest.mark.row(8)
def test_the_page_of_a_call_tells_the_language_that_it_is_held_in(tmp_path):
    facts = text(call_page(tmp_path / "before", call_events()).select_one("#facts"))
    assert "Language English (en)" in facts
    *before, last = call_events()
    data = {"turn": "t2", "from": "en", "to": "es", "reason": "offered"}
    changed = dataclasses.replace(last, kind="language.changed", data=data)
    facts = text(call_page(tmp_path / "after", [*before, changed]).select_one("#facts"))
    assert "Language español (es)" in facts


def test_every_time_plays_the_recording_from_there_also_without_a_script(tmp_path):
    page = call_page(tmp_path, call_events())
    assert page.select_one("audio")["src"] == f"/api/calls/{CALL_ID}/audio"
    links = page.select("#transcript a.time")
    assert links[1]["href"] == f"/api/calls/{CALL_ID}/audio#t=5.0"
    assert links[1]["data-seek"] == "5000"


def test_a_finished_call_opens_no_socket_and_a_live_one_does(tmp_path):
    assert not call_page(tmp_path / "finished", call_events()).select("[data-live]")
    page = call_page(tmp_path / "live", call_events()[:11])
    assert page.select_one("#call")["data-live"] == f"/api/calls/{CALL_ID}/live?after=11"
    assert text(page.select_one("#partial")) == "now Caller where is …"
    assert page.select_one("#facts .pill").text == "live"


def test_what_the_assistant_is_saying_is_there_before_it_was_heard(tmp_path):
    page = call_page(tmp_path, call_events()[:7])
    assert text(page.select_one(".pending")) == GREETING


def test_what_nobody_knows_to_have_been_heard_is_said_so(tmp_path):
    events = [*call_events()[:7], dataclasses.replace(call_events()[-1], seq=8)]
    page = call_page(tmp_path, events)
    assert "(not known to have been heard)" in text(page.select_one("#u0"))


def test_every_prefix_of_a_call_has_a_page(tmp_path):
    async def use(web):
        for event in call_events():
            web.store.append([event])
            assert (await web.browser.get(PAGE)).status_code == 200

    run(tmp_path, use)


def test_what_callers_say_is_text_and_nothing_else(tmp_path):
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    events = [
        dataclasses.replace(
            event,
            data={
                name: evil if isinstance(value, str) and name != "audio" else value
                for name, value in event.data.items()
            },
        )
        for event in call_events()
    ]

    async def use(web):
        web.store.append(events)
        return [parsed(await web.browser.get(path)) for path in (PAGE, "/calls", "/messages")]

    for page in run(tmp_path, use):
        assert not page.select("img")
        assert {script["src"] for script in page.select("script")} <= {
            "/assets/live.js",
            "/assets/player.js",
            "/assets/times.js",
        }
        assert "<script>alert(1)</script>" in page.get_text()


def test_pages_load_nothing_from_elsewhere_and_hold_no_code_or_style(tmp_path):
    async def use(web):
        web.store.append(call_events())
        answers = [await web.browser.get(path) for path in ("/calls", PAGE, "/messages", "/login")]
        assets = [(await web.browser.get(f"/assets/{name}")) for name in ("cordboard.css", *SCRIPTS, "x")]
        return answers, assets

    answers, assets = run(tmp_path, use)
    for answer in answers:
        page = parsed(answer)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        for element in page.find_all(True):
            assert not {name for name in element.attrs if name == "style" or name.startswith("on")}
            for name in ("src", "href", "action"):
                assert element.get(name, "/").startswith(("/", "#", "data:,"))
        assert not page.select("style, script:not([src])")
    assert [asset.status_code for asset in assets] == [200, 200, 200, 200, 404]
    assert not re.search(r"https?://", "".join(asset.text for asset in assets[:-1]))


def test_pages_can_be_read_by_machine_and_ear(tmp_path):
    async def use(web):
        web.store.append(call_events())
        return [parsed(await web.browser.get(path)) for path in ("/calls", PAGE, "/messages", "/login")]

    for page in run(tmp_path, use):
        assert page.html["lang"] == "en"
        assert page.title.text.endswith("· Cordboard")
        assert len(page.select("h1")) == len(page.select("main")) == 1
        ids = [element["id"] for element in page.select("[id]")]
        assert len(ids) == len(set(ids))
        assert all(page.find(id=link["href"][1:]) for link in page.select("a[href^='#']"))
        for table in page.select("table"):
            assert table.caption
            assert all(head.get("scope") for head in table.select("th"))
        for field in page.select("input:not([type=hidden]), select"):
            assert page.select_one(f"label[for={field['id']}]")


def test_the_list_shows_calls_page_by_page_and_only_the_first_page_is_live(tmp_path):
    async def use(web):
        for number in range(60):
            web.store.append(call_events(f"CA{number:02}")[: None if number < 59 else 5])
        first = parsed(await web.browser.get("/calls"))
        older = first.select_one("nav.pages a")["href"]
        return first, parsed(await web.browser.get(older))

    first, second = run(tmp_path, use)
    rows = [text(row) for row in first.select("#rows tr")]
    assert len(rows) == 50
    assert rows[0].endswith("+15550100 +15550199 example live")
    assert rows[1].endswith("caller hung up (hang up) message 22.5 s")
    assert len(second.select("#rows tr")) == 10
    assert first.select("[data-live='/api/live']")
    assert not second.select("[data-live]")


def test_a_list_shows_calls_of_one_outcome_or_of_one_number_and_so_do_its_older_pages(tmp_path):
    async def use(web):
        for number in range(60):
            web.store.append(call_events(f"CA{number:02}")[: 5 if number % 10 == 0 else None])
        pages = [
            await web.browser.get(f"/calls?{asked}") for asked in ("outcome=live", "q=CA59", "q=nobody", "q=5550100")
        ]
        live, one, none, all_of_it = map(parsed, pages)
        return live, one, none, parsed(await web.browser.get(all_of_it.select_one("nav.pages a")["href"]))

    live, one, none, older = run(tmp_path, use)
    assert len(live.select("#rows tr")) == 6
    assert live.select_one("option[selected]")["value"] == "live"
    assert [row["id"] for row in one.select("#rows tr")] == ["call-CA59"]
    assert text(none.select_one("#none")) == "No call is like that."
    assert older.select_one("#q")["value"] == "5550100"
    assert len(older.select("#rows tr")) == 10


def test_messages_say_who_left_them_when_for_whom_and_lead_to_their_call(tmp_path):
    async def use(web):
        web.store.append(call_events())
        return parsed(await web.browser.get("/messages"))

    page = run(tmp_path, use)
    (left,) = page.select("#left > li")
    assert text(left) == (
        "+15550100 for customer care 2026-01-05 10:00:21 UTC please call me back "
        "example, the call from +15550100, message 1"
    )
    assert left.a["href"] == f"{PAGE}#messages"
    assert page.select("[data-live='/api/live']")
    assert page.select_one("nav [aria-current]").text == "Messages"


def test_messages_without_words_say_where_they_can_be_heard(tmp_path):
    taken = next(event for event in call_events() if event.kind == "message.taken")
    carrier = {"text": "", "recording_url": "https://api.twilio.com/RE1"}

    async def use(web):
        web.store.append([dataclasses.replace(taken, seq=1, data={**taken.data, "text": ""})])
        web.store.append([dataclasses.replace(taken, seq=2, data={**taken.data, **carrier})])
        return parsed(await web.browser.get("/messages")), parsed(await web.browser.get(PAGE))

    for page in run(tmp_path, use):
        assert "no words were understood; listen to the recording" in text(page.main).lower()
        assert "recorded by the carrier: https://api.twilio.com/RE1" in text(page.main).replace("Recorded", "recorded")


def test_messages_come_page_by_page(tmp_path):
    async def use(web):
        for number in range(60):
            web.store.append(call_events(f"CA{number:02}"))
        first = parsed(await web.browser.get("/messages"))
        return first, parsed(await web.browser.get(first.select_one("nav.pages a")["href"]))

    first, second = run(tmp_path, use)
    assert (len(first.select("#left > li")), len(second.select("#left > li"))) == (50, 10)
    assert not second.select("[data-live]")


def test_an_empty_list_says_what_to_expect(tmp_path):
    async def use(web):
        return parsed(await web.browser.get("/calls"))

    assert "No calls yet" in text(run(tmp_path, use).main)


def test_no_messages_is_said(tmp_path):
    async def use(web):
        return parsed(await web.browser.get("/messages"))

    assert "No messages yet" in text(run(tmp_path, use).main)


def test_the_list_says_when_the_disk_refuses(tmp_path):
    async def use(web):
        with web.store._write.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        web.store.append([event for number in range(50) for event in call_events(f"CA{number}")])
        while web.store.health().degraded is None:  # noqa: ASYNC110 - the test's time limit ends it
            await asyncio.sleep(0.01)
        page = parsed(await web.browser.get("/calls"))
        with web.store._write.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=100000")
        return page

    assert "Not everything is on the disk" in text(run(tmp_path, use).select_one("[role=alert]"))


def test_turns_and_silences_stand_where_they_belong():
    record = CallRecord(
        utterances=(
            Utterance("a1", "assistant", "speech", "hello", "hello", 0, 1000),
            Utterance("c1", "caller", "speech", "hi", "hi", 5000, 6000),
        ),
        silences=(Silence(1000, 5000, "caller"), Silence(6000, 9000, "assistant")),
    )
    assert [line.id for line in transcript(record)] == ["u0", "s1000", "u1", "s6000"]
    whole = fold(call_events())
    assert [line.id for line in transcript(whole)][:4] == ["u0", "u1", "t2", "u2"]


@pytest.mark.parametrize(
    ("at_ms", "expected"),
    [(0, "0:00.0"), (7449, "0:07.4"), (723_000, "12:03.0"), (3_723_400, "1:02:03.4"), (-900, "−0:00.9")],
)
def test_an_instant_reads(at_ms, expected):
    assert words.clock(at_ms) == expected


@pytest.mark.parametrize(
    ("duration_ms", "expected"), [(840, "840 ms"), (3249, "3.2 s"), (125_000, "2 min 05 s"), (-40, "-40 ms")]
)
def test_a_duration_reads(duration_ms, expected):
    assert words.seconds(duration_ms) == expected


def test_a_long_value_is_cut():
    assert words.value({"a": 1}) == '{"a": 1}'
    assert len(words.value("x" * 1000)) == 300


@pytest.mark.parametrize(
    ("by", "how", "spoken"),
    [("desk", "accepted", False), ("phone", "accepted", True), ("phone", "declined", True), ("phone", "busy", False)],
)
def test_only_who_was_asked_by_phone_and_answered_was_spoken_to(tmp_path, by, how, spoken):
    told = {"transfer": "h1", "offer": 0, "agent": "ana"}
    asked = (
        ("transfer.requested", {"transfer": "h1", "queue": "support", "sentence": "The caller asked for a person."}),
        ("transfer.offered", {**told, "by": by}),
        ("transfer.answered", {**told, "how": how, "reason": ""}),
    )
    first = len(call_events()) + 1
    events = [Event("local", CALL_ID, seq, 30_000, "", kind, data) for seq, (kind, data) in enumerate(asked, first)]
    parts: dict[str, list[str]] = {"facts": [], "done": [], "failed": [], "next_steps": []}
    packet = {"summary": {"bullets": []}, "completeness": {"score": 90}, "briefing": "A torn tent.", **parts}

    async def use(web):
        web.store.append([*call_events(), *events])
        transfer = Transfer(f"{CALL_ID}-h1", CALL_ID, "support", asked_ms=0, patience_ms=60_000)
        await TransferStore(web.store, "test").keep_packet(transfer, Packet(1, json.dumps(packet)), "2026-01-05")
        return await web.browser.get(PAGE)

    notes = [text(note) for note in parsed(run(tmp_path, use)).select("#handoff .note")]
    assert ("Spoken to ana by phone: “A torn tent.”" in notes) is spoken
    assert any("Spoken to" in note for note in notes) is spoken


def test_where_caller_and_agent_spoke_and_nothing_was_kept_stands_on_the_calls_page(tmp_path):
    last = max(event.seq for event in call_events() if event.kind != "call.ended")
    told: tuple[tuple[str, dict[str, object]], ...] = (
        ("transfer.connected", {"transfer": "h1", "offer": 0, "agent": "ana", "by": "phone"}),
        ("listening.lost", {"transfer": "h1", "how": "process"}),
        ("listening.back", {"transfer": "h1", "from_ms": 16_900}),
        ("listening.lost", {"transfer": "h1", "how": "reset"}),
    )
    events = [event for event in call_events() if event.kind != "call.ended"]
    events += [
        dataclasses.replace(events[-1], seq=last + number, at_ms=17_000 + 1_000 * number, kind=kind, data=data)
        for number, (kind, data) in enumerate(told, start=1)
    ]
    gaps = [text(one) for one in call_page(tmp_path, tuple(events)).select("#handoff p.warning")]
    assert gaps == [
        "They spoke on, and nothing of it was kept, from 0:16.9 to 0:20.0 (the server was restarted)",
        "They spoke on, and nothing of it was kept, from 0:21.0 on (the connection to the carrier was lost)",
    ]
