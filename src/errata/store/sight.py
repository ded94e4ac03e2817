"""What a reader may see: one predicate on ``record``, in every query that reads records or what is said of them.

What is not seen is as if it were not there: no count, facet, text or error tells of it. Facts (runs, findings) are seen
by everybody; what they say of hidden records is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from errata.core.names import is_key
from errata.nouns.sensitivity import EVERYTHING, above
from errata.store import tables

if TYPE_CHECKING:
    from errata.store.catalog import Store

_RECORD = tables.record
_KEYS = re.compile(r"\b[A-Z][A-Z0-9]{0,9}-[1-9][0-9]{0,17}\b")
_AT_ONCE = 500
_Row = TypeVar("_Row", bound=Any)


def everything(store: Store) -> bool:
    """Whether nothing is hidden from the reader."""
    return store.clearance == EVERYTHING


def hidden(store: Store) -> sa.Select[Any]:
    """The numbers of the records that the reader may not see: the predicate that all others here are made of."""
    return sa.select(_RECORD.c.number).where(
        _RECORD.c.project == store.project.id, _RECORD.c.sensitivity.in_(above(store.clearance))
    )


def shown(store: Store, number: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether a column of numbers names a record that may be seen."""
    return sa.true() if everything(store) else number.not_in(hidden(store))


def hides(store: Store, *numbers: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether one of some columns of numbers names a hidden record."""
    return sa.or_(*(number.in_(hidden(store)) for number in numbers))


def shown_key(store: Store, subject: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Whether a column of keys and other names (``run:3``) names no hidden record."""
    return sa.true() if everything(store) else subject.not_in(hidden_keys(store))


def hidden_keys(store: Store) -> sa.Select[Any]:
    """The keys of the records that the reader may not see."""
    return keys_of(store, hidden(store))


def keys_of(store: Store, numbers: sa.Select[Any]) -> sa.Select[Any]:
    """The keys of records that a query has the numbers of."""
    mine = numbers.subquery()
    return sa.select(sa.literal(f"{store.project.prefix}-") + sa.cast(mine.c.number, sa.String))


def hidden_of(connection: sa.Connection, store: Store, numbers: Iterable[int | None]) -> set[int]:
    """Those of some numbers that are of hidden records."""
    wanted = [] if everything(store) else sorted({number for number in numbers if number is not None})
    found: set[int] = set()
    for first in range(0, len(wanted), _AT_ONCE):
        some = hidden(store).where(_RECORD.c.number.in_(wanted[first : first + _AT_ONCE]))
        found.update(connection.execute(some).scalars())
    return found


def hidden_named(connection: sa.Connection, store: Store, names: Iterable[str]) -> set[str]:
    """Those of some names that are keys of hidden records."""
    mine = f"{store.project.prefix}-"
    keys = {int(one.removeprefix(mine)): one for one in names if is_key(one) and one.startswith(mine)}
    return {keys[number] for number in hidden_of(connection, store, keys)}


def silent(connection: sa.Connection, store: Store, rows: Sequence[_Row]) -> list[_Row]:
    """The rows whose ``reason`` names no hidden record."""
    if everything(store):
        return list(rows)
    secret = hidden_said(connection, store, [row.reason for row in rows])
    return [row for row, keys in zip(rows, secret, strict=True) if not keys]


def hidden_said(connection: sa.Connection, store: Store, texts: Iterable[str]) -> list[set[str]]:
    """The keys of hidden records that each of these texts names."""
    named = [set() if everything(store) else set(_KEYS.findall(text)) for text in texts]
    secret = hidden_named(connection, store, set().union(*named))
    return [keys & secret for keys in named]
