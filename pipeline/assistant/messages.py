"""Taking a message for humans: kept as soon as the caller has spoken, in words and as the place in the recording."""

from dataclasses import replace
from typing import Final

from pipeline.assistant import answers, disclosing, escalating, queueing
from pipeline.assistant.events import CallerTurn, CallerUnheard
from pipeline.assistant.rules import Rule, normal
from pipeline.assistant.spoken import render
from pipeline.assistant.state import Message
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Messaging, Words
from pipeline.line.flows import EnqueueStep, TakeMessage, TakeMessageStep
from pipeline.line.verbs import Enqueue

ENOUGH_SOUND_MS: Final = 1500
"""A sound this long without words is taken as a message: people can listen to it."""
MOST_NUDGES: Final = 2
"""So often a message without words is asked for again where its sound is not kept."""
_KEYS: Final = 7
"""Keys that may be a telephone number, and so a message."""
_NOT_A_MESSAGE: Final[frozenset[Rule]] = frozenset({"person", "wait", "greeting"})


def told(talk: Talk, event: CallerTurn, rule: Rule | None, waiting: Messaging) -> bool:
    """The caller spoke when a message was asked for. True: go on with the flow."""
    if rule == "cancel" or _wants_none(talk, event, waiting):
        talk.say(talk.prompts.no_message)
        talk.more()
        return False
    if waiting.nudges == 0 and (rule in _NOT_A_MESSAGE or _too_little(talk, event)):
        return _listen(talk, waiting)
    _keep(talk, event.text, event.start_ms, event.end_ms)
    return True


def heard_without_words(talk: Talk, event: CallerUnheard, waiting: Messaging) -> bool:
    """The recogniser made nothing of the message: long enough, it is kept as sound. True: go on with the flow."""
    keyed = event.reason == "incomplete"
    if keyed or (event.end_ms - event.start_ms < ENOUGH_SOUND_MS and waiting.nudges == 0):
        return _listen(talk, waiting)
    kept = disclosing.keeps_sound(talk)
    if not kept and waiting.nudges < MOST_NUDGES:
        return _listen(talk, waiting)
    _keep(talk, "", event.start_ms, event.end_ms, taken="" if kept else talk.prompts.message_noted)
    return True


def continued(talk: Talk, event: CallerTurn) -> bool:
    """More words came before the caller heard that the message is kept: they are part of it."""
    message = talk.state.message
    if message is None or event.via != "speech":
        return False
    text = f"{message.text} {event.text}".strip()
    start_ms = message.start_ms or event.start_ms
    _write(talk, replace(message, text=text, start_ms=start_ms, end_ms=event.end_ms))
    return True


def _wants_none(talk: Talk, event: CallerTurn, waiting: Messaging) -> bool:
    """The caller only says no, in more than a word that a cough may have been, or says nothing of their own twice."""
    words = Words(event.text, via=event.via, language=talk.line.tongue)
    if event.via == "dtmf" or not words.language.is_only_yes_or_no(event.text):
        return False
    return waiting.nudges > 0 or (len(normal(event.text).split()) > 1 and answers.yes_no(words) is False)


def _too_little(talk: Talk, event: CallerTurn) -> bool:
    """Yes, thanks, a word, or fewer keys than a telephone number has."""
    if event.via == "dtmf":
        return len(event.text) < _KEYS
    return len(normal(event.text).split()) < 2 or talk.line.tongue.is_only_yes_or_no(event.text)


def _listen(talk: Talk, waiting: Messaging) -> bool:
    talk.say(talk.prompts.listening, "question")
    talk.wait(Messaging(waiting.nudges + 1), talk.expect_message())
    return False


def _keep(talk: Talk, text: str, start_ms: int, end_ms: int, taken: str = "") -> None:
    wanted = _wanted(talk)
    talk.state.messages += 1
    taken = taken or render(wanted.taken or "", talk.line, talk.state) or talk.prompts.message_kept
    queue, *urgency = escalating.whose(talk, wanted)
    found = queueing.chosen(talk, queue)
    kept = Message(f"m{talk.state.messages}", found.queue, text, start_ms, end_ms, "", taken, *urgency)
    _write(talk, replace(kept, queue_state=found.state, instead_of=found.instead_of))
    if talk.state.place is not None:
        talk.state.place = talk.state.place.next


def _write(talk: Talk, message: Message) -> None:
    state = talk.state
    talk.record(
        "message.taken",
        turn=talk.turn,
        queue=message.queue,
        text=message.text,
        start_ms=message.start_ms,
        end_ms=message.end_ms,
        message=message.id,
        caller_number=state.caller_number,
        intent=state.last_intent,
        queue_state=message.queue_state,
        **({"instead_of": message.instead_of} if message.instead_of else {}),
        **({"priority": message.priority, "reason": message.reason} if message.priority else {}),
        slots={
            slot: state.facts[slot] for _, question in talk.line.questions if (slot := question.slot) in state.facts
        },
    )
    confirmed_by = talk.say(message.taken)
    state.message = replace(message, confirmed_by=confirmed_by)


def _wanted(talk: Talk) -> TakeMessage | Enqueue:
    place = talk.state.place
    step = talk.flow(place).steps[place.step] if place else None
    if isinstance(step, TakeMessageStep):
        return step.take_message
    if isinstance(step, EnqueueStep):
        return step.enqueue
    raise AssertionError(f"no message is taken at {place}")  # our own bug: waiting and place disagree
