import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # ships no types

from pipeline.line.errors import LineInvalid
from pipeline.line.load import load_line
from pipeline.line.music import music_of
from tests.fakes.english import english_line

pytestmark = pytest.mark.unit


def with_music(tmp_path: Path) -> Path:
    folder = english_line(tmp_path / "line")
    text = (folder / "line.yaml").read_text()
    assert "queues: [support, repairs, delivery]" in text
    queues = "queues: [{name: support, music: hold.wav}, repairs, delivery]"
    (folder / "line.yaml").write_text(text.replace("queues: [support, repairs, delivery]", queues))
    return folder


def sound(path: Path, seconds: float) -> None:
    wave = 0.2 * np.sin(np.arange(int(16_000 * seconds)) / 16_000 * 2 * np.pi * 440)
    soundfile.write(path, wave, 16_000)


def test_a_queue_s_music_is_read_as_the_telephone_has_it(tmp_path: Path):
    folder = with_music(tmp_path)
    sound(folder / "hold.wav", 3.0)
    music = music_of(load_line(folder))
    assert set(music) == {"support"}
    assert len(music["support"]) == 24_000


@pytest.mark.parametrize("wrong", ["missing", "short", "text"])
def test_music_that_cannot_be_played_is_told_with_file_and_line(tmp_path: Path, wrong: str):
    folder = with_music(tmp_path)
    if wrong == "short":
        sound(folder / "hold.wav", 0.1)
    elif wrong == "text":
        shutil.copy(folder / "line.yaml", folder / "hold.wav")
    with pytest.raises(LineInvalid, match=r"line\.yaml:\d+"):
        load_line(folder)
