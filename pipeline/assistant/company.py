"""Keeps the caller company while a person is brought in: where they stand, music, "never mind", "call me back". Pure.

The caller may want anything else meanwhile and is served; the person is brought in all the same. What becomes of it
comes as TransferNews; when nobody comes, the step that wanted somebody takes a message.
"""

import re
from dataclasses import replace
from typing import Final

from pipeline.assistant import answers, disclosing, escalating, queueing
from pipeline.assistant.actions import HOLD_MUSIC, BringAgent, CallBack, CallerReady, Hush, StopTransfer
from pipeline.assistant.events import AssistantHeard, CalledBack, TransferNews
from pipeline.assistant.rules import Rule
from pipeline.assistant.signals.listened import tier_of
from pipeline.assistant.state import Sought
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Handing, OfferingCallback, Open, Over, Place, Queueing, WithAgent, Words
from pipeline.line.flows import EnqueueStep
from pipeline.line.queues import Chosen
from pipeline.line.reasons import sentence
from pipeline.line.verbs import Enqueue
from telephony.agent_words import introduction

_E164: Final = re.compile(r"\+\d{8,15}")
_ON_IT: Final[frozenset[Rule]] = frozenset({"person", "wait", "thanks", "greeting"})
_MOST_ASKED: Final = 2


def begin(talk: Talk, wanted: Enqueue) -> bool:
    """Bring somebody in, where this queue's people can be put through to. False: take a message."""
    state = talk.state
    if state.sought is not None:
        talk.say(talk.prompts.still_seeking)
        talk.wait(Queueing(), talk.expect_open())
        return True
    queue, priority, reason = escalating.whose(talk, wanted)
    agent = state.escalation.agent if state.escalation else ""
    found = Chosen(queue, "open") if agent else queueing.chosen(talk, queue)  # they are there, whatever its hours
    if found.queue not in state.reach or found.state != "open" or state.place is None:
        return False
    state.transfers += 1
    transfer, priority = f"h{state.transfers}", priority or "normal"
    reason = reason or (state.escalation.reason if state.escalation else "") or _unasked(talk, state.place)
    told = sentence(reason, state.escalation.rule if state.escalation else "")
    asked = {"transfer": transfer, "queue": found.queue, "reason": reason, "sentence": told, "priority": priority}
    more = {"instead_of": found.instead_of} if found.instead_of else {}
    talk.record("transfer.requested", turn=talk.turn, **asked, **more)
    state.sought = Sought(transfer, found.queue, state.place, state.escalation)
    talk.out.append(_wanted(talk, transfer, found.queue, reason, told, priority))
    talk.say(talk.prompts.bringing_agent)
    talk.wait(Queueing(), talk.expect_open())
    return True


def call_back(talk: Talk, wanted: CalledBack) -> None:
    """We have called the caller, and somebody is there for them: tell who calls and what speaks, then join them."""
    talk.say(talk.prompts.calling_back.format(name=talk.settings.name), "greeting", interruptible=False)
    disclosing.disclose(talk)
    talk.state.sought = Sought(wanted.transfer, wanted.queue, _bringing(talk, wanted.queue), None)
    talk.state.transfers = 1
    _hand(talk, wanted.agent)


def _bringing(talk: Talk, queue: str) -> Place:
    """The step that brings in people of a queue: it takes a message when they are lost again."""
    flows = talk.settings.flows.items()
    steps = [
        (Place(name, number), step.enqueue.queue)
        for name, flow in flows
        for number, step in enumerate(flow.steps)
        if isinstance(step, EnqueueStep)
    ]
    return next((place for place, its in steps if its == queue), steps[0][0])


def rejoin(talk: Talk) -> None:
    """The caller has sound again, with an agent or on the way to one: whoever puts them through tells what now."""
    _join(talk)


def begin_again(talk: Talk) -> None:
    """The call was resumed while somebody was being brought in: whoever does it may not know of it."""
    sought = talk.state.sought
    if sought is None:
        return
    escalation = sought.escalation
    reason, priority = (
        (escalation.reason, escalation.priority) if escalation else (_unasked(talk, sought.place), "normal")
    )
    told = sentence(reason, escalation.rule if escalation else "")
    talk.out.append(_wanted(talk, sought.transfer, sought.queue, reason, told, priority))


def _unasked(talk: Talk, place: Place) -> str:
    """Why a person is brought in where no rule says so: a flow of the line does, or its way to a person."""
    return "asked_for_person" if place.flow == talk.settings.human_flow else "marked_request"


