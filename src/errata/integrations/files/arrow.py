"""Arrow IPC: files column by column, streams at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from errata.core.errors import FileError
from errata.integrations.files.columns import damage, normal, normal_batch, normal_schema, refuse_duplicates
from errata.integrations.files.table import TableSource, every, no_columns, no_rows
from errata.integrations.files.text import refuse_invalid_text
from errata.integrations.files.times import refuse_mixed_times
from errata.nouns.source import BATCH_ROWS

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import BadRow


class ArrowSource:
    """An Arrow (Feather 2) file; each column is read, and unpacked where it is compressed, when it is asked for."""

    def __init__(self, name: str, data: pa.Buffer, *, tz: str | None = None) -> None:
        """``data`` is the whole file. Raises FileError if it is cut short, damaged or without rows, ColumnError for
        duplicate names."""
        import pyarrow as pa

        self._name = name
        self._data = data
        self._tz = tz
        try:
            with pa.ipc.open_file(data) as file:
                raw = file.schema
                refuse_duplicates(name, raw.names)
            one = pa.ipc.IpcReadOptions(included_fields=[0])  # the lengths of batches, without reading them whole
            with pa.ipc.open_file(data, options=one) as file:
                batches = [file.get_batch(i).num_rows for i in range(file.num_record_batches)]
        except damage() as error:
            raise corrupt_arrow(name, str(error)) from None
        if len(raw) == 0:
            raise no_columns(name)
        self._raw_names = raw.names
        self._schema = normal_schema(raw, tz)
        self._rows: int = sum(batches)
        if self._rows == 0:
            raise no_rows(name)

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._name

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return self._rows

    @property
    def schema(self) -> pa.Schema:
        """Names and normal types, in the order of the file."""
        return self._schema

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Nothing: an Arrow file has no bad rows, it is only bad as a whole."""
        return ()

    def column(self, name: str) -> pa.ChunkedArray:
        """One column. Raises KeyError for an unknown name, FileError for damage, ValueFault for mixed times."""
        import pyarrow as pa

        if name not in self._raw_names:
            raise KeyError(name)
        only = pa.ipc.IpcReadOptions(included_fields=[self._raw_names.index(name)])
        try:
            with pa.ipc.open_file(self._data, options=only) as file:
                column = file.read_all().column(name)
            column.validate(full=True)
            column = normal(column, self._tz)
        except damage() as error:
            raise corrupt_arrow(self._name, str(error), name) from None
        refuse_invalid_text(self._name, name, column)
        refuse_mixed_times(self._name, name, column)
        return column

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns, at most ``rows`` rows at a time, as the file batches them. Raises FileError for damage."""
        import pyarrow as pa

        only = pa.ipc.IpcReadOptions(included_fields=sorted(self._raw_names.index(name) for name in columns))
        schema = pa.schema([self._schema.field(name) for name in columns])
        try:
            with pa.ipc.open_file(self._data, options=only) as file:
                for number in range(file.num_record_batches):
                    batch = file.get_batch(number)
                    batch.validate(full=True)
                    batch = normal_batch(batch, schema, self._tz)
                    yield from (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))
        except damage() as error:
            for name in columns:
                self.column(name)  # says which column it is
            raise corrupt_arrow(self._name, str(error)) from None

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """Every so many-th row of these columns, about ``rows`` of them. Raises what ``column`` raises."""
        import pyarrow as pa

        return every(pa.table({name: self.column(name) for name in columns}), rows)


def open_arrow_stream(name: str, data: pa.Buffer, *, tz: str | None = None) -> TableSource:
    """A source over an Arrow stream, all of it read. Raises FileError if it is cut short or damaged."""
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(data) as stream:
            table = stream.read_all()
        table.validate(full=True)
    except damage() as error:
        raise corrupt_arrow(name, str(error)) from None
    return TableSource(name, table, tz=tz)


def corrupt_arrow(name: str, reason: str, column: str | None = None) -> FileError:
    """The error for Arrow data that cannot be read to its end."""
    return FileError(
        "corrupt-arrow",
        f"{name} is cut short or damaged",
        expected="a whole Arrow file or stream",
        found=" ".join(reason.split())[:200],
        where=f"{name}, column {column!r}" if column else name,
        next="write or fetch it again; compare its size with the original",
    )
