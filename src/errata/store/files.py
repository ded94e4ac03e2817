"""The catalog's files: sealed parts and blobs, named by the digest of their bytes.

A file is written under a temporary name, flushed, and renamed inside the transaction that names it. A crash leaves at
most a file that no row names; ``errata doctor`` finds it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from errata.core.errors import StorageError
from errata.store.faults import instant
from errata.store.trouble import storage_errors

if TYPE_CHECKING:
    import pyarrow as pa

OWNER = "owner"
"""The file that says of which database a folder is."""
BEGUN = "begun"
"""The file in a folder that is being filled: by whom, and for which database."""
Shelf = Literal["parts", "blobs"]
SHELVES: tuple[Shelf, ...] = ("parts", "blobs")


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is written and flushed, but not yet part of the catalog."""

    path: Path
    digest: str
    bytes: int


class Files:
    """The files under one catalog folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self) -> None:
        """Make the folders."""
        for name in (*SHELVES, "tmp"):
            (self.root / name).mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Throw all of them away."""
        for name in (*SHELVES, "tmp"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        for name in (OWNER, BEGUN):
            (self.root / name).unlink(missing_ok=True)

    def empty(self) -> bool:
        """Whether there is nothing yet."""
        return not self.root.exists() or not any(self.root.iterdir())

    def owner(self) -> str | None:
        """The identity of the database that these are the files of, where they are a database's."""
        try:
            return (self.root / OWNER).read_text("utf-8").strip()
        except FileNotFoundError:
            return None

    def own(self, identity: str) -> None:
        """Write down the identity of the database that these are the files of."""
        staged = self.stage(f"{identity}\n".encode())
        staged.path.replace(self.root / OWNER)
        fsync_folder(self.root)

    def path(self, shelf: Shelf, digest: str) -> Path:
        """Where the file of this digest stands; parts are named as the Parquet that they are."""
        return self.root / shelf / digest[:2] / (f"{digest}.parquet" if shelf == "parts" else digest)

    def read(self, digest: str) -> bytes:
        """The bytes of a blob, verified against its digest. Raises StorageError when it is gone or altered."""
        path = self.path("blobs", digest)
        try:
            data = path.read_bytes()
        except OSError as exc:
            raise StorageError(
                "blob-missing", f"blob {digest[:12]} cannot be read", found=str(exc), next="errata doctor"
            ) from exc
        if hashlib.sha256(data).hexdigest() != digest:
            raise StorageError(
                "blob-altered", f"blob {digest[:12]} is not what was stored", where=str(path), next="errata doctor"
            )
        return data

    def thumbnail(self, digest: str) -> bytes | None:
        """The thumbnail of the picture of this digest; None while it has none."""
        try:
            return self._small(digest).read_bytes() or None
        except OSError:
            return None

    def keep_thumbnail(self, digest: str, data: bytes) -> None:
        """Keep a thumbnail, where there is room for it: it can always be made again."""
        path, begun = self._small(digest), self.root / "tmp" / temporary_name()
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            begun.write_bytes(data)
            begun.replace(path)

    def _small(self, digest: str) -> Path:
        return self.root / "thumbnails" / digest[:2] / digest

    def part(self, digest: str) -> Path:
        """The path of a sealed part. Raises StorageError when it is gone."""
        path = self.path("parts", digest)
        if not path.is_file():
            raise StorageError(
                "part-missing", f"part {digest[:12]} is gone from the catalog", where=str(path), next="errata doctor"
            )
        return path

    def opened(self, shelf: Shelf, digest: str) -> IO[bytes]:
        """A part or blob to be read, not verified. Raises StorageError when it is gone."""
        try:
            return self.path(shelf, digest).open("rb")
        except FileNotFoundError as exc:
            kind = shelf.removesuffix("s")
            raise StorageError(
                f"{kind}-missing", f"{kind} {digest[:12]} is gone from the catalog", next="errata doctor"
            ) from exc

    def keep(self, shelf: Shelf, digest: str, source: IO[bytes]) -> str:
        """Put a file on a shelf if it has this digest; the digest that it has."""

        def copy(path: Path) -> None:
            with path.open("xb") as out:
                shutil.copyfileobj(source, out, 1 << 20)

        staged = self._stage(copy)
        if staged.digest == digest:
            self.place(shelf, [staged])
        else:
            self.discard([staged])
        return staged.digest

    def stage(self, data: bytes) -> Staged:
        """Write ``data`` under a temporary name and flush it."""
        return self._stage(lambda path: _write(path, data))

    def stage_table(self, table: pa.Table, groups: Sequence[int] | None = None) -> Staged:
        """Write ``table`` as Parquet (zstd) under a temporary name and flush it; ``groups`` are rows a row group."""
        return self._stage(lambda path: _write_table(path, table, groups))

    def _stage(self, write: Callable[[Path], None]) -> Staged:
        folder = self.root / "tmp"
        path = folder / temporary_name()
        try:
            with storage_errors(self.root):
                folder.mkdir(exist_ok=True)
                instant("before-stage")
                write(path)
                digest = hashlib.sha256()
                with path.open("rb+") as handle:
                    while chunk := handle.read(1 << 20):
                        digest.update(chunk)
                    os.fsync(handle.fileno())
                instant("staged")
                return Staged(path, digest.hexdigest(), path.stat().st_size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def place(self, shelf: Shelf, staged: Iterable[Staged]) -> list[Path]:
        """Rename staged files to their names; returns those that were not there yet."""
        fresh, folders = [], set()
        for one in staged:
            final = self.path(shelf, one.digest)
            final.parent.mkdir(parents=True, exist_ok=True)
            # Flushed even where the file stands: who renamed it may have died before that.
            folders |= {final.parent, final.parent.parent}
            if final.exists():
                one.path.unlink(missing_ok=True)
                continue
            instant("before-rename")
            one.path.replace(final)
            fresh.append(final)
        for folder in folders:
            fsync_folder(folder)
        instant("renamed")
        return fresh

    def discard(self, staged: Iterable[Staged]) -> None:
        """Throw staged files away."""
        for one in staged:
            one.path.unlink(missing_ok=True)

    def remove(self, paths: Iterable[Path]) -> None:
        """Throw files away that no row names, and catalogs that were never done."""
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def standing(self, shelf: Shelf) -> dict[str, Path]:
        """Digest → path of every file on a shelf."""
        return {path.stem: path for path in (self.root / shelf).glob("*/*") if path.is_file()}

    def abandoned(self) -> list[Path]:
        """Temporary files whose process is gone."""
        begun = [*sorted((self.root / "tmp").glob("*")), *sorted((self.root / "counts").glob("*/**/.*"))]
        return [path for path in begun if _abandoned(path)]


@contextmanager
def new_folder(root: Path) -> Iterator[Path]:
    """A folder for the block to fill, which then becomes ``root``; when the block fails, there is none."""
    part = root.with_name(f"{root.name}.{temporary_name()}.part")
    with storage_errors(root.parent):
        try:
            Files(part).make()
            yield part
            fsync_folder(part)
            if root.is_dir() and not any(root.iterdir()):
                root.rmdir()
            part.rename(root)
            fsync_folder(root.parent)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def temporary_name() -> str:
    """A name for a file that is being written, which says by which process of which machine."""
    return f"{os.getpid()}-{uuid.uuid4().hex}-{socket.gethostname()}"


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_table(path: Path, table: pa.Table, groups: Sequence[int] | None) -> None:
    import pyarrow.parquet as pq

    if groups is None:
        pq.write_table(table, path, compression="zstd", compression_level=1)
        return
    with pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1) as writer:
        start = 0
        for rows in groups:
            writer.write_table(table.slice(start, rows), row_group_size=max(rows, 1))
            start += rows


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as handle:
        handle.write(data)


def _abandoned(path: Path) -> bool:
    return gone(path.name.lstrip("."), path)


def gone(named: str, path: Path) -> bool:
    """Whether who is ``named`` as temporary files are, and wrote ``path``, is gone."""
    pid, _, rest = named.partition("-")
    host = rest.partition("-")[2]
    if host in ("", socket.gethostname()):
        return not _alive(pid)
    # Another machine's processes are not to be seen from here; what it has not written to for a day, it has left.
    with suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime > 86_400
    return False


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