def _wanted(talk: Talk, transfer: str, queue: str, reason: str, told: str, priority: str) -> BringAgent:
    state, last = talk.state, talk.state.mood.last
    intent = talk.settings.intent(state.last_intent)
    escalation = state.sought.escalation if state.sought is not None else None
    return BringAgent(
        transfer,
        talk.turn,
        queue,
        reason,
        told,
        priority,
        language=talk.line.tongue.code,
        expertise=(intent.expertise or "") if intent else "",
        tier=tier_of(state.facts),
        sentiment="angry" if last.level("anger") == "high" else "negative" if state.mood.negative else "",
        urgency=last.level("urgency"),
        agent=escalation.agent if escalation else "",
        by_phone=escalation.by_phone if escalation else False,
    )


# What the caller says


def told(talk: Talk, words: Words, rule: Rule | None) -> bool | None:
    """The caller said something while somebody is being brought in. None: it is served as ever."""
    state, waiting = talk.state, talk.state.waiting
    if isinstance(waiting, OfferingCallback):
        return _callback_answered(talk, words, rule, waiting)
    if state.sought is None or not isinstance(waiting, Queueing):
        return None
    if rule == "goodbye":
        _stop(talk, "goodbye")
        return None
    if rule == "cancel" or words.language.means(words.text, "never_mind"):
        _stop(talk, "never_mind")
        talk.understood("rule", "cancel")
        talk.say(talk.prompts.cancelled)
        talk.more()
        return False
    if words.language.means(words.text, "call_back"):
        talk.understood("rule", "call_back")
        return _offer_callback(talk, nobody=False)
    if words.language.means(words.text, "leave_message"):
        talk.understood("rule", "message")
        _take_message(talk, _stop(talk, "message"))
        return False
    if words.language.means(words.text, "how_long"):
        talk.understood("rule", "how_long")
        talk.say(_place(talk) or talk.prompts.still_seeking)
        return False
    if rule in _ON_IT or words.language.is_only_yes_or_no(words.text):
        talk.understood("rule", rule or "")
        talk.say(talk.prompts.still_seeking)
        return False
    return None


def keep(talk: Talk) -> bool:
    """The caller made a sound, or none: go on with what there is to hear."""
    waiting = talk.state.waiting
    if isinstance(waiting, OfferingCallback):
        return _ask_callback(talk, waiting)
    _go_on(talk)
    return False


def waits_on(talk: Talk) -> bool:
    """The caller does not want to be called back, or does not say: they wait as before."""
    talk.say(talk.prompts.still_seeking)
    talk.wait(Queueing(), talk.expect_open())
    return False


def heard(talk: Talk, event: AssistantHeard) -> None:
    """An utterance of ours is over."""
    state, waiting = talk.state, talk.state.waiting
    if isinstance(waiting, Handing) and event.utterance == waiting.utterance:
        _join(talk)
    elif isinstance(waiting, Queueing) and event.complete and all(spoken.over for spoken in state.said):
        _go_on(talk)


# What becomes of it


def news(talk: Talk, event: TransferNews) -> bool:
    """What became of bringing somebody in. True: go on with the flow."""
    state, sought = talk.state, talk.state.sought
    if isinstance(state.waiting, Over) or sought is None or sought.transfer != event.transfer:
        return talk.ignore("nobody is being brought in")
    known = _is_known(talk, event)
    if known:
        return talk.ignore(known)
    _note(talk, event)
    match event.kind:
        case "waiting":
            state.sought = replace(
                sought, position=event.position, wait_s=event.wait_s, callback=event.callback or sought.callback
            )
        case "found":
            _found(talk, event)
        case "late":
            talk.say(HOLD_MUSIC, "hold")
        case "connected":
            _connected(talk, event)
        case "lost":
            talk.begin_turn("")
            talk.say(talk.prompts.agent_lost, "apology")
            talk.wait(Queueing(), talk.expect_open())
        case "nobody":
            _nobody(talk, event, sought)
        case "back":
            _back(talk)
    return False


def _is_known(talk: Talk, event: TransferNews) -> str:
    """Why this is no news to the caller; empty: it is."""
    waiting = talk.state.waiting
    if event.kind == "late" and not (isinstance(waiting, WithAgent) and all(said.over for said in talk.state.said)):
        return "there is something to hear"
    if event.kind == "lost" and isinstance(waiting, Queueing | OfferingCallback):
        return "somebody else is looked for already"
    return ""


def _note(talk: Talk, event: TransferNews) -> None:
    names = ("transfer", "agent", "position", "wait_s", "why", "at_once", "callback")
    more = {"introduces": event.introduces} if event.introduces else {}
    talk.record("transfer.told", what=event.kind, **{name: getattr(event, name) for name in names}, **more)


def _found(talk: Talk, event: TransferNews) -> None:
    talk.leave_flow()
    talk.begin_turn("")
    talk.out.append(Hush())
    if event.at_once:
        _join(talk)
        return
    _hand(talk, event.agent)


def _hand(talk: Talk, agent: str) -> None:
    """Tell the caller who is there, then join them."""
    text = talk.prompts.agent_found.format(agent=agent) if agent else talk.prompts.somebody_found
    talk.wait(Handing(talk.say(text, interruptible=False)))


