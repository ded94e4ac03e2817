"""What recurring patterns are counted from: which cases have which failure mode and model, from projections alone.

As in search, the database gives numbers as one text, and they are joined here: no body is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from errata.nouns.lifecycle import ENDED, OPEN
from errata.store import tables
from errata.store.catalog import Store
from errata.store.matching import numbers
from errata.store.search import seen

_SEARCH, _FACET, _VALUE, _RECORD = tables.search, tables.facet, tables.facet_value, tables.record
Column = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which cases have which value of one facet: ``cases[i]`` has ``texts[values[i]]``."""

    cases: Column
    values: Column
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """Every case that was neither withdrawn nor merged, in order, with its month (``2026 * 12 + 2`` is March 2026)."""

    cases: Column
    months: Column
    severities: Column
    open: NDArray[np.bool_]
    came_back: NDArray[np.bool_]


def counted(connection: sa.Connection, store: Store) -> Counted:
    """The cases that patterns are counted over; a ``severity`` of -1 was not rated."""
    mine = [_SEARCH.c.project == store.project.id, _SEARCH.c.kind == "case"]
    year = sa.cast(sa.func.substr(_SEARCH.c.date, 1, 4), sa.Integer)
    month = sa.cast(sa.func.substr(_SEARCH.c.date, 6, 2), sa.Integer)
    found, months, severities = _texts(
        connection, [_SEARCH.c.number, year * 12 + month - 1, sa.func.coalesce(_SEARCH.c.severity, -1)], mine
    )
    order = np.argsort(found)
    found, months, severities = found[order], months[order], severities[order]
    states = {}
    for name, some in (("ended", ENDED), ("open", OPEN)):
        where = [_RECORD.c.project == store.project.id, _RECORD.c.kind == "case", _RECORD.c.state.in_(some)]
        [states[name]] = _texts(connection, [_RECORD.c.number], where)
    back = pairs(connection, store, "came-back").cases
    kept = np.isin(found, seen(connection, store, "case")) & ~np.isin(found, states["ended"])
    found, months, severities = found[kept], months[kept], severities[kept]
    return Counted(found, months, severities, np.isin(found, states["open"]), np.isin(found, back))


def pairs(connection: sa.Connection, store: Store, name: str) -> Pairs:
    """The values that records have of one facet, such as ``model``."""
    query = sa.select(_VALUE.c.id, _VALUE.c.value).where(_VALUE.c.project == store.project.id, _VALUE.c.name == name)
    rows = connection.execute(query.order_by(_VALUE.c.id)).all()
    ids = np.array([row.id for row in rows], np.int64)
    of_name = sa.select(_VALUE.c.id).where(_VALUE.c.project == store.project.id, _VALUE.c.name == name)
    cases, values = _texts(connection, [_FACET.c.number, _FACET.c.value], [_FACET.c.value.in_(of_name)])
    return Pairs(cases, np.searchsorted(ids, values), tuple(row.value for row in rows))


def _texts(
    connection: sa.Connection, columns: Iterable[sa.ColumnElement[int]], where: Iterable[sa.ColumnElement[bool]]
) -> list[Column]:
    """Some whole numbers of every row, each column as one text, all in one order."""
    asked = [sa.func.aggregate_strings(sa.cast(column, sa.Text), ",") for column in columns]
    return [numbers(text) for text in connection.execute(sa.select(*asked).where(*where)).one()]
