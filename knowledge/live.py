"""A folder of documents that is edited while calls are answered from it: the next question finds what it says now."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from knowledge.access import CALLER, Reader
from knowledge.anew import DRIFTED, Anew
from knowledge.approvals import FILE
from knowledge.english.sentences import SentenceVectors
from knowledge.errors import KnowledgeError
from knowledge.folder import documents_in
from knowledge.index import Index
from knowledge.ingest import held_of, ingest, problems_of
from knowledge.labels import Source
from knowledge.retrieve import Found, LocalRetrieval, Passage, passage

Seen = tuple[tuple[str, int, int], ...]

_NOT_LEARNED: Final = (
    "much was edited, and what it means could not be learned anew: see standard error for why; until the next edit or "
    "start documents are found less well by other words than theirs"
)


class LiveRetrieval:
    """Retrieval from a folder as it is. `look` is called from time to time, and takes what was edited over."""

    def __init__(
        self,
        folder: Path,
        into: Path,
        sentences: SentenceVectors | None = None,
        sources: Sequence[Source] = (),
        used: Callable[[Index], object] = lambda _index: None,
    ) -> None:
        """Ingest it. used: told of every index before questions are answered from it. Raises what `ingest` raises."""
        self._folder = folder
        self._into = into
        self._sentences = sentences
        self._sources = tuple(sources)
        self._used = used
        self._looking = threading.Lock()
        self._failed = ""
        self._anew: Anew | None = None
        self._not_learned = ""
        """Content of the index that could not be made anew: it is not tried again until something is edited."""
        self._closed = False
        self._seen = self._files()
        self._index = ingest(folder, into, sentences, self._sources)
        used(self._index)

    @property
    def index(self) -> Index:
        """What questions are answered from."""
        return self._index

    async def find(self, question: str, deadline_ms: int, reader: Reader = CALLER) -> Found:
        """Look up a question in the folder as `look` last saw it."""
        return await LocalRetrieval(self._index).find(question, deadline_ms, reader)

    async def section(self, document: str, section: str, reader: Reader = CALLER) -> Passage | None:
        """One section as it is now; None when there is none, or the reader may not have it."""
        entry = await asyncio.to_thread(self._index.section, document, section, reader)
        return passage(entry, 1.0) if entry is not None else None

    def look(self) -> bool:
        """Take over what was edited; whether anything was. Blocks: call it in a thread. Never raises.

        What cannot be taken over leaves the last good index, and is told by `troubles`.
        """
        with self._looking:
            try:
                seen = self._files()
                if seen == self._seen:
                    self._failed = ""
                    self._keep_learning()
                    return False
                index = ingest(self._folder, self._into, self._sentences, self._sources)
                if index.content_hash != self._index.content_hash:
                    self._used(index)
            except (KnowledgeError, OSError, sqlite3.Error) as error:
                self._failed = str(error)
                return False
            self._seen, self._failed = seen, ""
            changed = index.content_hash != self._index.content_hash
            self._index = index
            return changed

    def _keep_learning(self) -> None:
        """Have vectors learned anew where much was edited, beside; take them over when nothing was edited meanwhile."""
        if self._anew is None:
            drifted = float(self._index.about("learned_drift")) > DRIFTED
            if drifted and not self._closed and self._index.content_hash != self._not_learned:
                self._not_learned = self._index.content_hash  # until it is there
                self._anew = Anew(self._index)
        elif self._anew.over():
            done, self._anew = self._anew, None
            if done.of == self._index.content_hash:
                self._index = done.index()
            self._not_learned = ""

    def close(self) -> None:
        """Begin nothing more beside, and end what was begun. Blocks until a `look` in another thread is over."""
        self._closed = True
        with self._looking:
            if self._anew is not None:
                self._anew.end()
                self._anew = None

    def troubles(self, today: date) -> tuple[str, ...]:
        """What is wrong with the documents, one sentence each: not usable, held back, contradicting, past review."""
        index = self._index
        rows = index.connection().execute(
            "SELECT path, review_by FROM documents WHERE review_by <> '' AND review_by < ? ORDER BY path",
            (today.isoformat(),),
        )
        (conflicts,) = index.connection().execute("SELECT count(*) FROM conflicts").fetchone()
        found = [self._failed] if self._failed else []
        if self._anew is None and index.content_hash == self._not_learned:
            found.append(_NOT_LEARNED)
        found += [str(problem) for problem in problems_of(index)]
        found += [
            f"{held.document} is held back: {held.findings[0].kind}, “{held.findings[0].says}”; read it, then run: "
            f"cordboard knowledge approve"
            for held in held_of(index)
        ]
        found += [f"{path} was to be reviewed by {day}; review it and set a new date" for path, day in rows]
        if conflicts:
            found.append(f"{conflicts} contradictions between documents; run: cordboard knowledge audit")
        return tuple(found)

    def _files(self) -> Seen:
        """What tells that something was edited, without reading it."""
        paths = documents_in(self._folder) if self._folder.is_dir() else []
        beside = [path.with_name(f"{path.name}.yaml") for path in paths]
        found = []
        for path in (*paths, *beside, self._folder / FILE):
            try:
                told = path.stat()
            except FileNotFoundError:
                continue
            found.append((str(path), told.st_mtime_ns, told.st_size))
        return tuple(found)
