"""Every provider, every way in which it fails, in whole calls: the oracle is what the caller's ear received.

In each: never more than 3 s of silence on our floor, nothing heard twice, and the model is told what was heard.
docs/providers.md has the same table.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest

from pipeline.switchboard import Connect
from recordings.record import CallRecord, Utterance
from tests.fakes.mishaps import Caller, Mishap, Provider, rig
from tests.fakes.office import REPOSITORY, virtually
from tests.peers import elevenlabs, openai
from tests.peers.faults import Fault
from voice.phrasing import speakable

pytestmark = pytest.mark.call

SILENCE_MS = 3000
PACE = ("fill", "apology")
"""What is said below the model, of which it is told nothing; an apology for the voice is the dialogue's own."""
UNDISTURBED = (
    "Thanks for calling Northfield Outdoor.",
    "You're speaking with our automated assistant, and this call is recorded.",
    "How can I help you?", "What's your order number?",
    "Good news: your trail tent is out for delivery with UPS, and should be there today.",
    "Is there anything else I can help with?", "They do not,", "I am happy to say.",
    "Would you want a smell of nothing at all?", "Would you want tall rocks,",
    "or would you rather have tents on them?",
    "Thanks for calling Northfield Outdoor. Goodbye.",
)  # fmt: skip
SIGNS = {
    "Sorry, this is taking a little longer.": "an apology",
    "Sorry, I didn't catch that": "asked again",
    "I'm having trouble hearing": "asked for keys",
    "I don't have an answer": "no answer",
    "I can take a message": "a message is taken",
}
"""What words that are not in an undisturbed call amount to."""


@dataclass(frozen=True)
class Failure:
    """A way to fail, and what the caller hears of it: with another provider behind the one that fails, and without."""

    provider: Provider
    name: str
    fault: Fault | elevenlabs.Fault | openai.Fault | Literal["unreachable", "slow"]
    with_another: str
    alone: str


FAILURES = [
    Failure("Deepgram", "unreachable", "unreachable", "the answers", "the carrier takes a message"),
    Failure("Deepgram", "wrong key", Fault(status=401), "the answers", "the carrier takes a message"),
    Failure("Deepgram", "quota used up", Fault(status=402), "the answers", "the carrier takes a message"),
    Failure("Deepgram", "malformed JSON", Fault(malformed=True), "the answers", "asked for keys"),
    Failure(
        "Deepgram",
        "empty reply",
        Fault(no_words=True),
        "asked again, the answers",
        "asked again, asked for keys, a message is taken",
    ),
    Failure("Deepgram", "half-dead socket", Fault(dead_after_ms=0), "the answers", "asked for keys"),
    Failure("Deepgram", "ten times slower", Fault(slow=10.0), "the answers", "the answers"),
    Failure("Deepgram", "breaks in the middle", Fault(close_after_sound_ms=800), "the answers", "asked for keys"),
    Failure("Flux", "unreachable", "unreachable", "the answers", "the carrier takes a message"),
    Failure("Flux", "wrong key", Fault(status=401), "the answers", "the carrier takes a message"),
    Failure("Flux", "quota used up", Fault(status=402), "the answers", "the carrier takes a message"),
    Failure("Flux", "malformed JSON", Fault(malformed=True), "the answers", "asked for keys"),
    Failure(
        "Flux",
        "empty reply",
        Fault(no_words=True),
        "asked again, the answers",
        "asked again, asked for keys, a message is taken",
    ),
    Failure("Flux", "half-dead socket", Fault(dead_after_ms=0), "the answers", "asked for keys"),
    Failure("Flux", "ten times slower", Fault(slow=10.0), "the answers", "the answers"),
    Failure("Flux", "breaks in the middle", Fault(close_after_sound_ms=800), "the answers", "asked for keys"),
    Failure("ElevenLabs", "unreachable", "unreachable", "the answers", "the carrier takes a message"),
    Failure("ElevenLabs", "wrong key", "wrong key later", "the answers", "an apology, a message is taken"),
    Failure("ElevenLabs", "quota used up", "quota", "the answers", "an apology, a message is taken"),
    Failure("ElevenLabs", "malformed JSON", "malformed", "the answers", "an apology, a message is taken"),
    Failure("ElevenLabs", "empty reply", "empty", "the answers", "an apology, a message is taken"),
    Failure("ElevenLabs", "zero audio", "quota without a word", "the answers", "an apology, a message is taken"),
    Failure("ElevenLabs", "half-dead socket", "half-dead", "the answers", "a fill, an apology, a message is taken"),
    Failure("ElevenLabs", "ten times slower", "slow", "the answers", "a fill, the answers"),
    Failure("ElevenLabs", "breaks in the middle", "closes", "the answers", "an apology, a message is taken"),
    Failure("ElevenLabs", "stops in the middle", "stops", "the answers", "an apology, a message is taken"),
    Failure("language model", "unreachable", "unreachable", "the answers", "no answer, a message is taken"),
    Failure("language model", "wrong key", "wrong_key", "the answers", "no answer, a message is taken"),
    Failure("language model", "quota used up", "no_quota", "the answers", "no answer, a message is taken"),
    Failure("language model", "malformed JSON", "malformed", "the answers", "no answer, a message is taken"),
    Failure("language model", "empty reply", "empty", "the answers", "no answer, a message is taken"),
    Failure(
        "language model",
        "half-dead socket",
        "half_dead",
        "a fill, the answers",
        "a fill, no answer, a message is taken",
    ),
    Failure("language model", "ten times slower", "slow", "a fill, the answers", "a fill, the answers"),
    Failure("language model", "breaks in the middle", "cut", "the answers", "no answer, a message is taken"),
    Failure(
        "language model",
        "stops in the middle",
        "stall",
        "a fill, the answers",
        "a fill, no answer, a message is taken",
    ),
]


