"""A column becomes a factor: one small code per row, and the conditions that slices may put on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import byte_codes, dictionary, is_number, is_text, value_type
from errata.core.units import count
from errata.factors.binning import VALUE_BY_VALUE, cut_points
from errata.nouns.slice import Condition, edge_in
from errata.nouns.tokens import can_be_written

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = 255
"""The code of a missing value."""
OTHER = 254
"""The code of values too rare to be looked at one by one."""
GLANCE = 10_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A condition that a slice may put on a factor: its codes ``low`` … ``high``, inclusive."""

    low: int
    high: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Factor:
    """A column as codes (uint8, one per row) with the conditions on it. ``edges`` are the cuts of a binned one;
    ``unwritable`` counts the values that no slice can name (control characters, infinite, too long); ``rare``: there
    are more values than codes, and those that too few rows have share one."""

    name: str
    codes: NDArray[np.uint8]
    choices: tuple[Choice, ...]
    edges: tuple[float, ...] | None = None
    unwritable: int = 0
    rare: bool = False


@dataclass(frozen=True, slots=True)
class NoFactor:
    """Why a column is no factor."""

    name: str
    reason: str


def encode(
    name: str, column: pa.ChunkedArray, min_rows: int, edges: Sequence[float] | None = None
) -> Factor | NoFactor:
    """The factor in ``column``: values one by one, or binned at ``edges`` (its own cuts when None).

    Values that fewer than ``min_rows`` rows have are put together under one code that no slice names.
    """
    import pyarrow as pa

    if not name or not can_be_written(name):
        return NoFactor(name, "its name cannot stand in a slice")
    if len(column) == column.null_count:
        return NoFactor(name, "every value is missing")
    if is_text(column.type) or pa.types.is_boolean(value_type(column.type)):
        return _by_value(name, column, min_rows)
    if is_number(column.type):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        return _numeric(name, column, min_rows, edges)
    return NoFactor(name, f"values of type {column.type} cannot be a condition")


def _by_value(name: str, column: pa.ChunkedArray, min_rows: int) -> Factor | NoFactor:
    few = byte_codes(column)
    if few is None:
        return _frequent_values(name, column, min_rows)
    values, codes = few
    if len(np.unique(codes[:GLANCE])) < 2:
        present = np.flatnonzero(np.bincount(codes, minlength=256))
        if len(present) < 2:
            return NoFactor(name, "one value only")
    if len(values) * min_rows > len(codes):
        times = np.bincount(codes, minlength=256)
        if times.max() < min_rows:
            return NoFactor(name, f"{count(len(values))} values, none in {count(min_rows)} rows or more")
    order = sorted(range(len(values)), key=lambda v: str(values[v]))
    return _valued(name, codes, [(v, values[v]) for v in order], column.null_count >= min_rows)


def _frequent_values(name: str, column: pa.ChunkedArray, min_rows: int) -> Factor | NoFactor:
    """More values than bytes can hold: those that too few rows have share one code that no slice names."""
    values, indices = dictionary(column)
    counts = np.bincount(indices[indices >= 0], minlength=len(values))
    if np.count_nonzero(counts) + bool(column.null_count) < 2:
        return NoFactor(name, "one value only")
    kept = sorted(np.flatnonzero(counts >= min_rows), key=lambda v: (-counts[v], str(values[v])))[:OTHER]
    if not kept and column.null_count < min_rows:
        return NoFactor(name, f"{count(len(values))} values, none in {count(min_rows)} rows or more")
    to_code = np.full(len(values) + 1, OTHER, np.uint8)
    to_code[kept] = np.arange(len(kept), dtype=np.uint8)
    to_code[-1] = MISSING
    named = [(code, values[v]) for code, v in enumerate(kept)]
    found = _valued(name, to_code[indices], named, column.null_count >= min_rows)
    return replace(found, rare=True) if isinstance(found, Factor) else found


def _valued(name: str, codes: NDArray[np.uint8], values: Sequence[tuple[int, Any]], missing: bool) -> Factor | NoFactor:
    """The factor with a choice for each value that a slice can name, and one for missing values if ``missing``."""
    choices = [Choice(code, code, Condition(name, "equals", value=v)) for code, v in values if _writable(v)]
    unwritable = len(values) - len(choices)
    if missing:
        choices.append(Choice(MISSING, MISSING, Condition(name, "null")))
    if not choices:
        return NoFactor(name, "none of its values can stand in a slice")
    return Factor(name, codes, tuple(choices), unwritable=unwritable)


