"""Several sources as one, with a column that says from which each row comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from errata.core.columns import value_type
from errata.core.errors import ColumnError
from errata.nouns.source import BATCH_ROWS, BadRow

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import Source


class JoinedSource:
    """The rows of each source in turn, with the columns that all of them have, of one type in all.

    ``side`` names the column that is added: its values are the keys of ``parts``. ``left_out`` are the columns that
    not all have, with the reason. Raises ColumnError if nothing is common, or if a source has a column ``side``.
    """

    def __init__(self, name: str, parts: Mapping[str, Source], side: str) -> None:
        import pyarrow as pa

        self._name = name
        self._parts = dict(parts)
        self._side = side
        sources = list(self._parts.values())
        first = sources[0].schema
        self.left_out: dict[str, str] = {}
        fields = []
        for field in first:
            kinds = [one.schema.field(field.name).type for one in sources if field.name in one.schema.names]
            if len(kinds) < len(sources):
                self.left_out[field.name] = "not in every file"
                continue
            kind = _common(kinds)
            if kind is None:
                self.left_out[field.name] = " and ".join(sorted({str(value_type(one)) for one in kinds}))
                continue
            fields.append(pa.field(field.name, kind))
        for one in sources[1:]:
            self.left_out |= {n: "not in every file" for n in one.schema.names if n not in first.names}
        if not fields or any(side in one.schema.names for one in sources):
            raise ColumnError(
                "nothing-in-common",
                f"{' and '.join(one.name for one in sources)} cannot be put together",
                expected=f"columns of the same names and types, none called {side!r}",
                found="; ".join(", ".join(one.schema.names[:12]) for one in sources),
                where=name,
                next="--train FILE with predictions of the same model, written the same way",
            )
        self._schema = pa.schema([*fields, pa.field(side, pa.string())])

    @property
    def name(self) -> str:
        """What the user typed, for messages."""
        return self._name

    @property
    def rows(self) -> int:
        """Rows of all sources."""
        return sum(one.rows for one in self._parts.values())

    @property
    def schema(self) -> pa.Schema:
        """The common columns in the order of the first source, then the added one."""
        return self._schema

    @property
    def quarantined(self) -> tuple[BadRow, ...]:
        """Rows kept aside in any of them."""
        return tuple(bad for one in self._parts.values() for bad in one.quarantined)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column, source after source."""
        import pyarrow as pa

        kind = self._schema.field(name).type
        if name == self._side:
            chunks = [pa.repeat(pa.scalar(key, kind), one.rows) for key, one in self._parts.items()]
            return pa.chunked_array(chunks, kind)
        columns = [one.column(name) for one in self._parts.values()]
        return pa.chunked_array([_as(chunk, kind) for one in columns for chunk in one.chunks], kind)

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """These columns once, source after source."""
        import pyarrow as pa

        schema = pa.schema([self._schema.field(name) for name in columns])
        for key, one in self._parts.items():
            wanted = [name for name in columns if name != self._side] or one.schema.names[:1]
            for batch in one.batches(wanted, rows):
                arrays = [
                    pa.repeat(pa.scalar(key), batch.num_rows)
                    if name == self._side
                    else _as(batch.column(name), schema.field(name).type)
                    for name in columns
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def glance(self, columns: Sequence[str], rows: int) -> pa.Table:
        """About ``rows`` rows from all over each source."""
        import pyarrow as pa

        schema = pa.schema([self._schema.field(name) for name in columns])
        found = []
        for key, one in self._parts.items():
            wanted = [name for name in columns if name != self._side] or one.schema.names[:1]
            seen = one.glance(wanted, max(1, rows * one.rows // max(self.rows, 1)))
            arrays = []
            for field in schema:
                if field.name == self._side:
                    arrays.append(pa.chunked_array([pa.repeat(pa.scalar(key), seen.num_rows)]))
                else:
                    chunks = [_as(chunk, field.type) for chunk in seen.column(field.name).chunks]
                    arrays.append(pa.chunked_array(chunks, field.type))
            found.append(pa.table(arrays, schema=schema))
        return pa.concat_tables(found)


def _common(kinds: Sequence[pa.DataType]) -> pa.DataType | None:
    """The one type that holds the values of all: text is text in a dictionary or not, numbers are numbers."""
    import pyarrow as pa

    plain = [value_type(one) for one in kinds]
    known = [one for one in plain if not pa.types.is_null(one)] or plain
    if all(pa.types.is_string(one) or pa.types.is_large_string(one) for one in known):
        return pa.string()
    if len(set(known)) == 1:
        return known[0]
    if all(pa.types.is_integer(one) for one in known) and pa.uint64() not in known:
        return pa.int64()
    if all(pa.types.is_integer(one) or pa.types.is_floating(one) for one in known):
        return pa.float64()
    return None


def _as(array: pa.Array, kind: pa.DataType) -> pa.Array:
    # Whole numbers beyond 2⁵³ become the float next to them, and are no fault.
    return array if array.type == kind else array.cast(kind, safe=False)
