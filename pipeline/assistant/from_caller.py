"""What the caller did: said something, made a sound without words, said nothing. Pure.

A turn goes the same way whatever the line: rules that always win (precedence.py), then whoever waits for an answer,
then a wish (opening.py). A new kind of waiting (state.Waiting) is one more case in each `match` here.
"""

from pipeline.assistant import (
    allowance,
    asking,
    company,
    listening,
    messages,
    not_spoken,
    opening,
    pending,
    permission,
    reply,
    supervised,
    switching,
)
from pipeline.assistant.clarify import not_heard
from pipeline.assistant.events import CallerSilent, CallerTurn, CallerUnheard
from pipeline.assistant.precedence import in_danger, rule_for, ruled, tells_of_danger
from pipeline.assistant.rules import Rule
from pipeline.assistant.state import Said
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import (
    Asking,
    Calling,
    Confirming,
    Conversing,
    Elsewhere,
    Finding,
    Guessing,
    Held,
    Instructing,
    Messaging,
    Nobody,
    OfferingCallback,
    Open,
    Over,
    Permitting,
    Question,
    Queueing,
    Replying,
    Words,
)


def turn(talk: Talk, event: CallerTurn) -> bool:
    """The caller said or keyed something. True: go on with the flow."""
    waiting = talk.state.waiting
    if isinstance(waiting, Nobody | Over):
        return talk.ignore("the call has not begun" if isinstance(waiting, Nobody) else "the call is over")
    if isinstance(waiting, Elsewhere):
        talk.out.append(talk.expect_agent())  # nobody owes the caller an answer
        return talk.ignore("an agent has the caller")
    if not event.text.strip():
        return talk.ignore("nothing was said")
    if isinstance(waiting, Held):
        return _held(talk, waiting, event)
    if isinstance(waiting, Replying):
        reply.drop(talk, waiting)
    talk.begin_turn(event.utterance)
    go_on = _taken(talk, event)
    permission.left(talk, waiting, go_on=go_on)
    return go_on


def _held(talk: Talk, waiting: Held, event: CallerTurn) -> bool:
    """A supervisor has the caller, or lets them wait; who is in danger does not wait."""
    talk.remember(Said(caller=True, text=event.text))
    words = Words(event.text, event.alternatives, event.via, event.start_ms, talk.line.tongue)
    if waiting.taken or not tells_of_danger(talk, words):
        supervised.told(talk, waiting, event)
        return False
    supervised.leave(talk, "danger")
    talk.begin_turn(event.utterance)
    in_danger(talk, words)
    return False


def _taken(talk: Talk, event: CallerTurn) -> bool:
    talk.remember(Said(caller=True, text=event.text))
    words = Words(event.text, event.alternatives, event.via, event.start_ms, talk.line.tongue)
    if in_danger(talk, words):
        listening.take(talk, words)
        return False
    words, told = not_spoken.heard(talk, words)
    if told:
        listening.take(talk, words)
        return False
    words, go_on = switching.heard(talk, words)
    if go_on is not None:
        return go_on
    rule = rule_for(talk, words)
    talk.state.parting &= rule == "goodbye"
    listening.take(talk, words)
    go_on = company.told(talk, words, rule)
    if go_on is not None:
        return go_on
    go_on = ruled(talk, words, rule)
    if go_on is not None:
        return go_on
    if allowance.over_time(talk, event.end_ms):
        return True
    _soothe(talk)
    return _by_what_is_waited_for(talk, event, words, rule)


def unheard(talk: Talk, event: CallerUnheard) -> bool:
    """The caller made a sound without words. True: go on with the flow."""
    if allowance.over_time(talk, event.end_ms):
        return True
    match talk.state.waiting:
        case Asking() | Confirming() | Instructing() | Conversing() as asked:
            return pending.unheard(talk, event, asked)
        case Messaging() as waiting:
            return messages.heard_without_words(talk, event, waiting)
        case Queueing() | OfferingCallback():
            return company.keep(talk)
        case Held():
            return supervised.keep(talk)
        case Permitting() as waiting:
            return permission.unheard(talk, waiting)
        case Open() | Guessing():
            not_heard(talk, recogniser_failed=event.reason in asking.RECOGNISER_FAILED)
            return talk.state.place is not None
        case _:
            return talk.ignore("the assistant has the floor")


def silent(talk: Talk, event: CallerSilent) -> bool:
    """The caller says nothing: ask whether they are there, and in the end let them go."""
    waiting, prompts = talk.state.waiting, talk.prompts
    if isinstance(waiting, Nobody | Calling | Finding | Replying | Elsewhere | Held | Over):
        return talk.ignore("the assistant has the floor")
    if isinstance(waiting, Queueing):
        return company.keep(talk)
    if event.count > len(prompts.check_ins):
        if isinstance(waiting, OfferingCallback) and not waiting.nobody:
            return company.waits_on(talk)
        if talk.state.messages or (talk.state.served and isinstance(waiting, Open)):
            talk.goodbye("caller_silent", prompts.silent_goodbye)
        else:
            talk.end("caller_silent", "caller_silent", prompts.silent_goodbye)
        return False
    talk.say(prompts.check_ins[max(0, event.count - 1)], "check_in")
    question = next((spoken for spoken in reversed(talk.state.said) if spoken.purpose == "question"), None)
    if event.count > 1 and question is not None and not isinstance(waiting, Open):
        talk.say(question.text, "question")
    if talk.state.expect is not None:
        talk.out.append(talk.state.expect)
    return False


def _soothe(talk: Talk) -> None:
    """Tell a caller who sounds frustrated or angry that we are sorry, once, before what they want is seen to."""
    state, heard = talk.state, talk.state.mood.last
    if state.soothed or not isinstance(state.waiting, Open | Guessing):
        return
    if "high" in (heard.level("frustration"), heard.level("anger")):
        state.soothed = True
        talk.say(talk.prompts.sorry)


def _by_what_is_waited_for(talk: Talk, event: CallerTurn, words: Words, rule: Rule | None) -> bool:
    match waiting := talk.state.waiting:
        case Asking() | Confirming() | Instructing() | Conversing():
            return _asked(talk, words, waiting)
        case Permitting():
            return permission.answered(talk, words, waiting)
        case Messaging():
            found = asking.found_after_all(talk, words)
            talk.understood("step", talk.state.last_intent if found is not None else "")
            if found is not None:
                return found
            return messages.told(talk, event, rule, waiting)
        case Calling():
            talk.say(talk.prompts.still_working, "fill")
            return False
        case Finding(back=None) | Finding(step=True):
            talk.leave_flow()
            return _open(talk, event, words, Open())
        case Finding(back=back) if back is not None:
            return _asked(talk, words, back)
        case Open() | Guessing():
            return _open(talk, event, words, waiting)
        case Queueing():
            return _open(talk, event, words, Open())
    return False


def _asked(talk: Talk, words: Words, asked: Question) -> bool:
    go_on = pending.answered(talk, words, asked)
    if go_on is not None:
        talk.understood("step", talk.state.last_intent)
        return go_on
    go_on = opening.digression(talk, words, asked)
    if go_on is not None:
        return go_on
    return pending.missed(talk, words, asked)


def _open(talk: Talk, event: CallerTurn, words: Words, waiting: Open | Guessing) -> bool:
    bare = len(event.text.split()) <= opening.BARE_WORDS
    if talk.state.message is not None and not bare and messages.continued(talk, event):
        talk.understood("step")
        talk.more()
        return False
    talk.state.message = None
    return opening.wanted(talk, words, waiting)
