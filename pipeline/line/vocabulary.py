"""What callers say in each state of a line's dialogue: recognisers hear best what they expect. Pure."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from pipeline.assistant.rules import PHRASES, Rule, normal
from pipeline.line.flows import EnqueueStep, InstructStep, Question, SayStep, Step, TakeMessageStep
from pipeline.line.hours import spoken_date
from pipeline.line.model import Line
from pipeline.line.templates import places
from voice.stt.port import ExpectedKind, Vocabulary

OPEN: Final = "open"
YES_NO: Final = "yes_no"
MESSAGE: Final = "message"
INSTRUCTION: Final = "instruction"
BEST_KNOWN: Final = 10
"""Where a short answer is expected, only so many phrases of each rule are listened for: every one costs accuracy."""

_PLACEHOLDER: Final = re.compile(r"<(?:digits|name)>")
_DIGIT_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_YES: Final = (
    "yes", "yes please", "yeah", "yep", "yup", "yes it is", "yes that's right", "that's right", "that is right",
    "right",
    "correct", "that's correct", "that is correct", "yes that's correct", "sure", "okay", "yes i do", "yes i would",
    "uh huh",
    "exactly", "that's it", "that's the one", "yes it does", "please", "please do", "yes go ahead", "go ahead",
    "sounds good",
    "absolutely", "of course", "yes thank you", "yes thanks", "yes yes", "i think so", "perfect",
)  # fmt: skip
_NO: Final = (
    "no", "nope", "nah", "no thanks", "no thank you", "no it isn't", "no it's not", "that's wrong", "that's not right",
    "no that's wrong", "no that's not right", "wrong", "not really", "no i don't", "no i'm good", "no that's all",
    "that's not it",
    "no no", "incorrect", "i don't think so", "no not that one", "no never mind", "no that's it",
    "no it's something else",
)  # fmt: skip
_CORRECTIONS: Final = (
    "no it's <digits>", "no <digits>", "no i said <digits>", "no it is <digits>", "it's <digits>", "i said <digits>",
    "<digits>",
    "that's wrong it's <digits>", "no the number is <digits>", "no not <digits> <digits>", "sorry it's <digits>",
)  # fmt: skip
_MESSAGES: Final = (
    "my name is <name>", "this is <name>", "my name is <name> and my number is <digits>", "please call me back",
    "please call me back at <digits>", "my number is <digits>", "you can reach me at <digits>", "it's about my order",
    "my order number is <digits>", "i have a question about my order", "please call me back tomorrow",
    "hello this is <name>",
    "hi this is <name> please call me back", "call me back on <digits>", "thank you",
    "please call me back about my order",
)  # fmt: skip
_DONE: Final = (
    "done", "okay done", "i'm done", "i did that", "i did it", "finished", "it worked", "that worked", "it works now",
    "it's working", "that helped", "next", "skip", "skip it", "skip that", "go back", "previous step", "not yet",
    "it didn't work", "that didn't work", "it doesn't work", "it's not working", "still not working",
    "nothing happened", "no change", "that didn't help", "same thing", "i already did that",
    "i can't do that", "i can't find it",
)  # fmt: skip
_LEAD_INS: Final = ("hi", "hello", "yes", "um", "hi i'm calling because")
_ABOUT_HEADING: Final = (
    "{}", "tell me about {}", "i have a question about {}", "what about {}", "can you tell me about {}",
    "what's your policy on {}",
)  # fmt: skip
_ALWAYS: Final[tuple[Rule, ...]] = ("person", "repeat", "goodbye", "cancel")
"""What may be said in any state."""
_WHEN_ASKED: Final[tuple[Rule, ...]] = ("wait", "without")


def vocabularies(line: Line) -> tuple[Vocabulary, ...]:
    """One vocabulary for each state: open, yes_no, message, and and those that name_of gives to the questions."""
    found = [
        Vocabulary(OPEN, "open", _unique(_open(line))),
        Vocabulary(YES_NO, "yes_no", _unique([*_YES, *_NO, *_CORRECTIONS, *_rules(_ALWAYS, BEST_KNOWN)])),
        Vocabulary(MESSAGE, "open", _unique([*_MESSAGES, *_open(line)])),
    ]
    if any(isinstance(step, InstructStep) for flow in line.settings.flows.values() for step in flow.steps):
        found.append(Vocabulary(INSTRUCTION, "menu", _unique(_instructed(line))))
    for flow, question in line.questions:
        kind, name = _kind(question), name_of(flow, question)
        if kind is not None and name not in {one.name for one in found}:
            phrases = [*_answers(question), *_rules((*_WHEN_ASKED, *_ALWAYS), BEST_KNOWN)]
            found.append(Vocabulary(name, kind, _unique(phrases)))
    return tuple(found)


def qualified(line: Line, name: str) -> str:
    """The name of one of its vocabularies among those of all lines of a process, which share a recogniser.

    Calls keep the version of their line, and so its vocabularies, when it is edited.
    """
    return f"{line.settings.name}@{line.version}/{name}"


def name_of(flow: str, question: Question) -> str:
    """The vocabulary in which an answer to this question is expected."""
    if _kind(question) is None:
        return YES_NO if question.kind == "yes_no" else MESSAGE
    if question.kind == "date":
        return "date"
    return f"digits.{question.slot}" if question.kind == "digits" else f"{flow}.{question.slot}"


def answers_to(line: Line, name: str) -> frozenset[str]:
    """What callers say for the answers that this vocabulary is for; empty where these are not a few."""
    if name == YES_NO:
        return line.tongue.yes_or_no or frozenset((*_YES, *_NO))
    chosen = (
        question for flow, question in line.questions if question.kind == "choice" and name_of(flow, question) == name
    )
    return frozenset(phrase for question in chosen for phrase in (*_answers(question), *_written(question)))


def training_examples(line: Line) -> tuple[tuple[str, str], ...]:
    """(text, intent) pairs to train an intent model on: the operator's examples, with numbers and names filled in."""
    return tuple(
        (_filled(example, index), intent.name)
        for intent in line.settings.intents
        for index, example in enumerate(intent.examples)
    )


