"""The lines of a bank and of a software company, called in real audio over the real path: signed webhook to ear."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.made import Made
from tests.server.kills import ACCESS_TOKEN, AUTH_TOKEN, REPOSITORY, Office

pytestmark = pytest.mark.call

BANK, SAAS = "+14155550160", "+14155550170"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, made: Made) -> Iterator[Office]:
    office = Office(made.at(tmp_path_factory.mktemp("office")), ("bank", "saas"))
    office.start()
    try:
        asyncio.run(office.ready())
        yield office
    finally:
        office.kill()


def calling(office: Office, number: str, result: Path, *said: str | Path) -> "subprocess.Popen[str]":
    environment = os.environ | {"CORDBOARD_TWILIO_AUTH_TOKEN": AUTH_TOKEN, "CORDBOARD_ACCESS_TOKEN": ACCESS_TOKEN}
    options = ["--url", office.url, "--to", number, "--json", result, *said]
    return subprocess.Popen(
        [sys.executable, "-m", "server", "call", *map(str, options)],
        cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def told(process: "subprocess.Popen[str]", result: Path) -> tuple[dict[str, Any], str, str]:
    """The call, everything the assistant said, and what was printed."""
    out, errors = process.communicate(timeout=110)
    assert process.returncode == 0, out + errors
    call: dict[str, Any] = json.loads(result.read_text())
    return call, " ".join(said["text"] for said in call["utterances"] if said["speaker"] == "assistant"), out


@pytest.mark.timeout(300)  # the first start of two lines in two languages takes 18 s of CPU
def test_a_balance_is_told_for_a_pin_and_a_message_is_taken_for_the_queue_that_was_named(
    office: Office, shared: Path, tmp_path: Path
):
    voices = shared / "audio" / "callers_synth_8k"
    balance = calling(
        office, BANK, tmp_path / "bank.json", "--dtmf", "2=1", "--dtmf", "3=204815#", "--dtmf", "4=7316#",
        voices / "in01_fe_slt.wav", voices / "yn02_fl_rms.wav",
    )  # fmt: skip
    message = calling(
        office, SAAS, tmp_path / "saas.json",
        voices / "in18_fl_rms.wav", voices / "id05_fe_kal.wav", voices / "yn02_fl_rms.wav",
    )  # fmt: skip
    call, said, _ = told(balance, tmp_path / "bank.json")
    assert call["outcome"] == "completed"
    assert [tool["tool"] for turn in call["turns"] for tool in turn["tools"] if tool["ok"]] == ["check_pin", "balance"]
    assert "$1240.40" in said
    assert "7316" not in (tmp_path / "bank.json").read_text()
    call, said, printed = told(message, tmp_path / "saas.json")
    assert call["outcome"] == "message_taken"
    assert "Your message is recorded" in said
    assert "one nine four four seven" in " ".join(
        one["text"] for one in call["utterances"] if one["speaker"] == "caller"
    )
    assert "message for billing" in printed
