"""A source with derived columns beside its own: every verb sees them as columns, computed from the rows at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from errata.factors.derivation import Derivation
from errata.nouns.source import BATCH_ROWS, BadRow

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Part, Source


class DerivedSource:
    """``source`` and the columns of ``derived``, by name, which stand after its own. Raises ColumnError for a
    derivation that its columns do not allow."""

    def __init__(self, source: Source, derived: Mapping[str, Derivation]) -> None:
        import pyarrow as pa

        self._source = source
        self._derived = dict(derived)
        for one in self._derived.values():
            one.check(source.schema, source.name)
        fields = [pa.field(name, one.kind) for name, one in self._derived.items()]
        self._schema = pa.schema([*source.schema, *fields])
        self._ready: dict[str, pa.ChunkedArray] = {}

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._source.name

    @property
    def rows(self) -> int:
        """Rows that can be used."""
        return self._source.rows

    @property
    def schema(self) -> pa.Schema:
        """Names and types: the source's own, then the derived ones."""
        return self._schema

    @property
    def derived(self) -> tuple[str, ...]:
        """The names of the derived columns."""
        return tuple(self._derived)

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Rows kept aside, with reasons."""
        return self._source.quarantined

    def column(self, name: str) -> pa.ChunkedArray:
        """One column; a derived one is computed when it is first asked for. Raises what the source raises."""
        if name not in self._derived:
            return self._source.column(name)
        if name not in self._ready:
            self._ready[name] = self._whole(self._derived[name])
        return self._ready[name]

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns, at most ``rows`` rows at a time, derived ones from the rows of the batch alone."""
        yield from self.of_batches(self._source, columns, rows)

    def of_batches(self, rows_of: Source | Part, columns: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """As ``batches``, of the rows of the source or of one part of it."""
        import pyarrow as pa

        if not set(columns) & set(self._derived):
            yield from rows_of.batches(columns, rows)
            return
        for batch in rows_of.batches(self._needed(columns), rows):
            yield pa.RecordBatch.from_arrays([self._of(batch, name) for name in columns], names=list(columns))

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """At least one and about ``rows`` rows of these columns, from all over."""
        import pyarrow as pa

        table = self._source.glance(self._needed(columns), rows)
        made = {}
        for name in columns:
            one = self._derived.get(name)
            made[name] = table.column(name) if one is None else computed(one, table)
        return pa.table(made)

    def _needed(self, columns: Sequence[str]) -> list[str]:
        wanted = [one for name in columns for one in (self._derived[name].columns if name in self._derived else [name])]
        return list(dict.fromkeys(wanted))

    def _of(self, batch: pa.RecordBatch, name: str) -> pa.Array:
        one = self._derived.get(name)
        return batch.column(name) if one is None else one.of({of: batch.column(of) for of in one.columns})

    def _whole(self, one: Derivation) -> pa.ChunkedArray:
        import pyarrow as pa

        return computed(one, pa.table({name: self._source.column(name) for name in one.columns}))


class DerivedOfParts(DerivedSource):
    """As ``DerivedSource``, of a source that has parts."""

    def parts(self) -> Sequence[Part]:
        """The parts of the source, each with the derived columns; known by these too."""
        source: Any = self._source
        return [_Piece(one, self) for one in source.parts()]


class _Piece:
    """One part of the rows, with what is derived from them."""

    def __init__(self, part: Part, source: DerivedSource) -> None:
        from errata.core.canonical import digest_of

        self._part, self._source = part, source
        self.identity = digest_of([part.identity, sorted(source.derived)])
        self.rows = part.rows
        self.schema = source.schema

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        return self._source.of_batches(self._part, columns, rows)


def computed(one: Derivation, table: pa.Table) -> pa.ChunkedArray:
    """The values of a derivation over a table that has its columns, text with one dictionary for all."""
    import pyarrow as pa

    table = table.select(one.columns)
    if len(one.columns) == 1 and pa.types.is_dictionary(table.column(0).type):
        # One dictionary for all chunks is looked at once, not once a chunk.
        table = table.combine_chunks()
    chunks = [one.of({name: batch.column(name) for name in one.columns}) for batch in table.to_batches()]
    made = pa.chunked_array(chunks, one.kind)
    return made.unify_dictionaries() if pa.types.is_dictionary(made.type) else made