def fixed_texts(line: Line) -> tuple[str, ...]:
    """Texts that this line says word for word and often: worth rendering before the first call."""
    settings = line.settings
    texts: list[str] = [settings.greeting.welcome, settings.greeting.disclosure, settings.greeting.question]
    for _, value in settings.prompts:
        if not places("".join(value)):
            texts += [value] if isinstance(value, str) else list(value)
    texts += [settings.prompts.is_this_about.format(about=flow.about) for flow in settings.flows.values()]
    if settings.emergency:
        texts.append(settings.emergency.say)
    for _, question in line.questions:
        texts += [text for text in (question.prompt, question.retry, question.keypad) if text and "{" not in text]
    for flow in settings.flows.values():
        for step in flow.steps:
            texts += [text for text in _said_of(step) if "{" not in text]
    return tuple(dict.fromkeys(texts))


def _said_of(step: Step) -> Iterator[str]:
    """What a step that says something, or brings somebody in, says word for word."""
    match step:
        case SayStep(say=text):
            yield text
        case TakeMessageStep(take_message=wanted):
            yield from filter(None, (wanted.prompt, wanted.taken))
        case EnqueueStep(enqueue=wanted):
            yield from filter(None, (wanted.say, wanted.unreachable, wanted.prompt, wanted.taken))


def _open(line: Line) -> Iterator[str]:
    for intent in line.settings.intents:
        for example in intent.examples:
            said = _words(example)
            yield said
            yield f"{said} please"
            yield from (f"{lead} {said}" for lead in _LEAD_INS)
    for heading in line.headings:
        said = _words(heading)
        if said:
            yield from (frame.format(said) for frame in _ABOUT_HEADING)
    yield from (_words(question) for question in line.asked)
    for _, question in line.questions:
        if question.kind == "digits":
            yield from _answers(question)
        yield from (_words(phrase) for choice in question.choices for phrase in choice.phrases)
    yield from _rules((*_ALWAYS, "greeting", "thanks"))
    yield from _YES[:8]
    yield from _NO[:8]
    if line.settings.emergency:
        yield from (_words(phrase) for phrase in line.settings.emergency.phrases)


def _instructed(line: Line) -> Iterator[str]:
    """What callers say of what they were told to do."""
    yield from (*_DONE, *_YES[:8], *_NO[:8])
    for flow in line.settings.flows.values():
        for step in flow.steps:
            if isinstance(step, InstructStep):
                yield from (_words(phrase) for phrase in (*step.instruct.worked, *step.instruct.failed))
    yield from _rules(("wait", *_ALWAYS), BEST_KNOWN)


