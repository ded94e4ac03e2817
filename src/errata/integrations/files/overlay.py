"""A source with one column from another source of the same rows: predictions, and the truth that came later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from errata.core.errors import FileError
from errata.nouns.source import BATCH_ROWS

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import BadRow, Part, Source


class Overlay:
    """The rows of ``under``, whose column ``name`` is that of ``over``, row by row; nothing is held."""

    def __init__(self, under: Source, over: Source, name: str) -> None:
        """Raises FileError when the two have not the same number of rows."""
        if under.rows != over.rows:
            raise _differ(under, over)
        self._under, self._over, self._name = under, over, name
        field = over.schema.field(name)
        place = under.schema.get_field_index(name)
        self._schema: pa.Schema = under.schema.append(field) if place < 0 else under.schema.set(place, field)

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._under.name

    @property
    def rows(self) -> int:
        """Rows of both."""
        return self._under.rows

    @property
    def schema(self) -> pa.Schema:
        """Names and types, in the order of the rows below; a column that they have not comes last."""
        return self._schema

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Rows kept aside, with reasons."""
        return self._under.quarantined

    def parts(self) -> Sequence[Part]:
        """The rows in the pieces that both sources have in common."""
        below: Any = self._under  # sealed parts are Parquet, which has parts
        above: Any = self._over
        pairs = zip(below.parts(), above.parts(), strict=True)
        return [_Piece(under, over, self._name, self._schema) for under, over in pairs]

    def column(self, name: str) -> pa.ChunkedArray:
        """One column. Raises what the two sources raise."""
        return (self._over if name == self._name else self._under).column(name)

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns, at most ``rows`` rows at a time. Raises what the two sources raise."""
        yield from _batches(self._under, self._over, self._name, columns, rows)

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """About ``rows`` rows of these columns, from all of the source. Raises what the two sources raise."""
        import pyarrow as pa

        if self._name not in columns:
            return self._under.glance(columns, rows)
        below = [name for name in columns if name != self._name] or self._under.schema.names[:1]
        # Both are parts of one run, written in the same row groups, so that both show the same rows.
        seen, over = self._under.glance(below, rows), self._over.glance([self._name], rows)
        if seen.num_rows != over.num_rows:
            raise _differ(self._under, self._over)
        values = {name: over.column(0) if name == self._name else seen.column(name) for name in columns}
        return pa.table(values)


class _Piece:
    """One part of the rows, with the same part of the column over them."""

    def __init__(self, under: Part, over: Part, name: str, schema: pa.Schema) -> None:
        from errata.core.canonical import digest_of

        self._under, self._over, self._name = under, over, name
        self.identity = digest_of([under.identity, over.identity])
        self.rows = under.rows
        self.schema = schema

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        return _batches(self._under, self._over, self._name, columns, rows)


def _batches(
    under: Source | Part, over: Source | Part, name: str, columns: Sequence[str], rows: int
) -> Iterator[pa.RecordBatch]:
    if name not in columns:
        yield from under.batches(columns, rows)
        return
    below = [column for column in columns if column != name] or under.schema.names[:1]
    beside = _Slices(over, name, rows)
    for batch in under.batches(below, rows):
        yield _joined(batch, columns, name, beside.next(batch.num_rows))


def _differ(under: Source, over: Source) -> FileError:
    return FileError(
        "parts-differ",
        f"{over.name} has a truth for other rows than {under.name} has",
        expected=f"one for each of its {under.rows} rows",
        found=f"{over.rows} rows",
        where=under.name,
        next="errata doctor",
    )


class _Slices:
    """One column of a source, in pieces of the lengths that are asked for, in order."""

    def __init__(self, source: Source | Part, name: str, rows: int) -> None:
        self._batches = source.batches([name], rows)
        self._kind = source.schema.field(name).type
        self._left: pa.Array | None = None

    def next(self, rows: int) -> pa.Array:
        import pyarrow as pa

        pieces = []
        while rows:
            if self._left is None or not len(self._left):
                self._left = next(self._batches).column(0)
            piece = self._left.slice(0, rows)
            self._left = self._left.slice(len(piece))
            rows -= len(piece)
            pieces.append(piece)
        if len(pieces) == 1:
            return pieces[0]
        return pa.chunked_array(pieces, self._kind).unify_dictionaries().combine_chunks()


def _joined(batch: pa.RecordBatch, columns: Sequence[str], name: str, over: pa.Array) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [over if column == name else batch.column(column) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))
