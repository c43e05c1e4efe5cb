"""Lines that are edited while calls are taken: a good edit is used, a broken one is not, and nothing else breaks."""

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from pipeline.line.errors import LineInvalid
from pipeline.line.model import Line
from pipeline.line.ready import LineRuntime
from pipeline.line.vocabulary import fixed_texts, qualified
from server import lines as module
from server.health import line_trouble
from server.lines import Lines
from server.settings import Settings
from tests.fakes.english import ENGLISH, english_line
from tests.fakes.voice import ToneVoice
from voice.errors import ProviderFailed
from voice.prompts import Prompts
from voice.stt.port import Vocabulary

pytestmark = [pytest.mark.adapter, pytest.mark.usefixtures("data")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    return english_line(tmp_path / "line")


def _edit(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "line.yaml"
    path.write_text(change(path.read_text()))


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not done():  # noqa: ASYNC110 a folder is watched by looking
            await asyncio.sleep(0.05)


class Recogniser:
    """Remembers what it was to listen for, and fails when it is told to."""

    def __init__(self) -> None:
        self.names: list[set[str]] = []
        self.fails = False

    async def learn(self, words: Sequence[Vocabulary]) -> None:
        if self.fails:
            raise ProviderFailed("ears", "no memory for new words")
        self.names.append({word.name for word in words})


class Told:
    """What the switchboard would be told, and what its live calls use."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.in_use: list[Line] = []
        self.look: Callable[[Line], None] = lambda _line: None
        """What to do at the moment of telling."""

    def tell(self, ready: Mapping[str, LineRuntime]) -> None:
        self.lines.append(next(iter(ready.values())).line)
        self.look(self.lines[-1])


def watching(
    tmp_path: Path, folder: Path, script: Callable[[Lines, Recogniser, Told, Prompts], Awaitable[None]]
) -> None:
    async def run() -> None:
        settings, prompts = Settings(lines=[folder], data_dir=tmp_path / "data"), Prompts(ToneVoice(), tmp_path / "p")
        ears, told = Recogniser(), Told()
        async with (
            Lines.open(settings, tmp_path / "data", prompts) as lines,
            lines.watched(ears.learn, lambda: told.in_use, told.tell),
        ):
            await script(lines, ears, told, prompts)

    asyncio.run(run())


def problems(lines: Lines) -> str:
    return "\n".join(problem for line in lines.health() for problem in line.problems)


def test_a_good_edit_is_used_and_a_broken_one_keeps_the_last_good_version(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del ears, prompts
        (first,) = lines.current()
        _edit(folder, lambda text: text.replace("How can I help you?", "What can I do for you?"))
        await _until(lambda: bool(told.lines))
        (second,) = lines.current()
        assert second.settings.greeting.question == "What can I do for you?"
        assert second.version != first.version
        _edit(folder, lambda text: text.replace("human_flow: person", "human_flow: nobody"))
        await _until(lambda: bool(problems(lines)))
        assert lines.current() == [second]
        assert "nobody" in problems(lines)
        (folder / "line.yaml").write_bytes(b"\xff\xfe not text")
        await _until(lambda: "not UTF-8" in problems(lines))
        assert lines.current() == [second]
        shutil.copy(ENGLISH, folder / "line.yaml")
        await _until(lambda: not problems(lines))
        assert lines.current()[0].version == first.version

    watching(tmp_path, folder, script)


def test_what_is_written_after_a_call_goes_by_the_version_that_the_call_began_with(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del ears, prompts
        (first,) = lines.by_number().values()
        name = first.line.settings.name
        _edit(folder, lambda text: text.replace("How can I help you?", "What can I do for you?"))
        await _until(lambda: bool(told.lines))
        (second,) = lines.by_number().values()
        assert lines.line_of(name, first.line.version) == (first.line.settings, first.tools)
        assert lines.line_of(name, second.line.version) == (second.line.settings, second.tools)
        assert lines.line_of(name, "0123456789ab") == (second.line.settings, second.tools)
        assert lines.line_of("Nobody", "0123456789ab") is None

    watching(tmp_path, folder, script)


def test_what_a_caller_wants_is_understood_once_for_the_same_words(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del ears, told, prompts
        (ready,) = {id(each): each for each in lines.by_number().values()}.values()
        guess = ready.understanding.intent("where is my parcel")
        assert guess.intent
        assert ready.understanding.intent("where is my parcel") is guess

    watching(tmp_path, folder, script)


def test_a_broken_edit_that_is_taken_back_is_no_trouble_any_more(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del prompts
        _edit(folder, lambda text: text.replace("human_flow: person", "human_flow: nobody"))
        await _until(lambda: bool(problems(lines)))
        shutil.copy(ENGLISH, folder / "line.yaml")
        await _until(lambda: not problems(lines))
        assert (ears.names, told.lines) == ([], [])

    watching(tmp_path, folder, script)


def test_what_is_wrong_is_said_for_each_line_with_places_inside_its_folder(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del ears, told, prompts
        began = datetime.now(UTC)
        (before,) = lines.health()
        assert (before.name, before.folder, before.problems) == ("Northfield Outdoor", str(folder), ())
        assert before.numbers == ("+14155550199",)
        assert before.loaded_at <= began
        _edit(folder, lambda text: text.replace("human_flow: person", "human_flow: nobody"))
        await _until(lambda: bool(problems(lines)))
        (after,) = lines.health()
        assert (after.version, after.loaded_at) == (before.version, before.loaded_at)
        assert after.problems[0].startswith("line.yaml:")
        (trouble,) = line_trouble(after)
        assert after.version in trouble.what
        assert trouble.details == after.problems

    watching(tmp_path, folder, script)


def test_everything_is_ready_before_a_new_version_takes_calls(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        (first,) = lines.current()
        ready: list[bool] = []

        def look(line: Line) -> None:
            texts = [prompts.get(text, "en") for text in fixed_texts(line)]
            ready.append(all(texts) and ears.names[-1] >= {qualified(line, "open"), qualified(first, "open")})

        told.look = look
        _edit(folder, lambda text: text.replace("How can I help you?", "What can I do for you?"))
        await _until(lambda: bool(ready))
        assert ready == [True]

    watching(tmp_path, folder, script)


def test_the_words_of_versions_that_live_calls_have_are_kept_and_others_let_go(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del prompts
        versions = lines.current()
        for question in ("What now?", "What else?", "What next?"):
            _edit(folder, lambda text: re.sub(r"(?m)^  question: .*$", f"  question: {question}", text, count=1))  # noqa: B023 called at once
            await _until(lambda: len(told.lines) == len(versions))  # noqa: B023 awaited at once
            versions += lines.current()
            told.in_use = [versions[0]]
        heard = [{name.partition("/")[0].partition("@")[2] for name in names} for names in ears.names]
        one, two, three, four = (line.version for line in versions)
        assert heard == [{one, two}, {one, two, three}, {one, three, four}]

    watching(tmp_path, folder, script)


def test_words_that_the_recogniser_cannot_learn_keep_the_version_and_are_tried_again(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "TRY_AGAIN_S", 0.2)

    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del prompts
        ears.fails = True
        (first,) = lines.current()
        _edit(folder, lambda text: text.replace("How can I help you?", "What can I do for you?"))
        await _until(lambda: bool(problems(lines)))
        assert "no memory for new words" in problems(lines)
        assert (lines.current(), told.lines) == ([first], [])
        ears.fails = False
        await _until(lambda: not problems(lines))
        assert lines.current()[0].version != first.version

    watching(tmp_path, folder, script)


def _one_intent(text: str) -> str:
    data = yaml.safe_load(text)
    data["intents"] = data["intents"][:1]
    return yaml.safe_dump(data)


def test_a_line_that_is_left_with_one_intent_is_not_used(tmp_path: Path, folder: Path):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del ears, prompts
        (first,) = lines.current()
        _edit(folder, _one_intent)
        await _until(lambda: bool(problems(lines)))
        assert "a line needs 2" in problems(lines)
        assert (lines.current(), told.lines) == ([first], [])

    watching(tmp_path, folder, script)


def test_an_edit_that_breaks_in_a_way_that_nobody_foresaw_keeps_the_version(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    async def script(lines: Lines, ears: Recogniser, told: Told, prompts: Prompts) -> None:
        del ears, prompts
        (first,) = lines.current()

        def break_down(_line: Line) -> None:
            raise ZeroDivisionError("nothing to divide by")

        monkeypatch.setattr(module, "training_examples", break_down)
        _edit(folder, lambda text: text.replace("How can I help you?", "What can I do for you?"))
        await _until(lambda: bool(problems(lines)))
        assert "ZeroDivisionError" in problems(lines)
        assert (lines.current(), told.lines) == ([first], [])

    watching(tmp_path, folder, script)


def test_every_error_of_every_line_is_told_at_the_start(tmp_path: Path, folder: Path):
    async def script() -> None:
        (folder / "line.yaml").write_text("name: only\n")
        settings = Settings(lines=[folder, tmp_path / "none"], data_dir=tmp_path / "data")
        with pytest.raises(LineInvalid) as refused:
            async with Lines.open(settings, tmp_path / "data", Prompts(ToneVoice(), tmp_path / "prompts")):
                pass
        assert {str(tmp_path / "none"), str(folder)} <= {str(Path(one.file).parent) for one in refused.value.problems}

    asyncio.run(script())
