"""The words of a query, asked of the database: the same words, the same set of hits from each kind of it; only how they
are ranked differs. And sets of numbers, which it gives as one text: that is read far quicker than as many rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from errata.core.words import coded
from errata.store.catalog import Store
from errata.store.projections import first_id
from errata.store.remembered import Arrays, remembering, renewing

Numbers = NDArray[np.int64]
Groups = Sequence[Sequence[str]]
Among = Callable[[Sequence[int]], sa.ColumnElement[bool]]


def holding(connection: sa.Connection, store: Store, words: Sequence[str], without: Groups = ()) -> Numbers:
    """The numbers of the records that hold all of ``words``, and none of the groups ``without`` whole."""
    row, found = _found(store, _asked(store, words, without))
    first = first_id(store.project.id)
    query = found.with_only_columns(joined(row - first))
    return numbers(connection, store, query, lambda some: row.in_([first + number for number in some]))


def how_many(connection: sa.Connection, store: Store, word: str, most: int) -> int:
    """How many records hold a word; ``most`` when there are more."""
    _, found = _found(store, _asked(store, [word]))
    query = sa.select(sa.func.count()).select_from(found.with_only_columns(sa.literal(1)).limit(most).subquery())
    return int(connection.execute(query).scalar_one())


def ranked(connection: sa.Connection, store: Store, words: Sequence[str], without: Groups = ()) -> Numbers:
    """The same numbers, best first: a word in the title weighs four times one of the text."""
    asked = _asked(store, words, without)
    row, found = _found(store, asked)
    first = first_id(store.project.id)
    query = found.with_only_columns(row - first).order_by(store.home.words.best(asked), row.desc())

    def ask() -> Arrays:
        return (np.array(connection.execute(query).scalars().all(), np.int64),)

    return remembering(connection, store.project.id, _question(connection, query), ask)[0]


def numbers(connection: sa.Connection, store: Store, query: sa.Select[Any], among: Among | None = None) -> Numbers:
    """The numbers of records that a query joined. ``among`` keeps it to some of them, where each is asked for alone."""
    return columns(connection, store, query, among)[0]


def columns(
    connection: sa.Connection, store: Store, query: sa.Select[Any], among: Among | None = None
) -> tuple[Numbers, ...]:
    """The numbers of each column that a query joined, all in one order; the first is that of the record."""

    def ask(some: Sequence[int] | None = None) -> Arrays:
        asked = query if some is None or among is None else query.where(among(some))
        return tuple(read_numbers(text) for text in connection.execute(asked).one())

    renew = renewing(ask) if among else None
    return remembering(connection, store.project.id, _question(connection, query), ask, renew)


def joined(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column of numbers as one text."""
    return sa.func.aggregate_strings(sa.cast(column, sa.Text), ",")


def read_numbers(text: str | None) -> Numbers:
    """Numbers that the database joined."""
    return np.fromstring(text, np.int64, sep=",") if text else np.zeros(0, np.int64)


def _question(connection: sa.Connection, query: sa.Select[Any]) -> tuple[str, str]:
    compiled = query.compile(dialect=connection.dialect)
    return compiled.string, repr(compiled.params)


def _asked(store: Store, words: Sequence[str], without: Groups = ()) -> str:
    return store.home.words.asked(list(map(coded, words)), [list(map(coded, group)) for group in without])


def _found(store: Store, asked: str) -> tuple[sa.ColumnElement[int], sa.Select[Any]]:
    """The id of a row of words, and a query for those of the project that are what is asked for."""
    of = store.home.words
    first, last = first_id(store.project.id), first_id(store.project.id + 1)
    row: sa.ColumnElement[int] = sa.literal_column(of.id, sa.BigInteger)
    query = sa.select(row).select_from(sa.table("search_text"))
    return row, query.where(of.matches(asked), row > first, row < last)
