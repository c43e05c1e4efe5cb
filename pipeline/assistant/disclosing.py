"""The caller is told what speaks, and of any recording; that they heard it is on record. Pure."""

from pipeline.assistant.events import AssistantHeard
from pipeline.assistant.talk import Talk


def disclose(talk: Talk) -> None:
    """Say what speaks, and of any recording: once in each language that the call is held in."""
    code = talk.line.tongue.code
    if code not in talk.state.disclosed:
        talk.state.disclosed += (code,)
        talk.say(talk.settings.greeting.disclosure, "greeting", interruptible=False)


def told(talk: Talk, event: AssistantHeard) -> None:
    """An utterance is over: where it is the disclosure, and all of it was heard, that is on record."""
    if not event.complete or event.utterance != talk.state.disclosure:
        return
    talk.state.disclosure = ""
    if talk.settings.recording.consent == "announce":
        at = {"start_ms": event.start_ms, "end_ms": event.end_ms}
        talk.record("recording.announced", utterance=event.utterance, language=talk.line.tongue.code, **at)


def keeps_sound(talk: Talk) -> bool:
    """Whether the caller's sound is kept now."""
    return talk.settings.recording.consent == "announce" or talk.state.permitted