def _join(talk: Talk) -> None:
    sought = talk.state.sought
    talk.wait(WithAgent(), talk.expect_agent())
    if sought is not None:
        talk.out.append(CallerReady(sought.transfer))


def _connected(talk: Talk, event: TransferNews) -> None:
    """They speak: nothing of it is ours any more, but for the words that introduce them to each other."""
    talk.wait(WithAgent())
    if event.introduces:
        talk.begin_turn("")
        talk.say(introduction(talk.line.tongue.code, event.introduces), "introduction", interruptible=False)
        talk.wait(WithAgent(), talk.expect_agent())


def _nobody(talk: Talk, event: TransferNews, sought: Sought) -> None:
    if any(one.text == talk.prompts.agent_lost and not one.over for one in talk.state.said):
        talk.out.append(Hush())  # nobody else is being looked for any more
    talk.leave_flow()
    talk.begin_turn("")
    if event.callback and _number(talk):
        talk.say(talk.prompts.nobody_free)
        _offer_callback(talk, nobody=True)
        return
    talk.state.sought = None
    talk.say(talk.prompts.nobody_free)
    _take_message(talk, sought, told=True)


def _back(talk: Talk) -> None:
    talk.state.sought = None
    talk.leave_flow()
    talk.begin_turn("")
    talk.say(talk.prompts.welcome_back, "question")
    talk.wait(Open(more=True), talk.expect_open())


# Being called back


def _offer_callback(talk: Talk, *, nobody: bool) -> bool:
    if not _number(talk) or talk.state.sought is None or not (nobody or talk.state.sought.callback):
        talk.say(talk.prompts.no_callback)
        return False
    return _ask_callback(talk, OfferingCallback(nobody=nobody))


def _ask_callback(talk: Talk, waiting: OfferingCallback) -> bool:
    digits = " ".join(_number(talk)[-4:])
    talk.say(talk.prompts.offer_callback.format(digits=digits), "question")
    talk.wait(waiting, talk.expect_yes_no())
    return False


def _callback_answered(talk: Talk, words: Words, rule: Rule | None, waiting: OfferingCallback) -> bool | None:
    answer = False if rule == "cancel" else answers.yes_no(words)
    if answer is None:
        if waiting.asked < _MOST_ASKED:
            return _ask_callback(talk, replace(waiting, asked=waiting.asked + 1))
        answer = False
    talk.understood("step")
    sought = talk.state.sought
    if sought is None:
        raise AssertionError("a callback is offered to nobody")  # our own bug: waiting and sought disagree
    if answer:
        talk.state.sought = None
        consent = next((one.utterance for one in reversed(talk.state.said_before)), "")
        talk.record("consent.recorded", turn=talk.turn, to="callback", given=True)
        talk.out.append(CallBack(sought.transfer, _number(talk), consent))
        talk.say(talk.prompts.callback_kept)
        talk.more()
    elif waiting.nobody:
        talk.state.sought = None
        _take_message(talk, sought)
    else:
        waits_on(talk)
    return False


# What the parts share


def _go_on(talk: Talk) -> None:
    """Say where the caller stands, if that is news; else music."""
    sought = talk.state.sought
    if sought is None:
        return
    standing = (sought.position, -(-sought.wait_s // 60)) if sought.position else sought.told
    news = [] if standing == sought.told else [_place(talk)]
    if not sought.music:
        news.append(talk.prompts.hold_music)
    talk.state.sought = replace(sought, told=standing, music=True)
    if news:
        talk.say(" ".join(news))
    else:
        talk.say(HOLD_MUSIC, "hold")


def _place(talk: Talk) -> str:
    """The caller's place and the wait, as far as they are known."""
    sought, prompts = talk.state.sought, talk.prompts
    if sought is None or not sought.position:
        return ""
    place = prompts.queue_next if sought.position == 1 else prompts.queue_position.format(position=sought.position)
    minutes = -(-sought.wait_s // 60)
    if not minutes:
        return place
    wait = prompts.queue_minute if minutes == 1 else prompts.queue_minutes.format(minutes=minutes)
    return f"{place} {wait}"


def _stop(talk: Talk, why: str) -> Sought:
    sought = talk.state.sought
    if sought is None:
        raise AssertionError("nobody is being brought in")  # our own bug
    talk.state.sought = None
    talk.out.append(StopTransfer(sought.transfer, why))
    return sought


def _take_message(talk: Talk, sought: Sought, *, told: bool = False) -> None:
    talk.state.place, talk.state.escalation = sought.place, sought.escalation
    step = talk.flow(sought.place).steps[sought.place.step]
    assert isinstance(step, EnqueueStep)  # noqa: S101  # no other brings anybody in
    queueing.take_message(talk, step.enqueue, told=told)


def _number(talk: Talk) -> str:
    number = talk.state.caller_number
    return number if _E164.fullmatch(number) else ""
