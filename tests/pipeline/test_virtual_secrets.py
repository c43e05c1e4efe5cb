"""Whole calls in virtual time in which a secret is keyed in: nothing of it is heard, kept or told."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.line.load import load_line
from recordings.wav import read_samples
from telephony.double.tones import key_tone
from tests.fakes.english import english_line
from tests.fakes.office import VirtualCall, virtual_office, virtually
from voice.audio import silence_ulaw

pytestmark = pytest.mark.call

CARD = "4539578763621486"


def secret_line(tmp_path: Path, kind: str, least: int, most: int) -> Path:
    """The example line, whose order numbers are secret now."""
    folder = english_line(tmp_path / "line")
    text = (folder / "line.yaml").read_text()
    question, behind = text.split("          prompt: What's your order number?\n", 1)
    rest = behind.split("          without: no_number\n", 1)[1]
    asked = f"          prompt: Please key it in, and end with the pound key.\n          secret: {kind}\n"
    question = question.replace(
        "min_digits: 5\n          max_digits: 5\n", f"min_digits: {least}\n          max_digits: {most}\n", 1
    )
    text = question + asked + "          without: no_number\n" + rest
    text = text.replace(
        "I can't find an order {order_number}. Let me take a message, and",
        "I can't find it. Let me take a message, and",
        1,
    )
    (folder / "line.yaml").write_text(text)
    (tmp_path / "data").mkdir()
    load_line(folder)
    return folder


async def keyed(call: VirtualCall, digits: str) -> None:
    """Press keys as a telephone does that also sends their tones."""
    for digit in digits:
        call.handset.press(digit)
        await call.speak(key_tone(digit, 120) + silence_ulaw(80))


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and "line" not in path.parts)


def caller(path: Path, start_ms: int, end_ms: int) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    return read_samples(path)[start_ms * 8 : end_ms * 8, 0].astype(np.int32)


@pytest.mark.row(149)
@virtually
async def test_a_secret_reaches_its_tool_and_nothing_else(tmp_path: Path):
    line = secret_line(tmp_path, "code", 5, 5)
    async with virtual_office(tmp_path / "data", ["where is my order"], line=line) as office:
        call = await office.call()
        await call.turn()
        began_ms = call.handset.now_ms
        await call.speak()  # words while a secret is asked: nobody hears them
        await keyed(call, "12345")
        ended_ms = call.handset.now_ms
        await call.quiet(since_ms=ended_ms)
        call.stream.hang_up()
        await call.over()
        record = await office.ended(call.sid)
        events = await office.events(call.sid)
    returned = next(event.data for event in events if event.kind == "tool.returned")
    assert returned["ok"]
    assert returned["result"]["found"] is True
    pressed = [event.data for event in events if event.kind == "caller.pressed"]
    assert pressed == [{"secret": {"kind": "code", "length": 1}}] * 5
    said = [one.text for one in record.utterances if one.speaker == "caller"]
    assert said == ["where is my order", "[code: 5 digits, c2]"]
    assert not re.search(r"(?<!\d)12345(?!\d)", json.dumps([dict(event.data) for event in events]))
    sound = caller(tmp_path / "data" / f"{call.sid}.wav", began_ms, ended_ms)
    assert len(sound) > 8 * 1000
    assert int(np.abs(sound).max()) == 0


@virtually
async def test_a_card_that_is_keyed_in_is_nowhere_in_the_data_directory(tmp_path: Path, caplog):
    line = secret_line(tmp_path, "card", 12, 19)
    async with virtual_office(tmp_path / "data", ["where is my order"], line=line) as office:
        call = await office.call()
        await call.turn()
        await keyed(call, CARD + "#")
        await call.quiet(since_ms=call.handset.now_ms)
        call.stream.hang_up()
        await call.over()
        await office.ended(call.sid)
        events = await office.events(call.sid)
    kept = everything(tmp_path / "data")
    assert any(event.data.get("text") == "[card: 16 digits, c2]" for event in events)
    for part in (CARD, CARD[:6], CARD[-6:]):
        assert part.encode() not in kept
    assert CARD not in caplog.text
    assert "".join(str(event.data.get("digit", "")) for event in events if event.kind == "caller.pressed") == ""


@virtually
async def test_what_is_no_card_is_asked_again_and_the_star_gives_up(tmp_path: Path):
    line = secret_line(tmp_path, "card", 12, 19)
    async with virtual_office(tmp_path / "data", ["where is my order"], line=line) as office:
        call = await office.call()
        await call.turn()
        since_ms = call.handset.now_ms
        await call.press("4539578763621487#")
        await call.quiet(since_ms=since_ms)
        await call.keys("*")
        call.stream.hang_up()
        await call.over()
        events = await office.events(call.sid)
    assert [event.data["reason"] for event in events if event.kind == "caller.unrecognised"] == [
        "incomplete",
        "cancelled",
    ]
    spoken = [event.data["text"] for event in events if event.kind == "assistant.speaks"]
    assert any(text.startswith("Nothing you say is heard now.") for text in spoken)
    assert any("message" in text.lower() for text in spoken[-3:])


@virtually
async def test_the_caller_is_heard_again_once_the_secret_is_keyed_in(tmp_path: Path):
    line = secret_line(tmp_path, "code", 5, 5)
    texts = ["where is my order", "no thank you goodbye"]
    async with virtual_office(tmp_path / "data", texts, line=line) as office:
        call = await office.call()
        await call.turn()
        await keyed(call, "12345")
        await call.quiet(since_ms=call.handset.now_ms)
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
    assert record.utterances[-2].text == "no thank you goodbye"
    assert record.outcome == "completed"
