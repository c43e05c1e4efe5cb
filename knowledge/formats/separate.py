"""PDF and Word files are taken apart in a process of its own: whatever is in one, nothing else is lost.

The process has a limit of processor time for each file and one of memory, may write no file, and knows none of our
environment variables. It is started for the first such file and reads all that follow; after a file that ended it, the
next one gets a new process. Texts are taken apart at once, here.
"""

import contextlib
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import PurePosixPath
from types import TracebackType
from typing import BinaryIO, Final, Self

from knowledge.errors import DocumentInvalid, DocumentUnread
from knowledge.formats.block import Block, Extracted, Hidden
from knowledge.formats.extract import SEPARATE, extract

_CPU_S: Final = 20
"""A manual of 1,000 pages takes about a third."""
_MEMORY_BYTES: Final = 1 << 30
_WALL_S: Final = 180
"""For a file, on a machine that has other work, before it is given up."""
_MOST_BYTES: Final = 1 << 26
"""Of an answer: ten times what a million characters can be."""
_LENGTHS: Final = struct.Struct(">II")
_LENGTH: Final = struct.Struct(">I")


class SeparateReader:
    """Takes files apart; a context manager that ends its process. For one thread at a time."""

    def __init__(self, cpu_s: int = _CPU_S, memory_bytes: int = _MEMORY_BYTES, wall_s: float = _WALL_S) -> None:
        """Nothing is started yet. cpu_s, wall_s: seconds for a file."""
        self._limits = (cpu_s, memory_bytes)
        self._wall_s = wall_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def extract(self, name: str, content: bytes) -> Extracted:
        """As formats.extract. Raises DocumentInvalid; DocumentUnread when another try may help."""
        if PurePosixPath(name).suffix.lower() not in SEPARATE:
            return extract(name, content)
        process = self._process = self._process or _started(*self._limits)
        late = threading.Event()
        timer = threading.Timer(self._wall_s, _kill, (process, late))
        timer.start()
        try:
            answer = _asked(process, name, content)
        finally:
            timer.cancel()
        if answer is None:
            raise self._died(name, late=late.is_set())
        told = json.loads(answer)
        if "problem" in told:
            raise DocumentInvalid(name, *told["problem"])
        blocks = tuple(Block(*block) for block in told["blocks"])
        return Extracted(blocks, tuple(Hidden(*one) for one in told["hidden"]), told["strict"])

    def _died(self, name: str, *, late: bool) -> DocumentInvalid:
        """What to say of the file that ended the process."""
        code = self._end()
        cpu_s, _ = self._limits
        if late:
            return DocumentUnread(name, 1, f"was not read after {self._wall_s:.0f} s", "split it, or ingest again")
        if code == -signal.SIGXCPU:
            problem = f"takes more than {cpu_s} s of processor time to read"
            return DocumentInvalid(name, 1, problem, "save or print it anew, or split it into several files")
        return DocumentUnread(name, 1, f"ended the process that read it ({code})", "save it anew, or ingest again")

    def _end(self) -> int:
        """End the process, if there is one; how it ended."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(OSError):  # the process may be gone, and a file not told whole
            if process.stdin is not None:
                process.stdin.close()
        try:
            code = process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        return code


def _started(cpu_s: int, memory_bytes: int) -> subprocess.Popen[bytes]:
    found = {"PYTHONPATH": os.pathsep.join(one for one in sys.path if one), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-m", "knowledge.formats.separate", str(cpu_s), str(memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=found,
    )


def _kill(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _asked(process: subprocess.Popen[bytes], name: str, content: bytes) -> bytes | None:
    """The answer about a file; None when there was none."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the reading process has no pipes")
    told = json.dumps(name).encode()
    try:
        process.stdin.write(_LENGTHS.pack(len(told), len(content)) + told + content)
        process.stdin.flush()
    except BrokenPipeError:
        return None
    length = process.stdout.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(length)
    if size > _MOST_BYTES:
        process.kill()
        return None
    answer = process.stdout.read(size)
    return answer if len(answer) == size else None


def _read_files(asked: BinaryIO, answers: BinaryIO, cpu_s: int) -> None:
    """Answer about files until there are no more: what the process is for."""
    while len(lengths := asked.read(_LENGTHS.size)) == _LENGTHS.size:
        of_name, of_content = _LENGTHS.unpack(lengths)
        name, content = json.loads(asked.read(of_name)), asked.read(of_content)
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + cpu_s, resource.RLIM_INFINITY))
        answer = json.dumps(_answer(name, content)).encode()
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


def _answer(name: str, content: bytes) -> dict[str, object]:
    try:
        found = extract(name, content)
    except DocumentInvalid as bad:
        return {"problem": [bad.line, bad.problem, bad.remedy]}
    except MemoryError:
        return {"problem": [1, "needs more memory to read than there is for it", "split it into several files"]}
    blocks = [[block.level, block.text, block.line, block.label] for block in found.blocks]
    return {"blocks": blocks, "hidden": [[one.line, one.how, one.text] for one in found.hidden], "strict": found.strict}


def main() -> None:
    """Read files from standard input, within limits: seconds of processor time a file, and bytes of memory."""
    cpu_s, memory_bytes = int(sys.argv[1]), int(sys.argv[2])
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)
    _read_files(sys.stdin.buffer, answers, cpu_s)


if __name__ == "__main__":
    main()
