"""Bringing a catalog of an older schema up to this one, in one transaction, when it is opened."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa

from errata.core.clock import now
from errata.core.errors import Incompatible
from errata.store import records, tables
from errata.store.catalog import VERSION, Project, Store, Transaction, ensure_actor
from errata.store.faults import instant
from errata.store.lock import writer_lock
from errata.store.places import DATABASE, acting
from errata.store.trouble import storage_errors


def migrate(engine: sa.Engine, root: Path, old: str) -> None:
    """Bring the catalog under ``root`` from schema ``old`` to ``VERSION``, or leave it as it is.

    Raises Incompatible ``older-catalog`` where it may only be read, Locked, StorageError.
    """
    database = root / DATABASE
    if not all(os.access(path, os.W_OK) for path in (root, database)):
        raise Incompatible(
            "older-catalog",
            "the catalog was written by an older Errata, and may only be read",
            expected=f"schema {VERSION}, or leave to write, to bring it up to that",
            found=f"schema {old}",
            where=str(database),
            next="errata doctor, as somebody who may write to it",
        )
    actor = acting()
    with storage_errors(root), writer_lock(root, actor, "migrate"):
        with engine.connect().execution_options(errata_write=True) as connection, connection.begin():
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            if found == VERSION:
                return  # another process was first
            upgrade(connection)
            at = now()
            ensure_actor(connection, actor, at)
            projects = connection.execute(sa.select(tables.project).order_by(tables.project.c.id)).all()
            for position, one in enumerate(projects):
                store = Store(root, engine, Project(one.id, one.name, one.prefix), actor)
                done = Transaction(connection, store, "migrate", at, actor)
                records.reindex(done)
                if position == 0:
                    done.event("catalog", before=None, after=None, reason=f"schema {found} to {VERSION}")
            instant("before-migrated")
        instant("migrated")


def upgrade(connection: sa.Connection) -> None:
    """Run every migration that this database has not seen, in the transaction of ``connection``."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
