"""``errata init``: make a catalog, or a further project in one."""

from __future__ import annotations

from pathlib import Path

from errata.store.catalog import Store
from errata.store.making import init_store
from errata.store.places import server_at


def init(
    path: str | Path = ".", project: str | None = None, key: str | None = None, *, files: str | Path | None = None
) -> tuple[Store, bool]:
    """A catalog at ``path/.errata`` or in the database of an address, and whether anything was made.

    An existing one is opened and left as it is. ``project`` defaults to the name of the folder or database, ``key``
    (what its records' keys begin with) to three letters of it. Raises UsageError for names that cannot be used,
    StorageError when the folder or database cannot be written.
    """
    return init_store(server_at(path, files) or Path(path), project, key)
