"""A server on loopback that speaks OpenAI's embeddings, and misbehaves on demand. It runs in a thread of its own."""

import json
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

DIMENSIONS = 64
Fault = Literal["", "wrong_key", "broken", "late", "html", "too_few", "nan", "short"]


@dataclass
class Embeddings:
    """What it was asked, and how it behaves."""

    url: str = ""
    fault: Fault = ""
    late_s: float = 0.5
    asked: list[list[str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def vector(text: str) -> list[float]:
    """Words, hashed into places: texts that share words lie close."""
    row = [0.0] * DIMENSIONS
    for word in text.lower().replace("?", " ").replace(".", " ").split():
        row[zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
    return row


@contextmanager
def embeddings_server() -> Iterator[Embeddings]:
    """Serve until the block ends."""
    state = Embeddings()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.asked.append(sent["input"])
            state.keys.append(self.headers["Authorization"])
            if state.fault == "late":
                time.sleep(state.late_s)  # the client has its own clock
            rows = [
                {"object": "embedding", "index": at, "embedding": vector(text)} for at, text in enumerate(sent["input"])
            ]
            if state.fault == "too_few":
                rows.pop()
            if state.fault == "short":
                rows[0]["embedding"] = [1.0]
            body = json.dumps({"object": "list", "data": list(reversed(rows)), "model": sent["model"]})
            if state.fault == "nan":
                body = body.replace("0.0", "NaN", 1)
            if state.fault == "html":
                body = "<html>"
            status = {"wrong_key": 401, "broken": 500}.get(state.fault, 200)
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if state.fault == "html" else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body.encode())
            except OSError:
                return  # the client did not wait

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that it has there
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
