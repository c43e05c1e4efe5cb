"""What a supervisor wants of the dialogue while it has the caller: words, quiet, the caller, a queue, an end. Pure.

Each wish that is met is on record as it came, and a resumed dialogue meets it again; one that cannot be met changes
nothing and is Ignored: whoever asked sees that no record was written.

    verb        met while                                then
    whisper     the call goes on, no agent has it        the model, if there is one, heeds it from its next request on
    say         as whisper, and nobody took over         said; what was asked stays asked
    hold        as say, and no person is looked for      Held: music; what comes from outside waits
    release     Held, music                              what was waited for, asked again
    take_over   as whisper                               Held, taken: the assistant is quiet; who was looked for is not
    hand_back   Held, taken                              anything else? what came from outside meanwhile goes on
    transfer    as whisper, and no person is looked for  the line's flow that brings in a person, for this queue
    end         as whisper                               last words, if there are any; the call ends
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pipeline.assistant import model_tools, notes, opening, pending, reply, steps
from pipeline.assistant.actions import HOLD_MUSIC, End, Hush, Outcome, StopTransfer
from pipeline.assistant.escalate import Escalation
from pipeline.assistant.events import (
    AssistantHeard,
    CallerTurn,
    PassagesFound,
    SupervisorSaid,
    SupervisorWants,
    ToolReturned,
)
from pipeline.assistant.state import Said
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import (
    Calling,
    Elsewhere,
    Finding,
    Held,
    Nobody,
    Open,
    Over,
    Question,
    Queueing,
    Replying,
    Waiting,
)

RECORDS: Final[Mapping[str, str]] = {
    "whisper": "supervisor.whispered",
    "say": "supervisor.dictated",
    "hold": "supervisor.held",
    "release": "supervisor.released",
    "take_over": "supervisor.took_over",
    "hand_back": "supervisor.handed_back",
    "transfer": "supervisor.transferred",
    "end": "supervisor.ended",
}
"""By verb, the event of a wish that was met."""
_WORKS: Final = (Calling, Finding, Replying)
"""The turn is not answered yet."""


def wanted(talk: Talk, event: SupervisorWants) -> bool:
    """Meet a wish. True: go on with the flow."""
    if isinstance(talk.state.waiting, Nobody | Over | Elsewhere):
        return talk.ignore("the assistant does not have the caller")
    return _MEETS[event.verb](talk, event)


def spoke(talk: Talk, event: SupervisorSaid) -> bool:
    """A supervisor spoke with the caller: whoever goes on knows what was said."""
    if not isinstance(talk.state.waiting, Held) or not talk.state.waiting.taken:
        return talk.ignore("no supervisor has the caller")
    talk.remember(Said(caller=False, text=event.text))
    return False


def told(talk: Talk, waiting: Held, event: CallerTurn) -> None:
    """The caller said something while the assistant is held: it is heard by whoever listens, and answered by them."""
    talk.out.append(talk.expect_agent())  # nobody owes the caller an answer
    if not waiting.taken:
        talk.say(HOLD_MUSIC, "hold")
    talk.ignore(f"{event.utterance or 'what was said'} is left to the supervisor")


def keep(talk: Talk) -> bool:
    """The caller made a sound without words: the music goes on."""
    if isinstance(talk.state.waiting, Held) and not talk.state.waiting.taken:
        talk.say(HOLD_MUSIC, "hold")
    return False


def heard(talk: Talk, event: AssistantHeard) -> None:
    """An utterance of ours is over: music, while the caller is held."""
    state = talk.state
    held = isinstance(state.waiting, Held) and not state.waiting.taken
    if held and event.complete and all(spoken.over for spoken in state.said):
        talk.say(HOLD_MUSIC, "hold")


def came(talk: Talk, event: ToolReturned | PassagesFound) -> bool:
    """What was waited for came while the assistant is held: it is kept. False: it is not for this."""
    held = talk.state.waiting
    if not isinstance(held, Held) or not isinstance(held.back, Calling | Finding) or held.back.call != event.call:
        return False
    talk.state.waiting = replace(held, came=event)
    return True


def begin_again(talk: Talk, held: Held) -> None:
    """The call was resumed while the assistant is held. Whoever took over, and is gone, is told of by hand_back."""
    talk.state.waiting = replace(held, again=True)
    talk.out.append(talk.expect_agent())
    if not held.taken:
        talk.say(talk.prompts.resumed, "apology")


def leave(talk: Talk, why: str) -> None:
    """The assistant has to speak, whatever a supervisor wanted: the caller is held no longer."""
    held = talk.state.waiting
    if isinstance(held, Held):
        talk.record("supervisor.released", by="", verb="release", command="", why=why)
        talk.state.waiting = Open(more=True)


# What each verb does


def _whisper(talk: Talk, event: SupervisorWants) -> bool:
    _record(talk, event, text=event.text)
    notes.keep(talk, event.command, event.text)
    return False


def _say(talk: Talk, event: SupervisorWants) -> bool:
    waiting = talk.state.waiting
    if isinstance(waiting, Held) and waiting.taken:
        return talk.ignore("the supervisor speaks with the caller themselves")
    if event.interrupts or isinstance(waiting, Held | Queueing):  # else it would wait for the end of the music
        talk.out.append(Hush())
    if event.interrupts:
        _drop_reply(talk)
    if not isinstance(talk.state.waiting, _WORKS):
        talk.begin_turn("")
    place = len(talk.out)
    utterance = talk.say(event.text)
    words, talk.out[place:] = talk.out[place:], []
    _record(talk, event, text=event.text, utterance=utterance, interrupts=event.interrupts)
    talk.out += words  # on record before anything comes of them
    if talk.state.expect is not None and not isinstance(talk.state.waiting, _WORKS):
        talk.out.append(talk.state.expect)  # what was asked stays asked, and nothing else is to be said
    return False


def _hold(talk: Talk, event: SupervisorWants) -> bool:
    if isinstance(talk.state.waiting, Held | Queueing) or talk.state.sought is not None:
        return talk.ignore("the caller is held already, or waits for a person")
    _record(talk, event)
    _quiet(talk, taken=False)
    talk.say(talk.prompts.one_moment)
    return False


def _release(talk: Talk, event: SupervisorWants) -> bool:
    held = talk.state.waiting
    if not isinstance(held, Held) or held.taken:
        return talk.ignore("the caller is not held")
    _record(talk, event, **_came(held, event))
    talk.out.append(Hush())
    back = held.back
    if isinstance(back, Calling | Finding):
        return _resume_work(talk, held, back, event)
    talk.begin_turn("")
    if isinstance(back, Question):
        talk.state.waiting = back
        return pending.again(talk, back)
    talk.say(held.question or talk.prompts.anything_else, "question")
    talk.wait(back, held.expect)
    return False


def _take_over(talk: Talk, event: SupervisorWants) -> bool:
    waiting = talk.state.waiting
    if isinstance(waiting, Held) and waiting.taken:
        return talk.ignore("a supervisor has the caller already")
    _record(talk, event)
    _stop_seeking(talk)
    if isinstance(waiting, Held):
        talk.out.append(Hush())
        talk.wait(replace(waiting, taken=True), talk.expect_agent())
    else:
        _quiet(talk, taken=True)
    return False


def _hand_back(talk: Talk, event: SupervisorWants) -> bool:
    held = talk.state.waiting
    if not isinstance(held, Held) or not held.taken:
        return talk.ignore("no supervisor has the caller")
    _record(talk, event, **({"why": event.text} if event.text else {}), **_came(held, event))
    if isinstance(held.back, Calling | Finding):
        return _resume_work(talk, held, held.back, event)
    talk.leave_flow()
    talk.begin_turn("")
    talk.say(talk.prompts.welcome_back, "question")
    talk.wait(Open(more=True), talk.expect_open())
    return False


def _transfer(talk: Talk, event: SupervisorWants) -> bool:
    queue = event.queue or (talk.state.reach[0] if event.agent and talk.state.reach else "")
    if talk.state.sought is not None or queue not in talk.state.reach:
        return talk.ignore("a person is looked for already, or nobody of this queue can be put through to")
    _record(talk, event, queue=queue, **_whom(event))
    _drop_reply(talk)
    talk.out.append(Hush())
    talk.state.waiting = Open(more=True)
    talk.begin_turn("")
    talk.bring_in(Escalation("", "supervisor", queue, "", "", "normal", offered=False, evidence=(), **_whom(event)))
    return True


def _whom(event: SupervisorWants) -> dict[str, Any]:
    if not event.agent:
        return {}
    return {"agent": event.agent, **({"by_phone": True} if event.by_phone else {})}


def _end(talk: Talk, event: SupervisorWants) -> bool:
    _record(talk, event, text=event.text)
    _drop_reply(talk)
    _stop_seeking(talk)
    talk.out.append(Hush())
    if event.text:
        talk.begin_turn("")
        talk.goodbye("supervisor", event.text)
        return False
    talk.leave_flow()
    outcome: Outcome = "message_taken" if talk.state.messages else "completed"
    talk.wait(Over(outcome, "supervisor"))
    talk.out.append(End(outcome, "supervisor"))
    return False


# What they share


def _record(talk: Talk, event: SupervisorWants, **more: object) -> None:
    talk.record(RECORDS[event.verb], by=event.by, verb=event.verb, command=event.command, **more)


def _quiet(talk: Talk, *, taken: bool) -> None:
    """Be held from now on."""
    state = talk.state
    _drop_reply(talk)
    asked = (spoken for spoken in reversed((*state.said_before, *state.said)) if spoken.purpose == "question")
    question = next((spoken.text for spoken in asked), "")
    talk.out.append(Hush())
    back: Waiting = Open(more=True) if isinstance(state.waiting, Queueing) else state.waiting
    held = Held(back, question, state.expect, taken=taken)
    if not isinstance(back, _WORKS):
        talk.begin_turn("")
    talk.wait(held, talk.expect_agent())


def _drop_reply(talk: Talk) -> None:
    if isinstance(talk.state.waiting, Replying):
        reply.drop(talk, talk.state.waiting)


def _stop_seeking(talk: Talk) -> None:
    sought, talk.state.sought = talk.state.sought, None
    if sought is not None:
        talk.out.append(StopTransfer(sought.transfer, "supervisor"))


def _came(held: Held, event: SupervisorWants) -> dict[str, bool]:
    return {"came": True} if held.came is not None or event.came else {}


def _resume_work(talk: Talk, held: Held, back: Calling | Finding, event: SupervisorWants) -> bool:
    """Go on with what a tool or a search gave meanwhile, or will give."""
    talk.wait(back, held.expect)
    match held.came, back:
        case ToolReturned() as returned, Calling():
            model_tools.keep(talk, back.tool, back.arguments, returned)
            return steps.returned(talk, back, returned)
        case PassagesFound() as found, Finding():
            return opening.found(talk, back, found)
    if event.came:
        return False
    talk.say(talk.prompts.still_working, "fill")
    if held.again:
        talk.ask_outside()
    return False


_MEETS: Final[Mapping[str, Callable[[Talk, SupervisorWants], bool]]] = {
    "whisper": _whisper,
    "say": _say,
    "hold": _hold,
    "release": _release,
    "take_over": _take_over,
    "hand_back": _hand_back,
    "transfer": _transfer,
    "end": _end,
}
