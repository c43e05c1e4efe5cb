import asyncio
import dataclasses
import sqlite3

import numpy as np
import pytest

from recordings.events import Event
from recordings.fold import fold
from recordings.record import to_json
from tests.fakes.call_events import CALL_ID, call_events
from tests.fakes.stereo import sound
from tests.fakes.web import record_sound, serving

pytestmark = pytest.mark.adapter

AUDIO = f"/api/calls/{CALL_ID}/audio"


def run(directory, use):
    async def inside():
        async with serving(directory) as web:
            return await use(web)

    return asyncio.run(inside())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/calls"),
        ("GET", f"/api/calls/{CALL_ID}"),
        ("GET", f"/api/calls/{CALL_ID}/events"),
        ("GET", AUDIO),
        ("HEAD", AUDIO),
        ("GET", f"/api/calls/{CALL_ID}/metrics"),
        ("GET", "/api/calls/CA-unknown"),
        ("GET", "/api/messages"),
    ],
)
def test_without_the_token_nothing_is_told(tmp_path, method, path):
    async def use(web):
        web.store.append(call_events())
        record_sound(web.audio_root)
        return await web.browser.request(method, path)

    answer = run(tmp_path, use)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_every_route_that_tells_of_calls_asks_for_the_token(tmp_path):
    open_to_all = {"/login", "/logout", "/assets/{name}", "/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}

    async def use(web):
        told = {}
        described = (await web.machine.get("/openapi.json")).json()["paths"]
        for path in [*described, "/calls", "/calls/{call_id}", "/messages"]:
            assert path not in open_to_all
            told[path] = (await web.browser.get(path.replace("{call_id}", CALL_ID))).status_code
        return told

    told = run(tmp_path, use)
    assert len(told) == 9
    assert set(told.values()) <= {401, 303}


def test_calls_are_listed_page_by_page(tmp_path):
    async def use(web):
        for number in range(5):
            web.store.append(call_events(f"CA{number}"))
        first = (await web.machine.get("/api/calls", params={"limit": 2})).json()
        second = (await web.machine.get("/api/calls", params={"limit": 4, "before": first["next"]})).json()
        return first, second

    first, second = run(tmp_path, use)
    assert [call["call_id"] for call in first["calls"]] == ["CA4", "CA3"]
    assert [call["call_id"] for call in second["calls"]] == ["CA2", "CA1", "CA0"]
    assert (second["next"], second["degraded"]) == (None, None)
    assert first["calls"][0]["outcome"] == "caller_hung_up"


def test_calls_are_asked_for_by_outcome_and_by_number_or_id(tmp_path):
    async def use(web):
        web.store.append(call_events("CA1"))
        web.store.append(call_events("CA2")[:5])
        asked = ({"outcome": "live"}, {"outcome": "caller_hung_up"}, {"q": " ca2 "}, {"q": "(555) 0100"}, {"q": "CA3"})
        return [(await web.machine.get("/api/calls", params=given)).json()["calls"] for given in asked]

    found = [[call["call_id"] for call in calls] for calls in run(tmp_path, use)]
    assert found == [["CA2"], ["CA1"], ["CA2"], ["CA2", "CA1"], []]


def test_a_call_has_the_shape_of_json_output_with_addresses_for_paths(tmp_path):
    async def use(web):
        web.store.append(call_events())
        answer = await web.machine.get(f"/api/calls/{CALL_ID}")
        content = answer.json()
        return answer, content, (await web.machine.get(content["events"])).json()

    answer, content, exported = run(tmp_path, use)
    assert content == to_json(fold(call_events()), recording=AUDIO, events=f"/api/calls/{CALL_ID}/events")
    assert answer.headers["cache-control"] == "no-store"
    assert exported["next"] is None
    assert [event["seq"] for event in exported["events"]] == list(range(1, len(call_events()) + 1))


def test_a_call_without_a_recording_names_none(tmp_path):
    async def use(web):
        web.store.append(call_events()[:2])
        return (await web.machine.get(f"/api/calls/{CALL_ID}")).json(), (await web.machine.get(AUDIO)).status_code

    content, status = run(tmp_path, use)
    assert (content["recording"], content["outcome"], status) == (None, None, 404)


def test_events_come_a_thousand_at_a_time(tmp_path):
    async def use(web):
        web.store.append([Event("local", "CA1", seq, 0, "", "caller.speech_started", {}) for seq in range(1, 1502)])
        first = (await web.machine.get("/api/calls/CA1/events", params={"after": 1})).json()
        second = (await web.machine.get("/api/calls/CA1/events", params={"after": first["next"]})).json()
        return first, second

    first, second = run(tmp_path, use)
    assert (len(first["events"]), first["next"], first["events"][0]["seq"]) == (1000, 1001, 2)
    assert (len(second["events"]), second["next"]) == (500, None)


@pytest.mark.parametrize("path", ["", "/events", "/audio"])
def test_an_unknown_call_is_404(tmp_path, path):
    async def use(web):
        return [
            (await web.machine.get(f"/api/calls/{name}{path}")).status_code for name in ("CA9", "%00", "%ff", "a'b")
        ]

    assert run(tmp_path, use) == [404] * 4


@pytest.mark.parametrize("query", ["limit=0", "limit=1000", "limit=x", "outcome=unknown"])
def test_a_bad_query_is_refused(tmp_path, query):
    async def use(web):
        return (await web.machine.get(f"/api/calls?{query}")).status_code

    assert run(tmp_path, use) == 422


def test_a_store_that_does_not_answer_is_503_with_one_sentence(tmp_path):
    async def use(web):
        with sqlite3.connect(web.store.path) as connection:
            connection.execute("ALTER TABLE calls RENAME TO gone")
        connection.close()
        return await web.machine.get("/api/calls")

    answer = run(tmp_path, use)
    assert answer.status_code == 503
    assert answer.json()["detail"].endswith("is not available: no such table: calls.")
    assert "retry-after" in answer.headers


def test_the_recording_is_served_whole(tmp_path):
    async def use(web):
        web.store.append(call_events())
        record_sound(web.audio_root)
        return await web.machine.get(AUDIO), await web.machine.head(AUDIO)

    whole, head = run(tmp_path, use)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.content == (tmp_path / f"{CALL_ID}.wav").read_bytes()
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))


