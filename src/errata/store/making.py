"""Making a catalog, or a further project in one."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from errata.core.clock import now
from errata.core.errors import UsageError
from errata.store import tables
from errata.store.catalog import Project, Store, Transaction, connect, ensure_actor, open_store, projects_of
from errata.store.faults import instant
from errata.store.files import fsync_folder
from errata.store.places import DATABASE, FOLDER, acting, key_prefix, project_name
from errata.store.trouble import storage_errors


def init_store(
    path: Path, project: str | None = None, key: str | None = None, actor: str | None = None
) -> tuple[Store, bool]:
    """Make a catalog at ``path/.errata``, or a further project in the one that is there.

    Returns the store and whether anything was made; without ``project`` an existing catalog is only opened. A crash
    leaves no half catalog: it is made under another name and renamed.
    """
    folder = path.expanduser().resolve()
    if folder.name == FOLDER:
        folder = folder.parent
    root = folder / FOLDER
    actor = actor or acting()
    if (root / DATABASE).is_file():
        return _init_project(root, folder, project, key, actor)
    name = project_name(project, folder)
    prefix = key_prefix(key, name, set())
    part = folder / f"{FOLDER}-{os.getpid()}.part"
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            for sub in ("parts", "blobs", "tmp"):
                (part / sub).mkdir(parents=True)
            _create(part, name, prefix, actor)
            instant("before-init-rename")
            if root.is_dir() and not any(root.iterdir()):
                root.rmdir()
            part.rename(root)
            fsync_folder(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    return open_store(root, name, actor), True


def _init_project(root: Path, folder: Path, project: str | None, key: str | None, actor: str) -> tuple[Store, bool]:
    engine = connect(root)
    try:
        known = {one.name: one for one in projects_of(engine, root)}
    finally:
        engine.dispose()
    if project is None:
        if key is not None:
            raise UsageError(
                "no-project", "a further project needs a name", next="errata init --project NAME --key KEY"
            )
        return open_store(root, next(iter(known)), actor), False
    if project in known:
        if key not in (None, known[project].prefix):
            raise UsageError("key-differs", f"project {project} has the key {known[project].prefix}")
        return open_store(root, project, actor), False
    name = project_name(project, folder)
    prefix = key_prefix(key, name, {one.prefix for one in known.values()})
    with open_store(root, next(iter(known)), actor).write("init") as transaction:
        ident = _add_project(transaction.connection, name, prefix, transaction.at)
        transaction.store.project = Project(ident, name, prefix)
        transaction.event(f"project:{name}", before=None, after=None, reason="a further project")
    return open_store(root, name, actor), True


def _create(part: Path, name: str, prefix: str, actor: str) -> None:
    from errata.store.migrating import upgrade

    engine = connect(part)
    try:
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode = WAL")  # cannot be set inside a transaction; the file keeps it
        raw.close()
        with engine.connect().execution_options(errata_write=True) as connection, connection.begin():
            upgrade(connection)
            at = now()
            ensure_actor(connection, actor, at)
            ident = _add_project(connection, name, prefix, at)
            store = Store(part, engine, Project(ident, name, prefix), actor)
            Transaction(connection, store, "init", at, actor).event(f"project:{name}", before=None, after=None)
    finally:
        engine.dispose()
    with (part / DATABASE).open("rb+") as handle:
        os.fsync(handle.fileno())
    fsync_folder(part)


def _add_project(connection: sa.Connection, name: str, prefix: str, at: datetime) -> int:
    values = {"name": name, "prefix": prefix, "at": at}
    result = connection.execute(sa.insert(tables.project).values(values).returning(tables.project.c.id))
    return int(result.scalar_one())
