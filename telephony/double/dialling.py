"""What `<Dial>` does: ring targets and bridge the first, enter a conference, or take a queue's first caller."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from telephony.double import tones
from telephony.double.conference import Conference, Participant
from telephony.double.dial_twiml import Attendance, Dial, QueueTarget, Target
from telephony.double.entry import CallEntry, Caller, Subscription, call_sid
from telephony.double.legs import parted, place
from telephony.double.mixer import Loop
from telephony.double.program import Jump, Outcome, Over, Program, Settings
from telephony.double.queues import CallQueue
from telephony.double.room import LeftBy, Member, Room
from voice.audio import FRAME_MS

MAX_SIP_BYTES: Final = 1_024
"""Twilio's limit on a SIP address with its headers."""


async def dial(program: Program, verb: Dial) -> Outcome:
    """Join this call with others until one of them leaves; then ask the action, or go on with the next verb."""
    program.handset.up.set()
    began_ms = program.handset.lasted_ms
    if verb.room is not None:
        told = await _conference(program, verb, verb.room)
    elif verb.queue is not None:
        told = await _queue(program, verb, verb.queue)
    else:
        told = await _targets(program, verb)
    if told["DialCallStatus"] in {"completed", "answered"}:
        told["DialCallDuration"] = str((program.handset.lasted_ms - began_ms) // 1000)
    return Jump(verb.action, verb.method, told, "dial") if verb.action else None


async def join(program: Program, participant: Participant, conference: Conference) -> LeftBy:
    """Take part until the call is let go; the participant has left when this is over, however that came."""
    member = conference.enter(participant, program.handset)
    try:
        return await asyncio.shield(member.left)
    finally:
        conference.leave(participant, program.leaves)


def conference_of(program: Program, attendance: Attendance) -> Conference:
    """The live conference of this name, made when there is none."""
    return program.account.conference(attendance.name) or Conference(program.account, attendance)


async def _conference(program: Program, verb: Dial, attendance: Attendance) -> dict[str, str]:
    found = program.account.conference(attendance.name)
    if (refusal := _refusal(found, attendance)) is not None:
        program.problem(*refusal)
        return {"DialCallStatus": "failed"}
    conference = found or Conference(program.account, attendance)
    joined = join(program, Participant(program.entry, attendance), conference)
    await _until(program, verb, asyncio.ensure_future(joined))
    return {"DialCallStatus": "answered", "DialBridged": "true"}


def _refusal(found: Conference | None, attendance: Attendance) -> tuple[int, str] | None:
    if found is not None:
        return found.refusal(attendance)
    return (13240, f"there is no conference {attendance.name!r} in which to coach") if attendance.coach else None


async def _targets(program: Program, verb: Dial) -> dict[str, str]:
    bridge, won = Room(), asyncio.get_running_loop().create_future()
    bridge.started = False
    me = Member(program.entry.sid, program.handset, music=Loop(tones.ringback()))
    legs = [_leg(program, verb, target) for target in verb.targets]

    def taken(entry: CallEntry) -> bool:
        if won.done():
            return False
        won.set_result(entry)
        for other in legs:
            if other is not entry:
                other.give_up.set()
        return True

    async def bridged(leg: Program) -> Outcome:
        await _joined(bridge, Member(leg.entry.sid, leg.handset), leg)
        return Over("peer")

    over = [asyncio.Event() for _ in legs]
    for entry, target, done in zip(legs, verb.targets, over, strict=True):
        leg = _placed(program, verb, entry, target, bridged, taken, done)
        program.account.tasks.create_task(leg, name=f"call {entry.sid}")
    bridge.enter(me)
    clock = program.tasks.create_task(bridge.run(me.left.done))
    try:
        await _until(program, verb, asyncio.ensure_future(_all(over)))
    finally:
        clock.cancel()
        bridge.leave(me, program.leaves)
        for entry in legs:
            entry.give_up.set()
            if entry.call is not None:
                entry.call.let_go()
    return _result(legs, won.result() if won.done() else None, bridged=bridge.started)


async def _all(events: list[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


def _leg(program: Program, verb: Dial, target: Target) -> CallEntry:
    address, headers = parted(target.to) if target.to.startswith("sip") else (target.to, {})
    if len(target.to.encode()) > MAX_SIP_BYTES:
        program.problem(13223, f"a SIP address of {len(target.to.encode())} bytes; at most {MAX_SIP_BYTES}")
    odd = [name for name in headers if not name.startswith("X-") and name != "User-to-User"]
    if odd:
        program.problem(13224, f"SIP headers that are not passed on: {', '.join(odd)}")
    caller = Caller(
        account_sid=program.caller.account_sid,
        call_sid=call_sid(),
        from_=verb.caller_id or program.caller.from_,
        to=address,
        direction="outbound-dial",
        parent_sid=program.caller.call_sid,
        sip_headers={name: value for name, value in headers.items() if name not in odd},
    )
    subscription = Subscription(target.status_callback, target.status_callback_method, target.status_callback_events)
    return program.account.register(caller, subscription)


async def _placed(
    program: Program,
    verb: Dial,
    entry: CallEntry,
    target: Target,
    bridged: Callable[[Program], Awaitable[Outcome]],
    taken: Callable[[CallEntry], bool],
    done: asyncio.Event,
) -> None:
    settings = Settings(
        voice_url=target.url or program.document_url,
        voice_method=target.method,
        twiml=b"" if target.url else b"<Response/>",
        purpose="whisper",
        voice=program.settings.voice,
        then=bridged,
    )
    try:
        if len(target.to.encode()) > MAX_SIP_BYTES:
            entry.finish("failed")
        else:
            await place(program.account, entry, settings, timeout_s=verb.timeout_s, taken=taken)
    finally:
        done.set()


async def _joined(bridge: Room, member: Member, program: Program) -> None:
    if not bridge.members:
        return
    bridge.enter(member)
    bridge.started = True
    try:
        await asyncio.shield(member.left)
    finally:
        bridge.leave(member, program.leaves)


def _result(legs: list[CallEntry], winner: CallEntry | None, *, bridged: bool) -> dict[str, str]:
    last = winner or legs[-1]
    status = last.status if winner is None else "completed"
    return {"DialCallSid": last.sid, "DialCallStatus": status, "DialBridged": str(bridged).lower()}


async def _queue(program: Program, verb: Dial, target: QueueTarget) -> dict[str, str]:
    queue = program.account.queue(target.name) or CallQueue(program.account, target.name)
    bridge = Room()
    me = Member(program.entry.sid, program.handset)

    async def served() -> None:
        waiting = await queue.first()
        waiting.take(bridge, target, queue)
        bridge.enter(me)
        clock = asyncio.ensure_future(bridge.run(me.left.done))
        try:
            await waiting.over.wait()
        finally:
            clock.cancel()

    try:
        await _until(program, verb, asyncio.ensure_future(served()))
    finally:
        bridge.leave(me, program.leaves)
        for other in list(bridge.members):
            bridge.leave(other, "hung_up")
    return {"DialCallStatus": "completed", "DialBridged": "true"}


async def _until(program: Program, verb: Dial, work: "asyncio.Future[object]") -> None:
    """Wait for it, at most the time limit, or until the caller presses the star that ends it."""
    handset, began_ms = program.handset, program.handset.lasted_ms
    seen = len(handset.keys)
    try:
        while not work.done():
            await asyncio.wait({work}, timeout=FRAME_MS / 1000)
            starred = verb.hangup_on_star and any(key.digit == "*" for key in handset.keys[seen:])
            if starred or handset.lasted_ms - began_ms >= verb.time_limit_s * 1000:
                break
    finally:
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    if not work.cancelled():
        work.result()