def _writable(value: Any) -> bool:
    return can_be_written(value) if isinstance(value, str) else math.isfinite(value)


def _numeric(name: str, column: pa.ChunkedArray, min_rows: int, edges: Sequence[float] | None) -> Factor | NoFactor:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.types.is_integer(column.type)
    if pa.types.is_decimal(column.type) or column.type == pa.float16():
        column = pc.cast(column, pa.float64())
    null = column.is_null(nan_is_null=True).to_numpy() if column.null_count or not whole else None
    raw = column.fill_null(0) if column.null_count else column
    values = raw.to_numpy()
    known = values if null is None or not null.any() else values[~null]
    missing = 0 if null is None else int(null.sum())
    if len(known) == 0:
        return NoFactor(name, "every value is missing")
    if edges is None:
        few = _few_values(known)
        if few is not None:
            return _numeric_by_value(name, values, null, few, min_rows, missing)
        edges = cut_points(known.astype(np.float64, copy=False))
    if not edges:
        return NoFactor(name, "its values are too close together to be cut")
    codes = np.searchsorted(comparable(edges, values.dtype), values, side="right").astype(np.uint8)
    if missing:
        assert null is not None
        codes[null] = MISSING
    tidy = [int(e) if whole and float(e).is_integer() else float(e) for e in edges]
    choices = [Choice(*codes_of, _between(name, tidy, *codes_of)) for codes_of in _ranges(len(edges) + 1)]
    if missing >= min_rows:
        choices.append(Choice(MISSING, MISSING, Condition(name, "null")))
    return Factor(name, codes, tuple(choices), tuple(float(e) for e in edges))


def comparable(edges: Sequence[float], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The edges in the column's own type, such that ``value < edge`` means the same as for the exact edge."""
    if not np.issubdtype(dtype, np.integer):
        return np.asarray([edge_in(dtype, edge) for edge in edges], dtype)
    # Whole numbers beyond 2⁵³ must not pass through floats.
    wide = np.iinfo(np.uint64 if dtype == np.uint64 else np.int64)
    return np.asarray([min(max(edge_in(dtype, edge), wide.min), wide.max) for edge in edges], wide.dtype)


def _few_values(known: NDArray[Any]) -> NDArray[Any] | None:
    if len(np.unique(known[:GLANCE])) > VALUE_BY_VALUE:
        return None
    if known.dtype.itemsize == 1:
        distinct = np.flatnonzero(np.bincount(known.view(np.uint8), minlength=256)).astype(np.uint8).view(known.dtype)
        distinct.sort()
    else:
        distinct = np.unique(known)
    return distinct if len(distinct) <= VALUE_BY_VALUE else None


def _numeric_by_value(
    name: str, values: NDArray[Any], null: NDArray[np.bool_] | None, few: NDArray[Any], min_rows: int, missing: int
) -> Factor | NoFactor:
    if len(few) + bool(missing) < 2:
        return NoFactor(name, "one value only")
    codes = np.searchsorted(few, values).astype(np.uint8)
    if missing:
        assert null is not None
        codes[null] = MISSING
    return _valued(name, codes, [(i, _shortest(v)) for i, v in enumerate(few)], missing >= min_rows)


def _shortest(value: Any) -> int | float:
    """A number as people write it: 0.1 in single precision is 0.1, not 0.10000000149."""
    return float(str(value)) if value.dtype == np.float32 else value.item()


def _ranges(bins: int) -> list[tuple[int, int]]:
    """Everything below an edge, everything from an edge on, and each bin between two edges."""
    below = [(0, i) for i in range(bins - 1)]
    above = [(i, bins - 1) for i in range(1, bins)]
    between = [(i, i) for i in range(1, bins - 1)]
    return below + above + between


def _between(name: str, edges: Sequence[float], low: int, high: int) -> Condition:
    return Condition(
        name,
        "range",
        low=None if low == 0 else edges[low - 1],
        high=None if high == len(edges) else edges[high],
    )


def edges_of(factors: Sequence[Factor]) -> dict[str, list[float]]:
    """The cuts of the binned factors, by column."""
    return {f.name: list(f.edges) for f in factors if f.edges is not None}


def strictly_rising(edges: Sequence[float]) -> bool:
    """Whether edges can cut a column."""
    return all(a < b for a, b in pairwise(edges))
