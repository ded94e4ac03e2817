"""Files of predictions: CSV, TSV, JSON lines, Parquet, Arrow, folders, standard input, tables in memory."""

from __future__ import annotations

from errata.integrations.files.reader import open_source
from errata.integrations.files.table import table_source
from errata.tasks.columns import check_column

__all__ = ["check_column", "open_source", "table_source"]
