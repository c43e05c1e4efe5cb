"""Logs for operators: structlog, one line a thing, nothing personal unless asked for.

Keys that begin with pii_ (numbers, transcripts, digits, exception text) are dropped by default. pipecat logs by
loguru, whose messages may hold what a caller said: its sinks are removed and only its warnings' origin comes through.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

import loguru
import structlog

if TYPE_CHECKING:
    from loguru import Message


def configure(*, keep_pii: bool, level: int = logging.INFO) -> None:
    """Set up every source of log lines of this process: ours, the standard library's and pipecat's. To stderr."""
    chain: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not keep_pii:
        chain.append(without_pii)
    # A plain traceback: rich ones show local variables, in which a caller speaks.
    plain = structlog.dev.plain_traceback
    chain.append(structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain))
    structlog.configure(
        processors=chain,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True
    )
    loguru.logger.remove()
    loguru.logger.add(_from_pipecat, level="WARNING")


def without_pii(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field whose key begins with pii_."""
    for key in [key for key in event if key.startswith("pii_")]:
        del event[key]
    return event


def _from_pipecat(message: "Message") -> None:
    record = message.record
    structlog.get_logger().warning(
        "pipecat",
        where=f"{record['name']}:{record['line']}",
        severity=record["level"].name,
        pii_message=record["message"],
    )
