"""Who is calling us: Twilio's signatures on webhooks and on the media socket, checked against the configured address.

An address made from Host or X-Forwarded-* headers would be the sender's choice; ours is PUBLIC_URL and nothing else.
How signatures are made: https://www.twilio.com/docs/usage/security#validating-requests. A signature carries no time and
no nonce: a captured request can be replayed, and what that may do is bounded by telephony.token and telephony.call.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm

SIGNATURE_HEADER: Final = "X-Twilio-Signature"
"""Carries the signature, on webhooks and on the WebSocket's opening request."""

SETTINGS_HEADER: Final = "X-Twilio-Webhooks-Signature-Settings"
"""Names the algorithm when the account signs with a shared key instead of its auth token."""

FormValues = Sequence[tuple[str, str]] | Mapping[str, str]

_SECURE: Final = {"http": "ws", "https": "wss"}


class _Form(dict[str, list[str]]):
    """Form values as RequestValidator asks for them."""

    def __init__(self, values: FormValues) -> None:
        super().__init__()
        pairs: Iterable[tuple[str, str]] = values.items() if isinstance(values, Mapping) else values
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        return self[name]


class Signatures:
    """Checks and makes the signatures of one Twilio account.

    Every `path` is what the carrier requested behind `public_url`: raw, still percent-encoded, with its query string.
    """

    def __init__(
        self,
        auth_token: str,
        public_url: str,
        *,
        previous_auth_token: str = "",
        shared_key: str = "",
    ) -> None:
        """previous_auth_token is accepted too, while tokens are rotated; shared_key enables HMAC-SHA256.

        Raises ValueError on an empty auth token, with which anyone could sign, and on an address that is not one.
        """
        if not auth_token:
            raise ValueError("the Twilio auth token is empty: anyone could sign requests with it")
        self._public_url = _checked(public_url)
        tokens = [token for token in (auth_token, previous_auth_token) if token]
        self._validators = [RequestValidator(token) for token in tokens]
        self._shared_key = RequestValidator(shared_key) if shared_key else None

    def validate_webhook(
        self,
        path: str,
        params: FormValues,
        header: str | None,
        *,
        raw_body: bytes = b"",
        content_type: str = "",
        settings: str | None = None,
    ) -> bool:
        """Whether Twilio signed this request. Never raises.

        params are the form's values, blank ones included (`form_values`), and empty for GET. header and settings are
        the values of SIGNATURE_HEADER and SETTINGS_HEADER, None if absent. JSON is checked by the hash in the query.
        """
        if not header or not _is_path(path):
            return False
        url = self._public_url + path
        if content_type.partition(";")[0].strip().lower() == "application/json" and raw_body:
            body = _text(raw_body)
            # Without the hash the body is not signed at all, and RequestValidator raises.
            if body is None or not parse_qs(urlsplit(url).query).get("bodySHA256"):
                return False
            return self._signed(url, body, header, settings)
        return self._signed(url, _Form(params), header, settings)

    def validate_websocket(self, path: str, header: str | None, *, settings: str | None = None) -> bool:
        """Whether Twilio signed this WebSocket's opening request. Never raises.

        Twilio does not say how it writes a wss address before it signs: with which scheme, with or without its port and
        a last slash. All of them name this server and this path, so any of them will do.
        """
        if not header or not _is_path(path):
            return False
        return any(self._signed(url, {}, header, settings) for url in self._websocket_candidates(path))

    def sign_webhook(self, path: str, params: FormValues = ()) -> str:
        """Make the header of a request to this path; for a JSON body, put bodySHA256 into the path's query."""
        return self._sign(self._public_url + path, _Form(params))

    def sign_websocket(self, path: str) -> str:
        """Make the header of a WebSocket's opening request."""
        return self._sign(_websocket_url(self._public_url) + path, {})

    def _sign(self, url: str, params: Mapping[str, object]) -> str:
        signature: str = self._validators[0].compute_signature(url, params)
        return signature

    def _signed(self, url: str, params: Mapping[str, object] | str, header: str, settings: str | None) -> bool:
        # Without a configured key the requester has no say in the algorithm.
        shared = self._shared_key if get_signature_algorithm(settings) == HMAC_SHA256 else None
        validators, algorithm = ([shared], HMAC_SHA256) if shared else (self._validators, HMAC_SHA1)
        try:
            return any(validator.validate(url, params, header, algorithm) for validator in validators)
        except UnicodeEncodeError:  # half a character in a form; nobody signs that
            return False

    def _websocket_candidates(self, path: str) -> set[str]:
        """Every way to write the address. RequestValidator tries with and without port, but takes wss for port 80."""
        place, question, query = path.partition("?")
        places = {place, place.rstrip("/"), place.rstrip("/") + "/"}
        secure = self._public_url.startswith("https:")
        origin = urlsplit(self._public_url)
        prefixes = {self._public_url, _websocket_url(self._public_url)}
        if origin.port in (None, 443 if secure else 80):
            port = 443 if secure else 80
            host = origin.netloc.removesuffix(f":{port}")
            prefixes |= {
                f"{scheme}://{netloc}{origin.path}"
                for scheme in (origin.scheme, _SECURE[origin.scheme])
                for netloc in (host, f"{host}:{port}")
            }
        return {prefix + place + question + query for prefix in prefixes for place in places}


def form_values(body: bytes) -> list[tuple[str, str]]:
    """Read a form body's values, blank ones too: they are part of what was signed. Never raises."""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None)


def _checked(public_url: str) -> str:
    parts = urlsplit(public_url)
    if parts.scheme not in _SECURE or not parts.hostname:
        raise ValueError(f"the public address {public_url!r} is not http(s)://host")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"the public address {public_url!r} may have a path, and neither query, fragment nor user")
    if parts.port == 0:
        raise ValueError(f"the public address {public_url!r} has no usable port")
    return public_url.rstrip("/")


def _websocket_url(url: str) -> str:
    scheme, _, rest = url.partition(":")
    return f"{_SECURE[scheme]}:{rest}"


def _is_path(path: str) -> bool:
    # Anything else could move the border between host and path, or is no request line.
    return path.startswith("/") and path.isascii()


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
