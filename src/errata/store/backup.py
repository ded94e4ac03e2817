"""Writing a backup: one consistent snapshot of all projects, whole under its name or not there."""

from __future__ import annotations

import os
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from errata import __version__
from errata.core.clock import now, stamp
from errata.core.errors import StorageError, UsageError
from errata.store import archive, tables
from errata.store.catalog import VERSION, Store
from errata.store.faults import instant
from errata.store.files import SHELVES, fsync_folder, temporary_name
from errata.store.trouble import storage_errors


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: its projects by name, rows by table, files by shelf."""

    projects: tuple[str, ...]
    rows: dict[str, int]
    files: dict[str, int]
    made_at: str

    def to_json(self) -> dict[str, Any]:
        """Plain values of the schema ``errata.contents/1``."""
        return {
            "schema": "errata.contents/1",
            "projects": list(self.projects),
            "rows": self.rows,
            "files": self.files,
            "made_at": self.made_at,
        }


def contents(manifest: dict[str, Any]) -> Contents:
    """What a manifest says that its backup holds."""
    rows = {said["name"]: said["rows"] for said in manifest["tables"]}
    files: dict[str, int] = {shelf: len(manifest["files"][shelf]) for shelf in SHELVES}
    return Contents(tuple(manifest["projects"]), rows, files, manifest["made_at"])


def write_backup(store: Store, target: Path) -> Contents:
    """Write a backup of the whole catalog to ``target``, every file verified on the way.

    Raises UsageError when there is such a file, StorageError when a part or blob is gone or altered, or the disk full.
    """
    target = target.expanduser().absolute()
    if target.exists():
        raise UsageError(
            "backup-exists", f"there is a file {target} already", next="name another file, or move it away"
        )
    part = target.with_name(f".{target.name}-{temporary_name()}")
    with storage_errors(target.parent):
        try:
            with part.open("xb") as handle:
                with tarfile.open(fileobj=handle, mode="w") as tar:
                    manifest = _write(store, tar, target.parent)
                handle.flush()
                os.fsync(handle.fileno())
            instant("backup-written")
            part.rename(target)
            fsync_folder(target.parent)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    return contents(manifest)


def _write(store: Store, tar: tarfile.TarFile, folder: Path) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []  # each table after those that it refers to
    with store.read() as connection:
        at = now()
        for table in archive.kept():
            with tempfile.TemporaryFile(dir=folder) as file:  # a tar says how long a file is before the file
                many = 0
                for line in archive.lines(connection, table, store.home.bytewise):
                    file.write(line)
                    many += 1
                size = file.tell()
                file.seek(0)
                digest = archive.put(tar, f"rows/{table.name}.jsonl", file, size)
                rows.append({"name": table.name, "rows": many, "sha256": digest})
        named = {
            shelf: sorted(set(connection.execute(sa.select(table.c.digest)).scalars()))
            for shelf, table in zip(SHELVES, (tables.part, tables.blob), strict=True)
        }
        projects = connection.execute(sa.select(tables.project.c.name).order_by(tables.project.c.id)).scalars().all()
    instant("rows-written")
    for shelf in SHELVES:
        for digest in named[shelf]:
            with store.files.opened(shelf, digest) as file:
                size = os.fstat(file.fileno()).st_size
                found = archive.put(tar, archive.member(shelf, digest), file, size)
            if found != digest:
                raise StorageError(
                    f"{shelf.removesuffix('s')}-altered",
                    f"{shelf}/{digest[:12]} is not what was stored; no backup was made",
                    next="errata doctor",
                )
        instant("files-written")
    manifest = {
        "schema": archive.SCHEMA,
        "catalog": VERSION,
        "errata": __version__,
        "made_at": stamp(at),
        "made_by": store.actor,
        "projects": list(projects),
        "tables": rows,
        "files": named,
    }
    archive.put_manifest(tar, manifest)
    return manifest
