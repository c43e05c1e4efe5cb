"""What a phone call brings to its tools: who calls, how well they are known, what was said and found out. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.assistant.languages.language import PARSERS, Language
from pipeline.assistant.tools.known import Known
from pipeline.assistant.tools.port import LEVELS, Verification
from pipeline.secrets_kept import Secrets, referred
from recordings.events import Event


class Standing:
    """One call's. Told what happens in order; what is written into a step by the line itself counts as known."""

    def __init__(
        self,
        call_id: str = "",
        line: str = "",
        constants: Iterable[Any] = (),
        tongues: Mapping[str, Language] | None = None,
    ) -> None:
        """tongues: the languages of the line, by their codes: ids are said in words of theirs."""
        self._tongues = tongues or {}
        self._tongue = PARSERS
        self._last_said: tuple[str, ...] = ()
        self.call_id = call_id
        self.line = line
        self.caller_number = ""
        self.turn = ""
        self.verified: Verification = "none"
        self.profile: Mapping[str, Any] = {}
        self.results: dict[str, Mapping[str, Any]] = {}
        """The latest result of each tool, by its name on the line."""
        self.customer = ""
        """Who a tool said the caller is; empty: nobody."""
        self._agreed: dict[str, bool] = {}
        self._constants = tuple(constants)
        self.known = Known(self._constants)
        self.secrets = Secrets()
        """What the caller keyed in and tools alone may see."""
        self._discarded: set[str] = set()

    @property
    def language(self) -> str:
        """The code of the language that the caller speaks, as far as the line has it."""
        return self._tongue.code

    def verify(self, level: Verification, profile: Mapping[str, Any]) -> None:
        """The caller is known this well; `drop` alone lowers it, and only a verified profile gives ids."""
        if LEVELS.index(level) > LEVELS.index(self.verified):
            self.verified = level
        self.profile = {**self.profile, **profile}
        if LEVELS.index(self.verified) >= LEVELS.index("knowledge"):
            self.known.gave(profile)

    def drop(self) -> None:
        """Somebody else speaks: what was found out about the first is not theirs, nor are the ids."""
        self.verified, self.customer, self.profile = "none", "", {}
        self.results.clear()
        self._agreed.clear()
        self.known = Known(self._constants)

    def reaches(self, level: Verification) -> bool:
        """Whether the caller is known at least this well."""
        return LEVELS.index(self.verified) >= LEVELS.index(level)

    def agreed(self, to: str) -> bool:
        """Whether the caller said yes to it in this call, and did not take it back."""
        return self._agreed.get(to, False)

    def said(self, text: str, alternatives: Iterable[str] = ()) -> None:
        """The caller said or keyed this."""
        self._last_said = tuple(dict.fromkeys((text, *alternatives)))
        for reading in dict.fromkeys((*self._last_said, *map(self._tongue.answer, self._last_said))):
            self.known.said(reading)

    def speaks(self, language: str) -> None:
        """The caller speaks this language, in which they said the latest too."""
        self._tongue = self._tongues.get(language, PARSERS)
        for reading in map(self._tongue.answer, self._last_said):
            self.known.said(reading)

    def gave(self, tool: str, result: Mapping[str, Any]) -> None:
        """A tool gave this."""
        self.results[tool] = dict(result)
        self.known.gave(result)

    def discard(self, reply: str) -> None:
        """A reply of the model was cancelled or thrown away: what it wanted is not done any more."""
        self._discarded.add(reply)

    def discarded(self, reply: str) -> bool:
        """Whether it was."""
        return reply in self._discarded

    def take(self, event: Event) -> None:
        """An event of the call's log. The whole log gives the same standing again after a resume."""
        data = event.data
        match event.kind:
            case "call.ringing":
                self.caller_number = str(data.get("from_number", ""))
                self.speaks(str(data.get("language", "")))
            case "language.changed":
                self.speaks(str(data.get("to", "")))
            case "caller.said" if referred(str(data.get("text", ""))) is None:
                self.said(str(data.get("text", "")), _readings(data.get("alternatives")))
            case "turn.began":
                self.turn = str(data.get("turn", ""))
            case "turn.understood" if isinstance(data.get("slots"), Mapping):
                self.known.gave(data["slots"])
            case "tool.returned" if data.get("ok") is True and isinstance(data.get("result"), Mapping):
                self.gave(str(data.get("tool", "")), data["result"])
            case "identity.raised" if data.get("level") in LEVELS:
                self.customer = str(data.get("customer", ""))
                self.verify(data["level"], {"customer": self.customer})
            case "consent.recorded":
                self._agreed[str(data.get("to", ""))] = data.get("given") is True
            case "identity.dropped":
                self.drop()


def _readings(given: Any) -> list[str]:
    readings = given if isinstance(given, list | tuple) else ()
    return [str(one.get("text", "")) if isinstance(one, Mapping) else str(one) for one in readings]
