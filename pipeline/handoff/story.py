"""All that a packet is written from: one call's events, read once. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.handoff.about import About
from pipeline.handoff.actions import Actions, actions
from pipeline.handoff.cleaning import cleaned
from pipeline.handoff.known import Known, known
from pipeline.handoff.packet import Action, Line, Wish
from pipeline.handoff.places import Places, places, transcript
from pipeline.handoff.wishes import Wishes, wishes
from recordings.events import Event
from recordings.fold import fold
from recordings.record import CallRecord


@dataclass(frozen=True, slots=True)
class Story:
    """What happened, without secrets."""

    about: About
    record: CallRecord
    places: Places
    known: Known
    actions: Actions
    wishes: Wishes
    transcript: tuple[Line, ...]
    open: tuple[Wish, ...]

    @property
    def troubles(self) -> tuple[Action, ...]:
        """What failed or was refused and was not done after all, each tool once; then what waits."""
        after_all = {one.tool for one in (*self.actions.done, *self.actions.looked_up, *self.actions.pending)}
        latest = {one.tool: one for one in self.actions.failed if one.tool not in after_all}
        return (*latest.values(), *self.actions.pending)

    @property
    def language(self) -> str:
        """That the caller speaks."""
        return self.known.language or "en"


def story(events: Iterable[Event], about: About) -> Story:
    """Read a call."""
    told = cleaned(events, about.redact, about.secrets)
    record = fold(told)
    where = places(told, record)
    wanted = wishes(told, about, where)
    return Story(
        about, record, where, known(told, about, where), actions(told, about, where), wanted,
        transcript(record.utterances), wanted.open(),
    )  # fmt: skip
