"""A line in several languages: one file, read once for each of them. Pure.

Wherever words stand that are said or listened for, a mapping from languages to words may stand:
`{en: Hello, es: Hola}`. In each language the line is a whole line of its own, so nothing that reads a line knows that
there are others.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pipeline.assistant.languages.language import Language
from pipeline.line.finding import Finding
from pipeline.line.prompts import Prompts

Path = tuple[str | int, ...]

_SPOKEN: Final = frozenset(
    {
        "about", "approved", "disclosure", "invalid", "keypad", "prompt", "question", "read_back", "rejected", "retry",
        "reuse", "say", "taken", "unreachable", "wait", "welcome",
    }
)  # fmt: skip
_LISTENED: Final = frozenset({"examples", "phrases", "says"})
_OUTCOMES: Final = frozenset({"worked", "failed"})
"""What callers say of an instruction, where it is a list; else the step to go on with."""
_NOT_FOR_CALLERS: Final = frozenset({"Conversation"})
"""Parts whose words are for a language model."""
_HOLIDAYS: Final = ("hours", "holidays")
"""Inside of these names are said."""
_NOT_SPOKEN: Final = frozenset({"model", "arguments"})
"""Inside of these stand words for others than callers."""

_SILENTLY: Final = "silently"
"""Stands where a text could: a known answer is taken, and nothing is said (flows.SILENTLY)."""
_HOURS: Final = "{hours."
"""Begins the places that are filled with sentences, for which a language needs words."""


def declared(data: Any, known: Mapping[str, Language]) -> tuple[tuple[str, ...], list[Finding]]:
    """The languages that a line's file names, the one that calls begin in first, and what is wrong with that."""
    if not isinstance(data, dict):
        return ("en",), []
    several = data.get("languages")
    codes = several if isinstance(several, list) and several else [data.get("language", "en")]
    unknown = [code for code in codes if not isinstance(code, str) or code not in known]
    field = "languages" if "languages" in data else "language"
    findings = [
        Finding((field,), f"there is no language {code!r}", f"known: {', '.join(sorted(known))}") for code in unknown
    ]
    if len(set(map(str, codes))) < len(codes):
        findings.append(Finding((field,), "a language is named twice", "name each one once"))
    if "language" in data and "languages" in data:
        findings.append(Finding(("language",), "there is 'languages' too", "keep 'languages'"))
    there = dict.fromkeys(code for code in codes if isinstance(code, str) and code in known)
    return tuple(there) or ("en",), findings


def in_language(data: Any, code: str, codes: Sequence[str], language: Language) -> Any:
    """The file's data as if it had been written in one language; where that is missing, in the first that is there."""
    if not isinstance(data, dict) or ("languages" not in data and not language.prompts):
        return data
    chosen = _chosen({key: value for key, value in data.items() if key != "languages"}, code, codes)
    prompts = chosen.get("prompts") or {}
    known = {name: text for name, text in language.prompts.items() if name in Prompts.model_fields}
    defaults = {name: list(text) if isinstance(text, tuple) else text for name, text in known.items()}
    spoken = {**defaults, **prompts} if isinstance(prompts, dict) else prompts
    return {**chosen, "language": code, **({"prompts": spoken} if spoken else {})}


def untranslated(data: Any, codes: Sequence[str], known: Mapping[str, Language]) -> Iterator[Finding]:
    """Texts that are not there in each of a line's languages."""
    if len(codes) < 2 or not isinstance(data, dict):
        return
    yield from _missing(data, (), codes, known, spoken=False)


def unspoken(data: Any, codes: Sequence[str]) -> Iterator[Finding]:
    """Voices for languages that the line does not speak."""
    voices = data.get("voices") if isinstance(data, dict) else None
    for code in voices if isinstance(voices, dict) else ():
        if code not in codes:
            yield Finding(("voices", code), f"the line does not speak {code!r}", f"it speaks {', '.join(codes)}")


def is_said(part: str, key: str, *, listed: bool) -> bool:
    """Whether a text may stand in several languages under this key of a part of a line (a class of model.py)."""
    if part in _NOT_FOR_CALLERS:
        return False
    holiday = part == "Holiday" and key == "name"
    return part == "Prompts" or holiday or key in _SPOKEN or key in _LISTENED or (key in _OUTCOMES and listed)


def _chosen(value: Any, code: str, codes: Sequence[str]) -> Any:
    if is_translated(value, codes):
        return value.get(code) or next(item for item in value.values() if item is not None)
    if isinstance(value, dict):
        return {key: _chosen(item, code, codes) for key, item in value.items()}
    return [_chosen(item, code, codes) for item in value] if isinstance(value, list) else value


def is_translated(value: Any, codes: Sequence[str]) -> bool:
    """Whether this is a text in languages rather than a part of the line."""
    if not isinstance(value, dict) or not value or not set(value) <= set(codes):
        return False
    texts = [item for item in value.values() if item is not None]
    return bool(texts) and all(map(_is_text, texts))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _missing(
    value: Any, path: Path, codes: Sequence[str], known: Mapping[str, Language], *, spoken: bool
) -> Iterator[Finding]:
    if is_translated(value, codes):
        for code in codes:
            if not value.get(code):
                yield Finding(
                    path, f"there is no text in {known[code].name} ({code})", f"add '{code}: …' beside the others"
                )
            elif _HOURS in str(value[code]) and known[code].answers is not None and known[code].opening is None:
                yield Finding(path, f"hours cannot be filled in in {known[code].name}", "write them out in this text")
    elif isinstance(value, dict):
        for key, item in value.items():
            within = _says(key, item, path) or (spoken and isinstance(item, list))
            yield from _missing(item, (*path, key), codes, known, spoken=within)
    elif spoken and _is_text(value):
        names = " and ".join(known[code].name for code in codes[1:])
        remedy = f"write {{{', '.join(f'{code}: …' for code in codes)}}}"
        yield Finding(path, f"this is not there in {names}", remedy)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _missing(item, (*path, at), codes, known, spoken=False)


def _says(key: Any, item: Any, path: Path) -> bool:
    """Whether a caller hears what stands under this key, or it is what callers say."""
    if not isinstance(item, str | list) or _NOT_SPOKEN & set(path) or (key == "reuse" and item == _SILENTLY):
        return False
    if (path[:2] == _HOLIDAYS and key == "name") or (key in _OUTCOMES and isinstance(item, list)):
        return True
    return path[:1] == ("prompts",) or key in _SPOKEN or key in _LISTENED
