"""Whether a wish to use a tool may be carried out at all: schema, ids, verification, discarded replies. Pure."""

from collections.abc import Mapping
from typing import Any

from pipeline.assistant.tools.ledger import digest
from pipeline.assistant.tools.port import (
    ArgumentsInvalid,
    Discarded,
    IdUnknown,
    NoConsent,
    NotVerified,
    ToolSpec,
)
from pipeline.assistant.tools.schemas import customers, ids, wrong
from pipeline.assistant.tools.standing import Standing


def admit(name: str, spec: ToolSpec, arguments: Mapping[str, Any], standing: Standing, reply: str) -> None:
    """Return where nothing speaks against it. Raises ToolError with the reason.

    reply: the model's reply that wants it; empty: a step of the line does. The ids of either come from the call: its
    results, the caller's words and profile, slots that the caller confirmed, and what the line itself writes.
    """
    if reply and standing.discarded(reply):
        raise Discarded(name, "the reply that wanted it was thrown away")
    admit_arguments(name, spec, arguments)
    if not standing.reaches(spec.verification):
        raise NotVerified(
            name, f"it needs verification {spec.verification!r}, and the caller has {standing.verified!r}"
        )
    if spec.consent and (reply or not standing.agreed(spec.consent)):
        raise NoConsent(name, f"the caller did not agree to {spec.consent!r} in this call")
    for argument, value in customers(spec.arguments, arguments) if spec.verification != "none" else ():
        if standing.customer and str(value) != standing.customer:
            raise NotVerified(name, f"{argument!r} is another customer than the caller")
    for argument, value in ids(spec.arguments, arguments):
        if not standing.known.has(value) and not standing.secrets.in_use(value):
            raise IdUnknown(name, f"nobody in this call gave the id in {argument!r}")


def admit_arguments(name: str, spec: ToolSpec, arguments: Mapping[str, Any]) -> None:
    """Raises ArgumentsInvalid where the schema does not allow them."""
    problem = wrong(spec.arguments, arguments)
    if problem:
        raise ArgumentsInvalid(name, problem)


def key_of(call: str, name: str, spec: ToolSpec, arguments: Mapping[str, Any]) -> str:
    """The idempotency key: of this step of the call, or of these arguments within the call where the tool says so."""
    if not spec.key:
        return call
    chosen = {argument: arguments.get(argument) for argument in spec.key}
    return f"{call.partition('/')[0]}/{name}/{digest(chosen)}"
