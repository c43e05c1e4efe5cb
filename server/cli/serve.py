"""`cordboard serve`: answer calls until told to stop."""

import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from rich.console import Console

from pipeline.line.hints import meant
from pipeline.line.model import Line
from pipeline.line.queue_checks import unstaffed
from server.app import Office, open_office
from server.cli.exits import Exit, fail
from server.settings import Settings
from server.uninterrupted import uninterrupted
from server.warming import warm
from telephony.agents import TARGET, Agent

DRAIN_S = 3600
"""After a first SIGTERM or Ctrl-C live calls may go on for so long; a second one ends them."""
PING_S = 5.0
"""A peer that does not answer pings for so long is gone: its call is resumed elsewhere."""
MAX_MESSAGE_BYTES = 65_536

BACKLOG = 1024
READY = "Cordboard answers on"


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: ours drain first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; live calls are finished first."""
    listening = _bind(settings)
    port = listening.getsockname()[1]
    public_url = settings.public_url or f"http://{settings.host}:{port}"
    async with open_office(settings, public_url) as office:
        server = _Server(
            uvicorn.Config(
                office.app,
                ws="websockets-sansio",
                ws_max_size=MAX_MESSAGE_BYTES,
                ws_per_message_deflate=False,
                ws_ping_interval=PING_S,
                ws_ping_timeout=PING_S,
                lifespan="off",
                access_log=False,
                log_level="warning",
                timeout_graceful_shutdown=5,
            )
        )
        await asyncio.to_thread(warm)
        with uninterrupted():
            async with asyncio.TaskGroup() as tasks:
                serving = tasks.create_task(server.serve(sockets=[listening]))
                stopping = tasks.create_task(_stop_when_told(office, server))
                _announce(office, settings, public_url, port)
                await asyncio.wait([serving])
                stopping.cancel()


def _bind(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)  # now, so that who reads the ready line can connect at once
    except OSError as error:
        listening.close()
        fail(
            Exit.UNREACHABLE, f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; set CORDBOARD_PORT"
        )
    return listening


def _announce(office: Office, settings: Settings, public_url: str, port: int) -> None:
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"{READY} http://{settings.host}:{port}")
    for line in office.lines.current():
        out.print(f"  line “{line.settings.name}”: {', '.join(line.settings.numbers)}")
    for health in office.lines.health():
        for lacking in health.lacking:
            out.print(f"  line “{health.name}”: {lacking}")
    agents = [state.agent for state in office.transfers.counted.agents()]
    for what in unserved(office.lines.current(), [one for one in agents if not one.id.startswith(TARGET)]):
        out.print(f"  {what}", markup=False)
    out.print(f"  webhook for the carrier: {public_url}/twilio/voice")
    if not settings.twilio_auth_token.get_secret_value():
        out.print("  CORDBOARD_TWILIO_AUTH_TOKEN is not set: every carrier request is refused")
    out.print(f"  calls: http://{settings.host}:{port}/calls, agents' desk: http://{settings.host}:{port}/desk")
    if not settings.access_token.get_secret_value():
        out.print(f"  access token of this run: {office.access_token}")


def unserved(lines: Sequence[Line], agents: Sequence[Agent]) -> Iterator[str]:
    """What these agents cannot do; nothing where there are none: messages are taken then."""
    for line in lines if agents else ():
        spoken = [one.settings.language for one in (line, *line.others)]
        for found in unstaffed(line.settings, spoken, agents):
            yield f"line “{line.settings.name}”: {found.what}; {found.remedy}"
    named = {queue.name for line in lines for queue in line.settings.queues}
    for agent in agents:
        for queue in sorted(agent.queues - named):
            yield f"agent {agent.id}: no line has a queue {queue!r}; {meant(queue, named)}"


async def _stop_when_told(office: Office, server: uvicorn.Server) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    told.clear()
    office.switchboard.draining = True
    async with asyncio.TaskGroup() as waits:
        drained = waits.create_task(office.switchboard.drained())
        again = waits.create_task(told.wait())
        await asyncio.wait([drained, again], timeout=DRAIN_S, return_when=asyncio.FIRST_COMPLETED)
        drained.cancel()
        again.cancel()
    server.should_exit = True
