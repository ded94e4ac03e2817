"""Files that somebody sent to be read by an operation or a job, by digest; kept a day, and part of nothing.

They are no part of the catalog: no row names them, no backup holds them. What is still coming lies among the temporary
files, so that a crash leaves nothing that ``errata doctor`` does not find.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from errata.core.errors import NotFound, StorageError, UsageError
from errata.core.units import size
from errata.store.files import Files, fsync_folder, temporary_name
from errata.store.trouble import storage_errors

FOLDER = "uploads"
KEPT = 86_400.0
"""Seconds for which an upload is there, if no job waits for it."""
SPARE = 64 * 1024 * 1024
"""Room that an upload leaves on the disk for the catalog itself."""
LOOK = 16 * 1024 * 1024
"""So many bytes come between two looks at the disk."""
_REFERENCE = re.compile(r"upload:([0-9a-f]{64})/([^/\x00-\x1f\x7f]{1,200})\Z")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent: the digest of its bytes, and what it was called."""

    digest: str
    name: str

    @property
    def ref(self) -> str:
        """``upload:DIGEST/preds.csv``."""
        return f"upload:{self.digest}/{self.name}"

    @staticmethod
    def parse(text: str) -> Upload:
        """Raises UsageError ``bad-upload``."""
        found = _REFERENCE.match(text)
        if found is None:
            raise UsageError(
                "bad-upload",
                f"{text[:80]!r} names no upload",
                expected="upload:DIGEST/NAME, as POST /api/uploads answers it",
            )
        return Upload(found[1], checked_name(found[2]))


def checked_name(name: str) -> str:
    """The name of a file that is sent. Raises UsageError ``bad-name``."""
    if name in (".", "..") or not _REFERENCE.match(f"upload:{'0' * 64}/{name}"):
        raise UsageError("bad-name", "this is no name of a file", expected="a name without folders", found=name[:200])
    return name


class Coming:
    """A file while it comes."""

    def __init__(self, files: Files, file: IO[bytes], path: Path, most: int) -> None:
        self.path = path
        self.bytes = 0
        self._files, self._file, self._most = files, file, most
        self._digest = hashlib.sha256()
        self._looked = 0

    @property
    def digest(self) -> str:
        """Of what has come."""
        return self._digest.hexdigest()

    def take(self, chunk: bytes) -> None:
        """Some more of it. Raises UsageError ``upload-too-large``, StorageError ``no-room``, ``disk-full``."""
        self.bytes += len(chunk)
        if self.bytes > self._most:
            raise _too_large(self._most, self.bytes)
        if self.bytes - self._looked >= LOOK:
            self._looked = self.bytes
            check_room(self._files, len(chunk))
        self._digest.update(chunk)
        with storage_errors(self._files.root):
            self._file.write(chunk)

    def close(self) -> None:
        """All of it has come, and is on the disk."""
        with storage_errors(self._files.root):
            self._file.flush()
            os.fsync(self._file.fileno())


@contextmanager
def coming(files: Files, most: int, announced: int | None = None) -> Iterator[Coming]:
    """A place for a file that comes, for the block; it is gone afterwards, unless it was ``keep``\\ t.

    Raises as ``Coming.take`` does, before a byte came where ``announced`` says how many there are.
    """
    if announced is not None and announced > most:
        raise _too_large(most, announced)
    check_room(files, announced or 0)
    folder = files.root / "tmp"
    path = folder / temporary_name()
    try:
        with storage_errors(files.root):
            folder.mkdir(exist_ok=True)
            file = path.open("xb")
        with file:
            yield Coming(files, file, path, most)
    finally:
        path.unlink(missing_ok=True)


def keep(files: Files, one: Coming, name: str) -> Upload:
    """Let it stay for a day. The same bytes again are the same upload, and stay for a day from now."""
    one.close()
    final = files.root / FOLDER / one.digest
    with storage_errors(files.root):
        final.parent.mkdir(exist_ok=True)
        one.path.replace(final)
        fsync_folder(final.parent)
    return Upload(one.digest, name)


def path_of(files: Files, upload: Upload) -> Path:
    """Where it lies. Raises NotFound ``no-such-upload``."""
    path = files.root / FOLDER / upload.digest
    if not path.is_file():
        raise NotFound(
            "no-such-upload",
            f"{upload.name} is not here any more",
            expected="a file that was sent within a day",
            found=upload.ref,
            next="send it again, then ask again",
        )
    return path


def prune(files: Files, wanted: Set[str], kept: float = KEPT) -> int:
    """Remove what came more than ``kept`` seconds ago and has none of the ``wanted`` digests; how many they were."""
    gone = 0
    for path in (files.root / FOLDER).glob("*"):
        with suppress(FileNotFoundError):
            if path.name not in wanted and time.time() - path.stat().st_mtime > kept:
                path.unlink()
                gone += 1
    return gone


def check_room(files: Files, wanted: int) -> None:
    """Raise StorageError ``no-room`` when the disk has not room for so many bytes, and for the catalog to go on."""
    free = shutil.disk_usage(files.root).free
    if free < wanted + SPARE:
        raise StorageError(
            "no-room",
            "the disk has no room for this upload; nothing of it was kept",
            expected=f"{size(wanted + SPARE)} free",
            found=f"{size(free)} free",
            next="make room where the catalog is, then send it again",
        )


def _too_large(most: int, found: int) -> UsageError:
    return UsageError(
        "upload-too-large",
        "this upload is larger than the server takes",
        expected=f"at most {size(most)}",
        found=f"{size(found)} or more",
        next="errata serve --most-upload GB, or send it in parts",
    )
