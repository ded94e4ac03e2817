"""What a verb reads rows from: a file, a folder of parts, a table in memory, a sealed part of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row kept aside: its 1-based number in the input (header not counted) and why."""

    row: int
    reason: str


class Source(Protocol):
    """Columns by name, each read when it is asked for, so that a wide file costs what is looked at."""

    @property
    def name(self) -> str:
        """What the user typed, for messages."""

    @property
    def rows(self) -> int:
        """Rows that can be used (without those kept aside)."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types, in the order of the file."""

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Rows kept aside, with reasons."""

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, ``rows`` long; strings come dictionary-encoded where the reader can."""
