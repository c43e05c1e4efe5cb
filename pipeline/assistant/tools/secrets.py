"""Secrets that tools need: named in the line's files, kept in the environment, never in an event or a log."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pipeline.assistant.tools.places import PLACE

SecretOf = Callable[[str], str | None]
"""The secret of a name; None: it is not set."""
HIDDEN: Final = "[secret]"
_SHORTEST: Final = 6
"""Shorter ones are words that an answer may hold by chance."""


class SecretMissing(LookupError):
    """A secret that is not set; the text names it."""


def no_secrets(_name: str) -> str | None:
    """Where there are none."""
    return None


def with_secrets(template: str, secret_of: SecretOf) -> str:
    """A header's value: "Bearer {CRM_TOKEN}". Raises SecretMissing."""

    def found(name: str) -> str:
        value = secret_of(name)
        if value is None:
            raise SecretMissing(name)
        return value

    return PLACE.sub(lambda place: found(place[1]), template)


def names(templates: Mapping[str, str]) -> set[str]:
    """The secrets that these headers need."""
    return {name for template in templates.values() for name in PLACE.findall(template)}


def hidden(value: Any, secrets: Mapping[str, str | None]) -> Any:
    """The value without secrets: a system may say back what it was sent."""
    if isinstance(value, Mapping):
        return {hidden(key, secrets): hidden(inner, secrets) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(inner, secrets) for inner in value]
    if isinstance(value, str):
        for secret in secrets.values():
            if secret and len(secret) >= _SHORTEST:
                value = value.replace(secret, HIDDEN)
    return value
