"""What must fit together in a question: how it is read back, keyed, spelled and checked. Pure."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from pipeline.line.finding import Finding
from pipeline.line.flows import Question
from pipeline.line.knowing import check_secret

_Path = tuple[str | int, ...]
_MISHEARD: Final = frozenset({"digits", "date", "name", "phone", "email", "money", "number", "spelled"})
"""Kinds of answer that are read back."""
_KEYED: Final = frozenset({"digits", "date", "choice", "phone", "money", "number"})
"""Kinds that have a keypad twin."""
_SAID_FREELY: Final = frozenset({"text", "name", "email", "phone", "spelled"})
"""Kinds whose answers may be kept out of what is stored."""
_SPELLED: Final = frozenset({"name", "email", "spelled"})


def check_question(path: _Path, question: Question) -> Iterator[Finding]:
    """Everything that does not fit together in one question."""
    if question.secret is not None:
        yield from check_secret(path, question)
        return
    kind, slot = question.kind, question.slot
    if kind == "digits" and not 1 <= question.min_digits <= question.max_digits:
        yield Finding(path, f"{slot!r} does not say how many digits it has", "set min_digits and max_digits")
    if kind != "digits" and (question.min_digits or question.max_digits):
        yield Finding(path, f"{slot!r} is not of kind digits", "drop min_digits and max_digits, or set kind: digits")
    if kind in _MISHEARD and question.read_back is None:
        yield Finding(
            path,
            f"{slot!r} is not read back, so a misheard one would be acted on",
            f'add read_back: "That\'s {{{slot}}}, right?"',
        )
    if kind in _KEYED and question.keypad is None:
        yield Finding(
            path,
            f"{slot!r} cannot be answered on the keypad",
            'add keypad: "Please type …"; callers need it when speech fails',
        )
    if question.redact and kind not in _SAID_FREELY:
        what = f"{slot!r} of kind {kind!r} cannot be redacted by slot"
        yield Finding(path, what, "drop redact; for keyed secrets use secret, for cards and the like recording.redact")
    if question.consent is not None and kind != "yes_no":
        yield Finding(path, f"{slot!r} asks for consent, which is a yes or a no", "set kind: yes_no, or drop consent")
    yield from _check_answers(path, question)
    yield from _check_choices(path, question)


def _check_answers(path: _Path, question: Question) -> Iterator[Finding]:
    kind, slot = question.kind, question.slot
    if (question.valid is None) != (question.invalid is None):
        remedy = "write what is said of such an answer" if question.invalid is None else "say what must hold of it"
        missing = "invalid" if question.invalid is None else "valid"
        yield Finding(path, f"{slot!r} has no {missing!r}", f"add '{missing}:' ({remedy})")
    if question.spell and kind not in _SPELLED:
        yield Finding(path, f"{slot!r} of kind {kind!r} cannot be spelled", "drop 'spell'")


def _check_choices(path: _Path, question: Question) -> Iterator[Finding]:
    kind, slot = question.kind, question.slot
    if (kind == "choice") != bool(question.choices):
        remedy = "list them under choices" if kind == "choice" else "set kind: choice, or drop choices"
        yield Finding(path, f"choices and kind {kind!r} of {slot!r} do not go together", remedy)
    if kind == "choice" and any(choice.key is None for choice in question.choices):
        yield Finding((*path, "choices"), f"not every choice of {slot!r} has a key", "add key: 1, key: 2, …")
    for what, values in (
        ("value", [choice.value for choice in question.choices]),
        ("key", [choice.value if choice.key is None else str(choice.key) for choice in question.choices]),
    ):
        for index, value in repeated(values):
            yield Finding((*path, "choices", index), f"{what} {value!r} is given twice", "give each choice its own")


def repeated(values: list[str]) -> Iterator[tuple[int, str]]:
    """Every value that was there before, with its position."""
    seen: Counter[str] = Counter()
    for index, value in enumerate(values):
        seen[value] += 1
        if seen[value] > 1:
            yield index, value
