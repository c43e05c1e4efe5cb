"""What each TwiML verb does on a call: one function per verb, joined in the table at the end.

Streams stand in media_verbs.py, what joins calls in dialling.py and queues.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex
from typing import Any, Final

from telephony.double import dialling, media_verbs, queues, tones
from telephony.double.dial_twiml import Dial, Enqueue, Leave
from telephony.double.errors import NotAudio, WebhookFailed
from telephony.double.gathering import Gathered, Gathering
from telephony.double.handset import Handset
from telephony.double.program import Jump, Outcome, Over, Program
from telephony.double.sounds import INVALID_MEDIA, fetched, spoken
from telephony.double.twiml import (
    Connect,
    Gather,
    Hangup,
    NotPlayed,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Start,
    Stop,
    Verb,
)

BEEP_HZ: Final = 1000
BEEP_MS: Final = 300


async def say(program: Program, verb: Say) -> Outcome:
    """Speak the text with the voice that was given, or something that is as long."""
    ulaw = await spoken(program.settings.voice, verb)
    for _ in range(verb.loop):
        await _play_out(program.handset, ulaw)
    return None


async def play(program: Program, verb: Play) -> Outcome:
    """Fetch the file and play it, or play key tones. What cannot be played is a problem, and the call goes on."""
    try:
        ulaw = tones.keys(verb.digits) if verb.digits else await fetched(program.entry, verb.url)
    except WebhookFailed as failed:
        program.problem(failed.code, failed.detail)
        return None
    except (NotAudio, ValueError) as error:
        program.problem(INVALID_MEDIA, str(error))
        return None
    for _ in range(verb.loop):
        await _play_out(program.handset, ulaw)
    return None


async def pause(program: Program, verb: Pause) -> Outcome:
    """Wait silently."""
    program.handset.up.set()
    await program.handset.wait_ms(verb.length_s * 1000)
    return None


async def redirect(program: Program, verb: Redirect) -> Outcome:
    """Go on with another document; nothing after it is executed."""
    del program
    return Jump(verb.url, verb.method)


async def hang_up(program: Program, verb: Hangup) -> Outcome:
    """End the call."""
    del program, verb
    return Over("hangup")


async def reject(program: Program, verb: Reject) -> Outcome:
    """Do not take the call; only the first verb can do that, later ones are passed over as Twilio does."""
    del verb
    return Over("rejected") if len(program.log.executed) == 1 else None


async def gather(program: Program, verb: Gather) -> Outcome:
    """Collect keys while the prompts play; the first key stops them."""
    gathered = await _gathered(program, verb)
    if not gathered.digits and not verb.action_on_empty:
        return None
    told = {"Digits": gathered.digits, "FinishedOnKey": gathered.finished_on, "msg": "Gather End"}
    return Jump(verb.action, verb.method, told, "gather")


async def record(program: Program, verb: Record) -> Outcome:
    """Record what the caller says; without a sound from the caller the next verb runs."""
    handset = program.handset
    handset.up.set()
    if verb.beep:
        await _play_out(handset, tones.tone((BEEP_HZ,), BEEP_MS))
    began_ms, seen, ended_by = await handset.tick(), len(handset.keys), ""
    try:
        while not ended_by:
            ended_by = _recording_ended(handset, verb, began_ms, await handset.tick(), seen)
    except asyncio.CancelledError:
        if told := _recorded(program, verb, began_ms, "hangup"):
            program.tell_later("record", verb.method, verb.action, told)
        raise
    told = _recorded(program, verb, began_ms, ended_by.removeprefix("silence").removeprefix("limit"))
    return Jump(verb.action, verb.method, told, "record") if told else None


async def not_played(program: Program, verb: NotPlayed) -> Outcome:
    """A verb that the double does not know: written down, and the next one runs."""
    program.problem(0, f"<{verb.name}> is not played by this double")
    return None


async def _play_out(handset: Handset, ulaw: bytes) -> None:
    ear = handset.ear
    ear.queue(handset.now_ms, ulaw)
    handset.up.set()
    try:
        while ear.buffered_ms(handset.now_ms) > 0:
            await handset.tick()
    finally:
        if ear.buffered_ms(handset.now_ms) > 0:
            ear.clear(handset.now_ms, "interrupted")


async def _gathered(program: Program, verb: Gather) -> Gathered:
    handset = program.handset
    handset.up.set()
    gathering = Gathering(num_digits=verb.num_digits, finish_on=verb.finish_on, timeout_ms=verb.timeout_s * 1000)
    seen, result = len(handset.keys), None
    async with asyncio.TaskGroup() as tasks:
        prompts = tasks.create_task(_prompt(program, verb))
        while result is None:
            now_ms = await handset.tick()
            if prompts.done():
                gathering.prompted(now_ms)
            while result is None and seen < len(handset.keys):
                prompts.cancel()
                result = gathering.press(now_ms, handset.keys[seen].digit)
                seen += 1
            result = result or gathering.tick(now_ms)
        prompts.cancel()
    return result


async def _prompt(program: Program, verb: Gather) -> None:
    for prompt in verb.prompts:
        await VERBS[type(prompt)](program, prompt)


def _recording_ended(handset: Handset, verb: Record, began_ms: int, now_ms: int, seen: int) -> str:
    for key in handset.keys[seen:]:
        if key.digit in verb.finish_on:
            return key.digit
    if now_ms - began_ms >= verb.max_length_s * 1000:
        return "limit"
    quiet_since_ms = max(began_ms, handset.ear.caller.quiet_since_ms(now_ms))
    return "silence" if now_ms - quiet_since_ms >= verb.timeout_s * 1000 else ""


def _recorded(program: Program, verb: Record, began_ms: int, digits: str) -> dict[str, str]:
    """What the action is told about a recording that is now kept; empty when the caller made no sound."""
    handset, now_ms = program.handset, program.handset.now_ms
    if not handset.ear.caller.audible_ms(began_ms, now_ms):
        return {}
    sid = "RE" + token_hex(16)
    program.log.recordings[sid] = handset.ear.caller.audio(began_ms, now_ms)
    account = program.caller.account_sid
    told = {
        "RecordingSid": sid,
        "RecordingUrl": f"https://api.twilio.com/2010-04-01/Accounts/{account}/Recordings/{sid}",
        "RecordingDuration": str((now_ms - began_ms) // 1000),
    }
    if verb.status_callback:
        ready = {**told, "RecordingStatus": "completed", "RecordingChannels": "1", "RecordingSource": "RecordVerb"}
        program.tell_later("record", verb.status_callback_method, verb.status_callback, ready, "recording-completed")
    return {**told, "Digits": digits}


VERBS: Final[Mapping[type[Verb], Callable[[Program, Any], Awaitable[Outcome]]]] = {
    Say: say,
    Play: play,
    Pause: pause,
    Redirect: redirect,
    Hangup: hang_up,
    Reject: reject,
    Connect: media_verbs.connect,
    Start: media_verbs.start,
    Stop: media_verbs.stop,
    Dial: dialling.dial,
    Enqueue: queues.enqueue,
    Leave: queues.leave,
    Gather: gather,
    Record: record,
    NotPlayed: not_played,
}
"""Every verb and what it does."""
