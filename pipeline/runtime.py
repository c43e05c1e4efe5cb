"""What the calls of a process share: engines and stores."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.assistant.llm.port import LanguageModel
from pipeline.decisions import Decisions
from pipeline.drive import utc_now
from pipeline.stages import Stages
from recordings.audio import CallAudio
from recordings.store import CallStore
from voice.prompts import Prompts
from voice.smart_turn import TurnVote
from voice.stt.port import SpeechToText
from voice.tts.port import TextToSpeech
from voice.vad import SpeechGate

if TYPE_CHECKING:
    from pipeline.joining import Puts
    from pipeline.rooms import Rooms


@dataclass(frozen=True, slots=True)
class Runtime:
    """Built once by server/app.py."""

    org_id: str
    store: CallStore
    recording: Callable[[str], CallAudio]
    """Opens the recording of the call with this id, or goes on with it."""
    stt: SpeechToText
    tts: TextToSpeech
    prompts: Prompts
    carry: Callable[[Stages], Coroutine[Any, Any, None]]
    """Joins the stages of a stream and runs them until cancelled: graph.carry or direct.carry."""
    wall_clock: Callable[[], datetime] = utc_now
    """Aware. Ties a call's clock to the world, so that another process can go on with it."""
    model: LanguageModel | None = None
    """Asked what neither a flow nor an approved answer serves; None: nobody is."""
    gate: Callable[[], SpeechGate] = SpeechGate
    """Makes a call's gate; the default one has no second stage."""
    transfers: "Puts | None" = None
    """Puts callers through to people; None: they leave messages."""
    hang_up: "Callable[[str], asyncio.Future[None]] | None" = None
    """Asks the carrier to end the call with this id; done when it was asked. None: it is told when it asks itself."""
    rooms: "Rooms | None" = None
    """Conferences that callers are in from the beginning; None: they cannot be had."""
    decisions: Decisions | None = None
    """What people decide about wishes of calls that go on; None: their callers are called back."""
    turn_vote: TurnVote | None = None
    """Asked by its sound whether a turn is over, where words do not decide; None: nobody is."""
