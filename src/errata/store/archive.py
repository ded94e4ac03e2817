"""A backup as a file: a tar of every row as JSON lines, every part and blob, and a manifest of their digests.

Rows are ordered by their keys and written alike by either database, so that either takes them in again. What is made of
rows, facets and words, is left away and made anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from errata.core.canonical import canonical_json, digest_of
from errata.core.clock import stamp
from errata.core.errors import ErrataError, FileError
from errata.store import tables
from errata.store.files import SHELVES, Shelf

SCHEMA = "errata.backup/1"
MANIFEST = "manifest.json"
_MADE_ANEW = ("catalog", "facet_value", "facet", "search")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_AT_ONCE = 1000


def kept() -> list[sa.Table]:
    """The tables that a backup holds, each after those that it refers to."""
    return [table for table in tables.metadata.sorted_tables if table.name not in _MADE_ANEW]


def lines(connection: sa.Connection, table: sa.Table, bytewise: str) -> Iterator[bytes]:
    """Every row of a table as a line of JSON, in the order of its key."""
    keys = [sa.collate(key, bytewise) if isinstance(key.type, sa.String) else key for key in table.primary_key]
    for row in connection.execute(sa.select(table).order_by(*keys), execution_options={"yield_per": _AT_ONCE}):
        values = {name: _plain(value) for name, value in row._mapping.items()}
        yield json.dumps(values, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass") + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


class Digesting:
    """A file that knows the digest of what was read of it so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        for line in self._file:
            self._digest.update(line)
            yield line

    @property
    def digest(self) -> str:
        """SHA-256 of what was read."""
        return self._digest.hexdigest()


def put(tar: tarfile.TarFile, name: str, file: IO[bytes], size: int) -> str:
    """Write a file into a backup; its digest."""
    head = tarfile.TarInfo(name)
    head.size = size
    read = Digesting(file)
    tar.addfile(head, read)
    return read.digest


def put_manifest(tar: tarfile.TarFile, manifest: Mapping[str, Any]) -> None:
    """Write what says what all else is, last."""
    data = canonical_json({"manifest": manifest, "sha256": digest_of(manifest)}).encode()
    put(tar, MANIFEST, io.BytesIO(data), len(data))


def member(shelf: Shelf, digest: str) -> str:
    """The name of a part or blob in a backup."""
    return f"{shelf}/{digest}"


class Archive:
    """A backup that is read. Whatever is not as its manifest says is a FileError ``backup-damaged``."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self.path = path
        self._tar = tar
        self._members = {one.name: one for one in tar.getmembers()}
        text = json.loads(self._open(MANIFEST).read())
        self.manifest: dict[str, Any] = text["manifest"]
        if digest_of(self.manifest) != text["sha256"]:
            raise damaged(path, "its manifest is not what was written")
        named = [one for shelf in SHELVES for one in self.manifest["files"][shelf]]
        if self.manifest["schema"] != SCHEMA or not all(_DIGEST.match(one) for one in named):
            raise damaged(path, "its manifest is none")

    def _open(self, name: str) -> IO[bytes]:
        file = self._tar.extractfile(self._members[name]) if name in self._members else None
        if file is None:
            raise damaged(self.path, f"{name} is not in it")
        return file

    def verify_rows(self) -> None:
        """Raise FileError unless every table is what was written."""
        for said in self.manifest["tables"]:
            read = Digesting(self._open(f"rows/{said['name']}.jsonl"))
            while read.read(1 << 20):
                pass
            if read.digest != said["sha256"]:
                raise damaged(self.path, f"the rows of {said['name']} are not what was written")

    def rows(self, name: str) -> Iterator[list[dict[str, Any]]]:
        """The rows of a table, some at a time."""
        some: list[dict[str, Any]] = []
        for line in self._open(f"rows/{name}.jsonl"):
            some.append(json.loads(line.decode("utf-8", "surrogatepass")))
            if len(some) == _AT_ONCE:
                yield some
                some = []
        if some:
            yield some

    def file(self, shelf: Shelf, digest: str) -> IO[bytes]:
        """A part or blob, not yet verified."""
        return self._open(member(shelf, digest))


@contextmanager
def opened_archive(path: Path) -> Iterator[Archive]:
    """A backup to read from in the block. Raises FileError ``file-missing``, ``backup-damaged``."""
    if not path.is_file():
        raise FileError("file-missing", f"there is no file {path}", next="errata backup FILE.tar makes one")
    try:
        with tarfile.open(path, "r:") as tar:
            yield Archive(path, tar)
    except ErrataError:
        raise
    except (tarfile.TarError, EOFError, KeyError, TypeError, ValueError, OverflowError) as exc:
        raise damaged(path, f"{type(exc).__name__}: {exc}") from exc


def damaged(path: Path, found: str) -> FileError:
    """A backup that is not what was written; nothing of it is kept."""
    return FileError(
        "backup-damaged",
        f"{path.name} is no whole backup; nothing was restored",
        expected="a file as `errata backup` wrote it",
        found=found,
        where=str(path),
        next="restore an older backup",
    )
