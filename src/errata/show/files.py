"""Writing a report to a file: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from errata.core.errors import FileError, StorageError


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8 under a temporary name beside ``path``, flush, rename.

    Raises FileError when the folder is missing or refuses, StorageError when the disk is full.
    """
    target = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise _refused(target, error) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise _refused(target, error) from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _refused(target: Path, error: OSError) -> FileError | StorageError:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(
            "disk-full",
            f"{target} cannot be written: the disk is full",
            where=str(target.parent),
            next="free some space, then run the same line again",
        )
    return FileError(
        "cannot-write",
        f"{target} cannot be written",
        expected="a folder that exists and may be written to",
        found=error.strerror or str(error),
        where=str(target.parent),
        next=f"mkdir -p {target.parent}" if not target.parent.exists() else "",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
