"""The figures of finished calls over HTTP."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Response

from recordings.errors import AudioUnavailable
from recordings.events import Event
from recordings.metrics.report import call_metrics, to_json
from recordings.store import CallStore
from recordings.summary import CallSummary
from recordings.wav import read_samples
from server.api.replies import asked, known_call, private_json, token_needed
from server.auth import Access
from server.data_dir import kept_at


def metrics_router(store: CallStore, audio_root: Path, access: Access) -> APIRouter:
    """GET /api/calls/{id}/metrics."""
    router = APIRouter(prefix="/api/calls", tags=["calls"], dependencies=[Depends(token_needed(access))])

    @router.get("/{call_id}/metrics")
    async def get_metrics(call_id: str) -> Response:
        """How well a finished call was conducted (docs/metrics.md), from its events and from its recording.

        409 while it lives. `ear` and `disagreements` are null where there is no recording.
        """
        summary = await known_call(store, call_id)
        if summary.live:
            raise HTTPException(409, "The call is not over; its figures come when it is.", {"Retry-After": "10"})
        return private_json(await asyncio.to_thread(_figures, audio_root, summary, await asked(store.events(call_id))))

    return router


def _figures(audio_root: Path, summary: CallSummary, events: tuple[Event, ...]) -> dict[str, Any]:
    path = kept_at(audio_root, summary.audio)
    try:
        samples = None if path is None else read_samples(path)
    except AudioUnavailable:  # never written, or not kept any longer: the events still tell
        samples = None
    return to_json(call_metrics(summary.call_id, events, samples))
