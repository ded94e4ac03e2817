"""The thumbnails of pictures that evidence keeps: made once, kept beside the files that they are made of."""

from __future__ import annotations

from errata.store.catalog import Store
from errata.verbs.finding import blob


def thumbnail(store: Store, digest: str) -> bytes:
    """A blob of the project made small; as it is where that serves. Raises NotFound, StorageError."""
    from errata.show.thumbnail import thumbnail as made_small

    with store.read() as connection:
        mine = store.media_type(connection, digest) is not None
    if mine and (kept := store.files.thumbnail(digest)):
        return kept
    data, _ = blob(store, digest)
    small = made_small(data)
    if small is None:
        return data
    store.files.keep_thumbnail(digest, small)
    return small
