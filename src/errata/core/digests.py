"""Digests of files and of tables.

A table's digest is about what its rows say: it does not change with the order of rows or columns, with the file
format, or with how a number was stored. Each column becomes canonical numbers (kind, tags and codes, see ``_coded``),
rows are put in an order that only their content decides, and all of it goes through SHA-256.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.canonical import canonical_json
from errata.core.columns import is_text

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

VERSION = b"errata.table/1"

_WHOLE, _FLOAT, _LARGE, _MISSING = 0, 1, 2, 3
_EXACT = 2.0**53
_PIECE = 1 << 20


def file_digest(path: str | Path) -> str:
    """SHA-256 (hex) of a file's bytes. Raises OSError."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def table_digest(columns: Mapping[str, pa.ChunkedArray], sort_by: str | None = None) -> str:
    """SHA-256 (hex) of the canonical content of columns of one length.

    Numbers are equal if they are as float32 (whole ones below 2^53 exactly), whatever type holds them; NaN and null
    are both missing; a column that is all missing has no type; text is text whether it stands in a dictionary or not;
    booleans are no numbers; times are UTC microseconds, naive ones read as UTC, days are their midnight.

    ``sort_by`` names a column whose values differ in every row, such as the id: it alone then decides the order of
    rows, which is quicker. Where it repeats, whole rows do. With and without it, digests differ.
    """
    names = sorted(columns)
    coded = {name: _coded(columns[name]) for name in names}
    rows = len(coded[names[0]].codes) if names else 0
    order = _order([coded[name] for name in names], coded[sort_by] if sort_by is not None else None, rows)
    total = hashlib.sha256(VERSION)
    _add(total, struct.pack("<Q", rows), (sort_by or "").encode())
    for name in names:
        column = coded[name]
        _add(total, name.encode(), column.kind.encode(), column.values)
        for start in range(0, rows, _PIECE):
            piece = order[start : start + _PIECE]
            total.update(np.ascontiguousarray(column.codes[piece], "<i8").data)
            if column.tags is not None:
                total.update(np.ascontiguousarray(column.tags[piece]).data)
    return total.hexdigest()


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column as numbers: ``codes`` (n,) int64, ``tags`` (n,) uint8 or None if all are whole, and for text the
    distinct values, sorted, as bytes."""

    kind: str
    codes: NDArray[np.int64]
    tags: NDArray[np.uint8] | None
    values: bytes = b""


def _coded(column: pa.ChunkedArray) -> _Coded:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    kind = column.type
    if column.null_count == len(column):
        return _Coded("empty", np.zeros(len(column), np.int64), None)
    if types.is_dictionary(kind):
        if not is_text(kind) and not _is_bytes(kind.value_type):
            return _coded(column.cast(kind.value_type))
        return _text("text" if is_text(kind) else "bytes", column)
    if is_text(kind) or _is_bytes(kind):
        return _text("text" if is_text(kind) else "bytes", column)
    if types.is_boolean(kind):
        return _whole("boolean", column.cast(pa.int64()))
    if types.is_integer(kind):
        if kind == pa.uint64() and pc.max(column).as_py() >= 2**63:
            return _numbers(column.cast(pa.float64(), safe=False))
        return _whole("number", column.cast(pa.int64()))
    if types.is_floating(kind) or types.is_decimal(kind):
        return _numbers(column.cast(pa.float64(), safe=False))
    if types.is_timestamp(kind) or types.is_date(kind):
        return _whole("time", column.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False).cast(pa.int64()))
    if types.is_time(kind):
        return _whole("clock", column.cast(pa.time64("us"), safe=False).cast(pa.int64()))
    if types.is_duration(kind):
        return _whole("duration", column.cast(pa.duration("us"), safe=False).cast(pa.int64()))
    texts = [None if value is None else canonical_json(_plain(value)) for value in column.to_pylist()]
    return _text("nested", pa.chunked_array([pa.array(texts, pa.string())]))


def _whole(kind: str, column: pa.ChunkedArray) -> _Coded:
    import pyarrow.compute as pc

    codes = pc.fill_null(column, 0).to_numpy() if column.null_count else column.to_numpy()
    if not column.null_count:
        return _Coded(kind, codes, None)
    missing = column.is_null().to_numpy()
    return _Coded(kind, codes, np.where(missing, _MISSING, _WHOLE).astype(np.uint8))


def _numbers(column: pa.ChunkedArray) -> _Coded:
    """Whole floats as integers; others as float32, where that is finite, else as they are."""
    import pyarrow.compute as pc

    values = np.array(pc.fill_null(column, float("nan")).to_numpy(), np.float64)
    missing = np.isnan(values)
    if missing.all():
        return _Coded("empty", np.zeros(len(values), np.int64), None)
    with np.errstate(over="ignore", under="ignore"):
        rounded = values.astype(np.float32)
    fraction = np.flatnonzero(values != np.floor(values))
    values[fraction] = rounded[fraction]  # 16777216.5 is whole once it is a float32
    whole = (np.abs(values) < _EXACT) & (values == np.floor(values))
    codes = np.zeros(len(values), np.int64)
    codes[whole] = values[whole].astype(np.int64)
    broken = np.flatnonzero(~whole & ~missing)
    narrow = broken[np.isfinite(rounded[broken]) | np.isinf(values[broken])]
    large = broken[np.isinf(rounded[broken]) & np.isfinite(values[broken])]
    codes[narrow] = rounded[narrow].view(np.int32)
    codes[large] = values[large].view(np.int64)
    if len(broken) == 0 and not missing.any():
        return _Coded("number", codes, None)
    tags = np.full(len(values), _WHOLE, np.uint8)
    tags[narrow], tags[large], tags[missing] = _FLOAT, _LARGE, _MISSING
    return _Coded("number", codes, tags)


def _text(kind: str, column: pa.ChunkedArray) -> _Coded:
    """The rank of each value among the distinct ones that occur, and these values in order."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    plain = pa.large_string() if kind != "bytes" else pa.large_binary()
    if types.is_dictionary(column.type) and any(chunk.dictionary.null_count for chunk in column.chunks):
        column = column.cast(column.type.value_type)
    if not types.is_dictionary(column.type):
        column = column.cast(plain).dictionary_encode()
    column = column.unify_dictionaries()
    indices = pa.chunked_array([chunk.indices for chunk in column.chunks])
    codes = pc.fill_null(indices.cast(pa.int64()), -1).to_numpy()
    values = column.chunk(0).dictionary.cast(plain)
    used = np.zeros(len(values) + 1, bool)
    used[codes] = True  # -1 is the last place
    kept = np.flatnonzero(used[:-1])
    values = values.take(pa.array(kept))
    order = pc.sort_indices(values).to_numpy()
    ordered = values.take(pa.array(order))
    rank = np.full(len(used), 0, np.int64)
    rank[kept[order]] = np.arange(len(kept))
    lengths = pc.binary_length(ordered.cast(pa.large_binary())).to_numpy().astype("<i8").tobytes()
    joined = b"".join(ordered.cast(pa.large_binary()).to_pylist())
    missing = codes < 0
    tags = np.where(missing, _MISSING, _WHOLE).astype(np.uint8) if missing.any() else None
    return _Coded(kind, rank[codes], tags, lengths + joined)


