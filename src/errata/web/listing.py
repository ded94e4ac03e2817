"""A list of anything as a page: sorted, filtered and cut by its URL, so that a link is a view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from errata.core.errors import UsageError
from errata.core.names import nearest
from errata.nouns.page import Page

T = TypeVar("T")
PAGE = 50


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: ``value`` is what it is sorted by (None sorts last), ``facet`` what it is filtered by in the
    URL; a ``number`` sorts from the largest and stands right, unless ``left`` because more stands beside it."""

    key: str
    label: str
    value: Callable[[T], Any]
    number: bool = False
    facet: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a facet: how many rows have it, whether it is set, and the URL that sets or removes it."""

    key: str
    value: str
    rows: int
    on: bool
    href: str


@dataclass(frozen=True, slots=True)
class Head:
    """A column's heading: the URL that sorts by it, and how it is sorted now (``ascending``, ``descending``, '')."""

    key: str
    label: str
    number: bool
    href: str
    sorted: str
    left: bool = False


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """What a list page shows. ``total`` is before filters, ``found`` after, ``rows`` this page's."""

    heads: list[Head]
    rows: list[T]
    total: int
    found: int
    facets: list[Facet]
    query: str
    hidden: list[tuple[str, str]]
    before: str | None
    after: str | None
    first: int | None
    """None where a cursor leads to the page, which does not say how many rows stand before it."""


@dataclass(frozen=True, slots=True)
class Cursor(Generic[T]):
    """One page of something that is only paged: its ``rows``, how many there are, and the pages beside it."""

    rows: Sequence[T]
    found: int
    before: str | None
    after: str | None
    first: int


def paged(items: Sequence[T], asked: Mapping[str, str], path: str, size: int) -> Cursor[T]:
    """The page of ``items`` that ``from`` asks for. Raises UsageError for a cursor that is no number."""
    start = start_of(asked.get("from", ""), path)
    back = max(0, start - size)
    return Cursor(
        rows=items[start : start + size],
        found=len(items),
        before=(f"{path}?from={back}" if back else path) if start else None,
        after=f"{path}?from={start + size}" if start + size < len(items) else None,
        first=start + 1,
    )


def listing(
    items: Sequence[T],
    columns: Sequence[Column[T]],
    asked: Mapping[str, str],
    *,
    text: Callable[[T], str],
    path: str,
    by: str,
    size: int = PAGE,
) -> Listing[T]:
    """Sort, filter and cut ``items`` as the query ``asked`` says; ``by`` is the order when it says none.

    Raises UsageError for a column that cannot be sorted by or a cursor that is no number.
    """
    sort = asked.get("sort") or by
    known = {column.key: column for column in columns}
    key = sort.removeprefix("-")
    if key not in known:
        close = nearest(key, list(known)) or list(known)
        raise UsageError("bad-sort", f"this list cannot be sorted by {key!r}", expected=f"one of {', '.join(known)}",
                         next=f"{path}?sort={close[0]}")  # fmt: skip
    start = start_of(asked.get("from", ""), path)
    query = words_of(asked)
    chosen = {column.key: asked[column.key] for column in columns if column.facet and asked.get(column.key)}

    words = query.casefold().split()
    matching = [item for item in items if all(word in text(item).casefold() for word in words)]
    kept = [item for item in matching if all(str(known[k].value(item)) == v for k, v in chosen.items())]
    down = sort.startswith("-")
    some = [item for item in kept if known[key].value(item) is not None]
    none = [item for item in kept if known[key].value(item) is None]
    ordered = sorted(some, key=known[key].value, reverse=down) + none

    link = _links(query, asked, chosen, path)
    return Listing(
        heads=_heads(columns, key, down, link),
        rows=ordered[start : start + size],
        total=len(items),
        found=len(ordered),
        facets=_facets(_spread(columns, matching), chosen, link),
        query=query,
        hidden=_hidden(asked, chosen),
        before=link(**{"from": max(0, start - size) or None}) if start else None,
        after=link(**{"from": start + size}) if start + size < len(ordered) else None,
        first=start + 1,
    )


def counted(
    page: Page[T],
    counts: Mapping[str, Any],
    columns: Sequence[Column[T]],
    asked: Mapping[str, str],
    *,
    path: str,
    by: str,
) -> Listing[T]:
    """The same of a ``page`` that the catalog sorted, filtered and cut, with ``counts`` of all that lies behind it."""
    sort, query = asked.get("sort") or by, words_of(asked)
    chosen = {column.key: asked[column.key] for column in columns if column.facet and asked.get(column.key)}
    link = _links(query, asked, chosen, path)
    return Listing(
        heads=_heads(columns, sort.removeprefix("-"), sort.startswith("-"), link),
        rows=list(page),
        total=counts["total"],
        found=counts["found"],
        facets=_facets(counts["facets"], chosen, link),
        query=query,
        hidden=_hidden(asked, chosen),
        before=link() if asked.get("cursor") else None,
        after=link(cursor=page.cursor) if page.cursor else None,
        first=None if asked.get("cursor") else 1,
    )


def words_of(asked: Mapping[str, str]) -> str:
    """The words by which a list is filtered."""
    return asked.get("q", "").strip()[:200]


def _links(query: str, asked: Mapping[str, str], chosen: Mapping[str, str], path: str) -> Callable[..., str]:
    state = {**({"q": query} if query else {}), **({"sort": asked["sort"]} if asked.get("sort") else {}), **chosen}

    def link(**changes: str | int | None) -> str:
        values = {name: value for name, value in {**state, **changes}.items() if value is not None}
        return f"{path}?{urlencode(values)}" if values else path

    return link


def _hidden(asked: Mapping[str, str], chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    return [*([("sort", asked["sort"])] if asked.get("sort") else []), *chosen.items()]


def _heads(columns: Sequence[Column[T]], key: str, down: bool, link: Callable[..., str]) -> list[Head]:
    return [
        Head(
            column.key,
            column.label,
            column.number,
            link(sort=_next_sort(column, key, down)),
            ("descending" if down else "ascending") if column.key == key else "",
            column.left,
        )
        for column in columns
    ]


def _next_sort(column: Column[T], key: str, down: bool) -> str:
    if column.key == key:
        return column.key if down else f"-{column.key}"
    return f"-{column.key}" if column.number else column.key


def _spread(columns: Sequence[Column[T]], items: Sequence[T]) -> dict[str, list[tuple[str, int]]]:
    found = {}
    for column in columns:
        if column.facet:
            values = (column.value(item) for item in items)
            found[column.key] = Counter(str(value) for value in values if value is not None).most_common()
    return found


def _facets(
    spread: Mapping[str, Sequence[tuple[str, int]]], chosen: Mapping[str, str], link: Callable[..., str]
) -> list[Facet]:
    found = []
    for key, values in spread.items():
        if len(values) < 2 and key not in chosen:
            continue
        for value, rows in values[:12]:
            on = chosen.get(key) == value
            found.append(Facet(key, value, rows, on, link(**{key: None if on else value})))
    return found


def start_of(text: str, path: str) -> int:
    """Where a page of a list begins. Raises UsageError for a cursor that is no number."""
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise UsageError("bad-cursor", f"{text[:40]!r} is no place in a list", expected="from=N", next=path)
    return int(text)
