"""Lines that are edited while calls are taken: a good edit is used, a broken one is not, and nothing else breaks."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.line.errors import LineInvalid
from server import lines as module
from server.lines import Lines
from server.settings import Settings
from tests.fakes.voice import ToneVoice
from voice.prompts import Prompts

pytestmark = pytest.mark.adapter

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "lines" / "example"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    return Path(shutil.copytree(EXAMPLE, tmp_path / "line"))


def _edit(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "line.yaml"
    path.write_text(change(path.read_text()))


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110 a folder is watched by looking
            await asyncio.sleep(0.05)


def test_a_good_edit_is_used_and_a_broken_one_keeps_the_last_good_version(tmp_path: Path, folder: Path):
    async def script() -> None:
        settings = Settings(lines=[folder], data_dir=tmp_path / "data")
        async with Lines.open(settings, tmp_path / "data", Prompts(ToneVoice(), tmp_path / "prompts")) as lines:
            told: list[str] = []
            lines.on_change(lambda ready: told.extend(one.line.version for one in ready.values()))
            (first,) = lines.current()
            _edit(folder, lambda text: text.replace("How can I help you?", "What can I do for you?"))
            await _until(lambda: bool(told))
            (second,) = lines.current()
            assert second.settings.greeting.question == "What can I do for you?"
            assert second.version != first.version
            _edit(folder, lambda text: text.replace("human_flow: person", "human_flow: nobody"))
            await _until(lambda: bool(lines.trouble))
            assert lines.current() == [second]
            assert "nobody" in lines.trouble
            (folder / "line.yaml").write_bytes(b"\xff\xfe not text")
            await asyncio.sleep(0.3)
            assert lines.current() == [second]
            shutil.copy(EXAMPLE / "line.yaml", folder / "line.yaml")
            await _until(lambda: not lines.trouble)
            assert lines.current()[0].version == first.version

    asyncio.run(script())


def test_every_error_of_every_line_is_told_at_the_start(tmp_path: Path, folder: Path):
    async def script() -> None:
        (folder / "line.yaml").write_text("name: only\n")
        settings = Settings(lines=[folder, tmp_path / "none"], data_dir=tmp_path / "data")
        with pytest.raises(LineInvalid) as refused:
            async with Lines.open(settings, tmp_path / "data", Prompts(ToneVoice(), tmp_path / "prompts")):
                pass
        assert {str(tmp_path / "none"), str(folder)} <= {str(Path(one.file).parent) for one in refused.value.problems}

    asyncio.run(script())
