"""Tables in memory: Arrow, pandas, Polars, and whatever speaks the Arrow C stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from errata.core.errors import ColumnError, FileError, UsageError
from errata.integrations.files.columns import check_zone, normal, normal_schema, refuse_duplicates
from errata.integrations.files.text import refuse_invalid_text
from errata.integrations.files.times import refuse_mixed_moments, refuse_mixed_times
from errata.nouns.source import BATCH_ROWS, BadRow

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source

_UNFIT = (ValueError, TypeError, OverflowError, NotImplementedError)
"""What Arrow raises over values that no column of one type holds; its own errors are among these."""

_GOLDEN = 0.6180339887498949
"""Its multiples lie evenly between whole numbers, and never in a period."""


class TableSource:
    """A table in memory as a source; each column is put into its normal form once, when it is asked for."""

    def __init__(
        self, name: str, table: pa.Table, *, quarantined: tuple[BadRow, ...] = (), tz: str | None = None
    ) -> None:
        refuse_duplicates(name, table.schema.names)
        if table.num_columns == 0:
            raise no_columns(name)
        if table.num_rows == 0:
            raise no_rows(name, len(quarantined))
        self._name = name
        self._table = table
        self._tz = tz
        self._quarantined = quarantined
        self._schema = normal_schema(table.schema, tz)
        self._ready: dict[str, pa.ChunkedArray] = {}

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._name

    @property
    def rows(self) -> int:
        """Rows that can be used."""
        return int(self._table.num_rows)

    @property
    def schema(self) -> pa.Schema:
        """Names and normal types, in the order of the file."""
        return self._schema

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Rows kept aside, with reasons."""
        return self._quarantined

    def column(self, name: str) -> pa.ChunkedArray:
        """One column in its normal form. Raises KeyError for an unknown name, ValueFault for mixed times."""
        ready = self._ready.get(name)
        if ready is None:
            ready = self._ready[name] = normal(self._table.column(name), self._tz)
            refuse_invalid_text(self._name, name, ready)
            refuse_mixed_times(self._name, name, ready, self._quarantined)
        return ready

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns, at most ``rows`` rows at a time. Raises what ``column`` raises."""
        import pyarrow as pa

        wanted = {name: self.column(name) for name in columns}
        yield from pa.table(wanted).to_batches(max_chunksize=rows)

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """Every so many-th row of these columns, about ``rows`` of them. Raises what ``column`` raises."""
        import pyarrow as pa

        return every(pa.table({name: self.column(name) for name in columns}), rows)


def table_source(table: Any, name: str = "table", *, tz: str | None = None) -> Source:
    """A source over a table in memory.

    ``table`` is a pyarrow Table, RecordBatch or RecordBatchReader, a pandas DataFrame (its index is dropped), a Polars
    DataFrame or LazyFrame, a mapping of names to arrays, or anything with ``__arrow_c_stream__``. Raises UsageError if
    it is none of these, ColumnError for duplicate names or columns of mixed types, FileError if it has no rows.
    """
    check_zone(tz)
    return TableSource(name, _arrow_table(table, name), tz=tz)


def every(table: pa.Table, rows: int) -> pa.Table:
    """About ``rows`` rows, one from each stretch of equal length: all where there are no more, always the same ones.

    Where in its stretch a row stands changes from one to the next, so that a period in the rows is not taken for all.
    """
    import numpy as np
    import pyarrow as pa

    step = -(-table.num_rows // max(1, rows))
    if step <= 1:
        return table
    starts = np.arange(0, table.num_rows, step)
    within = (np.arange(len(starts)) * _GOLDEN % 1 * step).astype(np.int64)
    return table.take(pa.array(np.minimum(starts + within, table.num_rows - 1)))


def no_columns(name: str) -> FileError:
    """The error for a file or table without columns."""
    return FileError(
        "no-columns",
        f"{name} has no columns",
        expected="rows and columns",
        where=name,
        next="check the step that wrote it",
    )


def no_rows(name: str, kept_aside: int = 0) -> FileError:
    """The error for a file or table in which no row can be used."""
    return FileError(
        "no-rows",
        f"{name} has column names and no rows" if not kept_aside else f"every row of {name} had to be kept aside",
        expected="at least one row of predictions",
        found="0 rows" if not kept_aside else f"0 rows that can be used, {kept_aside:,} that cannot",
        where=name,
        next="check the step that wrote it" if not kept_aside else "run it without --quarantine to see what is wrong",
    )


def _arrow_table(table: Any, name: str) -> pa.Table:
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    if isinstance(table, pa.RecordBatch):
        return pa.Table.from_batches([table])
    if isinstance(table, pa.RecordBatchReader):
        return table.read_all()
    root = type(table).__module__.partition(".")[0]
    if root == "pandas" and hasattr(table, "columns"):
        values = [table.iloc[:, place] for place in range(table.shape[1])]
        return _from_columns(name, [str(column) for column in table.columns], values)
    if root == "polars" and hasattr(table, "collect"):
        table = table.collect()
    if len(getattr(table, "shape", (0, 0))) == 2 and hasattr(table, "__arrow_c_stream__"):
        try:
            return pa.table(table)
        except _UNFIT as error:
            raise _unreadable(name, str(error)) from None
    if isinstance(table, Mapping):
        columns = [str(column) for column in table]
        return _from_columns(name, columns, list(table.values()))
    raise UsageError(
        "not-a-table",
        f"{type(table).__name__!r} is not a table of predictions",
        expected="a path, or an Arrow, pandas or Polars table",
        found=type(table).__qualname__,
        next="pyarrow.table({...}) or pandas.DataFrame({...}) makes one",
    )


def _from_columns(name: str, columns: list[str], values: list[Any]) -> pa.Table:
    import pyarrow as pa

    refuse_duplicates(name, columns)
    arrays = []
    for column, one in zip(columns, values, strict=True):
        try:
            if getattr(one, "dtype", None) in (None, object) and isinstance(one, Iterable):
                refuse_mixed_moments(name, column, one)
            arrays.append(one if isinstance(one, pa.ChunkedArray) else pa.array(one, from_pandas=True))
        except _UNFIT as error:
            raise _unreadable(name, f"column {column!r}: {error}") from None
    try:
        return pa.table(arrays, names=columns)
    except pa.ArrowInvalid as error:  # columns of different lengths
        raise _unreadable(name, str(error)) from None


def _unreadable(name: str, reason: str) -> ColumnError:
    return ColumnError(
        "unreadable-column",
        f"{name} has a column that cannot be read",
        expected="values of one type in each column, and columns of one length",
        found=reason.splitlines()[0],
        where=name,
        next="cast that column to one type, or drop it",
    )
