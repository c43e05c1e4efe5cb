"""A line that texts callers on a server that cannot: told at start, by /healthz and on the pages."""

import asyncio
from pathlib import Path

import pytest

from pipeline.assistant.tools.bind import NOTHING_AROUND, Surroundings
from pipeline.line.load import load_line
from server.health import LineHealth, line_json, line_trouble
from server.lines import Lines
from server.settings import Settings
from server.texting import lacking_messages
from telephony.double.kept_texts import KeptTexts
from tests.fakes.voice import ToneVoice
from voice.prompts import Prompts

pytestmark = [pytest.mark.adapter, pytest.mark.usefixtures("data")]

LINES = Path(__file__).resolve().parents[2] / "lines"


def health_of(root: Path, around: Surroundings) -> LineHealth:
    async def opened() -> LineHealth:
        settings = Settings(_env_file=None, lines=[LINES / "bank"], data_dir=root / "data")
        async with Lines.open(settings, root / "data", Prompts(ToneVoice(), root / "prompts"), around) as lines:
            return lines.health()[0]

    return asyncio.run(opened())


def test_without_an_account_for_texts_the_line_says_what_cannot_run_and_what_to_set(tmp_path):
    health = health_of(tmp_path, NOTHING_AROUND)
    (told,) = health.lacking
    assert told.startswith("text cannot run")
    assert "CORDBOARD_SMS_FROM" in told
    assert line_json(health)["lacking"] == [told]
    assert told in "\n".join(map(str, line_trouble(health)))


def test_with_one_nothing_is_wrong(tmp_path):
    health = health_of(tmp_path, Surroundings(messages=KeptTexts()))
    assert (health.lacking, line_trouble(health)) == ((), [])


def test_tools_for_codes_want_the_account_too_and_other_lines_do_not():
    assert "send_code, check_code" in lacking_messages(load_line(LINES / "saas"))[0]
    assert lacking_messages(load_line(LINES / "example")) == ()
