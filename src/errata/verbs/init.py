"""``errata init``: make a catalog, or a further project in one."""

from __future__ import annotations

from pathlib import Path

from errata.store.catalog import Store
from errata.store.making import init_store


def init(path: str | Path = ".", project: str | None = None, key: str | None = None) -> tuple[Store, bool]:
    """A catalog at ``path/.errata``, and whether anything was made; an existing one is opened and left as it is.

    ``project`` defaults to the folder's name, ``key`` (what its records' keys begin with) to three letters of it.
    Raises UsageError for names that cannot be used, StorageError when the folder cannot be written.
    """
    return init_store(Path(path), project, key)
