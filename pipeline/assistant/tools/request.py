"""An HTTP request as a line declares it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

KEY_HEADER: Final = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `{name}` stands for an argument; a value whose argument was not given is left out."""

    method: str
    url: str
    """Places only in the path: the host is the line's, not an argument's."""
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, str] = field(default_factory=dict)
    """Values in which `{NAME}` stands for a secret."""
    body: Any = None
    """JSON; None: none is sent."""
    key_header: str = KEY_HEADER
    """The header that carries the idempotency key of a write; empty: none does."""
    not_found: Mapping[str, Any] | None = None
    """The result that a 404 stands for; None: it is a refusal."""
    at: str = ""
    """The part of the answer that is the result: "data.order"; empty: all of it."""
