"""One page of any list, and the cursor of the next.

A cursor holds where the last row of its page stands, by what the list is sorted by: so what is written meanwhile
neither repeats a row nor hides one. It is bound to the list and to what was asked of it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from errata.core.canonical import digest_of
from errata.core.errors import UsageError
from errata.nouns.page import MOST, Page
from errata.store.tables import Moment

if TYPE_CHECKING:
    from errata.store.catalog import Store

T = TypeVar("T")
By = Sequence[tuple[sa.ColumnElement[Any], bool]]
"""What a list is sorted by: columns that together name one row, each with whether the largest stands first.

What is unknown stands last, either way.
"""
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page is asked for: at most how many rows (None is all), and after which."""

    limit: int | None = None
    cursor: str | None = None

    def __post_init__(self) -> None:
        """Raises UsageError ``bad-limit``."""
        if self.limit is not None:
            page_size(self.limit)


ALL = Asked()


def page_size(limit: int) -> int:
    """A limit that a page can have. Raises UsageError ``bad-limit``."""
    if not 1 <= limit <= MOST:
        raise UsageError("bad-limit", f"a page has no {limit} rows", expected=f"1 to {MOST}", next="--limit 20")
    return limit


def paged(
    connection: sa.Connection,
    store: Store,
    query: sa.Select[Any],
    by: By,
    made: Callable[[Sequence[Any]], Sequence[T]],
    place: Callable[[T], Sequence[Any]],
    asked: Asked,
    of: Mapping[str, Any],
) -> Page[T]:
    """The page of a query. ``made`` makes rows into what is listed and leaves out what the actor may not see;
    ``place`` is what each is sorted by, and ``of`` what the list is and what was asked of it.

    Raises UsageError ``bad-cursor``.
    """
    query = query.order_by(*(one for column, down in by for one in _order(column, down)))
    if asked.cursor is not None:
        query = query.where(_after(by, _place_of(store, asked.cursor, by, of)))
    if asked.limit is None:
        every = connection.execute(query).partitions(_AT_ONCE)
        return Page(one for rows in every for one in made(rows))
    found: list[T] = []
    some, step = query, asked.limit + 1
    while True:
        rows = connection.execute(some.limit(step)).all()
        found += made(rows)
        if len(found) > asked.limit:
            page = found[: asked.limit]
            return Page(page, written(store, place(page[-1]), of))
        if len(rows) < step:
            return Page(found)
        last = rows[-1]._mapping
        some = query.where(_after(by, [last[_name(column)] for column, _ in by]))
        step = min(2 * step, _AT_ONCE)


def cut(
    store: Store, found: Sequence[T], place: Callable[[T], Sequence[Any]], asked: Asked, of: Mapping[str, Any]
) -> Page[T]:
    """The page of a list that is short enough to be read whole, and sorted by ``place``.

    Raises UsageError ``bad-cursor``.
    """
    if asked.cursor is not None:
        after = read(store, asked.cursor, of, lambda values: True)
        try:
            found = [one for one in found if list(place(one)) > after]
        except TypeError as exc:
            raise _no_cursor() from exc
    if asked.limit is None or len(found) <= asked.limit:
        return Page(found)
    page = found[: asked.limit]
    return Page(page, written(store, place(page[-1]), of))


def written(store: Store, place: Sequence[Any], of: Mapping[str, Any]) -> str:
    """The cursor of a place in a list."""
    text = json.dumps([_mark(store, of), *place], separators=(",", ":"), default=datetime.isoformat)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(store: Store, cursor: str, of: Mapping[str, Any], sound: Callable[[list[Any]], bool]) -> list[Any]:
    """The place that a cursor holds. Raises UsageError ``bad-cursor`` unless it is ``sound`` and of this list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values: Any = json.loads(base64.b64decode(padded, b"-_", validate=True)) if len(cursor) <= 5_000 else None
        there = isinstance(values, list) and bool(values) and isinstance(values[0], str) and sound(values[1:])
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError, binascii.Error):
        values, there = None, False
    if not there:
        raise _no_cursor()
    if values[0] != _mark(store, of):
        raise _no_cursor(another=True)
    return list(values[1:])


def _no_cursor(*, another: bool = False) -> UsageError:
    return UsageError(
        "bad-cursor",
        "this cursor belongs to another list" if another else "this cursor is not one of ours, or it was cut",
        expected="the cursor of a page, with what was asked for it",
        next="the same without a cursor",
    )


def _mark(store: Store, of: Mapping[str, Any]) -> str:
    return digest_of({"project": store.project.name, **of})[:16]


def _place_of(store: Store, cursor: str, by: By, of: Mapping[str, Any]) -> list[Any]:
    columns = [column for column, _ in by]

    def sound(values: list[Any]) -> bool:
        return len(values) == len(columns) and all(map(_fits, columns, values))

    values = read(store, cursor, of, sound)
    return [
        datetime.fromisoformat(value) if isinstance(column.type, Moment) and value is not None else value
        for column, value in zip(columns, values, strict=True)
    ]


def _fits(column: sa.ColumnElement[Any], value: Any) -> bool:
    """Whether a value can be compared with a column. Raises ValueError and OverflowError for no time."""
    if value is None:
        return _unknown(column)
    if isinstance(column.type, Moment):
        return isinstance(value, str) and datetime.fromisoformat(value).astimezone(UTC).tzinfo is not None
    if isinstance(column.type, sa.Integer):
        return type(value) is int and -(2**63) <= value < 2**63
    if isinstance(column.type, sa.Float):
        return type(value) in (int, float) and math.isfinite(value)
    return isinstance(value, str) and "\0" not in value


def _name(column: sa.ColumnElement[Any]) -> str:
    return str(getattr(column, "name"))  # noqa: B009 - a label has one as a column has


def _unknown(column: sa.ColumnElement[Any]) -> bool:
    """Whether a row may have no value there: what is computed may."""
    return not isinstance(column, sa.Column) or bool(column.nullable)


def _order(column: sa.ColumnElement[Any], down: bool) -> list[sa.ColumnElement[Any]]:
    ordered = column.desc() if down else column.asc()
    return [column.is_(None), ordered] if _unknown(column) else [ordered]


def _after(by: By, place: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Whether a row stands after a place: it differs first in some column, and there it is beyond."""
    ways: list[sa.ColumnElement[bool]] = []
    same: list[sa.ColumnElement[bool]] = []
    for (column, down), value in zip(by, place, strict=True):
        if value is None:
            same.append(column.is_(None))
            continue
        beyond = column < value if down else column > value
        ways.append(sa.and_(*same, sa.or_(beyond, column.is_(None)) if _unknown(column) else beyond))
        same.append(column == value)
    if len(ways) == 1 or _unknown(by[0][0]):
        return sa.or_(*ways)
    # The first column's bound by itself is what an index is read by.
    first, down = by[0]
    return sa.and_(first <= place[0] if down else first >= place[0], sa.or_(*ways))
