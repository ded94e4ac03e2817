"""What the disk throws, as errors that say what to do next."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from errata.core.errors import ErrataError, StorageError, UsageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def storage_errors(root: Path) -> Iterator[None]:
    """Turn failures of the disk under ``root`` into StorageError."""
    try:
        yield
    except ErrataError:
        raise
    except UnicodeEncodeError as exc:
        raise UsageError(
            "not-unicode", "this text is not Unicode, so it cannot be kept", found=ascii(exc.object)[:80]
        ) from exc
    except OSError as exc:
        if exc.errno in _FULL:
            raise disk_full(root, str(exc)) from exc
        if exc.errno in _UNWRITABLE:
            raise unwritable(root, str(exc)) from exc
        raise


def disk_full(root: Path, found: str) -> StorageError:
    """The disk, the quota or the largest file size is used up; nothing was kept."""
    return StorageError(
        "disk-full",
        "the disk is full; the catalog is as it was before",
        expected="room for the catalog to grow",
        found=found,
        where=str(root),
        next=f"df -h {root}",
    )


def unwritable(root: Path, found: str) -> StorageError:
    """The catalog may not be written by this user."""
    return StorageError(
        "catalog-unwritable", "the catalog cannot be written", found=found, where=str(root), next=f"ls -ld {root}"
    )


def is_full(root: Path) -> bool:
    """Whether nothing more can be written. SQLite tells a full disk by many names; a page that is written, by one."""
    probe = root / f".room-{os.getpid()}"
    try:
        with probe.open("xb") as handle:
            handle.write(bytes(65_536))
            os.fsync(handle.fileno())
    except OSError as exc:
        return exc.errno in _FULL
    finally:
        probe.unlink(missing_ok=True)
    return False
