"""Which queue gets the caller now, and what is said where nobody is there. Pure."""

from pipeline.assistant import escalating
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Messaging
from pipeline.line.flows import TakeMessage
from pipeline.line.hours import spoken_status
from pipeline.line.queues import Chosen, choose, local_time
from pipeline.line.verbs import Enqueue


def chosen(talk: Talk, queue: str) -> Chosen:
    """Who gets a caller that is meant for this queue."""
    settings = talk.settings
    return choose(settings.queues, queue, settings.hours, talk.line.tongue.code, talk.state.local_time)


def tell_closed(talk: Talk, wanted: TakeMessage | Enqueue) -> bool:
    """Say so where a queue says what is said, or has hours of its own: else the line's own texts are enough."""
    found = chosen(talk, escalating.whose(talk, wanted)[0])
    queue, now = talk.settings.queue(found.queue), talk.state.local_time
    if queue is None or found.state == "open" or now is None:
        return False
    text = queue.emergency or queue.closed
    if text is None and queue.hours is not None:
        status = spoken_status(queue.hours, local_time(queue.hours, now), talk.line.tongue)
        text = talk.prompts.queue_closed.format(hours=status)
        if queue.voicemail or not isinstance(wanted, Enqueue):
            text = f"{text} {talk.prompts.they_call_back}"
    if text is not None:
        talk.say(text)
    return text is not None


def take_message(talk: Talk, wanted: Enqueue, *, told: bool = False) -> None:
    """Nobody of this queue can be put through to: ask for a message, where the queue takes them.

    told: the caller knows that nobody comes. Texts that invite a message are said only where one is taken.
    """
    queue = talk.settings.queue(chosen(talk, escalating.whose(talk, wanted)[0]).queue)
    if queue is not None and not queue.voicemail:
        if not tell_closed(talk, wanted) and not told:
            talk.say(talk.prompts.nobody_free)
        talk.more()
        return
    if wanted.unreachable is not None:
        talk.say_filled(wanted.unreachable)
    tell_closed(talk, wanted)
    if wanted.prompt is None or not talk.say_filled(wanted.prompt, "question"):
        talk.say(talk.prompts.tell_queue, "question")
    talk.wait(Messaging(), talk.expect_message())
