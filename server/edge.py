"""Who is let in from a carrier: signed requests of a bearable size, and nobody else."""

import structlog
from fastapi import HTTPException, Request, WebSocket
from starlette.types import Scope

from telephony.twilio.signature import SETTINGS_HEADER, SIGNATURE_HEADER, Signatures, form_values

MAX_BODY_BYTES = 65_536
MAX_SID_CHARACTERS = 64


class Edge:
    """Lets nobody in whose signature does not hold."""

    def __init__(self, signatures: Signatures) -> None:
        self._signatures = signatures

    async def form(self, request: Request) -> dict[str, str]:
        """The form of a signed request. 403 without a good signature, 413 when it is too large, 400 when it is none."""
        body = b""
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BODY_BYTES:
                raise HTTPException(413, "The request is too large.")
        content_type = request.headers.get("content-type", "")
        try:
            values = form_values(body) if "json" not in content_type else []
        except ValueError as error:
            raise HTTPException(400, "The request is not a form.") from error
        if not self._signatures.validate_webhook(
            _path(request.scope),
            values,
            request.headers.get(SIGNATURE_HEADER),
            raw_body=body,
            content_type=content_type,
            settings=request.headers.get(SETTINGS_HEADER),
        ):
            structlog.get_logger().warning("webhook refused: bad signature", path=request.url.path)
            raise HTTPException(403, "The signature does not match.")
        return dict(values)

    def signed_socket(self, websocket: WebSocket) -> bool:
        """Whether the carrier opened this socket."""
        return self._signatures.validate_websocket(
            _path(websocket.scope),
            websocket.headers.get(SIGNATURE_HEADER),
            settings=websocket.headers.get(SETTINGS_HEADER),
        )


def call_sid(form: dict[str, str]) -> str:
    """The call's id, safe as a file name. 400 otherwise."""
    sid = form.get("CallSid", "")
    if not (sid.isascii() and sid.isalnum() and len(sid) <= MAX_SID_CHARACTERS):
        raise HTTPException(400, "CallSid is missing or malformed.")
    return sid


def _path(scope: Scope) -> str:
    """The raw path with its query, as it was requested."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    path: bytes = raw.split(b"?", 1)[0] + (b"?" + query if query else b"")
    return path.decode("ascii", "replace")