def _order(columns: list[_Coded], key: _Coded | None, rows: int) -> NDArray[np.intp]:
    """An order of rows that only their content decides: by a hash of the key column, then by hashes of all columns.

    Rows with equal hashes of all columns, 128 bits of them, are taken to be equal; then their order is no matter.
    """
    if key is not None:
        hashes = _mixed([key], 0, rows)
        order = np.argsort(hashes, kind="stable")
        if not _repeats(hashes[order]):
            return order
        return np.lexsort((_mixed(columns, 2, rows), _mixed(columns, 1, rows), hashes))
    hashes = _mixed(columns, 1, rows)
    order = np.argsort(hashes, kind="stable")
    return np.lexsort((_mixed(columns, 2, rows), hashes)) if _repeats(hashes[order]) else order


def _repeats(ordered: NDArray[np.uint64]) -> bool:
    return bool((ordered[1:] == ordered[:-1]).any())


def _mixed(columns: list[_Coded], seed: int, rows: int) -> NDArray[np.uint64]:
    """One 64-bit hash a row: every column's code and tag through the finaliser of SplitMix64 (Steele et al. 2014)."""
    hashes = np.full(rows, seed, np.uint64)
    for column in columns:
        hashes ^= column.codes.view(np.uint64) if column.codes.dtype == np.int64 else column.codes.astype(np.uint64)
        if column.tags is not None:
            hashes ^= column.tags.astype(np.uint64) << np.uint64(61)
        hashes += np.uint64(0x9E3779B97F4A7C15)
        hashes ^= hashes >> np.uint64(30)
        hashes *= np.uint64(0xBF58476D1CE4E5B9)
        hashes ^= hashes >> np.uint64(27)
        hashes *= np.uint64(0x94D049BB133111EB)
        hashes ^= hashes >> np.uint64(31)
    return hashes


def _add(total: Any, *parts: bytes) -> None:
    for part in parts:
        total.update(struct.pack("<Q", len(part)))
        total.update(part)


def _plain(value: Any) -> Any:
    """A nested value as JSON holds it: bytes as hex, times as text, NaN as null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if value != value else value
    if value is None or isinstance(value, str | int | bool):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)


def _is_bytes(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )
