"""The pages that people read: plain HTML made here, one style sheet, small scripts, nothing from anywhere else."""

from pathlib import Path
from typing import Any, Final

import jinja2
from fastapi.responses import HTMLResponse

from server import figures
from server.pages import words

_HERE: Final = Path(__file__).parent
_SECURITY: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # none at all would make the origin of our own forms "null"
    "X-Content-Type-Options": "nosniff",
}

_templates: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters |= {
    "clock": words.clock,
    "figures": lambda measured: figures.rows(measured.fine_panel, measured.panel),
    "language": words.language,
    "plain": words.plain,
    "score": figures.score,
    "seconds": words.seconds,
    "utc": words.utc,
    "value": words.value,
}


def page(template: str, status: int = 200, **content: Any) -> HTMLResponse:
    """A page, escaped, with the headers that keep it to itself."""
    return HTMLResponse(_templates.get_template(template).render(content), status, _SECURITY)


def asset(name: str) -> tuple[bytes, str] | None:
    """A style sheet or script of ours and its media type."""
    return _ASSETS.get(name)


_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_ASSETS: Final = {
    file.name: (file.read_bytes(), _TYPES[file.suffix]) for file in _HERE.iterdir() if file.suffix in _TYPES
}
