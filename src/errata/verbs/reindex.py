"""``errata reindex``: what records are found by, made anew from what they say."""

from __future__ import annotations

from collections.abc import Callable

from errata.store import records
from errata.store.catalog import Store, Transaction


def reindex(store: Store, *, also: Callable[[Transaction, int], None] = lambda *_: None) -> int:
    """Make the facets and words of every record of the project anew; how many records there are.

    ``also`` is called last in the same transaction. Raises Locked when another writer does not finish in time.
    """
    with store.write("reindex") as transaction:
        total = records.reindex(transaction)
        transaction.event("catalog", before=None, after=None, reason="facets and words made anew")
        also(transaction, total)
    return total
