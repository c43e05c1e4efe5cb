"""A bounded pool of recognising processes, and the utterances that wait for one of their decoders."""

import asyncio
import itertools
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Final, cast

import structlog

from voice.errors import ProviderFailed, ProviderLate, origin_of
from voice.stt.listening import Failure, Readings, Utterance
from voice.stt.port import Hypothesis
from voice.stt.wire import Kind, Message, Unpacker, saying

_log = structlog.get_logger(__name__)

PROVIDER: Final = "sphinx"
_START_WITHIN_S: Final = 90.0
"""A new line's models take some seconds of CPU, on a busy machine several times that."""
_END_WITHIN_S: Final = 3.0
_SILENT_S: Final = 5.0
"""A process with an overdue utterance that said nothing for so long hangs; a busy one tells partials, results."""
_IDLE_WITHIN_S: Final = 20.0
"""A process that is to be replaced finishes its utterances; what takes longer is decoded anew by another one."""
_MOST_ATTEMPTS: Final = 2
"""An utterance whose process died is decoded once more, not forever: it may be what killed the process."""
_RESTART_AFTER_S: Final = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)


@dataclass(eq=False)
class _Job:
    """An utterance in the pool: in a process, or waiting for one."""

    utterance: Utterance
    number: int
    attempts: int = 0
    link: "_Link | None" = None
    timer: asyncio.TimerHandle | None = None


