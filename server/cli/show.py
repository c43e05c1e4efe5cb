"""A conversation on a terminal as a person wants to read it, while it happens: who said what, when, on what ground."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from recordings.whose import Whose, whose_after

SPEAKER_STYLE = {"caller": "bold cyan", "assistant": "bold green", "agent": "bold magenta", "supervisor": "bold yellow"}


_NOTICES = {
    "call.media_lost": ("the line was lost ({how})", "yellow"),
    "call.resumed": ("the line is back", "yellow"),
    "call.left_room": ("the caller is in the conference of their call no longer: {why}", "yellow"),
    "language.changed": ("the call goes on in {to} ({reason})", "dim"),
    "budget.spent": ("nothing is left of {budget} ({spent} of {limit})", "yellow"),
    "transfer.requested": ("a person of {queue} is wanted: {sentence}", "magenta"),
    "transfer.queued": ("waiting for {queue}: number {position}", "dim"),
    "transfer.offered": ("offered to {agent} ({by})", "magenta"),
    "transfer.answered": ("{agent}: {how}", "magenta"),
    "transfer.bridging": ("the caller is being connected with {agent}", "dim"),
    "transfer.connected": ("caller and {agent} hear each other", "bold magenta"),
    "listening.lost": ("caller and agent are not heard here ({how}); they speak on", "yellow"),
    "listening.back": ("caller and agent are heard again", "yellow"),
    "transfer.over": ("transfer over: {outcome} ({why})", "magenta"),
    "transfer.wrapped_up": ("{agent} wrapped up: {disposition}", "magenta"),
    "recording.started": ("sound is kept from here on", "dim"),
    "call.ended": ("call ended: {outcome} ({reason})", "dim"),
}


def clock(at_ms: int) -> str:
    """An instant of the call as minutes, seconds and tenths."""
    seconds, tenths = divmod(max(0, at_ms) // 100, 10)
    return f"{seconds // 60:02d}:{seconds % 60:02d}.{tenths}"


class ConversationView:
    """Folds a call's events into lines to print, each when it is certain: an utterance when it was heard."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, str]] = {}
        self._caller_ms: tuple[int, int] | None = None
        """From when to when the caller spoke to the assistant last, until the reply to that was shown."""
        self._whose: Whose = "assistant"
        self._back_ms = 0
        """Since when the caller is the assistant's again: what they began to say before was said to a person."""
        self._notes: list[str] = []

    def show(self, event: Mapping[str, Any]) -> Iterator[Text]:
        """The lines that this event adds, if any. Unknown kinds add none."""
        data: Mapping[str, Any] = event["data"]
        before, self._whose = self._whose, whose_after(self._whose, event["kind"], data)
        if self._whose != "assistant":  # whoever has the caller answers them
            self._caller_ms = None
        elif before != "assistant":
            self._back_ms = int(event["at_ms"])
        match event["kind"]:
            case "call.ringing":
                yield Text(
                    f"Call from {data['from_number']} to {data['to_number']}, line “{data['line']}”", style="dim"
                )
            case "assistant.speaks":
                self._texts[data["utterance"]] = (data["text"], data["purpose"])
            case "assistant.heard":
                yield from self._heard(data)
            case "caller.said":
                self._heard_caller(data)
                quoted = f"“{data['text']}”" if data["via"] == "speech" else f"[keys {data['text']}]"
                yield _line(int(data["start_ms"]), "caller", quoted)
            case "caller.unrecognised":
                self._heard_caller(data)
                yield _line(int(data["start_ms"]), "caller", f"(not understood: {data['reason']})")
            case "caller.silent":
                yield Text(f"{'':9}(the caller says nothing)", style="dim")
            case "turn.understood" | "tool.returned" | "turn.answered" | "message.taken":
                yield from self._ground(event["kind"], data)
            case kind:
                yield from _told(kind, int(event["at_ms"]), data)

    def _heard_caller(self, data: Mapping[str, Any]) -> None:
        if self._whose == "assistant" and int(data["start_ms"]) >= self._back_ms:
            self._caller_ms = int(data["start_ms"]), int(data["end_ms"])

    def _heard(self, data: Mapping[str, Any]) -> Iterator[Text]:
        text, purpose = self._texts.pop(data["utterance"], (data["heard_text"], "reply"))
        start_ms = int(data["start_ms"])
        if not data["heard_text"] and not data["complete"]:
            return
        line = _line(start_ms, "assistant", data["heard_text"] if not data["complete"] else text)
        if not data["complete"]:
            line.append(" — cut off", style="yellow")
        if self._caller_ms is not None and purpose in {"reply", "question", "fill", "goodbye"}:
            began_ms, end_ms = self._caller_ms
            if start_ms >= end_ms:
                line.append(f"   ({(start_ms - end_ms) / 1000:.2f} s after the caller)", style="dim")
            if start_ms >= began_ms:  # what began before is what the caller spoke over, not the reply
                self._caller_ms = None
        yield line

    @staticmethod
    def _ground(kind: str, data: Mapping[str, Any]) -> Iterator[Text]:
        if kind == "turn.understood":
            slots = ", ".join(f"{name} {value}" for name, value in dict(data["slots"]).items())
            note = (
                f"understood: {data['intent'] or 'nothing certain'}{' · ' + slots if slots else ''} (by {data['by']})"
            )
        elif kind == "tool.returned":
            outcome = f"→ {data['result']}" if data["ok"] else f"failed: {data['error']}"
            note = f"tool: {data['tool']} {outcome} in {data['took_ms']} ms"
        elif kind == "turn.answered":
            named = ", ".join(f"{source['title']} ({source['document']})" for source in data["sources"])
            if not named:
                return
            note = f"source: {named}"
        else:
            note = f"message for {data['queue']}: “{data['text']}”"
        yield Text(f"{'':9}· {note}", style="dim")


def _told(kind: str, at_ms: int, data: Mapping[str, Any]) -> Iterator[Text]:
    """What people say, and what happens to the call besides."""
    if kind in {"agent.said", "supervisor.said"}:
        yield _line(int(data["start_ms"]), kind.partition(".")[0], f"“{data['text']}”")
    elif kind in _NOTICES:
        text, style = _NOTICES[kind]
        yield Text(f"{clock(at_ms):9}{text.format(**data)}", style=style)


def _line(at_ms: int, speaker: str, text: str) -> Text:
    line = Text(f"{clock(at_ms):9}", style="dim")
    line.append(f"{speaker:10}", style=SPEAKER_STYLE[speaker])
    line.append(text, style="default")
    return line
