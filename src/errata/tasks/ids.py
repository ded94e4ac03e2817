"""Ids: one row, one id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from errata.core.columns import dictionary
from errata.core.errors import ValueFault
from errata.core.units import count, plural

if TYPE_CHECKING:
    from errata.nouns.source import Source


def refuse_repeated(source: Source, name: str) -> None:
    """Raise ValueFault if a value of the id column stands in two rows, or in none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = source.column(name)
    missing = column.is_null(nan_is_null=True)
    if total := pc.sum(missing).as_py():
        row = pc.index(missing, True).as_py() + 1
        raise ValueFault(
            "null-id",
            f"{plural(total, 'row')} without an id",
            where=f"{source.name}, column {name}, first in row {count(row)}",
            expected="an id in every row",
            next=f"--exclude {name} to do without ids",
        )
    if pa.types.is_integer(column.type):
        values = column.to_numpy()
        if len(values) and int(values.max()) - int(values.min()) < 4 * len(values):
            # Ids that are nearly a running number are counted in place, without sorting. Narrow types wrap around.
            wide = values if values.dtype.itemsize == 8 else values.astype(np.int64)
            if int(np.bincount((wide - wide.min()).astype(np.int64)).max()) == 1:
                return
        elif len(np.unique(values)) == len(values):
            return
    elif not pa.types.is_dictionary(column.type) and pc.count_distinct(column).as_py() == len(column):
        return
    distinct, index = dictionary(column)
    times = np.bincount(index, minlength=len(distinct))
    repeated = np.flatnonzero(times > 1)
    if not len(repeated):
        return
    first = min(repeated, key=lambda number: int(np.argmax(index == number))) if len(repeated) < 50 else repeated[0]
    rows = np.flatnonzero(index == first)[:5] + 1
    if pa.types.is_floating(column.type) and abs(distinct[first]) >= 2**53:
        raise ValueFault(
            "repeated-id",
            f"{name!r} holds floats, and beyond 2⁵³ these cannot tell whole numbers apart",
            where=f"{source.name}, column {name}",
            expected="ids as whole numbers or as text",
            found=f"{distinct[first]:.0f} in rows {', '.join(count(row) for row in rows)}",
            next="write the ids as integers or as text where the file is made",
        )
    raise ValueFault(
        "repeated-id",
        f"{plural(len(repeated), 'id')} {'stands' if len(repeated) == 1 else 'stand'} in more than one row",
        where=f"{source.name}, column {name}",
        expected="one row for each id",
        found=f"{distinct[first]!r} in rows {', '.join(count(row) for row in rows)}",
        next=f"drop the copies; or, if rows of one {name} belong together, --group {name}",
    )
