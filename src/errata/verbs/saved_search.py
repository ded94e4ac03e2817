"""``errata search save``: a query under a name."""

from __future__ import annotations

from errata.core.errors import Conflict, NotFound
from errata.core.names import is_key, nearest
from errata.nouns.record import Record
from errata.nouns.saved_search import ACTIVE, KIND
from errata.store import records
from errata.store.catalog import Store


def save_search(store: Store, name: str, query: str) -> Record:
    """Keep a query under a name; the same again is the one that is there.

    Raises GrammarError for what is no query, ValueFault without a name or query, Conflict ``search-taken``.
    """
    body = KIND.make({"title": name.strip(), "query": query})
    with store.write("search save") as transaction:
        for known in records.records(transaction.connection, store, KIND.name, states=[ACTIVE]):
            if known.title.casefold() == body.title.casefold():
                if known.body == body:
                    return known
                raise Conflict(
                    "search-taken",
                    f"{known.key} is called {known.title!r} and asks for another query",
                    expected="a new name",
                    found=known.query,
                    next=f"errata search run {known.key}",
                )
        return records.create(transaction, KIND, body, reason="saved")


def saved_search(store: Store, name: str) -> Record:
    """The saved search of a key or a name, whatever its case. Raises NotFound ``no-such-search``."""
    with store.read() as connection:
        if is_key(name.upper()):
            return records.get(connection, store, name.upper(), KIND.name)
        known = records.records(connection, store, KIND.name, states=[ACTIVE])
    for one in known:
        if one.title.casefold() == name.strip().casefold():
            return one
    close = nearest(name, [one.title for one in known], 1)
    raise NotFound(
        "no-such-search",
        f"there is no saved search {name!r}",
        expected="a key or a name",
        next=f"errata search run '{close[0]}'" if close else "errata search list",
    )
