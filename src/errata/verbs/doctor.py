"""``errata doctor``: verify the catalog, and remove what a crash left behind."""

from __future__ import annotations

from collections.abc import Callable

from errata.store.catalog import Store, Transaction
from errata.store.soundness import Diagnosis, examine


def doctor(
    store: Store, *, remove: bool = True, also: Callable[[Transaction, Diagnosis], None] = lambda *_: None
) -> Diagnosis:
    """What is wrong with the catalog, and which files belong to nothing; with ``remove`` these are removed.

    ``also`` is called last in the same transaction.
    Raises Locked when another writer does not finish in time.
    """
    return examine(store, remove=remove, also=also)
