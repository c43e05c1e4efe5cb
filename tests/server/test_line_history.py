"""A line has versions that are listed, compared and gone back to; live calls keep theirs."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.line.load import load_line, version_of
from server import lines as lines_module
from server.cli.main import app
from server.line_history import LineHistory, NoSuchVersion
from server.line_versions import LineVersions
from server.lines import Lines
from server.settings import Settings
from tests.fakes.english import english_line
from tests.fakes.voice import ToneVoice
from voice.prompts import Prompts
from voice.stt.port import Vocabulary

pytestmark = pytest.mark.adapter

OLD, NEW = "How can I help you?", "What can I do for you?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return english_line(tmp_path / "line")


def edit(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "line.yaml"
    path.write_text(change(path.read_text()))


@pytest.fixture
def kept(tmp_path: Path, folder: Path) -> tuple[LineHistory, str]:
    """A history with one kept version, and a folder that was edited since."""
    line = load_line(folder)
    LineVersions(tmp_path / "data" / "lines").keep(line)
    edit(folder, lambda text: text.replace(OLD, NEW))
    (folder / "notes.txt").write_text("new\n")
    return LineHistory(folder, tmp_path / "data" / "lines"), line.version


@pytest.mark.row(153)
def test_versions_are_listed_compared_and_gone_back_to(kept: tuple[LineHistory, str], folder: Path):
    history, first = kept
    now = version_of(folder)
    assert [(one.version, one.current) for one in history.versions()] == [(now, True), (first, False)]
    changed = list(history.differences(first))
    assert f"-  question: {OLD}" in changed
    assert f"+  question: {NEW}" in changed
    assert "+++ b/notes.txt" in changed
    assert history.roll_back(first) == now
    assert version_of(folder) == first
    assert not (folder / "notes.txt").exists()
    assert [one.version for one in history.versions() if one.current] == [first]
    assert history.roll_back(now) == first
    assert (folder / "notes.txt").read_text() == "new\n"


def test_a_version_is_named_by_its_first_characters_and_must_be_one_of_this_line(
    kept: tuple[LineHistory, str], tmp_path: Path
):
    history, first = kept
    assert list(history.differences(first[:6]))
    with pytest.raises(NoSuchVersion, match=first):
        history.roll_back("ffffffffffff")
    other = tmp_path / "other"
    english_line(other)
    edit(other, lambda text: text.replace("Northfield Outdoor", "Another").replace("+14155550199", "+14155550111"))
    with pytest.raises(NoSuchVersion):
        list(LineHistory(other, tmp_path / "data" / "lines").differences(first))


def test_a_damaged_version_is_none_and_changes_nothing(kept: tuple[LineHistory, str], tmp_path: Path, folder: Path):
    history, first = kept
    (tmp_path / "data" / "lines" / first / "line.yaml").write_text("")
    now = version_of(folder)
    with pytest.raises(NoSuchVersion):
        history.roll_back(first)
    assert version_of(folder) == now


def test_a_folder_in_error_can_be_rolled_back_and_is_kept(kept: tuple[LineHistory, str], folder: Path):
    history, first = kept
    edit(folder, lambda text: text.replace("human_flow: person", "human_flow: nobody"))
    broken = history.roll_back(first)
    assert version_of(folder) == first
    assert broken in {one.version for one in history.versions()}


def test_a_version_that_cannot_be_used_any_more_is_marked_with_the_reason(
    kept: tuple[LineHistory, str], tmp_path: Path, folder: Path
):
    history, first = kept
    edit(folder, lambda text: text.replace("human_flow: person", "human_flow: nobody"))
    broken = history.roll_back(first)
    wrong = {one.version: one.wrong for one in history.versions()}
    assert wrong[first] == ()
    assert "there is no flow 'nobody'" in wrong[broken][0]
    listed = CliRunner().invoke(app, ["line", "versions", str(folder), "--data-dir", str(tmp_path / "data")])
    assert listed.output.count("cannot be used: line.yaml:") == 1


def test_the_commands_say_what_they_did(kept: tuple[LineHistory, str], tmp_path: Path, folder: Path):
    _, first = kept
    run, options = CliRunner(), ["--data-dir", str(tmp_path / "data")]
    listed = run.invoke(app, ["line", "versions", str(folder), *options])
    assert listed.exit_code == 0, listed.output
    assert f"* {version_of(folder)}  not used for calls yet" in listed.output
    assert f"-  question: {OLD}" in run.invoke(app, ["line", "diff", str(folder), first, *options]).output
    began = time.process_time()
    back = run.invoke(app, ["line", "rollback", str(folder), first[:8], *options])
    assert back.exit_code == 0, back.output
    assert time.process_time() - began < 5
    assert version_of(folder) == first
    assert run.invoke(app, ["line", "rollback", str(folder), "nonsense", *options]).exit_code == 1


async def _learn(_: Sequence[Vocabulary]) -> None:
    pass


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110 a folder is watched by looking
            await asyncio.sleep(0.02)


def test_a_running_server_takes_new_calls_with_the_version_gone_back_to_and_keeps_the_other_for_its_calls(
    tmp_path: Path, data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lines_module, "LOOK_S", 0.05)

    async def script() -> None:
        settings, prompts = Settings(lines=[folder], data_dir=data), Prompts(ToneVoice(), tmp_path / "p")
        async with Lines.open(settings, data, prompts) as lines, lines.watched(_learn, list, lambda _: None):
            (first,) = lines.current()
            edit(folder, lambda text: text.replace(OLD, NEW))
            await _until(lambda: lines.current()[0].version != first.version)
            (second,) = lines.current()
            began = time.process_time()
            history = LineHistory(folder, data / "lines")
            assert await asyncio.to_thread(history.roll_back, first.version) == second.version
            await _until(lambda: lines.current()[0].version == first.version)
            assert time.process_time() - began < 5
            again = await lines.earlier(second.version, _learn, list)
            assert again is not None
            assert again.line.settings.greeting.question == NEW

    asyncio.run(script())
