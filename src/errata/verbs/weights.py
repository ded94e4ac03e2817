"""``errata analyze --weight COLUMN``: how much each row counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from errata.analysis.weights import effective_rows, over_largest
from errata.core.columns import floats, is_number
from errata.core.errors import ValueFault
from errata.core.units import count, plural
from errata.nouns.slice import type_words
from errata.tasks.columns import check_column
from errata.verbs.within import SomeRows

if TYPE_CHECKING:
    from errata.nouns.source import Source


def weighed(source: Source, name: str) -> tuple[Source, tuple[str, ...]]:
    """The rows that weigh anything, and what to say of the weights.

    Raises ColumnError for a column that is not there, ValueFault ``bad-weight`` for what is no weight: text, a missing,
    negative or infinite number, zeros alone.
    """
    check_column(source, name, "weight")
    weights = weights_of(source, name)
    nothing = weights == 0
    notes: list[str] = []
    if nothing.any():
        source, weights = SomeRows(source, ~nothing), weights[~nothing]
        notes.append(f"{plural(int(nothing.sum()), 'row')} of weight 0 left out")
    if is_constant(weights):
        notes.append(f"every row has the same {name}: the figures are those without weights")
        return source, tuple(notes)
    notes.append(
        f"rates are weighted by {name}, counts are of rows: {count(len(weights))} rows say as much as "
        f"{count(round(effective_rows(weights)))} that count alike; excess errors are in rows of mean weight"
    )
    return source, tuple(notes)


def weights_of(source: Source, name: str) -> NDArray[np.float64]:
    """The weight of each row over the largest, float64 in [0, 1]. Raises ValueFault ``bad-weight``."""
    column = source.column(name)
    if not is_number(column.type):
        raise _bad(source, name, f"the weight {name!r} is not a number", found=type_words(column.type))
    weights = floats(column)
    wrong = np.flatnonzero(~(weights >= 0) | ~np.isfinite(weights))
    if len(wrong):
        first = weights[wrong[0]]
        kinds = f"{plural(len(wrong), 'weight')} of {count(len(weights))} missing, negative or infinite"
        where = f"{source.name}, column {name}, first in row {count(wrong[0] + 1)}"
        raise _bad(source, name, kinds, found="nothing" if np.isnan(first) else str(first), where=where)
    if not weights.any():
        raise _bad(source, name, f"every weight of {name!r} is 0, so no row counts", found="0")
    return over_largest(weights)


def is_constant(weights: NDArray[np.float64]) -> bool:
    """Whether all rows count alike."""
    return bool((weights == weights[0]).all())


def _bad(source: Source, name: str, message: str, *, found: str, where: str = "") -> ValueFault:
    return ValueFault(
        "bad-weight",
        message,
        where=where or f"{source.name}, column {name}",
        expected="finite numbers of at least 0, one a row, not all of them 0",
        found=found,
        next="--weight COLUMN with a column of weights; --within takes some of the rows",
    )
