"""Text that is no UTF-8: Arrow takes it from Parquet unseen, and whoever reads it later stumbles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errata.core.errors import FileError
from errata.core.units import count

if TYPE_CHECKING:
    import pyarrow as pa


def refuse_invalid_text(source: str, name: str, column: pa.ChunkedArray) -> None:
    """Raise FileError if ``column`` (one dictionary of strings) holds a value that is not UTF-8, naming the first row.

    Only the distinct values are looked at.
    """
    import numpy as np
    import pyarrow as pa
    from pyarrow import types

    if not types.is_dictionary(column.type) or column.num_chunks == 0:
        return
    values = column.chunk(0).dictionary
    try:
        values.validate(full=True)
        return
    except pa.ArrowInvalid:
        raw = values.cast(pa.binary()).to_pylist()
    wrong = np.array([_fault(value) is not None for value in raw])
    codes = np.concatenate([chunk.indices.fill_null(-1).to_numpy() for chunk in column.chunks])
    rows = np.flatnonzero((codes >= 0) & wrong[codes])
    if len(rows) == 0:
        return
    first = raw[codes[rows[0]]]
    raise FileError(
        "invalid-utf8",
        f"column {name!r} of {source} holds text that is not UTF-8, in {count(len(rows))} of {count(len(codes))} rows",
        expected="UTF-8",
        found=f"{_fault(first)} of {first[:60]!r}",
        where=f"{source}, column {name!r}, row {count(rows[0] + 1)}",
        next="write the column as UTF-8, or as binary if it is no text",
    )


def _fault(value: bytes | None) -> str | None:
    try:
        (value or b"").decode()
    except UnicodeDecodeError as error:
        return f"byte 0x{error.object[error.start]:02X} at byte {error.start}"
    return None
