"""``errata backup``: a consistent snapshot of the whole catalog in one file."""

from __future__ import annotations

from pathlib import Path

from errata.store.backup import Contents, write_backup
from errata.store.catalog import Store


def backup(store: Store, path: str | Path) -> Contents:
    """Write every project's rows, parts and blobs to ``path``; others may write to the catalog meanwhile.

    Raises UsageError when there is such a file, StorageError when a part or blob is gone or altered, or the disk full.
    """
    return write_backup(store, Path(path))
