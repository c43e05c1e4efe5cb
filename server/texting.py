"""Text messages of this server, where an account to send them from is set."""

from contextlib import AsyncExitStack

from pipeline.assistant.code_specs import CHECK_CODE, SEND_CODE
from pipeline.assistant.text_specs import SEND_TEXT
from pipeline.line.model import Line
from server.settings import Settings
from telephony.ports import Messages

_TEXTING = frozenset({SEND_CODE.name, CHECK_CODE.name, SEND_TEXT.name})
TEXT_STATUS_PATH = "/twilio/text"


async def open_messages(settings: Settings, public_url: str, stack: AsyncExitStack) -> Messages | None:
    """Text messages through Twilio; None: nobody is set to send them."""
    token = settings.twilio_auth_token.get_secret_value()
    if not settings.twilio_account_sid or not settings.sms_from or not token:
        return None
    from telephony.twilio.rest import TwilioRest  # noqa: PLC0415 half a second, for those who text
    from telephony.twilio.texts import TwilioMessages  # noqa: PLC0415 as above

    rest = TwilioRest(settings.twilio_account_sid, token, settings.twilio_api_url)
    stack.push_async_callback(rest.aclose)
    return TwilioMessages(rest, settings.sms_from, public_url + TEXT_STATUS_PATH if public_url else "")


def lacking_messages(line: Line) -> tuple[str, ...]:
    """What a line wants where nobody is set to send texts, one sentence each; none: it texts nobody."""
    tools = [tool.name for tool in line.settings.tools if tool.runs in _TEXTING]
    if not tools:
        return ()
    what = f"{', '.join(tools)} cannot run, because no account for text messages is set"
    remedy = "set CORDBOARD_TWILIO_ACCOUNT_SID, CORDBOARD_TWILIO_AUTH_TOKEN and CORDBOARD_SMS_FROM"
    return (f"{what}; {remedy}, or take them out of the line",)