def test_parts_of_the_recording_are_served(tmp_path):
    async def use(web):
        web.store.append(call_events())
        record_sound(web.audio_root)
        answers = {}
        for wanted in (
            "bytes=0-",
            "bytes=10-99",
            "bytes=-100",
            "bytes=64000-999999",
            "bytes=99999999-",
            "bytes=1-2,5-6",
        ):
            answers[wanted] = await web.machine.get(AUDIO, headers={"Range": wanted})
        return answers

    answers = run(tmp_path, use)
    content = (tmp_path / f"{CALL_ID}.wav").read_bytes()
    size = len(content)
    assert [answer.status_code for answer in answers.values()] == [206, 206, 206, 206, 416, 200]
    assert answers["bytes=0-"].content == content
    assert answers["bytes=10-99"].content == content[10:100]
    assert answers["bytes=10-99"].headers["content-range"] == f"bytes 10-99/{size}"
    assert answers["bytes=-100"].content == content[-100:]
    assert answers["bytes=64000-999999"].headers["content-range"] == f"bytes 64000-{size - 1}/{size}"
    assert answers["bytes=99999999-"].headers["content-range"] == f"bytes */{size}"


def test_a_part_of_another_state_of_the_recording_is_not_mixed_in(tmp_path):
    async def use(web):
        web.store.append(call_events())
        record_sound(web.audio_root)
        etag = (await web.machine.head(AUDIO)).headers["etag"]
        same = await web.machine.get(AUDIO, headers={"Range": "bytes=0-9", "If-Range": etag})
        record_sound(web.audio_root, 4000)
        other = await web.machine.get(AUDIO, headers={"Range": "bytes=0-9", "If-Range": etag})
        return same.status_code, other.status_code

    assert run(tmp_path, use) == (206, 200)


def test_a_recording_that_grows_while_it_is_sent_arrives_as_it_was(tmp_path):
    async def use(web):
        web.store.append(call_events())
        record_sound(web.audio_root, 60_000)
        async with web.machine.stream("GET", AUDIO) as answer:
            parts = answer.aiter_bytes(1000)
            first = await anext(parts)
            record_sound(web.audio_root, 90_000)
            rest = b"".join([part async for part in parts])
        (tmp_path / "sent.wav").write_bytes(first + rest)
        return int(answer.headers["content-length"])

    length = run(tmp_path, use)
    assert (tmp_path / "sent.wav").stat().st_size == length
    assert np.count_nonzero(sound(tmp_path / "sent.wav")[:, 0]) == 480_000


@pytest.mark.parametrize("audio", ["../secret.wav", "/etc/passwd", "audio/../../secret.wav", "link.wav"])
def test_no_event_can_point_outside_the_recordings(tmp_path, audio):
    root = tmp_path / "audio"
    root.mkdir()
    record_sound(tmp_path).rename(tmp_path / "secret.wav")
    (root / "link.wav").symlink_to(tmp_path / "secret.wav")

    async def use(web):
        started = next(event for event in call_events() if event.kind == "recording.started")
        web.store.append([dataclasses.replace(started, seq=1, data={"audio": audio})])
        return (await web.machine.get(AUDIO)).status_code

    assert run(root, use) == 404
