"""The caller may say anything: a flow for a confident intent, knowledge for a question, else clarify, else a human."""

from dataclasses import replace
from typing import Final

from pipeline.assistant import (
    answers,
    asides,
    conversing,
    escalating,
    pending,
    reply,
    returning,
    steps,
    topics,
    unasked,
)
from pipeline.assistant.clarify import check_guess, keypad_menu, unanswered
from pipeline.assistant.events import PassagesFound
from pipeline.assistant.heard import heard_before, spoken_into
from pipeline.assistant.rules import mentions, normal
from pipeline.assistant.slots import parse_yes_no, split_correction
from pipeline.assistant.state import Paused
from pipeline.assistant.talk import Talk
from pipeline.assistant.understand import Guess
from pipeline.assistant.waiting import Conversing, Finding, Guessing, Open, Question, Words
from pipeline.line.flows import HUMAN_KEY
from pipeline.line.model import Intent
from pipeline.line.policy import Boundary

MAX_READINGS: Final = 4
"""Other readings may confirm the best one's intent, never bring in another."""
BARE_WORDS: Final = 3
"""A yes or no of so few words holds no wish besides."""


def wanted(talk: Talk, words: Words, waiting: Open | Guessing) -> bool:
    """Act on what the caller wants. True: go on with the flow that was entered."""
    if words.via == "dtmf":
        return _keyed(talk, words, waiting)
    if _declined(talk, words):
        talk.more()
        return False
    answer, number = _agreed(words, waiting), unasked.flow_for_number(talk, words)
    short = number is None and len(normal(words.text).split()) <= BARE_WORDS
    if answer is not None and (short or (answer is False and isinstance(waiting, Open))):
        return _answered(talk, words, waiting, yes=answer)
    several = topics.mentioned(talk, words)
    if several:
        (first, sure, _), *later = several
        talk.understood("intent", first.name, sure.confidence)
        topics.note(talk, later)
        talk.enter(first.flow, words)
        return True
    intent, guess = understand(talk, words)
    if intent is not None and not _only_corrects(words, number):
        talk.understood("intent", intent.name, guess.confidence)
        talk.enter(intent.flow, words)
        return True
    if number is not None:
        number = unasked.likelier_flow(talk, words, guess) or number
        talk.understood("step", _intent_of(talk, number), guess.confidence)
        talk.enter(number, words)
        return True
    if answer is not None and words.language.is_only_yes_or_no(words.text):
        return _answered(talk, words, waiting, yes=answer)
    return _look_up(talk, words, guess)


def _agreed(words: Words, waiting: Open | Guessing) -> bool | None:
    """Whether this is a yes or a no; where anything may be wished, only one with nothing besides.

    Whoever says "cancel my order" or "nothing arrived" is not done, and "order status please" is no yes.
    """
    agreed = parse_yes_no(words.answer)
    if isinstance(waiting, Guessing):
        return agreed
    if words.language.is_plain_no(words.text):
        return False
    return True if agreed and words.language.is_only_yes_or_no(words.text) else None


def understand(talk: Talk, words: Words) -> tuple[Intent | None, Guess]:
    """The intent of an utterance when that is sure: an operator's own example always is."""
    exact = talk.line.examples.get(normal(words.text))
    if exact is not None:
        return exact, Guess(exact.name, 1.0, True, ((exact.name, 1.0),))
    guess = talk.understanding.intent(words.text)
    if not guess.sure:
        guess = unasked.without_numbers(talk, words) or topics.one_part(talk, words) or guess
    if not guess.sure:
        others = [talk.understanding.intent(text) for text in words.readings[1:MAX_READINGS]]
        guess = next((other for other in others if other.sure and other.intent == guess.intent), guess)
    return (talk.settings.intent(guess.intent) if guess.sure else None), guess


def digression(talk: Talk, words: Words, asked: Question) -> bool | None:
    """The caller wants something else in the middle of a question. None: nothing that is sure."""
    if words.via == "dtmf":
        return None
    if _declined(talk, words):
        return pending.again(talk, asked)
    state = talk.state
    intent, guess = understand(talk, words)
    place = state.place
    if intent is not None and place is not None and intent.flow not in {place.flow, state.last_flow}:
        talk.understood("intent", intent.name, guess.confidence)
        _digress(talk, intent.flow, words, asked)
        return True
    if isinstance(asked, Conversing):
        return None
    if intent is None and words.language.is_question(words.text) and talk.settings.knowledge is not None:
        talk.wait(Finding(talk.next_call(), words.text, talk.turn, step=False, back=asked))
        talk.ask_outside()
        return False
    return None


def declined(talk: Talk, words: Words) -> Boundary | None:
    """The topic of these words that the line declines."""
    return next((one for one in talk.settings.boundaries if mentions(words.text, one.phrases)), None)


def _declined(talk: Talk, words: Words) -> bool:
    """Whether this is a topic that the line declines; then that was said."""
    boundary = declined(talk, words)
    if boundary is None:
        return False
    talk.understood("rule", "boundary")
    talk.record("topic.declined", turn=talk.turn, topic=boundary.topic)
    talk.say(boundary.say)
    return True


