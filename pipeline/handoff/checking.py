"""What of a summary that a language model wrote may be shown: what was said or done, and nothing else. Pure.

A bullet names the utterances and actions that it rests on. Every word of it that means something must be of those, each
figure and each "not" too; what it tells as done must have been done by a tool of this call (guard/). Strict: a bullet
that is true and says it in other words falls as well, and the call's own sentences take its place.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pipeline.assistant.guard.borne_out import unfounded
from pipeline.assistant.guard.classes import PAST
from pipeline.assistant.guard.evidence import Deed, Evidence
from pipeline.assistant.guard.facts import unsupported
from pipeline.assistant.guard.words import Sentence, sentences
from pipeline.handoff.packet import Bullet, Span, Summary
from pipeline.handoff.summary import LEAST_BULLETS, MOST_BULLETS, MOST_WORDS
from pipeline.handoff.words import Words

LONGEST: Final = 20
"""Words of a bullet."""
_CALLER: Final = re.compile(
    r"^(?:the |a )?(?:caller|customer|client|they|he|she|quien llama|(?:el|la) cliente)(?:'s)?\s+"
    r"(?:(?:also|now|still|que) )*"
    r"(?:(?:says?|said|reports?|reported|states?|stated|explains?|explained|claims?|claimed|complains?|complained|"
    r"dice|dijo|explica)(?: that| que)?|(?:asks?|asked|wants?|wanted|needs?|needed|wishes|would like|requests?|"
    r"requested|quiere|pide|pidió|necesita)(?: to know)?(?: (?:to|for|about|que))?)\s+",
    re.IGNORECASE,
)
"""How a bullet says whose words it gives."""
_SUBJECT: Final = re.compile(r"^(?:the )?(?:caller|customer|client)(?:'s)?\b", re.IGNORECASE)
_WE: Final = re.compile(
    r"^(?:the )?(?:(?:assistant|we|el asistente)\s+(?:told (?:them|the caller)|said|says|dijo)"
    r"|(?:caller|customer|client|they) (?:was|were) told)(?: that| que)?\s+",
    re.IGNORECASE,
)
_WHEN: Final = re.compile(
    r"\b(?:today|yesterday|tomorrow|tonight"
    r"|(?:this|last|next) (?:morning|afternoon|evening|night|week|month|year|\w+day)"
    r"|hoy|ayer|mañana|anoche|esta (?:mañana|tarde|noche|semana)|(?:semana|mes|año) (?:pasad[oa]|que viene))\b"
)
_CLAUSE: Final = re.compile(r"[;,.:]\s+|\s(?:and|but|y|pero)\s")
_ENDED: Final = frozenset({"done", "completed", "processed", "finished", "handled", "hecho", "hecha"})
_HELPING: Final = frozenset({"did", "had", "made", "got"})
_DID_NOT: Final = re.compile(r"\b(?:did not|didn't)\b", re.IGNORECASE)
_AUXILIARY: Final = frozenset(
    {"was", "were", "is", "are", "be", "been", "being", "not", "has", "have", "had", "get", "gets", "got", "yet", "no"}
)
_WORD: Final = re.compile(r"[^\W_]+")
_MINE: Final = re.compile(r"\b(?:my|mine|mi|mis)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    """Something that a bullet may rest on."""

    text: str
    """What was said; of an action, that it came to nothing, if it did."""
    caller: bool
    spans: tuple[Span, ...]
    deed: Deed | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A bullet as the model wrote it."""

    text: str
    rests_on: tuple[str, ...]


