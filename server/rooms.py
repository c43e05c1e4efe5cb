"""Whether callers can be in conferences of their own on this server."""

from pipeline.line.model import Line
from server.settings import Settings


def lacking_rooms(line: Line, settings: Settings) -> tuple[str, ...]:
    """What a line's topology wants and is not set, as one sentence; none: its calls are as it says."""
    set_already = {
        "CORDBOARD_TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "CORDBOARD_TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "CORDBOARD_TWILIO_APP_SID": settings.twilio_app_sid,
    }
    missing = [name for name, value in set_already.items() if not value]
    if line.settings.topology == "direct" or not missing:
        return ()
    return (f"its calls are direct and not conference_first; set {' and '.join(missing)} (docs/conference-first.md)",)