class _Link(asyncio.Protocol):
    """The socket to one process, and which utterances are there."""

    def __init__(self, pool: "SphinxPool", setup: Message, lanes: int) -> None:
        self._pool = pool
        self._lanes = lanes
        self.setup = setup
        self.retired = False
        """It gets no more utterances, and ends when it has none."""
        self._unpacker = Unpacker()
        self._transport: asyncio.Transport | None = None
        self.jobs: dict[int, _Job] = {}
        self.heard_s = asyncio.get_running_loop().time()
        self.ready = asyncio.Event()
        self.lost = asyncio.Event()
        self.ready_or_lost = asyncio.Event()

    @property
    def free(self) -> int:
        """Decoders without an utterance."""
        takes_some = self.ready.is_set() and not self.lost.is_set() and not self.retired
        return self._lanes - len(self.jobs) if takes_some else 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without being a subclass

    def data_received(self, data: bytes) -> None:
        self.heard_s = asyncio.get_running_loop().time()
        for message in self._unpacker.feed(data):
            if message.kind is Kind.READY:
                self.ready.set()
                self.ready_or_lost.set()
                self._pool.assign()
                self._pool.told()
            else:
                self._pool.heard(self, message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's; why it went does not matter
        self.lost.set()
        self.ready_or_lost.set()
        self._pool.lost(self)

    def send(self, message: Message) -> None:
        """Queue a message; dropped when the process is gone, which connection_lost tells."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(message.packed())

    def close(self) -> None:
        """End the process: it lives as long as its socket."""
        if self._transport is not None:
            self._transport.abort()


class SphinxPool:
    """Processes that decode, kept alive, and a line of utterances before them. For one event loop."""

    def __init__(self, setup: Message, processes: int, lanes: int, known_as: Callable[[str], str]) -> None:
        """known_as: what the processes call a vocabulary that calls name so."""
        self._setup, self._processes, self._lanes = setup, processes, lanes
        self._known_as = known_as
        self._links: list[_Link] = []
        self._waiting: list[_Job] = []
        self._jobs: dict[Utterance, _Job] = {}
        self._numbers = itertools.count(1)
        self._keeping: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._why = ""
        """Why a process last ended or could not begin."""

    @property
    def trouble(self) -> str:
        """What keeps fewer processes running than were asked for, for people; empty when nothing does."""
        running = sum(link.ready.is_set() for link in self._links)
        if not self._why or self._keeping is None or running >= self._processes:
            return ""
        return f"{running} of {self._processes} recognising processes run: {self._why}"

    async def start(self) -> None:
        """Start the processes and wait until they can decode. Raises ProviderLate or ProviderFailed."""
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeping = asyncio.create_task(self._keep_all(first), name="sphinx pool")
        try:
            async with asyncio.timeout(_START_WITHIN_S):
                await first
        except TimeoutError as late:
            await self.aclose()
            raise ProviderLate(PROVIDER, f"no process was ready within {_START_WITHIN_S:.0f} s") from late
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End the processes; utterances still there end as late. Safe to call twice."""
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
        for job in list(self._jobs.values()):
            self._finish(job, "late")
        self._changed.set()

    async def change(self, setup: Message) -> None:
        """Go on with another setup; utterances are decoded meanwhile, with the old one or the new one.

        A process beside the others makes its models; then they follow one at a time, each when its utterances are
        done. Not twice at once. Raises ProviderLate or ProviderFailed, and then the old setup stays.
        """
        before, beside = self._setup, _Link(self, setup, self._lanes)
        async with asyncio.TaskGroup() as tasks:
            living = tasks.create_task(self._lived(beside, None), name="sphinx process beside")
            living.add_done_callback(lambda _: self._changed.set())
            ready = await self._until(lambda: beside.ready_or_lost.is_set() or living.done(), _START_WITHIN_S)
            changed = ready and beside.free > 0 and await self._all_changed(setup, beside)
            if beside.lost.is_set():
                await asyncio.wait([living])
            why = living.result() if living.done() else ""
            beside.retired = True
            await self._until(lambda: not beside.jobs, _IDLE_WITHIN_S)
            living.cancel()
        if changed:
            return
        self._setup = before
        if why:
            raise ProviderFailed(PROVIDER, f"{why} before it could listen for the new words")
        raise ProviderLate(PROVIDER, f"no process could listen for the new words within {_START_WITHIN_S:.0f} s")

    async def _all_changed(self, setup: Message, beside: _Link) -> bool:
        """Replace every process but this one; whether all are there again."""
        self._setup = setup
        for link in [one for one in self._links if one is not beside]:
            others = len(self._with(setup))
            link.retired = True
            await self._until(lambda link=link: not link.jobs, _IDLE_WITHIN_S)  # type: ignore[misc]  # its own default
            link.close()
            if not await self._until(lambda others=others: len(self._with(setup)) > others, _START_WITHIN_S):  # type: ignore[misc]
                return False
        return True

    def _with(self, setup: Message) -> list[_Link]:
        return [link for link in self._links if link.setup is setup and link.ready.is_set()]

    async def _until(self, met: Callable[[], bool], within_s: float) -> bool:
        """Wait for what the processes' news may bring; False when it did not come, or the pool was closed."""
        try:
            async with asyncio.timeout(within_s):
                while not met() and self._keeping is not None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return met()

    def submit(self, utterance: Utterance) -> None:
        """Give it a decoder now or when one is free."""
        self._jobs[utterance] = job = _Job(utterance, next(self._numbers))
        self._waiting.append(job)
        self.assign()

    def write(self, utterance: Utterance, pcm: bytes) -> None:
        """More of its audio."""
        utterance.audio += pcm
        job = self._jobs.get(utterance)
        if job is not None and job.link is not None:
            job.link.send(Message(Kind.AUDIO, job.number, pcm))

    def end(self, utterance: Utterance, deadline_ms: int) -> None:
        """That was all of its audio; its result is due."""
        utterance.ended = True
        job = self._jobs.get(utterance)
        if job is None:
            return
        if job.link is not None:
            job.link.send(Message(Kind.END, job.number))
        job.timer = asyncio.get_running_loop().call_later(deadline_ms / 1000, self._expire, job)

    def drop(self, utterance: Utterance) -> None:
        """Nobody wants it any more; on_done is not called."""
        job = self._jobs.get(utterance)
        if job is not None:
            self._release(job, tell=True)
            self.assign()

    def told(self) -> None:
        """Something changed about a process."""
        self._changed.set()

    def assign(self) -> None:
        """Give free decoders to waiting utterances: those that have ended first, their callers are waiting."""
        while self._waiting:
            link = max(self._links, key=lambda one: one.free, default=None)
            if link is None or not link.free:
                return
            job = next((one for one in self._waiting if one.utterance.ended), self._waiting[0])
            self._waiting.remove(job)
            if not link.jobs:
                link.heard_s = asyncio.get_running_loop().time()  # idle until now: silence counts from here
            job.link, job.attempts = link, job.attempts + 1
            link.jobs[job.number] = job
            wanted = job.utterance.expectation
            named = replace(wanted, vocabulary=self._known_as(wanted.vocabulary))
            link.send(saying(Kind.BEGIN, job.number, asdict(named)))
            if job.utterance.audio:
                link.send(Message(Kind.AUDIO, job.number, bytes(job.utterance.audio)))
            if job.utterance.ended:
                link.send(Message(Kind.END, job.number))

    def heard(self, link: _Link, message: Message) -> None:
        """A process said something; what it says of an utterance that was dropped is ignored."""
        job = link.jobs.get(message.utterance)
        if job is None:
            return
        if message.kind is Kind.PARTIAL:
            job.utterance.on_partial(message.body.decode())
        elif message.kind is Kind.FINAL:
            self._finish(job, tuple(Hypothesis(text, confidence) for text, confidence in message.content()))
            self.assign()

    def lost(self, link: _Link) -> None:
        """A process is gone: its utterances are decoded anew from their buffers."""
        if link in self._links:
            self._links.remove(link)
        for job in list(link.jobs.values()):
            if link.retired:  # it was ended by us, not by the utterance
                job.attempts -= 1
            if job.attempts < _MOST_ATTEMPTS and self._keeping is not None:
                del link.jobs[job.number]
                job.link = None
                self._waiting.append(job)
            else:
                self._finish(job, "late")
        self.assign()
        self.told()

    def _expire(self, job: _Job) -> None:
        link = job.link
        self._finish(job, "late" if job.attempts else "busy")
        if link is not None and asyncio.get_running_loop().time() - link.heard_s > _SILENT_S:
            _log.warning("sphinx.process_hangs")
            link.close()  # a process that says nothing gets no more utterances: it is replaced
        self.assign()

    def _finish(self, job: _Job, result: Readings | Failure) -> None:
        self._release(job, tell=isinstance(result, str))
        job.utterance.on_done(result)

    def _release(self, job: _Job, *, tell: bool) -> None:
        """Take it out of the pool; `tell` its process to stop working on it."""
        self._jobs.pop(job.utterance, None)
        if job.timer is not None:
            job.timer.cancel()
        with suppress(ValueError):
            self._waiting.remove(job)
        link, job.link = job.link, None
        if link is not None:
            link.jobs.pop(job.number, None)
            if tell:
                link.send(Message(Kind.DROP, job.number))
            if link.retired:
                self.told()

    async def _keep_all(self, first: "asyncio.Future[None]") -> None:
        """Keep every process alive. The first one makes the models; the others find them made."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(first))
            await asyncio.wait([first])
            if not first.cancelled() and first.exception() is None:
                for _ in range(self._processes - 1):
                    group.create_task(self._keep(None))

    async def _keep(self, first: "asyncio.Future[None] | None") -> None:
        failures = 0
        while True:
            await asyncio.sleep(_RESTART_AFTER_S[min(failures, len(_RESTART_AFTER_S) - 1)])
            link = _Link(self, self._setup, self._lanes)
            self._why = await self._lived(link, first)
            if first is not None and not first.done():
                first.set_exception(ProviderFailed(PROVIDER, f"{self._why} before it was ready"))
                return
            failures = 0 if link.ready.is_set() else failures + 1
            if not link.retired:
                _log.warning("sphinx.process_ended", failures=failures)

    async def _lived(self, link: _Link, first: "asyncio.Future[None] | None") -> str:
        """One process from its start to its end, and how it ended."""
        try:
            await self._live(link, first)
        except Exception as error:  # noqa: BLE001 whatever it is, every call's recognition rests on the next attempt
            _log.error("sphinx.no_process", where=origin_of(error), pii_error=repr(error))
            return f"the recognising process failed ({type(error).__name__})"
        return "the recognising process ended"

    async def _live(self, link: _Link, first: "asyncio.Future[None] | None") -> None:
        """One process from its start to its end. Raises OSError when there can be no more processes."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await _spawned(theirs.fileno())
        except BaseException:
            ours.close()
            raise
        try:
            await asyncio.get_running_loop().create_connection(lambda: link, sock=ours)
            self._links.append(link)
            link.send(link.setup)
            await link.ready_or_lost.wait()
            if link.ready.is_set() and first is not None and not first.done():
                first.set_result(None)
            await link.lost.wait()
        finally:
            link.close()
            ours.close()
            await asyncio.shield(asyncio.to_thread(_reap, process))


async def _spawned(descriptor: int) -> "subprocess.Popen[bytes]":
    """A process. Cancelled meanwhile it is ended again: the thread that makes it cannot be stopped."""
    making = asyncio.ensure_future(asyncio.to_thread(_spawn, descriptor))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        with suppress(OSError):
            process = await making
            process.kill()
            await asyncio.to_thread(process.wait)
        raise


def _spawn(descriptor: int) -> "subprocess.Popen[bytes]":
    # A module of ours by its name, and the descriptor of a socket; no shell.
    command = [sys.executable, "-m", "voice.stt.sphinx_worker", str(descriptor)]
    return subprocess.Popen(  # noqa: S603
        command, pass_fds=[descriptor], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


def _reap(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
