"""Texts that callers agreed to: a confirmation, a reference, a link. Without their yes the runner does not get here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.assistant.text_specs import SEND_TEXT, SendTextArguments
from pipeline.assistant.tools.port import BackendBroken, ToolLate, ToolRefused, ToolSpec
from telephony.errors import CarrierError, CarrierLate, NotTextable
from telephony.numbers import NotANumber, parse_number
from telephony.ports import Messages


@dataclass(frozen=True, slots=True)
class SendText:
    """Messages.send as a tool."""

    messages: Messages
    spec: ToolSpec = SEND_TEXT

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        given = SendTextArguments.model_validate(dict(arguments))
        try:
            number = parse_number(given.number)
            texted = await self.messages.send(number, given.text, call, deadline_ms)
        except (NotANumber, NotTextable):
            raise ToolRefused(self.spec.name, "this number cannot be texted") from None
        except CarrierLate:
            raise ToolLate(self.spec.name, f"no answer of the carrier within {deadline_ms} ms") from None
        except CarrierError as error:
            raise BackendBroken(self.spec.name, str(error)) from None
        return {"sent": True, "text_id": texted.text_id, "number_end": number[-2:]}
