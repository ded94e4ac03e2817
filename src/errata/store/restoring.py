"""Restoring a backup into a new folder or an empty database: all of it, verified, or nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from errata.core.clock import now
from errata.core.errors import CatalogError, Incompatible
from errata.store import records, tables
from errata.store.archive import Archive, damaged, opened_archive
from errata.store.catalog import OLDER, VERSION, Store, Transaction, open_home, stores
from errata.store.faults import instant
from errata.store.files import SHELVES, new_folder
from errata.store.home import Home
from errata.store.inserting import insert_all
from errata.store.making import opened, root_of
from errata.store.migrating import upgrade
from errata.store.places import Server, acting
from errata.store.sqlite import Folder


def restore_backup(file: Path, place: Path | Server, actor: str | None = None) -> tuple[Store, dict[str, Any]]:
    """Restore ``file`` at ``place/.errata`` or in an empty database; the catalog and the manifest of the backup.

    Raises FileError ``backup-damaged``, CatalogError when the place is not empty, Incompatible for a newer backup.
    """
    actor = actor or acting()
    with opened_archive(file.expanduser()) as archive:
        _check_schema(archive)
        archive.verify_rows()
        first = archive.manifest["projects"][0]
        if isinstance(place, Server):
            from errata.store.postgresql import Database

            with opened(Database(place)) as database:
                with database.writing(actor, "restore") as connection:
                    database.check_empty(connection)
                    _fill(connection, database, archive, actor)
                    instant("before-restored")
                return open_home(database, first, actor), archive.manifest
        root = root_of(place)
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise CatalogError(
                "not-empty",
                f"there is something at {root} already",
                expected="a new folder, or an empty database",
                next="--to another place",
            )
        with new_folder(root) as part, opened(Folder(part)) as folder:
            folder.create()
            with folder.writing(actor, "restore") as connection:
                _fill(connection, folder, archive, actor)
            folder.flush()
            instant("before-restored")
        return open_home(Folder(root), first, actor), archive.manifest


def _check_schema(archive: Archive) -> None:
    schema = archive.manifest["catalog"]
    if schema not in (VERSION, *OLDER):
        raise Incompatible(
            "newer-catalog",
            "the backup was written by a newer Errata",
            expected=f"schema {VERSION}",
            found=f"schema {schema}",
            where=str(archive.path),
            next="pip install --upgrade errata",
        )


def _fill(connection: sa.Connection, home: Home, archive: Archive, actor: str) -> None:
    """Make the schema that the backup is of, put its rows in, and bring them up to ours; then its files."""
    upgrade(connection, archive.manifest["catalog"])
    inspector = sa.inspect(connection)
    for said in archive.manifest["tables"]:
        name = said["name"]
        table = sa.table(name, *(sa.column(one["name"], _kind(one["type"])) for one in inspector.get_columns(name)))
        many = 0
        for some in archive.rows(name):
            insert_all(home, connection, table, [_row(table, row) for row in some])
            many += len(some)
        if many != said["rows"]:
            raise damaged(archive.path, f"{name} has {many} rows instead of {said['rows']}")
    home.renumber(connection)
    upgrade(connection)
    with home.claiming(connection) as files:
        for store in stores(connection, home, actor):
            records.reindex(Transaction(connection, store, "restore", now(), actor))
        for shelf in SHELVES:
            for digest in archive.manifest["files"][shelf]:
                if files.keep(shelf, digest, archive.file(shelf, digest)) != digest:
                    raise damaged(archive.path, f"{shelf}/{digest} is not what was written")


def _kind(found: Any) -> Any:
    """The type by which values are bound, of one that the database says of a column."""
    if isinstance(found, sa.DateTime):
        return tables.Moment()
    return tables.JSON if isinstance(found, sa.JSON) else found


def _row(table: sa.TableClause, row: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for name, value in row.items():
        kind = table.c[name].type
        if value is not None and isinstance(kind, tables.Moment):
            value = datetime.fromisoformat(value)
        elif isinstance(value, str) and isinstance(kind, sa.Float):
            value = float(value)  # inf, which JSON has no number for
        values[name] = value
    return values