@pytest.mark.parametrize(
    ("failure", "alone"),
    [(one, alone) for one in FAILURES for alone in (False, True)],
    ids=lambda given: f"{given.provider}, {given.name}" if isinstance(given, Failure) else "alone" if given else "two",
)
@virtually
async def test_a_caller_is_never_left_in_silence_and_hears_nothing_twice(tmp_path: Path, failure: Failure, alone: bool):
    async with rig(tmp_path, Mishap(failure.provider, failure.fault, alone)) as placed:
        call = await placed.office.call()
        caller = Caller(call, placed)
        await caller.converse()
        carrier = False
        while caller.call.stream.closed is not None and caller.call.stream.closed[0] != 1000:
            answer = await placed.office.switchboard.resume(call.sid)
            if not isinstance(answer, Connect):
                placed.office.switchboard.status(call.sid, "completed")
                carrier = True
                break
            caller.call = placed.office.connect(call.sid, call.handset, answer, call.clock)
            await caller.converse()
        record = await placed.office.ended(call.sid)
        ours = [said for said in record.utterances if said.speaker == "assistant" and said.heard_text]
        ours.sort(key=lambda said: said.start_ms)  # a fill is heard before the answer that it was announced after
        assert max(caller.waits_ms, default=0) <= SILENCE_MS, caller.waits_ms
        assert as_words(caller.heard(), ours) == spoken(ours), "the ear heard something else than is on record"
        assert not doubled(ours, caller)
        told = [as_text([said for said in ours if said.purpose not in left_out]) for left_out in ("fill", PACE)]
        for context in placed.contexts:
            words = " ".join(word for text in context for word in letters(text))
            assert any(words in text for text in told), "the model was told something else than was heard"
        assert hears(record, carrier=carrier) == (failure.alone if alone else failure.with_another)


def letters(text: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in speakable(text, "en-US").lower()).split()


def spoken(said: list[Utterance]) -> list[str]:
    return [word for one in said for word in letters(one.heard_text)]


def as_text(said: list[Utterance]) -> str:
    return " ".join(spoken(said))


def as_words(heard: str, said: list[Utterance]) -> list[str]:
    """What the ear received, without the part of a word that was cut off where a voice broke."""
    due = [*spoken(said), ""]
    cut = cut_off(said)
    words: list[str] = []
    for word in separate(heard, said):
        place = min(len(words), len(due) - 1)
        whole, broken = due[place], {part for full in (due[place], cut.get(place, "")) for part in parts(full)}
        begun_anew = whole and word != whole and word.endswith(whole) and word.removesuffix(whole) in broken
        if begun_anew or word == whole or word not in broken:
            words.append(whole if begun_anew else word)
    return words


def separate(heard: str, said: list[Utterance]) -> list[str]:
    """The words; those between which there was no pause, because a voice broke there, one by one."""
    ends = {letters(one.heard_text)[-1] for one in said if not one.complete}
    begins = {letters(one.heard_text)[0] for one in said}
    words: list[str] = []
    for word in heard.split():
        end = next((end for end in ends if word.startswith(end) and word.removeprefix(end) in begins), "")
        words += [end, word.removeprefix(end)] if end else [word]
    return words


def cut_off(said: list[Utterance]) -> dict[int, str]:
    """By the number of words before it: the word at which an utterance ended early."""
    found: dict[int, str] = {}
    before = 0
    for one in said:
        heard = letters(one.heard_text)
        before += len(heard)
        if not one.complete:
            found[before] = "".join(letters(one.text)[len(heard) :][:1])
    return found


def parts(word: str) -> set[str]:
    """What may be heard of a word that is cut off."""
    return {word[:length] for length in range(1, len(word))}


def doubled(said: list[Utterance], caller: Caller) -> list[str]:
    """Texts that came twice running, or an answer that came more often than it was asked for."""
    running = [one.text for one, other in pairwise(said) if one.text == other.text and other.complete]
    answers = {"12345": "trail tent", "elderberries": "smell of nothing", "mountains": "tents on them"}
    heard = caller.heard()
    often = [words for asked, words in answers.items() if heard.count(words) > sum(asked in did for did in caller.did)]
    return [*([] if len(set(caller.did)) < len(caller.did) else running), *often]


def hears(record: CallRecord, *, carrier: bool) -> str:
    """What a caller hears of a failure, in the words of docs/providers.md."""
    heard = [said for said in record.utterances if said.speaker == "assistant" and said.heard_text]
    signs = ["a fill"] if any(said.purpose == "fill" for said in heard) else []
    for said in heard:
        for words, sign in SIGNS.items():
            if said.heard_text not in UNDISTURBED and words in said.heard_text and sign not in signs:
                signs.append(sign)
    if carrier:
        return "the carrier takes a message"
    if all(any(said.heard_text == text for said in heard) for text in UNDISTURBED):
        signs.append("the answers")
    return ", ".join(signs) or "the reply as far as it came"


def test_the_table_in_the_documents_is_what_was_heard():
    document = (REPOSITORY / "docs" / "providers.md").read_text()
    told = [line for line in document.splitlines() if line.startswith(tuple(f"| {one.provider} |" for one in FAILURES))]
    wanted = [f"| {one.provider} | {one.name} | {one.with_another} | {one.alone} |" for one in FAILURES]
    assert told == wanted
