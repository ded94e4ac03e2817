"""``errata case search``: records by words and fields."""

from __future__ import annotations

from errata.nouns.page import USUAL, Page
from errata.nouns.query import Query
from errata.nouns.record import Record
from errata.nouns.search import Hits
from errata.store import records
from errata.store.catalog import Store
from errata.store.paging import page_size
from errata.store.search import find
from errata.verbs.record import list_records


def search(
    store: Store, query: str | Query, kind: str, *, limit: int = 20, cursor: str | None = None, facets: bool = True
) -> Hits:
    """The records of a kind that a query finds, a page of them, with how all of them are spread over the facets.

    Raises GrammarError for what is no query, UsageError ``bad-cursor`` and ``bad-limit``.
    """
    asked = query if isinstance(query, Query) else Query.parse(query)
    page_size(limit)
    with store.read() as connection:
        found = find(connection, store, asked, kind, limit=limit, cursor=cursor, facets=facets)
        heads = records.of_kind(connection, store, found.numbers, kind)
    return Hits(
        query=asked.text,
        records=tuple(heads),
        total=found.total,
        sort=found.sort,
        unranked=found.unranked,
        facets=found.facets,
        cursor=found.cursor,
    )


def listed(
    store: Store,
    kind: str,
    state: str | None = None,
    case: str | None = None,
    *,
    q: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    facets: bool = True,
) -> Page[Record] | Hits:
    """The records of a kind, oldest first, of one state or about one case; with ``q`` a page of what it finds.

    Raises UsageError, and for a query what ``search`` raises.
    """
    if q is None:
        return list_records(store, kind, state, case, limit=limit, cursor=cursor)
    return search(store, q, kind, limit=USUAL if limit is None else limit, cursor=cursor, facets=facets)
