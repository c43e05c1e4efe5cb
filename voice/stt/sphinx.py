"""Speech to text offline: pocketsphinx on the telephone's bands, listening for what the line expects in each state."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from voice.errors import ProviderFailed
from voice.stt.listening import Listening
from voice.stt.port import Recognition, Vocabulary
from voice.stt.sphinx_pool import PROVIDER, SphinxPool
from voice.stt.sphinx_worker import setup
from voice.stt.words import Words


class SphinxStt:
    """A recogniser for all calls of a process: `processes` processes with `lanes` decoders each.

    At most processes × lanes utterances are decoded at once; what is said meanwhile is kept and decoded faster than it
    was spoken, within its deadline or not at all (Unrecognised "busy").
    """

    def __init__(self, vocabularies: Sequence[Vocabulary], cache_dir: Path, processes: int = 2, lanes: int = 3) -> None:
        self._cache_dir, self._lanes = cache_dir, lanes
        self._words = Words.of(vocabularies)
        first = setup(self._words.contents, cache_dir, lanes)
        self._pool = SphinxPool(first, processes, lanes, self._known_as)
        self._open = False

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        """Utterances only, with pre-roll."""
        return "speech"

    @property
    def trouble(self) -> str:
        """Processes that do not run."""
        return self._pool.trouble

    async def start(self) -> None:
        """Start the processes: seconds the first time a line's vocabularies are used, less than one afterwards.

        Raises ProviderLate or ProviderFailed; both may be retried.
        """
        await self._pool.start()
        self._open = True

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """Listen with these from now on: seconds for new words, no time at all for words that are known.

        Calls are heard meanwhile. Not twice at once. Raises ProviderLate or ProviderFailed, and then nothing changes.
        """
        words = Words.of(vocabularies)
        if not set(words.contents) <= set(self._words.contents):
            await self._pool.change(setup(words.contents, self._cache_dir, self._lanes))
            self._words = words
        else:
            self._words = Words(words.keys, self._words.contents)

    async def aclose(self) -> None:
        """End the processes; every utterance still there ends as late. Safe to call twice."""
        self._open = False
        await self._pool.aclose()

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:  # noqa: ARG002  there is nothing to wait for
        """Begin to listen to one caller. Raises ProviderFailed when start() was not called or aclose() was."""
        if not self._open:
            raise ProviderFailed(PROVIDER, f"the recogniser is not running; call {call_id} cannot be heard")
        return Listening(self._pool)

    def _known_as(self, name: str) -> str:
        return self._words.known_as(name)
