"""Prism, which serves Twilio's own published specifications: an independent judge of REST requests.

It is a node package that is installed once, beside the user's other caches and outside the repository.
"""

import asyncio
import fcntl
import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

PACKAGE = "@stoplight/prism-cli@5.14.2"
STARTS_S = 90
ACCOUNT = "AC" + "a" * 32


def prism_command(cache: Path) -> Path:
    """The installed command. Skips, loudly, where there is no node, no npm, or no registry to install from."""
    command = cache / "node_modules" / ".bin" / "prism"
    if command.exists():
        return command
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not there: no REST request was checked against Twilio's specification")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers of one run want it at once
        if not command.exists():
            _install(npm, cache)
    return command


def _install(npm: str, cache: Path) -> None:
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(cache), PACKAGE]
    try:
        done = subprocess.run(install, capture_output=True, text=True, timeout=100, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{PACKAGE} was not installed in time: no REST request was checked against Twilio's specification")
    if done.returncode:
        pytest.skip(f"{PACKAGE} cannot be installed ({done.stderr.strip()[-200:]}): no REST request was checked")


def cache_folder() -> Path:
    """Where it is installed."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cordboard" / "prism"


def trimmed(specification: Path, paths: Iterable[str], to: Path) -> Path:
    """The specification with these paths alone: Prism starts in seconds instead of half a minute."""
    whole: dict[str, Any] = json.loads(specification.read_text())
    whole["paths"] = {path: whole["paths"][path] for path in sorted(paths)}
    to.write_text(json.dumps(whole))
    return to


@asynccontextmanager
async def prism(command: Path, specification: Path) -> AsyncIterator[str]:
    """Prism on a free port of loopback, until the context is left; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(specification)]
    process = await asyncio.create_subprocess_exec(
        str(command), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    assert process.stdout is not None
    told = b""
    try:
        async with asyncio.timeout(STARTS_S):
            while b"Prism is listening" not in told:
                line = await process.stdout.readline()
                assert line, f"Prism ended: {told.decode(errors='replace')[-500:]}"
                told += line
        draining = asyncio.create_task(_drain(process.stdout))
        yield f"http://127.0.0.1:{port}"
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
    finally:
        process.terminate()
        await process.wait()


async def _drain(output: asyncio.StreamReader) -> None:
    while await output.readline():
        pass


async def judged(url: str, method: str, path: str, fields: Iterable[tuple[str, str]]) -> tuple[int, str]:
    """What Prism answers to a request as the official client makes it: the status, and why it was refused."""
    auth = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, "token")}
    data = aiohttp.FormData(list(fields), charset="utf-8") if method == "POST" else None
    async with (
        aiohttp.ClientSession(trust_env=False, headers=auth) as session,
        session.request(method, url + path, data=data) as answer,
    ):
        return answer.status, "" if answer.status < 300 else (await answer.text())[:600]
