"""The figures of finished calls: over HTTP, on the call's page, on a terminal."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from recordings.metrics.panel import Figure
from recordings.metrics.report import call_metrics, to_json
from recordings.wav import read_samples
from server import figures
from server.cli.main import app
from server.cli.metrics import instant
from server.data_dir import DATABASE, PLACED, RECORDINGS, kept_at
from tests.fakes.call_events import CALL_ID, call_events
from tests.fakes.stores import open_store
from tests.fakes.web import TOKEN, record_sound, serving

pytestmark = pytest.mark.adapter

METRICS = f"/api/calls/{CALL_ID}/metrics"


def answer(directory, events, path=METRICS, *, recorded=False):
    async def inside():
        async with serving(directory) as web:
            if recorded:
                record_sound(web.audio_root)
            web.store.append(events)
            await web.browser.post("/login", data={"token": TOKEN})
            return await web.browser.get(path)

    return asyncio.run(inside())


@pytest.mark.row(24)
def test_a_finished_call_has_figures(tmp_path):
    given = answer(tmp_path, call_events())
    assert given.json() == to_json(call_metrics(CALL_ID, call_events()))
    assert given.headers["cache-control"] == "no-store"


def test_a_recorded_call_has_the_ear_s_figures_too(tmp_path):
    content = answer(tmp_path, call_events(), recorded=True).json()
    samples = read_samples(tmp_path / f"{CALL_ID}.wav")
    assert content == to_json(call_metrics(CALL_ID, call_events(), samples))
    assert content["ear"] is not None
    assert content["disagreements"]  # the sound of this recording has nothing to do with its events


def test_a_live_call_has_none_yet_and_an_unknown_one_never(tmp_path):
    assert answer(tmp_path, call_events()[:-1]).status_code == 409
    assert answer(tmp_path, call_events(), "/api/calls/CA-unknown/metrics").status_code == 404


def test_a_recording_is_looked_for_below_its_root_only(tmp_path):
    assert kept_at(tmp_path, "CA1.wav") == tmp_path.resolve() / "CA1.wav"
    assert kept_at(tmp_path, "../CA1.wav") is None
    assert kept_at(tmp_path, "/etc/passwd") is None
    assert kept_at(tmp_path, None) is None


def test_the_page_of_a_finished_call_shows_them(tmp_path):
    page = BeautifulSoup(answer(tmp_path, call_events(), f"/calls/{CALL_ID}").text, "html.parser")
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.select("#metrics tr")]
    assert rows[1] == ["Response latency L_R", "0.81 s", "0.80 s", "2"]
    assert rows[8] == ["Speech to others ignored S_ND", "–", "–", "0"]
    assert "EVA score 1.00 of 1 (2 turns)" in " ".join(page.select("#metrics")[0].get_text(" ").split())
    assert page.select_one(f'a[href="{METRICS}"]') is not None


def test_the_page_of_a_live_call_shows_none(tmp_path):
    page = BeautifulSoup(answer(tmp_path, call_events()[:-1], f"/calls/{CALL_ID}").text, "html.parser")
    assert page.select("#metrics")[0].get_text(strip=True) == ""


# On a terminal


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A data directory with two finished calls and a live one."""

    async def fill(directory, *calls):
        async with open_store(directory) as store:
            for call_id, events in calls:
                store.append(event for event in call_events(call_id)[:events])

    (tmp_path / PLACED).mkdir()
    asyncio.run(fill(tmp_path, ("CA1", None), ("CA3", 5)))
    asyncio.run(fill(tmp_path / PLACED, ("CA2", None)))
    for folder in (tmp_path, tmp_path / PLACED):
        (folder / "calls.db").rename(folder / DATABASE)
    monkeypatch.setenv("CORDBOARD_DATA_DIR", str(tmp_path))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["metrics", *arguments])


def test_one_call_is_shown_as_a_table_and_as_json(kept):
    shown = run("CA2")
    assert shown.exit_code == 0, shown.output
    assert "L_R  response latency" in shown.output
    assert "0.81 s" in shown.output
    assert json.loads(run("CA2", "--json").output) == to_json(call_metrics("CA2", call_events("CA2")))


def test_a_recording_is_listened_to(kept):
    (kept / RECORDINGS).mkdir()
    record_sound(kept / RECORDINGS).rename(kept / RECORDINGS / "CA1.wav")
    content = json.loads(run("CA1", "--json").output)
    assert content["ear"] is None  # its events name another file
    record_sound(kept / RECORDINGS)
    assert json.loads(run("CA1", "--json").output)["ear"] is not None
    assert "by its recording" in run("CA1").output


def test_several_calls_are_taken_together(kept):
    for asked in (("CA1", "CA2"), ("--since", "1d")):
        content = json.loads(run(*asked, "--json").output)
        assert content["calls"] == 2
        assert content["fine_panel"]["response_latency_s"] == {"value": 0.81, "n": 4}
        assert content["medians"]["response_latency_s"] == {"value": 0.81, "n": 2}
    assert "2 call(s), by their events" in run("--since", "1d").output


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (("CA9",), 1),
        (("CA3",), 1),
        (("CA1", "CA9"), 1),
        (("--since", "2999-01-01"), 1),
        ((), 2),
        (("CA1", "--since", "1d"), 2),
        (("--since", "soon"), 2),
    ],
)
def test_what_is_not_there_is_said(kept, asked, status):
    assert run(*asked).exit_code == status


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("24h", datetime(2026, 11, 19, 12, tzinfo=UTC)),
        ("7d", datetime(2026, 11, 13, 12, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T08:00+02:00", datetime(2026, 11, 1, 6, tzinfo=UTC)),
        ("", None),
        ("7", None),
        ("7w", None),
        ("yesterday", None),
    ],
)
def test_an_instant_is_read(text, at):
    assert instant(text, NOW) == at


def test_figures_read():
    assert figures.value("response_latency_s", Figure(0.8249, 3)) == "0.82 s"
    assert figures.value("yield_rate", Figure(0.954, 3)) == "95 %"
    assert figures.value("interruption_rate", Figure(1.5, 2)) == "1.50"
    assert figures.value("yield_rate", Figure(None, 0)) == figures.score(None) == "–"
