"""What the command line says when something is wrong: one sentence each, and the documented status."""

import shutil
import wave
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from server.cli.caller import plan
from server.cli.main import app
from server.cli.result import Silence, dead_air_ms, report, silences, yields_ms
from telephony.double.ear import Ear
from telephony.double.files import read_ulaw
from telephony.double.script import InterruptAt, Press, Speak, StaySilent
from tests.fakes.english import english_line

pytestmark = pytest.mark.unit

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "lines" / "example"


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    path = tmp_path / "line.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\x10\x20" * 1600)
    return path


def run(*arguments: str | Path):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_good_line_is_ok():
    assert run("check", EXAMPLE).exit_code == 0


def test_a_line_whose_backend_cannot_be_made_is_not_ok(tmp_path: Path):
    for source in EXAMPLE.rglob("*"):
        if source.is_file():
            target = tmp_path / source.relative_to(EXAMPLE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    (tmp_path / "backend" / "seed.sql").write_text("not sql;")
    assert run("check", tmp_path).exit_code == 2


def test_everything_that_is_wrong_with_all_lines_is_said_at_once_with_file_and_line(tmp_path: Path):
    broken = english_line(tmp_path / "line")
    text = (broken / "line.yaml").read_text()
    (broken / "line.yaml").write_text(text.replace("langu", "lanug").replace("queue: repairs", "queue: repair"))
    (broken / "backend" / "seed.sql").write_text("not sql;")
    (broken / "knowledge" / "empty.md").write_bytes(b"\xff\xfe")
    told = run("check", broken, tmp_path / "nowhere", EXAMPLE)
    said = [" ".join(one.split()) for one in told.stderr.split("error: ")[1:]]
    assert told.exit_code == 2
    assert len(said) == 5, told.stderr
    for part in ("line.yaml:5: 'lanugage' is not known", "queue 'repair'", "seed.sql:1: ", "empty.md:1: ", "nowhere"):
        assert any(part in one for one in said), part
    assert all("; " in one for one in said)
    assert f"ok {EXAMPLE}" in told.stdout


@pytest.mark.parametrize(
    "options",
    [
        ("--dtmf", "nonsense"),
        ("--dtmf", "0=1"),
        ("--json", "/nowhere/at/all.json"),
        ("--url", "127.0.0.1:8080"),
        ("--to", "5550199"),
        ("--from", "hello"),
        ("--interrupt-at", "-5"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_called(spoken: Path, options: tuple[str, ...]):
    assert run("call", spoken, *options).exit_code == 2


def test_a_line_that_names_files_outside_its_folder_has_none_of_them_read(tmp_path: Path):
    line, outside = Path(shutil.copytree(EXAMPLE, tmp_path / "line")), tmp_path / "outside"
    outside.mkdir()
    (outside / "page.md").write_bytes(b"\xff\xfe")
    (outside / "seed.sql").write_text("not sql;")
    text = (line / "line.yaml").read_text()
    text = text.replace("knowledge: knowledge", "knowledge: ../outside")
    (line / "line.yaml").write_text(text.replace("seed: backend/seed.sql", "seed: ../outside/seed.sql"))
    told = run("check", line).stderr
    assert "there is no folder '../outside'" in told
    assert "there is no file '../outside/seed.sql'" in told
    assert "UTF-8" not in told
    assert "not sql" not in told


def test_a_call_without_anything_to_say_is_refused():
    assert run("call").exit_code == 2


def test_what_is_no_audio_is_refused(tmp_path: Path):
    (tmp_path / "text.wav").write_text("hello")
    assert run("call", tmp_path / "text.wav").exit_code == 2


def test_keys_take_their_turn_and_the_rest_is_spoken(spoken: Path):
    steps = plan([spoken, spoken], ["2=12#", "9=5"]).steps
    assert [type(step) for step in steps] == [Speak, Press, Speak, Press, StaySilent]
    assert plan([spoken], [], ["300"]).steps[0] == InterruptAt(300, read_ulaw(spoken), "line.wav")
    assert plan([spoken], ["ask=12#"]).when_asked == "12#"


def test_any_files_are_spoken_over_the_assistant(spoken: Path):
    steps = plan([spoken, spoken, spoken], [], ["1=200", "3=900"]).steps
    assert [type(step) for step in steps] == [InterruptAt, Speak, InterruptAt, StaySilent]
    assert [step.after_ms for step in steps if isinstance(step, InterruptAt)] == [200, 900]


@pytest.mark.parametrize("option", ["-5", "soon", "2=", "x=5", "3=5", "0=5"])
def test_an_interruption_that_cannot_be_says_why(spoken: Path, option: str):
    with pytest.raises(ValueError, match="interrupt-at"):
        plan([spoken, spoken], [], [option])


def test_how_long_the_assistant_went_on_when_spoken_over_is_heard_by_the_ear():
    ear, sound = Ear(), bytes([0x80, 0x00]) * 4000
    ear.begin(0)
    ear.queue(0, sound)
    ear.said(400, sound[:3200])
    ear.clear(640)
    ear.queue(2000, sound)
    ear.tick(4000)
    assert yields_ms(ear) == [240]


def test_noise_before_somebody_speaks_is_not_yet_speech():
    ear, sound, noise = Ear(), bytes([0x80, 0x00]) * 4000, bytes([0xF0, 0x70]) * 1600
    ear.begin(0)
    ear.queue(0, sound)
    ear.said(200, noise + sound[:3200])
    ear.clear(700)
    ear.tick(4000)
    assert yields_ms(ear) == [100]


def test_silences_are_cut_where_the_floor_changes_and_only_the_assistants_count_as_dead_air():
    ear = Ear()
    ear.begin(0)
    ear.tick(8000)
    floor = [
        {"kind": "floor.changed", "at_ms": 1000, "data": {"floor": "assistant"}},
        {"kind": "floor.changed", "at_ms": 5000, "data": {"floor": "nobody"}},
        {"kind": "floor.changed", "at_ms": 6000, "data": {"floor": "nobody"}},
    ]
    found = silences(ear, floor)
    assert found == [Silence(0, 1000, "nobody"), Silence(1000, 5000, "assistant"), Silence(5000, 8000, "nobody")]
    assert dead_air_ms(found) == 4000


def test_utterances_are_reported_as_they_began_and_turns_still_name_them():
    def said(speaker: str, start_ms: int) -> dict[str, Any]:
        return {"speaker": speaker, "start_ms": start_ms, "end_ms": start_ms + 900}

    call = {
        "utterances": [said("assistant", 0), said("assistant", 5000), said("caller", 4000), said("assistant", 6000)],
        "turns": [{"caller": [2], "assistant": [3, 1], "intent": "hours"}, {"caller": [], "assistant": [0]}],
    }
    told = report(call, [])
    assert [each["start_ms"] for each in told["utterances"]] == [0, 4000, 5000, 6000]
    assert told["turns"] == [
        {"caller": [1], "assistant": [2, 3], "intent": "hours"},
        {"caller": [], "assistant": [0]},
    ]


@pytest.mark.parametrize("place", ["/nowhere/at/all.json", "/"])
def test_figures_that_could_not_be_written_are_refused_before_anything_is_learned(place: str):
    refused = run("eval-intents", "/nowhere/train.csv", "/nowhere/test.csv", "--json", place)
    assert refused.exit_code == 2
    assert "--json" in refused.stderr
