"""The codes of other rows under a factor that is known: of a batch, of another part, of another machine's partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import dictionary, is_number, value_key, value_type
from errata.factors.encode import MISSING, OTHER, Factor, comparable

if TYPE_CHECKING:
    import pyarrow as pa


def recode(factor: Factor, column: pa.ChunkedArray) -> NDArray[np.uint8]:
    """The code of each row of ``column`` (uint8): what ``encode`` would give it with this factor's values or edges.

    A value that the factor does not name has the code OTHER. ``factor.codes`` are not looked at. Raises ArrowInvalid
    where the column's type is not the factor's.
    """
    import pyarrow as pa

    if factor.edges is not None:
        return _binned(factor.edges, column)
    values, index = dictionary(column)
    if value_type(column.type) == pa.float32():
        # As people write it: 0.1 in single precision is 0.1.
        values = [None if value is None else float(str(np.float32(value))) for value in values]
    codes = np.full(len(values) + 1, OTHER, np.uint8)
    named = {
        value_key(choice.condition.value): choice.low for choice in factor.choices if choice.condition.kind == "equals"
    }
    for at, value in enumerate(values):
        codes[at] = MISSING if value is None or value != value else named.get(value_key(value), OTHER)
    codes[-1] = MISSING
    found: NDArray[np.uint8] = codes[index]
    return found


def _binned(edges: tuple[float, ...], column: pa.ChunkedArray) -> NDArray[np.uint8]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not is_number(column.type) or pa.types.is_decimal(column.type) or column.type == pa.float16():
        column = pc.cast(column, pa.float64())
    missing = column.is_null(nan_is_null=True).to_numpy()
    values = (column.fill_null(0) if column.null_count else column).to_numpy()
    codes: NDArray[np.uint8] = np.searchsorted(comparable(edges, values.dtype), values, side="right").astype(np.uint8)
    codes[missing] = MISSING
    return codes
