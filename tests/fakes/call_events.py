"""A call from the first ring to the end, as its events: an order looked up, an answer cut off, a message left."""

from typing import Any, Final

from recordings.events import Event, checked

CALL_ID: Final = "CA00000000000000000000000000000001"
GREETING: Final = "Hello, this is the automated assistant of Northfield. How can I help?"


def call_events(call_id: str = CALL_ID) -> tuple[Event, ...]:
    """The whole call, 22.5 seconds, numbered from 1."""
    script = _Script(call_id)
    _beginning(script)
    _order_status(script)
    _returns(script)
    _message(script)
    return tuple(script.events)


class _Script:
    def __init__(self, call_id: str) -> None:
        self._call_id = call_id
        self.events: list[Event] = []

    def add(self, at_ms: int, kind: str, **data: Any) -> None:
        seq = len(self.events) + 1
        self.events.append(Event("local", self._call_id, seq, at_ms, "", kind, checked(kind, data)))

    def says(self, at_ms: int, utterance: str, turn: str, text: str, purpose: str = "reply") -> None:
        self.add(at_ms, "assistant.speaks", utterance=utterance, turn=turn, text=text, purpose=purpose)

    def heard(self, utterance: str, text: str, start_ms: int, end_ms: int, *, complete: bool = True) -> None:
        span = {"start_ms": start_ms, "end_ms": end_ms}
        self.add(end_ms + 10, "assistant.heard", utterance=utterance, heard_text=text, complete=complete, **span)

    def said(self, at_ms: int, utterance: str, text: str, start_ms: int, end_ms: int, via: str = "speech") -> None:
        span = {"start_ms": start_ms, "end_ms": end_ms}
        self.add(at_ms, "caller.said", utterance=utterance, text=text, via=via, confidence=0.8, alternatives=[], **span)

    def understood(self, at_ms: int, turn: str, intent: str, **slots: str) -> None:
        self.add(at_ms, "turn.understood", turn=turn, intent=intent, confidence=0.9, slots=slots, by="intent")


def _beginning(script: _Script) -> None:
    numbers = {"from_number": "+15550100", "to_number": "+15550199"}
    script.add(-900, "call.ringing", call_sid=CALL_ID, line="example", line_version="v1", language="en", **numbers)
    script.add(-200, "call.answered", stream_sid="MZ1", stream_number=1)
    script.add(0, "call.media_started", wall_clock="2026-01-05T10:00:00+00:00")
    script.add(0, "recording.started", audio=f"{CALL_ID}.wav")
    script.add(0, "floor.changed", floor="assistant")
    script.add(0, "turn.began", turn="t1", utterance="")
    script.says(10, "a1", "t1", GREETING, "greeting")
    script.heard("a1", GREETING, 50, 4000)
    script.add(4000, "floor.changed", floor="caller")


def _order_status(script: _Script) -> None:
    script.add(5000, "caller.speech_started")
    script.add(5600, "caller.partial", text="where is")
    script.add(6900, "caller.speech_ended")
    script.said(7000, "c1", "where is my order one two three four five", 5000, 6600)
    script.add(7000, "floor.changed", floor="assistant")
    script.add(7000, "turn.began", turn="t2", utterance="c1")
    script.understood(7010, "t2", "order_status", order="12345")
    tool = {"turn": "t2", "call": "k1", "tool": "order_status"}
    script.add(7020, "tool.called", arguments={"order": "12345"}, **tool)
    script.add(7034, "tool.returned", ok=True, result={"status": "out for delivery"}, error=None, took_ms=14, **tool)
    script.says(7040, "a2", "t2", "Your trail tent is out for delivery and should be with you today.")
    script.add(9000, "caller.barged_in", utterance="a2")
    script.heard("a2", "Your trail tent is out", 7420, 9000, complete=False)
    script.add(9000, "floor.changed", floor="caller")


def _returns(script: _Script) -> None:
    script.said(11_200, "c2", "can I return it when I have used it", 9000, 10_800)
    script.add(11_200, "turn.began", turn="t3", utterance="c2")
    script.add(11_200, "floor.changed", floor="assistant")
    script.understood(11_210, "t3", "returns")
    script.add(11_215, "knowledge.found", turn="t3", question="return used", passages=[])
    source = {"document": "returns.md", "section": "used-gear", "title": "Returning used gear", "score": 0.83}
    script.add(11_220, "turn.answered", turn="t3", sources=[source])
    script.says(11_230, "a3", "t3", "Yes, within a year.")
    script.heard("a3", "Yes, within a year.", 11_600, 13_000)
    script.add(13_000, "floor.changed", floor="caller")


def _message(script: _Script) -> None:
    script.add(16_500, "caller.pressed", digit="0")
    script.said(16_600, "c3", "0", 16_500, 16_600, via="dtmf")
    script.add(16_600, "turn.began", turn="t4", utterance="c3")
    script.understood(16_600, "t4", "person")
    script.says(16_610, "a4", "t4", "Please leave a message.", "question")
    script.heard("a4", "Please leave a message.", 16_900, 18_000)
    spoken = {"text": "please call me back", "start_ms": 18_600, "end_ms": 21_500}
    script.add(22_000, "message.taken", turn="t4", queue="customer_care", **spoken)
    script.add(22_000, "media.fault", fault="missing", count=2, detail="")
    script.add(22_500, "call.ended", outcome="caller_hung_up", reason="hang_up")
