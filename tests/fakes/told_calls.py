"""A call's events, told in a few words: for tests of what is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pipeline.assistant.tools.port import Reversal, ToolSpec
from pipeline.handoff.about import About
from recordings.events import Event, checked

DISCLOSURE = "You speak with an assistant, and this call is recorded."


def tool(name: str, about: str = "", *, writes: bool = True, reversal: Reversal | None = None) -> ToolSpec:
    """One that changes something, or only looks something up."""
    schema = {"type": "object", "properties": {}}
    risk: Any = "automated" if writes else "read_only"
    return ToolSpec(name, about or name.replace("_", " "), schema, schema, risk, reversal=reversal)


ABOUT = About(
    line="Northfield",
    tools={
        "refund": tool("refund", "gives money back", reversal=Reversal(by_hand="Charge the card again.")),
        "start_return": tool("start_return", "opens a return", reversal=Reversal(tool="cancel_return")),
        "order_status": tool("order_status", "looks an order up", writes=False),
        "check_pin": tool("check_pin", "checks a pin", writes=False),
    },
    disclosures=frozenset({DISCLOSURE}),
    secrets=frozenset({"telephone_pin"}),
    sensitive=frozenset({"address"}),
    to_person=frozenset({"person"}),
    human_flow="person",
    intents=frozenset({"order_status", "start_return", "refund", "person", "question"}),
)


@dataclass
class ToldCall:
    """Grows as it is told; every utterance lasts two seconds."""

    number: str = "+14155550101"
    language: str = "en"
    events: list[Event] = field(default_factory=list)
    at_ms: int = 0
    _turns: int = 0
    _callers: int = 0
    _assistants: int = 0
    _calls: int = 0

    def __post_init__(self) -> None:
        self.told("call.ringing", call_sid="CA1", from_number=self.number, to_number="+14155550199", line="Northfield",
                  line_version="v1", language=self.language)  # fmt: skip
        self.told("call.media_started", wall_clock="2026-11-23T18:00:00+00:00")
        self.answers(DISCLOSURE, purpose="greeting")

    @property
    def turn(self) -> str:
        return f"t{self._turns}"

    def told(self, kind: str, **data: Any) -> Self:
        """Any event."""
        self.events.append(Event("local", "CA1", len(self.events) + 1, self.at_ms, "", kind, checked(kind, data)))
        return self

    def says(
        self, text: str, intent: str = "", *, by: str = "", slots: Mapping[str, Any] | None = None, via: str = "speech",
        confidence: float = 0.9, feels: Mapping[str, float] | None = None, missing: tuple[str, ...] = (),
    ) -> Self:  # fmt: skip
        """The caller says it, and it is understood. by: as the assistant writes it; empty: by what is given."""
        self._callers += 1
        self._turns += 1
        utterance = f"c{self._callers}"
        start_ms, self.at_ms = self.at_ms, self.at_ms + 2000
        self.told("caller.said", utterance=utterance, text=text, via=via, start_ms=start_ms, end_ms=self.at_ms,
                  confidence=confidence, alternatives=[])  # fmt: skip
        self.told("turn.began", turn=self.turn, utterance=utterance)
        signals = {"urgency": 0.0, "frustration": 0.0, "anger": 0.0, **(feels or {})}
        self.told("turn.understood", turn=self.turn, intent=intent, confidence=confidence, slots=dict(slots or {}),
                  by=by or ("intent" if intent else "step"), signals=signals, sentiment=-max(signals.values()),
                  trend="falling" if feels else "steady", missing=list(missing), tier="")  # fmt: skip
        return self

    def answers(self, text: str, *, purpose: str = "reply", heard: str | None = None, expects: str = "") -> Self:
        """The assistant says it. heard: of it; None: all."""
        self._assistants += 1
        utterance = f"a{self._assistants}"
        self.told("assistant.speaks", utterance=utterance, turn=self.turn, text=text, purpose=purpose)
        start_ms, self.at_ms = self.at_ms, self.at_ms + 2000
        complete = heard is None
        self.told("assistant.heard", utterance=utterance, heard_text=text if heard is None else heard,
                  start_ms=start_ms, end_ms=self.at_ms, complete=complete)  # fmt: skip
        return self.told("assistant.expects", expecting=expects, keys=False) if expects else self

    def uses(
        self, name: str, arguments: Mapping[str, Any], result: Mapping[str, Any] | None = None, *, error: str = "",
        status: str = "",
    ) -> Self:  # fmt: skip
        """A tool is called, and gives this, or fails so."""
        self._calls += 1
        call = f"k{self._calls}"
        self.told("tool.called", turn=self.turn, call=call, tool=name, arguments=dict(arguments))
        how = status or ("failed" if error else "done")
        return self.told("tool.returned", turn=self.turn, call=call, tool=name, ok=not error, result=dict(result or {}),
                         error=error, took_ms=20, status=how, effect="none" if error else "done", id=f"CA1/{call}",
                         say="")  # fmt: skip

    def verified(self, customer: str = "204815", level: str = "pin", **result: Any) -> Self:
        """A tool says who calls."""
        self.uses("check_pin", {"pin": "[pin: 4 digits, c9]"}, {"verified": True, "customer": customer, **result})
        return self.told("identity.raised", turn=self.turn, level=level, customer=customer, how="check_pin")

    def wants_person(self, text: str = "can I speak to a person", evidence: str = "speak to a person") -> Self:
        """The caller asks for one."""
        self.says(text, "person", by="rule")
        return self.escalates("asked_for_person", "The caller asked for a person.", evidence)

    def escalates(self, code: str, sentence: str, *evidence: str) -> Self:
        """A rule brings in a person."""
        return self.told("escalation.raised", turn=self.turn, rule=code, reason=code, sentence=sentence,
                         queue="support", priority="normal", offered=False, evidence=list(evidence))  # fmt: skip


def refund_that_fails(call: ToldCall | None = None) -> ToldCall:
    """A known customer wants money back, which the system refuses, and is angry."""
    told = call or ToldCall()
    told.says("I want a refund of order 10482, the tent arrived broken", "refund", missing=("order_number",))
    told.answers("What is your order number?", purpose="question", expects="digits")
    told.says("10482", slots={"order_number": "10482"}, via="dtmf")
    told.verified(name="Ana Ruiz", history={"calls": 2, "intent": "order_status", "open": True, "days_ago": 3,
                                            "open_issues": 1, "language": "en"})  # fmt: skip
    told.uses("order_status", {"order_number": "10482"}, {"found": True, "status": "delivered", "item": "tent"})
    told.uses("refund", {"order_number": "10482", "amount": "49.90"}, error="unavailable")
    told.answers("I could not do that just now.", expects="open")
    told.says("this is ridiculous, I have called three times", by="clarify",
              feels={"frustration": 0.8, "anger": 0.7})  # fmt: skip
    return told.wants_person("get me a manager", "get me a manager")
