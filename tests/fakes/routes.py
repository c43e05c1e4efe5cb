"""Every route of an application, those of included and mounted ones too."""

from collections.abc import Iterator
from typing import Any


def walked(routes: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Each route with its whole path."""
    for route in routes:
        if hasattr(route, "original_router"):  # included: its routes know their prefix
            yield from walked(route.original_router.routes, before)
        elif hasattr(route, "app") and hasattr(route, "path") and not hasattr(route, "endpoint"):  # mounted
            inner = getattr(route.app, "_app", route.app)
            yield from walked(inner.routes, before + route.path)
        else:
            yield before + route.path, route
