"""What can go wrong while a simulated caller is on the phone.

CallError                for whoever drives the caller; a retry on the same call does not help
├── CallOver             the call ended before the caller could do it
├── NotQuiet             the assistant was not heard, or never stopped, in time
└── NoMedia              there is no open media stream to do it on
TwimlRejected            the application's TwiML is not what Twilio accepts; carries Twilio's error code
WebhookFailed            the application's HTTP answer is not what Twilio accepts; carries Twilio's error code
StreamRefused            the application's WebSocket could not be opened; carries Twilio's error code
NotAudio                 a file is not audio that a caller could speak
"""


class CallError(Exception):
    """What the caller was told to do cannot be done on this call."""


class CallOver(CallError):
    """The call ended first."""


class NotQuiet(CallError):
    """The assistant was not heard and then quiet within the time given."""


class NoMedia(CallError):
    """No media stream is open."""


class TwilioError(Exception):
    """Something of the application that Twilio would log in its debugger."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class TwimlRejected(TwilioError):
    """The document cannot be executed."""


class WebhookFailed(TwilioError):
    """The application did not answer, or not with something usable."""

    def __init__(self, code: int, detail: str, *, status: int | None = None, attempts: int = 1) -> None:
        super().__init__(code, detail)
        self.status = status
        self.attempts = attempts


class StreamRefused(TwilioError):
    """The media WebSocket was not opened."""


class NotAudio(ValueError):
    """This is not audio; the message names the file, the reason and the remedy."""
