"""Which rows of two sources are the same sample, and whether both say the same truth of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from errata.core.columns import floats, is_number, value_type
from errata.core.errors import UsageError, ValueFault
from errata.core.units import count, plural

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.outcome import Outcomes
    from errata.nouns.source import Source


@dataclass(frozen=True, slots=True)
class Pairs:
    """The rows of the samples that stand in both: ``first[i]`` and ``second[i]`` are one sample."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)


def pair(first: Source, first_id: str, second: Source, second_id: str) -> Pairs:
    """Match rows by id; ids of different types are compared as text. Ids must not repeat within a source."""
    import pyarrow.compute as pc

    one, two = plain(first.column(first_id)), plain(second.column(second_id))
    if one.type != two.type:
        one, two = as_text(one), as_text(two)
    place = pc.fill_null(pc.index_in(one, value_set=two), -1).to_numpy()
    rows = np.flatnonzero(place >= 0)
    return Pairs(rows.astype(np.int64), place[rows].astype(np.int64))


def refuse_other_truth(first: Source, one: Outcomes, second: Source, two: Outcomes, pairs: Pairs) -> None:
    """Raise ValueFault ``other-truth`` if a sample has another truth in each source; a missing one is no other one."""
    if one.roles.truth is None or two.roles.truth is None or not len(pairs):
        return
    differs = _classes_differ(one, two, pairs)
    if differs is None:
        differs = _values_differ(first.column(one.roles.truth), second.column(two.roles.truth), pairs)
    wrong = np.flatnonzero(differs)
    if not len(wrong):
        return
    here, there = int(pairs.first[wrong[0]]), int(pairs.second[wrong[0]])
    name = first.column(str(one.roles.id))[here].as_py()
    raise ValueFault(
        "other-truth",
        f"{plural(len(wrong), 'sample')} of {count(len(pairs))} {'has' if len(wrong) == 1 else 'have'} another truth "
        f"in {second.name}",
        where=f"id {name!r}: {first.name} row {count(here + 1)}, {second.name} row {count(there + 1)}",
        expected="one truth for a sample, or the two cannot be compared",
        found=f"{first.column(one.roles.truth)[here].as_py()!r} and {second.column(two.roles.truth)[there].as_py()!r}",
        next="log or export both against the same labels",
    )


def _classes_differ(one: Outcomes, two: Outcomes, pairs: Pairs) -> NDArray[np.bool_] | None:
    if one.truth is None or two.truth is None:
        return None
    here = {label: code for code, label in enumerate(one.labels)}
    # A class that only the second source knows is another one, whatever it is.
    to_first = np.array([here.get(label, -2) for label in two.labels] + [-1])
    truth, other = one.truth[pairs.first], to_first[two.truth[pairs.second]]
    return np.asarray((truth >= 0) & (other != -1) & (truth != other), np.bool_)


def _values_differ(one: pa.ChunkedArray, two: pa.ChunkedArray, pairs: Pairs) -> NDArray[np.bool_]:
    if is_number(one.type) and is_number(two.type):
        # A copy in single precision is no other truth.
        first, second = (values.astype(np.float32) for values in (floats(one)[pairs.first], floats(two)[pairs.second]))
        return np.asarray((first != second) & ~np.isnan(first) & ~np.isnan(second), np.bool_)
    texts = (np.array(texts_of(column), object) for column in (one, two))
    first, second = next(texts)[pairs.first], next(texts)[pairs.second]
    return np.array([a is not None and b is not None and a != b for a, b in zip(first, second, strict=True)], np.bool_)


def texts_of(column: pa.ChunkedArray) -> list[str | None]:
    """Each value as text; a list as its different items in order, whatever theirs was. None where it is missing."""
    import json

    import pyarrow as pa

    if not pa.types.is_nested(column.type):
        found: list[str | None] = as_text(plain(column)).to_pylist()
        return found

    def text(value: Any) -> str:
        items = (
            sorted({json.dumps(one, sort_keys=True, default=str) for one in value})
            if isinstance(value, list)
            else value
        )
        return json.dumps(items, sort_keys=True, default=str)

    return [None if value is None else text(value) for value in column.to_pylist()]


def rows_with(column: pa.ChunkedArray, values: set[Any]) -> NDArray[np.bool_]:
    """The rows whose value is among ``values``, compared as text, so that 12 and '12' are one id."""
    import pyarrow as pa
    import pyarrow.compute as pc

    among = pa.array(sorted(str(value) for value in values), pa.string())
    return np.asarray(pc.fill_null(pc.is_in(as_text(plain(column)), value_set=among), False).to_numpy(), np.bool_)


def group_codes(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Codes that are equal where rows depend on each other; a row whose group is missing depends on nobody."""
    from errata.core.columns import dictionary

    values, index = dictionary(column)
    codes = index.astype(np.int64)
    # NaN is missing too: it equals nothing, itself included.
    missing = (codes < 0) | np.isin(codes, [number for number, value in enumerate(values) if value != value])
    codes[missing] = len(values) + np.arange(int(missing.sum()))
    return codes


def group_numbers(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """The same codes without gaps."""
    return np.unique(group_codes(column), return_inverse=True)[1].astype(np.int64)


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column without a dictionary, whole numbers and text in one width each."""
    import pyarrow as pa

    kind = value_type(column.type)
    if pa.types.is_integer(kind) and kind != pa.uint64():
        kind = pa.int64()
    elif pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        kind = pa.string()
    return column if column.type == kind else column.cast(kind)


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column's values as people write them. Raises UsageError for values that nobody writes."""
    import pyarrow as pa

    try:
        return column if column.type == pa.string() else column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
        raise UsageError("bad-id", f"values of type {column.type} cannot name samples", next="--id COLUMN") from exc
