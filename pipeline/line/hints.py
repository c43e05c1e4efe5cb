"""What each setting of a line file is for, as its models say it: the remedy when one is missing or wrong. Pure."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final, get_args

from pipeline.line.flows import Step, Written
from pipeline.line.model import Settings

_MODELS: Final[tuple[type[Written], ...]] = (*Written.__subclasses__(), *Step.__subclasses__())


def hint(name: str, path: Sequence[str | int]) -> str:
    """What a setting is for, in brackets; empty when its name says it."""
    fields = _around(path).model_fields
    about = fields[name].description if name in fields else None
    return f"({about})" if about else ""


def nearest(name: str, path: Sequence[str | int]) -> str | None:
    """The setting that was probably meant: one that belongs here, or else one that belongs elsewhere."""
    here = get_close_matches(name, _around(path).model_fields, n=1)
    anywhere = get_close_matches(name, sorted({field for model in _MODELS for field in model.model_fields}), n=1)
    return next((found for found in (*here, *anywhere) if found != name), None)


def _around(path: Sequence[str | int]) -> type[Written]:
    """The model whose settings stand at a path."""
    names = [item for item in path if isinstance(item, str)]
    return next((_HOLDERS[name] for name in reversed(names) if name in _HOLDERS), Settings)


def _models_in(annotation: Any) -> Iterator[type[Written]]:
    if isinstance(annotation, type) and issubclass(annotation, Written):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


_HOLDERS: Final[dict[str, type[Written]]] = {
    name: next(_models_in(field.annotation))
    for model in _MODELS
    for name, field in model.model_fields.items()
    if name not in {"steps", "flows"} and any(True for _ in _models_in(field.annotation))
}
"""By the name of the setting that holds it."""
