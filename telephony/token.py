"""One-time tokens that bind a media stream to the call it was issued for.

The signature on a WebSocket proves that Twilio opened it, and nothing about which call it is for; so the TwiML carries
a token in a <Parameter>, and nothing of the stream is processed before it was redeemed.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Final, Literal

TOKEN_LIFE_S: Final = 60
"""From TwiML to start message Twilio needs about a second; a minute forgives any stall (reliability.md §2, row 21)."""

USED_TOKENS_MAX: Final = 65_536
"""So many are remembered as used: a thousand calls a second for a minute. Beyond, the oldest are forgotten."""

LISTENS: Final = 0
"""In place of a stream's number: it only listens to a call that is elsewhere."""

MIN_SECRET_BYTES: Final = 16
"""A shorter secret could be guessed."""

TokenReason = Literal["malformed", "forged", "expired", "other_call", "used"]

_PURPOSE: Final = b"cordboard call token 1"
_NONCE_BYTES: Final = 12
_MAX_CHARACTERS: Final = 480  # with its name it must fit into a stream parameter of 500


class TokenRefused(Exception):
    """This token opens nothing. A retry does not help."""

    def __init__(self, reason: TokenReason) -> None:
        super().__init__(f"call token refused: {reason}")
        self.reason: TokenReason = reason


class CallTokens:
    """Issues and redeems tokens. What is used is known to this process: redeem where streams arrive.

    Seconds (`now_s`) are of one clock that all processes with this secret share, such as time.time().
    """

    def __init__(self, secret: bytes) -> None:
        """Raises ValueError on a secret of less than MIN_SECRET_BYTES."""
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(f"the secret for call tokens has {len(secret)} bytes; it needs {MIN_SECRET_BYTES}")
        self._key = hmac.digest(secret, _PURPOSE, hashlib.sha256)
        self._used: OrderedDict[bytes, int] = OrderedDict()

    def issue(self, call_sid: str, stream_number: int, now_s: float) -> str:
        """Make a token that is good once, for this call, until TOKEN_LIFE_S from now. At most 480 ASCII characters."""
        expires_s = int(now_s) + TOKEN_LIFE_S
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        body = f"{expires_s} {stream_number} {nonce} {call_sid}".encode()
        token = f"{_written(body)}.{_written(self._seal(body))}"
        if len(token) > _MAX_CHARACTERS:
            raise ValueError(f"a call sid of {len(call_sid)} characters is too long for a token")
        return token

    def listening(self, call_sid: str, now_s: float) -> str:
        """Make one for a stream that only listens to this call: `redeem` gives LISTENS."""
        return self.issue(call_sid, LISTENS, now_s)

    def redeem(self, token: str, call_sid: str, now_s: float) -> int:
        """Use the token up; give the number of the stream it was issued for. Raises TokenRefused."""
        body = self._opened(token)
        expires, number, nonce, issued_for = body.decode("utf-8").split(" ", 3)
        if not hmac.compare_digest(issued_for.encode(), call_sid.encode("utf-8", "surrogatepass")):
            raise TokenRefused("other_call")
        expires_s = int(expires)
        if now_s >= expires_s:
            raise TokenRefused("expired")
        self._use(nonce.encode(), expires_s, now_s)
        return int(number)

    def _opened(self, token: str) -> bytes:
        """Give the body of a token that we made. Raises TokenRefused."""
        if len(token) > _MAX_CHARACTERS or not token.isascii():
            raise TokenRefused("malformed")
        body, _, seal = token.partition(".")
        try:
            read, sealed = _read(body), _read(seal)
        except ValueError:
            raise TokenRefused("malformed") from None
        if not read or len(sealed) != hashlib.sha256().digest_size:
            raise TokenRefused("malformed")
        if not hmac.compare_digest(sealed, self._seal(read)):
            raise TokenRefused("forged")
        return read

    def _use(self, nonce: bytes, expires_s: int, now_s: float) -> None:
        while self._used and next(iter(self._used.values())) <= now_s:
            self._used.popitem(last=False)
        if nonce in self._used:
            raise TokenRefused("used")
        self._used[nonce] = expires_s
        if len(self._used) > USED_TOKENS_MAX:
            self._used.popitem(last=False)

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, hashlib.sha256)


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _read(text: str) -> bytes:
    """Read what _written wrote, and no second spelling of it. Raises ValueError."""
    data = binascii.a2b_base64(text.translate(_FROM_URLSAFE) + "=" * (-len(text) % 4), strict_mode=True)
    if _written(data) != text:
        raise ValueError("another spelling")
    return data


_FROM_URLSAFE: Final = str.maketrans("-_", "+/")
