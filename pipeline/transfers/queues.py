"""The queues of a line as telephony.queue knows them."""

from collections.abc import Mapping

from pipeline.line.model import Line
from telephony.queue_settings import QueueSettings


def queues_of(line: Line) -> Mapping[str, QueueSettings]:
    """By name."""
    return {queue.name: queue.settings() for queue in line.settings.queues}
