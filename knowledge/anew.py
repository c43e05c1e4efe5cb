"""Makes an index anew, in a process of its own, when much of its text is other than what its vectors were learned from.

Questions are answered meanwhile from the amended one. All that is needed is in that file: `python -m knowledge.anew`.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from knowledge.build import build_index
from knowledge.english.sentences import SentenceVectors
from knowledge.errors import EmbeddingsFailed
from knowledge.index import Index
from knowledge.prepared import read_prepared

DRIFTED: Final = 0.2
"""Share of the text that may be other than what was learned from."""
_END_S: Final = 2.0
"""A process that was told to end is waited for so long."""
_BESIDE: Final = ("folder", "parts", "problems", "held", "files", "approved", "least_certain")


class Anew:
    """The index of the same documents, made anew beside the one that is used."""

    def __init__(self, index: Index) -> None:
        """Begin. Raises OSError."""
        self.of = index.content_hash
        """The content of the index that it was begun for."""
        self._sentences = index.sentences
        self._path = index.path.with_name(f"knowledge-{_hash(self.of)[:20]}.sqlite")
        self._process: subprocess.Popen[bytes] | None = None
        if not self._path.exists():
            dimensions = index.sentences.dimensions if index.sentences else 0
            fingerprint = index.sentences.fingerprint if index.sentences else ""
            told = [str(index.path), str(self._path), fingerprint, str(dimensions)]
            found = {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
            command = [sys.executable, "-m", "knowledge.anew", *told]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=found)  # noqa: S603  # our own program

    def over(self, timeout_s: float = 0.0) -> bool:
        """Whether it is over, for good or ill; waited for so long."""
        if self._process is not None:
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                return False
        return True

    def end(self) -> None:
        """End it before it is over; what it has begun is removed."""
        if self._process is None:
            return
        self._process.terminate()
        if not self.over(_END_S):
            self._process.kill()
            self._process.wait()
        _unfinished(self._path, self._process.pid).unlink(missing_ok=True)

    def index(self) -> Index:
        """What was made. Raises IndexUnusable when nothing was."""
        return Index(self._path, self._sentences)


class _Kept:
    """A sentence model that has nothing to say but what was kept of it."""

    def __init__(self, fingerprint: str, dimensions: int) -> None:
        self.fingerprint = fingerprint
        self.dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        raise EmbeddingsFailed(f"{len(texts)} texts of an index have no vectors in it")


def _hash(content_hash: str) -> str:
    return hashlib.sha256(f"{content_hash} anew".encode()).hexdigest()


def _unfinished(path: Path, pid: int) -> Path:
    return path.with_suffix(f".{pid}.part")


def main() -> None:
    """Make one: path of the index, path of the new one, and what its sentence vectors are of."""
    old, new = Path(sys.argv[1]), Path(sys.argv[2])
    kept: SentenceVectors | None = _Kept(sys.argv[3], int(sys.argv[4])) if sys.argv[3] else None
    os.nice(10)
    index = Index(old, kept)
    paths = [path for (path,) in index.connection().execute("SELECT path FROM documents")]
    documents = [read_prepared(index.connection(), path) for path in paths]
    about = {name: index.about(name) for name in _BESIDE} | {"content_hash": _hash(index.content_hash)}
    unfinished = _unfinished(new, os.getpid())
    try:
        build_index(documents, about, unfinished, kept, old)
        unfinished.replace(new)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
