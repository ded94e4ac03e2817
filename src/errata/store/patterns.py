"""What recurring patterns are counted from: which cases have which failure mode and model, from projections alone.

As in search, the database gives numbers as one text, and they are joined here: no body is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from errata.nouns.query import Query
from errata.store import tables
from errata.store.catalog import Store
from errata.store.matching import columns, joined, read_numbers
from errata.store.remembered import Arrays, remembering, renewing
from errata.store.search import matching

_SEARCH, _FACET, _VALUE = tables.search, tables.facet, tables.facet_value
_COUNTED, _OPEN, _CAME_BACK = (Query.parse(text) for text in ("-state:withdrawn,merged", "state:open", "came-back:yes"))
Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counted:
    """Every case that was neither withdrawn nor merged, in order, with its month (``2026 * 12 + 2`` is March 2026).

    A ``severity`` of -1 was not rated.
    """

    cases: Column
    months: Column
    severities: Column
    open: NDArray[np.bool_]
    came_back: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which cases have which value of one facet: the case at ``places[i]`` has ``texts[values[i]]``."""

    places: Column
    values: Column
    texts: tuple[str, ...]


def counted(connection: sa.Connection, store: Store) -> Counted:
    """The cases that patterns are counted over."""
    cases = matching(connection, store, _COUNTED, "case")
    day = sa.func.replace(_SEARCH.c.date, "-", "")
    asked = [joined(_SEARCH.c.number), joined(day), joined(sa.func.coalesce(_SEARCH.c.severity, -1))]
    mine = (_SEARCH.c.project == store.project.id, _SEARCH.c.kind == "case")
    numbers, days, severities = columns(connection, store, sa.select(*asked).where(*mine), _SEARCH.c.number.in_)
    at = _places(numbers)[cases]
    years, months = np.divmod(days[at] // 100, 100)
    of_open, back = (_places(matching(connection, store, query, "case"), cases) >= 0 for query in (_OPEN, _CAME_BACK))
    return Counted(cases, years * 12 + months - 1, severities[at], of_open, back)


def pairs(connection: sa.Connection, store: Store, name: str, cases: Column) -> Pairs:
    """The values that these cases have of one facet, such as ``model``."""
    query = sa.select(_VALUE.c.id, _VALUE.c.value).where(_VALUE.c.project == store.project.id, _VALUE.c.name == name)
    texts = {row.id: row.value for row in connection.execute(query.order_by(_VALUE.c.id))}
    of_value = (
        sa.select(_FACET.c.value, joined(_FACET.c.number))
        .where(_FACET.c.value.in_(query.with_only_columns(_VALUE.c.id)))
        .group_by(_FACET.c.value)
    )

    def ask(some: Sequence[int] | None = None) -> Arrays:
        mine = () if some is None else (_FACET.c.project == store.project.id, _FACET.c.number.in_(some))
        rows = connection.execute(of_value.where(*mine)).all()
        found = [read_numbers(row[1]) for row in rows]
        values = np.repeat(np.array([row[0] for row in rows], np.int64), [len(one) for one in found])
        return np.concatenate([np.zeros(0, np.int64), *found]), values

    numbers, ids = remembering(connection, store.project.id, ("pairs", name), ask, renewing(ask))
    places = _places(cases, numbers)
    kept = places >= 0
    return Pairs(places[kept], _places(np.array(list(texts), np.int64), ids[kept]), tuple(texts.values()))


def _places(numbers: Column, asked: Column | None = None) -> Column:
    """Where each number stands among ``numbers``, -1 of one that does not; of all up to the largest, or those asked."""
    largest = max(int(numbers.max(initial=0)), 0 if asked is None else int(asked.max(initial=0)))
    places = np.full(largest + 1, -1, np.int64)
    places[numbers] = np.arange(len(numbers))
    return places if asked is None else places[asked]
