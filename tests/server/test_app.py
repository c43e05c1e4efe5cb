"""A whole server, in this process, with the recogniser and the voice that it is shipped with."""

import asyncio
import re
import shutil
import subprocess
import sys
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.line.vocabulary import qualified
from pipeline.switchboard import Connect
from server import lines as module
from server.app import Office, open_office
from server.settings import Settings
from telephony.token import MIN_SECRET_BYTES
from tests.fakes.english import english_line
from tests.fakes.routes import walked
from voice.errors import ProviderFailed
from voice.stt.port import Expectation, Transcript, Unrecognised
from voice.tts import espeak

pytestmark = [pytest.mark.adapter, pytest.mark.usefixtures("data")]

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "a token of this test"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The English line of a company that does not know of Canada."""
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    copy = english_line(tmp_path / "line")
    for path in (copy / "line.yaml", *copy.glob("knowledge/*")):
        path.write_text(path.read_text().replace("Canada", "Iceland").replace("canada", "iceland"))
    return copy


async def heard(office: Office) -> str:
    """What is understood of a caller who asks about shipping to Canada, in a new call."""
    with wave.open(str(ROOT / "recordings" / "samples" / "ship_to_canada_rms.wav")) as file:
        pcm = file.readframes(file.getnframes())
    recognition = await office.stt.open("CA1", 1000)
    recognition.expect(Expectation("open", qualified(office.lines.current()[0], "open")))
    recognition.speech_started(0)
    recognition.write(pcm, 0)
    recognition.speech_ended(len(pcm) // 16, 30_000)
    text = ""
    async for result in recognition:
        if isinstance(result, Unrecognised) or (isinstance(result, Transcript) and result.final):
            text = "" if isinstance(result, Unrecognised) else result.text
            break
    await recognition.aclose()
    return text


async def until(done: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(90):
        while not await done():  # noqa: ASYNC110 a folder is watched by looking
            await asyncio.sleep(0.05)


def test_an_edited_line_is_heard_without_a_restart_and_a_broken_one_is_told_everywhere(tmp_path: Path, folder: Path):
    async def script() -> None:
        settings = Settings(
            lines=[folder], data_dir=tmp_path / "data", access_token=TOKEN, sphinx_processes=1, sphinx_lanes=1
        )
        async with (
            open_office(settings, "http://test") as office,
            httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url="http://test") as http,
        ):
            bearer = {"Authorization": f"Bearer {TOKEN}"}

            async def line() -> dict[str, Any]:
                told: dict[str, Any] = (await http.get("/api/lines", headers=bearer)).json()["lines"][0]
                return told

            before = await line()
            assert before["numbers"] == ["+14155550199"]
            assert before["problems"] == []
            assert (await http.get("/healthz")).json() == {
                "ok": True,
                "calls": 0,
                "degraded": False,
                "lines": [{name: told for name, told in before.items() if name not in ("folder", "documents")}],
            }
            assert "canada" not in await heard(office)
            shutil.copytree(english_line(tmp_path / "english"), folder, dirs_exist_ok=True)

            async def changed() -> bool:
                return bool((await line())["version"] != before["version"])

            await until(changed)
            assert "canada" in await heard(office)
            (folder / "line.yaml").write_text("name: only\n")

            async def told() -> bool:
                return bool((await line())["problems"])

            await until(told)
            health = (await http.get("/healthz")).json()
            assert (health["ok"], health["degraded"]) == (True, True)
            assert any("'greeting' is missing" in one for one in health["lines"][0]["problems"])
            assert str(folder) not in str(health)
            page = await http.get("/calls", headers=bearer)
            assert "was edited and the edit is not used" in page.text
            assert "&#39;greeting&#39; is missing" in page.text
            assert "is missing" in (await http.get("/api/calls", headers=bearer)).json()["degraded"]
            assert "canada" in await heard(office)

    asyncio.run(script())


def test_a_voice_that_fails_is_told_until_it_speaks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def breaks(*_: object) -> bool:
        raise MemoryError

    async def spoken(office: Office) -> bytes:
        return b"".join([chunk async for chunk in office.tts.speak("Anything else?", "en", 5000)])

    async def script() -> None:
        settings = Settings(
            lines=[english_line(tmp_path / "english")],
            data_dir=tmp_path / "data",
            access_token=TOKEN,
            sphinx_processes=1,
            sphinx_lanes=1,
        )
        async with (
            open_office(settings, "http://test") as office,
            httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url="http://test") as http,
        ):
            monkeypatch.setattr(espeak._ToTelephone, "take", breaks)
            with pytest.raises(ProviderFailed):
                await spoken(office)
            assert (await http.get("/healthz")).json()["degraded"]
            told = (await http.get("/api/calls", headers={"Authorization": f"Bearer {TOKEN}"})).json()
            assert "The voice failed" in told["degraded"]
            monkeypatch.undo()
            assert await spoken(office)
            assert not (await http.get("/healthz")).json()["degraded"]

    asyncio.run(script())


def test_what_signs_tokens_outlives_the_server_and_is_its_owners_alone(tmp_path: Path):
    async def script() -> None:
        data = tmp_path / "data"
        settings = Settings(
            lines=[english_line(tmp_path / "english")], data_dir=data, sphinx_processes=1, sphinx_lanes=1
        )
        async with open_office(settings, "http://test") as office:
            secret = (data / "call_token_secret").read_bytes()
            assert len(secret) >= MIN_SECRET_BYTES
            assert (data / "call_token_secret").stat().st_mode & 0o777 == 0o600
            assert data.stat().st_mode & 0o777 == 0o700
            assert isinstance(await office.switchboard.ring("CA1", "+14155550101", "+14155550199"), Connect)
        async with open_office(settings, "http://test") as office:
            assert (data / "call_token_secret").read_bytes() == secret
            assert office.switchboard.live == 1, "the call that was left behind is waited for"
            office.switchboard.status("CA1", "completed")
            await office.switchboard.drained()
        (data / "call_token_secret").write_bytes(b"short")
        async with open_office(settings, "http://test"):
            assert len((data / "call_token_secret").read_bytes()) >= MIN_SECRET_BYTES

    asyncio.run(script())


def test_lines_are_told_to_those_who_hold_the_token_only(tmp_path: Path):
    async def script() -> None:
        settings = Settings(
            lines=[english_line(tmp_path / "english")], data_dir=tmp_path / "data", sphinx_processes=1, sphinx_lanes=1
        )
        async with (
            open_office(settings, "http://test") as office,
            httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url="http://test") as http,
        ):
            assert (await http.get("/api/lines")).status_code == 401

    asyncio.run(script())


OPEN_TO_ALL = {"/", "/healthz", "/login", "/logout", "/assets/{name}"}
"""Where to go, whether calls are taken, the way in and out, and what the form looks like."""


def test_nothing_is_reached_without_a_token_or_the_carriers_signature(tmp_path: Path):
    async def opened(office: Office, path: str) -> bool:
        """Whether a WebSocket there is accepted."""
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [],
            "scheme": "ws", "server": ("test", 80), "client": ("test", 1), "subprotocols": [], "state": {},
            "extensions": {},
        }  # fmt: skip
        await office.app(scope, receive, send)
        return any(message["type"] == "websocket.accept" for message in sent)

    async def script() -> None:
        settings = Settings(
            lines=[english_line(tmp_path / "english")],
            data_dir=tmp_path / "data",
            access_token=TOKEN,
            sphinx_processes=1,
            sphinx_lanes=1,
        )
        async with (
            open_office(settings, "http://test") as office,
            httpx.AsyncClient(transport=httpx.ASGITransport(office.app), base_url="http://test") as http,
        ):
            found = [*walked(office.app.routes)]
            assert len(found) >= 30
            for template, route in found:
                path = re.sub(r"\{[^}]+\}", "x", template)
                for method in getattr(route, "methods", None) or ():
                    if template in OPEN_TO_ALL:
                        continue
                    answer = await http.request(method, path, json={} if template.startswith("/api/v1") else None)
                    sent_to_login = answer.status_code == 303 and answer.headers["location"].startswith("/login")
                    assert answer.status_code in {401, 403} or sent_to_login, (method, template, answer.status_code)
                if not hasattr(route, "methods"):
                    assert not await opened(office, path), template

    asyncio.run(script())


def test_what_only_some_need_is_not_imported_by_all() -> None:
    heavy = ("sklearn", "openai", "docx", "pypdf", "onnxruntime", "faster_whisper", "deepgram", "elevenlabs")
    code = f"import sys, server.app; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"
