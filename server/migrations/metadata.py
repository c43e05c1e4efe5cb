"""Every package's tables, as migrations see them. A package with tables of its own adds its metadata here."""

from typing import Final

import knowledge.tables
import pipeline.assistant.identity_tables
import pipeline.assistant.tools.tables
import recordings.tables
import server.tables
import telephony.agent_tables
import telephony.intent_tables
import telephony.transfer_tables

TABLES: Final = [
    recordings.tables.metadata, knowledge.tables.metadata, pipeline.assistant.tools.tables.metadata,
    pipeline.assistant.identity_tables.metadata, server.tables.metadata,
    telephony.transfer_tables.metadata, telephony.intent_tables.metadata, telephony.agent_tables.metadata,
]  # fmt: skip
