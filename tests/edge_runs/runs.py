"""All runs, in the order of docs/transfer.md."""

from tests.edge_runs import joins, listening, news, ours, queues, rooms, rung, told, waits

ALL = (waits, rung, joins, news, ours, listening, rooms, told, queues)
