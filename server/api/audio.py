"""Serving a recording, whole or in parts, also while it grows."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from fastapi import HTTPException, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from recordings.errors import AudioUnavailable
from recordings.playback import Playback, RangeNotSatisfiable, byte_range, playback
from server.api.replies import PRIVATE
from server.data_dir import kept_at

MEDIA_TYPE: Final = "audio/wav"


async def serve_audio(request: Request, audio_root: Path, audio: str | None) -> Response:
    """The recording or the part of it that is asked for. Raises HTTPException 404 and 416."""
    recording = await run_in_threadpool(_recording, audio_root, audio)
    headers = PRIVATE | {"Accept-Ranges": "bytes", "ETag": recording.etag}
    if_range = request.headers.get("if-range")
    wanted = request.headers.get("range") if if_range in {None, recording.etag} else None
    try:
        part = byte_range(wanted, recording.size_bytes)
    except RangeNotSatisfiable as error:
        raise HTTPException(
            416, "The recording is shorter.", headers | {"Content-Range": f"bytes */{recording.size_bytes}"}
        ) from error
    status = 200 if part is None else 206
    part = part or range(recording.size_bytes)
    headers["Content-Length"] = str(len(part))
    if status == 206:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{recording.size_bytes}"
    if request.method == "HEAD":
        return Response(None, status, headers, MEDIA_TYPE)
    return StreamingResponse(_body(recording, part), status, headers, MEDIA_TYPE)


def _recording(audio_root: Path, audio: str | None) -> Playback:
    """Raises HTTPException 404: nothing recorded, or not below the root, whatever the event says."""
    path = kept_at(audio_root, audio)
    try:
        if path is not None:
            return playback(path)
    except AudioUnavailable as error:
        raise HTTPException(404, "There is no recording of this call yet.") from error
    raise HTTPException(404, "There is no recording of this call.")


async def _body(recording: Playback, part: range) -> AsyncIterator[bytes]:
    async for chunk in iterate_in_threadpool(recording.read(part)):
        yield chunk