def proposed(written: str) -> tuple[Proposed, ...]:
    """The bullets of a reply: a JSON list of {text, spans}, whatever stands around it. None: it is no such list."""
    start, end = written.find("["), written.rfind("]")
    try:
        given = json.loads(written[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        return ()
    found = []
    for one in given[: 2 * MOST_BULLETS] if isinstance(given, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("text"), str) and isinstance(one.get("spans"), list):
            ids = tuple(str(span).strip("[] ") for span in one["spans"])
            found.append(Proposed(" ".join(one["text"].split()).lstrip("-•* "), ids))
    return tuple(found)


def objection(bullet: Proposed, cited: Mapping[str, Cited], deeds: Sequence[Deed]) -> str:
    """Why a bullet may not be shown; empty: it may."""
    text = bullet.text
    if not text or not text.isprintable() or len(text.split()) > LONGEST:
        return "is empty, or too long"
    if not bullet.rests_on or any(one not in cited for one in bullet.rests_on):
        return "rests on nothing that was said or done"
    rests_on = [cited[one] for one in bullet.rests_on]
    plain, who = _told(_DID_NOT.sub("have not", text))
    theirs = tuple(one.text for one in rests_on if one.text)
    acted = tuple(one.deed for one in rests_on if one.deed is not None)
    claimed = Evidence(deeds=tuple(deeds), ours=theirs, said=theirs)
    if not (who and _in_words_of(plain, rests_on)):
        for told in (plain, *_spelt_out(plain, rests_on)):
            if (claim := unfounded(told, claimed)) is not None:
                return f"tells of something done that no tool did: {claim.words}"
    if when := _unsaid_time(plain, theirs):
        return f"tells another time: {when}"
    if denied := _denied(plain, rests_on):
        return f"denies what was said or done: {denied}"
    return unsupported(plain, Evidence(deeds=acted, ours=tuple(map(_as_theirs, theirs)), said=theirs))


def _told(text: str) -> tuple[str, bool]:
    """What a bullet says, and whether it says that the caller said it."""
    if match := _WE.match(text):
        return text[match.end() :], False
    if match := _CALLER.match(text):
        return text[match.end() :], True
    return _SUBJECT.sub("They", text), False


def _spelt_out(text: str, rests_on: Sequence[Cited]) -> Iterable[str]:
    """Its clauses in the style of notes ("refund issued") as whole sentences, but for those that the caller said."""
    for clause in _CLAUSE.split(text):
        said = clause.split()
        for at, word in enumerate(said[1:], 1):
            form = word.strip(".,;:()").lower()
            if (form in PAST - _HELPING or form in _ENDED) and said[at - 1].lower() not in _AUXILIARY:
                if not _in_words_of(clause, rests_on):
                    yield " ".join([*said[:at], "was", *said[at:]])
                break


def _unsaid_time(text: str, said: Iterable[str]) -> str:
    """A day or time of day, told from today, that none of what it rests on has; empty: there is none."""
    known = " ".join(said).lower()
    return next((found[0] for found in _WHEN.finditer(text.lower()) if found[0] not in known), "")


def _denied(text: str, rests_on: Sequence[Cited]) -> str:
    """A word that it denies and that none of what it rests on denies, though it is said there; empty: there is none."""
    sources = [one for cited in rests_on for one in _sentences(cited)]
    so = frozenset(word for one in sources for word in one.affirmed)
    not_so = frozenset(word for one in sources for word in one.denied)
    denied = frozenset(word for one in sentences(text) for word in one.denied)
    return min((denied & so) - not_so, default="")


def _sentences(cited: Cited) -> Iterable[Sentence]:
    """What it says is so; nothing of an action that came to nothing."""
    if cited.deed is None:
        return sentences(cited.text)
    return (cited.deed.told, *cited.deed.records) if cited.deed.effective else ()


def _in_words_of(text: str, rests_on: Sequence[Cited]) -> bool:
    """Whether it is, word for word, in what the caller said."""
    wanted = _words(text)
    return bool(wanted) and any(wanted in _words(one.text) for one in rests_on if one.caller)


def _words(text: str) -> str:
    said = " ".join(_WORD.findall(text.lower()))
    return f" {said} "


def _as_theirs(text: str) -> str:
    return _MINE.sub("their", text)


def merged(bullets: Sequence[Bullet], refused: int, instead: Summary) -> Summary:
    """Those of the model that stand, and in the place of the others the call's own sentences."""
    kept: list[Bullet] = []
    for one in bullets[:MOST_BULLETS]:
        if _length([*kept, one]) <= MOST_WORDS:
            kept.append(one)
    if not kept:
        return replace(instead, refused=refused)
    least = min(MOST_BULLETS, max(LEAST_BULLETS, len(kept) + min(1, refused)))
    for one in sorted(instead.bullets, key=lambda one: _NEEDED.index(one.kind)):
        if len(kept) < least and one.kind != "said" and _length([*kept, one]) <= MOST_WORDS:
            kept.append(one)
    if len(kept) < LEAST_BULLETS:
        return replace(instead, refused=refused)
    return Summary("model", tuple(kept), refused)


_NEEDED: Final = ("done", "open", "wish", "reason", "said", "model")


def _length(bullets: Sequence[Bullet]) -> int:
    return sum(len(one.text.split()) for one in bullets)


def shown(written: str, cited: Mapping[str, Cited], deeds: Sequence[Deed], instead: Summary, said: Words) -> Summary:
    """The summary that comes of a model's reply; instead: the one without it.

    What rests on the caller's word alone says so: callers can make a model write what they like of themselves.
    """
    given = proposed(written)
    stand = [one for one in given if not objection(one, cited, deeds)]
    bullets = [Bullet("model", _attributed(one, cited, said), _spans(one, cited)) for one in stand]
    return merged([one for one in bullets if one.spans], len(given) - len(stand), instead)


def _attributed(bullet: Proposed, cited: Mapping[str, Cited], said: Words) -> str:
    theirs = all(cited[one].caller for one in bullet.rests_on)
    return said.say("by_caller", text=bullet.text) if theirs and not _CALLER.match(bullet.text) else bullet.text


def _spans(bullet: Proposed, cited: Mapping[str, Cited]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys(span for one in bullet.rests_on for span in cited[one].spans))


def json_of(value: Any) -> str:
    """A value as the model is shown it."""
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))
