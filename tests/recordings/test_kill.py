"""SIGKILL at any instant: nothing acknowledged is missing, the rest is missing from the last instants only.

Instants are the recorder's own: what it did last before the kill is now. A machine that lets the whole process wait
makes the promise neither harder to keep nor easier.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server.migrations import upgrade
from tests.fakes import recorder
from tests.fakes.stereo import sound
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.adapter

KILLS = 25
EVENTS_MAY_MISS_MS = 500
AUDIO_MAY_MISS_MS = 650
"""100 and 250 ms, and 400 ms for which a busy machine may not run the writer at all; `benchmarks.kills` tells what it
is on a quiet one. What was acknowledged is never missing."""
ROOT = Path(recorder.__file__).parents[2]


@contextmanager
def recording_process(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "tests.fakes.recorder", str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def one_round(process: "subprocess.Popen[str]", kill_after: int, chance: random.Random) -> dict[str, Any]:
    """Let it record, kill it after so many lines, and return what it had said by then."""
    assert process.stdin is not None
    assert process.stdout is not None
    print("go", file=process.stdin, flush=True)
    pid = 0
    said: dict[str, Any] = {"events": {}, "audio": [], "flushed": 0}
    for lines, line in enumerate(process.stdout, 1):
        word, *numbers = line.split()
        if word == "killed":
            return said
        if word == "round":
            pid = int(numbers[0])
        elif word == "e":
            said["events"][int(numbers[0])] = int(numbers[1])
        elif word == "a":
            said["audio"].append(int(numbers[0]))
        elif word == "f":
            said["flushed"] = int(numbers[0])
        if lines >= kill_after and pid:
            time.sleep(chance.uniform(0, recorder.FRAME_MS / 1000))  # anywhere between two frames
            os.kill(pid, signal.SIGKILL)
            pid, kill_after = 0, sys.maxsize
    raise AssertionError("the recorder ended by itself")


def test_nothing_acknowledged_is_missing_after_a_kill_at_any_instant(tmp_path):
    path = tmp_path / "calls.db"
    upgrade(f"sqlite:///{path}")
    chance = random.Random(7)
    events: dict[int, int] = {}
    audio: list[int] = []
    missing_ms = {"events": [0], "audio": [0]}
    with recording_process(tmp_path) as process:
        for _ in range(KILLS):
            said = one_round(process, chance.randint(1, 100), chance)
            kept = check_events(path, said, missing_ms["events"])
            events |= said["events"]
            assert set(kept) <= set(events) | {max(kept, default=0)}  # the last one may have been kept and not yet said
            check_audio(tmp_path / "call.wav", said, audio, missing_ms["audio"])
    assert max(missing_ms["events"]) <= EVENTS_MAY_MISS_MS
    assert max(missing_ms["audio"]) <= AUDIO_MAY_MISS_MS
    assert len(audio) > KILLS  # the recording went on, round after round


def check_events(path: Path, said: dict[str, Any], missing_ms: list[int]) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        kept = [seq for (seq,) in connection.execute("SELECT seq FROM events ORDER BY seq")]
        last = connection.execute("SELECT max(last_seq) FROM calls").fetchone()[0]
    assert kept == list(range(1, len(kept) + 1))
    assert last in {None, len(kept)}
    assert said["flushed"] <= len(kept)
    lost = [at_ms for seq, at_ms in said["events"].items() if seq > len(kept)]
    if lost:
        missing_ms.append(max(said["events"].values()) - min(lost) + recorder.FRAME_MS)
    for seq in [seq for seq in said["events"] if seq > len(kept)]:
        del said["events"][seq]  # the next round uses its number again
    return kept


def check_audio(path: Path, said: dict[str, Any], audio: list[int], missing_ms: list[int]) -> None:
    """What earlier rounds had on the disk must still be there; of this round only the end may be missing."""
    samples = sound(path) if path.exists() else np.zeros((0, 2), "<i2")
    assert all(holds(samples, at_ms) for at_ms in audio)
    there = [at_ms for at_ms in said["audio"] if holds(samples, at_ms)]
    assert there == said["audio"][: len(there)]
    if len(there) < len(said["audio"]):
        missing_ms.append(said["audio"][-1] - said["audio"][len(there)] + recorder.FRAME_MS)
    audio += there


def holds(samples: "np.ndarray[Any, Any]", at_ms: int) -> bool:
    part = samples[at_ms * 8 : (at_ms + recorder.FRAME_MS) * 8]
    wanted = [pcm_to_samples(ulaw_to_pcm(recorder.frame(at_ms, channel))) for channel in (0, 1)]
    return bool(len(part) == recorder.FRAME_MS * 8 and np.array_equal(part, np.stack(wanted, axis=1)))
