"""Some of the rows of a source, as a source: those of a slice, or those that weigh anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.errors import ColumnError, ErrataError, UsageError
from errata.core.names import nearest
from errata.core.units import count
from errata.nouns.slice import Slice
from errata.nouns.source import BATCH_ROWS, BadRow
from errata.nouns.tokens import write_name

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


class SomeRows:
    """The rows of ``source`` where ``kept`` (bool, one a row) is true, in their order."""

    def __init__(self, source: Source, kept: NDArray[np.bool_]) -> None:
        self._source = source
        self._kept = kept
        self._rows = int(kept.sum())
        self._ready: dict[str, pa.ChunkedArray] = {}

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._source.name

    @property
    def rows(self) -> int:
        """How many rows were kept."""
        return self._rows

    @property
    def schema(self) -> pa.Schema:
        """Names and types, in the order of the file."""
        return self._source.schema

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Rows kept aside, with reasons, of the whole source."""
        return self._source.quarantined

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, ``rows`` long. Raises what the source raises."""
        import pyarrow as pa

        if name not in self._ready:
            self._ready[name] = self._source.column(name).filter(pa.array(self._kept))
        return self._ready[name]

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns once from the first row to the last, at most ``rows`` rows at a time."""
        import pyarrow as pa

        start = 0
        for batch in self._source.batches(columns, rows):
            kept = self._kept[start : start + batch.num_rows]
            start += batch.num_rows
            if kept.any():
                yield batch.filter(pa.array(kept))

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """At least one and about ``rows`` rows of these columns, from all over."""
        import pyarrow as pa

        from errata.integrations.files.table import every

        return every(pa.table({name: self.column(name) for name in columns}), rows)


def within(source: Source, text: str) -> Source:
    """The rows of a slice. Raises GrammarError for a text that is none, ColumnError for a column that is not there or
    can never meet its condition, UsageError ``nothing-within`` for a slice without rows."""
    from errata.verbs.derived import with_columns

    slice_ = Slice.parse(text)
    source = with_columns(source, slice_.columns)
    for name in slice_.columns:
        if name not in source.schema.names:
            near = nearest(name, source.schema.names)
            raise ColumnError(
                "no-such-column",
                f"{source.name} has no column {name!r}, which --within looks at",
                expected=f"one like {name!r}: {', '.join(near)}" if near else "the name of a column",
                found=slice_.text,
                where=source.name,
                next=f"write {write_name(near[0])} in --within" if near else "",
            )
    kept = mask_of(source, slice_)
    if not kept.any():
        raise UsageError(
            "nothing-within",
            f"no row of {source.name} lies within {slice_.text}",
            expected="a slice with rows",
            found=f"0 of {count(source.rows)} rows",
            where=source.name,
            next="look at the values of its columns, or leave a condition away",
        )
    return SomeRows(source, kept)


def mask_of(source: Source, slice_: Slice) -> NDArray[np.bool_]:
    """Which rows lie in the slice, bool, looked up a batch at a time."""
    import pyarrow as pa

    if not slice_.columns:
        return np.ones(source.rows, bool)
    parts = [
        slice_.mask(lambda name, batch=batch: pa.chunked_array([batch.column(name)]), batch.num_rows)  # type: ignore[misc]
        for batch in source.batches(slice_.columns)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, bool)


def among(error: ErrataError, text: str) -> None:
    """Rows in an error about some rows are counted among those: say so."""
    if "row " in error.where:
        error.where += f", counted among the rows within {text}"
