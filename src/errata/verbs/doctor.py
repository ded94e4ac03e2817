"""``errata doctor``: verify the catalog, and remove what a crash left behind."""

from __future__ import annotations

from errata.store.catalog import Store
from errata.store.soundness import Diagnosis, examine


def doctor(store: Store, *, remove: bool = True) -> Diagnosis:
    """What is wrong with the catalog, and which files belong to nothing; with ``remove`` these are removed.

    Raises Locked when another writer does not finish in time.
    """
    return examine(store, remove=remove)