def _digress(talk: Talk, flow: str, words: Words, asked: Question) -> None:
    """Into another flow, and back to the question behind it; not when the caller means that one instead."""
    state = talk.state
    interrupted = next((one for one in state.paused if one.flow == flow), None)
    if interrupted is not None:  # back to what this one interrupted
        state.paused = state.paused[: state.paused.index(interrupted)]
    instead = words.language.means_instead(words.text)
    if state.place is None or flow == talk.settings.human_flow or interrupted is not None or instead:
        kept = state.paused if interrupted is not None else ()
        talk.enter(flow, words)
        state.paused = kept
        return
    paused = Paused(state.place, asked, state.last_flow, state.opening, state.returns, state.instructed, state.settled)
    returning.interrupt(talk, flow, words, paused)


def found(talk: Talk, waiting: Finding, event: PassagesFound) -> bool:
    """Knowledge was searched. True: go on with the flow."""
    _record(talk, waiting, event)
    if waiting.step and isinstance(waiting.back, Conversing):
        return conversing.found(talk, waiting, waiting.back, event.passages)
    sure = event.certain and bool(event.passages)
    certain = sure and talk.may_say(event.passages[0].text)
    guess = talk.understanding.intent(waiting.question)
    if certain:
        talk.understood("knowledge", guess.intent, guess.confidence)
        best = event.passages[0]
        talk.say(best.text)
        talk.source(best)
        talk.state.strikes = 0
    if event.conflicting and not sure:
        talk.understood("knowledge", guess.intent, guess.confidence)
        escalating.give_up(talk, "knowledge", sources_conflict=True)
        return True
    if not certain and asides.model_answers(talk, waiting):
        asides.ask_model(talk, waiting, event.passages)
        return False
    if waiting.step:
        if not certain:
            return steps.not_found(talk)
        assert talk.state.place is not None  # noqa: S101  # a step asked
        talk.state.place = talk.state.place.next
        return True
    if waiting.back is not None:
        return asides.looked_up(talk, waiting.question, waiting.back, certain=certain)
    if certain:
        talk.state.served += 1
        talk.more()
        return False
    unanswered(talk, Words(waiting.question), guess)
    return talk.state.place is not None


def _only_corrects(words: Words, number: str | None) -> bool:
    """Whether it only puts a number right ("no, it's 12354"): the same wish again, whatever intent it resembles."""
    return number is not None and split_correction(words.answer).rejected


def _keyed(talk: Talk, words: Words, waiting: Open | Guessing) -> bool:
    if isinstance(waiting, Guessing) and words.text in {answers.YES_KEY, answers.NO_KEY}:
        return _answered(talk, words, waiting, yes=words.text == answers.YES_KEY)
    talk.understood("keys")
    if words.text == str(HUMAN_KEY):
        talk.go_to_human()
        return True
    intent = next((intent for intent in talk.settings.intents if str(intent.key) == words.text), None)
    flow = intent.flow if intent is not None else unasked.flow_for_number(talk, words)
    if flow is not None:
        talk.enter(flow, words if intent is None else None)
        return True
    talk.state.strikes += 1
    if talk.state.strikes > 1:
        talk.go_to_human(talk.prompts.human_instead)
        return True
    keypad_menu(talk)
    return False


def _answered(talk: Talk, words: Words, waiting: Open | Guessing, *, yes: bool) -> bool:
    """A yes or no with nothing besides."""
    talk.understood("step", _intent_of(talk, waiting.flow) if yes and isinstance(waiting, Guessing) else "")
    if isinstance(waiting, Guessing):
        if yes and heard_before(talk, words, waiting.asked):
            talk.enter(waiting.flow, waiting.words)
            return True
        if yes and not waiting.early:
            check_guess(talk, replace(waiting, early=True))
            return False
        if waiting.offered:
            return returning.resume(talk)
        talk.say(talk.prompts.clarify, "question")
        talk.wait(Open(offer=True), talk.expect_open())
        return False
    if waiting.offer and yes:
        talk.go_to_human()
        return True
    if yes or (not waiting.more and not waiting.offer):
        talk.say(talk.prompts.go_ahead, "question")
        talk.wait(Open(more=True), talk.expect_open())  # a "no" now means: nothing
    elif waiting.more and spoken_into(talk, words):  # a "no" to what was being said, not to "anything else?"
        talk.more()
    elif waiting.more:
        talk.goodbye("caller_done")
    else:
        talk.state.strikes = 0
        talk.more()
    return False


def _look_up(talk: Talk, words: Words, guess: Guess) -> bool:
    unasked.keep(talk, words)
    if talk.settings.knowledge is None and talk.model:
        reply.ask(talk, words.text, (), talk.turn)
        return False
    if talk.settings.knowledge is None:
        unanswered(talk, words, guess)
        return talk.state.place is not None
    talk.wait(Finding(talk.next_call(), words.text, talk.turn, step=False))
    talk.ask_outside()
    return False


def _intent_of(talk: Talk, flow: str) -> str:
    return next((intent.name for intent in talk.settings.intents if intent.flow == flow), "")


def _record(talk: Talk, waiting: Finding, event: PassagesFound) -> None:
    talk.record(
        "knowledge.found",
        turn=waiting.turn,
        call=waiting.call,
        question=waiting.question,
        certain=event.certain,
        **({"conflicting": True} if event.conflicting else {}),
        passages=[
            {
                "document": one.document,
                "section": one.section,
                "title": one.title,
                "text": one.text,
                "score": one.score,
                "version": one.version,
            }
            for one in event.passages
        ],
    )
