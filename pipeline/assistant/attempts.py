"""How often a question is put, and how: by voice, then for keys, then somebody else takes over. Pure.

failures 0, 1   ask by voice; for keys, when keys came or the caller cannot be heard
failures 2      ask for keys, where the question has a keypad twin
then            the question's `failed` step, or a human

A caller whose keys do not reach us is not asked for any: one attempt less.

So nothing is asked again more than twice.
"""

from dataclasses import replace
from datetime import date
from typing import Any, Final

from pipeline.assistant import escalating
from pipeline.assistant.actions import Expect
from pipeline.assistant.heard import until_understood
from pipeline.assistant.scope import holds
from pipeline.assistant.spoken import render
from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Asking, Place
from pipeline.line.flows import AskStep, Question
from pipeline.line.vocabulary import name_of

SPOKEN_ATTEMPTS: Final = 2
KEYPAD_ATTEMPTS: Final = 1
MIN_PHONE: Final = 7
MAX_PHONE: Final = 15
MAX_KEYS: Final = 9
"""Keys of a number or an amount."""


def question_of(talk: Talk) -> Question:
    """What the step asks at which the dialogue stands; only such a step waits for answers."""
    question = _question_at(talk, talk.state.place)
    if question is None:
        raise AssertionError(f"no question stands at {talk.state.place}")  # our own bug: waiting and place disagree
    return question


def _question_at(talk: Talk, place: Place | None) -> Question | None:
    """What the step at a place asks, if it asks."""
    if place is None or place.step >= len(talk.flow(place).steps):
        return None
    step = talk.flow(place).steps[place.step]
    return step.ask if isinstance(step, AskStep) else None


def put(talk: Talk, question: Question, asked: Asking, lead: str | None = None) -> bool:
    """Say the prompt that fits the number of failures. True: its places cannot be filled, a human takes over.

    What can be keyed in only is not asked of a caller whose keys do not reach us.
    """
    if talk.state.keyless and question.secret is not None:
        give_up(talk, question)
        return True
    keys = (asked.keys or asked.failures >= SPOKEN_ATTEMPTS) and not talk.state.keyless
    if keys and question.keypad is None and question.kind == "yes_no":
        text, lead = question.retry or question.prompt, talk.prompts.yes_no_keys
    elif keys:
        text = keypad_text(talk, question) or question.prompt
    else:
        text = (question.retry or question.prompt) if asked.failures else question.prompt
        if asked.failures and question.spell:
            lead, text = lead or talk.prompts.not_heard, talk.prompts.spell_it
        elif asked.failures and question.retry is None:
            lead = lead or talk.prompts.not_heard
    if question.secret and asked.failures:
        lead = talk.prompts.keypad_only
    filled = render(text, talk.line, talk.state)
    if filled is None:
        talk.go_to_human(talk.prompts.human_instead)
        return True
    talk.say(f"{lead} {filled}" if lead else filled, "question")
    heard = render(until_understood(text), talk.line, talk.state) if question.kind == "yes_no" else None
    talk.wait(Asking(asked.failures, asked=heard or "", keys=asked.keys), expected(talk, question, keys=keys))
    return False


def failed(talk: Talk, question: Question, failures: int, lead: str | None, *, keys: bool = False) -> bool:
    """The failures-th attempt did not work out: ask again, for keys, or give up. keys: for keys from now on."""
    talk.state.attempts[question.slot] = talk.state.attempts.get(question.slot, 0) + 1
    twin = keypad_text(talk, question) is not None
    if failures < SPOKEN_ATTEMPTS + (KEYPAD_ATTEMPTS if twin else 0):
        return put(talk, question, Asking(failures, keys=keys and twin), lead)
    give_up(talk, question)
    return True


def give_up(talk: Talk, question: Question) -> None:
    """Go where the question says when it cannot be answered, else to a human."""
    if question.failed is not None:
        talk.go_to(question.failed)
    else:
        talk.understood("human")
        escalating.give_up(talk, "attempts")


def objection(talk: Talk, question: Question, answer: Any) -> str | None:
    """What to say of an answer that the line does not allow; None: it does."""
    if question.valid is None or holds(talk, question.valid, **{"value": answer, question.slot: answer}):
        return None
    given = {question.slot: answer}
    return render(question.invalid or talk.prompts.not_heard, talk.line, talk.state, given) or talk.prompts.not_heard


def accept(talk: Talk, question: Question, value: Any) -> bool:
    """Keep a confirmed value, and go on behind the step."""
    state = talk.state
    state.facts[question.slot] = value
    state.refused.pop(question.slot, None)
    state.settled += (question.slot,)
    state.strikes = 0
    hide(talk, question, str(value))
    talk.learned(question.slot, value)
    if question.consent is not None:
        talk.record("consent.recorded", turn=talk.turn, to=question.consent, given=value is True)
    assert state.place is not None  # noqa: S101  # only a step asks
    state.place = state.place.next
    return True


def hide(talk: Talk, question: Question, text: str) -> None:
    """Have the log keep none of an answer that is private: this text is nowhere in it, before or after."""
    if question.redact and text:
        talk.record("answer.hidden", turn=talk.turn, slot=question.slot, hidden=text)


def refused(talk: Talk, question: Question) -> tuple[str, ...]:
    """Values of this question that the caller said no to."""
    return talk.state.refused.get(question.slot, ())


def refused_for_good(talk: Talk, question: Question) -> tuple[str, ...]:
    """Values that the caller said no to more than once: one no may be misheard, two say that the value was."""
    values = refused(talk, question)
    return tuple(value for value in dict.fromkeys(values) if values.count(value) > 1)


def today(talk: Talk) -> date:
    """The line's day on which the call began."""
    assert talk.state.local_time is not None  # noqa: S101  # nothing is asked before the call began
    return talk.state.local_time.date()


def keypad_text(talk: Talk, question: Question) -> str | None:
    """How the question asks for keys; None: it has no keypad twin, or no keys would come."""
    if talk.state.keyless:
        return None
    return question.keypad or (talk.prompts.yes_no_keys if question.kind == "yes_no" else None)


def expected(talk: Talk, question: Question, *, keys: bool) -> Expect:
    """What answers the question."""
    wanted = _wanted(talk, question, keys=keys or question.secret is not None)
    return replace(wanted, wait_ms=question.wait_ms, secret=question.secret or "", private=question.redact)


def _wanted(talk: Talk, question: Question, *, keys: bool) -> Expect:
    place = talk.state.place
    vocabulary = name_of(place.flow if place else "", question)
    match question.kind:
        case "phone":
            return talk.expecting("digits", vocabulary, (MIN_PHONE, MAX_PHONE), keys=keys)
        case "money" | "number":
            return talk.expecting("open", vocabulary, (1, MAX_KEYS), keys=keys)
        case "digits":
            return talk.expecting("digits", vocabulary, (question.min_digits, question.max_digits), keys=keys)
        case "yes_no":
            return talk.expect_yes_no(keys=keys)
        case "choice":
            return talk.expecting("menu", vocabulary, (1, 1), keys=keys)
        case "date":
            return talk.expecting("open", vocabulary, (4, 4), keys=keys)
        case _:
            return talk.expecting("text", vocabulary)
