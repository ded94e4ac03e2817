"""What a verb reads rows from: a file, a folder of parts, a table in memory, a sealed part of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1 << 17
"""A batch of so many rows stays in a processor's cache, column by column."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row kept aside: its 1-based number in the input (header not counted) and why."""

    row: int
    reason: str


class Part(Protocol):
    """A sealed piece of a source's rows. ``identity`` (hex) is another where any row is."""

    @property
    def identity(self) -> str:
        """What its counts are known by."""

    @property
    def rows(self) -> int:
        """Rows in it."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the source."""

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns from its first row to its last."""


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

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns once from the first row to the last, at most ``rows`` rows at a time.

        A text column has a dictionary in each batch, not one for all. A file on disk is never held whole.
        """

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """At least one and about ``rows`` rows of these columns, from all over: all of them where there are no more.

        The same rows each time. It is no random sample, and cheap: a large file is not read whole for it.
        """
