"""What one stream of one call is made of, before anything joins it: pipecat (graph) or direct calls (direct)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.answering import Answering
from pipeline.floor import Floor
from pipeline.hearing import Hearing
from pipeline.speaking import Speaking
from pipeline.voicing import Voicing
from telephony.ports import MediaEvent, MediaLost, MediaSocket
from voice.stt.port import Recognition


@dataclass(frozen=True, slots=True)
class Stages:
    """What one stream of one call is made of, before anything joins it."""

    socket: MediaSocket
    hearing: Hearing
    recognition: Recognition
    floor: Floor
    answering: Answering
    speaking: Speaking
    voicing: Voicing
    on_media: Callable[[MediaEvent | MediaLost], None]
    tasks: asyncio.TaskGroup
    """The stream's: what raises in one of its tasks ends the stream."""
