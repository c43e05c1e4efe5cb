"""The stages of a call joined by plain calls, without pipecat: for calls in virtual time, much faster than real ones.

Cores, drivers, dialogue and store are the real ones; only what carries messages between them differs from graph.
"""

import asyncio

from pipeline.assistant.actions import Say
from pipeline.assistant.events import DialogueEvent
from pipeline.floor import Interrupted
from pipeline.hearing import FINAL_DEADLINE_MS, Heard, HearingOutput, SpeechBegan, SpeechOver, SpeechPauses
from pipeline.stages import Stages
from pipeline.voicing import VoiceAudio, VoiceBegan, Voiced, VoiceFailed
from telephony.ports import Audio, Dtmf, Marked, MediaLost
from voice.audio import pcm_to_ulaw


async def carry(stages: Stages) -> None:
    """Run the stages until cancelled."""
    join = _Join(stages)
    stages.hearing.on_output(join.heard)
    stages.floor.on_output(join.turn)
    stages.answering.on_say(join.say)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(join.read())
        tasks.create_task(join.results())
        tasks.create_task(stages.voicing.run(join.voiced))


class _Join:
    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    async def read(self) -> None:
        stages = self._stages
        try:
            async for event in stages.socket:
                if isinstance(event, Audio):
                    stages.hearing.audio(event)
                elif isinstance(event, Marked):
                    stages.speaking.marked(event.name)
                else:
                    stages.on_media(event)
                    if isinstance(event, Dtmf):
                        stages.floor.key(event.digit)
        except MediaLost as lost:
            stages.on_media(lost)

    def heard(self, output: HearingOutput) -> None:
        recognition = self._stages.recognition
        self._stages.floor.heard(output)
        if isinstance(output, Heard):
            recognition.write(output.pcm, output.at_ms)
        elif isinstance(output, SpeechBegan):
            recognition.speech_started(output.audio_from_ms)
        elif isinstance(output, SpeechPauses):
            recognition.speech_paused(output.at_ms)
        elif isinstance(output, SpeechOver):
            recognition.speech_ended(output.at_ms, FINAL_DEADLINE_MS)

    async def results(self) -> None:
        async for result in self._stages.recognition:
            self._stages.floor.result(result)

    def turn(self, output: DialogueEvent | Interrupted) -> None:
        if isinstance(output, Interrupted):
            self._stages.voicing.interrupt()
        else:
            self._stages.answering.turn(output)

    def say(self, say: Say) -> None:
        self._stages.voicing.speak(say.utterance, say.text)

    async def voiced(self, voiced: Voiced) -> None:
        speaking = self._stages.speaking
        if isinstance(voiced, VoiceBegan):
            speaking.begin(voiced.utterance)
        elif isinstance(voiced, VoiceAudio):
            speaking.audio(voiced.utterance, pcm_to_ulaw(voiced.pcm), voiced.words)
        elif isinstance(voiced, VoiceFailed):
            speaking.fail(voiced.utterance)
        else:
            speaking.end(voiced.utterance)
