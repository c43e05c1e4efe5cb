"""`cordboard call --url` as people run it: its own process, against a server that runs."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.made import Made
from tests.server.kills import ACCESS_TOKEN, AUTH_TOKEN, NUMBER, REPOSITORY, SAMPLES, Office

pytestmark = pytest.mark.call


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, made: Made) -> Iterator[Office]:
    office = Office(made.at(tmp_path_factory.mktemp("office")))
    office.start()
    try:
        asyncio.run(office.ready())
        yield office
    finally:
        office.kill()


def calling(office: Office, *options: str | Path, token: str = ACCESS_TOKEN) -> "subprocess.Popen[str]":
    environment = os.environ | {"CORDBOARD_TWILIO_AUTH_TOKEN": AUTH_TOKEN, "CORDBOARD_ACCESS_TOKEN": token}
    command = [sys.executable, "-m", "server", "call", "--url", office.url, *map(str, options)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finished(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, errors = process.communicate(timeout=90)
    return process.returncode, out, errors


def test_a_wrong_access_token_is_noticed_before_anything_is_called(office: Office):
    status, out, errors = finished(calling(office, SAMPLES / "yes_rms.wav", token="not the token of it"))
    assert status == 2
    assert "CORDBOARD_ACCESS_TOKEN" in errors
    assert out == ""


def test_a_refused_call_says_what_the_caller_was_told_and_no_figures(office: Office):
    status, out, errors = finished(calling(office, SAMPLES / "yes_rms.wav", "--to", "+14155550000"))
    assert status == 1, errors
    assert "“The number you have called is not in service. Goodbye.”" in out, errors
    assert "refused" in out
    assert "Longest silence" not in out
    assert "carries sound" not in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_hangs_up_as_a_caller_does_and_without_a_number_the_servers_is_called(
    office: Office, tmp_path: Path, number: signal.Signals
):
    result = tmp_path / "call.json"
    process = calling(office, SAMPLES / "where_is_my_order_rms.wav", "--json", result)
    assert process.stdout is not None
    first = process.stdout.readline() + process.stdout.readline()
    assert NUMBER in first
    time.sleep(1.0)  # the caller listens to the greeting
    process.send_signal(number)
    status, _, errors = finished(process)
    assert json.loads(result.read_text())["outcome"] == "caller_hung_up", errors
    assert status == 0
