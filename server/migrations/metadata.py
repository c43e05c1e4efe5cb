"""Every package's tables, as migrations see them. A package with tables of its own adds its metadata here."""

from typing import Final

import recordings.tables

TABLES: Final = [recordings.tables.metadata]
