"""A source with one column from another source of the same rows: predictions, and the truth that came later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

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
            raise _differ(under, over, over.rows)
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
        """The rows in the pieces that both sources have in common. Raises FileError where theirs are not the same."""
        below: list[Part] = self._under.parts()  # type: ignore[attr-defined]  # sealed parts are Parquet
        above: list[Part] = self._over.parts()  # type: ignore[attr-defined]
        if [part.rows for part in below] != [part.rows for part in above]:
            raise _differ(self._under, self._over, self._over.rows, "cut elsewhere")
        return [_Piece(self, under, over) for under, over in zip(below, above, strict=True)]

    def column(self, name: str) -> pa.ChunkedArray:
        """One column. Raises what the two sources raise."""
        return (self._over if name == self._name else self._under).column(name)

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns, at most ``rows`` rows at a time. Raises what the two sources raise."""
        yield from self.joined(self._under, self._over, columns, rows)

    def joined(
        self, under: Source | Part, over: Source | Part, columns: Sequence[str], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """The batches of ``under`` with the column of ``over``. Raises FileError where ``over`` has fewer rows."""
        if self._name not in columns:
            yield from under.batches(columns, rows)
            return
        below = [column for column in columns if column != self._name] or under.schema.names[:1]
        beside = _Slices(over, self._name, rows)
        for batch in under.batches(below, rows):
            above = beside.next(batch.num_rows)
            if above is None:
                raise _differ(self._under, self._over, beside.read)
            yield _joined(batch, columns, self._name, above)

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """About ``rows`` rows of these columns, from all of the source. Raises what the two sources raise."""
        import pyarrow as pa

        if self._name not in columns:
            return self._under.glance(columns, rows)
        below = [name for name in columns if name != self._name] or self._under.schema.names[:1]
        # Both are parts of one run, written in the same row groups, so that both show the same rows.
        seen, over = self._under.glance(below, rows), self._over.glance([self._name], rows)
        if seen.num_rows != over.num_rows:
            raise _differ(self._under, self._over, self._over.rows, f"{over.num_rows} of {seen.num_rows} at a glance")
        values = {name: over.column(0) if name == self._name else seen.column(name) for name in columns}
        return pa.table(values)


class _Piece:
    """One part of the rows, with the same part of the column over them."""

    def __init__(self, whole: Overlay, under: Part, over: Part) -> None:
        from errata.core.canonical import digest_of

        self._whole, self._under, self._over = whole, under, over
        self.identity = digest_of([under.identity, over.identity])
        self.rows = under.rows
        self.schema = whole.schema

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        return self._whole.joined(self._under, self._over, columns, rows)


def _differ(under: Source, over: Source, rows: int, how: str = "") -> FileError:
    return FileError(
        "parts-differ",
        f"{over.name} has a truth for other rows than {under.name} has",
        expected=f"one for each of its {under.rows} rows",
        found=f"{rows} rows" + (f", {how}" if how else ""),
        where=under.name,
        next="errata doctor",
    )


class _Slices:
    """One column of a source, in pieces of the lengths that are asked for, in order."""

    def __init__(self, source: Source | Part, name: str, rows: int) -> None:
        self._batches = source.batches([name], rows)
        self._kind = source.schema.field(name).type
        self._left: pa.Array | None = None
        self.read = 0

    def next(self, rows: int) -> pa.Array | None:
        """The next so many values; None where the source has not as many."""
        import pyarrow as pa

        pieces = []
        while rows:
            if self._left is None or not len(self._left):
                batch = next(self._batches, None)
                if batch is None:
                    return None
                self._left = batch.column(0)
                self.read += len(self._left)
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
