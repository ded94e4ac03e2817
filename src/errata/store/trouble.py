"""What the disk and the database throw, as errors that say what to do next."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy.exc

from errata.core.errors import ErrataError, Locked, StorageError, UsageError
from errata.store.lock import foreign_holder

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def storage_errors(root: Path) -> Iterator[None]:
    """Turn failures of disk and database under ``root`` into StorageError and Locked."""
    try:
        yield
    except ErrataError:
        raise
    except sqlalchemy.exc.DBAPIError as exc:
        raise _database_error(exc, root) from exc
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


def _database_error(exc: sqlalchemy.exc.DBAPIError, root: Path) -> Exception:
    name = getattr(exc.orig, "sqlite_errorname", "") or ""
    found = str(exc.orig)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
        holder = foreign_holder(root)
        return Locked(
            "catalog-locked",
            f"the catalog is held by {holder or 'another program'}",
            expected="no other program with a lock on catalog.db",
            found=found,
            where=str(root / "catalog.db"),
            next="close the other program, or wait longer: ERRATA_LOCK_TIMEOUT=60",
        )
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _is_full(root)):
        return disk_full(root, found)
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN", "SQLITE_AUTH")):
        return unwritable(root, found)
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")):
        return StorageError(
            "catalog-corrupt",
            "the catalog's database cannot be read",
            expected="an intact SQLite database",
            found=found,
            where=str(root / "catalog.db"),
            next="errata doctor",
        )
    return exc


def _is_full(root: Path) -> bool:
    """SQLite tells a full disk by many names; whether a page can be written tells it by one."""
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
