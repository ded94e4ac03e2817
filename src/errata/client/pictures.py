"""Pictures of samples that were looked at lately, by digest.

Those of evidence are blobs of the catalog; those of other samples stand only in their run's part, so the client keeps
the last ones at hand for whoever asks for them next, such as a page that draws them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

MOST_BYTES = 64_000_000


class Pictures:
    """At most ``MOST_BYTES`` of pictures, those used last; safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def keep(self, pictures: Mapping[str, bytes]) -> None:
        """Keep these, and let go of those that were not used for longest."""
        with self._lock:
            for digest, data in pictures.items():
                if digest in self._kept:
                    self._kept.move_to_end(digest)
                    continue
                self._kept[digest] = data
                self._bytes += len(data)
            while self._bytes > MOST_BYTES and self._kept:
                self._bytes -= len(self._kept.popitem(last=False)[1])

    def small(self, digest: str, whole: bytes) -> bytes:
        """The thumbnail of a picture, made once while it is kept; the ``whole`` picture where that serves."""
        from errata.show.thumbnail import thumbnail

        name = f"{digest} small"
        kept = self.get(name)
        if kept is None:
            kept = thumbnail(whole) or whole
            self.keep({name: kept})
        return kept

    def get(self, digest: str) -> bytes | None:
        """The bytes of this digest; None when they are not at hand."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
            return self._kept.get(digest)
