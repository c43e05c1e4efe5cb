"""The verbs of media streams: `<Connect>` hands a call over, `<Start>` and `<Stop>` let the application listen."""

from datetime import UTC, datetime
from secrets import token_hex
from typing import Final

from telephony.double.errors import StreamRefused
from telephony.double.fork import TRACKS, Fork
from telephony.double.program import Outcome, Program
from telephony.double.record import StreamMade
from telephony.double.socket import StreamEnd, StreamSocket
from telephony.double.stream import CarrierStream
from telephony.double.twiml import Connect, Start, Stop, Stream

MAX_TRACKS: Final = 4
"""Twilio forks at most four tracks of a call at once."""


async def connect(program: Program, verb: Connect) -> Outcome:
    """Open the stream and wait: the next verb runs only when the application has closed it."""
    stream, handset = verb.stream, program.handset
    codec = CarrierStream(
        account_sid=program.caller.account_sid,
        call_sid=program.caller.call_sid,
        stream_sid="MZ" + token_hex(16),
        parameters=stream.parameters,
    )
    socket = StreamSocket(codec, handset, program.problem, wait_when_broken=program.settings.on_broken == "wait")
    try:
        webhooks = program.webhooks
        await socket.open(stream.url, reach=webhooks.reach(stream.url), signature=webhooks.signature(stream.url, {}))
    except StreamRefused as refused:
        program.problem(refused.code, refused.detail)
        tell(program, stream, codec.stream_sid, "stream-error", str(refused))
        return None
    tell(program, stream, codec.stream_sid, "stream-started")
    program.stream = socket
    handset.attach(socket)
    start_ms, end = handset.now_ms, StreamEnd("call_over")
    try:
        end = await socket.run()
    finally:
        program.stream = None
        program.log.streams.append(
            StreamMade(
                stream_sid=codec.stream_sid,
                url=stream.url,
                parameters=stream.parameters,
                start_ms=start_ms,
                end_ms=handset.now_ms,
                ended_by=end.by,
                close_code=end.code,
                close_reason=end.reason,
                frames=codec.frames,
            )
        )
        if end.by in {"broken", "protocol", "lost"}:
            tell(program, stream, codec.stream_sid, "stream-error", f"the connection was lost ({end.by})")
        tell(program, stream, codec.stream_sid, "stream-stopped")
    return None


async def start(program: Program, verb: Start) -> Outcome:
    """Open a stream that listens, and go on at once."""
    try:
        listen(program, verb.stream)
    except NotForked as refused:
        program.problem(31941, str(refused))
    return None


class NotForked(Exception):
    """The carrier opens no such stream."""


def listen(program: Program, stream: Stream, *, once: bool = False) -> Fork:
    """Open a stream that listens. once: a name is never used again, not even of one that is over. Raises NotForked."""
    codec = CarrierStream(
        account_sid=program.caller.account_sid,
        call_sid=program.caller.call_sid,
        stream_sid="MZ" + token_hex(16),
        parameters=stream.parameters,
        tracks=TRACKS[stream.track],
        listens_only=True,
    )
    name = stream.name or codec.stream_sid
    forked = sum(len(TRACKS[each.stream.track]) for each in program.forks.values() if not each.over)
    taken = name in program.forks and (once or not program.forks[name].over)
    if taken or forked + len(TRACKS[stream.track]) > MAX_TRACKS:
        raise NotForked(f"a stream {name!r} is there already, or more than {MAX_TRACKS} tracks are")

    def told(event: str, error: str) -> None:
        tell(program, stream, codec.stream_sid, event, error)

    fork = Fork(codec, stream, program.handset, told, program.problem)
    program.forks[name] = fork
    program.handset.up.set()
    program.tasks.create_task(fork.run(program.webhooks), name=f"fork {name}")
    return fork


def fork_of(program: Program, name_or_sid: str) -> Fork | None:
    """The stream that listens under this name, or with this id."""
    by_sid = (each for each in program.forks.values() if each.codec.stream_sid == name_or_sid)
    return program.forks.get(name_or_sid) or next(by_sid, None)


async def stop(program: Program, verb: Stop) -> Outcome:
    """Close a stream that listens."""
    if (fork := program.forks.get(verb.name)) is not None:
        fork.stop()
    return None


def tell(program: Program, stream: Stream, stream_sid: str, event: str, error: str = "") -> None:
    """Tell the stream's status callback how it fares."""
    if stream.status_callback:
        told = {
            "StreamSid": stream_sid,
            "StreamName": stream.name or stream_sid,
            "StreamEvent": event,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            **({"StreamError": error} if error else {}),
        }
        program.tell_later("stream_status", stream.status_callback_method, stream.status_callback, told, event)
