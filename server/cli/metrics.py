"""`cordboard metrics`: the figures of kept calls, one or several together."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from recordings.errors import AudioUnavailable
from recordings.events import Event
from recordings.fold import fold
from recordings.metrics.panel import Figure, Panel
from recordings.metrics.report import (
    FIGURES,
    CallMetrics,
    call_metrics,
    disagreements,
    to_json,
    together,
    together_to_json,
    waits_to_json,
)
from recordings.metrics.wishes import calls_by_intent
from recordings.spending import Price, Spent, as_words, total
from recordings.spending import to_json as spent_to_json
from recordings.store import SqliteCallStore
from recordings.wav import read_samples
from server import figures
from server.cli.exits import Exit, fail
from server.data_dir import DATABASE, PLACED, RECORDINGS, kept_at
from server.settings import Settings

_PAGE: Final = 100
_AGO: Final = re.compile(r"(\d{1,5})([hd])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which calls."""

    call_ids: tuple[str, ...]
    since: datetime | None
    """Aware; all that began then or later, if no ids are given."""


def instant(text: str, now: datetime) -> datetime | None:
    """24h, 7d, or a date with or without a time (UTC unless it says otherwise); None for anything else."""
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{{"h": "hours", "d": "days"}[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def show(settings: Settings, asked: Asked, out: Console, *, as_json: bool) -> None:
    """Print the figures. Exits with 1 where a call is not there, or not over, or none is. Raises StoreUnavailable."""
    found = asyncio.run(_measured(settings, asked))
    for call_id in asked.call_ids:
        if call_id not in {each.call_id for each in found}:
            fail(Exit.FAILED, f"there is no finished call {call_id} in {settings.data_dir}")
    if not found:
        fail(Exit.FAILED, f"no finished call in {settings.data_dir} began since {asked.since}")
    if len(asked.call_ids) == 1:
        _show_one(found[0], out, as_json=as_json)
    else:
        _show_together(found, out, as_json=as_json)


async def _measured(settings: Settings, asked: Asked) -> list[CallMetrics]:
    found: list[CallMetrics] = []
    prices = {model: Price(*price) for model, price in settings.llm_prices.items()}
    for data_dir in (settings.data_dir, settings.data_dir / PLACED):
        if not (data_dir / DATABASE).is_file():
            continue
        store = SqliteCallStore(data_dir / DATABASE)
        try:
            ids = dict.fromkeys(asked.call_ids) if asked.since is None else await _begun(store, asked.since)
            for call_id in ids:
                events = await store.events(call_id)
                listen = data_dir / RECORDINGS if len(asked.call_ids) == 1 else None
                found += await asyncio.to_thread(_metrics, call_id, events, listen, prices)
        finally:
            await store.close()
    return found


async def _begun(store: SqliteCallStore, since: datetime) -> list[str]:
    """Ids of the calls that began then or later, latest first."""
    found: list[str] = []
    while page := await store.calls(_PAGE, found[-1] if found else None):
        new = [call.call_id for call in page if call.begun_at >= since]
        found += new
        if len(new) < len(page):
            break
    return found


def _metrics(
    call_id: str, events: tuple[Event, ...], recordings: Path | None, prices: Mapping[str, Price]
) -> list[CallMetrics]:
    """The call's figures, if it is there and over; by its recording too where the recordings' folder is given."""
    record = fold(events)
    if record.outcome is None:
        return []
    path = None if recordings is None else kept_at(recordings, record.recording)
    try:
        return [call_metrics(call_id, events, None if path is None else read_samples(path), prices=prices)]
    except AudioUnavailable:  # never written, or not kept any longer: the events still tell
        return [call_metrics(call_id, events, prices=prices)]


def _show_one(call: CallMetrics, out: Console, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(to_json(call)))
        return
    witnesses = {"events": call.events} | ({"recording": call.ear} if call.ear is not None else {})
    for name, witness in witnesses.items():
        out.print(_table(f"Call {call.call_id}, by its {name}", witness.fine_panel, witness.panel))
        scored = witness.turn_taking
        out.print(f"EVA turn taking: {figures.score(scored.score)} over {scored.n} turn(s)")
        if witness.panel.unclassified:
            out.print(f"{witness.panel.unclassified} sound(s) of the caller's are not known to be speech to us")
    _show_spent(call.model, out)
    if call.intents:
        out.print(f"Called about: {', '.join(call.intents)}")
    for wait_ms in call.human_after_ms:
        out.print(f"A person's voice: {wait_ms / 1000:.1f} s after it was decided to bring one in")
    for difference in disagreements(call.events, call.ear) if call.ear is not None else ():
        out.print(f"[yellow]events and recording differ:[/] {difference}")


def _show_spent(by_model: Mapping[str, Spent], out: Console) -> None:
    """What language models cost, where any was asked."""
    for model, one in by_model.items():
        out.print(f"Language model {model or '(unnamed)'}: {as_words(one)}")


def _show_together(found: Sequence[CallMetrics], out: Console, *, as_json: bool) -> None:
    calls, model = together(call.events for call in found), _all_spent(found)
    by_intent = calls_by_intent(call.intents for call in found)
    waits = [wait_ms for call in found for wait_ms in call.human_after_ms]
    if as_json:
        told = {name: spent_to_json(one) for name, one in model.items()}
        more = {"calls_by_intent": dict(by_intent), "human_after": waits_to_json(waits)}
        out.print_json(json.dumps({**together_to_json(calls), "model": told, **more}))
        return
    out.print(_table(f"{calls.calls} call(s), by their events", calls.fine, calls.pooled, calls.medians))
    median, mean = figures.score(calls.turn_taking.value), figures.score(calls.turn_taking_mean)
    out.print(f"EVA turn taking: median {median}, mean {mean} over {calls.turn_taking.n} call(s)")
    _show_spent(model, out)
    if by_intent:
        out.print(f"Calls by intent: {', '.join(f'{label} {calls}' for label, calls in by_intent.items())}")
    if waits:
        told_of = waits_to_json(waits)
        seconds = f"{told_of['p50_ms'] / 1000:.1f} s, p95 {told_of['p95_ms'] / 1000:.1f} s"
        out.print(f"From the decision to a person's voice: median {seconds} of {len(waits)} transfer(s)")


def _all_spent(calls: Sequence[CallMetrics]) -> Mapping[str, Spent]:
    names = dict.fromkeys(name for call in calls for name in call.model)
    return {name: total(call.model[name] for call in calls if name in call.model) for name in names}


def _table(title: str, fine: Panel, panel: Panel, medians: Mapping[str, Figure] | None = None) -> Table:
    table = Table("figure", title=title, title_justify="left")
    for heading in ("exact", "in ticks of 200 ms", "events", *(("median of calls",) if medians else ())):
        table.add_column(heading, justify="right")
    for name, row in zip(FIGURES, figures.rows(fine, panel), strict=True):
        median = (figures.value(name, medians[name]),) if medians else ()
        table.add_row(f"{row.symbol}  {row.name}", row.exact, row.in_ticks, str(row.n), *median)
    return table
