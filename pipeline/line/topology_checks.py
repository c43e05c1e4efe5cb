"""What a line loses whose callers are in conferences of their own, where its flows count on it. Pure.

Keys of callers do not reach the assistant there: a conference passes on voices.
"""

from collections.abc import Iterator

from pipeline.line.finding import Finding
from pipeline.line.flows import AskStep
from pipeline.line.model import Settings


def keyless(settings: Settings) -> Iterator[Finding]:
    """Where a line asks for keys that never come: a secret cannot be given at all, other answers by voice only."""
    if settings.topology == "direct":
        return
    secrets, keyed = list[str](), list[str]()
    for name, flow in settings.flows.items():
        for step in flow.steps:
            if isinstance(step, AskStep) and step.ask.secret is not None:
                secrets.append(f"{name}.{step.ask.slot}")
            elif isinstance(step, AskStep) and step.ask.keypad is not None:
                keyed.append(f"{name}.{step.ask.slot}")
    where, no_keys = ("topology",), "with topology conference_first callers' keys do not reach the assistant"
    if secrets:
        what = f"{no_keys}, and {', '.join(secrets)} can be keyed in only: nobody can answer"
        yield Finding(where, what, "write topology: direct, or have another way to be sure (docs/identity.md)")
    if keyed:
        what = f"{no_keys}: {', '.join(keyed)} can be spoken only"
        yield Finding(where, what, "write topology: direct where callers need their keypads")
