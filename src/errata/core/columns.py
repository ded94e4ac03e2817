"""Arrow columns as NumPy codes: the one place that knows dictionaries, nulls and chunks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


FEW = 254
"""Up to so many distinct values a column fits bytes, with room for a missing one."""
MISSING_BYTE = 255


def dictionary(column: pa.ChunkedArray | pa.Array) -> tuple[list[Any], NDArray[np.int32]]:
    """The distinct values of a column and, per row, the index of its value; −1 where it is missing."""
    values, column = _encoded(column)
    codes = np.empty(len(column), np.int32)
    for start, index in _indices(column):
        codes[start : start + len(index)] = index
    return values, codes


def byte_codes(column: pa.ChunkedArray) -> tuple[list[Any], NDArray[np.uint8]] | None:
    """As ``dictionary``, in bytes, 255 where a value is missing; None where there are too many values for that."""
    values, column = _encoded(column)
    if len(values) > FEW:
        return None
    codes = np.empty(len(column), np.uint8)
    for start, index in _indices(column):
        # A missing value's −1 becomes 255.
        codes[start : start + len(index)] = index.astype(np.uint8)
    return values, codes


def _encoded(column: pa.ChunkedArray | pa.Array) -> tuple[list[Any], pa.ChunkedArray]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    if pa.types.is_dictionary(column.type) and any(chunk.dictionary.null_count for chunk in column.chunks):
        # A null that stands among the values would be a value of its own.
        column = column.cast(column.type.value_type)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    column = column.unify_dictionaries()
    values = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    if len(set(values)) < len(values):
        # Arrow lets a dictionary hold a value twice; here a value has one code.
        return _encoded(column.cast(column.type.value_type))
    return values, column


def _indices(column: pa.ChunkedArray) -> Iterator[tuple[int, NDArray[Any]]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    start = 0
    for chunk in column.chunks:
        index = pc.fill_null(chunk.indices.cast(pa.int32()), -1) if chunk.null_count else chunk.indices
        yield start, index.to_numpy()
        start += len(chunk)


def value_key(value: Any) -> tuple[bool, Any]:
    """What values are looked up by: 1 and 1.0 are one, 1 and true are not."""
    return isinstance(value, bool), value


def value_type(column_type: pa.DataType) -> pa.DataType:
    """The type of the values, whether they stand in a dictionary or not."""
    import pyarrow as pa

    return column_type.value_type if pa.types.is_dictionary(column_type) else column_type


def is_text(column_type: pa.DataType) -> bool:
    """Strings, in a dictionary or not."""
    import pyarrow as pa

    kind = value_type(column_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(column_type: pa.DataType) -> bool:
    """Whole numbers, floats and decimals; not booleans."""
    import pyarrow as pa

    kind = value_type(column_type)
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists."""
    from pyarrow import types

    return bool(
        types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind) or types.is_list_view(kind)
    )


def floats(column: pa.ChunkedArray | pa.Array) -> NDArray[np.float64]:
    """A numeric column as float64, NaN where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type) and not column.null_count:
        return np.asarray(column.to_numpy(), np.float64)
    as_float = pc.cast(column, pa.float64(), safe=False)
    return np.asarray(pc.fill_null(as_float, float("nan")).to_numpy(), np.float64)


def narrowest(schema: pa.Schema) -> str:
    """The column that costs least to read."""
    names: list[str] = schema.names
    return min(names, key=lambda name: _width(schema.field(name).type))


def _width(kind: pa.DataType) -> int:
    try:
        return int(kind.bit_width)
    except ValueError:
        return 1 << 20
