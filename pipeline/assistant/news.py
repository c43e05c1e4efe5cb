"""Tells a caller who is still on the line what a person decided about their wish: once, and never over a secret. Pure.

The decision is told at once where the caller is asked for nothing that must not be disturbed; else before the next
question, or before goodbye. `approval.told` says that they heard it: only then nobody calls them back for it. Who did
not hear it out is told once more.
"""

from typing import Final

from pipeline.assistant import pending
from pipeline.assistant.actions import Record, Say
from pipeline.assistant.events import ApprovalDecided, AssistantHeard
from pipeline.assistant.guard.evidence import DeedStatus
from pipeline.assistant.model_tools import did
from pipeline.assistant.spoken import render
from pipeline.assistant.state import News, Spoken
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asking, Confirming, Conversing, Guessing, Instructing, Open, Over, Question

_LEADS_ON: Final = frozenset({"question", "goodbye"})
"""What comes after news in one breath."""
_STATUSES: Final[dict[str, DeedStatus]] = {"done": "done", "checking": "checking"}


def decided(talk: Talk, event: ApprovalDecided) -> bool:
    """A person decided. True: go on with the flow."""
    state = talk.state
    if event.approval not in state.passed_on:
        return talk.ignore(f"who speaks does not wait for {event.approval}")
    if isinstance(state.waiting, Over):
        return talk.ignore("the call is over")
    state.passed_on = tuple(one for one in state.passed_on if one != event.approval)
    talk.record(
        "approval.decided",
        turn=talk.turn,
        approval=event.approval,
        tool=event.tool,
        state=event.state,
        result=dict(event.result),
    )
    state.news += (News(event.approval, _words(talk, event)),)
    if not _may_disturb(talk):
        return False
    talk.begin_turn("")
    for one in state.news:
        _tell(talk, one)
    state.news = ()
    return _ask_again(talk)


def due(talk: Talk) -> None:
    """At the end of an event: put what is not told yet before the question or the goodbye that it leads to."""
    state = talk.state
    said = [(place, action) for place, action in enumerate(talk.out) if isinstance(action, Say)]
    leads = [place for place, action in said if action.purpose in _LEADS_ON]
    if not state.news or not leads or not all(action.interruptible for _, action in said) or not _listens(talk):
        return
    rest = talk.out[leads[-1] :]
    del talk.out[leads[-1] :]
    for one in state.news:
        _tell(talk, one)
    state.news = ()
    talk.out += rest


def heard(talk: Talk, event: AssistantHeard) -> None:
    """An utterance is over: was it news, the caller knows it now, or is told once more."""
    state = talk.state
    told = next((one for utterance, one in state.telling if utterance == event.utterance), None)
    if told is None or event.failed:  # where the voice failed it is said again as another utterance
        return
    state.telling = tuple(pair for pair in state.telling if pair[0] != event.utterance)
    if event.complete:
        talk.out.append(Record("approval.told", {"approval": told.approval, "utterance": event.utterance}))
    elif not told.again:
        state.news += (News(told.approval, told.text, again=True),)


def moved(talk: Talk, before: str, after: str) -> None:
    """What was said as one utterance is said again as another."""
    talk.state.telling = tuple((after if was == before else was, one) for was, one in talk.state.telling)


def waits(talk: Talk, spoken: Spoken) -> bool:
    """Whether this is news that the caller did not hear out: it is told with the next question."""
    return any(one.text == spoken.text for one in talk.state.news)


def _words(talk: Talk, event: ApprovalDecided) -> str:
    """What is said of it: in the tool's own words on the line, else in those of the prompts."""
    binding, prompts = talk.settings.tool(event.tool), talk.prompts
    deed = did(talk, event.tool, _STATUSES.get(event.state, "failed"), {}, event.result)
    own, otherwise = None, prompts.approval_failed
    if event.state == "done" and deed.effective:
        own, otherwise = binding.approved if binding else None, prompts.approval_done
    elif event.state == "rejected":
        own, otherwise = binding.rejected if binding else None, prompts.approval_rejected
    elif event.state == "checking":
        otherwise = prompts.approval_checking
    filled = render(own, talk.line, talk.state, {"result": dict(event.result)}) if own else None
    return filled or otherwise


def _tell(talk: Talk, one: News) -> None:
    utterance = talk.say(one.text)
    talk.state.telling += ((utterance, one),)


def _listens(talk: Talk) -> bool:
    """Whether the caller is there to hear something besides, and is not asked for a secret."""
    waiting, expect = talk.state.waiting, talk.state.expect
    if isinstance(waiting, Over):
        return waiting.reason != "caller_silent"
    asked = isinstance(waiting, Open | Guessing | Asking | Confirming | Instructing | Conversing)
    return asked and not (expect is not None and (expect.secret or expect.private))


def _may_disturb(talk: Talk) -> bool:
    """Whether what is asked now may be interrupted, and asked again."""
    state = talk.state
    if state.consent is not None or state.language_offer is not None or isinstance(state.waiting, Guessing):
        return False  # a yes to these must not be taken for something else
    return _listens(talk)


def _ask_again(talk: Talk) -> bool:
    """Ask what is open once more. True: it cannot be asked, go on."""
    waiting = talk.state.waiting
    if isinstance(waiting, Question):
        return pending.again(talk, waiting)
    more = isinstance(waiting, Open) and (waiting.more or bool(talk.state.served))
    talk.say(talk.prompts.anything_else if more else talk.settings.greeting.question, "question")
    talk.wait(Open(more=more), talk.expect_open())
    return False
