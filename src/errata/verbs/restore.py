"""``errata restore``: a backup into a new folder or an empty database, verified."""

from __future__ import annotations

from pathlib import Path

from errata.store.backup import Contents, contents
from errata.store.catalog import Store
from errata.store.places import server_at
from errata.store.restoring import restore_backup


def restore(path: str | Path, to: str | Path, *, files: str | Path | None = None) -> tuple[Store, Contents]:
    """Make the catalog that a backup holds at ``to``, a folder or an address; its files in ``files`` as when opened.

    Raises FileError ``backup-damaged``, CatalogError when there is something already, Incompatible, StorageError; then
    nothing was restored.
    """
    store, manifest = restore_backup(Path(path), server_at(to, files) or Path(to))
    return store, contents(manifest)
