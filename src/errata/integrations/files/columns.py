"""Columns as every reader hands them on: few types, one dictionary for strings, names that are there once.

Strings become ``dictionary<int32, string>`` with one dictionary over all chunks; views, large and run-end encoded
types become the plain ones; decimals become float64; aware times become UTC, naive ones too when a zone is given.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from errata.core.errors import ColumnError, UsageError
from errata.core.units import plural

if TYPE_CHECKING:
    import pyarrow as pa

_LARGE_DICTIONARY = 10_000


def normal_type(kind: pa.DataType, tz: str | None = None) -> pa.DataType:
    """The type that a column of type ``kind`` is handed on as; ``tz`` is the zone of naive times, None leaves them."""
    import pyarrow as pa
    from pyarrow import types

    if isinstance(kind, pa.BaseExtensionType):
        return normal_type(kind.storage_type, tz)
    if types.is_dictionary(kind) or types.is_run_end_encoded(kind):
        return normal_type(kind.value_type, tz)
    if _is_text(kind):
        return pa.dictionary(pa.int32(), pa.string())
    if types.is_large_binary(kind) or types.is_binary_view(kind):
        return pa.binary()
    if types.is_decimal(kind):
        return pa.float64()
    if types.is_float16(kind):
        return pa.float32()
    if types.is_timestamp(kind) and (kind.tz or tz):
        return pa.timestamp(kind.unit, "UTC")
    if types.is_list_view(kind):
        return pa.list_(kind.value_type)
    if types.is_large_list_view(kind):
        return pa.large_list(kind.value_type)
    return kind


def normal(column: pa.ChunkedArray, tz: str | None = None) -> pa.ChunkedArray:
    """The column as ``normal_type`` says. Raises pyarrow.ArrowInvalid for values that do not fit (invalid UTF-8)."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
        return normal(column, tz)
    kind = column.type
    target = normal_type(kind, tz)
    if kind == target and not types.is_dictionary(kind):
        return column
    if types.is_run_end_encoded(kind):
        return normal(pc.run_end_decode(column), tz)
    if types.is_dictionary(target):
        if types.is_dictionary(kind) and not any(chunk.dictionary.null_count for chunk in column.chunks):
            chunks = [_retyped(chunk) for chunk in column.chunks] if kind != target else column.chunks
            return one_dictionary(pa.chunked_array(chunks, target))
        if types.is_dictionary(kind):  # a null among the values would be a value
            column = column.cast(kind.value_type)
            kind = column.type
        if not types.is_string(kind):
            column = column.cast(pa.string())
        encoded = column.combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):  # more text than one array holds
            return one_dictionary(encoded)
        return pa.chunked_array([encoded], target)
    if types.is_dictionary(kind):
        return normal(column.cast(kind.value_type), tz)
    if types.is_list_view(kind) or types.is_large_list_view(kind):
        return pa.chunked_array([_as_lists(chunk, target) for chunk in column.chunks], target)
    if types.is_timestamp(kind) and not kind.tz:
        column = pc.assume_timezone(column, tz, ambiguous="earliest", nonexistent="latest")
    return column.cast(target)


def _as_lists(views: pa.Array, target: pa.DataType) -> pa.Array:
    """Lists from a view of lists. Arrow's own cast mistakes those that were taken from among others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(views), 0)
    offsets = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(lengths.cast(pa.int64()))])
    kind = pa.ListArray if pa.types.is_list(target) else pa.LargeListArray
    if kind is pa.ListArray:
        offsets = offsets.cast(pa.int32())
    return kind.from_arrays(offsets, pc.list_flatten(views), type=target, mask=views.is_null())


def one_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with one dictionary for all its chunks; in one chunk if the dictionary is large.

    Whoever unifies again pays for the dictionary once a chunk.
    """
    import pyarrow as pa

    if column.num_chunks < 2:
        return column
    column = column.unify_dictionaries()
    values = column.chunk(0).dictionary
    if len(values) <= _LARGE_DICTIONARY:
        return column
    indices = pa.chunked_array([chunk.indices for chunk in column.chunks]).combine_chunks()
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, values)])


def normal_schema(schema: pa.Schema, tz: str | None = None) -> pa.Schema:
    """``normal_type`` for every column, names and order kept, metadata dropped."""
    import pyarrow as pa

    return pa.schema([(field.name, normal_type(field.type, tz)) for field in schema])


def normal_batch(batch: pa.RecordBatch, schema: pa.Schema, tz: str | None = None) -> pa.RecordBatch:
    """The columns of ``schema`` (of normal types) from one batch, each with a dictionary of its own where it is text.

    Raises pyarrow.ArrowInvalid for values that do not fit.
    """
    import pyarrow as pa

    arrays = []
    for field in schema:
        column = batch.column(field.name)
        if column.type != field.type:
            column = normal(pa.chunked_array([column]), tz).cast(field.type).combine_chunks()
        elif pa.types.is_dictionary(field.type) and column.dictionary.null_count:
            column = normal(pa.chunked_array([column]), tz).combine_chunks()
        if pa.types.is_dictionary(field.type):
            column.dictionary.validate(full=True)
        arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def refuse_duplicates(name: str, columns: list[str]) -> None:
    """Raise ColumnError if a name stands twice in ``columns``, listing every such name with its positions (from 1)."""
    twice = [column for column, times in Counter(columns).items() if times > 1]
    if not twice:
        return
    places = {column: [i for i, other in enumerate(columns, 1) if other == column] for column in twice}
    raise ColumnError(
        "duplicate-columns",
        f"{name} has {plural(len(twice), 'column name')} more than once",
        details=[f"{column!r}: columns {', '.join(map(str, at))}" for column, at in places.items()],
        expected="every column name once",
        where=name,
        next="rename the columns, so that a slice can name one of them",
    )


def damage() -> tuple[type[Exception], ...]:
    """What Arrow raises over bytes that are not what they should be: lengths beyond memory, text that is none."""
    import pyarrow as pa

    return (pa.ArrowException, OSError, UnicodeDecodeError, MemoryError)


def check_zone(tz: str | None) -> None:
    """Raise UsageError unless ``tz`` is None or an IANA time zone."""
    from zoneinfo import ZoneInfo

    if tz is None:
        return
    try:
        ZoneInfo(tz)
    except (KeyError, ValueError, OSError):
        raise UsageError(
            "no-such-zone",
            f"there is no time zone {tz!r}",
            expected="a name of the IANA database, such as Europe/Berlin or UTC",
            found=repr(tz),
            next="--tz UTC",
        ) from None


def _retyped(chunk: pa.DictionaryArray) -> pa.DictionaryArray:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(chunk.indices.cast(pa.int32()), chunk.dictionary.cast(pa.string()))


def _is_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
