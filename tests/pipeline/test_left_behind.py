"""What a killed process leaves behind: calls that were over, and calls whose line was edited meanwhile."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.line.ready import LineRuntime
from pipeline.livecall import record_carrier_message
from pipeline.switchboard import HangUp, Switchboard
from recordings.log import resumed
from telephony.token import CallTokens
from tests.fakes.office import SECRET, VirtualOffice, virtual_office, virtually

pytestmark = pytest.mark.unit

RECORDING = "https://api.example/RE1"
EDITED = "We have moved. How can I help you?"


async def died_with_a_message(office: VirtualOffice) -> str:
    """A call whose process kept the carrier's message and was killed before it wrote how the call ended."""
    call = await office.call()
    await call.quiet()
    office.die()
    log, past = await resumed(office.store, "test", call.sid)
    log.record("message.offered", past[-1].at_ms, by="carrier")
    record_carrier_message(log, next(iter(office.parts.lines.values())), past[-1].at_ms + 9000, RECORDING, 7)
    return call.sid


def edited(line: LineRuntime) -> LineRuntime:
    """The line after an edit of its first question."""
    settings = line.line.settings
    greeting = settings.greeting.model_copy(update={"question": EDITED})
    changed = replace(line.line, settings=settings.model_copy(update={"greeting": greeting}), version="f" * 12)
    return replace(line, line=changed)


def after_an_edit(office: VirtualOffice, kept: dict[str, LineRuntime]) -> Switchboard:
    """The next process's switchboard, which loads the line as it is now, and these versions of it."""

    async def earlier(version: str) -> LineRuntime | None:
        return kept.get(version)

    lines = {number: edited(line) for number, line in office.parts.lines.items()}
    switchboard = Switchboard(office.parts.runtime, lines, CallTokens(SECRET), 4, earlier)
    office.parts = replace(office.parts, switchboard=switchboard)
    return switchboard


@virtually
async def test_a_call_killed_after_its_message_was_taken_ends_with_that(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        sid = await died_with_a_message(office)
        await office.switchboard.finish_abandoned()
        record = await office.ended(sid)
        assert (record.outcome, len(record.messages)) == ("message_taken", 1)
        assert await office.switchboard.resume(sid) == HangUp()


@virtually
async def test_a_message_told_again_to_the_next_process_is_kept_once(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        sid = await died_with_a_message(office)
        await office.switchboard.message_left(sid, RECORDING, 7)
        record = await office.ended(sid)
        assert (record.outcome, len(record.messages)) == ("message_taken", 1)


@virtually
async def test_another_message_of_such_a_call_is_kept_too(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        sid = await died_with_a_message(office)
        await office.switchboard.message_left(sid, "https://api.example/RE2", 7)
        assert len((await office.record(sid)).messages) == 2


@virtually
async def test_a_resumed_call_goes_on_with_the_version_it_began_with(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        began = next(iter(office.parts.lines.values()))
        office.die()
        switchboard = after_an_edit(office, {began.line.version: began})
        await office.resume(call)
        assert [line.version for line in switchboard.lines_in_use()] == [began.line.version]
        new = await office.call()
        await new.quiet()
        spoken = [utterance.text for utterance in (await office.record(new.sid)).utterances]
        assert EDITED in spoken


@virtually
async def test_a_call_whose_version_is_gone_goes_on_with_the_current_one(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        office.die()
        switchboard = after_an_edit(office, {})
        await office.resume(call)
        assert [line.version for line in switchboard.lines_in_use()] == ["f" * 12]


@virtually
async def test_a_call_to_a_number_that_no_line_answers_any_more_goes_on_with_its_own_version(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        began = next(iter(office.parts.lines.values()))
        office.die()
        switchboard = after_an_edit(office, {began.line.version: began})
        switchboard.use_lines({})
        await office.resume(call)
        assert [line.version for line in switchboard.lines_in_use()] == [began.line.version]
