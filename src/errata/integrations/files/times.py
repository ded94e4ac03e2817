"""Times with and without an offset in one column: which instant a naive one means cannot be known, so it is refused."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from errata.core.errors import ValueFault
from errata.core.units import count

if TYPE_CHECKING:
    import pyarrow as pa

    from errata.nouns.source import BadRow

# The forms of ISO 8601 that the readers take for a time; RE2 and Python read them alike.
_DATE = r"\d{4}-\d\d-\d\d"
_CLOCK = r"[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?"
_OFFSET = r" ?(Z|z|[+-]\d\d(:?\d\d)?)"
NAIVE = f"^{_DATE}({_CLOCK})?$"
AWARE = f"^{_DATE}{_CLOCK}{_OFFSET}$"


def moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Strings as UTC times if all have an offset, as naive times if none has, as days if none has a clock.

    Any other strings come back as they are.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _looks_like_time(column):
        return column
    for pattern, kinds in (
        (f"^{_DATE}$", [pa.date32()]),
        (NAIVE, [pa.timestamp("us"), pa.timestamp("ns")]),
        (AWARE, [pa.timestamp("us", "UTC"), pa.timestamp("ns", "UTC")]),
    ):
        if not pc.all(pc.match_substring_regex(column, pattern)).as_py():
            continue
        for kind in kinds:
            try:
                return column.cast(kind)
            except pa.ArrowInvalid:  # more decimals than microseconds hold, or no such day
                continue
    return column


def refuse_mixed_times(source: str, name: str, column: pa.ChunkedArray, aside: tuple[BadRow, ...] = ()) -> None:
    """Raise ValueFault if ``column`` (strings) holds only times, some with an offset and some without.

    ``aside`` are the rows that were kept aside before it, so that the rows of the message are those of the file.
    """
    import pyarrow.compute as pc
    from pyarrow import types

    if not types.is_dictionary(column.type) or column.num_chunks == 0:
        return
    values = column.chunk(0).dictionary
    if not _looks_like_time(values):
        return
    naive, aware = pc.match_substring_regex(values, NAIVE), pc.match_substring_regex(values, AWARE)
    if not pc.all(pc.or_(naive, aware)).as_py() or not pc.any(naive).as_py() or not pc.any(aware).as_py():
        return
    found = [(_rows_where(column, mask), words) for mask, words in ((aware, "has an offset"), (naive, "has none"))]
    details = [
        f"row {count(input_row(rows[0], aside))}: {column[rows[0]].as_py()} {words} ({count(len(rows))} such)"
        for rows, words in sorted(found)
    ]
    raise _mixed(source, name, details)


def refuse_mixed_moments(source: str, name: str, values: Iterable[Any]) -> None:
    """Raise ValueFault if ``values``, objects of Python, hold datetimes with a zone and datetimes without one."""
    first: dict[bool, str] = {}
    for row, value in enumerate(values, 1):
        if isinstance(value, datetime):
            aware = value.tzinfo is not None
            first.setdefault(aware, f"row {count(row)}: {value.isoformat()} has {'an offset' if aware else 'none'}")
            if len(first) == 2:
                raise _mixed(source, name, list(first.values()))
        elif value is not None and not first:
            return  # a column of something else


def _mixed(source: str, name: str, details: list[str]) -> ValueFault:
    return ValueFault(
        "mixed-times",
        f"column {name!r} of {source} mixes times with and without an offset",
        details=details,
        expected="times that all have an offset (2026-01-31T09:00:00Z), or none of which has one",
        where=f"{source}, column {name!r}",
        next="write every time with its offset; for naive times alone, --tz ZONE says which zone they are of",
    )


def input_row(index: int, aside: tuple[BadRow, ...]) -> int:
    """The 1-based row of the input that became usable row ``index`` (from 0), given the rows kept aside in order."""
    bad = sorted(row.row for row in aside)
    row = index + 1
    while (shifted := index + 1 + bisect_left(bad, row + 1)) != row:
        row = shifted
    return row


def _looks_like_time(values: pa.Array | pa.ChunkedArray) -> bool:
    first = next((value.as_py() for value in values if value.is_valid), None)
    return first is not None and bool(re.match(NAIVE, first) or re.match(AWARE, first))


def _rows_where(column: pa.ChunkedArray, mask: pa.BooleanArray) -> list[int]:
    import numpy as np
    import pyarrow.compute as pc

    hit = mask.to_numpy(zero_copy_only=False).astype(bool)
    codes = np.concatenate([pc.fill_null(chunk.indices, -1).to_numpy() for chunk in column.chunks])
    rows: list[int] = np.flatnonzero((codes >= 0) & hit[codes]).tolist()
    return rows
