"""What a call's requests to language models cost: tokens as servers counted them, money by the operator's prices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from recordings import fields
from recordings.events import Event

_KINDS: Final = frozenset({"model.wants", "model.done", "model.translated"})
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Of one model, in the operator's currency, for a million tokens."""

    prompt: float
    completion: float


@dataclass(frozen=True, slots=True)
class Spent:
    """On one model, or on all."""

    requests: int = 0
    """Those that came to their end; what was cut off is billed by no count of ours."""
    uncounted: int = 0
    """Of the requests, those whose server counted nothing."""
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    """Of the prompt's tokens."""
    cost: float | None = None
    """None: a price lacks."""


def spent(events: Iterable[Event], prices: Mapping[str, Price] | None = None) -> Mapping[str, Spent]:
    """By model, "" where the server named none. Cached tokens cost what others do."""
    sums: dict[str, Spent] = defaultdict(Spent)
    for event in events:
        if event.kind not in _KINDS:
            continue
        counted = fields.mapping(event.data, "tokens")
        model = fields.text(counted, "model")
        before = sums[model]
        sums[model] = Spent(
            before.requests + 1,
            before.uncounted + (not counted),
            before.prompt + fields.whole(counted, "prompt", 0),
            before.completion + fields.whole(counted, "completion", 0),
            before.cached + fields.whole(counted, "cached", 0),
        )
    return {model: _priced(one, (prices or {}).get(model)) for model, one in sums.items()}


def total(by_model: Iterable[Spent]) -> Spent:
    """Of several models or calls; the cost is told only where all of it is known."""
    parts = list(by_model)
    costs = [one.cost for one in parts]
    return Spent(
        sum(one.requests for one in parts),
        sum(one.uncounted for one in parts),
        sum(one.prompt for one in parts),
        sum(one.completion for one in parts),
        sum(one.cached for one in parts),
        sum(cost for cost in costs if cost is not None) if parts and None not in costs else None,
    )


def to_json(one: Spent) -> dict[str, Any]:
    """As the API and `--json` give it."""
    return asdict(one)


def as_words(one: Spent) -> str:
    """In a line, for people."""
    money = "" if one.cost is None else f", cost {one.cost:.4f}"
    unknown = f" ({one.uncounted} not counted by the server)" if one.uncounted else ""
    return f"{one.requests} request(s){unknown}, {one.prompt} + {one.completion} tokens{money}"


def _priced(one: Spent, price: Price | None) -> Spent:
    if price is None or one.uncounted:
        return one
    cost = (one.prompt * price.prompt + one.completion * price.completion) / _MILLION
    return Spent(one.requests, one.uncounted, one.prompt, one.completion, one.cached, cost)
