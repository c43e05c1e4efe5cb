"""A call keeps the version of the line with which it began, also in the next process."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.line.load import load_line, version_of
from pipeline.line.vocabulary import qualified
from server.line_versions import LineVersions
from server.lines import Lines
from server.settings import Settings
from tests.fakes.english import english_line
from tests.fakes.voice import ToneVoice
from voice.errors import ProviderFailed
from voice.prompts import Prompts
from voice.stt.port import Vocabulary

pytestmark = pytest.mark.adapter


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return english_line(tmp_path / "line")


def _edit(folder: Path) -> None:
    path = folder / "line.yaml"
    path.write_text(path.read_text().replace("How can I help you?", "What can I do for you?"))


def test_a_copy_is_the_line_though_the_folder_is_edited(tmp_path: Path, folder: Path):
    versions, line = LineVersions(tmp_path / "kept"), load_line(folder)
    assert versions.keep(line)
    _edit(folder)
    copy = versions.folder(line.version)
    assert copy is not None
    assert load_line(copy).version == line.version
    assert load_line(copy).settings == line.settings


def test_a_folder_that_changed_since_it_was_loaded_is_not_kept_under_the_old_name(tmp_path: Path, folder: Path):
    versions, line = LineVersions(tmp_path / "kept"), load_line(folder)
    _edit(folder)
    assert not versions.keep(line)
    assert versions.folder(line.version) is None
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_damaged_copy_counts_as_none_and_is_made_anew(tmp_path: Path, folder: Path):
    versions, line = LineVersions(tmp_path / "kept"), load_line(folder)
    versions.keep(line)
    (tmp_path / "kept" / line.version / "line.yaml").write_text("")
    assert versions.folder(line.version) is None
    assert versions.keep(line)
    assert versions.folder(line.version) is not None


def test_hidden_files_are_not_copied(tmp_path: Path, folder: Path):
    (folder / ".secret").write_text("not part of the line")
    versions, line = LineVersions(tmp_path / "kept"), load_line(folder)
    versions.keep(line)
    assert not (tmp_path / "kept" / line.version / ".secret").exists()


@pytest.mark.parametrize("version", ["", "..", "../line", "0" * 12, "ABCDEF012345"])
def test_what_is_no_kept_version_is_none(tmp_path: Path, folder: Path, version: str):
    assert folder.is_dir()
    assert LineVersions(tmp_path).folder(version) is None


class Ears:
    """What the recogniser was to listen for, last of all."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.fails = False

    async def learn(self, words: Sequence[Vocabulary]) -> None:
        if self.fails:
            raise ProviderFailed("ears", "no memory for new words")
        self.names = {word.name for word in words}


@pytest.mark.usefixtures("data")
def test_the_next_process_has_the_version_that_calls_began_with_and_listens_for_its_words(tmp_path: Path, folder: Path):
    settings, prompts = Settings(lines=[folder], data_dir=tmp_path / "data"), Prompts(ToneVoice(), tmp_path / "p")

    async def run() -> None:
        async with Lines.open(settings, tmp_path / "data", prompts) as lines:
            (first,) = lines.current()
        _edit(folder)
        ears = Ears()
        async with Lines.open(settings, tmp_path / "data", prompts) as lines:
            (second,) = lines.current()
            assert second.version == version_of(folder) != first.version
            ears.fails = True
            assert await lines.earlier(first.version, ears.learn, list) is None
            ears.fails = False
            ready = await lines.earlier(first.version, ears.learn, list)
            assert ready is not None
            assert ready.line.settings == first.settings
            assert {qualified(first, "open"), qualified(second, "open")} <= ears.names
            assert await lines.earlier(first.version, ears.learn, list) is ready
            assert qualified(first, "open") in {word.name for word in lines.vocabularies()}
            assert prompts.get(first.settings.greeting.question, "en")
            assert await lines.earlier("0" * 12, ears.learn, list) is None

    asyncio.run(run())


@pytest.mark.usefixtures("data")
def test_an_old_version_answers_from_its_own_documents(tmp_path: Path, folder: Path):
    settings, prompts = Settings(lines=[folder], data_dir=tmp_path / "data"), Prompts(ToneVoice(), tmp_path / "p")

    async def run() -> None:
        async with Lines.open(settings, tmp_path / "data", prompts) as lines:
            (first,) = lines.current()
            shutil.rmtree(folder / (first.settings.knowledge or ""))
            ready = await lines.earlier(first.version, Ears().learn, list)
            assert ready is not None
            assert ready.line.knowledge_folder is not None
            assert ready.line.knowledge_folder.is_dir()
            assert replace(ready.line, folder=folder) == first

    asyncio.run(run())
