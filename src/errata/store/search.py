"""Finding records: which there are, how they are spread over the facets, and one page of them in order.

The database gives the numbers of the records for each word and field as one text, and sets are joined here: over a
hundred thousand records that is several times quicker than a join of the database's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from errata.core.units import count
from errata.nouns.query import Query, Term
from errata.nouns.query_fields import DAY, EXACT, FIELDS, NUMBER, SLICE, conditions, days, holds
from errata.nouns.record import kind_named
from errata.nouns.search import Facet
from errata.store import paging, sight, tables
from errata.store.catalog import Store
from errata.store.matching import Numbers, holding, joined, numbers, ranked, read_numbers
from errata.store.projections import SAME_FOR_ALL, facet_text, first_id
from errata.store.remembered import Arrays, remembering

RANKED = 10_000
"""Of more records that hold the words, none is ranked: that would cost more than finding them."""
TOP = 20
_FEW = 2_000
_SEARCH, _FACET, _VALUE = tables.search, tables.facet, tables.facet_value
_SORTS = {"changed": "changed_at", "created": "created_at", "date": "date", "severity": "severity", "excess": "excess"}
_DAYS = {"since": "date", "until": "date", "date": "date", "created": "created_at", "changed": "changed_at"}
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of one page in order, how many hits there are, their facets, and how to go on."""

    numbers: tuple[int, ...]
    total: int
    sort: str
    unranked: str
    facets: tuple[Facet, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page ends: the order, and the sort value and number of its last record, or (by rank) how many came."""

    sort: str
    value: Any = None
    number: int = 0


def find(
    connection: sa.Connection, store: Store, query: Query, kind: str, *, limit: int, cursor: str | None, facets: bool
) -> Found:
    """What a query finds among the records of a kind. Raises UsageError ``bad-cursor``."""
    place = None if cursor is None else _read_cursor(store, cursor, query, kind)
    hits, holds_words = _hits(connection, store, query, kind)
    total = int(hits.sum())
    sort = place.sort if place else query.sort or ("rank" if query.words else "changed")
    unranked = ""
    if sort in ("rank", "-rank") and not (query.words and holds_words <= RANKED):
        why = f"{count(holds_words)} records hold these words, more than {count(RANKED)}"
        unranked = why if query.words else "there is no word to rank by"
        sort = "changed"
    if sort in ("rank", "-rank"):
        found, place = _by_rank(connection, store, query, hits, sort, place, limit)
    else:
        found, place = _in_order(connection, store, kind, hits, total, sort, place, limit)
    return Found(
        numbers=tuple(found),
        total=total,
        sort=sort,
        unranked=unranked,
        facets=_facets(connection, store, kind, hits, total) if facets else (),
        cursor=None if place is None else _write_cursor(store, place, query, kind),
    )


def matching(connection: sa.Connection, store: Store, query: Query, kind: str) -> Numbers:
    """The numbers of all the records of a kind that a query finds, lowest first."""
    return np.flatnonzero(_hits(connection, store, query, kind)[0])


def seen(connection: sa.Connection, store: Store, kind: str) -> Numbers:
    """The numbers of the records of a kind that may be seen: the one place where what may not be is left out."""
    where = [_SEARCH.c.project == store.project.id, _SEARCH.c.kind == kind]
    there = numbers(connection, store, sa.select(joined(_SEARCH.c.number)).where(*where), _SEARCH.c.number.in_)
    return visible(connection, store, there)


def visible(connection: sa.Connection, store: Store, found: Numbers) -> Numbers:
    """Those of some numbers that are not of hidden records: as a set of its own that is quicker than in the query.

    What is remembered is the same for every reader; this is read anew for each.
    """
    if sight.everything(store) or not len(found):
        return found
    of_hidden = sight.hidden(store).subquery()
    secret = read_numbers(connection.execute(sa.select(joined(of_hidden.c.number))).scalar())
    return found[~_mask(secret, int(found.max()) + 1)[found]]


def _hits(connection: sa.Connection, store: Store, query: Query, kind: str) -> tuple[Mask, int]:
    """Which numbers are hits, and how many records hold the words."""
    there = seen(connection, store, kind)
    hits = np.zeros(int(there.max(initial=0)) + 1, np.bool_)
    hits[there] = True
    holds_words = 0
    if query.words:
        found = holding(connection, store, query.asked, query.asked_without)
        holds_words = len(visible(connection, store, found))
        hits &= _mask(found, len(hits))
    else:
        for group in query.asked_without:
            hits &= ~_mask(holding(connection, store, group), len(hits))
    for term in query.terms:
        if not hits.any():
            break
        having = _mask(_having(connection, store, term, kind), len(hits))
        hits &= ~having if term.negated else having
    return hits, holds_words


def _mask(found: Numbers, size: int) -> Mask:
    mask = np.zeros(size, np.bool_)
    mask[found[found < size]] = True
    return mask


def _having(connection: sa.Connection, store: Store, term: Term, kind: str) -> Numbers:
    """The numbers of the records that a term, not negated, holds for."""
    if FIELDS[term.field].compares == DAY:
        where = [_SEARCH.c.project == store.project.id, _SEARCH.c.kind == kind, sa.or_(*_periods(term))]
        return numbers(connection, store, sa.select(joined(_SEARCH.c.number)).where(*where), _SEARCH.c.number.in_)
    values = _values(connection, store, term)
    if not values:
        return np.zeros(0, np.int64)

    def among(some: Sequence[int]) -> sa.ColumnElement[bool]:
        return sa.and_(_FACET.c.project == store.project.id, _FACET.c.number.in_(some))

    # A value of its own is read in the order of its index, which many at once are not.
    parts = (values[at : at + 500] for at in range(0, len(values), 500))
    queries = (sa.select(joined(_FACET.c.number)).where(_FACET.c.value.in_(part)) for part in parts)
    return np.concatenate([numbers(connection, store, query, among) for query in queries])


def _periods(term: Term) -> Iterable[sa.ColumnElement[bool]]:
    column = _SEARCH.c[_DAYS[term.field]]
    for value in term.values:
        first, after = days(term.field, term.sign, value)
        bounds = [column >= _moment(column, first)] if first else []
        bounds += [column < _moment(column, after)] if after else []
        yield sa.and_(*bounds)


def _moment(column: sa.Column[Any], day: str) -> Any:
    return day if column.name == "date" else datetime.fromisoformat(f"{day}T00:00:00+00:00")


def _values(connection: sa.Connection, store: Store, term: Term) -> list[int]:
    """The numbers of the facet values that a term holds for."""
    field = FIELDS[term.field]
    of_field = sa.and_(_VALUE.c.project == store.project.id, _VALUE.c.name == term.field)
    exact = field.compares in (EXACT, NUMBER) and term.sign == ":" and not any("*" in one for one in term.values)
    query = sa.select(_VALUE.c.id, _VALUE.c.value).where(of_field)
    if exact:
        query = query.where(_VALUE.c.value.in_([facet_text(value) for value in term.values]))
    elif field.compares == SLICE and not any("*" in one for one in term.values):
        some = [_VALUE.c.value.contains(conditions(value)[0], autoescape=True) for value in term.values]
        query = query.where(sa.or_(*some))
    # A long value was cut, so it is known by what it was cut to.
    asked = {facet_text(value) for value in term.values} if term.sign == ":" else set()
    return [
        row.id
        for row in connection.execute(query)
        if row.value in asked or any(holds(field, term.sign, value, row.value) for value in term.values)
    ]


def _by_rank(
    connection: sa.Connection, store: Store, query: Query, hits: Mask, sort: str, place: _Place | None, limit: int
) -> tuple[list[int], _Place | None]:
    order = ranked(connection, store, query.asked, query.asked_without)
    order = order[order < len(hits)]
    order = order[hits[order]]
    order = order[::-1] if sort.startswith("-") else order
    start = place.number if place else 0
    end = start + limit
    return order[start:end].tolist(), _Place(sort, None, end) if end < len(order) else None


def _in_order(
    connection: sa.Connection, store: Store, kind: str, hits: Mask, total: int, sort: str, place: _Place | None,
    limit: int,
) -> tuple[list[int], _Place | None]:  # fmt: skip
    name, turned = sort.removeprefix("-"), sort.startswith("-")
    if name == "key":
        order = np.flatnonzero(hits)
        order = order[::-1] if turned else order
        if place is not None:
            order = order[order < place.number] if turned else order[order > place.number]
        found = order[:limit].tolist()
        return found, _Place(sort, None, found[-1]) if len(order) > limit else None
    column, number = _SEARCH.c[_SORTS[name]], _SEARCH.c.number
    pages = _page(store, kind, column, turned, place)
    if total <= _FEW:
        pages = pages.where(number.in_(sa.text(",".join(map(str, np.flatnonzero(hits).tolist())) or "NULL")))
    order, step, skipped = np.zeros(0, np.int64), max(1_000, 4 * limit), 0
    while len(order) <= limit:
        some = pages.limit(step).offset(skipped).subquery()
        found = numbers(connection, store, sa.select(joined(some.c.number)))
        order = np.concatenate([order, found[_mask_of(found, hits)]])
        if len(found) < step:
            break
        skipped, step = skipped + step, 4 * step
    page = order[:limit].tolist()
    if len(order) <= limit:
        return page, None
    of_last = sa.select(column).where(_SEARCH.c.project == store.project.id, number == page[-1])
    return page, _Place(sort, connection.execute(of_last).scalar(), page[-1])


def _mask_of(found: Numbers, hits: Mask) -> Mask:
    return hits[np.minimum(found, len(hits) - 1)] & (found < len(hits))


def _page(store: Store, kind: str, column: sa.Column[Any], turned: bool, place: _Place | None) -> sa.Select[Any]:
    """Records after a place by one column: the largest first and unknown ones last, or ``turned`` the other way."""
    number = _SEARCH.c.number
    query = sa.select(number, column.label("value")).where(
        _SEARCH.c.project == store.project.id, _SEARCH.c.kind == kind
    )
    if place is not None:
        query = query.where(_after(column, turned, place))
    # SQLite takes an unknown value for the smallest by itself, and reads the index only when it is not told so.
    if turned:
        first = column.asc().nulls_first() if column.nullable else column.asc()
        return query.order_by(first, number.asc())
    first = column.desc().nulls_last() if column.nullable else column.desc()
    return query.order_by(first, number.desc())


def _after(column: sa.Column[Any], turned: bool, place: _Place) -> sa.ColumnElement[bool]:
    number = _SEARCH.c.number
    beyond = number > place.number if turned else number < place.number
    if place.value is None:
        same = sa.and_(column.is_(None), beyond)
        return sa.or_(same, column.is_not(None)) if turned else same
    value = datetime.fromisoformat(place.value) if isinstance(column.type, tables.Moment) else place.value
    further = sa.or_(column > value if turned else column < value, sa.and_(column == value, beyond))
    if column.nullable:
        return further if turned else sa.or_(further, column.is_(None))
    return sa.and_(column >= value if turned else column <= value, further)


def _facets(connection: sa.Connection, store: Store, kind: str, hits: Mask, total: int) -> tuple[Facet, ...]:
    """How many hits have each value of each counted facet: every value of all of them, counted at once."""
    counts = _counts(connection, store, hits, total)
    # Those of the kind in its own order, then those that its labels have, by vocabulary.
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in (*SAME_FOR_ALL, *kind_named(kind).counted)}
    wanted = np.flatnonzero(counts).tolist()
    for at in range(0, len(wanted), 500):
        query = sa.select(_VALUE.c.id, _VALUE.c.name, _VALUE.c.value).where(_VALUE.c.id.in_(wanted[at : at + 500]))
        for row in connection.execute(query.order_by(_VALUE.c.name)):
            if not (row.name == "record" and row.value == kind):
                found.setdefault(row.name, []).append((row.value, int(counts[row.id])))
    ordered = {name: sorted(values, key=lambda one: (-one[1], one[0])) for name, values in found.items()}
    return tuple(
        Facet(name, tuple(values[:TOP]), max(0, len(values) - TOP)) for name, values in ordered.items() if values
    )


def _counts(connection: sa.Connection, store: Store, hits: Mask, total: int) -> NDArray[np.int64]:
    if total <= _FEW:
        few = ",".join(map(str, np.flatnonzero(hits).tolist())) or "NULL"
        where = [_SEARCH.c.project == store.project.id, _SEARCH.c.number.in_(sa.text(few))]
        text = connection.execute(sa.select(_text(_SEARCH.c.counted, "")).where(*where)).scalar()
        return np.bincount(_codes(text or ""), minlength=1)
    rows, lengths, codes = _counted(connection, store)
    return np.bincount(codes[np.repeat(_mask_of(rows, hits), lengths)], minlength=1)


def _counted(connection: sa.Connection, store: Store) -> Arrays:
    """Every record's number, how many counted values it has, and the values of all of them in one long array."""

    def ask(among: sa.ColumnElement[bool] | None = None) -> Arrays:
        # With a space between two rows, in the order of the table and by no index, which would jump about in it.
        here = _SEARCH.c.id.between(first_id(store.project.id), first_id(store.project.id + 1))
        query = sa.select(_text(_SEARCH.c.counted, " "), joined(_SEARCH.c.number)).where(here)
        said, rows = connection.execute(query if among is None else query.where(among)).one()
        spaces = np.flatnonzero(np.frombuffer((said or "").encode(), np.uint8) == ord(" "))
        lengths = np.diff(np.concatenate([[-1], spaces, [len(said or "")]])) // 8
        return read_numbers(rows), lengths, _codes(said or "")

    def renew(then: Arrays, changed: Numbers) -> Arrays:
        if not len(changed):
            return then
        kept = ~np.isin(then[0], changed)
        old = (then[0][kept], then[1][kept], then[2][np.repeat(kept, then[1])])
        today = ask(_SEARCH.c.id.in_((changed + first_id(store.project.id)).tolist()))
        return tuple(np.concatenate(both) for both in zip(old, today, strict=True))

    return remembering(connection, store.project.id, "counted", ask, renew)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(bytes.fromhex(text), ">u4").astype(np.uint32)


def _text(column: sa.ColumnElement[Any], separator: str) -> sa.ColumnElement[Any]:
    return sa.func.aggregate_strings(column, separator)


def _write_cursor(store: Store, place: _Place, query: Query, kind: str) -> str:
    return paging.written(store, [place.sort, place.value, place.number], {"query": query.text, "kind": kind})


def _read_cursor(store: Store, cursor: str, query: Query, kind: str) -> _Place:
    return _Place(*paging.read(store, cursor, {"query": query.text, "kind": kind}, _is_place))


def _is_place(values: list[Any]) -> bool:
    """Raises ValueError for three values that are none."""
    sort, value, number = values
    if isinstance(value, str) and _SORTS.get(sort.removeprefix("-"), "").endswith("_at"):
        datetime.fromisoformat(value)
    known = sort.removeprefix("-") in (*_SORTS, "key", "rank") and type(number) is int and 0 <= number < 2**53
    return known and isinstance(value, str | int | float | None)