def _kind(question: Question) -> ExpectedKind | None:
    """What a recogniser should listen for; None where the state is the same in every flow."""
    kinds: dict[str, ExpectedKind] = {"digits": "digits", "choice": "menu", "date": "open", "name": "spelled"}
    return kinds.get(question.kind)


def _answers(question: Question) -> Iterator[str]:
    if question.kind == "digits":
        noun = question.slot.replace("_", " ")
        yield from (
            "<digits>",
            "it's <digits>",
            "it is <digits>",
            "that's <digits>",
            "yes it's <digits>",
            "um <digits>",
        )
        yield from (f"{noun} <digits>", f"my {noun} is <digits>", f"the {noun} is <digits>", f"it's {noun} <digits>")
    elif question.kind == "choice":
        yield from (_words(phrase) for choice in question.choices for phrase in choice.phrases)
        yield from (f"it's {_words(choice.phrases[0])}" for choice in question.choices)
        yield from _DIGIT_WORDS[1 : len(question.choices) + 1]
    elif question.kind == "date":
        yield from _dates()
    elif question.kind == "name":
        yield from (
            "<name>",
            "my name is <name>",
            "it's <name>",
            "this is <name>",
            "<name> <name>",
            "my last name is <name>",
        )


def _written(question: Question) -> Iterator[str]:
    """The answers with their accents."""
    return (" ".join(phrase.lower().split()) for choice in question.choices for phrase in choice.phrases)


def _dates() -> Iterator[str]:
    yield from ("today", "tomorrow", "the day after tomorrow", "next week", "in a week", "in two days", "in three days")
    start = date(2024, 1, 1)  # a leap year that begins on a Monday; only names are taken from it
    for weekday in (f"{start + timedelta(days=offset):%A}".lower() for offset in range(7)):
        yield from (weekday, f"on {weekday}", f"next {weekday}", f"this {weekday}", f"{weekday} please")
    for offset in range(366):
        _, _, month_and_day = spoken_date(start + timedelta(days=offset)).partition(", ")
        month, _, day = month_and_day.lower().partition(" ")
        ordinal = _ordinal(int(re.sub(r"\D", "", day)))
        yield f"{month} {ordinal}"
        if month == "january":
            yield from (f"the {ordinal}", f"on the {ordinal}")


_ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
    "twentieth",
)  # fmt: skip


def _ordinal(day: int) -> str:
    if day <= len(_ORDINALS):
        return _ORDINALS[day - 1]
    tens, rest = divmod(day, 10)
    return {(2, 0): "twentieth", (3, 0): "thirtieth"}.get(
        (tens, rest), f"{'twenty' if tens == 2 else 'thirty'} {_ORDINALS[rest - 1]}"
    )


def _rules(rules: Iterable[Rule], most: int | None = None) -> Iterator[str]:
    return (phrase for rule in rules for phrase in PHRASES[rule][:most])


_MARKS: Final = {"xdigitsx": "<digits>", "xnamex": "<name>"}


def _words(text: str) -> str:
    """Lower-case words, numbers spelled digit by digit, placeholders kept."""
    marked = _PLACEHOLDER.sub(lambda match: f" x{match[0][1:-1]}x ", text.replace("&", " and "))
    return " ".join(_MARKS.get(word) or _spelled(word) for word in normal(marked).split())


def _spelled(word: str) -> str:
    return " ".join(_DIGIT_WORDS[int(digit)] for digit in word) if word.isdecimal() else word


_SAMPLE_NUMBERS: Final = (
    "one two three four five",
    "47129",
    "four seven double one nine",
    "30582",
    "nine oh six one four",
)
_SAMPLE_NAMES: Final = ("jennifer smith", "dana miller", "williams")


def _filled(example: str, index: int) -> str:
    filled = example.replace("<digits>", _SAMPLE_NUMBERS[index % len(_SAMPLE_NUMBERS)])
    return filled.replace("<name>", _SAMPLE_NAMES[index % len(_SAMPLE_NAMES)])


def _unique(phrases: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrase for phrase in phrases if phrase))
