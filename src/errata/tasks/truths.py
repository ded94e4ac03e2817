"""Truth that comes later: of which values it is, where it differs from what was known, and both together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats, is_number, is_text, value_type

if TYPE_CHECKING:
    import pyarrow as pa

_LARGEST_EXACT = 2**53


def settled(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without a dictionary, in the one type of its kind (text, int64, float64, boolean); NaN is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = value_type(column.type)
    if is_text(kind):
        wanted = pa.string()
    elif pa.types.is_integer(kind) and kind != pa.uint64():
        wanted = pa.int64()
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        wanted = pa.float64()
    else:
        wanted = kind
    column = column if column.type == wanted else column.cast(wanted)
    return pc.if_else(pc.is_nan(column), None, column) if pa.types.is_floating(wanted) else column


def alike(column: pa.ChunkedArray, other: pa.DataType) -> pa.ChunkedArray | None:
    """``column`` in a type whose values can equal those of ``other`` (both settled); None where none keeps its values.

    Whole numbers and floats are of one kind. Text and numbers are alike where every value is written the same in both:
    ``'7'`` and 7, not ``'07'`` and 7.
    """
    import pyarrow as pa

    if column.type == other or pa.types.is_null(other):
        return column
    if pa.types.is_null(column.type):
        return column.cast(other)
    if is_number(column.type) and is_number(other):
        return _as_number(column, other)
    try:
        found = column.cast(other)
        same = found.cast(column.type).equals(column) if is_text(column.type) else is_text(other)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return found if same else None


def _as_number(column: pa.ChunkedArray, other: pa.DataType) -> pa.ChunkedArray | None:
    """Whole numbers as floats, and floats that are whole as whole numbers, where nothing is lost."""
    import pyarrow as pa

    try:
        return column.cast(other)
    except pa.ArrowInvalid:
        return column if not pa.types.is_integer(column.type) else None


def differs(old: pa.ChunkedArray, new: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Where both are known and are not the same. A copy in single precision is the same."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(old.type) or pa.types.is_null(new.type):
        return np.zeros(len(old), np.bool_)
    if (is_number(old.type) and is_number(new.type) and old.type != new.type) or pa.types.is_floating(old.type):
        first, second = floats(old), floats(new)
        with np.errstate(over="ignore"):
            near = first.astype(np.float32) == second.astype(np.float32)
        whole = (np.abs(first) < _LARGEST_EXACT) & (first == np.floor(first)) & (second == np.floor(second))
        known = ~np.isnan(first) & ~np.isnan(second)
        return np.asarray(known & np.where(whole, first != second, ~near), np.bool_)
    found = pc.fill_null(pc.not_equal(old, new), False)
    return np.asarray(found.to_numpy(), np.bool_)


def together(old: pa.ChunkedArray, new: pa.ChunkedArray) -> pa.ChunkedArray:
    """``new`` where it is known, else ``old``, in one type that holds the values of both."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(old.type):
        return new
    if pa.types.is_null(new.type):
        return old
    if old.type != new.type:
        old, new = old.cast(pa.float64()), new.cast(pa.float64())
    return pc.coalesce(new, old)


def shares_values(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Whether any value stands in both columns, of one type."""
    import pyarrow.compute as pc

    among = pc.unique(other.drop_null())
    return bool(pc.any(pc.is_in(pc.unique(one.drop_null()), value_set=among)).as_py())
